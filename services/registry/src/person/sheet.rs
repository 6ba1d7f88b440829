//! The sheet 成员信息: a row is a person and the membership in a household.

use kernel::failure::Reason;
use kernel::mask;
use proto::common::RecordMeta;
use proto::xiuhua::registry::v1 as p;
use record::Resource;
use record::column::Column;
use record::engine::Notes;
use record::resource::{AnyRecord, Rec, SheetRow, typed};
use record::rules::{Act, Change, Context, Mask, Rules};
use record::spec::Spec;
use record::state::{Known, Loaded, Reads, last_of};
use record::table::{Days, FormSheet, Found, RowFacts, SheetOut, blanks_kept, dated_change, find};

use crate::contract::{
    Households, MemberSheet, Memberships, Persons, member_sheet as cell, membership, person,
};
use crate::lookup::household_by_number;

/// What each cell says of a person, in and out.
const CELLS: &[(usize, Column)] = &[
    (cell::PERSON_NO, person::PERSON_NO),
    (cell::FULL_NAME, person::FULL_NAME),
    (cell::SEX, person::SEX),
    (cell::ID_NUMBER, person::ID_NUMBER),
    (cell::DISABILITY_CERT_NO, person::DISABILITY_CERT_NO),
    (cell::BIRTH_DATE, person::BIRTH_DATE),
    (cell::ETHNICITY, person::ETHNICITY),
    (cell::SCHOOLING, person::SCHOOLING),
    (cell::SCHOOL_STAGE, person::SCHOOL_STAGE),
    (cell::HEALTH, person::HEALTH),
    (cell::LABOUR, person::LABOUR),
    (cell::WORK_AREA, person::WORK_AREA),
    (cell::WORK_MONTHS, person::WORK_MONTHS),
    (cell::MEDICAL_INSURANCE, person::MEDICAL_INSURANCE),
    (cell::SERIOUS_ILLNESS_INSURANCE, person::SERIOUS_ILLNESS_INSURANCE),
    (cell::PENSION_INSURANCE, person::PENSION_INSURANCE),
    (cell::ON_DIBAO, person::ON_DIBAO),
    (cell::ON_TEKUN, person::ON_TEKUN),
];

impl FormSheet for MemberSheet {
    fn expand(
        row: &Self::Row,
        facts: &RowFacts,
        context: &Context<'_>,
        reads: &Reads<'_>,
        notes: &mut Notes,
    ) -> Known<Vec<Act>> {
        let Some(household) = household_by_number(&row.household_no, context, reads, notes)? else {
            return Ok(Vec::new());
        };
        let (mut person, mut mask) = stated(row, facts);
        let area = last_of::<Households>(&household)
            .and_then(|record| record.meta.as_ref())
            .map(|meta| meta.area.clone())
            .unwrap_or_default();
        person.meta.get_or_insert_default().area = area.clone();
        let keys = context.keys::<Persons>(&person);
        let mut found = find(Persons::SPEC, facts.name.as_deref(), None, &keys, context, reads, notes)?;
        if keys.is_empty() && matches!(found, Found::New) {
            found = namesake(&person, &household, reads, notes)?;
        }
        match found {
            Found::Refused => Ok(Vec::new()),
            Found::New => Ok(new_member(row, facts, person, &household, &area, context, notes)),
            Found::Known(loaded) => {
                mask.area = last_of::<Persons>(&loaded)
                    .is_some_and(|known| known.meta.as_ref().is_some_and(|meta| meta.area != area));
                notes.blanks_kept += blanks_kept(CELLS, facts, &loaded);
                let record = Box::new(Rec::<Persons>(person));
                let change = dated_change(Persons::SPEC, &loaded, record, mask, facts, context);
                let act = Act::consequence(Persons::SPEC, Some(loaded.id.clone()), change);
                let mut acts =
                    vec![Act { reason: facts.reason.clone(), ..act }.needing(Persons::SPEC.write_permission)];
                acts.extend(membership_act(row, facts, &loaded, &household, &area, context, reads)?);
                Ok(acts)
            }
        }
    }

    fn identity(row: &Self::Row) -> Option<String> {
        let tells = |number: &&String| !number.is_empty() && !mask::is_masked(number);
        [&row.id_number, &row.person_no].into_iter().find(tells).cloned()
    }

