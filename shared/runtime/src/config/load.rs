//! Reads a configuration from its sources and collects all problems.

use std::path::PathBuf;

use figment::Figment;
use figment::error::Kind;
use figment::providers::{Format, Serialized, Toml};
use figment::util::nest;
use figment::value::{Dict, Map, Tag, Value};
use figment::{Metadata, Profile, Provider, Source};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Check;
use crate::error::StartError;

/// Before every variable of the environment that is ours.
const PREFIX: &str = "XIUHUA_";

/// Variables that begin like ours, but belong to the command line as a client.
const CLIENT_VARIABLES: [&str; 5] =
    ["XIUHUA_CONFIG", "XIUHUA_TOKEN", "XIUHUA_TOKEN_FILE", "XIUHUA_ADDRESS", "XIUHUA_LANG"];

/// Most problems that are looked for.
const MOST_PROBLEMS: usize = 100;

/// Where a configuration comes from, besides the defaults.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// A TOML file. It must exist if it is named.
    pub file: Option<PathBuf>,
    /// Variables of the environment; those that are not `XIUHUA_…` are ignored.
    pub environment: Vec<(String, String)>,
    /// Options of the command line: a dotted key (`database.url`) and its value.
    pub options: Vec<(String, String)>,
}

impl Sources {
    /// These options, the process's environment and a file. The only place that reads the environment.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the environment is read here, once")]
    pub fn of_process(file: Option<PathBuf>, options: Vec<(String, String)>) -> Self {
        // A variable that is no UTF-8 cannot be one of ours, and is no reason to stop.
        let environment = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { file, environment, options }
    }
}

/// Reads and checks a configuration.
///
/// # Errors
/// All problems at once: unknown keys, values of the wrong type and what [`Check::problems`] finds.
pub fn load<C>(sources: &Sources) -> Result<C, StartError>
where
    C: Check + Default + Serialize + DeserializeOwned,
{
    let (values, mut problems) = merged::<C>(sources);
    let (config, broken) = extracted::<C>(values);
    problems.extend(broken);
    if let Some(config) = &config {
        problems.extend(config.problems());
    }
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => Err(StartError::Configuration(problems)),
    }
}

/// The sources over each other, and the problems of reading them at all.
fn merged<C: Default + Serialize>(sources: &Sources) -> (Figment, Vec<String>) {
    let mut problems = Vec::new();
    let mut values = Figment::from(Serialized::defaults(C::default()));
    if let Some(path) = &sources.file {
        match std::fs::read_to_string(path) {
            Ok(_) => values = values.merge(Toml::file_exact(path)),
            Err(error) => problems.push(format!("{}: {error}", path.display())),
        }
    }
    let environment = sources.environment.iter().filter_map(|(variable, text)| {
        let key = variable.strip_prefix(PREFIX)?.to_lowercase().replace("__", ".");
        let ours = !CLIENT_VARIABLES.contains(&variable.as_str());
        ours.then(|| Pair { source: "environment", key, text: text.clone() })
    });
    let options = sources.options.iter().map(|(key, text)| Pair {
        source: "command line",
        key: key.clone(),
        text: text.clone(),
    });
    (environment.chain(options).fold(values, Figment::merge), problems)
}

/// One key and its value as a source.
struct Pair {
    source: &'static str,
    key: String,
    text: String,
}

impl Provider for Pair {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.source)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let value: Value = self.text.parse().unwrap_or_else(|_| Value::from(self.text.as_str()));
        let nested = nest(&self.key, value).into_dict().unwrap_or_default();
        Ok(Profile::Default.collect(nested))
    }
}

/// The configuration, or every key that stands against it: a broken key is noted, taken out, and the rest is tried again.
fn extracted<C: DeserializeOwned>(sources: Figment) -> (Option<C>, Vec<String>) {
    let mut values = sources.clone();
    let mut problems = Vec::new();
    while problems.len() < MOST_PROBLEMS {
        let error = match values.extract::<C>() {
            Ok(config) => return (Some(config), problems),
            Err(error) => error,
        };
        let path = path_of(&error);
        problems.push(told(&error, &path.join("."), &sources));
        match without(&values, &path) {
            Some(rest) => values = rest,
            None => break,
        }
    }
    (None, problems)
}

/// Path of the broken key.
fn path_of(error: &figment::Error) -> Vec<String> {
    let mut path = error.path.clone();
    if let Kind::UnknownField(name, _) = &error.kind
        && path.last() != Some(name)
    {
        path.push(name.clone());
    }
    path
}

