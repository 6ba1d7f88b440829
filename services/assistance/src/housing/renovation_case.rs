//! Renovation of one dilapidated house (危房改造): appraisal, approval, building, acceptance, payment.

use kernel::failure::{Reason, Violations};
use kernel::money::Hundredths;
use proto::common::Schedule;
use proto::xiuhua::assistance::housing::v1 as p;
use proto::xiuhua::assistance::housing::v1::renovation_case_service_server::RenovationCaseServiceServer;
use record::Registered;
use record::beneficiary;
use record::rules::{Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads};
use record::{ActContext, Resource};
use store::Migration;

use crate::contract::{RenovationCaseApi, RenovationCaseVerbs, RenovationCases};

pub(crate) mod indicators;

/// Grades that make a house dilapidated.
const DANGEROUS: [&str; 2] = ["C", "D"];
/// Up to this many persons the limit of a rebuilt house is one size, above it one size a person.
const SMALL_HOUSEHOLD: i32 = 3;

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<RenovationCases>(),
        migration: Migration {
            name: "housing/renovation_case",
            sql: include_str!("../../migrations/housing_renovation_case.sql"),
        },
        indicators: indicators::ALL,
        serve: |service, engine| service.add(RenovationCaseServiceServer::new(RenovationCaseApi(engine))),
    }
}

impl Rules for RenovationCases {
    fn complete(
        record: &mut Self::Record,
        old: Option<&Self::Record>,
        context: &Context<'_>,
        reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        let on = record.appraised_on.clone();
        let before = old.and_then(|old| old.beneficiary.as_ref());
        let whom = record.beneficiary.get_or_insert_default();
        beneficiary::complete(whom, before, &on, context.secrets, reads, violations)
    }

    fn scope_area(record: &Self::Record, _context: &Context<'_>, reads: &Reads<'_>) -> Known<Option<String>> {
        record.beneficiary.as_ref().map_or(Ok(None), |whom| beneficiary::scope_area(whom, reads))
    }

    fn check(
        record: &Self::Record,
        old: Option<&Self::Record>,
        context: &Context<'_>,
        reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        let schedule = record.schedule.clone().unwrap_or_default();
        check_order(record, &schedule, violations);
        if !DANGEROUS.contains(&record.old_grade.as_str()) && begun(&schedule) {
            violations.push("old_grade", Reason::GradeNotDangerous);
        }
        check_money(record, violations);
        let accepted_before =
            old.and_then(|old| old.schedule.as_ref()).map(|schedule| schedule.accepted_on.as_str());
        if !schedule.accepted_on.is_empty() && accepted_before != Some(schedule.accepted_on.as_str()) {
            check_size(record, &schedule.accepted_on, context, reads, violations)?;
        }
        Ok(())
    }
}

fn begun(schedule: &Schedule) -> bool {
    [&schedule.approved_on, &schedule.started_on, &schedule.completed_on, &schedule.accepted_on]
        .iter()
        .any(|day| !day.is_empty())
}

/// Invariant 11: appraised ≤ started ≤ completed ≤ accepted, and none without the one before it.
fn check_order(record: &p::RenovationCase, schedule: &Schedule, violations: &mut Violations) {
    let milestones = [
        ("鉴定日期", "appraised_on", &record.appraised_on),
        ("开工日期", "schedule.started_on", &schedule.started_on),
        ("竣工日期", "schedule.completed_on", &schedule.completed_on),
        ("验收日期", "schedule.accepted_on", &schedule.accepted_on),
    ];
    for pair in milestones.windows(2) {
        let ((earlier, _, before), (later, path, after)) = (&pair[0], &pair[1]);
        if after.is_empty() {
            continue;
        }
        if before.is_empty() {
            violations.push(*path, Reason::MilestoneMissing).add("milestone", earlier);
        } else if after < before {
            violations.push(*path, Reason::DateOrder).add("earlier", earlier).add("later", later);
        }
    }
}

/// Invariant 10: the sources sum to the planned total.
fn check_money(record: &p::RenovationCase, violations: &mut Violations) {
    let budgets: Vec<i64> = record.funds.iter().filter_map(|line| line.budget_fen).collect();
    let Some(total) = record.total_fen.filter(|_| !budgets.is_empty()) else { return };
    let sum = budgets.iter().try_fold(0_i64, |sum, budget| sum.checked_add(*budget));
    match sum {
        None => {
            violations.push("total_fen", Reason::AmountOverflow);
        }
        Some(sum) if sum != total => {
            violations
                .push("total_fen", Reason::SumDiffers)
                .add("total", kernel::money::Fen(total))
                .add("sum", kernel::money::Fen(sum));
        }
        Some(_) => {}
    }
    let paid: i64 =
        record.payments.iter().filter_map(|payment| payment.amount_fen).fold(0, i64::saturating_add);
    if paid > total {
        violations.push("payments", Reason::PaidOverApproved).add("limit", kernel::money::Fen(total));
    }
}

