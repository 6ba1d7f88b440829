//! Finds the service that owns what a call is about, and passes the call on.

mod common;
pub(crate) mod directory;
pub(crate) mod facts;
mod feed;
mod forward;
mod latest;
mod pages;
pub(crate) mod raw;
mod reporting;

use http::{Request, Response};
use kernel::failure::{Failure, Reason};
use runtime::context::Context;
use tonic::Status;
use tonic::body::Body;
use tonic::metadata::MetadataMap;

use crate::Gateway;
use directory::Owner;

/// Answers a call that has no handler in the gateway itself.
pub(crate) async fn answer(gateway: &Gateway, request: Request<Body>) -> Response<Body> {
    let context = context_of(&request);
    match gateway.directory().owner_of_path(request.uri().path()) {
        Some(Owner::Service(service)) => forward::forward(gateway, service, request, &context).await,
        Some(Owner::Every) => common::answer(gateway, request, context).await,
        None => context.status(&Failure::new(Reason::Unimplemented)).into_http(),
    }
}

/// What the shell knows of a call that is not decoded.
fn context_of(request: &Request<Body>) -> Context {
    let metadata = MetadataMap::from_headers(request.headers().clone());
    Context::of(&tonic::Request::from_parts(metadata, request.extensions().clone(), ()))
}

/// A status as another service gave it, without that answer's headers.
fn passed_on(status: &Status) -> Status {
    Status::with_details(status.code(), status.message(), status.details().to_vec().into())
}
