//! What an operator sees: one call is one trace through all processes and keeps its caller's identifier; metrics tell how
//! imports get on and how far followers are behind.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

use std::collections::BTreeSet;
use std::sync::Arc;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use proto::common::ImportHeader;
use proto::xiuhua::gateway::v1::GetReportRequest;
use proto::xiuhua::gateway::v1::report_service_client::ReportServiceClient;
use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use proto::xiuhua::registry::v1::{CreateHouseholdRequest, GetHouseholdRequest};
use record::lag::events_behind;
use runtime::client::{Channels, Identity};
use runtime::config::{Addresses, ServiceConfig};
use runtime::policy::Policies;
use runtime::telemetry::{self, Metrics};
use store::{Step, WriteSet};
use suite::apart::{FACTS, Processes};
use suite::collector::{Collected, Collector};
use suite::demonstrated::{Place, TEMPLATE};
use suite::engine::engine;
use suite::fixtures::{COUNTY, PREFECTURE, VILLAGE, divisions, new_household, person};
use suite::harness::{Backend, Harness, Token, on_each, request_id};
use suite::table::{header, import, row};
use suite::wait::eventually;
use suite::web::Web;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Code, Request};

/// A trace and a span that a caller has begun, and the header that says so.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// What the caller calls its request.
const DESK: &str = "desk-7";
/// The same of a request for which its caller lacks the right.
const DESK_WITHOUT_A_RIGHT: &str = "desk-6";
/// The same of a request over plain HTTP.
const TRACE_OVER_HTTP: &str = "1bf7651916cd43dd8448eb211c80319d";
const PARENT_OVER_HTTP: &str = "00-1bf7651916cd43dd8448eb211c80319d-b7ad6b7169203331-01";
const DESK_OVER_HTTP: &str = "desk-8";

/// Everything that a span tells besides name, kind and time.
const TOLD: [&str; 7] =
    ["service", "rpc.service", "rpc.method", "request_id", "code", "peer.service", "busy_ns"];

const REPORT: &str = "xiuhua.gateway.v1.ReportService/GetReport";
const CREATE: &str = "xiuhua.registry.v1.HouseholdService/CreateHousehold";
const GET: &str = "xiuhua.registry.v1.HouseholdService/GetHousehold";

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_one_trace_through_all_processes() {
    let (collector, endpoint) = Collector::start().await;
    let place = Place::of(&Backend::Sqlite).await;
    let keys = tempfile::tempdir().unwrap();
    let options = ["--set".to_owned(), format!("telemetry.endpoint={endpoint}")];
    let mut processes = Processes::start(&place, &keys.path().join("keys"), &options).await;
    let front = processes.front();
    let office = Token::new(&front.token("prefecture_office", PREFECTURE));
    let channel = Channel::from_shared(front.url.clone()).unwrap().connect().await.unwrap();

    // The gateway's own shell refuses it, and has the registry audit that.
    let admin = Token::new(&front.token("security_admin", PREFECTURE));
    let mut households = HouseholdServiceClient::with_interceptor(channel.clone(), admin);
    let mut asked = Request::new(GetHouseholdRequest::default());
    asked.metadata_mut().insert("x-request-id", DESK_WITHOUT_A_RIGHT.parse().unwrap());
    assert_eq!(households.get_household(asked).await.unwrap_err().code(), Code::PermissionDenied);

    let mut reports = ReportServiceClient::with_interceptor(channel.clone(), office);
    let mut asked = Request::new(GetReportRequest {
        template: TEMPLATE.to_owned(),
        area: PREFECTURE.to_owned(),
        ..GetReportRequest::default()
    });
    asked.metadata_mut().insert("traceparent", PARENT.parse().unwrap());
    asked.metadata_mut().insert("x-request-id", DESK.parse().unwrap());
    let answer = reports.get_report(asked).await.unwrap();
    assert_eq!(id_in(answer.metadata()), DESK);

    // Over plain HTTP as well: its RPCs are spans of the caller's trace.
    let web = Web::at(front.url.trim_start_matches("http://"), &front.token("prefecture_office", PREFECTURE));
    let path = format!("/v1/reports/{TEMPLATE}/file?format=csv");
    let headers = [("traceparent", PARENT_OVER_HTTP), ("x-request-id", DESK_OVER_HTTP)];
    assert_eq!(web.get_with(&path, &headers).await.header("x-request-id"), DESK_OVER_HTTP);

    let cadre = Token::new(&front.token("village_cadre", VILLAGE));
    let mut households = HouseholdServiceClient::with_interceptor(channel, cadre);
    let request = CreateHouseholdRequest {
        request_id: request_id(),
        household: Some(new_household("222405100201001", VILLAGE, "2017-01-01")),
        ..CreateHouseholdRequest::default()
    };
    let refused = households.create_household(request).await.unwrap_err();
    let made = id_in(refused.metadata());
    assert!(made.len() > 20 && made != DESK, "{made}");
    // The last spans are sent when a process ends.
    processes.stop_all().await;
    place.leave().await;

    let spans = collector.spans();
    of_the_report(&spans, TRACE, DESK);
    of_the_report(&spans, TRACE_OVER_HTTP, DESK_OVER_HTTP);
    let created = of_the_refusal(&spans, &made, CREATE);
    assert!(created.iter().all(|span| span.trace == created[0].trace), "{created:?}");
    of_the_refusal(&spans, DESK_WITHOUT_A_RIGHT, GET);
    for span in &spans {
        for (key, value) in &span.attributes {
            assert!(TOLD.contains(&key.as_str()), "{key} of {span:?}");
            for personal in ["金顺子", "222405100201", "tester"] {
                assert!(!value.contains(personal), "{span:?}");
            }
        }
    }
}