    fn column_of(path: &str) -> Option<usize> {
        ["person", "household"].contains(&path).then_some(cell::HOUSEHOLD_NO)
    }

    fn source() -> &'static Spec {
        Memberships::SPEC
    }

    fn collapse(
        _name: &str,
        record: &dyn AnyRecord,
        days: &Days<'_>,
        reads: &Reads<'_>,
    ) -> Known<Vec<SheetOut<Self::Row>>> {
        let Some(link) = typed::<Memberships>(record) else { return Ok(Vec::new()) };
        let person = reads.record::<Persons>(&link.person)?;
        let household = reads.record::<Households>(&link.household)?;
        let (Some(person), Some(household)) = (person, household) else { return Ok(Vec::new()) };
        let child = last_of::<Persons>(&person).is_some_and(|known| Persons::shields(known, days.today));
        let mut row = p::MemberSheetRow { relation: link.relation.clone(), ..p::MemberSheetRow::default() };
        if let Some(known) = person.nearest(days.as_of) {
            for (leaf, column) in CELLS {
                MemberSheet::set(&mut row, *leaf, known.get(column.leaf));
            }
        }
        let known = household.nearest(days.as_of).and_then(|known| typed::<Households>(known.as_ref()));
        row.household_no = known.map(|known| known.household_no.clone()).unwrap_or_default();
        let meta = link.meta.clone().unwrap_or_default();
        if !link.change_out.is_empty() {
            row.change.clone_from(&link.change_out);
            row.changed_on = meta.valid_to;
        } else if !link.change_in.is_empty() {
            row.change.clone_from(&link.change_in);
            row.changed_on = meta.valid_from;
        }
        let hidden = if child { of_the_person().collect() } else { Vec::new() };
        Ok(vec![SheetOut { row, area: meta.area, name: link.person.clone(), hidden }])
    }
}

/// Cells that tell of the person; the number on the forms finds the row again. Whoever is born into a household joins it
/// on that day.
fn of_the_person() -> impl Iterator<Item = usize> {
    let cells = CELLS.iter().map(|(leaf, _)| *leaf).filter(|leaf| *leaf != cell::PERSON_NO);
    cells.chain([cell::CHANGED_ON])
}

/// The person as the row states it, and which fields the row states.
fn stated(row: &p::MemberSheetRow, facts: &RowFacts) -> (p::Person, Mask) {
    let mut record = Rec::<Persons>(p::Person::default());
    let mut mask = Mask::default();
    for (leaf, column) in CELLS {
        if facts.stated.contains(leaf) {
            record.set(column.leaf, MemberSheet::get(row, *leaf));
            mask.leaves.push(column.leaf);
        }
    }
    (record.0, mask)
}

/// A row without any number is the household's member of that name and birth, if there is exactly one.
fn namesake(wanted: &p::Person, household: &Loaded, reads: &Reads<'_>, notes: &mut Notes) -> Known<Found> {
    let name = format!("households/{}", household.id);
    let mut same = Vec::new();
    for link in reads.linked::<Memberships>(membership::HOUSEHOLD, &name)? {
        let Some(link) = last_of::<Memberships>(&link) else { continue };
        let Some(loaded) = reads.record::<Persons>(&link.person)? else { continue };
        let known = last_of::<Persons>(&loaded);
        let birth = |known: &p::Person| wanted.birth_date.is_empty() || known.birth_date == wanted.birth_date;
        if known.is_some_and(|known| known.full_name == wanted.full_name && birth(known)) {
            same.push(loaded);
        }
    }
    if same.len() > 1 {
        let names: Vec<String> = same.iter().map(|loaded| format!("persons/{}", loaded.id)).collect();
        notes.violations.push("full_name", Reason::IdentityAmbiguous).add("candidates", names.join("、"));
        return Ok(Found::Refused);
    }
    Ok(same.pop().map_or(Found::New, Found::Known))
}

