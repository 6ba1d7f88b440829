//! Relocation of one registered household (易地搬迁): agreement, approval, building, the new home, the old one cleared.

use kernel::failure::{Reason, Violations};
use kernel::money::{Fen, Hundredths};
use proto::common::Schedule;
use proto::xiuhua::assistance::housing::v1 as p;
use proto::xiuhua::assistance::housing::v1::relocation_case_service_server::RelocationCaseServiceServer;
use record::facts::{Benefit, Facts, paid};
use record::rules::{Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads};
use record::{ActContext, AnyRecord, Registered, Resource, typed, work};
use store::Migration;

use super::one_need;
use crate::contract::{
    RelocationCaseApi, RelocationCaseVerbs, RelocationCases, RenovationCases, relocation_case,
};

pub(crate) mod indicators;
#[cfg(test)]
mod tests;

/// Square metres of the new home for each person, at most (invariant 5).
const AREA_PER_PERSON: &str = "housing.relocation_area_per_person";
/// Yuan that a household pays itself, at most.
const SELF_PAYMENT_CAP: &str = "housing.relocation_self_payment_cap";

static FACTS: Facts = Facts::benefit(relocation_case::BENEFICIARY_HOUSEHOLD, benefit);

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<RelocationCases>(),
        migration: Migration {
            name: "housing/relocation_case",
            sql: include_str!("../../migrations/housing_relocation_case.sql"),
        },
        indicators: indicators::ALL,
        facts: Some(&FACTS),
        serve: |service, engine| service.add(RelocationCaseServiceServer::new(RelocationCaseApi(engine))),
    }
}

type Record = <RelocationCases as Resource>::Record;

/// What it gives the household.
fn benefit(record: &dyn AnyRecord) -> Benefit {
    let Some(record) = typed::<RelocationCases>(record) else { return Benefit::default() };
    Benefit {
        title: record.site.clone(),
        year: record.plan_year,
        approved_fen: record.total_fen,
        paid_fen: paid(&record.payments),
    }
}

impl Rules for RelocationCases {
    fn check(
        record: &Record,
        old: Option<&Record>,
        context: &Context<'_>,
        reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        let schedule = record.schedule.clone().unwrap_or_default();
        check_order(record, &schedule, violations);
        check_registered(record, old, violations);
        if !schedule.completed_on.is_empty() && record.persons_at_completion.is_none() {
            violations.push("persons_at_completion", Reason::FieldRequired);
        }
        work::check_money(record.total_fen, &record.funds, &record.payments, violations);
        work::check_payments(&schedule, &record.payments, violations);
        // All are asked before any is missed, so that one more pass has what they read.
        let size = check_size(record, old, context, reads, violations);
        let cap = check_self_payment(record, old, context, reads, violations);
        let need = one_need::check::<Self, RenovationCases>(record, context, reads, violations);
        size.and(cap).and(need)
    }
}

/// The building, and what follows its completion.
fn check_order(record: &Record, schedule: &Schedule, violations: &mut Violations) {
    let before = [
        ("协议日期", "agreement_on", record.agreement_on.as_str()),
        ("批准日期", "schedule.approved_on", schedule.approved_on.as_str()),
    ];
    work::check_order(&work::milestones(&before, schedule), violations);
    let after = [
        ("竣工日期", "schedule.completed_on", schedule.completed_on.as_str()),
        ("分房日期", "allotted_on", record.allotted_on.as_str()),
        ("入住日期", "moved_in_on", record.moved_in_on.as_str()),
        ("旧房拆除日期", "old_house_cleared_on", record.old_house_cleared_on.as_str()),
    ];
    work::check_order(&after, violations);
}

/// Only registered households are relocated. An unreadable number or a missing day is told by itself; what stood when it
/// was written is not refused for what the registry learnt since.
fn check_registered(record: &Record, old: Option<&Record>, violations: &mut Violations) {
    const PATH: &str = "beneficiary.id_number";
    let opening = |record: &Record| {
        record.beneficiary.as_ref().map(|whom| (whom.id_number.clone(), whom.standing_on.clone()))
    };
    if old.is_some_and(|old| opening(old) == opening(record)) {
        return;
    }
    let Some(beneficiary) = &record.beneficiary else { return };
    let asked = !beneficiary.id_number.is_empty() && !beneficiary.standing_on.is_empty();
    if asked && beneficiary.household.is_empty() && !violations.iter().any(|told| told.field == PATH) {
        violations.push(PATH, Reason::ReferenceNotFound).add("collection", "households");
    }
}

fn accepted(record: &Record) -> &str {
    record.schedule.as_ref().map_or("", |schedule| schedule.accepted_on.as_str())
}

/// What limits are laid down for: the division, and the day of the approval, before that of the agreement.
fn ground(record: &Record) -> (&str, &str) {
    let area = record.meta.as_ref().map_or("", |meta| meta.area.as_str());
    let approved = record.schedule.as_ref().map_or("", |schedule| schedule.approved_on.as_str());
    (area, if approved.is_empty() { record.agreement_on.as_str() } else { approved })
}

