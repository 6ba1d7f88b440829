//! The identifier of a request: the caller's where it is one, else a new one; given back with every answer.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use runtime::context::RequestId;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request its identifier, so that the RPCs behind it have the same one.
pub(super) async fn kept(mut request: Request, next: Next) -> Response {
    let given = request.headers().get(HEADER).and_then(|value| value.to_str().ok());
    let request_id = given.and_then(RequestId::parse).unwrap_or_else(RequestId::random);
    let Ok(value) = HeaderValue::from_str(&request_id.0) else { return next.run(request).await };
    request.headers_mut().insert(HEADER, value.clone());
    let mut answer = next.run(request).await;
    answer.headers_mut().insert(HEADER, value);
    answer
}