/// The caller's trace, the gateway in it, its calls, and in each of them the service that answered.
fn of_the_report(spans: &[Collected], trace: &str, desk: &str) {
    let traced: Vec<&Collected> = spans.iter().filter(|span| span.trace == trace).collect();
    let first: Vec<&&Collected> = traced.iter().filter(|span| span.parent == SPAN).collect();
    let [report] = first.as_slice() else { panic!("{first:?}") };
    assert_eq!((report.process.as_str(), report.name.as_str()), ("gateway", REPORT));
    assert_eq!((report.kind, report.attributes["code"].as_str()), (SpanKind::Server, "Ok"));
    let mut answered = BTreeSet::new();
    for call in traced.iter().filter(|span| span.kind == SpanKind::Client && span.process == "gateway") {
        assert_eq!((&call.parent, call.failed), (&report.id, false), "{call:?}");
        let service = traced.iter().find(|span| span.parent == call.id).expect("the service's own span");
        assert_eq!((service.kind, &service.name), (SpanKind::Server, &call.name));
        assert_eq!(service.process, call.attributes["peer.service"]);
        answered.insert(service.process.as_str());
    }
    assert_eq!(answered, BTreeSet::from(FACTS), "every service answered in the caller's trace");
    let asked: BTreeSet<&str> =
        traced.iter().filter_map(|span| span.attributes.get("request_id")).map(String::as_str).collect();
    assert_eq!(asked, BTreeSet::from([desk]));
    let names: BTreeSet<&str> = traced.iter().map(|span| span.name.as_str()).collect();
    assert!(names.contains("xiuhua.common.v1.ReportingService/Measure"), "{names:?}");
}

/// A call that was refused: a trace of its own, and an identifier that is the same in gateway and registry.
fn of_the_refusal<'s>(spans: &'s [Collected], id: &str, rpc: &str) -> Vec<&'s Collected> {
    let named = |span: &&Collected| span.attributes.get("request_id").is_some_and(|named| named == id);
    let found: Vec<&Collected> = spans.iter().filter(named).collect();
    let gateway = found.iter().find(|span| span.process == "gateway").expect("the gateway's span");
    assert!(gateway.parent.is_empty() && gateway.trace != TRACE && !gateway.failed, "{gateway:?}");
    assert!(found.iter().any(|span| span.process == "registry"), "{found:?}");
    assert!(found.iter().all(|span| span.name == rpc), "{found:?}");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callers_identifier_is_kept_and_given_back() {
    let mut harness = Harness::start(&Backend::Sqlite).await;
    suite::front::gateway(&mut harness).await;
    let token = harness.token("county_office", &[COUNTY]);
    for service in ["registry", "gateway"] {
        let mut client = HouseholdServiceClient::new(harness.client(service, &token));
        let mut asked = async |id: Option<&str>| {
            let mut request = Request::new(GetHouseholdRequest {
                name: "households/018f0000-0000-7000-8000-000000000000".to_owned(),
                ..GetHouseholdRequest::default()
            });
            if let Some(id) = id {
                request.metadata_mut().insert("x-request-id", id.parse().unwrap());
            }
            let refused = client.get_household(request).await.unwrap_err();
            assert_eq!(refused.code(), Code::NotFound);
            id_in(refused.metadata())
        };
        assert_eq!(asked(Some(DESK)).await, DESK, "{service}");
        let made = asked(None).await;
        assert!(made.len() > 20 && made != asked(None).await, "{service}");
        // What could break a line of the log is not taken.
        assert_ne!(asked(Some("desk 7; drop")).await, "desk 7; drop", "{service}");
    }
}

