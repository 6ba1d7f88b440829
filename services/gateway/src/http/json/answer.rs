//! Answers of RPCs as JSON: one message as an object, a stream as a line for each message (NDJSON).
//!
//! A stream that is refused after its first message ends with a line `{"error": …}`, a `google.rpc.Status`; no message that
//! is streamed has a field of that name.

use std::convert::Infallible;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::{BufMut, Bytes, BytesMut};
use futures::{StreamExt, stream};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::uri::PathAndQuery;
use http::{HeaderName, HeaderValue};
use kernel::failure::Failure;
use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, MessageDescriptor, ReflectMessage, Value};
use runtime::status::to_status;
use serde::Serialize;
use serde_json::json;
use tonic::client::Grpc;
use tonic::{Status, Streaming};

use super::Refusal;
use crate::http::call::Calling;
use crate::http::error;
use crate::http::routes::Route;
use crate::route::raw::RawCodec;

/// Content type of a stream.
pub(crate) const NDJSON: &str = "application/x-ndjson";

/// Calls the RPC of a route and answers as it does.
pub(super) async fn of(
    calling: Calling,
    route: &Route,
    message: &DynamicMessage,
) -> Result<Response, Refusal> {
    let rpc = &route.rpc;
    let path = format!("/{}/{}", rpc.parent_service().full_name(), rpc.name());
    let path: PathAndQuery = path.parse().map_err(Failure::internal_error)?;
    let request = tonic::Request::new(Bytes::from(message.encode_to_vec()));
    // Answers are the suite's own, and were bounded where they were made.
    let mut grpc = Grpc::new(calling).max_decoding_message_size(usize::MAX);
    if rpc.is_server_streaming() {
        let messages = grpc.server_streaming(request, path, RawCodec).await?.into_inner();
        return streamed(messages, rpc.output()).await;
    }
    let answer = grpc.unary(request, path, RawCodec).await?.into_inner();
    let answer = DynamicMessage::decode(rpc.output(), answer).map_err(Failure::internal_error)?;
    let body = written(&answer, route.answered.as_ref())?;
    Ok((headers("application/json"), body).into_response())
}

/// What answers carry is of persons, and not to be kept by anybody on the way.
fn headers(kind: &'static str) -> [(HeaderName, HeaderValue); 2] {
    [(CONTENT_TYPE, HeaderValue::from_static(kind)), (CACHE_CONTROL, HeaderValue::from_static("no-store"))]
}

/// A message, or one of its fields, as canonical JSON.
fn written(message: &DynamicMessage, field: Option<&FieldDescriptor>) -> Result<Vec<u8>, Failure> {
    let mut json = Vec::new();
    let mut serializer = serde_json::Serializer::new(&mut json);
    match field.map(|field| message.get_field(field)) {
        None => message.serialize(&mut serializer).map_err(Failure::internal_error)?,
        Some(value) => match value.as_ref() {
            Value::Message(inner) => inner.serialize(&mut serializer).map_err(Failure::internal_error)?,
            // A whole message is written, and its only member taken out again.
            _ => {
                let mut only = DynamicMessage::new(message.descriptor());
                if let Some(field) = field {
                    only.set_field(field, value.into_owned());
                }
                let whole = serde_json::to_value(&only).map_err(Failure::internal_error)?;
                let members = whole.as_object().and_then(|members| members.values().next());
                return serde_json::to_vec(members.unwrap_or(&json!(null))).map_err(Failure::internal_error);
            }
        },
    }
    Ok(json)
}

/// A stream. What refuses it before its first message is the answer itself.
async fn streamed(mut messages: Streaming<Bytes>, output: MessageDescriptor) -> Result<Response, Refusal> {
    let Some(first) = messages.message().await? else {
        return Ok((headers(NDJSON), Body::empty()).into_response());
    };
    let rest = stream::once(std::future::ready(Ok(first))).chain(messages);
    let lines = rest.map(move |message| Ok::<_, Infallible>(line(message, &output)));
    Ok((headers(NDJSON), Body::from_stream(lines)).into_response())
}

fn line(message: Result<Bytes, Status>, output: &MessageDescriptor) -> Bytes {
    let written = message.and_then(|message| {
        let message = DynamicMessage::decode(output.clone(), message).map_err(Failure::internal_error);
        let written = message.and_then(|message| written(&message, None));
        written.map_err(|failure| to_status(&failure, kernel::language::Language::default()))
    });
    let written =
        written.unwrap_or_else(|status| json!({"error": error::body(&status)}).to_string().into_bytes());
    let mut line = BytesMut::from(written.as_slice());
    line.put_u8(b'\n');
    line.freeze()
}

#[cfg(test)]
mod tests {
    use crate::http::routes::Routes;

    #[test]
    fn a_streamed_message_is_never_taken_for_a_refusal() {
        let routes = Routes::of(crate::json::pool().unwrap()).unwrap();
        let streams: Vec<_> = routes.all().iter().filter(|route| route.rpc.is_server_streaming()).collect();
        assert!(!streams.is_empty());
        for route in streams {
            assert!(
                route.rpc.output().get_field_by_json_name("error").is_none(),
                "{}",
                route.rpc.full_name()
            );
            assert!(route.answered.is_none(), "{}", route.rpc.full_name());
        }
    }
}
