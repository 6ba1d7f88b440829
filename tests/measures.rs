//! A report costs a few statements however much is counted: one for each source, moment and, where rows hold from a day to
//! a day, day.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

use std::collections::HashMap;
use std::sync::Arc;

use kernel::caller::Caller;
use proto::common::{AreaLevel, MeasureItem, MeasureRequest, Period, period};
use record::call::Call;
use record::engine::Engine;
use record::remote::Registry;
use record::service::{Host, Parts, Slice, assemble};
use runtime::client::Channels;
use runtime::config::Addresses;
use runtime::context::{Context, RequestId};
use runtime::policy::Policies;
use runtime::roles::Roles;
use suite::fixtures::PREFECTURE;
use suite::harness::{Harness, on_each};

/// An engine that counts what a service counts, on that service's database.
async fn engine(harness: &Harness, service: &'static str, slices: Vec<Slice>) -> Engine {
    let policies = Arc::new(Policies::contract().unwrap());
    let channels = Channels::new(&Addresses::default(), Arc::clone(&policies)).unwrap();
    let host = Host {
        db: harness.databases[service].clone(),
        clock: harness.clock.clone(),
        keys: harness.keys.clone(),
        channels: channels.clone(),
        policies,
        roles: Arc::new(Roles::standard().unwrap()),
        identity: None,
    };
    let parts = Parts {
        service,
        prefix: "counting",
        packages: &[],
        slices,
        sheets: Vec::new(),
        codes: &[],
        parameters: &[],
        indicators: &[],
        assurances: &[],
        follows_registry: false,
        decorators: HashMap::new(),
        surroundings: Arc::new(Registry { channels }),
    };
    assemble(&host, parts).await.unwrap().1
}

/// Everything that slices count, for these years.
fn items(slices: &[Slice], years: &[i32]) -> Vec<MeasureItem> {
    let indicators = slices.iter().flat_map(|slice| slice.indicators);
    let of_year = |year: &i32| Period { period: Some(period::Period::Year(*year)) };
    let items = indicators.flat_map(|indicator| {
        years.iter().map(|year| MeasureItem {
            indicator: indicator.id.to_owned(),
            period: Some(of_year(year)),
            ..MeasureItem::default()
        })
    });
    items.collect()
}

async fn statements(engine: &Engine, items: Vec<MeasureItem>, group_by: AreaLevel) -> usize {
    let context = Context::background(Caller::internal("tester"), None, RequestId::none());
    let call = Call { context, method: "/xiuhua.common.v1.ReportingService/Measure" };
    let (count, area) = (items.len(), PREFECTURE.to_owned());
    let request = MeasureRequest { items, area, known_at: None, group_by: group_by.into() };
    let measured = engine.measured(&call, request).await.unwrap();
    assert_eq!(measured.response.measurements.len(), count);
    measured.statements
}

#[tokio::test(flavor = "multi_thread")]
async fn all_indicators_of_a_service_are_a_few_statements() {
    on_each(async |harness| {
        // Registry: designations, standings, members beside the standings, outside counts of the area and of the province;
        // the first three hold from a day to a day. Assistance: renovations, reliefs, their payments, plans.
        for (service, slices, sources, of_a_day) in [
            ("registry", registry::slices(), 5, 3),
            ("assistance", assistance::slices(), 4, 0),
            ("partner-aid", partner_aid::slices(), 1, 0),
        ] {
            let engine = engine(&harness, service, slices.clone()).await;
            let one = items(&slices, &[2017]);
            assert!(!one.is_empty());
            assert_eq!(statements(&engine, one.clone(), AreaLevel::County).await, sources, "{service}");
            // Villages cost no more than the whole; the same asked again costs nothing.
            assert_eq!(statements(&engine, one.clone(), AreaLevel::Village).await, sources, "{service}");
            let twice = [one.clone(), one].concat();
            assert_eq!(statements(&engine, twice, AreaLevel::Unspecified).await, sources, "{service}");
            // Another day is another look at what holds on it, and at nothing else.
            let years = items(&slices, &[2016, 2017]);
            assert_eq!(statements(&engine, years, AreaLevel::County).await, sources + of_a_day, "{service}");
        }
    })
    .await;
}
