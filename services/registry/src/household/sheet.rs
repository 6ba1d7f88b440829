//! The sheet 户信息: a row is a household, and for a new one the transcribed cases that explain its standing.

use kernel::date::CivilDate;
use kernel::failure::Reason;
use proto::common::{CaseAct, CaseState, HouseholdStatus, RecordMeta};
use proto::xiuhua::registry::v1 as p;
use record::Resource;
use record::column::Column;
use record::engine::Notes;
use record::resource::{AnyRecord, Rec, SheetRow, typed};
use record::rules::{Act, Context, Mask};
use record::spec::Spec;
use record::state::{Known, Loaded, Reads};
use record::table::{Days, FormSheet, Found, RowFacts, SheetOut, blanks_kept, dated_change, find};
use record::value::Value;

use crate::contract::{
    HouseholdCases, HouseholdSheet, HouseholdStandings, Households, household, household_sheet as cell,
};

/// What each cell says of a household, in and out. The other causes and the standing are told apart below.
const CELLS: &[(usize, Column)] = &[
    (cell::VILLAGE_GROUP, household::VILLAGE_GROUP),
    (cell::HOUSEHOLD_NO, household::HOUSEHOLD_NO),
    (cell::HEAD_FULL_NAME, household::HEAD_FULL_NAME),
    (cell::HEAD_ID_NUMBER, household::HEAD_ID_NUMBER),
    (cell::PHONE, household::PHONE),
    (cell::STANDARD, household::STANDARD),
    (cell::ATTRIBUTE, household::ATTRIBUTE),
    (cell::MAIN_CAUSE, household::MAIN_CAUSE),
    (cell::IDENTIFIED_YEAR, household::IDENTIFIED_YEAR),
    (cell::CULTIVATED_LAND_MU_X100, household::PRODUCTION_CULTIVATED_LAND_MU_X100),
    (cell::FOREST_LAND_MU_X100, household::PRODUCTION_FOREST_LAND_MU_X100),
    (cell::FLOOR_AREA_SQM_X100, household::LIVING_FLOOR_AREA_SQM_X100),
    (cell::HOUSE_GRADE, household::LIVING_HOUSE_GRADE),
    (cell::SAFE_WATER, household::LIVING_SAFE_WATER),
    (cell::ELECTRICITY, household::LIVING_ELECTRICITY),
    (cell::ROAD_DISTANCE_KM_X100, household::LIVING_ROAD_DISTANCE_KM_X100),
    (cell::BANK_NAME, household::BANK_NAME),
    (cell::BANK_ACCOUNT, household::BANK_ACCOUNT),
];

/// Who decided, where the form does not say: the county, which alone identifies (domain brief §2.3).
const DECIDED_BY_FORM: &str = "县级(据登记表)";

impl FormSheet for HouseholdSheet {
    fn expand(
        row: &Self::Row,
        facts: &RowFacts,
        context: &Context<'_>,
        reads: &Reads<'_>,
        notes: &mut Notes,
    ) -> Known<Vec<Act>> {
        let (household, mask) = stated(row, facts);
        let keys = context.keys::<Households>(&household);
        match find(Households::SPEC, facts.name.as_deref(), None, &keys, context, reads, notes)? {
            Found::Refused => Ok(Vec::new()),
            Found::New => Ok(new_household(row, facts, household, notes)),
            Found::Known(loaded) => {
                known_household(row, facts, household, mask, &loaded, context, reads, notes)
            }
        }
    }

    fn identity(row: &Self::Row) -> Option<String> {
        (!row.household_no.is_empty()).then(|| row.household_no.clone())
    }

    /// The days of the transcribed cases follow from the year of identification.
    fn column_of(path: &str) -> Option<usize> {
        let dates = ["opened_on", "effective_on", "year", "acts[0].occurred_on", "meta.valid_from"];
        match path {
            "other_causes" => Some(cell::OTHER_CAUSE_1),
            path if dates.contains(&path) => Some(cell::IDENTIFIED_YEAR),
            _ => None,
        }
    }

