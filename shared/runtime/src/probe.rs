//! A plaintext listener for probes and metrics, apart from the service's own: `/healthz` (the process lives), `/readyz`
//! (every service in it is ready) and `/metrics`.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::error::StartError;
use crate::server::Readiness;
use crate::telemetry::Metrics;

/// Content type of the metrics' text form.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What the probes look at.
#[derive(Debug, Clone)]
pub struct Probe {
    /// Names of the process's services and whether they are ready.
    pub services: Vec<(&'static str, Readiness)>,
    /// The process's metrics.
    pub metrics: Metrics,
}

/// Serves probes until `shutdown` is cancelled. Cancel it last: probes should see the service stop.
///
/// # Errors
/// Where the listener breaks.
pub async fn serve(
    probe: Probe,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    axum::serve(listener, router(probe))
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
        .map_err(|error| StartError::Listener(error.to_string()))
}

fn router(probe: Probe) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(probe)
}

async fn ready(State(probe): State<Probe>) -> impl IntoResponse {
    let mut all = StatusCode::OK;
    let mut lines = String::new();
    for (name, readiness) in &probe.services {
        match readiness.now() {
            Ok(()) => lines.push_str(&format!("{name}: ready\n")),
            Err(reason) => {
                all = StatusCode::SERVICE_UNAVAILABLE;
                lines.push_str(&format!("{name}: {reason}\n"));
            }
        }
    }
    (all, lines)
}

async fn metrics(State(probe): State<Probe>) -> impl IntoResponse {
    ([(CONTENT_TYPE, METRICS_TYPE)], probe.metrics.render())
}