/// A rebuilt house over its size is not accepted.
fn check_size(
    record: &p::RenovationCase,
    day: &str,
    context: &Context<'_>,
    reads: &Reads<'_>,
    violations: &mut Violations,
) -> Known<()> {
    let (Some(size), Some(persons)) = (record.area_after_sqm_x100, record.household_size) else {
        return Ok(());
    };
    if record.method() != p::RenovationMethod::Rebuild {
        return Ok(());
    }
    let area = record.meta.as_ref().map(|meta| meta.area.clone()).unwrap_or_default();
    let small = persons <= SMALL_HOUSEHOLD;
    let asked = if small {
        ("housing.rebuilt_area_limit", "1-3")
    } else {
        ("housing.rebuilt_area_limit_per_person", "4+")
    };
    let Some(text) = context.parameter(reads, asked, &area, day)? else {
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
        let schedule = record.schedule.get_or_insert_default();
        set_once(&mut schedule.approved_on, &context.occurred_on, ("Approve", "APPROVED"), violations);
    }

    fn report_renovation_case_progress(
        record: &mut Record,
        request: &p::ReportRenovationCaseProgressRequest,
        _context: &ActContext,
        violations: &mut Violations,
    ) {
        let schedule = record.schedule.get_or_insert_default();
        if !schedule.cancelled_on.is_empty() {
            refuse(("ReportProgress", "CANCELLED"), violations);
        }
        if !request.started_on.is_empty() {
            if schedule.approved_on.is_empty() {
                violations.push("started_on", Reason::MilestoneMissing).add("milestone", "审批");
            }
            schedule.started_on.clone_from(&request.started_on);
        }
        if !request.completed_on.is_empty() {
            schedule.completed_on.clone_from(&request.completed_on);
        }
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
        let schedule = record.schedule.get_or_insert_default();
        if !schedule.cancelled_on.is_empty() {
            refuse(("Accept", "CANCELLED"), violations);
        }
        set_once(&mut schedule.accepted_on, &context.occurred_on, ("Accept", "ACCEPTED"), violations);
        record.accepted_by.clone_from(&request.accepted_by);
    }

    fn cancel_renovation_case(
        record: &mut Record,
        _request: &p::CancelRenovationCaseRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        let schedule = record.schedule.get_or_insert_default();
        if !schedule.accepted_on.is_empty() {
            refuse(("Cancel", "ACCEPTED"), violations);
        }
        set_once(&mut schedule.cancelled_on, &context.occurred_on, ("Cancel", "CANCELLED"), violations);
    }

    fn record_renovation_case_payments(
        record: &mut Record,
        request: &p::RecordRenovationCasePaymentsRequest,
        _context: &ActContext,
        violations: &mut Violations,
    ) {
        if record.schedule.as_ref().is_none_or(|schedule| schedule.accepted_on.is_empty()) {
            violations.push("payments", Reason::MilestoneMissing).add("milestone", "验收日期");
        }
        record.payments.extend(request.payments.iter().cloned());
    }
}

fn set_once(day: &mut String, occurred_on: &str, refused: (&str, &str), violations: &mut Violations) {
    if day.is_empty() {
        occurred_on.clone_into(day);
    } else {
        refuse(refused, violations);
    }
}

fn refuse((verb, state): (&str, &str), violations: &mut Violations) {
    violations.push("state", Reason::StateRefuses).add("state", state).add("verb", verb);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(started: &str, completed: &str, accepted: &str) -> p::RenovationCase {
        p::RenovationCase {
            appraised_on: "2016-03-01".to_owned(),
            schedule: Some(Schedule {
                started_on: started.to_owned(),
                completed_on: completed.to_owned(),
                accepted_on: accepted.to_owned(),
                ..Schedule::default()
            }),
            ..p::RenovationCase::default()
        }
    }

    fn reasons(case: &p::RenovationCase) -> Vec<Reason> {
        let mut violations = Violations::default();
        check_order(case, case.schedule.as_ref().unwrap(), &mut violations);
        violations.iter().map(|violation| violation.reason).collect()
    }

    #[test]
    fn milestones_follow_each_other() {
        assert_eq!(reasons(&case("2016-05-01", "2016-08-01", "2016-09-01")), []);
        assert_eq!(reasons(&case("2016-05-01", "", "")), []);
        assert_eq!(reasons(&case("", "2016-08-01", "")), [Reason::MilestoneMissing]);
        assert_eq!(reasons(&case("2016-05-01", "", "2016-09-01")), [Reason::MilestoneMissing]);
        assert_eq!(reasons(&case("2016-05-01", "2016-04-01", "")), [Reason::DateOrder]);
        assert_eq!(reasons(&case("2016-02-01", "", "")), [Reason::DateOrder]);
    }

    #[test]
    fn sources_sum_to_the_total_and_payments_stay_below() {
        let line = |budget| proto::common::FundLine {
            budget_fen: Some(budget),
            ..proto::common::FundLine::default()
        };
        let mut case = p::RenovationCase {
            total_fen: Some(300),
            funds: vec![line(100), line(200)],
            ..p::RenovationCase::default()
        };
        let found = |case: &p::RenovationCase| {
            let mut violations = Violations::default();
            check_money(case, &mut violations);
            violations.iter().map(|violation| violation.reason).collect::<Vec<_>>()
        };
        assert_eq!(found(&case), []);
        case.funds.push(line(i64::MAX));
        assert_eq!(found(&case), [Reason::AmountOverflow]);
        case.funds = vec![line(299)];
        assert_eq!(found(&case), [Reason::SumDiffers]);
        case.funds = vec![line(300)];
        case.payments =
            vec![proto::common::Payment { amount_fen: Some(301), ..proto::common::Payment::default() }];
        assert_eq!(found(&case), [Reason::PaidOverApproved]);
    }
}