    fn source() -> &'static Spec {
        Households::SPEC
    }

    fn collapse(
        name: &str,
        record: &dyn AnyRecord,
        days: &Days<'_>,
        reads: &Reads<'_>,
    ) -> Known<Vec<SheetOut<Self::Row>>> {
        let Some(household) = typed::<Households>(record) else { return Ok(Vec::new()) };
        let mut row = p::HouseholdSheetRow::default();
        for (leaf, column) in CELLS {
            HouseholdSheet::set(&mut row, *leaf, record.get(column.leaf));
        }
        let mut causes = household.other_causes.iter().cloned();
        row.other_cause_1 = causes.next().unwrap_or_default();
        row.other_cause_2 = causes.next().unwrap_or_default();
        row.stated_status = standing_on(name, days.as_of, reads)?.into();
        let area = household.meta.as_ref().map(|meta| meta.area.clone()).unwrap_or_default();
        Ok(vec![SheetOut { row, area, name: name.to_owned(), hidden: Vec::new() }])
    }
}

/// The household as the row states it, and which of its fields the row states.
fn stated(row: &p::HouseholdSheetRow, facts: &RowFacts) -> (p::Household, Mask) {
    let mut record = Rec::<Households>(p::Household::default());
    let mut mask = Mask::default();
    for (leaf, column) in CELLS {
        if facts.stated.contains(leaf) {
            record.set(column.leaf, HouseholdSheet::get(row, *leaf));
            mask.leaves.push(column.leaf);
        }
    }
    if facts.stated.contains(&cell::OTHER_CAUSE_1) || facts.stated.contains(&cell::OTHER_CAUSE_2) {
        let causes = [&row.other_cause_1, &row.other_cause_2];
        let causes: Vec<String> = causes.into_iter().filter(|cause| !cause.is_empty()).cloned().collect();
        record.set(household::OTHER_CAUSES.leaf, Value::Texts(causes));
        mask.leaves.push(household::OTHER_CAUSES.leaf);
    }
    mask.area = facts.area.is_some();
    let area = facts.area.clone().unwrap_or_default();
    record.meta_mut().area = area;
    (record.0, mask)
}

fn new_household(
    row: &p::HouseholdSheetRow,
    facts: &RowFacts,
    mut household: p::Household,
    notes: &mut Notes,
) -> Vec<Act> {
    if row.identified_year.is_none() {
        notes.violations.push("identified_year", Reason::FieldRequired);
    }
    if row.stated_status() == HouseholdStatus::Unspecified {
        notes.violations.push("stated_status", Reason::FieldRequired);
    }
    let id = notes.identifier();
    let name = format!("{}/{id}", Households::SPEC.collection);
    let registered_on = CivilDate::end_of_year(row.identified_year.unwrap_or_default()).to_string();
    let form_date = facts.form_date.clone().unwrap_or_else(|| registered_on.clone());
    if registered_on > form_date {
        notes.violations.push("identified_year", Reason::DateInFuture);
    }
    household.stated_status = row.stated_status;
    household.meta.get_or_insert_default().valid_from = registered_on.clone();
    let create = Act::create::<Households>(Some(id), household).needing(Households::SPEC.write_permission);
    let mut acts = vec![Act { fresh: true, ..create }];
    for (kind, on, year) in explained(row, registered_on, form_date, notes) {
        acts.push(transcribed(&name, kind, &on, year, notes.identifier()));
    }
    acts
}

