//! The pieces of the middleware, one file each. Their order is in [`crate::shell`].
//!
//! A piece looks at the request, may answer it at once, and may look at the answer. All pieces share one shape, so that
//! each is a struct and a function; answers are boxed futures, which cost about as much as one small allocation each.

pub(crate) mod authentication;
pub(crate) mod body;
pub(crate) mod deadline;
pub(crate) mod details;
pub(crate) mod limit;
pub(crate) mod measure;
pub(crate) mod message;
pub(crate) mod panic;
pub(crate) mod policy;
pub(crate) mod trace;

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::HeaderMap;
use kernel::failure::Failure;
use kernel::language::Language;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Layer, Service};

use crate::context::RequestId;
use crate::policy::Method;
use crate::status;

pub(crate) type Request = http::Request<Body>;
pub(crate) type Response = http::Response<Body>;
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

/// What a piece of the middleware stands before: the next piece, and at last the router.
pub(crate) trait Next:
    Service<Request, Response = Response, Error = Infallible, Future: Send + 'static> + Clone + Send + 'static
{
}

impl<S> Next for S where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static>
        + Clone
        + Send
        + 'static
{
}

/// A piece of the middleware.
pub(crate) trait Middleware: Clone + Send + 'static {
    /// Handles a request: by an answer of its own, or by passing it on.
    fn handle<S: Next>(&self, request: Request, next: &mut S) -> Answer;
}

/// Makes a tower layer of a piece.
#[derive(Debug, Clone)]
pub(crate) struct Middle<M>(pub(crate) M);

impl<M: Clone, S> Layer<S> for Middle<M> {
    type Service = Layered<M, S>;

    fn layer(&self, next: S) -> Self::Service {
        Layered { middleware: self.0.clone(), next }
    }
}

/// A piece of the middleware before what comes next.
#[derive(Debug, Clone)]
pub(crate) struct Layered<M, S> {
    middleware: M,
    next: S,
}

impl<M: Middleware, S: Next> Service<Request> for Layered<M, S> {
    type Response = Response;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.next.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Answer {
        self.middleware.handle(request, &mut self.next)
    }
}

/// What the first piece found out about a request, for the others.
#[derive(Debug, Clone)]
pub(crate) struct Incoming {
    /// The RPC, if the contract has it.
    pub(crate) method: Option<Arc<Method>>,
    /// The caller's language.
    pub(crate) language: Language,
    /// Identifier of the request.
    pub(crate) request_id: RequestId,
}

impl Incoming {
    /// What was found out about a request.
    pub(crate) fn of(request: &Request) -> Self {
        request.extensions().get::<Self>().cloned().unwrap_or_else(|| Self {
            method: None,
            language: crate::language::of_headers(request.headers()),
            request_id: RequestId::none(),
        })
    }

    /// The label of the RPC in metrics and spans. Unknown paths share one, so that strangers cannot make labels.
    pub(crate) fn label(&self) -> Arc<str> {
        self.method.as_ref().map_or_else(|| "unknown".into(), |method| Arc::clone(&method.label))
    }

    /// Whether request or answer is a stream.
    pub(crate) fn streaming(&self) -> bool {
        self.method.as_ref().is_some_and(|method| method.streaming())
    }

    /// Whether the RPC belongs to the shell itself.
    pub(crate) fn shell(&self) -> bool {
        self.method.as_ref().is_some_and(|method| method.shell)
    }
}

/// The answer for a failure.
pub(crate) fn refusal(failure: &Failure, language: Language) -> Response {
    status::to_status(failure, language).into_http()
}

/// An answer that is there already.
pub(crate) fn at_once(response: Response) -> Answer {
    Box::pin(std::future::ready(Ok(response)))
}

/// The gRPC code in headers or trailers, if they have one.
pub(crate) fn code_in(headers: &HeaderMap) -> Option<Code> {
    headers.get(Status::GRPC_STATUS).map(|value| Code::from_bytes(value.as_bytes()))
}
