//! A gateway in its shell before services that answer what a test tells them to.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::StreamExt;
use gateway::report::template::Templates;
use gateway::{Gateway, Parts};
use http::{HeaderMap, HeaderValue};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use kernel::clock::{Clock, ManualClock, Moment};
use kernel::randomness::SystemRandomness;
use prost::Message;
use runtime::client::Channels;
use runtime::config::Addresses;
use runtime::keys::Keys;
use runtime::policy::Policies;
use runtime::roles::Roles;
use runtime::shell::{Dressed, Shell};
use runtime::token::{Authenticator, Grant, Issuer, Verifier};
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Status};

/// What a fake answers to the messages of a call.
pub(crate) type Answer = Box<dyn Fn(&[Bytes]) -> Reply + Send + Sync>;

/// An answer on the wire.
#[derive(Default)]
pub(crate) struct Reply {
    /// Messages, encoded.
    pub(crate) messages: Vec<Vec<u8>>,
    /// How it ends; well if absent.
    pub(crate) status: Option<Status>,
    /// Never answers at all.
    pub(crate) never: bool,
    /// Begins to answer and does not go on after the messages.
    pub(crate) stalls: bool,
    /// The connection breaks after the messages.
    pub(crate) breaks: bool,
}

impl Reply {
    pub(crate) fn message(message: &impl Message) -> Self {
        Self::messages([message.encode_to_vec()])
    }

    pub(crate) fn messages(messages: impl IntoIterator<Item = Vec<u8>>) -> Self {
        Self { messages: messages.into_iter().collect(), ..Self::default() }
    }

    pub(crate) fn status(status: Status) -> Self {
        Self { status: Some(status), ..Self::default() }
    }
}

/// A call that a fake has seen.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) messages: Vec<Bytes>,
}

/// A service that answers by path.
#[derive(Clone, Default)]
pub(crate) struct Fake {
    answers: Arc<BTreeMap<String, Answer>>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Fake {
    pub(crate) fn new(answers: impl IntoIterator<Item = (&'static str, Answer)>) -> Self {
        let answers = answers.into_iter().map(|(path, answer)| (path.to_owned(), answer)).collect();
        Self { answers: Arc::new(answers), seen: Arc::default() }
    }

    /// Calls whose path ends so.
    pub(crate) fn seen(&self, end: &str) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|seen| seen.path.ends_with(end)).cloned().collect()
    }

    /// Serves on a loopback port; the address to call.
    pub(crate) async fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let fake = self.clone();
        let service = tower::service_fn(move |request: http::Request<axum::body::Body>| {
            let fake = fake.clone();
            async move { Ok::<_, Infallible>(fake.answer(request).await) }
        });
        let routes = Routes::from(axum::Router::new().fallback_service(service));
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        tokio::spawn(tonic::transport::Server::builder().add_routes(routes).serve_with_incoming(incoming));
        address
    }

    async fn answer(&self, request: http::Request<axum::body::Body>) -> http::Response<Body> {
        let (head, body) = request.into_parts();
        let path = head.uri.path().to_owned();
        let messages = unframed(body.collect().await.unwrap().to_bytes());
        self.seen.lock().unwrap().push(Seen {
            path: path.clone(),
            headers: head.headers,
            messages: messages.clone(),
        });
        let Some(answer) = self.answers.get(&path) else { return Status::unimplemented(path).into_http() };
        let reply = answer(&messages);
        if reply.never {
            std::future::pending::<()>().await;
        }
        let mut frames: Vec<Result<Frame<Bytes>, Status>> =
            reply.messages.iter().map(|message| Ok(Frame::data(framed(message)))).collect();
        if reply.stalls {
            let stalling = futures::stream::iter(frames).chain(futures::stream::pending());
            return grpc(Body::new(StreamBody::new(stalling)));
        }
        if reply.breaks {
            frames.push(Err(Status::internal("broken")));
        } else {
            let mut trailers = HeaderMap::new();
            trailers.insert("grpc-status", HeaderValue::from_static("0"));
            if let Some(status) = reply.status {
                status.add_header(&mut trailers).unwrap();
            }
            trailers.insert("x-fake-trailer", HeaderValue::from_static("kept"));
            frames.push(Ok(Frame::trailers(trailers)));
        }
        grpc(Body::new(StreamBody::new(futures::stream::iter(frames))))
    }
}

