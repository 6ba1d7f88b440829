//! Health that says what is true: the service is asked every few seconds whether it can do its work.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use kernel::failure::{Failure, Reason};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use super::ReadyCheck;

/// Longest time that a check may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether a service is ready, to be followed by others in the process.
#[derive(Debug, Clone)]
pub struct Readiness(watch::Sender<Result<(), Reason>>);

impl Readiness {
    /// A service that has not been asked yet: it is starting.
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(Err(Reason::ServiceUnavailable)))
    }

    fn set(&self, found: Result<(), Reason>) {
        self.0.send_modify(|state| *state = found);
    }

    /// Whether it was ready when it was last asked; if not, why.
    ///
    /// # Errors
    /// The reason why it is not ready.
    pub fn now(&self) -> Result<(), Reason> {
        *self.0.borrow()
    }

    /// Waits until it is ready.
    pub async fn ready(&self) {
        let mut follower = self.0.subscribe();
        // The sender lives in `self`, so that waiting cannot fail.
        let _ready = follower.wait_for(Result::is_ok).await;
    }
}

/// Asks and publishes until shutdown, and then says NOT_SERVING.
pub(super) async fn watch(
    readiness: Readiness,
    check: ReadyCheck,
    reporter: HealthReporter,
    served: Vec<String>,
    every: Duration,
    shutdown: CancellationToken,
) {
    publish(&reporter, &served, ServingStatus::NotServing).await;
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let asked = async {
            ticks.tick().await;
            ask(&check).await
        };
        let found = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            found = asked => found,
        };
        if found != readiness.now() {
            match found {
                Ok(()) => tracing::info!("ready"),
                Err(reason) => tracing::warn!(%reason, "not ready"),
            }
            let status = if found.is_ok() { ServingStatus::Serving } else { ServingStatus::NotServing };
            publish(&reporter, &served, status).await;
            readiness.set(found);
        }
        if let Ok(metrics) = crate::telemetry::metrics() {
            metrics.tidy();
        }
    }
    publish(&reporter, &served, ServingStatus::NotServing).await;
    readiness.set(Err(Reason::ShuttingDown));
}

/// One answer of the check. One that takes too long or panics is none.
async fn ask(check: &ReadyCheck) -> Result<(), Reason> {
    let asked = AssertUnwindSafe(async { check().await }).catch_unwind();
    match timeout(PATIENCE, asked).await {
        Ok(Ok(Ok(()))) => Ok(()),
        Ok(Ok(Err(failure))) => Err(told(&failure)),
        Ok(Err(_)) => Err(Reason::Internal),
        Err(_) => Err(Reason::DeadlineExceeded),
    }
}

fn told(failure: &Failure) -> Reason {
    tracing::debug!(%failure, internal = failure.internal(), "not ready");
    failure.reason()
}

/// The overall status and that of every gRPC service in it.
async fn publish(reporter: &HealthReporter, served: &[String], status: ServingStatus) {
    for name in std::iter::once("").chain(served.iter().map(String::as_str)) {
        reporter.set_service_status(name, status).await;
    }
}
