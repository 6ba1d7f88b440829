//! Registered households. What a household counts as on a day is its standing, the consequence of approved cases.

use kernel::area::{AreaCode, Level};
use kernel::failure::{Failure, Reason, Violations};
use proto::common::HouseholdSection;
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_service_server::HouseholdServiceServer;
use record::Registered;
use record::call::Call;
use record::engine::Engine;
use record::facts::{Facts, Of};
use record::rules::{Consequences, Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads};
use store::Migration;

use crate::contract::{HouseholdApi, HouseholdHandlers, Households};

pub(crate) mod sheet;
pub(crate) mod shown;
pub(crate) mod whereabouts;

/// Most causes of poverty beside the main one (form of 2014, 其他致贫原因).
const OTHER_CAUSES: usize = 2;

static FACTS: Facts = Facts {
    of: Of::SameIdentifier,
    section: Some(HouseholdSection::Household),
    with: None,
    every_period: false,
    benefit: None,
};

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<Households>(),
        migration: Migration { name: "registry/household", sql: include_str!("../migrations/household.sql") },
        indicators: &[],
        facts: Some(&FACTS),
        serve: |service, engine| service.add(HouseholdServiceServer::new(HouseholdApi(engine))),
    }
}

impl Rules for Households {
    fn check(
        record: &Self::Record,
        _old: Option<&Self::Record>,
        context: &Context<'_>,
        _reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        let area = record.meta.as_ref().map(|meta| meta.area.as_str()).unwrap_or_default();
        if let Some(code) = AreaCode::parse(area)
            && code.level() != Level::Village
        {
            violations.push("meta.area", Reason::AreaLevelWrong).add("expected", "行政村");
        }
        if record.other_causes.len() > OTHER_CAUSES {
            violations.push("other_causes", Reason::ItemsTooMany).add("limit", OTHER_CAUSES);
        }
        let this_year = context.today.get(..4).and_then(|year| year.parse::<i32>().ok()).unwrap_or(i32::MAX);
        if record.identified_year.is_some_and(|year| year > this_year) {
            violations.push("identified_year", Reason::DateInFuture);
        }
        Ok(())
    }

    /// Who moves takes standing, members and papers along.
    fn consequences(
        name: &str,
        _record: &Self::Record,
        old: Option<&Self::Record>,
        _context: &Context<'_>,
        reads: &Reads<'_>,
        out: &mut Consequences,
    ) -> Known<()> {
        if old.is_some() { whereabouts::follow(name, reads, out) } else { Ok(()) }
    }
}

#[tonic::async_trait]
impl HouseholdHandlers for Households {
    async fn lookup_households(
        engine: &Engine,
        call: &Call,
        message: p::LookupHouseholdsRequest,
    ) -> Result<p::LookupHouseholdsResponse, Failure> {
        let found =
            crate::lookup::names(engine, call, "households", "household_no", &message.household_nos).await?;
        let answers = found
            .into_iter()
            .map(|name| p::HouseholdAnswer {
                outcome: crate::lookup::outcome(name.as_ref()).into(),
                household: name.unwrap_or_default(),
                ..p::HouseholdAnswer::default()
            })
            .collect();
        Ok(p::LookupHouseholdsResponse { answers })
    }
}
