//! PostgreSQL: one pool. A read is one prepared statement; a write is a transaction of few calls.

use std::time::Duration;

use futures::TryStreamExt;
use futures::stream::{self, BoxStream, StreamExt};
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgRow};
use sqlx::{
    Arguments, AssertSqlSafe, Column, ConnectOptions, Connection, Decode, Either, Executor, Row as _,
    TypeInfo, ValueRef,
};
use tokio::sync::watch;

use crate::error::StoreError;
use crate::migrate::{self, Migration};
use crate::script::{stamp_in_a_read, with_literals};
use crate::value::{Row, Value};

/// How long a caller waits for a connection.
const PATIENCE: Duration = Duration::from_secs(3);
/// A connection that was idle for longer is asked whether it still works before it is used.
const IDLE: Duration = Duration::from_secs(5);
/// The database's clock in µs.
pub(crate) const CLOCK: &str = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

/// How to reach PostgreSQL, besides the URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresOptions {
    /// Schema of all tables; the role's own search path where it is `None`. Lower-case letters, digits and `_`.
    pub schema: Option<String>,
    /// Connections of this process, at most.
    pub max_connections: u32,
    /// A pooler in transaction mode is in between (PgBouncer): no prepared statements, no settings of the session.
    pub transaction_pooler: bool,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self { schema: None, max_connections: 16, transaction_pooler: false }
    }
}

/// Tables that hold more than twice the pages that the planner counted, and more than it could just as well read whole.
const UNCOUNTED: &str = "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c \
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind = 'r' \
    AND pg_relation_size(c.oid) / current_setting('block_size')::bigint > greatest(64, 2 * c.relpages)";

/// How fine the counts after an import are: joins are planned by how many rows there are, and three thousand of them tell
/// that. PostgreSQL itself counts more finely once a tenth of the rows is new.
const ROUGHLY: u32 = 10;

pub(crate) struct Postgres {
    pub(crate) pool: PgPool,
    options: PostgresOptions,
    pub(crate) commits: watch::Sender<()>,
}

