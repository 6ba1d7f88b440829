//! The roster of removals (清退花名册): of whole households, and of single members by their ID number.

use kernel::failure::Reason;
use kernel::mask::is_masked;
use proto::xiuhua::registry::v1 as p;
use record::Resource;
use record::engine::Notes;
use record::resource::{AnyRecord, typed};
use record::rules::{Act, Context};
use record::spec::Spec;
use record::state::{Known, Reads, last_of};
use record::table::{Days, FormSheet, RowFacts, SheetOut};

use super::roster::{self, Paper};
use crate::contract::{HouseholdCases, Persons, RemovalRoster, removal_roster as cell};
use crate::lookup::household_by_number;

impl FormSheet for RemovalRoster {
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
        let Some(persons) = persons(row, facts, context, reads, notes)? else { return Ok(Vec::new()) };
        let paper = Paper {
            kind: p::HouseholdCaseKind::Removal,
            year: row.year,
            persons: persons.clone(),
            days: [&row.village_reviewed_on, &row.township_reviewed_on, &row.approved_on],
            stated_member_count: row.stated_member_count,
            note: &row.note,
            fill: &|case| fill(row, &persons, case),
        };
        roster::expand(&paper, &household, facts, context, reads, notes)
    }

    fn identity(row: &Self::Row) -> Option<String> {
        (!row.household_no.is_empty()).then(|| format!("{}·{}", row.household_no, row.person_id_number))
    }

    fn column_of(path: &str) -> Option<usize> {
        Some(match path {
            "removal.ground" => cell::GROUND,
            "notices" => cell::NOTICE_STARTS_ON,
            "kind" | "household" | "state" => cell::HOUSEHOLD_NO,
            "effective_on" => cell::APPROVED_ON,
            path if path.starts_with("removal.persons") => cell::PERSON_ID_NUMBER,
            path if path.starts_with("notices[") => cell::NOTICE_ENDS_ON,
            "acts[0].occurred_on" | "acts[1].occurred_on" => cell::VILLAGE_REVIEWED_ON,
            "acts[2].occurred_on" => cell::TOWNSHIP_REVIEWED_ON,
            path if path.starts_with("acts[") => cell::APPROVED_ON,
            _ => return None,
        })
    }

    fn source() -> &'static Spec {
        HouseholdCases::SPEC
    }

    fn collapse(
        name: &str,
        record: &dyn AnyRecord,
        _days: &Days<'_>,
        reads: &Reads<'_>,
    ) -> Known<Vec<SheetOut<Self::Row>>> {
        let Some(case) =
            typed::<HouseholdCases>(record).filter(|case| case.kind() == p::HouseholdCaseKind::Removal)
        else {
            return Ok(Vec::new());
        };
        let Some(shown) = roster::shown(case, reads)?.filter(|_| roster::is_on_paper(case)) else {
            return Ok(Vec::new());
        };
        let removal = case.removal.clone().unwrap_or_default();
        let [village_reviewed_on, township_reviewed_on, approved_on] = shown.days;
        let (notice_starts_on, notice_ends_on) = roster::notice_of(case, p::CaseNoticeKind::Village);
        let mut row = p::RemovalRosterRow {
            household_no: shown.household_no,
            head_full_name: shown.head_full_name,
            stated_member_count: case.stated_member_count,
            year: case.year,
            ground: removal.ground,
            clue: removal.clue,
            restates_from: removal.restates_from,
            village_reviewed_on,
            notice_starts_on,
            notice_ends_on,
            township_reviewed_on,
            approved_on,
            announced_on: roster::notice_of(case, p::CaseNoticeKind::Announcement).0,
            note: case.reason.clone(),
            ..p::RemovalRosterRow::default()
        };
        let mut rows = Vec::new();
        for person in &removal.persons {
            if let Some(person) = reads.record::<Persons>(person)?
                && let Some(known) = last_of::<Persons>(&person)
            {
                row.person_full_name.clone_from(&known.full_name);
                row.person_id_number.clone_from(&known.id_number);
                rows.push(row.clone());
            }
        }
        if removal.persons.is_empty() {
            rows.push(row);
        }
        let out = |row| SheetOut { row, area: shown.area.clone(), name: name.to_owned(), hidden: Vec::new() };
        Ok(rows.into_iter().map(out).collect())
    }
}

/// The member whom the row names; nobody for the whole household, `None` where it cannot be told.
fn persons(
    row: &p::RemovalRosterRow,
    facts: &RowFacts,
    context: &Context<'_>,
    reads: &Reads<'_>,
    notes: &mut Notes,
) -> Known<Option<Vec<String>>> {
    // As it was exported: the masked number is that of whom the case names.
    if let Some(name) = facts.name.as_deref().filter(|_| is_masked(&row.person_id_number)) {
        let known = reads.record::<HouseholdCases>(name)?;
        let removal = known.as_deref().and_then(last_of::<HouseholdCases>);
        let removal = removal.and_then(|case| case.removal.clone());
        return Ok(Some(removal.map(|removal| removal.persons).unwrap_or_default()));
    }
    if row.person_id_number.is_empty() {
        if row.person_full_name.is_empty() {
            return Ok(Some(Vec::new()));
        }
        notes.violations.push("person_id_number", Reason::FieldRequired);
        return Ok(None);
    }
    let person = p::Person { id_number: row.person_id_number.clone(), ..p::Person::default() };
    for (kind, value) in context.keys::<Persons>(&person) {
        if let Some(holder) = reads.holder::<Persons>(kind, &value)? {
            return Ok(Some(vec![format!("persons/{}", holder.id)]));
        }
    }
    notes.violations.push("person_id_number", Reason::PersonNotMember);
    Ok(None)
}

fn fill(row: &p::RemovalRosterRow, persons: &[String], case: &mut p::HouseholdCase) {
    let removal = case.removal.get_or_insert_default();
    if row.ground() != p::RemovalGround::Unspecified {
        removal.ground = row.ground;
    }
    for (stated, field) in [(&row.clue, &mut removal.clue), (&row.restates_from, &mut removal.restates_from)]
    {
        if !stated.is_empty() {
            field.clone_from(stated);
        }
    }
    removal.persons = persons.to_vec();
    roster::notice(case, p::CaseNoticeKind::Village, &row.notice_starts_on, &row.notice_ends_on);
    roster::notice(case, p::CaseNoticeKind::Announcement, &row.announced_on, "");
}
