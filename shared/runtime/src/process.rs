//! A service as a process of its own: configuration, telemetry, keys, listeners, an orderly end.

use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use kernel::clock::{Clock, SystemClock};
use kernel::failure::Failure;
use kernel::randomness::SystemRandomness;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::client::{Channels, Identity};
use crate::config::{ServiceConfig, Sources, load};
use crate::error::StartError;
use crate::keys::Keys;
use crate::policy::Policies;
use crate::probe::{self, Probe};
use crate::roles::Roles;
use crate::server::{self, Service};
use crate::shell::Shell;
use crate::{telemetry, traces};

/// What a process gives the service that runs in it.
pub struct Process {
    /// The configuration.
    pub config: ServiceConfig,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The keys: of the folder, made there if it has none and the data is local, else refused.
    pub keys: Keys,
    /// Channels to the other services.
    pub channels: Channels,
    /// What every RPC asks for.
    pub policies: Arc<Policies>,
    /// What every role may do.
    pub roles: Arc<Roles>,
}

impl Process {
    /// Prepares a process from its configuration.
    ///
    /// # Errors
    /// Keys that are missing or broken, an address that is none.
    pub fn prepare(config: ServiceConfig) -> Result<Self, StartError> {
        let started = |failure: Failure| StartError::Service(failure.to_string());
        let local = config.database.data_dir.is_some();
        let keys = match config.keys_folder() {
            Some(folder) if local => Keys::load_or_create(&folder, &SystemRandomness)?,
            Some(folder) => Keys::load(&folder)?,
            None => Keys::throw_away(&SystemRandomness)?,
        };
        let keys = match &config.index_key {
            Some(key) => keys.with_index_key(key.reveal())?,
            None => keys,
        };
        let policies = Arc::new(Policies::contract().map_err(started)?);
        let roles = Arc::new(Roles::standard().map_err(started)?);
        let channels = Channels::new(&config.services, Arc::clone(&policies))?;
        Ok(Self { config, clock: Arc::new(SystemClock), keys, channels, policies, roles })
    }

    /// As whom a service of this process works in the background.
    #[must_use]
    pub fn identity(&self, service: &'static str) -> Identity {
        Identity::of_service(service, &self.keys, &self.config, Arc::clone(&self.clock))
    }
}

/// Runs the service of this name until the process is told to stop: the first argument of the process names a configuration file, if
/// there is one. Says on the standard error what kept it from starting.
pub async fn main<B, F>(name: &'static str, build: B) -> ExitCode
where
    B: FnOnce(Arc<Process>) -> F,
    F: Future<Output = Result<Service, StartError>>,
{
    let file = std::env::args_os().nth(1).map(PathBuf::from);
    let served = match load::<ServiceConfig>(&Sources::of_process(file, Vec::new())) {
        Ok(config) => run(name, config, build).await,
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

/// Runs the service of this name with this configuration until SIGINT or SIGTERM.
///
/// # Errors
/// What kept it from starting, or made it stop.
pub async fn run<B, F>(name: &'static str, config: ServiceConfig, build: B) -> Result<(), StartError>
where
    B: FnOnce(Arc<Process>) -> F,
    F: Future<Output = Result<Service, StartError>>,
{
    let metrics = telemetry::start(&config.log, &config.telemetry, name)?;
    let process = Arc::new(Process::prepare(config)?);
    let config = &process.config;
    let shell = Shell::of_config(config, &process.keys, Arc::clone(&process.clock))
        .map_err(|failure| StartError::Service(failure.to_string()))?;
    let service = build(Arc::clone(&process)).await?;
    let shutdown = stop_signal()?;
    let probes_end = CancellationToken::new();
    let probes = match &config.probe_listen {
        Some(address) => {
            let probe = Probe { services: vec![(service.name(), service.readiness())], metrics };
            Some(tokio::spawn(probe::serve(probe, listener(address).await?, probes_end.clone())))
        }
        None => None,
    };
    let outcome = server::serve(service, listener(&config.listen).await?, shell, shutdown).await;
    probes_end.cancel();
    if let Some(probes) = probes {
        probes.await.map_err(|error| StartError::Listener(error.to_string()))??;
    }
    traces::finish().await;
    outcome
}

/// A listener on `address:port`.
///
/// # Errors
/// Where the address cannot be listened on.
pub async fn listener(address: &str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| StartError::Listener(format!("{address}: {error}")))
}

/// Is cancelled when the process is told to stop.
///
/// # Errors
/// Where signals cannot be received.
pub fn stop_signal() -> Result<CancellationToken, StartError> {
    let told = CancellationToken::new();
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        let mut stop = signal(kind).map_err(|error| StartError::Service(error.to_string()))?;
        let told = told.clone();
        tokio::spawn(async move {
            stop.recv().await;
            told.cancel();
        });
    }
    Ok(told)
}