/// The cases that explain a new household's standing: kind, effective day, year in whose count it falls. An exit that
/// the form dates by a year takes effect on its last day, else on the form's day, and then counts in no year.
fn explained(
    row: &p::HouseholdSheetRow,
    registered_on: String,
    form_date: String,
    notes: &mut Notes,
) -> Vec<(p::HouseholdCaseKind, String, Option<i32>)> {
    let exited_on = match row.exited_year {
        Some(year) => CivilDate::end_of_year(year).to_string().min(form_date.clone()),
        None => form_date.clone(),
    };
    let exit = (p::HouseholdCaseKind::Exit, exited_on.clone(), row.exited_year);
    let mut cases = vec![(p::HouseholdCaseKind::Identification, registered_on, row.identified_year)];
    match row.stated_status() {
        HouseholdStatus::Poor | HouseholdStatus::PreExit | HouseholdStatus::Unspecified => {}
        HouseholdStatus::ExitedPolicy => cases.push(exit),
        HouseholdStatus::ExitedNoPolicy => {
            cases.extend([exit, (p::HouseholdCaseKind::PolicyEnd, exited_on, None)]);
        }
        HouseholdStatus::Relapsed => cases.push((p::HouseholdCaseKind::Relapse, form_date, None)),
        HouseholdStatus::Candidate
        | HouseholdStatus::Removed
        | HouseholdStatus::Closed
        | HouseholdStatus::Rejected => {
            let stated = word(row.stated_status());
            notes
                .violations
                .push("stated_status", Reason::CodeUnknown)
                .add("table", "脱贫属性")
                .add("code", stated);
        }
    }
    cases
}

/// A case as transcribed from the form: approved on the day its consequence begins.
fn transcribed(
    household: &str,
    kind: p::HouseholdCaseKind,
    effective_on: &str,
    year: Option<i32>,
    id: String,
) -> Act {
    let case = p::HouseholdCase {
        meta: Some(RecordMeta::default()),
        kind: kind.into(),
        household: household.to_owned(),
        opened_on: effective_on.to_owned(),
        effective_on: effective_on.to_owned(),
        year,
        acts: vec![CaseAct {
            verb: "Transcribe".to_owned(),
            from_state: CaseState::Open.into(),
            to_state: CaseState::Approved.into(),
            occurred_on: effective_on.to_owned(),
            decided_by: DECIDED_BY_FORM.to_owned(),
            transcribed: true,
            ..CaseAct::default()
        }],
        ..p::HouseholdCase::default()
    };
    Act { fresh: true, ..Act::create::<HouseholdCases>(Some(id), case).needing("case.transcribe") }
}

#[expect(clippy::too_many_arguments, reason = "the parts of a row, taken apart once")]
fn known_household(
    row: &p::HouseholdSheetRow,
    facts: &RowFacts,
    household: p::Household,
    mask: Mask,
    loaded: &Loaded,
    context: &Context<'_>,
    reads: &Reads<'_>,
    notes: &mut Notes,
) -> Known<Vec<Act>> {
    let name = format!("{}/{}", Households::SPEC.collection, loaded.id);
    let on = facts.form_date.clone().unwrap_or_else(|| context.today.to_owned());
    let standing = standing_on(&name, &on, reads)?;
    // For a known household 脱贫属性 is a statement: it never moves the state.
    if facts.stated.contains(&cell::STATED_STATUS) && standing != row.stated_status() {
        notes
            .warnings
            .push("stated_status", Reason::StandingDiffers)
            .add("stated", word(row.stated_status()))
            .add("recorded", word(standing));
    }
    notes.blanks_kept += blanks_kept(CELLS, facts, loaded);
    let record = Box::new(Rec::<Households>(household));
    let change = dated_change(Households::SPEC, loaded, record, mask, facts, context);
    let act = Act::consequence(Households::SPEC, Some(loaded.id.clone()), change);
    Ok(vec![Act { reason: facts.reason.clone(), ..act }.needing(Households::SPEC.write_permission)])
}

/// The form's word for a standing.
fn word(status: HouseholdStatus) -> &'static str {
    let leaf = household::STATED_STATUS.leaf();
    leaf.word(status.into()).map_or("", |word| word.label.zh)
}

/// The household's standing on a day.
fn standing_on(name: &str, on: &str, reads: &Reads<'_>) -> Known<HouseholdStatus> {
    let id = name.rsplit('/').next().unwrap_or_default();
    let standing = reads.record::<HouseholdStandings>(&format!("householdStandings/{id}"))?;
    let status = standing
        .as_ref()
        .and_then(|loaded| loaded.on(on))
        .and_then(|record| typed::<HouseholdStandings>(record.as_ref()).map(p::HouseholdStanding::status));
    Ok(status.unwrap_or_default())
}
