//! The sheet 受益户清单: a row is a person. Rows of one project and one household make one record, whose other words each of
//! them repeats.

use std::sync::Arc;

use kernel::failure::Reason;
use kernel::mask;
use proto::xiuhua::partneraid::v1 as p;
use record::Resource;
use record::column::Column;
use record::engine::Notes;
use record::resource::{AnyRecord, Rec, SheetRow, typed};
use record::rules::{Act, Context, Mask};
use record::spec::Spec;
use record::state::{Known, Loaded, Reads, last_of};
use record::table::{Days, FormSheet, Found, RowFacts, SheetOut, blanks_kept, dated_change, find};
use record::value::Value;

use crate::contract::aid_benefit_link::{self as link, persons};
use crate::contract::{AidBenefitLinks, AidBenefitSheet, AidProjects, aid_benefit_sheet as cell};

/// What each cell says of the record, in and out. Project and person are told apart below.
const CELLS: &[(usize, Column)] = &[
    (cell::HEAD_FULL_NAME, link::BENEFICIARY_FULL_NAME),
    (cell::HEAD_ID_NUMBER, link::BENEFICIARY_ID_NUMBER),
    (cell::BASIS, link::BASIS),
    (cell::MECHANISM, link::MECHANISM),
    (cell::EXPECTED_INCOME_FEN, link::EXPECTED_INCOME_FEN),
    (cell::STARTS_ON, link::STARTS_ON),
    (cell::ENDS_ON, link::ENDS_ON),
];

impl FormSheet for AidBenefitSheet {
    fn expand(
        row: &Self::Row,
        facts: &RowFacts,
        context: &Context<'_>,
        reads: &Reads<'_>,
        notes: &mut Notes,
    ) -> Known<Vec<Act>> {
        let Some(project) = project_of(row, facts, context, reads, notes)? else { return Ok(Vec::new()) };
        let (stated, mask) = stated(row, facts, project);
        let keys = context.keys::<AidBenefitLinks>(&stated);
        match find(AidBenefitLinks::SPEC, facts.name.as_deref(), None, &keys, context, reads, notes)? {
            Found::Refused => Ok(Vec::new()),
            Found::New => Ok(new_link(row, stated, notes)),
            Found::Known(loaded) => Ok(known_link(row, facts, stated, mask, &loaded, context, notes)),
        }
    }

    fn identity(row: &Self::Row) -> Option<String> {
        let number = &row.person_id_number;
        if number.is_empty() || mask::is_masked(number) {
            return None;
        }
        let year = row.plan_year.unwrap_or_default();
        Some(format!("{}\u{1f}{}\u{1f}{year}\u{1f}{number}", row.project_no, row.project_title))
    }

    fn column_of(path: &str) -> Option<usize> {
        match path {
            "project" => Some(cell::PROJECT_TITLE),
            "beneficiary.full_name" => Some(cell::HEAD_FULL_NAME),
            "beneficiary.household" | "beneficiary.id_number" => Some(cell::HEAD_ID_NUMBER),
            _ if !path.starts_with("persons[") => None,
            _ if path.ends_with(".full_name") => Some(cell::PERSON_FULL_NAME),
            _ => Some(cell::PERSON_ID_NUMBER),
        }
    }

    fn source() -> &'static Spec {
        AidBenefitLinks::SPEC
    }

    fn collapse(
        name: &str,
        record: &dyn AnyRecord,
        _days: &Days<'_>,
        reads: &Reads<'_>,
    ) -> Known<Vec<SheetOut<Self::Row>>> {
        let Some(known) = typed::<AidBenefitLinks>(record) else { return Ok(Vec::new()) };
        let mut row = p::AidBenefitSheetRow::default();
        for (leaf, column) in CELLS {
            AidBenefitSheet::set(&mut row, *leaf, record.get(column.leaf));
        }
        let project = reads.record::<AidProjects>(&known.project)?;
        if let Some(project) = project.as_deref().and_then(last_of::<AidProjects>) {
            row.project_no.clone_from(&project.project_no);
            row.project_title.clone_from(&project.title);
            row.plan_year = project.plan_year;
        }
        let area = known.meta.as_ref().map(|meta| meta.area.clone()).unwrap_or_default();
        let out = |row| SheetOut { row, area: area.clone(), name: name.to_owned(), hidden: Vec::new() };
        if known.persons.is_empty() {
            return Ok(vec![out(row)]);
        }
        let of = |person: &p::AidBeneficiaryPerson| p::AidBenefitSheetRow {
            person_full_name: person.full_name.clone(),
            person_id_number: person.id_number.clone(),
            ..row.clone()
        };
        Ok(known.persons.iter().map(|person| out(of(person))).collect())
    }
}

