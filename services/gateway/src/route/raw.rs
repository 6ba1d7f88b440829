//! Messages that are passed on without being decoded.

use bytes::{Buf, BufMut, Bytes};
use http::uri::PathAndQuery;
use kernel::failure::{Failure, Reason};
use prost::Message;
use runtime::client::{Channels, Outgoing};
use runtime::context::Context;
use tokio::time::timeout_at;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Status, Streaming};

use super::passed_on;

/// Takes and gives messages as bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RawCodec;

impl Codec for RawCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for RawCodec {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for RawCodec {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining())))
    }
}

/// A path on the wire, as the policy has found it in the contract.
pub(super) fn path_and_query(path: &str) -> Result<PathAndQuery, Status> {
    path.parse().map_err(|_| Status::unimplemented(""))
}

/// What a service is called through. The middleware has bounded what comes in; answers are the suite's own.
fn grpc(outgoing: Outgoing) -> Grpc<Outgoing> {
    Grpc::new(outgoing).max_decoding_message_size(usize::MAX)
}

/// One message there, one back.
pub(crate) async fn unary(outgoing: Outgoing, path: &str, message: Bytes) -> Result<Bytes, Status> {
    let answer = grpc(outgoing).unary(tonic::Request::new(message), path_and_query(path)?, RawCodec).await;
    answer.map(tonic::Response::into_inner).map_err(|status| passed_on(&status))
}

/// One message there, one back, both decoded. What cannot be decoded is the service's fault, never the caller's.
///
/// # Errors
/// The service's own, `SERVICE_UNAVAILABLE`, or `ANSWER_UNEXPECTED` for an answer that cannot be decoded.
pub(crate) async fn ask<A: Message + Default>(
    channels: &Channels,
    service: &'static str,
    path: &str,
    question: &impl Message,
    context: &Context,
) -> Result<A, Failure> {
    let outgoing = channels.to(service, context)?;
    let answer = unary(outgoing.clone(), path, question.encode_to_vec().into());
    let answer = match context.deadline {
        // The channel bounds the time until an answer begins; here it has to end as well.
        Some(deadline) => timeout_at(deadline.0, answer).await.map_err(|_| late(service))?,
        None => answer.await,
    };
    let answer = answer.map_err(|status| outgoing.failure(&status))?;
    A::decode(answer).map_err(|error| unexpected(service).because(error))
}

fn late(service: &str) -> Failure {
    Failure::new(Reason::DeadlineExceeded).because(format_args!("{service} is late"))
}

/// An answer that is not what the contract says.
pub(crate) fn unexpected(service: &str) -> Failure {
    Failure::new(Reason::AnswerUnexpected).with("service", service)
}

/// One message there, a stream back.
pub(super) async fn server_streaming(
    outgoing: Outgoing,
    path: &str,
    message: Bytes,
) -> Result<Streaming<Bytes>, Status> {
    let request = tonic::Request::new(message);
    let answer = grpc(outgoing).server_streaming(request, path_and_query(path)?, RawCodec).await;
    answer.map(tonic::Response::into_inner).map_err(|status| passed_on(&status))
}

/// A stream there, a stream back.
pub(super) async fn streaming(
    outgoing: Outgoing,
    path: &str,
    messages: impl futures::Stream<Item = Bytes> + Send + 'static,
) -> Result<Streaming<Bytes>, Status> {
    let request = tonic::Request::new(messages);
    let answer = grpc(outgoing).streaming(request, path_and_query(path)?, RawCodec).await;
    answer.map(tonic::Response::into_inner).map_err(|status| passed_on(&status))
}
