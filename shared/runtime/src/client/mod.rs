//! Calls to other services: the caller's own token, language, request and deadline go with them.
//!
//! A call is bounded by the caller's deadline. It is tried again only where a second try cannot do a second thing
//! ([`Method::repeatable`]), only when the service could not be reached, and only within a budget, so that retries never
//! become the load that keeps a service down.

mod budget;
mod identity;

pub use identity::Identity;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION};
use http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt, Full};
use kernel::failure::{Failure, Reason};
use tokio::time::{Instant, sleep, timeout_at};
use tonic::body::Body;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tower::{Service, ServiceExt};
use tracing::Instrument;

use crate::config::Addresses;
use crate::context::{Context, RequestId};
use crate::error::StartError;
use crate::layers::deadline::TIMEOUT_HEADER;
use crate::layers::trace::REQUEST_ID_HEADER;
use crate::layers::{body, code_in};
use crate::policy::{Method, Policies};
use crate::status;
use crate::traces;
use budget::Budget;

/// How long a call may take whose context has no deadline.
const USUAL: Duration = Duration::from_secs(30);

/// Most tries of one call.
const MOST_TRIES: u32 = 3;

/// Wait before the second try; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// Most bytes of an answer's headers: details of refusals travel in them.
const HEADER_BYTES: u32 = 64 * 1024;

/// Channels to the other services; they connect when they are first used, and again when they were lost.
#[derive(Debug, Clone)]
pub struct Channels {
    targets: BTreeMap<&'static str, Target>,
    policies: Arc<Policies>,
}

#[derive(Debug, Clone)]
struct Target {
    channel: Channel,
    budget: Arc<Budget>,
}

impl Channels {
    /// Channels to the services that are configured. Needs a runtime around it, but no service that answers.
    ///
    /// # Errors
    /// An address that is none.
    pub fn new(addresses: &Addresses, policies: Arc<Policies>) -> Result<Self, StartError> {
        let targets = addresses
            .all()
            .map(|(service, address)| {
                let channel = channel(address).map_err(|error| {
                    StartError::Configuration(vec![format!("services.{service}: {error}")])
                })?;
                Ok((service, Target { channel, budget: Arc::default() }))
            })
            .collect::<Result<_, StartError>>()?;
        Ok(Self { targets, policies })
    }

    /// Names of the services that can be called.
    pub fn services(&self) -> impl Iterator<Item = &'static str> {
        self.targets.keys().copied()
    }

    /// A service (`registry`), to be called in the circumstances of a call; give it to a generated `…Client::new`.
    ///
    /// # Errors
    /// `SERVICE_UNAVAILABLE` where the service is not configured.
    pub fn to(&self, service: &'static str, context: &Context) -> Result<Outgoing, Failure> {
        let target = self.targets.get(service).ok_or_else(|| {
            Failure::new(Reason::ServiceUnavailable).with("service", service).because("not configured")
        })?;
        Ok(Outgoing {
            service,
            channel: target.channel.clone(),
            budget: Arc::clone(&target.budget),
            policies: Arc::clone(&self.policies),
            context: Arc::new(context.clone()),
        })
    }
}

fn channel(addresses: &str) -> Result<Channel, tonic::transport::Error> {
    let endpoint = |address: &str| {
        Ok(Endpoint::from_shared(address.trim().to_owned())?
            .connect_timeout(Duration::from_secs(5))
            .http2_keep_alive_interval(Duration::from_secs(30))
            .keep_alive_timeout(Duration::from_secs(20))
            .http2_max_header_list_size(HEADER_BYTES))
    };
    match addresses.split(',').map(endpoint).collect::<Result<Vec<_>, tonic::transport::Error>>()?.as_slice()
    {
        [only] => Ok(only.connect_lazy()),
        several => Ok(Channel::balance_list(several.iter().cloned())),
    }
}

/// One service, called in the circumstances of one call.
#[derive(Debug, Clone)]
pub struct Outgoing {
    service: &'static str,
    channel: Channel,
    budget: Arc<Budget>,
    policies: Arc<Policies>,
    context: Arc<Context>,
}

impl Outgoing {
    /// The failure behind this service's answer.
    #[must_use]
    pub fn failure(&self, status: &Status) -> Failure {
        status::to_failure(status, self.service)
    }

    fn refusal(&self, failure: &Failure) -> Status {
        self.context.status(failure)
    }

