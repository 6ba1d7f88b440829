//! A collector of traces: it takes OTLP over gRPC, as the real ones do, and keeps what it is sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

/// A span as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collected {
    /// The process that sent it.
    pub process: String,
    /// Its trace, as a header writes it.
    pub trace: String,
    /// Its identifier, likewise.
    pub id: String,
    /// Identifier of the span in which it was begun; empty where it began the trace.
    pub parent: String,
    /// What it is called.
    pub name: String,
    /// On which side of a call it is.
    pub kind: SpanKind,
    /// Whether it says that something is wrong.
    pub failed: bool,
    /// Everything else that it tells.
    pub attributes: BTreeMap<String, String>,
}

/// The collector.
#[derive(Debug, Clone, Default)]
pub struct Collector(Arc<Mutex<Vec<Collected>>>);

impl Collector {
    /// Starts one; gives it and its address as a configuration names it.
    ///
    /// # Panics
    /// Where there is no port for it.
    pub async fn start() -> (Self, String) {
        let collector = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let service = TraceServiceServer::new(collector.clone());
        let connections = TcpListenerStream::new(listener);
        tokio::spawn(Server::builder().add_service(service).serve_with_incoming(connections));
        (collector, format!("http://{address}"))
    }

    /// What has come so far.
    pub fn spans(&self) -> Vec<Collected> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut spans = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for resource in request.into_inner().resource_spans {
            let about = attributes(resource.resource.map(|about| about.attributes).unwrap_or_default());
            let process = about.get("service.name").cloned().unwrap_or_default();
            let sent = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
            spans.extend(sent.map(|span| collected(&process, span)));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn collected(process: &str, span: Span) -> Collected {
    Collected {
        process: process.to_owned(),
        trace: hexadecimal(&span.trace_id),
        id: hexadecimal(&span.span_id),
        parent: hexadecimal(&span.parent_span_id),
        kind: span.kind(),
        failed: span.status.is_some_and(|status| status.code() == StatusCode::Error),
        name: span.name,
        attributes: attributes(span.attributes),
    }
}

fn attributes(pairs: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |value: Option<AnyValue>| match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        other => format!("{other:?}"),
    };
    pairs.into_iter().map(|pair| (pair.key, text(pair.value))).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
