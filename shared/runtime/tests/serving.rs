//! A real server on a port of its own: health, reflection, probes, shutdown, and calls from service to service.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kernel::failure::{Failure, Reason};
use kernel::language::Language;
use runtime::client::Channels;
use runtime::config::Addresses;
use runtime::context::{CallerToken, Context, RequestId};
use runtime::error::StartError;
use runtime::probe::{self, Probe};
use runtime::server::{Service, serve};
use runtime::shell::Shell;
use runtime::status::Problem;
use runtime::telemetry;
use support::{Echo, SERVICE, Stage, Told, call, policies, request, shell, token};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_stream::StreamExt;
use tokio_util::sync::CancellationToken;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

struct Running {
    address: String,
    stage: Arc<Stage>,
    shutdown: CancellationToken,
    served: JoinHandle<Result<(), StartError>>,
}

async fn run(shell: Shell, dress: impl FnOnce(Service) -> Service) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let stage = Arc::new(Stage::default());
    let service = dress(Service::new("test").add(Echo(Arc::clone(&stage))));
    let shutdown = CancellationToken::new();
    let served = tokio::spawn(serve(service, listener, shell, shutdown.clone()));
    Running { address, stage, shutdown, served }
}

async fn connect(address: &str) -> Channel {
    Endpoint::from_shared(address.to_owned()).unwrap().connect().await.unwrap()
}

fn context(role: &str) -> Context {
    let caller = kernel::caller::Caller::internal("test");
    Context {
        language: Language::Ko,
        ..Context::background(caller, Some(CallerToken(token(role).into())), RequestId("desk-7".into()))
    }
}

fn channels(address: &str) -> Channels {
    let addresses = Addresses { registry: Some(address.to_owned()), ..Addresses::default() };
    Channels::new(&addresses, Arc::new(policies())).unwrap()
}

#[tokio::test]
async fn health_says_what_is_true() {
    let well = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&well);
    let running = run(shell(), |service| {
        service.ready(Arc::new(move || {
            let well = asked.load(Ordering::SeqCst);
            let found = if well { Ok(()) } else { Err(Failure::new(Reason::DatabaseUnavailable)) };
            Box::pin(std::future::ready(found))
        }))
    })
    .await;
    let mut client = HealthClient::new(connect(&running.address).await);
    for name in ["", SERVICE] {
        well.store(false, Ordering::SeqCst);
        let asked = HealthCheckRequest { service: name.to_owned() };
        let mut states = client.watch(asked).await.unwrap().into_inner();
        let mut wait_for = async |wanted: ServingStatus| {
            while states.next().await.unwrap().unwrap().status() != wanted {}
        };
        wait_for(ServingStatus::NotServing).await;
        well.store(true, Ordering::SeqCst);
        wait_for(ServingStatus::Serving).await;
    }
    let unknown = client.check(HealthCheckRequest { service: "nobody".to_owned() }).await.unwrap_err();
    assert_eq!((unknown.code(), Problem::of(&unknown).domain.as_str()), (Code::NotFound, "xiuhua"));
    let mut watched = client.watch(HealthCheckRequest { service: String::new() }).await.unwrap().into_inner();
    running.shutdown.cancel();
    let mut last = None;
    let ended = loop {
        match watched.next().await {
            Some(Ok(state)) => last = Some(state.status()),
            other => break other,
        }
    };
    assert_eq!(last, Some(ServingStatus::NotServing));
    assert_eq!(Problem::of(&ended.unwrap().unwrap_err()).reason, "SHUTTING_DOWN");
    running.served.await.unwrap().unwrap();
}

#[tokio::test]
async fn reflection_lists_what_is_served() {
    let running = run(shell(), |service| service).await;
    let mut client = ServerReflectionClient::new(connect(&running.address).await);
    let asked = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = client.server_reflection_info(tokio_stream::once(asked)).await.unwrap().into_inner();
    let Some(MessageResponse::ListServicesResponse(list)) =
        answers.next().await.unwrap().unwrap().message_response
    else {
        panic!("no list of services");
    };
    let names: Vec<String> = list.service.into_iter().map(|service| service.name).collect();
    for name in [SERVICE, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"] {
        assert!(names.iter().any(|served| served == name), "{name} in {names:?}");
    }
}

