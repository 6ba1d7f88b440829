//! `check`: the configuration and everything it names, all problems at once.

use std::sync::Arc;
use std::time::Duration;

use kernel::clock::{Clock, SystemClock};
use kernel::language::Language;
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
    let (lines, exit) = told(findings, manner.language);
    print_line(&lines.join("\n"))?;
    if exit == Exit::Done { Ok(()) } else { Err(Stop { exit, lines: Vec::new() }) }
}

/// A line for each thing, and how the command ends.
fn told(findings: Vec<(String, Result<(), StartError>)>, language: Language) -> (Vec<String>, Exit) {
    let mut exit = Exit::Done;
    let mut lines = Vec::new();
    for (what, found) in findings {
        let Err(error) = found else {
            lines.push(words::CHECKED.fill(language, &[("what", &what)]));
            continue;
        };
        let problem = problem_of(&error);
        let values: [(&str, &dyn std::fmt::Display); 2] = [("what", &what), ("problem", &problem)];
        lines.push(words::BROKEN.fill(language, &values));
        // What is wrong in the configuration must be put right first.
        exit = if exit == Exit::Usage { exit } else { Stop::from(error).exit };
    }
    (lines, exit)
}

/// A problem on one line, without the head that its thing already has.
fn problem_of(error: &StartError) -> String {
    match error {
        StartError::Configuration(problems) => problems.join("; "),
        StartError::Keys { path, problem } => format!("{}: {problem}", path.display()),
        StartError::Listener(problem) | StartError::Telemetry(problem) | StartError::Service(problem) => {
            problem.clone()
        }
    }
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
    use super::*;

    #[test]
    fn what_is_wrong_in_the_configuration_comes_first() {
        let away = || Err(StartError::Service("away".to_owned()));
        let wrong = || Err(StartError::Configuration(vec!["wrong".to_owned()]));
        let of = |findings: [Result<(), StartError>; 2]| {
            let named = findings.into_iter().map(|found| (String::new(), found)).collect();
            told(named, Language::En)
        };
        assert_eq!(of([Ok(()), Ok(())]).1, Exit::Done);
        assert_eq!(of([Ok(()), away()]).1, Exit::Unavailable);
        let (lines, exit) = of([wrong(), away()]);
        assert_eq!((lines.len(), exit), (2, Exit::Usage));
    }
}
