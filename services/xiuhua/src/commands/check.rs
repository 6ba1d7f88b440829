//! `check`: the configuration and everything it names, all problems at once.

use std::sync::Arc;
use std::time::Duration;

use kernel::clock::{Clock, SystemClock};
use runtime::config::{ServiceConfig, load};
use runtime::error::StartError;
use runtime::keys::Keys;
use tonic::transport::Endpoint;

use super::serve::sources;
use super::{Manner, print_line};
use crate::arguments::{Configured, Which};
use crate::exit::{Exit, Stop};
use crate::suite::{Fact, Store, listener};
use crate::words;

/// How long another service may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Checks and prints one line for each thing.
pub(crate) async fn run(asked: Configured, manner: Manner) -> Result<(), Stop> {
    let config = load::<ServiceConfig>(&sources(&asked))?;
    let mut findings = vec![("configuration".to_owned(), Ok(()))];
    findings.push(("keys".to_owned(), keys(&config)));
    findings.push((format!("listen {}", config.listen), listener(&config.listen).await.map(drop)));
    if let Some(address) = &config.probe_listen {
        findings.push((format!("probe_listen {address}"), listener(address).await.map(drop)));
    }
    findings.extend(databases(&config, asked.which).await);
    findings.extend(services(&config, asked.which).await);
    told(findings, manner)
}

fn told(findings: Vec<(String, Result<(), StartError>)>, manner: Manner) -> Result<(), Stop> {
    let mut exit = Exit::Done;
    for (what, found) in findings {
        match found {
            Ok(()) => print_line(&words::CHECKED.fill(manner.language, &[("what", &what)]))?,
            Err(error) => {
                let problem = error.to_string();
                let values: [(&str, &dyn std::fmt::Display); 2] = [("what", &what), ("problem", &problem)];
                print_line(&words::BROKEN.fill(manner.language, &values))?;
                let found = Stop::from(error).exit;
                // What is wrong in the configuration must be put right first.
                exit = if exit == Exit::Usage { exit } else { found };
            }
        }
    }
    if exit == Exit::Done { Ok(()) } else { Err(Stop { exit, lines: Vec::new() }) }
}

/// An embedded store makes its keys when it is started first; all others must be there.
fn keys(config: &ServiceConfig) -> Result<(), StartError> {
    let folder = config.keys_folder().unwrap_or_default();
    if config.keys_dir.is_none() && !folder.exists() && config.database.data_dir.is_some() {
        return Ok(());
    }
    Keys::load(&folder).map(drop)
}

async fn databases(config: &ServiceConfig, which: Which) -> Vec<(String, Result<(), StartError>)> {
    let facts: Vec<Fact> = match which {
        Which::All => Fact::ALL.to_vec(),
        Which::Gateway => Vec::new(),
        Which::Registry | Which::Assistance | Which::PartnerAid => which.fact().into_iter().collect(),
    };
    if facts.is_empty() {
        return Vec::new();
    }
    let store = match Store::of_config(config) {
        Ok(store) => store,
        Err(error) => return vec![("database".to_owned(), Err(error))],
    };
    let mut findings = Vec::new();
    for fact in facts {
        let found = match &store {
            Store::Folder(folder) => folder_found(folder),
            Store::Postgres(_) => reached(fact, &store, config).await,
        };
        findings.push((format!("database {}", fact.name()), found));
    }
    findings
}

/// A check makes no files: it looks whether the folder can hold some.
fn folder_found(folder: &std::path::Path) -> Result<(), StartError> {
    let wrong = |problem: String| StartError::Configuration(vec![format!("{}: {problem}", folder.display())]);
    match std::fs::metadata(folder) {
        Ok(found) if !found.is_dir() => Err(wrong("is no folder".to_owned())),
        Ok(found) if found.permissions().readonly() => Err(wrong("cannot be written".to_owned())),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(wrong(error.to_string())),
    }
}

async fn reached(fact: Fact, store: &Store, config: &ServiceConfig) -> Result<(), StartError> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let db = fact.open(store, &config.database, &clock).await?;
    let answered = db.ping().await.map_err(|error| StartError::Service(error.to_string()));
    db.close().await;
    answered
}

/// The other services at the addresses of the configuration. In one process they are not there yet.
async fn services(config: &ServiceConfig, which: Which) -> Vec<(String, Result<(), StartError>)> {
    if which == Which::All {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (name, addresses) in config.services.all() {
        for address in addresses.split(',').map(str::trim) {
            findings.push((format!("{name} {address}"), connected(address).await));
        }
    }
    findings
}

async fn connected(address: &str) -> Result<(), StartError> {
    let wrong = |error: tonic::transport::Error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
        StartError::Service(format!("{error}{}", cause.unwrap_or_default()))
    };
    let endpoint = Endpoint::from_shared(address.to_owned()).map_err(wrong)?;
    endpoint.connect_timeout(PATIENCE).connect().await.map(drop).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use kernel::language::Language;

    use super::*;

    #[test]
    fn what_is_wrong_in_the_configuration_comes_first() {
        let manner = Manner { language: Language::En, quiet: true };
        let away = || Err(StartError::Service("away".to_owned()));
        let wrong = || Err(StartError::Configuration(vec!["wrong".to_owned()]));
        let of = |findings: [Result<(), StartError>; 2]| {
            let named = findings.into_iter().map(|found| (String::new(), found)).collect();
            told(named, manner).map_err(|stop| stop.exit)
        };
        assert_eq!(of([Ok(()), Ok(())]), Ok(()));
        assert_eq!(of([Ok(()), away()]), Err(Exit::Unavailable));
        assert_eq!(of([wrong(), away()]), Err(Exit::Usage));
    }
}
