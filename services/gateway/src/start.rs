//! Runs the gateway as a process of its own.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use kernel::clock::{Clock, SystemClock};
use kernel::failure::Failure;
use kernel::randomness::SystemRandomness;
use runtime::client::Channels;
use runtime::config::{ServiceConfig, Sources, load};
use runtime::error::StartError;
use runtime::keys::Keys;
use runtime::policy::Policies;
use runtime::probe::{self, Probe};
use runtime::roles::Roles;
use runtime::shell::Shell;
use runtime::token::{Authenticator, Verifier};
use runtime::{server, telemetry};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::report::template::Templates;
use crate::{Gateway, Parts};

/// Reads the configuration (the process's first argument names a file, if there is one), serves until the process is told
/// to stop, and says how that went.
pub async fn main() -> ExitCode {
    let file = std::env::args_os().nth(1).map(PathBuf::from);
    let config = load::<ServiceConfig>(&Sources::of_process(file, Vec::new()));
    let served = match config {
        Ok(config) => serve(&config, Templates::standard()).await,
        Err(error) => Err(error),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Serves with a configuration and templates until SIGINT or SIGTERM.
///
/// # Errors
/// What kept it from starting, or made it stop.
pub async fn serve(config: &ServiceConfig, templates: Result<Templates, StartError>) -> Result<(), StartError> {
    let started = |failure: Failure| StartError::Service(failure.to_string());
    let metrics = telemetry::start(&config.log)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let keys = match config.keys_folder() {
        Some(folder) => Keys::load(&folder)?,
        None => Keys::throw_away(&SystemRandomness)?,
    };
    let policies = Arc::new(Policies::contract().map_err(started)?);
    let roles = Roles::standard().map_err(started)?;
    let authenticator = Authenticator::new(Verifier::new(keys.believed()), roles.clone(), Arc::clone(&clock));
    let shell = Shell {
        limits: config.limits.clone(),
        connections: config.connections.clone(),
        shutdown: config.shutdown.clone(),
        ..Shell::new(Arc::clone(&policies), Arc::new(authenticator))
    };
    let channels = Channels::new(&config.services, Arc::clone(&policies))?;
    let parts = Parts { channels, policies, roles: Arc::new(roles), templates: templates?, clock };
    let service = Gateway::new(parts).map_err(started)?.service();

    let shutdown = stop_signal()?;
    let probes_end = CancellationToken::new();
    let probes = match &config.probe_listen {
        Some(address) => {
            let probe = Probe { services: vec![(crate::SERVICE, service.readiness())], metrics };
            Some(tokio::spawn(probe::serve(probe, listener(address).await?, probes_end.clone())))
        }
        None => None,
    };
    let outcome = server::serve(service, listener(&config.listen).await?, shell, shutdown).await;
    probes_end.cancel();
    if let Some(probes) = probes {
        probes.await.map_err(|error| StartError::Listener(error.to_string()))??;
    }
    outcome
}

async fn listener(address: &str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| StartError::Listener(format!("{address}: {error}")))
}

/// Is cancelled when the process is told to stop.
fn stop_signal() -> Result<CancellationToken, StartError> {
    let kinds = [SignalKind::interrupt(), SignalKind::terminate()];
    let told = CancellationToken::new();
    for kind in kinds {
        let mut stop = signal(kind).map_err(|error| StartError::Service(error.to_string()))?;
        let told = told.clone();
        tokio::spawn(async move {
            stop.recv().await;
            told.cancel();
        });
    }
    Ok(told)
}
