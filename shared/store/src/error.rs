//! What can go wrong in a store.

use std::time::Duration;

use kernel::failure::{Failure, Reason};

/// Why a store did not do as asked. Texts are internal: they are for the log, never for a caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another writer was first: evaluate again from fresh reads.
    #[error("another writer was first")]
    Conflict,
    /// The database cannot be reached or takes no more work; nothing is known to be written.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// A fault of a statement, of the schema or of the stored data; asking again does not help.
    #[error("the database refused: {0}")]
    Other(String),
}

impl StoreError {
    pub(crate) fn other(text: impl std::fmt::Display) -> Self {
        Self::Other(text.to_string())
    }
}

/// PostgreSQL: serialization failure and deadlock.
const POSTGRES_CONFLICTS: [&str; 2] = ["40001", "40P01"];
/// PostgreSQL: classes of connection faults, lacking resources, and orders to stop.
const POSTGRES_UNAVAILABLE: [&str; 3] = ["08", "53", "57"];

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default().into_owned();
                if database.is_unique_violation() {
                    return Self::Conflict;
                }
                // SQLite's (extended) result codes are decimal numbers of at most four digits, SQLSTATE has five.
                match (code.len(), code.parse::<i64>()) {
                    (..=4, Ok(number)) => of_sqlite(number & 0xff, database.message()),
                    _ => of_postgres(&code, database.message()),
                }
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            // A connection that breaks off while it is made looks like an answer that is none.
            | sqlx::Error::Protocol(_) => Self::Unavailable(error.to_string()),
            _ => Self::Other(error.to_string()),
        }
    }
}

fn of_sqlite(code: i64, message: &str) -> StoreError {
    match code {
        // SQLITE_BUSY, SQLITE_LOCKED
        5 | 6 => StoreError::Conflict,
        // SQLITE_NOMEM, READONLY, INTERRUPT, IOERR, FULL, CANTOPEN
        7..=10 | 13 | 14 => StoreError::Unavailable(format!("{message} ({code})")),
        _ => StoreError::Other(format!("{message} ({code})")),
    }
}

fn of_postgres(code: &str, message: &str) -> StoreError {
    if POSTGRES_CONFLICTS.contains(&code) {
        StoreError::Conflict
    } else if POSTGRES_UNAVAILABLE.iter().any(|class| code.starts_with(class)) {
        StoreError::Unavailable(format!("{message} ({code})"))
    } else {
        StoreError::Other(format!("{message} ({code})"))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Conflict => Self::new(Reason::ConflictPersists).because(error),
            StoreError::Unavailable(_) => {
                Self::new(Reason::DatabaseUnavailable).retry_after(Duration::from_secs(1)).because(error)
            }
            StoreError::Other(_) => Self::new(Reason::Internal).because(error),
        }
    }
}
