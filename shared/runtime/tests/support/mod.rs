//! A small service written by hand, a shell with known keys, and clients for both.
#![allow(dead_code, reason = "each test file uses a part")]

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use ed25519_dalek::SigningKey;
use futures::future::BoxFuture;
use kernel::area::AreaCode;
use kernel::clock::{ManualClock, Moment};
use kernel::failure::{Failure, Reason, Violation};
use runtime::context::Context;
use runtime::policy::{Access, Method, Policies};
use runtime::roles::Roles;
use runtime::shell::{Refusal, RefusalSink, Shell};
use runtime::token::{Authenticator, Grant, Issuer, Verifier};
use tokio::sync::{Notify, mpsc};
use tonic::body::Body;
use tonic::client::GrpcService;
use tonic::server::{Grpc, NamedService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

pub(crate) const SERVICE: &str = "xiuhua.test.v1.EchoService";
pub(crate) const NOW: Moment = Moment(1_500_000_000_000_000);

type Stream = BoxFuture<'static, Result<Response<String>, Status>>;

/// What the test and the service's handlers share.
#[derive(Default)]
pub(crate) struct Stage {
    /// A handler that waits was entered.
    pub(crate) entered: Notify,
    /// Lets one that waits go on.
    pub(crate) release: Notify,
    /// How often a handler was entered.
    pub(crate) calls: AtomicUsize,
    /// The last call's context.
    pub(crate) seen: Mutex<Option<Context>>,
}

/// The service: one RPC for each thing that a handler can do.
#[derive(Clone)]
pub(crate) struct Echo(pub(crate) Arc<Stage>);

impl NamedService for Echo {
    const NAME: &'static str = SERVICE;
}

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _context: &mut TaskContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let stage = Arc::clone(&self.0);
        let name = request.uri().path().rsplit('/').next().unwrap().to_owned();
        Box::pin(async move {
            let mut server = Grpc::new(ProstCodec::<String, String>::default());
            let answer = if name.starts_with("Stream") {
                let handler = service_fn(move |request| stream(name.clone(), Arc::clone(&stage), request));
                server.server_streaming(handler, request).await
            } else {
                let handler = service_fn(move |request| -> Stream {
                    Box::pin(unary(name.clone(), Arc::clone(&stage), request))
                });
                server.unary(handler, request).await
            };
            Ok(answer)
        })
    }
}

async fn unary(
    name: String,
    stage: Arc<Stage>,
    request: Request<String>,
) -> Result<Response<String>, Status> {
    let context = Context::of(&request);
    let call = stage.calls.fetch_add(1, Ordering::SeqCst);
    *stage.seen.lock().unwrap() = Some(context.clone());
    match name.as_str() {
        "Echo" | "Open" => Ok(Response::new(format!("{} {}", context.caller.role, request.get_ref()))),
        "Hold" => {
            stage.entered.notify_one();
            stage.release.notified().await;
            Ok(Response::new("held".to_owned()))
        }
        "Drain" => {
            stage.entered.notify_one();
            context.draining.cancelled().await;
            Ok(Response::new("drained".to_owned()))
        }
        "Never" => {
            stage.entered.notify_one();
            std::future::pending().await
        }
        "Panic" => panic!("a handler that panics"),
        "Flaky" | "FlakyWrite" if call == 0 => {
            Err(context
                .status(&Failure::new(Reason::DatabaseUnavailable).retry_after(Duration::from_millis(1))))
        }
        "Flaky" | "FlakyWrite" => Ok(Response::new("well".to_owned())),
        "Foreign" => {
            let area = AreaCode::parse("222406").unwrap();
            context.caller.require_area(&area).map_err(|failure| context.status(&failure))?;
            Ok(Response::new("yours".to_owned()))
        }
        "Break" => {
            let violations = vec![
                Violation::new("full_name", Reason::FieldRequired),
                Violation::new("members[1].sex", Reason::CodeUnknown).with("code", "9").with("table", "sex"),
            ];
            let failure = Failure::new(Reason::ValidationFailed).with("count", 2).violations(violations);
            Err(context.status(&failure.because("select * from secret")))
        }
        "Many" => {
            let violations =
                (0..1000).map(|row| Violation::new(format!("rows[{row}]"), Reason::FieldRequired));
            let failure = Failure::new(Reason::ValidationFailed).with("count", 1000);
            Err(context.status(&failure.violations(violations.collect())))
        }
        "Bare" => Err(Status::failed_precondition("a library says so")),
        other => Err(Status::unimplemented(other)),
    }
}

type Rows = tokio_stream::wrappers::ReceiverStream<Result<String, Status>>;

