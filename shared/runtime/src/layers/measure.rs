//! Metrics of every call, by RPC and code. Labels come from the contract, never from a path or a value.

use std::sync::Arc;

use metrics::SharedString;
use tokio::time::Instant;
use tonic::Code;
use tracing::Span;

use super::{Answer, Incoming, Middleware, Next, Request, body};

/// Calls that were answered, by `service`, `rpc` and `code`.
pub(crate) const CALLS: &str = "xiuhua_rpc_calls_total";
/// How long they took, streams to their end, in seconds, by `service` and `rpc`.
pub(crate) const SECONDS: &str = "xiuhua_rpc_seconds";
/// Calls that are being answered, by `service`.
pub(crate) const IN_FLIGHT: &str = "xiuhua_rpc_in_flight";

/// Counts and times calls.
#[derive(Debug, Clone)]
pub(crate) struct Measure {
    /// Name of the service (`registry`).
    pub(crate) service: &'static str,
}

impl Middleware for Measure {
    fn handle<S: Next>(&self, request: Request, next: &mut S) -> Answer {
        let label = Incoming::of(&request).label();
        let flight = Flight::begin(self.service, label);
        let answer = next.call(request);
        Box::pin(async move {
            let Ok(response) = answer.await;
            Ok(body::watch(response, Span::none(), move |code, _| flight.end(code)))
        })
    }
}

/// A call on its way; one whose caller goes away before there is an answer counts as cancelled.
struct Flight {
    service: &'static str,
    label: Arc<str>,
    begun: Instant,
    code: Code,
}

impl Flight {
    fn begin(service: &'static str, label: Arc<str>) -> Self {
        metrics::gauge!(IN_FLIGHT, "service" => service).increment(1.0);
        Self { service, label, begun: Instant::now(), code: Code::Cancelled }
    }

    fn end(mut self, code: Code) {
        self.code = code;
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let rpc = SharedString::from_shared(Arc::clone(&self.label));
        let seconds = self.begun.elapsed().as_secs_f64();
        metrics::gauge!(IN_FLIGHT, "service" => self.service).decrement(1.0);
        metrics::histogram!(SECONDS, "service" => self.service, "rpc" => rpc.clone()).record(seconds);
        metrics::counter!(CALLS, "service" => self.service, "rpc" => rpc, "code" => name(self.code))
            .increment(1);
    }
}

/// The code's name as gRPC spells it.
pub(crate) const fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
