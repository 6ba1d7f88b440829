//! Files, which travel as the bytes that they are: the body of a request is a bytes field of a streamed message, and an answer
//! whose first message says what the file is goes on with its bytes.

use axum::BoxError;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use kernel::failure::Failure;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use proto::xiuhua::gateway::v1::FileHead;
use tonic::Streaming;

use super::Refusal;
use super::body::PATIENCE;
use crate::http::routes::{Body as Said, Route};

/// The message that says what a file is.
const HEAD: &str = "xiuhua.gateway.v1.FileHead";

/// What need not be escaped in a file's name (RFC 5987).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The field that a request's body is, where the body is a file.
pub(crate) fn uploaded(route: &Route) -> Option<&FieldDescriptor> {
    match &route.body {
        Said::Field(field) if route.rpc.is_client_streaming() && field.kind() == Kind::Bytes => Some(field),
        _ => None,
    }
}

/// The fields of an answer's messages, where the answer is a file: what it is, and its bytes.
pub(crate) fn downloaded(output: &MessageDescriptor) -> Option<(FieldDescriptor, FieldDescriptor)> {
    let is_head = |kind: Kind| kind.as_message().is_some_and(|message| message.full_name() == HEAD);
    let head = output.fields().find(|field| is_head(field.kind()))?;
    let bytes = output.fields().find(|field| field.kind() == Kind::Bytes)?;
    Some((head, bytes))
}

/// The messages of a request whose body is a file. One that breaks off or stops must not pass for a whole one: the last
/// message then brings nothing, which the RPC refuses. No other brings nothing: what a connection sends empty is left out.
pub(super) fn messages(
    first: &DynamicMessage,
    field: &FieldDescriptor,
    body: Body,
) -> impl Stream<Item = Bytes> + Send + 'static {
    let first = Bytes::from(first.encode_to_vec());
    let (field, empty) = (field.clone(), DynamicMessage::new(field.parent_message().clone()));
    let pieces = stream::unfold(Some(body.into_data_stream()), |pieces| async {
        let mut pieces = pieces?;
        let filled = async {
            loop {
                match pieces.next().await {
                    Some(Ok(bytes)) if bytes.is_empty() => {}
                    piece => return piece,
                }
            }
        };
        match tokio::time::timeout(PATIENCE, filled).await {
            Ok(Some(Ok(bytes))) => Some((bytes, Some(pieces))),
            Ok(None) => None,
            Ok(Some(Err(_))) | Err(_) => Some((Bytes::new(), None)),
        }
    });
    let pieces = pieces.map(move |bytes| {
        let mut message = empty.clone();
        message.set_field(&field, Value::Bytes(bytes));
        Bytes::from(message.encode_to_vec())
    });
    stream::iter([first]).chain(pieces)
}

/// The answer with a file. What refuses it before its first message is the answer itself.
pub(super) async fn of(
    mut messages: Streaming<Bytes>,
    output: MessageDescriptor,
    (head, bytes): (FieldDescriptor, FieldDescriptor),
) -> Result<Response, Refusal> {
    let first = messages.message().await?.unwrap_or_default();
    let first = DynamicMessage::decode(output.clone(), first).map_err(Failure::internal_error)?;
    let first = first.get_field(&head).as_message().map(DynamicMessage::transcode_to::<FileHead>);
    let head = first.transpose().map_err(Failure::internal_error)?.unwrap_or_default();
    let pieces = messages.map(move |message| {
        let message = DynamicMessage::decode(output.clone(), message?)?;
        Ok::<_, BoxError>(message.get_field(&bytes).as_bytes().cloned().unwrap_or_default())
    });
    let mut answer = Body::from_stream(pieces).into_response();
    headers(&head, answer.headers_mut());
    Ok(answer)
}

fn headers(head: &FileHead, headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in
        [(CONTENT_TYPE, head.media_type.clone()), (CONTENT_DISPOSITION, disposition(&head.file_name))]
    {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

/// A file's name for a browser: in its own letters, and without them for those that know no better.
fn disposition(name: &str) -> String {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let ending: String = ending.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("attachment; filename=\"file.{ending}\"; filename*=UTF-8''{}", utf8_percent_encode(name, PLAIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_travels_in_its_own_letters() {
        let told = disposition("户信息.xlsx");
        assert_eq!(
            told,
            "attachment; filename=\"file.xlsx\"; filename*=UTF-8''%E6%88%B7%E4%BF%A1%E6%81%AF.xlsx"
        );
        assert!(HeaderValue::from_str(&told).is_ok());
        assert!(!disposition("a\"\r\nb.c\"sv").contains(['\r', '\n']));
        assert_eq!(disposition("a\"\r\nb.c\"sv").matches('"').count(), 2);
    }

    type Piece = Result<&'static str, std::io::Error>;

    /// Lengths of the messages that a body becomes.
    async fn sent(pieces: impl Stream<Item = Piece> + Send + 'static) -> Vec<usize> {
        let input = crate::json::pool().unwrap();
        let input = input.get_message_by_name("xiuhua.gateway.v1.ImportFileRequest").unwrap();
        let field = input.get_field_by_name("chunk").unwrap();
        let first = DynamicMessage::new(input);
        messages(&first, &field, Body::from_stream(pieces)).map(|message| message.len()).collect().await
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_breaks_off_or_stops_ends_with_an_empty_message() {
        assert_eq!(sent(stream::iter([Ok("ab"), Ok("c")])).await, [0, 4, 3]);
        let gone = || Err(std::io::Error::other("gone"));
        assert_eq!(sent(stream::iter([Ok("ab"), gone()])).await, [0, 4, 0]);
        assert_eq!(sent(stream::iter([Ok("ab")]).chain(stream::pending())).await, [0, 4, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_empty_piece_of_a_body_is_no_message() {
        assert_eq!(sent(stream::iter([Ok(""), Ok("ab"), Ok(""), Ok("c"), Ok("")])).await, [0, 4, 3]);
        // Nor does it keep a body alive that brings nothing else.
        let ticks = stream::unfold(tokio::time::interval(PATIENCE / 3), |mut ticks| async {
            ticks.tick().await;
            Some((Ok(""), ticks))
        });
        assert_eq!(sent(stream::iter([Ok("ab")]).chain(ticks)).await, [0, 4, 0]);
    }
}
