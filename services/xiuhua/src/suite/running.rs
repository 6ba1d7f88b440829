//! A service that runs as a task of this process.

use kernel::failure::Failure;
use runtime::error::StartError;
use runtime::server::{self, Readiness, Service};
use runtime::shell::Shell;
use store::Db;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A service that was started.
pub struct Running {
    /// Its name.
    pub name: &'static str,
    /// Whether it is ready.
    pub readiness: Readiness,
    /// Is cancelled when it stops, whoever wanted it.
    pub stopping: CancellationToken,
    task: JoinHandle<Result<(), StartError>>,
    db: Option<Db>,
}

impl Running {
    /// Serves on a listener until it is stopped. The database is closed after that.
    #[must_use]
    pub fn start(service: Service, listener: TcpListener, shell: Shell, db: Option<Db>) -> Self {
        let stopping = CancellationToken::new();
        let (name, readiness) = (service.name(), service.readiness());
        let end = stopping.clone();
        let task = tokio::spawn(async move {
            // Whatever ends it, others must hear of it.
            let _ending = end.clone().drop_guard();
            server::serve(service, listener, shell, end).await
        });
        Self { name, readiness, stopping, task, db }
    }

    /// Stops it: it says so, lets its calls finish, and closes its database.
    ///
    /// # Errors
    /// Where it did not end well.
    pub async fn stop(self) -> Result<(), StartError> {
        self.stopping.cancel();
        let ended = match self.task.await {
            Ok(ended) => ended,
            Err(error) => Err(StartError::Service(format!("{}: {error}", self.name))),
        };
        if let Some(db) = self.db {
            db.close().await;
        }
        ended
    }
}

/// A failure while something starts.
#[must_use]
pub fn started(failure: Failure) -> StartError {
    StartError::Service(super::told(&failure))
}