impl Postgres {
    pub(crate) async fn open(url: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let named = |schema: &str| {
            schema.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
                && schema.starts_with(|first: char| !first.is_ascii_digit())
        };
        if options.schema.as_deref().is_some_and(|schema| !named(schema)) {
            return Err(StoreError::other("a schema's name is of lower-case letters, digits and _"));
        }
        // The text of an error may hold the URL and so a password.
        let mut connect: PgConnectOptions =
            url.parse().map_err(|_| StoreError::other("the database's URL is not valid"))?;
        connect = connect.application_name("xiuhua").disable_statement_logging();
        if options.transaction_pooler {
            connect = connect.statement_cache_capacity(0).extra_float_digits(None);
        } else {
            // A report's query is compiled for longer than it runs. Without a schema nothing is set, for poolers that
            // take no settings.
            connect = connect.options(
                options.schema.iter().flat_map(|schema| [("search_path", schema.as_str()), ("jit", "off")]),
            );
        }
        // Asked once outside of the pool, which would try again where nobody listens.
        connect.connect().await?.close().await?;
        let pool = PgPoolOptions::new()
            .max_connections(options.max_connections.max(1))
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > IDLE {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(connect);
        Ok(Self { pool, options, commits: watch::Sender::new(()) })
    }

    pub(crate) async fn all(&self, sql: &str, args: &[Value]) -> Result<Vec<Row>, StoreError> {
        if self.options.transaction_pooler {
            return self.stream(sql.to_owned(), args).try_collect().await;
        }
        let query = sqlx::query_with(AssertSqlSafe(sql.to_owned()), arguments(args)?);
        query.fetch_all(&self.pool).await?.iter().map(decode).collect()
    }

    /// Planned for these very arguments: a plan for any takes a range of areas or moments for a few rows, and joins a
    /// whole prefecture row by row.
    pub(crate) async fn scan(&self, sql: &str, args: &[Value]) -> Result<Vec<Row>, StoreError> {
        self.stream(sql.to_owned(), args).try_collect().await
    }

    pub(crate) fn stream(&self, sql: String, args: &[Value]) -> BoxStream<'static, Result<Row, StoreError>> {
        if self.options.transaction_pooler {
            return match with_literals(&sql, args) {
                Ok(text) => self.plain(&text),
                Err(error) => stream::once(async { Err(error) }).boxed(),
            };
        }
        match arguments(args) {
            Ok(args) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), args).persistent(false);
                query.fetch(&self.pool).map(|row| decode(&row?)).boxed()
            }
            Err(error) => stream::once(async { Err(error) }).boxed(),
        }
    }

    /// A statement without arguments in one message, so that it is all on one connection of the pooler.
    fn plain(&self, sql: &str) -> BoxStream<'static, Result<Row, StoreError>> {
        let text = match self.search_path() {
            Some(path) => format!("BEGIN READ ONLY; {path}; {sql}; COMMIT"),
            None => sql.to_owned(),
        };
        let answers = (&self.pool).fetch_many(sqlx::raw_sql(AssertSqlSafe(text)));
        let rows = answers.try_filter_map(|answer| async { Ok(answer.right()) });
        rows.map(|row| decode(&row?)).boxed()
    }

    /// The statement that names the schema within a transaction, where the session cannot.
    pub(crate) fn search_path(&self) -> Option<String> {
        let schema = self.options.schema.as_ref().filter(|_| self.options.transaction_pooler)?;
        Some(format!("SET LOCAL search_path TO {schema}"))
    }

    pub(crate) async fn settle(&self) -> Result<(), StoreError> {
        for row in self.all(UNCOUNTED, &[]).await? {
            // Both in one message are one transaction, to which the setting is bound.
            let sql = format!("SET LOCAL default_statistics_target = {ROUGHLY}; ANALYZE {}", row.text(0));
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.pool).await?;
        }
        Ok(())
    }

    pub(crate) async fn known_now(&self) -> Result<i64, StoreError> {
        let rows = self.all(&format!("SELECT {CLOCK}"), &[]).await?;
        Ok(rows.first().map_or(0, |row| row.integer(0)))
    }

    /// Takes a time and then a transaction number. Whoever writes takes a number and then a time; so a write with this
    /// time or an earlier one has a lower number, and is over when no lower number is under way.
    pub(crate) async fn closed_now(&self) -> Result<i64, StoreError> {
        let sql = "SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint, \
                   pg_current_xact_id()::text::bigint";
        let taken = self.all(sql, &[]).await?;
        let (time, number) = taken.first().map_or((0, 0), |row| (row.integer(0), row.integer(1)));
        let mut pause = Duration::from_millis(1);
        while self.oldest_under_way().await? <= number {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(50));
        }
        Ok(time)
    }

    async fn oldest_under_way(&self) -> Result<i64, StoreError> {
        let rows = self.all("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint", &[]).await?;
        Ok(rows.first().map_or(0, |row| row.integer(0)))
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) fn commits(&self) -> watch::Receiver<()> {
        self.commits.subscribe()
    }

    /// Each migration is a transaction of its own under a lock of the table that remembers them.
    pub(crate) async fn migrate(&self, migrations: &[Migration]) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await?.detach();
        let result = self.migrate_on(&mut connection, migrations).await;
        connection.close().await?;
        result
    }

    /// The schema is named in each transaction: what a session is told, a pooler may tell the next client.
    async fn migrate_on(
        &self,
        connection: &mut PgConnection,
        migrations: &[Migration],
    ) -> Result<(), StoreError> {
        let mut path = String::new();
        if let Some(schema) = &self.options.schema {
            let there = format!("SELECT 1 FROM pg_namespace WHERE nspname = '{schema}'");
            once(connection, "", &there, &format!("CREATE SCHEMA IF NOT EXISTS {schema}")).await?;
            path = format!("SET LOCAL search_path TO {schema};");
        }
        let there = "SELECT 1 FROM pg_class WHERE oid = to_regclass('migration')";
        once(connection, &path, there, &migrate::for_postgres(migrate::TABLE)).await?;
        loop {
            let applied = transaction(connection, &path, migrate::APPLIED).await?;
            if migrate::pending(migrations, &applied)?.is_empty() {
                return Ok(());
            }
            let begin = format!("BEGIN; {path} LOCK TABLE migration IN EXCLUSIVE MODE");
            let next = match plain_rows(connection, &begin).await {
                Ok(_) => Self::next(connection, migrations).await,
                Err(error) => Err(error),
            };
            let end = if next.is_ok() { "COMMIT" } else { "ROLLBACK" };
            connection.execute(end).await?;
            next?;
        }
    }

    /// Applies the first migration that is pending, in a transaction that holds the lock.
    async fn next(connection: &mut PgConnection, migrations: &[Migration]) -> Result<(), StoreError> {
        let applied = plain_rows(connection, migrate::APPLIED).await?;
        let pending = migrate::pending(migrations, &applied)?;
        let Some(migration) = pending.first() else { return Ok(()) };
        let text = format!(
            "{};\nINSERT INTO migration (name, digest, applied_at) VALUES ('{}', '{}', {CLOCK})",
            migrate::for_postgres(migration.sql.trim_end().trim_end_matches(';')),
            migration.name.replace('\'', "''"),
            migration.digest()
        );
        plain_rows(connection, &text).await.map(drop)
    }
}

