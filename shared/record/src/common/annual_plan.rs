//! Annual plans: a target for one indicator, one year and one division.

use kernel::failure::Violations;
use proto::common::annual_plan_service_server::AnnualPlanServiceServer;
use store::Migration;

use crate::contract::{AnnualPlanApi, AnnualPlans};
use crate::rules::{Context, Registered, Rules};
use crate::service::Slice;
use crate::state::{Known, Reads};

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<AnnualPlans>(),
        migration: Migration {
            name: "common/annual_plan",
            sql: include_str!("../../migrations/annual_plan.sql"),
        },
        indicators: &[],
        facts: None,
        serve: |service, engine| service.add(AnnualPlanServiceServer::new(AnnualPlanApi(engine))),
    }
}

impl Rules for AnnualPlans {
    fn complete(
        record: &mut Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        _violations: &mut Violations,
    ) -> Known<()> {
        let division = record.division.clone();
        record.meta.get_or_insert_default().area = division;
        Ok(())
    }
}