async fn stream(
    name: String,
    stage: Arc<Stage>,
    _request: Request<String>,
) -> Result<Response<Rows>, Status> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let _sent = sender.send(Ok("first".to_owned())).await;
        stage.entered.notify_one();
        if name == "StreamForever" {
            sender.closed().await;
        }
    });
    Ok(Response::new(tokio_stream::wrappers::ReceiverStream::new(receiver)))
}

/// The RPCs and what they need.
pub(crate) fn policies() -> Policies {
    let mut policies = Policies::contract().unwrap();
    let permission = |name: &str| Access::Permission(name.to_owned());
    for (name, access, repeatable) in [
        ("Echo", permission("household.read"), true),
        ("Open", Access::Public, true),
        ("Undeclared", Access::Undeclared, false),
        ("Hold", permission("household.read"), true),
        ("Drain", permission("household.read"), true),
        ("Never", permission("household.read"), true),
        ("Panic", permission("household.read"), true),
        ("Flaky", permission("household.read"), true),
        ("FlakyWrite", permission("household.write"), false),
        ("Foreign", permission("household.read"), true),
        ("Break", permission("household.write"), true),
        ("Many", permission("household.write"), true),
        ("Bare", permission("household.read"), true),
        ("StreamForever", permission("household.read"), true),
        ("StreamOne", permission("household.read"), true),
    ] {
        let label = format!("{SERVICE}/{name}");
        policies.insert(Method {
            path: format!("/{label}"),
            service: SERVICE.to_owned(),
            name: name.to_owned(),
            label: label.into(),
            access,
            client_streaming: false,
            server_streaming: name.starts_with("Stream"),
            repeatable,
            shell: false,
        });
    }
    policies
}

/// Keeps what it is told.
#[derive(Default)]
pub(crate) struct Told(pub(crate) Mutex<Vec<String>>);

impl RefusalSink for Told {
    fn refused(&self, refusal: Refusal<'_>) {
        self.0.lock().unwrap().push(format!("{} {} {}", refusal.subject, refusal.method, refusal.reason));
    }

    fn flush(&self) -> BoxFuture<'_, ()> {
        Box::pin(async { self.0.lock().unwrap().push("flushed".to_owned()) })
    }
}

pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(NOW))
}

pub(crate) fn issuer(seed: u8) -> Issuer {
    Issuer::new(SigningKey::from_bytes(&[seed; 32]), clock())
}

/// A token of a role for one county.
pub(crate) fn token(role: &str) -> String {
    issuer(1).issue(&grant(role)).unwrap()
}

pub(crate) fn grant(role: &str) -> Grant {
    Grant {
        subject: "li.ming".to_owned(),
        role: role.to_owned(),
        areas: vec!["222405".to_owned()],
        programmes: None,
        on_behalf_of: None,
        lifetime: Duration::from_secs(60),
    }
}

pub(crate) fn shell() -> Shell {
    let verifier = Verifier::new(&[SigningKey::from_bytes(&[1; 32]).verifying_key()]);
    let authenticator = Authenticator::new(verifier, Roles::standard().unwrap(), clock());
    let mut shell = Shell::new(Arc::new(policies()), Arc::new(authenticator));
    shell.shutdown.announce_milliseconds = 0;
    shell.shutdown.ready_interval_milliseconds = 5;
    shell
}

/// A request with a role's token.
pub(crate) fn request(role: &str) -> Request<String> {
    with_token(&token(role))
}

pub(crate) fn with_token(token: &str) -> Request<String> {
    let mut request = Request::new("hello".to_owned());
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

/// Calls a unary RPC.
pub(crate) async fn call<S>(
    service: S,
    name: &str,
    request: Request<String>,
) -> Result<Response<String>, Status>
where
    S: GrpcService<Body>,
    S::Error: std::fmt::Debug,
    S::ResponseBody: Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    let mut client = tonic::client::Grpc::new(service);
    client.ready().await.unwrap();
    let path = format!("/{SERVICE}/{name}").parse().unwrap();
    client.unary(request, path, ProstCodec::<String, String>::default()).await
}

/// Calls a streaming RPC.
pub(crate) async fn call_stream<S>(
    service: S,
    name: &str,
    request: Request<String>,
) -> Result<Response<tonic::Streaming<String>>, Status>
where
    S: GrpcService<Body>,
    S::Error: std::fmt::Debug,
    S::ResponseBody: Send + 'static,
    <S::ResponseBody as http_body::Body>::Error: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    let mut client = tonic::client::Grpc::new(service);
    client.ready().await.unwrap();
    let path = format!("/{SERVICE}/{name}").parse().unwrap();
    client.server_streaming(request, path, ProstCodec::<String, String>::default()).await
}
