//! Log and metrics of a process. Both are set up once, however many services run in it.
//!
//! No personal data goes in here: subjects, names, numbers and texts of records are never fields of a span or labels of a
//! metric, and a panic is told by its place, since its text may hold a value.

use std::panic::PanicHookInfo;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{LogConfig, LogFormat, TelemetryConfig};
use crate::error::StartError;
use crate::layers::measure;
use crate::traces;

/// Bounds of the buckets of durations, in seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

static METRICS: OnceLock<Result<Metrics, String>> = OnceLock::new();
static LOG: OnceLock<Result<(), String>> = OnceLock::new();

/// The metrics of the process.
#[derive(Debug, Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

impl Metrics {
    /// All metrics in the text form of Prometheus.
    #[must_use]
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Takes what was measured into the buckets. Needs to be done now and then, or unread measurements pile up.
    pub fn tidy(&self) {
        self.handle.run_upkeep();
    }
}

/// The metrics of the process; set up when first asked for.
///
/// # Errors
/// Where something else in the process has set up metrics of its own.
pub fn metrics() -> Result<Metrics, StartError> {
    METRICS.get_or_init(measuring).clone().map_err(StartError::Telemetry)
}

fn measuring() -> Result<Metrics, String> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(measure::SECONDS.to_owned()), &SECONDS)
        .map_err(|error| error.to_string())?
        .build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).map_err(|error| error.to_string())?;
    Ok(Metrics { handle })
}

/// Sets up log, metrics and the export of traces, in which the process goes by this name. A second call keeps the first
/// one's log and export. Needs a runtime around it where traces are exported; [`traces::finish`] sends the last of them.
///
/// # Errors
/// A filter or an address that cannot be read; something else in the process that has set up a log or metrics of its own.
pub fn start(
    log: &LogConfig,
    exported: &TelemetryConfig,
    process: &'static str,
) -> Result<Metrics, StartError> {
    LOG.get_or_init(|| logging(log, exported, process)).clone().map_err(StartError::Telemetry)?;
    metrics()
}

fn logging(config: &LogConfig, exported: &TelemetryConfig, process: &'static str) -> Result<(), String> {
    let filter = EnvFilter::try_new(&config.filter).map_err(|error| error.to_string())?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    // What is logged and what is traced do not depend on each other.
    let lines = match config.format {
        LogFormat::Human => lines.with_filter(filter).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).with_filter(filter).boxed(),
    };
    let log = tracing_subscriber::registry().with(lines).with(traces::layer(exported, process)?);
    log.try_init().map_err(|error| error.to_string())?;
    std::panic::set_hook(Box::new(tell_panic));
    Ok(())
}

fn tell_panic(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    // A literal text is ours; one that was put together may hold a value of a record.
    let text = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("(text withheld)");
    tracing::error!(place, text, "panic");
}
