//! What the gateway offers over plain HTTP, on the port on which it speaks gRPC and gRPC-Web.
//!
//! A handler holds no rights and no rules: it calls the gateway's own RPCs in this process ([`call::Rpcs`]) as the caller of
//! the HTTP request, so that token, permission, area and audit are those of the RPC. Refusals are `google.rpc.Status` as
//! JSON ([`error`]).

pub(crate) mod call;
pub(crate) mod error;
mod events;
mod parameters;
mod request_id;
mod statistics;

use std::any::Any;

use axum::Router;
use axum::middleware::from_fn;
use axum::response::Response;
use http::HeaderMap;
use kernel::failure::{Failure, Reason};
use runtime::shell::{Dressed, Shell};
use tower_http::catch_panic::CatchPanicLayer;

use call::Rpcs;

/// Everything over HTTP, made of the gateway's RPCs in their middleware.
pub(crate) fn router(rpcs: Dressed, _shell: &Shell) -> Router {
    let rpcs = Rpcs::new(rpcs);
    Router::new()
        .merge(events::router(&rpcs))
        .merge(statistics::router(&rpcs))
        .fallback(unknown)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(request_id::kept))
}

/// The answer where nothing is.
async fn unknown(headers: HeaderMap) -> Response {
    error::of(&Failure::new(Reason::PathUnknown), &headers)
}

/// The answer where a handler has a fault; the panic's own text stays in the log.
fn panicked(_panic: Box<dyn Any + Send>) -> Response {
    error::of(&Failure::internal_error("an HTTP handler panicked"), &HeaderMap::new())
}
