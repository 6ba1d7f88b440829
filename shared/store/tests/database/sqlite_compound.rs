//! What the writer relies on: how SQLite and its driver run several statements in one call.

use futures::TryStreamExt;
use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection};
use sqlx::{Arguments, AssertSqlSafe, ConnectOptions, Either, Executor, Row};

/// Rows touched by each statement, and the error that ended the call.
async fn call(connection: &mut SqliteConnection, sql: &str, args: &[i64]) -> (Vec<u64>, Option<sqlx::Error>) {
    let mut bound = SqliteArguments::default();
    for value in args {
        bound.add(*value).unwrap();
    }
    let mut touched = Vec::new();
    let mut answers = connection.fetch_many(sqlx::query_with(AssertSqlSafe(sql.to_owned()), bound));
    loop {
        match answers.try_next().await {
            Ok(Some(Either::Left(result))) => touched.push(result.rows_affected()),
            Ok(Some(Either::Right(_))) => {}
            Ok(None) => return (touched, None),
            Err(error) => return (touched, Some(error)),
        }
    }
}

async fn numbers(connection: &mut SqliteConnection) -> Vec<i64> {
    let rows = connection.fetch_all("SELECT a FROM t ORDER BY a").await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_call_tells_what_each_statement_touched_and_stops_at_the_first_that_fails() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.sqlite");
    let mut connection =
        SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap();
    connection.execute("CREATE TABLE t (a BIGINT PRIMARY KEY)").await.unwrap();

    // Arguments are counted over the whole text. A control statement repeats the number of the statement before it.
    let text = "BEGIN IMMEDIATE; SAVEPOINT one; INSERT INTO t VALUES (?), (?); UPDATE t SET a = a + 10 WHERE a = ?; \
                UPDATE t SET a = a WHERE a > ?";
    let (touched, error) = call(&mut connection, text, &[1, 2, 7, 0]).await;
    assert!(error.is_none());
    assert_eq!(touched[2..], [2, 0, 2]);

    // A key that exists ends the call: what stood before it in the call is done, what stands after it is not, and
    // the transaction is open still.
    let text = "RELEASE one; SAVEPOINT one; INSERT INTO t VALUES (?); INSERT INTO t VALUES (?); INSERT INTO t VALUES (?)";
    let (touched, error) = call(&mut connection, text, &[3, 1, 4]).await;
    assert_eq!(touched.len(), 3);
    assert!(error.unwrap().as_database_error().unwrap().is_unique_violation());
    assert_eq!(numbers(&mut connection).await, [1, 2, 3]);

    // A text that does not compile ends the call where it stands, too.
    let text = "ROLLBACK TO one; INSERT INTO t VALUES (?); INSERT INTO nothing VALUES (?)";
    let (touched, error) = call(&mut connection, text, &[5, 6]).await;
    assert_eq!(touched.len(), 2);
    assert!(error.is_some());
    assert_eq!(numbers(&mut connection).await, [1, 2, 5]);

    // The savepoint takes back the failed set alone.
    let (_, error) = call(&mut connection, "ROLLBACK TO one; INSERT INTO t VALUES (?)", &[8]).await;
    assert!(error.is_none());
    connection.execute("COMMIT").await.unwrap();
    assert_eq!(numbers(&mut connection).await, [1, 2, 8]);
}
