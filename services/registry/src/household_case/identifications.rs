//! The roster of identifications and relapses (识别认定花名册) of households that are in the register already.

use proto::xiuhua::registry::v1 as p;
use record::Resource;
use record::engine::Notes;
use record::resource::{AnyRecord, typed};
use record::rules::{Act, Context};
use record::spec::Spec;
use record::state::{Known, Reads};
use record::table::{Days, FormSheet, RowFacts, SheetOut};

use super::roster::{self, Paper};
use crate::contract::{HouseholdCases, IdentificationRoster, identification_roster as cell};
use crate::lookup::household_by_number;

impl FormSheet for IdentificationRoster {
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
        let paper = Paper {
            kind: match row.kind() {
                p::IdentificationKind::Relapse => p::HouseholdCaseKind::Relapse,
                p::IdentificationKind::New | p::IdentificationKind::Unspecified => {
                    p::HouseholdCaseKind::Identification
                }
            },
            year: row.year,
            persons: Vec::new(),
            days: [&row.village_reviewed_on, &row.township_reviewed_on, &row.approved_on],
            stated_member_count: row.stated_member_count,
            note: &row.note,
            fill: &|case| fill(row, case),
        };
        roster::expand(&paper, &household, facts, context, reads, notes)
    }

    fn identity(row: &Self::Row) -> Option<String> {
        (!row.household_no.is_empty()).then(|| row.household_no.clone())
    }

    fn column_of(path: &str) -> Option<usize> {
        Some(match path {
            "relapse" | "relapse.cause" => cell::RELAPSE_CAUSE,
            "identification" => cell::SCOPE_CLASS,
            "kind" => cell::KIND,
            "household" | "state" => cell::HOUSEHOLD_NO,
            "effective_on" => cell::APPROVED_ON,
            path if path.starts_with("notices[1]") => cell::SECOND_NOTICE_ENDS_ON,
            path if path.starts_with("notices[") => cell::FIRST_NOTICE_ENDS_ON,
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
        let Some(case) = typed::<HouseholdCases>(record) else { return Ok(Vec::new()) };
        let kind = match case.kind() {
            p::HouseholdCaseKind::Identification => p::IdentificationKind::New,
            p::HouseholdCaseKind::Relapse => p::IdentificationKind::Relapse,
            _ => return Ok(Vec::new()),
        };
        let Some(shown) = roster::shown(case, reads)?.filter(|_| roster::is_on_paper(case)) else {
            return Ok(Vec::new());
        };
        let [village_reviewed_on, township_reviewed_on, approved_on] = shown.days;
        let (first_notice_starts_on, first_notice_ends_on) =
            roster::notice_of(case, p::CaseNoticeKind::First);
        let (second_notice_starts_on, second_notice_ends_on) =
            roster::notice_of(case, p::CaseNoticeKind::Second);
        let relapse = case.relapse.clone().unwrap_or_default();
        let row = p::IdentificationRosterRow {
            household_no: shown.household_no,
            head_full_name: shown.head_full_name,
            stated_member_count: case.stated_member_count,
            year: case.year,
            kind: kind.into(),
            relapse_cause: relapse.cause,
            wrong_exit: relapse.wrong_exit,
            scope_class: case.identification.clone().unwrap_or_default().scope_class,
            village_reviewed_on,
            first_notice_starts_on,
            first_notice_ends_on,
            township_reviewed_on,
            second_notice_starts_on,
            second_notice_ends_on,
            approved_on,
            announced_on: roster::notice_of(case, p::CaseNoticeKind::Announcement).0,
            note: case.reason.clone(),
        };
        Ok(vec![SheetOut { row, area: shown.area, name: name.to_owned(), hidden: Vec::new() }])
    }
}

fn fill(row: &p::IdentificationRosterRow, case: &mut p::HouseholdCase) {
    if !row.scope_class.is_empty() {
        case.identification.get_or_insert_default().scope_class.clone_from(&row.scope_class);
    }
    if !row.relapse_cause.is_empty() {
        case.relapse.get_or_insert_default().cause.clone_from(&row.relapse_cause);
    }
    if row.wrong_exit.is_some() {
        case.relapse.get_or_insert_default().wrong_exit = row.wrong_exit;
    }
    use p::CaseNoticeKind as K;
    roster::notice(case, K::First, &row.first_notice_starts_on, &row.first_notice_ends_on);
    roster::notice(case, K::Second, &row.second_notice_starts_on, &row.second_notice_ends_on);
    roster::notice(case, K::Announcement, &row.announced_on, "");
}
