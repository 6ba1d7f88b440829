//! The body of a request: bounded in size and in time, as it is and not packed, and JSON where it is no file.

use std::time::Duration;

use axum::body::Body;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::LengthLimitError;
use kernel::failure::{Failure, Reason};
use tokio::time::timeout;

use super::is_json;
use super::tree::Node;

/// What a file is, as far as a header may say it.
const OCTETS: &str = "application/octet-stream";
/// How the type of a form in a browser begins.
const MULTIPART: &[u8] = b"multipart/";
/// The encoding of a body that is as it is.
const IDENTITY: &str = "identity";

/// How long a body of JSON may take from its first byte to its last, and each piece of a file.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// Reads a body. An empty one says nothing, whatever its type.
///
/// # Errors
/// `MESSAGE_TOO_LARGE` before more than the limit is taken into memory, `BODY_TOO_SLOW`, `CONTENT_TYPE_UNSUPPORTED`,
/// `CONTENT_ENCODING_UNSUPPORTED`, and what a text that is no JSON is refused with.
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
    not_encoded(headers)?;
    if !is_json(headers) {
        return Err(Failure::new(Reason::ContentTypeUnsupported).with("expected", "application/json"));
    }
    Node::parse(&bytes).map(Some)
}

/// Whether a body may be a file: of any type, since its content says what it is, but neither packed nor one part among
/// others of a form in a browser, whose bytes would pass for those of the file.
///
/// # Errors
/// `CONTENT_TYPE_UNSUPPORTED`, `CONTENT_ENCODING_UNSUPPORTED`.
pub(super) fn may_be_a_file(headers: &HeaderMap) -> Result<(), Failure> {
    not_encoded(headers)?;
    let kind = headers.get(CONTENT_TYPE).map(|kind| kind.as_bytes().trim_ascii_start());
    let begins =
        |kind: &[u8]| kind.get(..MULTIPART.len()).is_some_and(|it| it.eq_ignore_ascii_case(MULTIPART));
    if kind.is_some_and(begins) {
        return Err(Failure::new(Reason::ContentTypeUnsupported).with("expected", OCTETS));
    }
    Ok(())
}

/// A body that is packed is refused: what it grows to could not be bounded before it is there.
fn not_encoded(headers: &HeaderMap) -> Result<(), Failure> {
    let as_it_is = |encoding: &str| encoding.is_empty() || encoding.eq_ignore_ascii_case(IDENTITY);
    let encodings = headers.get_all(CONTENT_ENCODING);
    let mut encodings = encodings.iter().map(|value| value.to_str().unwrap_or("?"));
    if encodings.all(|value| value.split(',').map(str::trim).all(as_it_is)) {
        return Ok(());
    }
    Err(Failure::new(Reason::ContentEncodingUnsupported).with("expected", IDENTITY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_be_of_any_type_but_neither_a_part_nor_packed() {
        let told = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            may_be_a_file(&headers).map_err(|failure| failure.reason())
        };
        assert_eq!(may_be_a_file(&HeaderMap::new()).map_err(|failure| failure.reason()), Ok(()));
        // What curl says of its own accord.
        for kind in ["application/x-www-form-urlencoded", "application/octet-stream", "text/csv", "multi"] {
            assert_eq!(told("content-type", kind), Ok(()), "{kind}");
        }
        for kind in ["multipart/form-data; boundary=x", "Multipart/Mixed"] {
            assert_eq!(told("content-type", kind), Err(Reason::ContentTypeUnsupported), "{kind}");
        }
        for encoding in ["identity", "Identity", "", "identity, identity"] {
            assert_eq!(told("content-encoding", encoding), Ok(()), "{encoding}");
        }
        for encoding in ["gzip", "identity, br", "zstd", "x"] {
            assert_eq!(
                told("content-encoding", encoding),
                Err(Reason::ContentEncodingUnsupported),
                "{encoding}"
            );
        }
    }
}
