//! The roster of exits (脱贫退出花名册).

use proto::common::{Assurance, CheckOrigin, GuaranteeCheck, Verdict};
use proto::xiuhua::registry::v1 as p;
use record::Resource;
use record::engine::Notes;
use record::resource::{AnyRecord, typed};
use record::rules::{Act, Context};
use record::spec::Spec;
use record::state::{Known, Reads};
use record::table::{Days, FormSheet, RowFacts, SheetOut};

use super::roster::{self, Paper};
use crate::contract::{ExitRoster, HouseholdCases, exit_roster as cell};
use crate::lookup::household_by_number;

impl FormSheet for ExitRoster {
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
            kind: p::HouseholdCaseKind::Exit,
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
            "exit.net_per_capita_fen" => cell::NET_PER_CAPITA_FEN,
            "exit.household_signature" => cell::HOUSEHOLD_SIGNATURE,
            "notices" => cell::NOTICE_STARTS_ON,
            "kind" | "household" | "state" => cell::HOUSEHOLD_NO,
            "effective_on" => cell::APPROVED_ON,
            "checks" | "checks[0].verdict" => cell::FOOD,
            "checks[1].verdict" => cell::CLOTHING,
            "checks[2].verdict" => cell::EDUCATION,
            "checks[3].verdict" => cell::MEDICAL,
            "checks[4].verdict" => cell::HOUSING,
            "checks[5].verdict" => cell::WATER,
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
            typed::<HouseholdCases>(record).filter(|case| case.kind() == p::HouseholdCaseKind::Exit)
        else {
            return Ok(Vec::new());
        };
        let Some(shown) = roster::shown(case, reads)?.filter(|_| roster::is_on_paper(case)) else {
            return Ok(Vec::new());
        };
        let exit = case.exit.clone().unwrap_or_default();
        let [village_reviewed_on, township_reviewed_on, approved_on] = shown.days;
        let (notice_starts_on, notice_ends_on) = roster::notice_of(case, p::CaseNoticeKind::Village);
        let mut row = p::ExitRosterRow {
            household_no: shown.household_no,
            head_full_name: shown.head_full_name,
            stated_member_count: case.stated_member_count,
            year: case.year,
            net_per_capita_fen: exit.net_per_capita_fen,
            village_reviewed_on,
            notice_starts_on,
            notice_ends_on,
            household_signature: exit.household_signature,
            verifiers: exit.verifiers,
            township_reviewed_on,
            approved_on,
            announced_on: roster::notice_of(case, p::CaseNoticeKind::Announcement).0,
            note: case.reason.clone(),
            ..p::ExitRosterRow::default()
        };
        for (assurance, verdict) in verdicts(&mut row) {
            let check = case.checks.iter().find(|check| check.assurance() == assurance);
            *verdict = check.map(|check| check.verdict).unwrap_or_default();
        }
        Ok(vec![SheetOut { row, area: shown.area, name: name.to_owned(), hidden: Vec::new() }])
    }
}

/// The verdicts of a row, with what each is of.
fn verdicts(row: &mut p::ExitRosterRow) -> [(Assurance, &mut i32); 6] {
    [
        (Assurance::Food, &mut row.food),
        (Assurance::Clothing, &mut row.clothing),
        (Assurance::Education, &mut row.education),
        (Assurance::Medical, &mut row.medical),
        (Assurance::Housing, &mut row.housing),
        (Assurance::Water, &mut row.water),
    ]
}

fn fill(row: &p::ExitRosterRow, case: &mut p::HouseholdCase) {
    let exit = case.exit.get_or_insert_default();
    if row.net_per_capita_fen.is_some() {
        exit.net_per_capita_fen = row.net_per_capita_fen;
    }
    for (stated, field) in
        [(&row.household_signature, &mut exit.household_signature), (&row.verifiers, &mut exit.verifiers)]
    {
        if !stated.is_empty() {
            field.clone_from(stated);
        }
    }
    let mut told = row.clone();
    for (assurance, verdict) in verdicts(&mut told) {
        let verdict = Verdict::try_from(*verdict).unwrap_or_default();
        if verdict == Verdict::Unspecified {
            continue;
        }
        match case.checks.iter_mut().find(|check| check.assurance() == assurance) {
            Some(check) => check.verdict = verdict.into(),
            None => case.checks.push(GuaranteeCheck {
                assurance: assurance.into(),
                verdict: verdict.into(),
                checked_on: row.village_reviewed_on.clone(),
                origin: CheckOrigin::Site.into(),
                ..GuaranteeCheck::default()
            }),
        }
    }
    roster::notice(case, p::CaseNoticeKind::Village, &row.notice_starts_on, &row.notice_ends_on);
    roster::notice(case, p::CaseNoticeKind::Announcement, &row.announced_on, "");
}
