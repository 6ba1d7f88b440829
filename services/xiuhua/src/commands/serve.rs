//! `serve`: all services in one process, or one of them.

use std::path::PathBuf;
use std::sync::Arc;

use kernel::clock::{Clock, SystemClock};
use kernel::randomness::SystemRandomness;
use runtime::config::{ServiceConfig, Sources, load};
use runtime::error::StartError;
use runtime::keys::Keys;
use runtime::probe::{self, Probe};
use runtime::telemetry::{self, Metrics};
use runtime::traces;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::arguments::{Configured, OWN_VARIABLES, Which};
use crate::exit::Stop;
use crate::suite::{Common, Fact, PROCESS, Running, Store, Suite, SuiteOptions, listener};

/// Serves until the process is told to stop.
pub(crate) async fn run(asked: Configured) -> Result<(), Stop> {
    let config = load::<ServiceConfig>(&sources(&asked))?;
    let metrics = telemetry::start(&config.log, &config.telemetry, asked.which.process())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let stop = stop_signal()?;
    match asked.which.fact() {
        _ if asked.which == Which::All => all(config, clock, metrics, stop).await?,
        fact => one(fact, config, clock, metrics, stop).await?,
    }
    traces::finish().await;
    Ok(())
}

impl Which {
    /// What the process is called where its traces go.
    const fn process(self) -> &'static str {
        match self.fact() {
            Some(fact) => fact.name(),
            None if matches!(self, Self::Gateway) => gateway::SERVICE,
            None => PROCESS,
        }
    }

    /// The service that owns facts, if it is one.
    pub(super) const fn fact(self) -> Option<Fact> {
        match self {
            Self::Registry => Some(Fact::Registry),
            Self::Assistance => Some(Fact::Assistance),
            Self::PartnerAid => Some(Fact::PartnerAid),
            Self::All | Self::Gateway => None,
        }
    }
}

async fn all(
    config: ServiceConfig,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    stop: CancellationToken,
) -> Result<(), StartError> {
    let store = Store::of_config(&config)?;
    let keys = keys_of(&config)?;
    let probe_listen = config.probe_listen.clone();
    let suite = Suite::start(SuiteOptions { store, clock, keys, config, templates: None }).await?;
    let probes = Probes::start(suite.running(), probe_listen.as_deref(), metrics).await?;
    tracing::info!(address = %suite.gateway_address, "the suite is served");
    tokio::select! {
        () = stop.cancelled() => {}
        () = suite.ended() => {}
    }
    let ended = suite.shutdown().await;
    probes.stop().await;
    ended
}

/// One service, with the others at the addresses of the configuration; the gateway if `fact` is none.
async fn one(
    fact: Option<Fact>,
    config: ServiceConfig,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
    stop: CancellationToken,
) -> Result<(), StartError> {
    let keys = keys_of(&config)?;
    let common = Common::new(&config, &config.services, &keys, &clock)?;
    let listener = listener(&config.listen).await?;
    let (service, db) = match fact {
        Some(fact) => {
            let (service, db) = common.fact(fact, &folder_made(Store::of_config(&config)?)?).await?;
            (service, Some(db))
        }
        None => (common.gateway(None)?, None),
    };
    let running = Running::start(service, listener, common.shell.clone(), db);
    let probes = Probes::start(std::iter::once(&running), config.probe_listen.as_deref(), metrics).await?;
    tokio::select! {
        () = stop.cancelled() => {}
        () = running.stopping.cancelled() => {}
    }
    let ended = running.stop().await;
    probes.stop().await;
    ended
}

fn folder_made(store: Store) -> Result<Store, StartError> {
    if let Store::Folder(folder) = &store {
        let wrong = |error| StartError::Configuration(vec![format!("database.data_dir: {error}")]);
        std::fs::create_dir_all(folder).map_err(wrong)?;
    }
    Ok(store)
}

/// The plaintext listener for probes and metrics, where one is configured.
struct Probes {
    end: CancellationToken,
    task: Option<tokio::task::JoinHandle<Result<(), StartError>>>,
}

impl Probes {
    async fn start(
        running: impl Iterator<Item = &Running>,
        address: Option<&str>,
        metrics: Metrics,
    ) -> Result<Self, StartError> {
        let end = CancellationToken::new();
        let Some(address) = address else { return Ok(Self { end, task: None }) };
        let services = running.map(|running| (running.name, running.readiness.clone())).collect();
        let listener = listener(address).await?;
        let task = tokio::spawn(probe::serve(Probe { services, metrics }, listener, end.clone()));
        Ok(Self { end, task: Some(task) })
    }

    /// Last of all: probes should see the services stop.
    async fn stop(self) {
        self.end.cancel();
        if let Some(task) = self.task
            && let Ok(Err(error)) = task.await
        {
            tracing::warn!(%error, "the probe listener did not end well");
        }
    }
}

/// The sources of a configuration: command line over environment over file.
pub(super) fn sources(asked: &Configured) -> Sources {
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    let given = [
        ("database.data_dir", path(&asked.place.data_dir)),
        ("database.url", asked.place.database_url.clone()),
        ("keys_dir", path(&asked.keys_dir)),
        ("listen", asked.listen.clone()),
        ("probe_listen", asked.probe_listen.clone()),
    ];
    let mut options: Vec<(String, String)> =
        given.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect();
    options.extend(asked.set.iter().cloned());
    let mut sources = Sources::of_process(asked.config.clone(), options);
    sources.environment.retain(|(variable, _)| !OWN_VARIABLES.contains(&variable.as_str()));
    sources
}

/// The keys that a configuration names. An embedded store makes its own on the first start.
pub(super) fn keys_of(config: &ServiceConfig) -> Result<Keys, StartError> {
    let Some(folder) = config.keys_folder() else {
        let problem = "keys_dir: must be given (`xiuhua keys init DIR`)".to_owned();
        return Err(StartError::Configuration(vec![problem]));
    };
    let keys = match config.keys_dir {
        Some(_) => Keys::load(&folder)?,
        None => Keys::load_or_create(&folder, &SystemRandomness)?,
    };
    match &config.index_key {
        Some(key) => keys.with_index_key(key.reveal()),
        None => Ok(keys),
    }
}

/// Is cancelled when the process is told to stop, by SIGINT or SIGTERM.
pub(super) fn stop_signal() -> Result<CancellationToken, StartError> {
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::arguments::{Arguments, Command};

    #[test]
    fn options_of_the_command_line_become_keys() {
        let line =
            "xiuhua serve registry --data-dir d --listen 127.0.0.1:1 --set services.registry=http://r:1";
        let Command::Serve(asked) = Arguments::try_parse_from(line.split(' ')).unwrap().command else {
            panic!("another command");
        };
        let mut sources = sources(&asked.configured);
        sources.environment.clear();
        let config: ServiceConfig = load(&sources).unwrap();
        assert_eq!(config.database.data_dir, Some(PathBuf::from("d")));
        assert_eq!(config.listen, "127.0.0.1:1");
        assert_eq!(config.services.registry.as_deref(), Some("http://r:1"));
        assert_eq!(asked.configured.which.fact(), Some(Fact::Registry));
    }

    #[test]
    fn a_store_must_be_named() {
        assert!(matches!(Store::of_config(&ServiceConfig::default()), Err(StartError::Configuration(_))));
    }
}