#[tokio::test]
async fn a_services_own_sink_is_told_of_refusals_and_flushed_when_it_stops() {
    let (of_shell, own) = (Arc::new(Told::default()), Arc::new(Told::default()));
    let mut shell = shell();
    shell.refusals = Some(of_shell.clone());
    let running = run(shell, |service| service.refusals(own.clone())).await;
    let channel = connect(&running.address).await;
    call(channel, "Foreign", request("auditor")).await.unwrap_err();
    running.shutdown.cancel();
    running.served.await.unwrap().unwrap();
    let told = ["li.ming xiuhua.test.v1.EchoService/Foreign AREA_FORBIDDEN", "flushed"];
    assert_eq!(*own.0.lock().unwrap(), told);
    assert!(of_shell.0.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_call_under_way_is_finished_before_the_service_stops() {
    let running = run(shell(), |service| service).await;
    let channel = connect(&running.address).await;
    let under_way = tokio::spawn(call(channel, "Drain", request("auditor")));
    running.stage.entered.notified().await;
    running.shutdown.cancel();
    assert_eq!(under_way.await.unwrap().unwrap().get_ref(), "drained");
    running.served.await.unwrap().unwrap();
    let address = running.address.trim_start_matches("http://").to_owned();
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_call_that_does_not_finish_is_cut_off() {
    let mut shell = shell();
    shell.shutdown.drain_milliseconds = 0;
    let running = run(shell, |service| service).await;
    let channel = connect(&running.address).await;
    let under_way = tokio::spawn(call(channel, "Never", request("auditor")));
    running.stage.entered.notified().await;
    running.shutdown.cancel();
    running.served.await.unwrap().unwrap();
    assert!(under_way.await.unwrap().is_err());
}

#[tokio::test]
async fn tonics_own_timeout_is_never_the_answer() {
    let running = run(shell(), |service| service).await;
    // Sent as a header by hand, so that only the server knows of it and the client does not give up by itself.
    let mut raw =
        http::Request::new(tonic::body::Body::new(http_body_util::Full::new(bytes::Bytes::from_static(&[
            0, 0, 0, 0, 0,
        ]))));
    *raw.uri_mut() = format!("{}/{SERVICE}/Never", running.address).parse().unwrap();
    *raw.method_mut() = http::Method::POST;
    *raw.version_mut() = http::Version::HTTP_2;
    let headers = raw.headers_mut();
    headers.insert("content-type", "application/grpc".parse().unwrap());
    headers.insert("te", "trailers".parse().unwrap());
    headers.insert("authorization", format!("Bearer {}", token("auditor")).parse().unwrap());
    headers.insert("grpc-timeout", "20m".parse().unwrap());
    let address = running.address.trim_start_matches("http://").to_owned();
    let stream = TcpStream::connect(address).await.unwrap();
    let answer = raw_call(stream, raw).await;
    assert_eq!(answer.headers()["grpc-status"], "4");
}

/// One HTTP/2 call without any of tonic's client.
async fn raw_call(stream: TcpStream, request: http::Request<tonic::body::Body>) -> http::Response<()> {
    let executor = hyper_util::rt::TokioExecutor::new();
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
    let driven = tokio::spawn(connection);
    let response = sender.send_request(request).await.unwrap().map(drop);
    driven.abort();
    response
}

#[tokio::test]
async fn the_callers_circumstances_go_with_a_composed_call() {
    let running = run(shell(), |service| service).await;
    let context = context("auditor");
    let service = channels(&running.address).to("registry", &context).unwrap();
    let answer = call(service, "Echo", tonic::Request::new("hello".to_owned())).await.unwrap();
    assert_eq!(answer.get_ref(), "auditor hello");
    let seen = running.stage.seen.lock().unwrap().clone().unwrap();
    assert_eq!(
        (seen.language, &seen.request_id, &seen.token),
        (Language::Ko, &context.request_id, &context.token)
    );
    assert!(seen.remaining().is_some());
}

#[tokio::test]
async fn reads_are_tried_again_and_writes_are_not() {
    let running = run(shell(), |service| service).await;
    let context = context("data_steward");
    let channels = channels(&running.address);
    let flaky = |name: &'static str| {
        running.stage.calls.store(0, Ordering::SeqCst);
        call(channels.to("registry", &context).unwrap(), name, tonic::Request::new(String::new()))
    };
    assert_eq!(flaky("Flaky").await.unwrap().get_ref(), "well");
    assert_eq!(running.stage.calls.load(Ordering::SeqCst), 2);
    let status = flaky("FlakyWrite").await.unwrap_err();
    assert_eq!(running.stage.calls.load(Ordering::SeqCst), 1);
    let failure = channels.to("registry", &context).unwrap().failure(&status);
    assert_eq!(failure.reason(), Reason::DatabaseUnavailable);
    assert!(failure.retry().is_some());
}

#[tokio::test]
async fn a_service_that_is_not_there_is_unavailable_by_name() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let context = context("auditor");
    let channels = channels(&address);
    let service = channels.to("registry", &context).unwrap();
    let status = call(service.clone(), "Echo", tonic::Request::new(String::new())).await.unwrap_err();
    let problem = Problem::of(&status);
    assert_eq!((problem.code, problem.reason.as_str()), (Code::Unavailable, "SERVICE_UNAVAILABLE"));
    assert_eq!(problem.metadata["service"], "registry");
    assert!(problem.retry_after.is_some());
    assert_eq!(service.failure(&status).reason(), Reason::ServiceUnavailable);
    let unconfigured = channels.to("assistance", &context).unwrap_err();
    assert_eq!(unconfigured.metadata(), [("service", "assistance".to_owned())]);
}

#[tokio::test]
async fn a_late_service_ends_with_the_callers_deadline() {
    let running = run(shell(), |service| service).await;
    let context = context("auditor").within(std::time::Duration::from_millis(50));
    let service = channels(&running.address).to("registry", &context).unwrap();
    let status = call(service.clone(), "Never", tonic::Request::new(String::new())).await.unwrap_err();
    assert_eq!(Problem::of(&status).reason, "DEADLINE_EXCEEDED");
    assert_eq!(service.failure(&status).reason(), Reason::DeadlineExceeded);
}

#[tokio::test]
async fn probes_and_pages_are_served_beside_the_rpcs() {
    let pages = axum::Router::new().route("/page", axum::routing::get(async || "a page"));
    let mut readiness = None;
    let running = run(shell(), |service| {
        readiness = Some(service.readiness());
        service.web(move |_, _| pages.clone())
    })
    .await;
    let readiness = readiness.unwrap();
    readiness.ready().await;
    let address = running.address.trim_start_matches("http://").to_owned();
    assert!(get(&address, "/page").await.ends_with("a page"));
    let channel = connect(&running.address).await;
    call(channel, "Echo", request("auditor")).await.unwrap();

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let probe_address = listener.local_addr().unwrap().to_string();
    let probe = Probe { services: vec![("test", readiness)], metrics: telemetry::metrics().unwrap() };
    let probing = tokio::spawn(probe::serve(probe, listener, CancellationToken::new()));
    assert!(get(&probe_address, "/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(get(&probe_address, "/readyz").await.ends_with("test: ready\n"));
    assert!(get(&probe_address, "/metrics").await.starts_with("HTTP/1.1 200"));
    running.shutdown.cancel();
    running.served.await.unwrap().unwrap();
    let stopped = get(&probe_address, "/readyz").await;
    assert!(stopped.starts_with("HTTP/1.1 503") && stopped.contains("SHUTTING_DOWN"), "{stopped}");
    probing.abort();
}

/// A plain HTTP/1.1 request and its whole answer.
async fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
