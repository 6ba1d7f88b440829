//! What a service is told before it starts: command line over environment (`XIUHUA_…`) over file over defaults.
//!
//! A configuration is read whole, and all its problems are told at once, before a port is bound. Keys that do not exist
//! are problems. Printed, it hides its secrets. In the environment a nested key is written with two underscores:
//! `XIUHUA_DATABASE__URL`.

mod load;
mod values;

pub use load::{Sources, load};
pub use values::{DatabaseUrl, SecretText};

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A configuration that can be checked as a whole.
pub trait Check {
    /// Everything that is wrong with it, each problem naming its key.
    fn problems(&self) -> Vec<String>;
}

/// What every fact-owning service and the gateway are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceConfig {
    /// Address and port of the service.
    pub listen: String,
    /// Address and port of the plaintext listener for probes and metrics; none if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probe_listen: Option<String>,
    /// Where its facts are kept.
    pub database: DatabaseConfig,
    /// Folder with the keys; the data folder's `keys` if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys_dir: Option<PathBuf>,
    /// Key of the blind indexes in place of the folder's: base64 of 32 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_key: Option<SecretText>,
    /// Token for background work where this service cannot issue its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_token: Option<SecretText>,
    /// Programmes that the assistance service serves (`housing`, …); all six if empty.
    pub programmes: Vec<String>,
    /// Where the other services are.
    pub services: Addresses,
    /// Bounds of size, number and time.
    pub limits: LimitsConfig,
    /// Age and care of connections.
    pub connections: ConnectionConfig,
    /// How long stopping takes.
    pub shutdown: ShutdownConfig,
    /// What is logged and how.
    pub log: LogConfig,
    /// Where traces go.
    pub telemetry: TelemetryConfig,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:7400".to_owned(),
            probe_listen: None,
            database: DatabaseConfig::default(),
            keys_dir: None,
            index_key: None,
            service_token: None,
            programmes: Vec::new(),
            services: Addresses::default(),
            limits: LimitsConfig::default(),
            connections: ConnectionConfig::default(),
            shutdown: ShutdownConfig::default(),
            log: LogConfig::default(),
            telemetry: TelemetryConfig::default(),
        }
    }
}

/// Where facts are kept: in a PostgreSQL database, or embedded in a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// `postgres://…`; the folder is used if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<DatabaseUrl>,
    /// Folder of the embedded store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// Schema in the database; the service's name if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Most connections at a time.
    pub max_connections: u32,
    /// A transaction pooler (PgBouncer) stands before the database.
    pub transaction_pooler: bool,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self { url: None, data_dir: None, schema: None, max_connections: 16, transaction_pooler: false }
    }
}

/// Where services are: `http://host:port` each, or several with commas between, over which calls are spread.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Addresses {
    /// The registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    /// Assistance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assistance: Option<String>,
    /// The paired collaboration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner_aid: Option<String>,
}

impl Addresses {
    /// Names and addresses of the services that are configured.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [("registry", &self.registry), ("assistance", &self.assistance), ("partner-aid", &self.partner_aid)]
            .into_iter()
            .filter_map(|(name, address)| Some((name, address.as_deref()?)))
    }
}

/// Bounds of size, number and time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Most calls that are answered at a time; further ones are refused at once.
    pub concurrency: usize,
    /// Most streams that are open at a time.
    pub streams: usize,
    /// Most bytes of one message of a request.
    pub message_bytes: usize,
    /// Deadline of calls that bring none, in seconds.
    pub deadline_default_seconds: u64,
    /// Longest life of a stream and longest deadline of a call, in seconds.
    pub stream_max_seconds: u64,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            concurrency: 256,
            streams: 256,
            message_bytes: 4 * 1024 * 1024,
            deadline_default_seconds: 30,
            stream_max_seconds: 3600,
        }
    }
}

/// Age and care of connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConnectionConfig {
    /// A connection older than this is asked to end, so that new replicas get load; in seconds, 0 for never.
    pub max_age_seconds: u64,
    /// How long it may finish its calls after that, in seconds.
    pub max_age_grace_seconds: u64,
    /// How often a silent connection is asked whether it is still there, in seconds.
    pub keepalive_seconds: u64,
    /// How long its answer may take, in seconds.
    pub keepalive_timeout_seconds: u64,
}

impl Default for ConnectionConfig {
    fn default() -> Self {
        Self {
            max_age_seconds: 1800,
            max_age_grace_seconds: 3600,
            keepalive_seconds: 60,
            keepalive_timeout_seconds: 20,
        }
    }
}