/// The project's name: found by its number, else by title and year of the plan. A row that names its record may leave
/// the project out. `None` where the row is refused.
fn project_of(
    row: &p::AidBenefitSheetRow,
    facts: &RowFacts,
    context: &Context<'_>,
    reads: &Reads<'_>,
    notes: &mut Notes,
) -> Known<Option<String>> {
    let blank = row.project_no.is_empty() && row.project_title.is_empty() && row.plan_year.is_none();
    if blank && facts.name.is_some() {
        return Ok(Some(String::new()));
    }
    let sought = p::AidProject {
        project_no: row.project_no.clone(),
        title: row.project_title.clone(),
        plan_year: row.plan_year,
        ..p::AidProject::default()
    };
    let mut by_number = None;
    let mut by_title = None;
    for (kind, value) in context.keys::<AidProjects>(&sought) {
        let found = reads.holder::<AidProjects>(kind, &value)?.map(|holder| holder.id);
        if kind == "project_no" { by_number = found } else { by_title = found }
    }
    // A project of that title that has another number is another one.
    if let (None, Some(id), false) = (&by_number, &by_title, row.project_no.is_empty()) {
        let known = reads.record::<AidProjects>(&name_of(id))?;
        let numbered = known
            .as_deref()
            .and_then(last_of::<AidProjects>)
            .is_some_and(|known| !known.project_no.is_empty());
        by_title = by_title.filter(|_| !numbered);
    }
    match (by_number, by_title) {
        (Some(one), Some(other)) if one != other => {
            let names = [name_of(&one), name_of(&other)].join("、");
            notes.violations.push("project_no", Reason::IdentityAmbiguous).add("candidates", names);
            Ok(None)
        }
        (Some(id), _) | (None, Some(id)) => Ok(Some(name_of(&id))),
        (None, None) => {
            unknown_project(row, notes);
            Ok(None)
        }
    }
}

fn unknown_project(row: &p::AidBenefitSheetRow, notes: &mut Notes) {
    let by_title = [(row.project_title.is_empty(), "project_title"), (row.plan_year.is_none(), "plan_year")];
    let unsaid: Vec<&str> = by_title.iter().filter(|(empty, _)| *empty).map(|(_, field)| *field).collect();
    if row.project_no.is_empty() && !unsaid.is_empty() {
        for field in unsaid {
            notes.violations.push(field, Reason::FieldRequired);
        }
        return;
    }
    let field = if row.project_no.is_empty() { "project_title" } else { "project_no" };
    let collection = AidProjects::SPEC.collection;
    notes.violations.push(field, Reason::ReferenceNotFound).add("collection", collection);
}

fn name_of(project: &str) -> String {
    format!("{}/{project}", AidProjects::SPEC.collection)
}

/// The record as the row states it, its persons aside, and which of its fields the row states.
fn stated(row: &p::AidBenefitSheetRow, facts: &RowFacts, project: String) -> (p::AidBenefitLink, Mask) {
    let mut record = Rec::<AidBenefitLinks>(p::AidBenefitLink::default());
    let mut mask = Mask { area: facts.area.is_some(), ..Mask::default() };
    if !project.is_empty() {
        record.set(link::PROJECT.leaf, Value::Text(project));
        mask.leaves.push(link::PROJECT.leaf);
    }
    for (leaf, column) in CELLS {
        if facts.stated.contains(leaf) {
            record.set(column.leaf, AidBenefitSheet::get(row, *leaf));
            mask.leaves.push(column.leaf);
        }
    }
    record.meta_mut().area = facts.area.clone().unwrap_or_default();
    (record.0, mask)
}

fn person_of(row: &p::AidBenefitSheetRow) -> p::AidBeneficiaryPerson {
    p::AidBeneficiaryPerson {
        full_name: row.person_full_name.clone(),
        id_number: row.person_id_number.clone(),
        ..p::AidBeneficiaryPerson::default()
    }
}