/// Makes what is not there. Two that make it at once may fail on a key of the catalogue; then it is there.
async fn once(connection: &mut PgConnection, path: &str, there: &str, make: &str) -> Result<(), StoreError> {
    if !transaction(connection, path, there).await?.is_empty() {
        return Ok(());
    }
    match transaction(connection, path, make).await {
        Ok(_) => Ok(()),
        Err(_) if !transaction(connection, path, there).await?.is_empty() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Runs a statement in a transaction of its own that begins with `path`.
async fn transaction(connection: &mut PgConnection, path: &str, sql: &str) -> Result<Vec<Row>, StoreError> {
    let result = plain_rows(connection, &format!("BEGIN; {path} {sql}; COMMIT")).await;
    if result.is_err() {
        connection.execute("ROLLBACK").await?;
    }
    result
}

async fn plain_rows(connection: &mut PgConnection, sql: &str) -> Result<Vec<Row>, StoreError> {
    let mut rows = Vec::new();
    let mut answers = connection.fetch_many(sqlx::raw_sql(AssertSqlSafe(sql.to_owned())));
    while let Some(answer) = answers.try_next().await? {
        if let Either::Right(row) = answer {
            rows.push(decode(&row)?);
        }
    }
    Ok(rows)
}

fn arguments(args: &[Value]) -> Result<PgArguments, StoreError> {
    let mut bound = PgArguments::default();
    for value in args {
        match value {
            Value::NullText => bound.add(None::<&str>),
            Value::NullInteger => bound.add(None::<i64>),
            Value::Text(text) => bound.add(text.as_str()),
            Value::Integer(integer) => bound.add(integer),
            Value::KnownNow | Value::Transaction => return Err(stamp_in_a_read()),
        }
        .map_err(StoreError::other)?;
    }
    Ok(bound)
}

/// A row of the seam. A column that is not a text, an integer, a boolean or JSON is a fault of the query: a sum of
/// BIGINT, for one, is NUMERIC and wants a cast.
pub(crate) fn decode(row: &PgRow) -> Result<Row, StoreError> {
    let mut values = Vec::with_capacity(row.len());
    for column in 0..row.len() {
        let raw = row.try_get_raw(column)?;
        values.push(match row.column(column).type_info().name() {
            "INT8" | "INT4" | "INT2" if raw.is_null() => Value::NullInteger,
            "INT8" | "INT4" | "INT2" => {
                Value::Integer(<i64 as Decode<sqlx::Postgres>>::decode(raw).map_err(StoreError::other)?)
            }
            "BOOL" if raw.is_null() => Value::NullInteger,
            "BOOL" => Value::Integer(i64::from(
                <bool as Decode<sqlx::Postgres>>::decode(raw).map_err(StoreError::other)?,
            )),
            "TEXT" | "VARCHAR" | "NAME" | "JSON" | "unknown" | "UNKNOWN" if raw.is_null() => Value::NullText,
            "TEXT" | "VARCHAR" | "NAME" | "JSON" | "unknown" | "UNKNOWN" => {
                Value::Text(raw.as_str().map_err(StoreError::other)?.to_owned())
            }
            other => return Err(StoreError::other(format!("column {column} is a {other}"))),
        });
    }
    Ok(Row { values })
}
