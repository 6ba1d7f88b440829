//! Databases for tests: SQLite always, PostgreSQL where `XIUHUA_TEST_POSTGRES_URL` names one. The manners for a pooler
//! are tested with the same server, or through the PgBouncer in transaction mode that `XIUHUA_TEST_POOLER_URL` names.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use kernel::clock::{ManualClock, Moment};
use store::{Db, MIGRATIONS, Migration, NewEvent, PostgresOptions, Step, StoreError, Value, WriteSet};

/// The moment at which the clock of SQLite's tests stands, µs.
pub(crate) const NOON: i64 = 1_483_200_000_000_000;

/// A table as resources have it, and one of a child.
pub(crate) const FACT: &[Migration] = &[
    Migration {
        name: "test/fact",
        sql: "CREATE TABLE fact (
            id TEXT NOT NULL,
            version BIGINT NOT NULL,
            valid_from TEXT NOT NULL,
            recorded_at BIGINT NOT NULL,
            superseded_at BIGINT NOT NULL,
            \"group\" TEXT,
            amount BIGINT,
            PRIMARY KEY (id, version, valid_from)
        )",
    },
    Migration { name: "test/fact_group", sql: "CREATE INDEX fact_group ON fact (\"group\", id)" },
    Migration {
        name: "test/fact_part",
        sql: "CREATE TABLE fact_part (
            id TEXT NOT NULL,
            element_id TEXT NOT NULL,
            recorded_at BIGINT NOT NULL,
            superseded_at BIGINT NOT NULL,
            PRIMARY KEY (id, element_id, recorded_at)
        )",
    },
];

pub(crate) const FACT_COLUMNS: [&str; 7] =
    ["id", "version", "valid_from", "recorded_at", "superseded_at", "group", "amount"];

/// A database of its own for one test.
pub(crate) struct Place {
    pub(crate) db: Db,
    pub(crate) at: At,
}

/// How to reach it once more.
#[derive(Clone)]
pub(crate) enum At {
    Sqlite(
        PathBuf,
        Arc<ManualClock>,
        #[expect(dead_code, reason = "its end is that of the folder")] Arc<tempfile::TempDir>,
    ),
    Postgres(String, PostgresOptions),
}

impl At {
    pub(crate) async fn open(&self) -> Db {
        match self {
            Self::Sqlite(path, clock, _) => Db::open_sqlite(path, clock.clone()).await.unwrap(),
            Self::Postgres(url, options) => Db::open_postgres(url, options.clone()).await.unwrap(),
        }
    }
}

static COUNT: AtomicU32 = AtomicU32::new(0);

#[expect(clippy::disallowed_methods, reason = "the test command says by the environment where PostgreSQL is")]
fn url(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|url| !url.is_empty())
}

fn sqlite_place() -> At {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(Moment(NOON)));
    At::Sqlite(folder.path().join("facts.sqlite"), clock, Arc::new(folder))
}

fn postgres_place(url: String, transaction_pooler: bool) -> At {
    let schema = format!("store_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
    At::Postgres(url, PostgresOptions { schema: Some(schema), max_connections: 10, transaction_pooler })
}

/// Empty databases: SQLite, PostgreSQL, and PostgreSQL as if behind a pooler.
pub(crate) fn places() -> Vec<At> {
    let mut places = vec![sqlite_place()];
    if let Some(direct) = url("XIUHUA_TEST_POSTGRES_URL") {
        places.push(postgres_place(direct.clone(), false));
        places.push(postgres_place(url("XIUHUA_TEST_POOLER_URL").unwrap_or(direct), true));
    }
    places
}

/// Runs a test on each database, with the common tables and `fact`.
pub(crate) async fn each<F: Future<Output = ()>>(test: impl Fn(Place) -> F) {
    for at in places() {
        let db = at.open().await;
        db.migrate(&[MIGRATIONS, FACT].concat()).await.unwrap();
        test(Place { db: db.clone(), at: at.clone() }).await;
        db.close().await;
        remove(&at).await;
    }
}

/// Removes a schema of a test.
pub(crate) async fn remove(at: &At) {
    if let At::Postgres(url, PostgresOptions { schema: Some(schema), .. }) = at {
        use sqlx::{AssertSqlSafe, Connection, Executor};
        let mut connection = sqlx::PgConnection::connect(url).await.unwrap();
        connection.execute(AssertSqlSafe(format!("DROP SCHEMA IF EXISTS {schema} CASCADE"))).await.unwrap();
        connection.close().await.unwrap();
    }
}

/// An open row of `fact`.
pub(crate) fn row(id: &str, version: i64, group: Option<&str>, amount: Option<i64>) -> Vec<Value> {
    vec![
        Value::from(id),
        Value::Integer(version),
        Value::from("2016-01-01"),
        Value::KnownNow,
        Value::Integer(i64::MAX),
        Value::optional_text(group),
        Value::optional_integer(amount),
    ]
}

pub(crate) fn insert(rows: Vec<Vec<Value>>) -> Step {
    Step::Insert { table: "fact", columns: FACT_COLUMNS.map(str::to_owned).into(), rows }
}

pub(crate) fn steps(steps: Vec<Step>) -> WriteSet {
    WriteSet { steps, ..WriteSet::default() }
}

pub(crate) fn event(collection: &str, id: &str, area: &str) -> NewEvent {
    NewEvent {
        collection: collection.to_owned(),
        id: id.to_owned(),
        version: 1,
        kind: "created".to_owned(),
        area: area.to_owned(),
        scope_area: area.to_owned(),
        detail: None,
    }
}

pub(crate) async fn count(db: &Db, sql: &str) -> i64 {
    db.all(sql, &[]).await.unwrap()[0].integer(0)
}

pub(crate) fn conflict<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    assert_eq!(result.unwrap_err(), StoreError::Conflict);
}