fn id_in(metadata: &MetadataMap) -> String {
    metadata.get("x-request-id").expect("an identifier").to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_are_counted_by_table_and_verdict() {
    let metrics = telemetry::metrics().unwrap();
    let rows = |verdict: &str, dry_run: bool| {
        let labels = format!("table=\"registry.households\",verdict=\"{verdict}\",dry_run=\"{dry_run}\"");
        value(&metrics, &format!("xiuhua_import_rows_total{{service=\"registry\",{labels}}}")).unwrap_or(0.0)
    };
    let all = || {
        let verdicts = ["added", "changed", "unchanged", "rejected"];
        [false, true].map(|dry_run| verdicts.map(|verdict| rows(verdict, dry_run)))
    };
    on_each(async |harness| {
        divisions(&harness).await;
        // Other tests of this process import other tables.
        let before = all();
        let household = |number: &str, village: &str| {
            row(&["龙井市", "朝阳川镇", village, number, "金顺子", "一般贫困户", "因病", "2014", "未脱贫"])
        };
        let titles = "县市 乡镇 行政村 户编号 户主姓名 贫困户属性 主要致贫原因 识别年度 脱贫属性";
        let columns: Vec<&str> = titles.split(' ').collect();
        let known = household("222405100201001", "龙岩村");
        let both = [household("222405100201002", "龙岩村"), household("222405100201003", "没有的村")];
        let steward = || harness.client("registry", &harness.token("data_steward", &[COUNTY]));
        let head = || header("registry.households", COUNTY, "2015-12-31", &columns);
        let first = import(steward(), head(), std::slice::from_ref(&known)).await.unwrap();
        assert_eq!(first.counts(), (1, 0, 0, 0), "{:?}", first.reasons());
        let again = [&[known][..], &both].concat();
        for dry_run in [true, false] {
            let head = ImportHeader { validate_only: dry_run, ..head() };
            let done = import(steward(), head, &again).await.unwrap();
            assert_eq!(done.counts(), (2, 1, 0, 1), "{:?}", done.reasons());
        }
        let after = all();
        let more: Vec<f64> =
            after.iter().flatten().zip(before.iter().flatten()).map(|(a, b)| a - b).collect();
        assert_eq!(more, [2.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_tells_how_many_events_it_is_behind() {
    let metrics = telemetry::metrics().unwrap();
    on_each(async |harness| {
        divisions(&harness).await;
        let clerk = harness.client("registry", &harness.token("county_office", &[COUNTY]));
        for number in ["222405100201001", "222405100201002", "222405100201003"] {
            person(clerk.clone(), &format!("{number}01"), VILLAGE, "2017-01-01").await;
        }
        // A service that has seen nothing yet, and does not follow by itself.
        let engine = engine(&harness, "registry", Vec::new()).await;
        let addresses = Addresses {
            registry: Some(format!("http://{}", harness.addresses["registry"])),
            ..Addresses::default()
        };
        let policies = Arc::new(Policies::contract().unwrap());
        let channels = Channels::new(&addresses, policies).unwrap();
        let identity = Identity::of_service(
            "assistance",
            &harness.keys,
            &ServiceConfig::default(),
            harness.clock.clone(),
        );
        let db = engine.db();
        db.closed_now().await.unwrap();
        let behind = async || events_behind(&engine, &channels, &identity).await.unwrap();
        assert_eq!(behind().await, 3, "persons only: divisions are not followed");
        let persons = ["persons".to_owned()];
        let first = db.feed(None, 1, &persons, None).await.unwrap().next;
        let keep = async |position| {
            let steps = vec![Step::feed_cursor("registry", position)];
            db.commit(WriteSet { steps, ..WriteSet::default() }).await.unwrap();
        };
        keep(first).await;
        assert_eq!(behind().await, 2);
        keep(db.feed_head().await.unwrap()).await;
        assert_eq!(behind().await, 0);

        let nobody = Channels::new(&Addresses::default(), Arc::new(Policies::contract().unwrap())).unwrap();
        assert!(events_behind(&engine, &nobody, &identity).await.is_err());
    })
    .await;
    // The services that follow have told theirs.
    for service in ["assistance", "partner-aid"] {
        let labels = format!("{{service=\"{service}\",follows=\"registry\"}}");
        let told = async |name: &str| value(&metrics, &format!("{name}{labels}"));
        eventually("a lag", async || told("xiuhua_feed_lag_events").await).await;
        assert!(told("xiuhua_feed_reached").await.is_some(), "{service}");
    }
}

/// The value of a line of the metrics.
fn value(metrics: &Metrics, line: &str) -> Option<f64> {
    let text = metrics.render();
    let found = text.lines().find_map(|found| found.strip_prefix(line));
    found.map(|value| value.trim().parse().unwrap())
}
