//! What stands after `--` on the command line.

use std::path::PathBuf;
use std::time::Duration;

use suite::harness::Backend;

/// How the benchmark is called.
pub const USAGE: &str = "cargo bench -p benches [-- OPTIONS]

  --json FILE       writes the table as JSON too
  --only NAME       only one of: get, profile, create, import, report
  --seconds N       how long each line of each database is measured, suite and limit together; 20 unless told
  --database NAME   only on sqlite or only on postgres
  --smoke           everything at a hundredth of its size, to see that it works

PostgreSQL is measured where XIUHUA_TEST_POSTGRES_URL names one.";

/// A line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// GetHousehold.
    Get,
    /// GetHouseholdProfile.
    Profile,
    /// CreateHousehold.
    Create,
    /// ImportRows.
    Import,
    /// GetReport.
    Report,
}

impl Only {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "get" => Self::Get,
            "profile" => Self::Profile,
            "create" => Self::Create,
            "import" => Self::Import,
            "report" => Self::Report,
            _ => return None,
        })
    }
}

/// What is measured, and how long.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the table goes as JSON.
    pub json: Option<PathBuf>,
    /// The only line.
    pub only: Option<Only>,
    /// Time of each line, suite and limit together.
    pub time: Duration,
    /// The only database: `sqlite` or `postgres`.
    pub database: Option<String>,
    /// A hundredth of everything.
    pub smoke: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { json: None, only: None, time: Duration::from_secs(20), database: None, smoke: false }
    }
}

impl Options {
    /// Reads arguments; what is wrong with them otherwise.
    ///
    /// # Errors
    /// An option that is not known, or has no value that it can have.
    pub fn of(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} wants a value"));
            match argument.as_str() {
                // Cargo adds it.
                "--bench" => {}
                "--smoke" => options.smoke = true,
                "--json" => options.json = Some(value()?.into()),
                "--database" => match value()? {
                    name if ["sqlite", "postgres"].contains(&name.as_str()) => options.database = Some(name),
                    name => return Err(format!("no database is called {name}")),
                },
                "--only" => {
                    let name = value()?;
                    let only = Only::of(&name).ok_or_else(|| format!("no line is called {name}"))?;
                    options.only = Some(only);
                }
                "--seconds" => {
                    let number = value()?;
                    let seconds: u64 = number.parse().map_err(|_| format!("{number} is no number"))?;
                    options.time = Duration::from_secs(seconds.max(1));
                }
                other => return Err(format!("{other} is not known")),
            }
        }
        if options.smoke {
            options.time = Duration::from_millis(80);
        }
        Ok(options)
    }

    /// Whether a database is measured.
    #[must_use]
    pub fn wants_database(&self, backend: &Backend) -> bool {
        self.database.as_ref().is_none_or(|only| only == database(backend))
    }

    /// Whether a line is measured.
    #[must_use]
    pub fn wants(&self, line: Only) -> bool {
        self.only.is_none_or(|only| only == line)
    }
}

/// How `--database` names one.
#[must_use]
pub const fn database(backend: &Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "sqlite",
        Backend::Postgres(_) => "postgres",
    }
}