fn new_link(row: &p::AidBenefitSheetRow, mut record: p::AidBenefitLink, notes: &mut Notes) -> Vec<Act> {
    if row.head_full_name.is_empty() {
        notes.violations.push("head_full_name", Reason::FieldRequired);
    }
    record.persons.push(person_of(row));
    let create = Act::create::<AidBenefitLinks>(Some(notes.identifier()), record);
    vec![Act { fresh: true, ..create }.needing(AidBenefitLinks::SPEC.write_permission)]
}

fn known_link(
    row: &p::AidBenefitSheetRow,
    facts: &RowFacts,
    mut record: p::AidBenefitLink,
    mut mask: Mask,
    loaded: &Arc<Loaded>,
    context: &Context<'_>,
    notes: &mut Notes,
) -> Vec<Act> {
    let Some(known) = last_of::<AidBenefitLinks>(loaded) else { return Vec::new() };
    notes.blanks_kept += blanks_kept(CELLS, facts, loaded);
    refuse_other_words(facts, &record, &mask, known, context, notes);
    if !row.person_id_number.is_empty() || !row.person_full_name.is_empty() {
        let Some(persons) = with_person(row, known, notes) else { return Vec::new() };
        record.persons = persons;
        mask.children.push(persons::ID_NUMBER.child);
    }
    let record = Box::new(Rec::<AidBenefitLinks>(record));
    let change = dated_change(AidBenefitLinks::SPEC, loaded, record, mask, facts, context);
    let act = Act::consequence(AidBenefitLinks::SPEC, Some(loaded.id.clone()), change);
    vec![Act { reason: facts.reason.clone(), ..act }.needing(AidBenefitLinks::SPEC.write_permission)]
}

/// Rows of one household say the same of it: what an earlier row of the file has said, a later one does not change, or
/// the file would say something else each time.
fn refuse_other_words(
    facts: &RowFacts,
    record: &p::AidBenefitLink,
    mask: &Mask,
    known: &p::AidBenefitLink,
    context: &Context<'_>,
    notes: &mut Notes,
) {
    let digest = &context.source.file_digest;
    let source = known.meta.as_ref().and_then(|meta| meta.source.as_ref());
    let Some(earlier) = source.filter(|source| !digest.is_empty() && source.file_digest == *digest) else {
        return;
    };
    if earlier.row == facts.row {
        return;
    }
    let area = |link: &p::AidBenefitLink| link.meta.as_ref().map(|meta| meta.area.clone());
    if mask.area && area(record) != area(known) {
        notes.violations.push("meta.area", Reason::DuplicateInFile).add("row", earlier.row);
    }
    for (leaf, column) in CELLS {
        let (said, stood) =
            (AidBenefitLinks::get(record, column.leaf), AidBenefitLinks::get(known, column.leaf));
        let masked = said.as_text().is_some_and(mask::is_masked);
        if mask.leaves.contains(&column.leaf) && !stood.is_null() && said != stood && !masked {
            let field = AidBenefitSheet::SPEC.leaves[*leaf].path;
            notes.violations.push(field, Reason::DuplicateInFile).add("row", earlier.row);
        }
    }
}

/// The record's persons with that of the row, who may be one of them already. `None` where the row is refused.
fn with_person(
    row: &p::AidBenefitSheetRow,
    known: &p::AidBenefitLink,
    notes: &mut Notes,
) -> Option<Vec<p::AidBeneficiaryPerson>> {
    let mut persons = known.persons.clone();
    let number = &row.person_id_number;
    // A masked number says who it is only beside the name.
    let is_meant = |person: &p::AidBeneficiaryPerson| {
        let masked = mask::is_masked(number) && mask::id_number(&person.id_number) == *number;
        person.id_number == *number || (masked && person.full_name == row.person_full_name)
    };
    let mut meant = persons.iter_mut().filter(|person| is_meant(person));
    match (meant.next(), meant.next()) {
        (Some(person), None) => {
            if !row.person_full_name.is_empty() {
                person.full_name.clone_from(&row.person_full_name);
            }
        }
        (None, _) if number.is_empty() => {
            notes.violations.push("person_id_number", Reason::FieldRequired);
            return None;
        }
        (None, _) if !mask::is_masked(number) => persons.push(person_of(row)),
        _ => {
            notes.violations.push("person_id_number", Reason::ValueMasked);
            return None;
        }
    }
    Some(persons)
}
