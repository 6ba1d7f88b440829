//! The same physical rows by the fastest load of the database: `COPY` on PostgreSQL; on SQLite multi-row inserts with `?`,
//! prepared, in one durable transaction a table. Into the same schema with the same indexes.

use bytes::Bytes;
use futures::TryStreamExt;
use sqlx::sqlite::SqlitePool;
use sqlx::{AssertSqlSafe, Executor, PgPool};
use store::Value;
use tokio::time::Instant;

use super::pool::{Pool, Statement, sqlite_arguments, sqlite_row};
use crate::turns::seconds_since;

/// Most arguments of a statement of SQLite, whose own limit is 32,766: the more, the faster.
const MOST_ARGUMENTS: usize = 32_000;

/// How many rows every table has, but the one that remembers migrations.
pub(crate) async fn counts(pool: &Pool) -> Vec<(String, i64)> {
    let sql = match pool {
        Pool::Sqlite { .. } => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
             AND name <> 'migration' ORDER BY name"
        }
        Pool::Postgres(_) => {
            "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace \
             AND relname <> 'migration' ORDER BY 1"
        }
    };
    let names = pool.texts(&Statement::new(sql, Vec::new())).await;
    let mut counts = Vec::new();
    for name in names {
        let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM \"{name}\""));
        let count: i64 = match pool {
            Pool::Sqlite { read, .. } => sqlx::query_scalar(sql).fetch_one(read).await,
            Pool::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await,
        }
        .expect("a count");
        counts.push((name, count));
    }
    counts
}

/// Loads all rows of one into the other, table by table; how many they were, and in how many seconds. Reading them back is
/// not counted, nor is emptying what they go into.
pub(crate) async fn load(from: &Pool, into: &Pool) -> (i64, f64) {
    let (mut rows, mut seconds) = (0, 0.0);
    for (table, count) in counts(from).await.into_iter().filter(|(_, count)| *count > 0) {
        rows += count;
        seconds += match (from, into) {
            (Pool::Sqlite { read, .. }, Pool::Sqlite { write, .. }) => by_inserts(&table, read, write).await,
            (Pool::Postgres(from), Pool::Postgres(into)) => by_copy(&table, from, into).await,
            _ => panic!("two databases of one kind"),
        };
    }
    (rows, seconds)
}

async fn by_inserts(table: &str, from: &SqlitePool, into: &SqlitePool) -> f64 {
    let all = AssertSqlSafe(format!("SELECT * FROM \"{table}\""));
    let read = sqlx::query(all).fetch(from);
    let rows: Vec<Vec<Value>> = read.map_ok(|row| sqlite_row(&row)).try_collect().await.expect("rows");
    emptied(table, into).await;
    let width = rows.first().map_or(1, Vec::len);
    let tuple = format!("({})", vec!["?"; width].join(","));

    let begin = Instant::now();
    let mut transaction = into.begin_with("BEGIN IMMEDIATE").await.expect("a transaction");
    for some in rows.chunks(MOST_ARGUMENTS / width) {
        let sql = format!("INSERT INTO \"{table}\" VALUES {}", vec![tuple.as_str(); some.len()].join(","));
        let arguments = sqlite_arguments(some.iter().flatten());
        sqlx::query_with(AssertSqlSafe(sql), arguments)
            .execute(&mut *transaction)
            .await
            .expect("rows that fit");
    }
    transaction.commit().await.expect("a commit");
    seconds_since(begin)
}

async fn by_copy(table: &str, from: &PgPool, into: &PgPool) -> f64 {
    let mut reader = from.acquire().await.expect("a connection");
    let out = format!("COPY \"{table}\" TO STDOUT");
    let read = reader.copy_out_raw(&out).await.expect("rows");
    let parts: Vec<Bytes> = read.try_collect().await.expect("rows");
    // One part is one row: joined, so that a call of the driver carries many.
    let mut joined: Vec<Vec<u8>> = vec![Vec::new()];
    for part in parts {
        if joined.last().is_some_and(|last| last.len() > 1 << 20) {
            joined.push(Vec::new());
        }
        joined.last_mut().expect("one at least").extend_from_slice(&part);
    }
    into.execute(AssertSqlSafe(format!("TRUNCATE \"{table}\""))).await.expect("an empty table");

    let begin = Instant::now();
    let mut writer = into.acquire().await.expect("a connection");
    let mut copy = writer.copy_in_raw(&format!("COPY \"{table}\" FROM STDIN")).await.expect("a copy");
    for part in joined {
        copy.send(part).await.expect("rows that fit");
    }
    copy.finish().await.expect("a commit");
    seconds_since(begin)
}

async fn emptied(table: &str, pool: &SqlitePool) {
    pool.execute(AssertSqlSafe(format!("DELETE FROM \"{table}\""))).await.expect("an empty table");
}
