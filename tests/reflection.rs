//! A client that knows nothing but reflection, and health that says what is true.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use prost::Message;
use prost_reflect::prost_types::FileDescriptorProto;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, ReflectMessage, Value};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::division_service_client::DivisionServiceClient;
use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use runtime::status::Problem;
use suite::dynamic::{call, contract, empty, text, with};
use suite::fixtures::{COUNTY, VILLAGE, divisions, new_household};
use suite::front;
use suite::harness::{Backend, Client, Harness, backends, on_each, request_id};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

const PATIENCE: Duration = Duration::from_secs(60);

async fn ask(client: &Client, request: MessageRequest) -> MessageResponse {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(request) };
    let asked = tokio_stream::iter([request]);
    let answer = ServerReflectionClient::new(client.clone()).server_reflection_info(asked).await.unwrap();
    let told = answer.into_inner().message().await.unwrap().expect("an answer");
    told.message_response.expect("an answer")
}

async fn services(client: &Client) -> BTreeSet<String> {
    match ask(client, MessageRequest::ListServices(String::new())).await {
        MessageResponse::ListServicesResponse(list) => {
            list.service.into_iter().map(|service| service.name).collect()
        }
        other => panic!("{other:?}"),
    }
}

async fn files(client: &Client, request: MessageRequest) -> Vec<Vec<u8>> {
    match ask(client, request).await {
        MessageResponse::FileDescriptorResponse(found) => found.file_descriptor_proto,
        other => panic!("{other:?}"),
    }
}

/// Everything that the services' descriptors need, as the server itself tells it.
async fn learned(client: &Client, services: &BTreeSet<String>) -> DescriptorPool {
    // A `FileDescriptorSet` of the files' own bytes: reading them into a type would lose the options that it does not know.
    let mut set: Vec<u8> = Vec::new();
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut wanted: Vec<MessageRequest> =
        services.iter().map(|name| MessageRequest::FileContainingSymbol(name.clone())).collect();
    while let Some(request) = wanted.pop() {
        for bytes in files(client, request).await {
            let file = FileDescriptorProto::decode(bytes.as_slice()).unwrap();
            if names.insert(file.name().to_owned()) {
                let unknown = file.dependency.iter().filter(|name| !names.contains(*name));
                wanted.extend(unknown.map(|name| MessageRequest::FileByFilename(name.clone())));
                prost::encoding::bytes::encode(1, &bytes, &mut set);
            }
        }
    }
    DescriptorPool::decode(set.as_slice()).unwrap()
}

fn method(pool: &DescriptorPool, service: &str, name: &str) -> MethodDescriptor {
    let service = pool.get_service_by_name(service).expect("the service");
    service.methods().find(|method| method.name() == name).expect("the RPC")
}

