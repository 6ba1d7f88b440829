//! Counts that come from outside: the denominators of shares and rates.

use kernel::failure::Violations;
use proto::xiuhua::registry::v1::division_statistic_service_server::DivisionStatisticServiceServer;
use record::Registered;
use record::rules::{Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads};
use store::Migration;

use crate::contract::{DivisionStatisticApi, DivisionStatistics};

pub(crate) mod indicators;

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<DivisionStatistics>(),
        migration: Migration {
            name: "registry/division_statistic",
            sql: include_str!("../migrations/division_statistic.sql"),
        },
        indicators: indicators::ALL,
        facts: None,
        serve: |service, engine| {
            service.add(DivisionStatisticServiceServer::new(DivisionStatisticApi(engine)))
        },
    }
}

impl Rules for DivisionStatistics {
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
