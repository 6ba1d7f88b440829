//! Traces: every call is a span of the trace that its caller began, in whichever process it is answered, and is exported by
//! OTLP where a collector is configured.
//!
//! The trace goes from call to call in the headers of W3C Trace Context. A process without a collector passes on what it was
//! sent, so that a trace does not break there. Only the spans made here are exported: RPC, code and request, and nothing
//! that a record or a person could be known by.

use std::sync::OnceLock;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tonic::Code;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::config::TelemetryConfig;

/// Target of the spans that are exported; no other span or event is.
pub(crate) const TARGET: &str = "xiuhua::rpc";

/// The headers of W3C Trace Context.
const HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("traceparent"), HeaderName::from_static("tracestate")];

/// How long the last spans of a process may take to the collector.
const FLUSH: Duration = Duration::from_secs(5);

/// Whose spans go to the collector, once there is one.
static EXPORTER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// The part of the log that makes spans into traces. Must be made in the runtime in which spans are sent.
///
/// # Errors
/// A collector's address that is none.
pub(crate) fn layer<S>(
    config: &TelemetryConfig,
    process: &'static str,
) -> Result<Option<impl Layer<S> + use<S>>, String>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let Some(endpoint) = &config.endpoint else { return Ok(None) };
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .build()
        .map_err(|error| format!("telemetry.endpoint: {error}"))?;
    let share = f64::from(config.sampled_percent) / 100.0;
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder_empty().with_service_name(process).build())
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(share))))
        .with_batch_exporter(exporter)
        .build();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("xiuhua"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target() == TARGET));
    EXPORTER.get_or_init(|| provider);
    Ok(Some(layer))
}

/// Sends what was not sent yet. Called once, when the process ends.
pub async fn finish() {
    let Some(provider) = EXPORTER.get() else { return };
    // It waits in its own thread for the collector, whose channel needs this one's runtime.
    let ended = tokio::task::spawn_blocking(|| provider.shutdown_with_timeout(FLUSH)).await;
    if let Ok(Err(error)) = ended {
        tracing::warn!(%error, "the last spans did not reach the collector");
    }
}

/// The trace to which a call belongs, for the calls that are made to answer it.
#[derive(Debug, Clone)]
pub struct Trace {
    span: Span,
    /// The caller's headers, passed on as they are where nothing is exported.
    received: HeaderMap,
}

impl Default for Trace {
    /// No trace: a call made by it begins one.
    fn default() -> Self {
        Self { span: Span::none(), received: HeaderMap::new() }
    }
}

impl Trace {
    /// The trace of a call that is answered in this span.
    pub(crate) fn of_call(span: &Span, rpc: &str, headers: &HeaderMap) -> Self {
        let mut received = HeaderMap::new();
        for name in HEADERS {
            if let Some(value) = headers.get(&name) {
                received.insert(name, value.clone());
            }
        }
        if EXPORTER.get().is_some() {
            let parent = TraceContextPropagator::new().extract(&Headers(&mut received));
            // It fails only where a filter has taken the span out, and then there is nothing to join.
            let _joined = span.set_parent(parent);
            span.record("otel.name", rpc).record("otel.kind", "server");
        }
        Self { span: span.clone(), received }
    }

    /// The span of a call to another service, and its headers.
    pub(crate) fn call(&self, service: &'static str, rpc: &str, headers: &mut HeaderMap) -> Span {
        if EXPORTER.get().is_none() {
            for (name, value) in &self.received {
                headers.insert(name, value.clone());
            }
            return Span::none();
        }
        let span = tracing::info_span!(
            target: TARGET,
            parent: &self.span,
            "call",
            otel.name = rpc,
            otel.kind = "client",
            otel.status_code = tracing::field::Empty,
            peer.service = service,
            code = tracing::field::Empty,
        );
        TraceContextPropagator::new().inject_context(&span.context(), &mut Headers(headers));
        span
    }
}

/// Ends a span with the code of the answer.
pub(crate) fn answered(span: &Span, code: Code) {
    span.record("code", tracing::field::debug(code));
    if is_fault(code) {
        span.record("otel.status_code", "ERROR");
    }
}

/// Whether a code says that something on our side is wrong; else the caller was refused, or nothing is wrong.
pub(crate) const fn is_fault(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown | Code::Internal | Code::DataLoss | Code::Unavailable | Code::DeadlineExceeded
    )
}

/// Headers as the propagator reads and writes them.
struct Headers<'a>(&'a mut HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

impl Injector for Headers<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(key), HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_collector_a_trace_is_passed_on_as_it_came() {
        let mut came = HeaderMap::new();
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        came.insert("traceparent", parent.parse().unwrap());
        came.insert("tracestate", "desk=7".parse().unwrap());
        came.insert("authorization", "Bearer secret".parse().unwrap());
        let trace = Trace::of_call(&Span::none(), "xiuhua.test.v1.EchoService/Echo", &came);
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", "00-older".parse().unwrap());
        let span = trace.call("registry", "xiuhua.test.v1.EchoService/Echo", &mut headers);
        assert!(span.is_none());
        assert_eq!(headers.len(), 2);
        assert_eq!(
            (&headers["traceparent"], &headers["tracestate"]),
            (&came["traceparent"], &came["tracestate"])
        );
    }

    #[test]
    fn refusals_are_no_faults() {
        assert!(is_fault(Code::Unavailable) && is_fault(Code::Internal));
        assert!(!is_fault(Code::NotFound) && !is_fault(Code::PermissionDenied) && !is_fault(Code::Ok));
    }
}