/// A problem in words: key, what is wrong, and which source says so.
fn told(error: &figment::Error, key: &str, sources: &Figment) -> String {
    let what = match &error.kind {
        Kind::UnknownField(_, known) => format!("there is no such key; there are {}", known.join(", ")),
        kind => kind.to_string(),
    };
    let place = sources.find_metadata(key).map(|metadata| match &metadata.source {
        Some(Source::File(path)) => format!(" ({})", path.display()),
        Some(_) | None => format!(" ({})", metadata.name),
    });
    let separator = if key.is_empty() { "" } else { ": " };
    format!("{key}{separator}{what}{}", place.unwrap_or_default())
}

/// The values without one key; `None` where there is nothing to take out.
fn without(values: &Figment, path: &[String]) -> Option<Figment> {
    let mut all = values.extract::<Dict>().ok()?;
    let (last, above) = path.split_last()?;
    let mut dict = &mut all;
    for key in above {
        match dict.get_mut(key)? {
            Value::Dict(_, inner) => dict = inner,
            _ => return None,
        }
    }
    dict.remove(last)?;
    Some(Figment::from(Serialized::defaults(Value::Dict(Tag::Default, all))))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::config::{LogFormat, ServiceConfig};

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn problems(sources: &Sources) -> Vec<String> {
        match load::<ServiceConfig>(sources).unwrap_err() {
            StartError::Configuration(problems) => problems,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn sources_stand_over_each_other() {
        let file = file(
            "listen = \"127.0.0.1:1\"\n[limits]\nconcurrency = 1\nstreams = 1\nmessage_bytes = 1\n[log]\nformat = \"json\"",
        );
        let sources = Sources {
            file: Some(file.path().to_owned()),
            environment: pairs(&[
                ("XIUHUA_LIMITS__STREAMS", "2"),
                ("XIUHUA_LIMITS__MESSAGE_BYTES", "2"),
                ("XIUHUA_TOKEN", "not for a service"),
                ("HOME", "/"),
            ]),
            options: pairs(&[("limits.message_bytes", "3"), ("programmes", "[housing,education]")]),
        };
        let config: ServiceConfig = load(&sources).unwrap();
        let limits = &config.limits;
        assert_eq!((limits.concurrency, limits.streams, limits.message_bytes), (1, 2, 3));
        assert_eq!(limits.deadline_default_seconds, 30);
        assert_eq!((config.listen.as_str(), config.log.format), ("127.0.0.1:1", LogFormat::Json));
        assert_eq!(config.programmes, ["housing", "education"]);
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let file =
            file("listne = \"127.0.0.1:1\"\n[limits]\nconcurrency = \"many\"\n[log]\nformat = \"xml\"");
        let sources = Sources {
            file: Some(file.path().to_owned()),
            environment: pairs(&[("XIUHUA_LIMITS__STREAM", "2")]),
            options: pairs(&[
                ("listen", "nowhere"),
                ("limits.streams", "0"),
                ("services.registry", "registry"),
                ("database.url", "mysql://db"),
                ("database.schema", "No; DROP"),
            ]),
        };
        let problems = problems(&sources);
        for expected in [
            "listne",
            "limits.concurrency",
            "log.format",
            "stream",
            "environment",
            "listen:",
            "limits.streams:",
            "services.registry:",
            "database.url:",
            "database.schema:",
        ] {
            assert!(problems.iter().any(|problem| problem.contains(expected)), "{expected} in {problems:#?}");
        }
        assert_eq!(problems.len(), 9, "{problems:#?}");
    }

    #[test]
    fn a_named_file_must_exist_and_a_database_needs_keys() {
        let sources = Sources { file: Some(PathBuf::from("/nowhere/xiuhua.toml")), ..Sources::default() };
        assert!(problems(&sources)[0].contains("/nowhere/xiuhua.toml"));
        let sources =
            Sources { options: pairs(&[("database.url", "postgres://db/x")]), ..Sources::default() };
        assert!(problems(&sources)[0].starts_with("keys_dir"));
    }

    #[test]
    fn it_is_printed_without_secrets_and_can_be_read_again() {
        let sources = Sources {
            options: pairs(&[
                ("database.url", "postgres://office:s3cret@db/x"),
                ("keys_dir", "keys"),
                ("index_key", "s3cret"),
                ("service_token", "s3cret"),
            ]),
            ..Sources::default()
        };
        let config: ServiceConfig = load(&sources).unwrap();
        assert_eq!(config.database.url.as_ref().unwrap().reveal(), "postgres://office:s3cret@db/x");
        let printed = config.printed();
        assert!(!printed.contains("s3cret") && printed.contains("office"), "{printed}");
        assert!(!format!("{config:?}").contains("s3cret"));
        let again: ServiceConfig = toml::from_str(&printed).unwrap();
        assert_eq!(again.limits, config.limits);
    }
}
