//! A report costs a few statements however much is counted: one for each source, moment and, where rows hold from a day to
//! a day, day. So does every RPC however many records it is about.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

use std::sync::atomic::{AtomicUsize, Ordering};

use kernel::caller::Caller;
use proto::common::household_facts_service_client::HouseholdFactsServiceClient;
use proto::common::{AreaLevel, BatchGetHouseholdFactsRequest, MeasureItem, MeasureRequest, Period, period};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use record::call::Call;
use record::engine::Engine;
use record::service::Slice;
use runtime::context::{Context, RequestId};
use suite::engine::engine;
use suite::fixtures::{COUNTY, PREFECTURE, VILLAGE, divisions, new_household};
use suite::harness::{Harness, on_each, request_id};

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
        // Registry: designations, standings, members and cases beside the standings, cases, plans, outside counts of the
        // area and of the province; the first four hold from a day to a day. Assistance: renovations, relocations, water
        // works, reliefs, their payments, plans. Partner aid: visits, funds, projects, and beside the projects households
        // and persons who benefit, from a day to a day.
        for (service, slices, sources, of_a_day) in [
            ("registry", registry::slices(), 8, 4),
            ("assistance", assistance::slices(), 6, 0),
            ("partner-aid", partner_aid::slices(), 5, 2),
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

/// Statements of a service's database that a call costs: the fewest of several tries, for followers ask now and then.
async fn cost(harness: &Harness, service: &str, call: impl AsyncFn()) -> u64 {
    let db = &harness.databases[service];
    let mut fewest = u64::MAX;
    for _ in 0..5 {
        let before = db.statements();
        call().await;
        fewest = fewest.min(db.statements() - before);
    }
    fewest
}

/// So many households, of which the first has the number `first`.
fn households(first: usize, count: usize) -> p::BatchCreateHouseholdsRequest {
    let numbers = first..first + count;
    p::BatchCreateHouseholdsRequest {
        request_id: request_id(),
        households: numbers
            .map(|number| new_household(&format!("h{number}"), VILLAGE, "2015-12-31"))
            .collect(),
        ..p::BatchCreateHouseholdsRequest::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_rpc_costs_as_many_statements_for_a_hundred_records_as_for_one() {
    on_each(async |harness| {
        divisions(&harness).await;
        let token = harness.token("township_clerk", &[COUNTY]);
        let client = || HouseholdServiceClient::new(harness.client("registry", &token));
        let next = AtomicUsize::new(0);
        let created = async |count: usize| {
            let first = next.fetch_add(count, Ordering::Relaxed);
            client().batch_create_households(households(first, count)).await.unwrap();
        };
        let [one, many] = [
            cost(&harness, "registry", async || created(1).await).await,
            cost(&harness, "registry", async || created(100).await).await,
        ];
        // The request, keys, the division, the commit; and the followers who are told, who ask for the news meanwhile.
        assert!(one <= 12 && many <= 12, "create: {one} and {many}");

        let list = p::ListHouseholdsRequest { page_size: 100, ..p::ListHouseholdsRequest::default() };
        let found = client().list_households(list.clone()).await.unwrap().into_inner().households;
        let names: Vec<String> = found.into_iter().map(|household| household.name).collect();
        assert_eq!(names.len(), 100);
        let listed = cost(&harness, "registry", async || {
            client().list_households(list.clone()).await.unwrap();
        });
        let get = p::GetHouseholdRequest { name: names[0].clone(), ..p::GetHouseholdRequest::default() };
        let read = cost(&harness, "registry", async || {
            client().get_household(get.clone()).await.unwrap();
        });
        assert_eq!((read.await, listed.await), (3, 3), "the households, their standings, their members");

        let auditor = harness.token("auditor", &[COUNTY]);
        for (service, most) in [("registry", 6), ("assistance", 5), ("partner-aid", 1)] {
            let facts = async |households: &[String]| {
                let request = BatchGetHouseholdFactsRequest {
                    households: households.to_vec(),
                    known_at: Some(prost_types::Timestamp { seconds: 1_500_000_000, nanos: 0 }),
                    ..BatchGetHouseholdFactsRequest::default()
                };
                let client = harness.client(service, &auditor);
                HouseholdFactsServiceClient::new(client).batch_get_household_facts(request).await.unwrap();
            };
            let one = cost(&harness, service, async || facts(&names[..1]).await).await;
            let many = cost(&harness, service, async || facts(&names).await).await;
            assert_eq!(one, many, "{service}");
            assert!(one <= most, "{service}: {one}");
        }
    })
    .await;
}
