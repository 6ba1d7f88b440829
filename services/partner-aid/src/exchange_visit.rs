//! Visits between the prefecture and its partner city (互访): one delegation, one record.

use kernel::failure::{Reason, Violations};
use proto::xiuhua::partneraid::v1::exchange_visit_service_server::ExchangeVisitServiceServer;
use record::Registered;
use record::rules::{Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads};
use store::Migration;

use crate::contract::{ExchangeVisitApi, ExchangeVisits};

pub(crate) mod indicators;

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<ExchangeVisits>(),
        migration: Migration {
            name: "partner_aid/exchange_visit",
            sql: include_str!("../migrations/exchange_visit.sql"),
        },
        indicators: indicators::ALL,
        facts: None,
        serve: |service, engine| service.add(ExchangeVisitServiceServer::new(ExchangeVisitApi(engine))),
    }
}

impl Rules for ExchangeVisits {
    fn check(
        record: &Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        if !record.ends_on.is_empty() && record.ends_on < record.starts_on {
            violations.push("ends_on", Reason::DateOrder).add("earlier", "开始日期").add("later", "结束日期");
        }
        if record.head_count.is_some_and(|count| !(1..=10_000).contains(&count)) {
            violations.push("head_count", Reason::NumberOutOfRange).add("minimum", 1).add("maximum", 10_000);
        }
        Ok(())
    }
}
