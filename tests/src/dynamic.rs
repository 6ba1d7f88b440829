//! RPCs called by their descriptors alone, with messages made by reflection.

use std::time::Duration;

use prost::Message;
use prost::bytes::Buf;
use prost_reflect::{
    DescriptorPool, DynamicMessage, MessageDescriptor, MethodDescriptor, ReflectMessage, Value,
};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Request, Status};

use crate::harness::Client;

/// The suite's own descriptors.
///
/// # Panics
/// Where they cannot be read.
pub fn contract() -> DescriptorPool {
    DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET).expect("descriptors")
}

/// All RPCs of the descriptors, in the order of their files.
pub fn methods(pool: &DescriptorPool) -> Vec<MethodDescriptor> {
    pool.services().flat_map(|service| service.methods().collect::<Vec<_>>()).collect()
}

/// The label of an RPC: `xiuhua.registry.v1.HouseholdService/GetHousehold`.
pub fn label(method: &MethodDescriptor) -> String {
    format!("{}/{}", method.parent_service().full_name(), method.name())
}

/// Writes and reads messages of a type that is known at run time only.
#[derive(Clone)]
struct DynamicCodec(MessageDescriptor);

impl Codec for DynamicCodec {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        self.clone()
    }

    fn decoder(&mut self) -> Self {
        self.clone()
    }
}

impl Encoder for DynamicCodec {
    type Item = DynamicMessage;
    type Error = Status;

    fn encode(&mut self, message: DynamicMessage, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        message.encode(buffer).map_err(|error| Status::internal(error.to_string()))
    }
}

impl Decoder for DynamicCodec {
    type Item = DynamicMessage;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        let bytes = buffer.copy_to_bytes(buffer.remaining());
        let decoded = DynamicMessage::decode(self.0.clone(), bytes);
        decoded.map(Some).map_err(|error| Status::internal(error.to_string()))
    }
}

/// Calls an RPC of any kind with one message and gives all messages of the answer. A single message is on the wire what a
/// stream of one is. An endless answer ends at `deadline`.
///
/// # Errors
/// The refusal, also one after some messages.
pub async fn call(
    client: Client,
    method: &MethodDescriptor,
    message: DynamicMessage,
    deadline: Duration,
) -> Result<Vec<DynamicMessage>, Status> {
    let path = format!("/{}", label(method)).parse().map_err(|_| Status::internal("no path"))?;
    let mut grpc = Grpc::new(client).max_decoding_message_size(usize::MAX);
    grpc.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let mut request = Request::new(tokio_stream::iter([message]));
    request.set_timeout(deadline);
    let mut answer = grpc.streaming(request, path, DynamicCodec(method.output())).await?.into_inner();
    let mut messages = Vec::new();
    while let Some(message) = answer.message().await? {
        messages.push(message);
    }
    Ok(messages)
}

/// An empty message of an RPC's request.
pub fn empty(method: &MethodDescriptor) -> DynamicMessage {
    DynamicMessage::new(method.input())
}

/// The message with these text fields, as far as its type has them.
pub fn with(mut message: DynamicMessage, fields: &[(&str, &str)]) -> DynamicMessage {
    for (name, text) in fields {
        if message.descriptor().get_field_by_name(name).is_some() {
            message.set_field_by_name(name, Value::String((*text).to_owned()));
        }
    }
    message
}

/// The text at a path of fields; empty where one of them is absent.
pub fn text(message: &DynamicMessage, path: &str) -> String {
    let (first, rest) = path.split_once('.').unwrap_or((path, ""));
    match message.get_field_by_name(first).as_deref() {
        Some(Value::String(text)) if rest.is_empty() => text.clone(),
        Some(Value::Message(inner)) if !rest.is_empty() => text(inner, rest),
        _ => String::new(),
    }
}