fn grpc(body: Body) -> http::Response<Body> {
    http::Response::builder().header("content-type", "application/grpc").body(body).unwrap()
}

fn framed(message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], length.as_slice(), message].concat().into()
}

fn unframed(mut bytes: Bytes) -> Vec<Bytes> {
    let mut messages = Vec::new();
    while bytes.len() >= 5 {
        let length = u32::from_be_bytes(bytes[1..5].try_into().unwrap()) as usize;
        let mut message = bytes.split_to(5 + length);
        messages.push(message.split_off(5));
    }
    messages
}

/// The address of a service that is not there.
pub(crate) async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// A gateway in its shell, and tokens for it.
pub(crate) struct Suite {
    pub(crate) gateway: Dressed,
    pub(crate) pages: axum::Router,
    issuer: Issuer,
}

/// The present of all tests.
pub(crate) fn now() -> Moment {
    Moment::parse("2017-10-09T01:00:00Z").unwrap()
}

impl Suite {
    /// Before a registry, assistance and partner-aid at these addresses.
    pub(crate) fn before(addresses: [String; 3]) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(now()));
        let keys = Keys::throw_away(&SystemRandomness).unwrap();
        let policies = Arc::new(Policies::contract().unwrap());
        let roles = Roles::standard().unwrap();
        let verifier = Verifier::new(keys.believed());
        let authenticator = Arc::new(Authenticator::new(verifier, roles.clone(), Arc::clone(&clock)));
        let shell = Shell::new(Arc::clone(&policies), authenticator);
        let [registry, assistance, partner_aid] = addresses.map(Some);
        let channels =
            Channels::new(&Addresses { registry, assistance, partner_aid }, Arc::clone(&policies)).unwrap();
        let templates = Templates::standard().unwrap();
        let issuer = Issuer::new(keys.issuer().unwrap().clone(), Arc::clone(&clock));
        let gateway =
            Gateway::new(Parts { channels, policies, roles: Arc::new(roles), templates, clock }).unwrap();
        let service = gateway.service();
        Self { gateway: service.dressed(&shell), pages: service.pages(&shell).unwrap(), issuer }
    }

    /// An HTTP request: of a data steward of the prefecture where it writes, else of an auditor.
    pub(crate) fn http(&self, method: &str, path: &str) -> ::http::request::Builder {
        let role = if method == "GET" { "auditor" } else { "data_steward" };
        let request = self.request_of(role, &["222400"], ());
        let token = request.metadata().get("authorization").unwrap().to_str().unwrap().to_owned();
        let request = ::http::Request::builder().method(method).uri(path);
        request.header("authorization", token).header("accept-language", "en")
    }

    /// A request of somebody with a role in some divisions.
    pub(crate) fn request_of<T>(&self, role: &str, areas: &[&str], message: T) -> Request<T> {
        let token = self.issuer.issue(&Grant {
            subject: "tester".to_owned(),
            role: role.to_owned(),
            areas: areas.iter().map(|area| (*area).to_owned()).collect(),
            programmes: None,
            on_behalf_of: None,
            lifetime: std::time::Duration::from_secs(600),
        });
        let mut request = Request::new(message);
        let headers = request.metadata_mut();
        headers.insert("authorization", format!("Bearer {}", token.unwrap()).parse().unwrap());
        headers.insert("accept-language", "en".parse().unwrap());
        headers.insert("x-request-id", "test-1".parse().unwrap());
        request
    }

    /// A request of an auditor of the prefecture, who reads everything.
    pub(crate) fn request<T>(&self, message: T) -> Request<T> {
        self.request_of("auditor", &["222400"], message)
    }
}

/// All messages of a stream, and how it ended.
pub(crate) async fn collected<T>(mut stream: tonic::Streaming<T>) -> (Vec<T>, Option<Status>) {
    let mut messages = Vec::new();
    while let Some(message) = stream.next().await {
        match message {
            Ok(message) => messages.push(message),
            Err(status) => return (messages, Some(status)),
        }
    }
    (messages, None)
}