/// How long stopping takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShutdownConfig {
    /// How long a stopping service says so before it accepts no more connections, in milliseconds.
    pub announce_milliseconds: u64,
    /// How long calls may go on after that before they are cut off, in milliseconds.
    pub drain_milliseconds: u64,
    /// How often readiness is looked at, in milliseconds.
    pub ready_interval_milliseconds: u64,
}

impl Default for ShutdownConfig {
    fn default() -> Self {
        Self { announce_milliseconds: 3000, drain_milliseconds: 20_000, ready_interval_milliseconds: 2000 }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// What is logged and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// How lines look.
    pub format: LogFormat,
    /// What is logged: `info`, or `info,store=debug`.
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::default(), filter: "info".to_owned() }
    }
}

/// Where traces go. They are not exported unless a collector is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TelemetryConfig {
    /// Address of a collector that takes OTLP over gRPC: `http://host:4317`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// Share of the traces that are kept, in per cent, where the caller has not decided.
    pub sampled_percent: u8,
}

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self { endpoint: None, sampled_percent: 100 }
    }
}

impl ServiceConfig {
    /// The folder with the keys.
    #[must_use]
    pub fn keys_folder(&self) -> Option<PathBuf> {
        self.keys_dir.clone().or_else(|| self.database.data_dir.as_ref().map(|folder| folder.join("keys")))
    }

    /// The configuration as TOML, its secrets hidden.
    #[must_use]
    pub fn printed(&self) -> String {
        toml::to_string_pretty(self).unwrap_or_else(|error| format!("# cannot be printed: {error}\n"))
    }
}

impl Check for ServiceConfig {
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, problem: String| problems.push(format!("{key}: {problem}"));
        let listeners = [("listen", Some(&self.listen)), ("probe_listen", self.probe_listen.as_ref())];
        for (key, address) in listeners.into_iter().filter_map(|(key, address)| Some((key, address?))) {
            if address.parse::<SocketAddr>().is_err() {
                wrong(key, format!("{address:?} is not address:port"));
            }
        }
        if self.probe_listen.as_ref() == Some(&self.listen) && !self.listen.ends_with(":0") {
            wrong("probe_listen", "is the same as listen".to_owned());
        }
        match (&self.database.url, &self.database.data_dir) {
            (Some(_), Some(_)) => wrong("database", "url and data_dir exclude each other".to_owned()),
            (Some(url), None) if !url.is_postgres() => {
                wrong("database.url", "is not postgres://…".to_owned())
            }
            (Some(_), None) if self.keys_dir.is_none() => {
                wrong("keys_dir", "must be given with a database url (`xiuhua keys init DIR`)".to_owned());
            }
            _ => {}
        }
        if self.database.schema.as_ref().is_some_and(|schema| !is_schema(schema)) {
            wrong("database.schema", "must be of a-z, 0-9 and _, and begin with a letter".to_owned());
        }
        for (key, address) in self.called() {
            let uri = address.parse::<http::Uri>();
            if !uri.is_ok_and(|uri| uri.scheme().is_some() && uri.host().is_some()) {
                wrong(&key, format!("{address:?} is not http://host:port"));
            }
        }
        if self.telemetry.sampled_percent > 100 {
            wrong("telemetry.sampled_percent", "is more than 100".to_owned());
        }
        for (key, number) in self.positive() {
            if number == 0 {
                wrong(key, "must be more than 0".to_owned());
            }
        }
        if tracing_subscriber::EnvFilter::try_new(&self.log.filter).is_err() {
            wrong("log.filter", format!("{:?} is no filter", self.log.filter));
        }
        problems
    }
}

impl ServiceConfig {
    /// Keys and addresses of everything that is called.
    fn called(&self) -> impl Iterator<Item = (String, &str)> {
        let services = self.services.all().flat_map(|(name, addresses)| {
            let key = format!("services.{}", name.replace('-', "_"));
            addresses.split(',').map(move |address| (key.clone(), address.trim()))
        });
        let collector = self.telemetry.endpoint.as_deref();
        services.chain(collector.map(|address| ("telemetry.endpoint".to_owned(), address)))
    }

    /// Numbers that make no sense as 0.
    fn positive(&self) -> [(&'static str, u64); 8] {
        let wide = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        [
            ("database.max_connections", u64::from(self.database.max_connections)),
            ("limits.concurrency", wide(self.limits.concurrency)),
            ("limits.streams", wide(self.limits.streams)),
            ("limits.message_bytes", wide(self.limits.message_bytes)),
            ("limits.deadline_default_seconds", self.limits.deadline_default_seconds),
            ("limits.stream_max_seconds", self.limits.stream_max_seconds),
            ("connections.keepalive_seconds", self.connections.keepalive_seconds),
            ("shutdown.ready_interval_milliseconds", self.shutdown.ready_interval_milliseconds),
        ]
    }
}

fn is_schema(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