fn new_member(
    row: &p::MemberSheetRow,
    facts: &RowFacts,
    mut person: p::Person,
    household: &Loaded,
    area: &str,
    context: &Context<'_>,
    notes: &mut Notes,
) -> Vec<Act> {
    let id = notes.identifier();
    let name = format!("{}/{id}", Persons::SPEC.collection);
    let born_on = kernel::id_number::IdNumber::parse(&person.id_number)
        .map(|number| number.birth_date().to_string())
        .unwrap_or_else(|_| person.birth_date.clone());
    let on = facts.form_date.clone().unwrap_or_else(|| context.today.to_owned());
    // A person is there from birth on; what is told of them was told on the form's day.
    person.meta.get_or_insert_default().valid_from =
        if born_on.is_empty() { household.since().min(on.as_str()).to_owned() } else { born_on.clone() };
    let joined_on = if is_increase(&row.change) && !row.changed_on.is_empty() {
        row.changed_on.clone()
    } else {
        household.since().max(born_on.as_str()).to_owned()
    };
    let link = new_link(row, &name, household, area, joined_on);
    vec![
        Act {
            fresh: true,
            ..Act::create::<Persons>(Some(id), person).needing(Persons::SPEC.write_permission)
        },
        Act {
            fresh: true,
            ..Act::create::<Memberships>(Some(notes.identifier()), link)
                .needing(Memberships::SPEC.write_permission)
        },
    ]
}

fn new_link(
    row: &p::MemberSheetRow,
    person: &str,
    household: &Loaded,
    area: &str,
    joined_on: String,
) -> p::Membership {
    let leaves = is_decrease(&row.change) && !row.changed_on.is_empty();
    p::Membership {
        meta: Some(RecordMeta {
            area: area.to_owned(),
            valid_from: joined_on,
            valid_to: if leaves { row.changed_on.clone() } else { String::new() },
            ..RecordMeta::default()
        }),
        household: format!("households/{}", household.id),
        person: person.to_owned(),
        relation: row.relation.clone(),
        change_in: if is_increase(&row.change) { row.change.clone() } else { String::new() },
        change_out: if leaves { row.change.clone() } else { String::new() },
        ..p::Membership::default()
    }
}

/// What the row says of a known person's membership in the household: begins it, ends it, corrects it, or nothing.
fn membership_act(
    row: &p::MemberSheetRow,
    facts: &RowFacts,
    person: &Loaded,
    household: &Loaded,
    area: &str,
    context: &Context<'_>,
    reads: &Reads<'_>,
) -> Known<Option<Act>> {
    let name = format!("persons/{}", person.id);
    let household_name = format!("households/{}", household.id);
    let links = reads.linked::<Memberships>(membership::PERSON, &name)?;
    let here = links
        .iter()
        .filter(|link| last_of::<Memberships>(link).is_some_and(|known| known.household == household_name))
        .max_by(|one, other| one.since().cmp(other.since()));
    let permission = Memberships::SPEC.write_permission;
    let Some(link) = here else {
        let on = facts.form_date.clone().unwrap_or_else(|| context.today.to_owned());
        let joined_on =
            if is_increase(&row.change) && !row.changed_on.is_empty() { row.changed_on.clone() } else { on };
        let link = new_link(row, &name, household, area, joined_on);
        return Ok(Some(Act::create::<Memberships>(None, link).needing(permission)));
    };
    let Some(known) = last_of::<Memberships>(link) else { return Ok(None) };
    let mut wanted = known.clone();
    let mut mask = Mask::default();
    if !row.relation.is_empty() {
        wanted.relation.clone_from(&row.relation);
        mask.leaves.push(membership::RELATION.leaf);
    }
    if is_decrease(&row.change) && !row.changed_on.is_empty() {
        wanted.change_out.clone_from(&row.change);
        wanted.meta.get_or_insert_default().valid_to.clone_from(&row.changed_on);
        mask.leaves.push(membership::CHANGE_OUT.leaf);
        mask.valid_to = true;
    }
    let record = Box::new(Rec::<Memberships>(wanted));
    let change = Change::Correct { record, mask, on: None };
    let act = Act::consequence(Memberships::SPEC, Some(link.id.clone()), change);
    Ok(Some(Act { reason: facts.reason.clone(), ..act }.needing(permission)))
}

/// 人员变动类型: codes 1… come in.
fn is_increase(code: &str) -> bool {
    code.starts_with('1')
}

/// 人员变动类型: codes 2… leave.
fn is_decrease(code: &str) -> bool {
    code.starts_with('2')
}