/// Invariant 5: the home is no larger than its persons on the day of approval may have; without its size it is not
/// accepted. Asked on every change of what it rests on: what stood is not refused because a limit changed since.
fn check_size(
    record: &Record,
    old: Option<&Record>,
    context: &Context<'_>,
    reads: &Reads<'_>,
    violations: &mut Violations,
) -> Known<()> {
    const PATH: &str = "floor_area_sqm_x100";
    let stated = |record: &Record| (record.floor_area_sqm_x100, record.persons_at_approval);
    let same = |old: &Record| {
        stated(old) == stated(record) && ground(old) == ground(record) && accepted(old) == accepted(record)
    };
    if old.is_some_and(same) {
        return Ok(());
    }
    if record.floor_area_sqm_x100.is_none() && !accepted(record).is_empty() {
        violations.push(PATH, Reason::FieldRequired);
    }
    let (Some(size), Some(persons)) = stated(record) else { return Ok(()) };
    let parse = |text: &str| Hundredths::parse(text).ok().map(|limit| limit.0);
    let Some(each) = limit((AREA_PER_PERSON, PATH), parse, record, context, reads, violations)? else {
        return Ok(());
    };
    let limit = each.saturating_mul(i64::from(persons));
    if size > limit {
        violations.push(PATH, Reason::OverSize).add("limit", Hundredths(limit));
    }
    Ok(())
}

/// A relocation must not put the household into debt.
fn check_self_payment(
    record: &Record,
    old: Option<&Record>,
    context: &Context<'_>,
    reads: &Reads<'_>,
    violations: &mut Violations,
) -> Known<()> {
    const PATH: &str = "self_paid_fen";
    let Some(paid) = record.self_paid_fen else { return Ok(()) };
    if old.is_some_and(|old| old.self_paid_fen == Some(paid) && ground(old) == ground(record)) {
        return Ok(());
    }
    let parse = |text: &str| Fen::parse_yuan(text).ok().map(|limit| limit.0);
    let Some(limit) = limit((SELF_PAYMENT_CAP, PATH), parse, record, context, reads, violations)? else {
        return Ok(());
    };
    if paid > limit {
        violations.push(PATH, Reason::AmountOverLimit).add("limit", Fen(limit));
    }
    Ok(())
}

/// A limit in force where and when the record is decided; without one the field it limits is refused.
fn limit(
    (identifier, path): (&str, &str),
    parse: impl Fn(&str) -> Option<i64>,
    record: &Record,
    context: &Context<'_>,
    reads: &Reads<'_>,
    violations: &mut Violations,
) -> Known<Option<i64>> {
    let (area, day) = ground(record);
    if day.is_empty() {
        return Ok(None);
    }
    let text = context.parameter(reads, (identifier, "-"), area, day)?;
    let limit = text.as_deref().and_then(parse);
    if limit.is_none() {
        violations.push(path, Reason::ParameterMissing).add("parameter", identifier);
    }
    Ok(limit)
}

impl RelocationCaseVerbs for RelocationCases {
    fn approve_relocation_case(
        record: &mut Record,
        _request: &p::ApproveRelocationCaseRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        work::approve(&mut record.schedule, context, violations);
    }

    fn report_relocation_case_progress(
        record: &mut Record,
        request: &p::ReportRelocationCaseProgressRequest,
        _context: &ActContext,
        violations: &mut Violations,
    ) {
        let days = (request.started_on.as_str(), request.completed_on.as_str());
        work::report(&mut record.schedule, days, violations);
        if !request.funds.is_empty() {
            record.funds.clone_from(&request.funds);
        }
        if request.persons_at_completion.is_some() {
            record.persons_at_completion = request.persons_at_completion;
        }
        for (told, day) in [
            (&request.allotted_on, &mut record.allotted_on),
            (&request.moved_in_on, &mut record.moved_in_on),
            (&request.old_house_cleared_on, &mut record.old_house_cleared_on),
        ] {
            if !told.is_empty() {
                day.clone_from(told);
            }
        }
    }

    fn accept_relocation_case(
        record: &mut Record,
        request: &p::AcceptRelocationCaseRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        work::accept(&mut record.schedule, context, violations);
        record.accepted_by.clone_from(&request.accepted_by);
    }

    fn cancel_relocation_case(
        record: &mut Record,
        _request: &p::CancelRelocationCaseRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        work::cancel(&mut record.schedule, context, violations);
    }

    fn record_relocation_case_payments(
        record: &mut Record,
        request: &p::RecordRelocationCasePaymentsRequest,
        _context: &ActContext,
        _violations: &mut Violations,
    ) {
        work::pay(&mut record.payments, &request.payments);
    }
}
