//! Why a service does not start. For the person who starts it, in English; never sent to a caller.

use std::fmt;
use std::path::{Path, PathBuf};

/// What kept a service from starting or made it stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartError {
    /// All problems of the configuration, each naming its key and source.
    Configuration(Vec<String>),
    /// A key file or folder.
    Keys {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The log or the metrics could not be set up.
    Telemetry(String),
    /// A listener could not be opened or served.
    Listener(String),
    /// The service itself, as its log tells.
    Service(String),
}

impl StartError {
    /// A problem of a key file or folder.
    #[must_use]
    pub fn keys(path: &Path, problem: impl fmt::Display) -> Self {
        Self::Keys { path: path.to_owned(), problem: problem.to_string() }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration(problems) => {
                write!(formatter, "the configuration has {} problem(s):", problems.len())?;
                problems.iter().try_for_each(|problem| write!(formatter, "\n  - {problem}"))
            }
            Self::Keys { path, problem } => write!(formatter, "keys: {}: {problem}", path.display()),
            Self::Telemetry(problem) => write!(formatter, "telemetry: {problem}"),
            Self::Listener(problem) => write!(formatter, "listener: {problem}"),
            Self::Service(problem) => formatter.write_str(problem),
        }
    }
}

impl std::error::Error for StartError {}