    /// What goes along with every call.
    fn sign(&self, headers: &mut HeaderMap, deadline: Instant) {
        if let Some(token) = &self.context.token
            && let Ok(mut value) = HeaderValue::try_from(format!("Bearer {}", token.0))
        {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(self.context.language.as_str()));
        if self.context.request_id != RequestId::none()
            && let Ok(value) = HeaderValue::from_str(&self.context.request_id.0)
        {
            headers.insert(REQUEST_ID_HEADER, value);
        }
        if !headers.contains_key(TIMEOUT_HEADER)
            && let Ok(value) =
                HeaderValue::try_from(timeout_text(deadline.saturating_duration_since(Instant::now())))
        {
            headers.insert(TIMEOUT_HEADER, value);
        }
    }

    async fn answer(self, mut request: http::Request<Body>) -> Result<http::Response<Body>, Status> {
        let deadline = self.context.deadline.map_or_else(|| Instant::now() + USUAL, |deadline| deadline.0);
        let method = self.policies.find(request.uri().path()).cloned();
        let rpc = method.as_ref().map_or("unknown", |method| &method.label);
        self.sign(request.headers_mut(), deadline);
        let span = self.context.trace.call(self.service, rpc, request.headers_mut());
        let attempts = self.attempts(request, method).instrument(span.clone());
        let answer = timeout_at(deadline, attempts).await.unwrap_or_else(|_| {
            let failure = Failure::new(Reason::DeadlineExceeded).because(format!("{} is late", self.service));
            Err(self.refusal(&failure))
        });
        match answer {
            // Where nothing is exported, there is nothing to be watched for.
            Ok(response) if !span.is_none() => {
                let watched = span.clone();
                Ok(body::watch(response, span, move |code, _| traces::answered(&watched, code)))
            }
            Ok(response) => Ok(response),
            Err(status) => {
                traces::answered(&span, status.code());
                Err(status)
            }
        }
    }

    async fn attempts(
        &self,
        request: http::Request<Body>,
        method: Option<Arc<Method>>,
    ) -> Result<http::Response<Body>, Status> {
        if !method.as_deref().is_some_and(Method::may_be_tried_again) {
            return self.attempt(request).await;
        }
        self.budget.deposit();
        let (head, sent) = request.into_parts();
        let bytes: Bytes = sent.collect().await?.to_bytes();
        let mut tries = 1;
        loop {
            let again = http::Request::from_parts(head.clone(), Body::new(Full::new(bytes.clone())));
            let answer = self.attempt(again).await;
            if !unreachable(&answer) || tries == MOST_TRIES || !self.budget.withdraw() {
                return answer;
            }
            sleep(self.wait(tries)).await;
            tries += 1;
        }
    }

    async fn attempt(&self, request: http::Request<Body>) -> Result<http::Response<Body>, Status> {
        let mut channel = self.channel.clone();
        let answer = match channel.ready().await {
            Ok(ready) => ready.call(request).await,
            Err(error) => Err(error),
        };
        answer.map_err(|error| {
            let found = Status::from_error(error.into());
            let reason = match found.code() {
                Code::Cancelled => Reason::DeadlineExceeded,
                _ => Reason::ServiceUnavailable,
            };
            let mut failure = Failure::new(reason).because(found.message());
            if reason == Reason::ServiceUnavailable {
                failure = failure.with("service", self.service).retry_after(Duration::from_secs(1));
            }
            self.refusal(&failure)
        })
    }

    /// Doubles with each try; spread over requests, so that those who failed together do not come back together.
    fn wait(&self, tries: u32) -> Duration {
        let spread = blake3::hash(format!("{}/{tries}", self.context.request_id.0).as_bytes()).as_bytes()[0];
        FIRST_WAIT * 2_u32.pow(tries - 1) * (256 + u32::from(spread)) / 512
    }
}

impl Service<http::Request<Body>> for Outgoing {
    type Response = http::Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Self::Response, Status>>;

    fn poll_ready(&mut self, _context: &mut TaskContext<'_>) -> Poll<Result<(), Status>> {
        // A try waits for the channel itself.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(self.clone().answer(request))
    }
}

/// Whether the service was not reached, or said so itself before it did anything.
fn unreachable(answer: &Result<http::Response<Body>, Status>) -> bool {
    match answer {
        Ok(response) => code_in(response.headers()) == Some(Code::Unavailable),
        Err(status) => status.code() == Code::Unavailable,
    }
}

/// A deadline as gRPC writes it: at most 8 digits and a unit.
fn timeout_text(left: Duration) -> String {
    let milliseconds = left.as_millis();
    if milliseconds < 100_000_000 {
        format!("{milliseconds}m")
    } else {
        format!("{}S", left.as_secs().min(99_999_999))
    }
}
