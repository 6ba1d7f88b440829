//! SQLite: a pool of reading connections, and one writing connection that a task owns.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt};
use kernel::clock::Clock;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool,
    SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Arguments, AssertSqlSafe, ConnectOptions, Decode, Row as _, TypeInfo, ValueRef};
use tokio::sync::{mpsc, oneshot, watch};

use crate::error::StoreError;
use crate::migrate::Migration;
use crate::script::stamp_in_a_read;
use crate::sqlite_writer::{Job, Writer};
use crate::value::{Row, Value};
use crate::write::{Committed, WriteSet};

/// How long a connection waits for the lock of another process, and a reader for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// Reading connections; each is a thread.
const READERS: u32 = 4;
/// Jobs that may wait for the writer before their senders do.
const QUEUE: usize = 1024;
/// Pages of the write-ahead log before it is copied into the file; at the default of 1000, durable writes are slower.
const CHECKPOINT: &str = "10000";

pub(crate) struct Sqlite {
    read: SqlitePool,
    jobs: mpsc::Sender<Job>,
    known: Arc<KnownTime>,
    commits: watch::Sender<()>,
}

/// Gives known times, each greater than the one before.
pub(crate) struct KnownTime {
    clock: Arc<dyn Clock>,
    last: AtomicI64,
}

impl KnownTime {
    /// The next one: the clock's, or 1 µs after the last.
    pub(crate) fn next(&self) -> i64 {
        let now = self.clock.now().micros();
        let later = |last: i64| now.max(last.saturating_add(1));
        let before = self.last.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(later(last)));
        // The closure never declines, so both arms hold the value before the update.
        later(before.unwrap_or_else(|last| last))
    }

    /// Nothing at or before `moment` will be given.
    pub(crate) fn pass(&self, moment: i64) {
        self.last.fetch_max(moment, Ordering::SeqCst);
    }
}

impl Sqlite {
    pub(crate) async fn open(path: &Path, clock: Arc<dyn Clock>, durable: bool) -> Result<Self, StoreError> {
        let synchronous = if durable { SqliteSynchronous::Full } else { SqliteSynchronous::Off };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            .pragma("wal_autocheckpoint", CHECKPOINT)
            .pragma("temp_store", "memory")
            .disable_statement_logging();
        let write = options
            .clone()
            .create_if_missing(true)
            .pragma("cache_size", "-16384")
            .statement_cache_capacity(128)
            .connect()
            .await?;
        let read = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false)
            .connect_lazy_with(options.read_only(true).row_buffer_size(256));
        let known = Arc::new(KnownTime { clock, last: AtomicI64::new(0) });
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let commits = watch::Sender::new(());
        let writer = Writer::new(write, Arc::clone(&known), commits.clone()).await?;
        tokio::spawn(writer.run(waiting));
        Ok(Self { read, jobs, known, commits })
    }

    pub(crate) async fn all(&self, sql: &str, args: &[Value]) -> Result<Vec<Row>, StoreError> {
        let rows =
            sqlx::query_with(AssertSqlSafe(sql.to_owned()), arguments(args)?).fetch_all(&self.read).await?;
        rows.iter().map(decode).collect()
    }

    pub(crate) fn stream(&self, sql: String, args: &[Value]) -> BoxStream<'static, Result<Row, StoreError>> {
        match arguments(args) {
            Ok(args) => {
                sqlx::query_with(AssertSqlSafe(sql), args).fetch(&self.read).map(|row| decode(&row?)).boxed()
            }
            Err(error) => stream::once(async { Err(error) }).boxed(),
        }
    }

    pub(crate) async fn commit(&self, set: WriteSet) -> Result<Committed, StoreError> {
        self.ask(|answer| Job::Commit(Box::new(set), answer)).await?
    }

    pub(crate) async fn migrate(&self, migrations: Vec<Migration>) -> Result<(), StoreError> {
        self.ask(|answer| Job::Migrate(migrations, answer)).await?
    }

    pub(crate) fn known_now(&self) -> i64 {
        self.known.next()
    }

    /// The writer answers between two commits, when none is under way.
    pub(crate) async fn closed_now(&self) -> Result<i64, StoreError> {
        self.ask(Job::Moment).await
    }

    pub(crate) async fn close(&self) {
        self.read.close().await;
        // An error says that the writer has ended already.
        let _ = self.ask(Job::Close).await;
    }

    pub(crate) fn commits(&self) -> watch::Receiver<()> {
        self.commits.subscribe()
    }

    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<T>) -> Job) -> Result<T, StoreError> {
        let gone = || StoreError::Unavailable("the writer has ended".to_owned());
        let (answer, answered) = oneshot::channel();
        self.jobs.send(job(answer)).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())
    }
}

/// Arguments of a read.
fn arguments(args: &[Value]) -> Result<SqliteArguments, StoreError> {
    let mut bound = SqliteArguments::default();
    for value in args {
        bind(&mut bound, value.clone())?;
    }
    Ok(bound)
}

/// Adds an argument.
pub(crate) fn bind(bound: &mut SqliteArguments, value: Value) -> Result<(), StoreError> {
    match value {
        Value::NullText => bound.add(None::<String>),
        Value::NullInteger => bound.add(None::<i64>),
        Value::Text(text) => bound.add(text),
        Value::Integer(integer) => bound.add(integer),
        Value::KnownNow | Value::Transaction => return Err(stamp_in_a_read()),
    }
    .map_err(StoreError::other)
}

/// A row of the seam. A column of another storage class than TEXT or INTEGER is a fault of the query.
pub(crate) fn decode(row: &SqliteRow) -> Result<Row, StoreError> {
    let mut values = Vec::with_capacity(row.len());
    for column in 0..row.len() {
        let raw = row.try_get_raw(column)?;
        let kind = raw.type_info().name().to_owned();
        values.push(match (raw.is_null(), kind.as_str()) {
            (true, "INTEGER" | "BIGINT" | "INT4" | "INT8") => Value::NullInteger,
            (true, _) => Value::NullText,
            (false, "TEXT") => {
                Value::Text(<String as Decode<sqlx::Sqlite>>::decode(raw).map_err(StoreError::other)?)
            }
            (false, "INTEGER") => {
                Value::Integer(<i64 as Decode<sqlx::Sqlite>>::decode(raw).map_err(StoreError::other)?)
            }
            (false, other) => return Err(StoreError::other(format!("column {column} is a {other}"))),
        });
    }
    Ok(Row { values })
}

/// All rows of a query on the writing connection.
pub(crate) async fn all_on(
    connection: &mut SqliteConnection,
    sql: &'static str,
) -> Result<Vec<Row>, StoreError> {
    let rows = sqlx::query(sql).fetch_all(connection).await?;
    rows.iter().map(decode).collect()
}