/// The records in the first repeated field of an answer.
fn records(answer: &DynamicMessage, field: &str) -> Vec<DynamicMessage> {
    let field = answer.get_field_by_name(field).expect("the field");
    field.as_list().expect("a list").iter().filter_map(Value::as_message).cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_knows_reflection_alone_can_read_and_report() {
    on_each(async |mut harness| {
        divisions(&harness).await;
        front::gateway(&mut harness).await;
        let token = harness.token("prefecture_office", &["222400"]);
        for via in ["gateway", "registry"] {
            // Reflection itself needs no token.
            let stranger = harness.client(via, "");
            let served = services(&stranger).await;
            let pool = learned(&stranger, &served).await;
            let client = harness.client(via, &token);
            let list = method(&pool, "xiuhua.registry.v1.DivisionService", "ListDivisions");
            let answers = call(client.clone(), &list, empty(&list), PATIENCE).await.unwrap();
            let divisions = records(&answers[0], "divisions");
            let longjing = divisions.iter().find(|found| text(found, "name") == "divisions/222405").unwrap();
            assert_eq!(
                (text(longjing, "name_zh"), text(longjing, "name_ko")),
                ("龙井市".into(), "룡정시".into())
            );
            // What a field is called stands in the descriptors as well, options included.
            let field = longjing.descriptor().get_field_by_name("name_zh").expect("the field");
            assert!(field.options().extensions().any(|(extension, _)| extension.name() == "form"), "{via}");
            if via == "gateway" {
                let report = method(&pool, "xiuhua.gateway.v1.ReportService", "GetReport");
                let asked = with(empty(&report), &[("template", "prefecture-2017"), ("area", "222400")]);
                let answers = call(client, &report, asked, PATIENCE).await.unwrap();
                let told = answers[0].get_field_by_name("report").expect("a report");
                let lines = records(told.as_message().unwrap(), "lines");
                assert!(!lines.is_empty());
            } else {
                let measure = method(&pool, "xiuhua.common.v1.ReportingService", "ListIndicators");
                let answers = call(client, &measure, empty(&measure), PATIENCE).await.unwrap();
                assert!(records(&answers[0], "indicators").len() > 5);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_shows_every_service_and_each_service_its_own() {
    let mut harness = Harness::start(&Backend::Sqlite).await;
    front::gateway(&mut harness).await;
    let all: BTreeSet<String> = contract().services().map(|service| service.full_name().to_owned()).collect();
    let shown = services(&harness.client("gateway", "")).await;
    let missing: Vec<&String> = all.difference(&shown).collect();
    assert_eq!(missing, Vec::<&String>::new());
    let registry = services(&harness.client("registry", "")).await;
    assert!(registry.contains("xiuhua.registry.v1.HouseholdService"));
    assert!(registry.contains("xiuhua.common.v1.TableService"));
    let foreign =
        |name: &&String| name.starts_with("xiuhua.assistance") || name.starts_with("xiuhua.gateway");
    assert_eq!(registry.iter().find(foreign), None);
    for (via, served) in [("gateway", &shown), ("registry", &registry)] {
        let mut health = HealthClient::new(harness.client(via, ""));
        let mut told = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
        until(&mut told, ServingStatus::Serving).await;
        for service in served.iter().filter(|service| service.starts_with("xiuhua.")) {
            let status = health.check(HealthCheckRequest { service: service.clone() }).await.unwrap();
            assert_eq!(status.into_inner().status(), ServingStatus::Serving, "{via} {service}");
        }
    }
}

/// Follows a service's health until it is as wanted.
async fn until(told: &mut tonic::Streaming<tonic_health::pb::HealthCheckResponse>, wanted: ServingStatus) {
    let follow = async {
        while let Some(health) = told.message().await.unwrap() {
            if health.status() == wanted {
                return;
            }
        }
        panic!("the service has ended");
    };
    tokio::time::timeout(PATIENCE, follow).await.expect("in time");
}

/// Stands between a service and its database, and can lose both for each other.
struct Between {
    url: String,
    lost: watch::Sender<bool>,
}

impl Between {
    /// In front of the PostgreSQL of this address.
    async fn start(url: &str) -> Self {
        let (head, rest) = url.split_once('@').expect("user@host");
        let (host, path) = rest.split_once('/').expect("host/database");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap();
        let (lost, follower) = watch::channel(false);
        let host: Arc<str> = host.into();
        tokio::spawn(async move {
            while let Ok((mut inner, _)) = listener.accept().await {
                let (host, mut follower) = (Arc::clone(&host), follower.clone());
                tokio::spawn(async move {
                    if *follower.borrow() {
                        return;
                    }
                    let mut outer = TcpStream::connect(&*host).await.unwrap();
                    tokio::select! {
                        _ended = copy_bidirectional(&mut inner, &mut outer) => {}
                        _lost = follower.wait_for(|lost| *lost) => {}
                    }
                });
            }
        });
        Self { url: format!("{head}@{here}/{path}"), lost }
    }
}

/// What a service answers while its database is away: reads and writes alike.
async fn refusals(harness: &Harness, via: &str) -> Vec<Problem> {
    let token = harness.token("data_steward", &[COUNTY]);
    let mut households = HouseholdServiceClient::new(harness.client(via, &token));
    let list = households.list_households(p::ListHouseholdsRequest::default()).await.map(drop);
    let create = p::CreateHouseholdRequest {
        request_id: request_id(),
        household: Some(new_household("222405100201-77", VILLAGE, "2015-01-01")),
        ..p::CreateHouseholdRequest::default()
    };
    let create = households.create_household(create).await.map(drop);
    let mut divisions = DivisionServiceClient::new(harness.client(via, &token));
    let get = p::GetDivisionRequest { name: "divisions/222405".to_owned(), ..Default::default() };
    let get = divisions.get_division(get).await.map(drop);
    [list, create, get].into_iter().map(|answer| Problem::of(&answer.expect_err("a refusal"))).collect()
}

fn assert_unavailable(problems: &[Problem]) {
    for problem in problems {
        let told = (problem.code, problem.reason.as_str());
        assert_eq!(told, (Code::Unavailable, "DATABASE_UNAVAILABLE"), "{problem:?}");
        assert!(problem.retry_after.is_some_and(|delay| delay > Duration::ZERO), "{problem:?}");
        assert!(!problem.message.contains("127.0.0.1"), "{problem:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_postgresql_is_told_and_the_service_recovers() {
    for backend in backends() {
        let Backend::Postgres(url) = backend else { continue };
        let between = Between::start(&url).await;
        let mut harness = Harness::start(&Backend::Postgres(between.url.clone())).await;
        divisions(&harness).await;
        front::gateway(&mut harness).await;
        let mut health = HealthClient::new(harness.client("registry", ""));
        let mut told = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
        until(&mut told, ServingStatus::Serving).await;
        between.lost.send_replace(true);
        for via in ["registry", "gateway"] {
            assert_unavailable(&refusals(&harness, via).await);
        }
        until(&mut told, ServingStatus::NotServing).await;
        between.lost.send_replace(false);
        until(&mut told, ServingStatus::Serving).await;
        let token = harness.token("data_steward", &[COUNTY]);
        let mut households = HouseholdServiceClient::new(harness.client("gateway", &token));
        let found = households.list_households(p::ListHouseholdsRequest::default()).await.unwrap();
        assert_eq!(found.into_inner().households, [], "nothing of the refused write is there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_sqlite_is_told() {
    let mut harness = Harness::start(&Backend::Sqlite).await;
    divisions(&harness).await;
    front::gateway(&mut harness).await;
    let mut health = HealthClient::new(harness.client("registry", ""));
    let mut told = health.watch(HealthCheckRequest::default()).await.unwrap().into_inner();
    until(&mut told, ServingStatus::Serving).await;
    harness.databases["registry"].close().await;
    for via in ["registry", "gateway"] {
        assert_unavailable(&refusals(&harness, via).await);
    }
    until(&mut told, ServingStatus::NotServing).await;
}
