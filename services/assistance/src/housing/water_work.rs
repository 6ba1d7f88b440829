//! Works for safe drinking water (安全饮水工程): each serves a village or many households.

use kernel::failure::Violations;
use proto::common::Schedule;
use proto::xiuhua::assistance::housing::v1 as p;
use proto::xiuhua::assistance::housing::v1::water_work_service_server::WaterWorkServiceServer;
use record::rules::{Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads};
use record::{ActContext, Registered, Resource, work};
use store::Migration;

use crate::contract::{WaterWorkApi, WaterWorkVerbs, WaterWorks};

pub(crate) mod indicators;
#[cfg(test)]
mod tests;

/// The record kind. It says nothing of a household: those that a work serves are a list, no column.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<WaterWorks>(),
        migration: Migration {
            name: "housing/water_work",
            sql: include_str!("../../migrations/housing_water_work.sql"),
        },
        indicators: indicators::ALL,
        facts: None,
        serve: |service, engine| service.add(WaterWorkServiceServer::new(WaterWorkApi(engine))),
    }
}

type Record = <WaterWorks as Resource>::Record;

impl Rules for WaterWorks {
    fn complete(
        record: &mut Record,
        old: Option<&Record>,
        context: &Context<'_>,
        _reads: &Reads<'_>,
        _violations: &mut Violations,
    ) -> Known<()> {
        let stood = old.map_or("", |old| old.opened_on.as_str());
        record.opened_on = opened_on(record, stood, context.today);
        Ok(())
    }

    fn check(
        record: &Record,
        _old: Option<&Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        let schedule = record.schedule.clone().unwrap_or_default();
        check_order(&schedule, violations);
        work::check_money(record.total_fen, &record.funds, &[], violations);
        Ok(())
    }
}

/// First day of a work: the first of its plan year or an earlier one of its schedule. A plan year still to come opens
/// it on the day on which it was entered.
fn opened_on(record: &Record, stood: &str, today: &str) -> String {
    let schedule = record.schedule.clone().unwrap_or_default();
    let planned = record.plan_year.map(|year| format!("{year:04}-01-01"));
    let days = [
        schedule.approved_on,
        schedule.started_on,
        schedule.completed_on,
        schedule.accepted_on,
        schedule.cancelled_on,
    ];
    let first = days.into_iter().chain(planned).filter(|day| !day.is_empty()).min();
    match first {
        Some(first) if first.as_str() <= today => first,
        _ if !stood.is_empty() => stood.to_owned(),
        _ => today.to_owned(),
    }
}

/// The ledger of an old work may not know its approval; one that it states comes first.
fn check_order(schedule: &Schedule, violations: &mut Violations) {
    let approved = [("批准日期", "schedule.approved_on", schedule.approved_on.as_str())];
    let before = if schedule.approved_on.is_empty() { &[][..] } else { &approved[..] };
    work::check_order(&work::milestones(before, schedule), violations);
}

impl WaterWorkVerbs for WaterWorks {
    fn approve_water_work(
        record: &mut Record,
        _request: &p::ApproveWaterWorkRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        work::approve(&mut record.schedule, context, violations);
    }

    fn report_water_work_progress(
        record: &mut Record,
        request: &p::ReportWaterWorkProgressRequest,
        _context: &ActContext,
        violations: &mut Violations,
    ) {
        let days = (request.started_on.as_str(), request.completed_on.as_str());
        work::report(&mut record.schedule, days, violations);
        if !request.funds.is_empty() {
            record.funds.clone_from(&request.funds);
        }
    }

    fn accept_water_work(
        record: &mut Record,
        request: &p::AcceptWaterWorkRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        work::accept(&mut record.schedule, context, violations);
        record.accepted_by.clone_from(&request.accepted_by);
    }

    fn cancel_water_work(
        record: &mut Record,
        _request: &p::CancelWaterWorkRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        work::cancel(&mut record.schedule, context, violations);
    }
}
