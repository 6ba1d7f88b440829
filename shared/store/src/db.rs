//! The database as services see it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::stream::BoxStream;
use kernel::clock::Clock;
use tokio::sync::watch;

use crate::error::StoreError;
use crate::migrate::Migration;
use crate::postgres::{Postgres, PostgresOptions};
use crate::sqlite::Sqlite;
use crate::value::{Row, Value};
use crate::write::{Committed, WriteSet};

/// Which database a [`Db`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// SQLite, embedded.
    Sqlite,
    /// PostgreSQL 15 or later.
    Postgres,
}

impl Dialect {
    /// The function that makes a JSON object of alternating names and values.
    #[must_use]
    pub const fn json_object(self) -> &'static str {
        match self {
            Self::Sqlite => "json_object",
            Self::Postgres => "json_build_object",
        }
    }

    /// The aggregate function that makes a JSON list of its rows. PostgreSQL gives NULL where there are none.
    #[must_use]
    pub const fn json_list(self) -> &'static str {
        match self {
            Self::Sqlite => "json_group_array",
            Self::Postgres => "json_agg",
        }
    }

    /// A condition on `xid`: no transaction with a lower number can still commit.
    pub(crate) const fn closed_transactions(self) -> &'static str {
        match self {
            // One writer, whose numbers rise: whatever is visible is closed.
            Self::Sqlite => "",
            Self::Postgres => " AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
        }
    }
}

/// A database: SQLite or PostgreSQL. A clone is another handle of the same.
#[derive(Clone)]
pub struct Db {
    pub(crate) kind: Kind,
    statements: Arc<AtomicU64>,
}

#[derive(Clone)]
pub(crate) enum Kind {
    Sqlite(Arc<Sqlite>),
    Postgres(Arc<Postgres>),
}

impl Db {
    /// Opens an SQLite file, made where there is none. One process at a time may write to it.
    ///
    /// WAL, a commit is on the disk when it is answered. Known time comes from `clock`.
    pub async fn open_sqlite(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Ok(Self::of(Kind::Sqlite(Arc::new(Sqlite::open(path, clock, true).await?))))
    }

    /// Opens an SQLite file for data that may be lost: commits do not wait for the disk.
    pub async fn open_sqlite_scratch(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Ok(Self::of(Kind::Sqlite(Arc::new(Sqlite::open(path, clock, false).await?))))
    }

    /// Connects to PostgreSQL. Known time is the time of the database.
    pub async fn open_postgres(url: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        Ok(Self::of(Kind::Postgres(Arc::new(Postgres::open(url, options).await?))))
    }

    fn of(kind: Kind) -> Self {
        Self { kind, statements: Arc::default() }
    }

    /// Questions put to the database since it was opened, by this handle and its clones: each query is one, and each
    /// commit, however much it writes.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    fn counted(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// Which database this is.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match &self.kind {
            Kind::Sqlite(_) => Dialect::Sqlite,
            Kind::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Brings the schema up to date; a schema named in the options is made first. Several processes may do so at once.
    ///
    /// # Errors
    /// [`StoreError::Other`] where the text of a migration that was applied has changed.
    pub async fn migrate(&self, migrations: &[Migration]) -> Result<(), StoreError> {
        match &self.kind {
            Kind::Sqlite(sqlite) => sqlite.migrate(migrations.to_vec()).await,
            Kind::Postgres(postgres) => postgres.migrate(migrations).await,
        }
    }

    /// All rows of a query that looks things up in an index, with `$1`, `$2`, … for the arguments. Only for answers of
    /// bounded size. The database may keep its plan for the next arguments.
    pub async fn all(&self, sql: &str, args: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.counted();
        match &self.kind {
            Kind::Sqlite(sqlite) => sqlite.all(sql, args).await,
            Kind::Postgres(postgres) => postgres.all(sql, args).await,
        }
    }

    /// As [`Db::all`], for a query over ranges (areas, days, moments): it is planned for these arguments.
    pub async fn scan(&self, sql: &str, args: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.counted();
        match &self.kind {
            Kind::Sqlite(sqlite) => sqlite.all(sql, args).await,
            Kind::Postgres(postgres) => postgres.scan(sql, args).await,
        }
    }

    /// The rows of a query one after another, in bounded memory. A connection is held until the stream ends.
    pub fn stream(&self, sql: String, args: Vec<Value>) -> BoxStream<'static, Result<Row, StoreError>> {
        self.counted();
        match &self.kind {
            Kind::Sqlite(sqlite) => sqlite.stream(sql, &args),
            Kind::Postgres(postgres) => postgres.stream(sql, &args),
        }
    }

    /// Writes a set, all of it or nothing. Once begun it goes on, whether or not the caller still waits.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where another writer was first: evaluate again from fresh reads.
    /// [`StoreError::Unavailable`] where the connection broke: if that was during the commit, its end is unknown.
    pub async fn commit(&self, set: WriteSet) -> Result<Committed, StoreError> {
        self.counted();
        match &self.kind {
            Kind::Sqlite(sqlite) => sqlite.commit(set).await,
            Kind::Postgres(postgres) => postgres.commit(set).await,
        }
    }

    /// Lets the planner know what has come in, after much has. PostgreSQL would count the tables by itself, but not
    /// before a minute: until then it takes a prefecture for a few rows, and joins them one by one.
    pub async fn settle(&self) -> Result<(), StoreError> {
        match &self.kind {
            Kind::Sqlite(_) => Ok(()),
            Kind::Postgres(postgres) => postgres.settle().await,
        }
    }

    /// The present known time, µs. Commits may still appear at or before it: see [`Self::closed_now`].
    pub async fn known_now(&self) -> Result<i64, StoreError> {
        match &self.kind {
            Kind::Sqlite(sqlite) => Ok(sqlite.known_now()),
            Kind::Postgres(postgres) => postgres.known_now().await,
        }
    }

    /// A known time that is closed, µs: every commit up to it is visible, every later one is after it.
    /// It waits for the commits that are under way.
    pub async fn closed_now(&self) -> Result<i64, StoreError> {
        match &self.kind {
            Kind::Sqlite(sqlite) => sqlite.closed_now().await,
            Kind::Postgres(postgres) => postgres.closed_now().await,
        }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.all("SELECT 1", &[]).await.map(drop)
    }

    /// Ends the work under way and closes all connections. Later calls fail as unavailable.
    pub async fn close(&self) {
        match &self.kind {
            Kind::Sqlite(sqlite) => sqlite.close().await,
            Kind::Postgres(postgres) => postgres.close().await,
        }
    }

    /// Tells of commits of this process.
    pub(crate) fn commits(&self) -> watch::Receiver<()> {
        match &self.kind {
            Kind::Sqlite(sqlite) => sqlite.commits(),
            Kind::Postgres(postgres) => postgres.commits(),
        }
    }
}
