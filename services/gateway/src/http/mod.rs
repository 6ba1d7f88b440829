//! What the gateway offers over plain HTTP, on the port on which it speaks gRPC and gRPC-Web.
//!
//! A handler holds no rights and no rules: it calls the gateway's own RPCs in this process ([`call::Rpcs`]) as the caller of
//! the HTTP request, so that token, permission, area and audit are those of the RPC. Refusals are `google.rpc.Status` as
//! JSON ([`error`]).
//!
//! * `json`: every RPC with `google.api.http` ([`routes`]), in canonical proto3 JSON; files as the bytes that they are;
//! * `openapi`: the document of it at `/openapi.json`, and a page of that at `/docs`.

pub(crate) mod call;
pub(crate) mod error;
mod json;
mod openapi;
mod request_id;
pub(crate) mod routes;
mod template;

use std::any::Any;

use axum::Router;
use axum::middleware::from_fn;
use axum::response::Response;
use http::HeaderMap;
use kernel::failure::Failure;
use runtime::shell::{Dressed, Shell};
use tower_http::catch_panic::CatchPanicLayer;

use crate::Gateway;
use call::Rpcs;
use json::Face;

/// What routers here offer beside the RPCs, for the OpenAPI document: each a `paths` object.
const DESCRIBED: &[fn() -> serde_json::Value] = &[];

/// Everything over HTTP, made of the gateway's RPCs in their middleware. A path that no router here has is the JSON face's.
pub(crate) fn router(gateway: &Gateway, rpcs: Dressed, shell: &Shell) -> Router {
    let rpcs = Rpcs::new(rpcs);
    let face = Face::new(gateway.routes(), rpcs, shell);
    Router::new()
        .merge(openapi::router())
        .merge(Router::new().fallback(json::answer).with_state(face))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(request_id::kept))
}

/// The answer where a handler has a fault; the panic's own text stays in the log.
fn panicked(_panic: Box<dyn Any + Send>) -> Response {
    error::of(&Failure::internal_error("an HTTP handler panicked"), &HeaderMap::new())
}
