//! Renovation of one dilapidated house (危房改造): appraisal, approval, building, acceptance, payment.

use kernel::failure::{Reason, Violations};
use kernel::money::Hundredths;
use proto::xiuhua::assistance::housing::v1 as p;
use proto::xiuhua::assistance::housing::v1::renovation_case_service_server::RenovationCaseServiceServer;
use record::facts::{Benefit, Facts, paid};
use record::rules::{Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads};
use record::{ActContext, AnyRecord, Registered, Resource, typed, work};
use store::Migration;

use super::one_need;
use crate::contract::{
    RelocationCases, RenovationCaseApi, RenovationCaseVerbs, RenovationCases, renovation_case,
};

pub(crate) mod indicators;
#[cfg(test)]
mod tests;

/// Grades that make a house dilapidated.
const DANGEROUS: [&str; 2] = ["C", "D"];
/// Up to this many persons the limit of a rebuilt house is one size, above it one size a person.
const SMALL_HOUSEHOLD: i32 = 3;

static FACTS: Facts = Facts::benefit(renovation_case::BENEFICIARY_HOUSEHOLD, benefit);

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<RenovationCases>(),
        migration: Migration {
            name: "housing/renovation_case",
            sql: include_str!("../../migrations/housing_renovation_case.sql"),
        },
        indicators: indicators::ALL,
        facts: Some(&FACTS),
        serve: |service, engine| service.add(RenovationCaseServiceServer::new(RenovationCaseApi(engine))),
    }
}

/// What it gives the household. The form has no text for a title; the method is a word, which each language has its own
/// of.
fn benefit(record: &dyn AnyRecord) -> Benefit {
    let Some(record) = typed::<RenovationCases>(record) else { return Benefit::default() };
    Benefit {
        title: String::new(),
        year: record.plan_year,
        approved_fen: record.total_fen,
        paid_fen: paid(&record.payments),
    }
}

impl Rules for RenovationCases {
    fn check(
        record: &Self::Record,
        old: Option<&Self::Record>,
        context: &Context<'_>,
        reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        let schedule = record.schedule.clone().unwrap_or_default();
        let appraised = ("鉴定日期", "appraised_on", record.appraised_on.as_str());
        work::check_order(&work::milestones(&[appraised], &schedule), violations);
        if !DANGEROUS.contains(&record.old_grade.as_str()) && work::begun(&schedule) {
            violations.push("old_grade", Reason::GradeNotDangerous);
        }
        work::check_money(record.total_fen, &record.funds, &record.payments, violations);
        work::check_payments(&schedule, &record.payments, violations);
        // Both are asked before either is missed, so that one more pass has what they read.
        let size = check_size(record, old, context, reads, violations);
        let need = one_need::check::<Self, RelocationCases>(record, context, reads, violations);
        size.and(need)
    }
}

/// A rebuilt house over its size, or without one, is not accepted. Asked on every change of what it rests on: what stood
/// is not refused because a limit changed since.
fn check_size(
    record: &Record,
    old: Option<&Record>,
    context: &Context<'_>,
    reads: &Reads<'_>,
    violations: &mut Violations,
) -> Known<()> {
    let stated = |record: &Record| {
        let accepted_on = record.schedule.as_ref().map(|schedule| schedule.accepted_on.clone());
        let sizes = (record.area_after_sqm_x100, record.household_size);
        (accepted_on.unwrap_or_default(), record.method, sizes)
    };
    let (day, _, sizes) = stated(record);
    let same = old.is_some_and(|old| stated(old) == stated(record));
    if same || day.is_empty() || record.method() != p::RenovationMethod::Rebuild {
        return Ok(());
    }
    if record.area_after_sqm_x100.is_none() {
        violations.push("area_after_sqm_x100", Reason::FieldRequired);
    }
    let (Some(size), Some(persons)) = sizes else { return Ok(()) };
    let area = record.meta.as_ref().map(|meta| meta.area.clone()).unwrap_or_default();
    let small = persons <= SMALL_HOUSEHOLD;
    let asked = if small {
        ("housing.rebuilt_area_limit", "1-3")
    } else {
        ("housing.rebuilt_area_limit_per_person", "4+")
    };
    let Some(text) = context.parameter(reads, asked, &area, &day)? else {
        violations.push("area_after_sqm_x100", Reason::ParameterMissing).add("parameter", asked.0);
        return Ok(());
    };
    let limit = Hundredths::parse(&text).map(|limit| limit.0).unwrap_or_default();
    let limit = if small { limit } else { limit.saturating_mul(i64::from(persons)) };
    if size > limit {
        violations.push("area_after_sqm_x100", Reason::OverSize).add("limit", Hundredths(limit));
    }
    Ok(())
}

type Record = <RenovationCases as Resource>::Record;

impl RenovationCaseVerbs for RenovationCases {
    fn approve_renovation_case(
        record: &mut Record,
        _request: &p::ApproveRenovationCaseRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        work::approve(&mut record.schedule, context, violations);
    }

    fn report_renovation_case_progress(
        record: &mut Record,
        request: &p::ReportRenovationCaseProgressRequest,
        _context: &ActContext,
        violations: &mut Violations,
    ) {
        let days = (request.started_on.as_str(), request.completed_on.as_str());
        work::report(&mut record.schedule, days, violations);
        if !request.funds.is_empty() {
            record.funds.clone_from(&request.funds);
        }
        if request.area_after_sqm_x100.is_some() {
            record.area_after_sqm_x100 = request.area_after_sqm_x100;
        }
    }

    fn accept_renovation_case(
        record: &mut Record,
        request: &p::AcceptRenovationCaseRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        work::accept(&mut record.schedule, context, violations);
        record.accepted_by.clone_from(&request.accepted_by);
    }

    fn cancel_renovation_case(
        record: &mut Record,
        _request: &p::CancelRenovationCaseRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        work::cancel(&mut record.schedule, context, violations);
    }

    fn record_renovation_case_payments(
        record: &mut Record,
        request: &p::RecordRenovationCasePaymentsRequest,
        _context: &ActContext,
        _violations: &mut Violations,
    ) {
        work::pay(&mut record.payments, &request.payments);
    }
}
