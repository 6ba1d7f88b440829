//! What the gateway offers over plain HTTP, on the port on which it speaks gRPC and gRPC-Web.
//!
//! A handler holds no rights and no rules: it calls the gateway's own RPCs in this process ([`call::Rpcs`]) as the caller of
//! the HTTP request, so that token, permission, area and audit are those of the RPC. Refusals are `google.rpc.Status` as
//! JSON ([`error`]).
//!
//! * `json`: every RPC with `google.api.http` ([`routes`]), in canonical proto3 JSON; files as the bytes that they are;
//! * `events`: the change feed as batches of CloudEvents;
//! * `statistics`: reports as files and as SDMX-JSON;
//! * `openapi`: the document of all of it at `/openapi.json`, and a page of that at `/docs`.

pub(crate) mod call;
pub(crate) mod error;
mod events;
mod json;
mod openapi;
mod parameters;
mod request_id;
pub(crate) mod routes;
mod statistics;
mod template;

use std::any::Any;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use http::HeaderMap;
use kernel::failure::{Failure, Reason};
use percent_encoding::percent_decode_str;
use runtime::shell::{Dressed, Shell};
use tower_http::catch_panic::CatchPanicLayer;

use crate::Gateway;
use call::Rpcs;
use json::Face;

/// Longest path with its query, in bytes.
const ADDRESS_BYTES: usize = 8 * 1024;

/// What routers here offer beside the RPCs, for the OpenAPI document: each a `paths` object.
const DESCRIBED: &[fn() -> serde_json::Value] = &[events::described, statistics::described];

/// Everything over HTTP, made of the gateway's RPCs in their middleware. A path that no router here has is the JSON face's.
pub(crate) fn router(gateway: &Gateway, rpcs: Dressed, shell: &Shell) -> Router {
    let rpcs = Rpcs::new(rpcs);
    let face = Face::new(gateway.routes(), rpcs.clone(), shell);
    Router::new()
        .merge(openapi::router())
        .merge(events::router(&rpcs))
        .merge(statistics::router(&rpcs))
        .method_not_allowed_fallback(only_read)
        .merge(Router::new().fallback(json::answer).with_state(face))
        .layer(from_fn(readable))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(request_id::kept))
}

/// The answer where a path of the routers here is asked by another method.
async fn only_read(headers: HeaderMap) -> Response {
    error::of(&Failure::new(Reason::HttpMethodRefused).with("allowed", "GET, HEAD"), &headers)
}

/// Refuses an address that is too long, and a path that is no text, whoever would answer it.
async fn readable(request: Request, next: Next) -> Response {
    let length = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    if length > ADDRESS_BYTES {
        let failure = Failure::new(Reason::PathTooLong).with("limit", ADDRESS_BYTES);
        return error::of(&failure, request.headers());
    }
    if percent_decode_str(request.uri().path()).decode_utf8().is_err() {
        return error::of(&Failure::new(Reason::PathUnknown), request.headers());
    }
    next.run(request).await
}

/// The answer where a handler has a fault; the panic's own text stays in the log.
fn panicked(_panic: Box<dyn Any + Send>) -> Response {
    error::of(&Failure::internal_error("an HTTP handler panicked"), &HeaderMap::new())
}
