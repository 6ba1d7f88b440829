//! First piece: what is called, by which request, in which language; one span for the whole call.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use tokio::time::Instant;
use tonic::Code;
use tracing::{Instrument, Span};

use super::{Answer, Incoming, Middleware, Next, Request, body};
use crate::context::RequestId;
use crate::policy::Policies;
use crate::traces::{self, TARGET};

/// The header with the request's identifier, taken and given back.
pub(crate) const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Opens the span and gives the request its identifier.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    /// Name of the service (`registry`).
    pub(crate) service: &'static str,
    pub(crate) policies: Arc<Policies>,
}

impl Middleware for Trace {
    fn handle<S: Next>(&self, mut request: Request, next: &mut S) -> Answer {
        let given = request.headers().get(REQUEST_ID_HEADER).and_then(|value| value.to_str().ok());
        let request_id = given.and_then(RequestId::parse).unwrap_or_else(RequestId::random);
        let incoming = Incoming {
            method: self.policies.find(request.uri().path()).cloned(),
            language: crate::language::of_headers(request.headers()),
            request_id: request_id.clone(),
        };
        let span = self.span(&incoming);
        let trace = traces::Trace::of_call(&span, &incoming.label(), request.headers());
        request.extensions_mut().insert(trace);
        request.extensions_mut().insert(request_id.clone());
        request.extensions_mut().insert(incoming);
        let begun = Instant::now();
        let answer = span.in_scope(|| next.call(request)).instrument(span.clone());
        Box::pin(async move {
            let Ok(mut response) = answer.await;
            if let Ok(value) = HeaderValue::from_str(&request_id.0) {
                response.headers_mut().insert(REQUEST_ID_HEADER, value);
            }
            let watched = span.clone();
            Ok(body::watch(response, span, move |code, _| finish(&watched, code, begun)))
        })
    }
}

impl Trace {
    fn span(&self, incoming: &Incoming) -> Span {
        let (service, method) = match &incoming.method {
            Some(method) => (method.service.as_str(), method.name.as_str()),
            None => ("unknown", "unknown"),
        };
        // Fields of `otel` stay empty, and out of the log, where no traces are exported.
        macro_rules! span {
            ($target:expr) => {
                tracing::info_span!(
                    target: $target,
                    "rpc",
                    service = self.service,
                    rpc.service = service,
                    rpc.method = method,
                    request_id = %incoming.request_id.0,
                    code = tracing::field::Empty,
                    otel.name = tracing::field::Empty,
                    otel.kind = tracing::field::Empty,
                    otel.status_code = tracing::field::Empty,
                )
            };
        }
        // Probes ask every few seconds, and would be most of what is collected.
        if incoming.shell() { span!("xiuhua::shell") } else { span!(TARGET) }
    }
}

/// Closes the span; what went wrong by our fault is a warning, what went well is for debugging.
fn finish(span: &Span, code: Code, begun: Instant) {
    traces::answered(span, code);
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| match code {
        Code::Ok => tracing::debug!(milliseconds, "answered"),
        fault if traces::is_fault(fault) => tracing::warn!(milliseconds, "failed"),
        _ => tracing::info!(milliseconds, "refused"),
    });
}
