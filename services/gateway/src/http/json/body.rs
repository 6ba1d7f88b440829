//! The body of a request: bounded in size and in time, and JSON.

use std::time::Duration;

use axum::body::Body;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body_util::LengthLimitError;
use kernel::failure::{Failure, Reason};
use tokio::time::timeout;

use super::is_json;
use super::tree::Node;

/// How long a body may take from its first byte to its last.
const PATIENCE: Duration = Duration::from_secs(20);

/// Reads a body. An empty one says nothing, whatever its type.
///
/// # Errors
/// `MESSAGE_TOO_LARGE` before more than the limit is taken into memory, `BODY_TOO_SLOW`, `CONTENT_TYPE_UNSUPPORTED`, and
/// what a text that is no JSON is refused with.
pub(super) async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Option<Node>, Failure> {
    let too_large = || Failure::new(Reason::MessageTooLarge).with("limit", limit);
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| usize::try_from(length).is_ok_and(|length| length > limit)) {
        return Err(too_large());
    }
    let read = timeout(PATIENCE, axum::body::to_bytes(body, limit)).await;
    let read = read.map_err(|_| Failure::new(Reason::BodyTooSlow).with("seconds", PATIENCE.as_secs()))?;
    let bytes = read.map_err(|error| match std::error::Error::source(&error) {
        Some(source) if source.is::<LengthLimitError>() => too_large(),
        _ => Failure::new(Reason::Cancelled).because(error),
    })?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if !is_json(headers) {
        return Err(Failure::new(Reason::ContentTypeUnsupported).with("expected", "application/json"));
    }
    Node::parse(&bytes).map(Some)
}
