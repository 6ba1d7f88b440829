//! sqlx by itself, on either database.

use std::sync::Arc;

use sqlx::postgres::{PgArguments, PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{Arguments, AssertSqlSafe, Column, ConnectOptions, Row, TypeInfo, ValueRef};
use store::Value;
use xiuhua::suite::{Fact, Store};

/// Reading connections to SQLite, and connections to PostgreSQL: as many as the suite has unless it is told otherwise.
const READERS: u32 = 4;
const CONNECTIONS: u32 = 16;

/// A statement with its arguments.
#[derive(Debug, Clone)]
pub(crate) struct Statement {
    /// Its text, with `$1`, `$2`, …
    pub(crate) sql: Arc<str>,
    /// The arguments.
    pub(crate) arguments: Vec<Value>,
}

impl Statement {
    /// A statement.
    pub(crate) fn new(sql: impl Into<Arc<str>>, arguments: Vec<Value>) -> Self {
        Self { sql: sql.into(), arguments }
    }
}

/// Connections to the database of one service.
#[derive(Clone)]
pub(crate) enum Pool {
    /// Readers, and the one writer.
    Sqlite { read: SqlitePool, write: SqlitePool },
    /// Connections.
    Postgres(PgPool),
}

impl Pool {
    /// A service's database in a store.
    pub(crate) async fn open(store: &Store, fact: Fact) -> Self {
        match store {
            Store::Folder(folder) => {
                // What the suite asks of SQLite; sqlx's own pool does the rest.
                let options = SqliteConnectOptions::new()
                    .filename(folder.join(format!("{}.db", fact.name())))
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
                    .pragma("wal_autocheckpoint", "10000")
                    .pragma("temp_store", "memory")
                    .disable_statement_logging();
                let write = options.clone().pragma("cache_size", "-16384");
                let write = SqlitePoolOptions::new().max_connections(1).connect_with(write);
                let read = options.read_only(true).row_buffer_size(256);
                let read = SqlitePoolOptions::new()
                    .max_connections(READERS)
                    .test_before_acquire(false)
                    .connect_with(read);
                Self::Sqlite { write: write.await.expect("a file"), read: read.await.expect("a file") }
            }
            Store::Postgres(url) => {
                let options: PgConnectOptions = url.reveal().parse().expect("the URL of a database");
                let options = options.options([("search_path", fact.schema())]).disable_statement_logging();
                let pool = PgPoolOptions::new()
                    .max_connections(CONNECTIONS)
                    .test_before_acquire(false)
                    .connect_with(options);
                Self::Postgres(pool.await.expect("a schema"))
            }
        }
    }

    /// All columns of all rows of a query.
    pub(crate) async fn rows(&self, statement: &Statement) -> Vec<Vec<Value>> {
        let text = AssertSqlSafe(Arc::clone(&statement.sql));
        match self {
            Self::Sqlite { read, .. } => {
                let query = sqlx::query_with(text, sqlite_arguments(&statement.arguments));
                let rows = query.fetch_all(read).await.expect("a query that works");
                rows.iter().map(sqlite_row).collect()
            }
            Self::Postgres(pool) => {
                let query = sqlx::query_with(text, postgres_arguments(&statement.arguments));
                let rows = query.fetch_all(pool).await.expect("a query that works");
                rows.iter().map(postgres_row).collect()
            }
        }
    }

    /// The first column of a query, where it is text.
    pub(crate) async fn texts(&self, statement: &Statement) -> Vec<String> {
        let first = |row: Vec<Value>| row.into_iter().next();
        let text = |value| if let Value::Text(text) = value { Some(text) } else { None };
        self.rows(statement).await.into_iter().filter_map(first).filter_map(text).collect()
    }

    /// The columns of a table that has a row.
    pub(crate) async fn columns(&self, table: &str) -> Vec<String> {
        let sql = AssertSqlSafe(format!("SELECT * FROM \"{table}\" LIMIT 1"));
        match self {
            Self::Sqlite { read, .. } => names(&sqlx::query(sql).fetch_one(read).await.expect("a row")),
            Self::Postgres(pool) => names(&sqlx::query(sql).fetch_one(pool).await.expect("a row")),
        }
    }

    /// Runs statements one after another in one transaction.
    pub(crate) async fn transaction(&self, statements: &[Statement]) {
        let text = |statement: &Statement| AssertSqlSafe(Arc::clone(&statement.sql));
        match self {
            Self::Sqlite { write, .. } => {
                let mut transaction = write.begin_with("BEGIN IMMEDIATE").await.expect("a transaction");
                for statement in statements {
                    let arguments = sqlite_arguments(&statement.arguments);
                    let query = sqlx::query_with(text(statement), arguments);
                    query.execute(&mut *transaction).await.expect("rows that fit");
                }
                transaction.commit().await.expect("a commit");
            }
            Self::Postgres(pool) => {
                let mut transaction = pool.begin().await.expect("a transaction");
                for statement in statements {
                    let arguments = postgres_arguments(&statement.arguments);
                    let query = sqlx::query_with(text(statement), arguments);
                    query.execute(&mut *transaction).await.expect("rows that fit");
                }
                transaction.commit().await.expect("a commit");
            }
        }
    }

    /// Lets PostgreSQL see what is in its tables, as its own vacuum would soon.
    pub(crate) async fn settle(&self) {
        if let Self::Postgres(pool) = self {
            sqlx::query("ANALYZE").execute(pool).await.expect("statistics");
        }
    }

    /// Closes all connections.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

fn names(row: &impl Row) -> Vec<String> {
    row.columns().iter().map(|column| column.name().to_owned()).collect()
}

pub(super) fn sqlite_row(row: &SqliteRow) -> Vec<Value> {
    let value = |column| {
        let raw = row.try_get_raw(column).expect("a column");
        match (raw.is_null(), raw.type_info().name()) {
            (true, _) => Value::NullText,
            (false, "INTEGER") => Value::Integer(row.get(column)),
            (false, _) => Value::Text(row.get(column)),
        }
    };
    (0..row.len()).map(value).collect()
}

fn postgres_row(row: &PgRow) -> Vec<Value> {
    let value = |column| {
        let raw = row.try_get_raw(column).expect("a column");
        match (raw.is_null(), raw.type_info().name()) {
            (true, "INT8") => Value::NullInteger,
            (true, _) => Value::NullText,
            (false, "INT8") => Value::Integer(row.get(column)),
            (false, _) => Value::Text(row.get(column)),
        }
    };
    (0..row.len()).map(value).collect()
}

pub(super) fn sqlite_arguments<'v>(values: impl IntoIterator<Item = &'v Value>) -> SqliteArguments {
    let mut bound = SqliteArguments::default();
    for value in values {
        let added = match value {
            Value::Text(text) => bound.add(text.clone()),
            Value::Integer(number) => bound.add(*number),
            _ => bound.add(None::<String>),
        };
        added.expect("a value that can be bound");
    }
    bound
}

fn postgres_arguments(values: &[Value]) -> PgArguments {
    let mut bound = PgArguments::default();
    for value in values {
        let added = match value {
            Value::Text(text) => bound.add(text.as_str()),
            Value::Integer(number) => bound.add(*number),
            Value::NullInteger => bound.add(None::<i64>),
            _ => bound.add(None::<&str>),
        };
        added.expect("a value that can be bound");
    }
    bound
}
