//! Migrations, the schema as it stands, and databases that are not there.

use crate::common::{self, FACT, NOON, each, places, remove};
use futures::TryStreamExt;
use store::{Db, MIGRATIONS, Migration, PostgresOptions, StoreError, Value};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn migrations_are_applied_once_also_from_two_at_a_time() {
    for at in places() {
        let all = [MIGRATIONS, FACT].concat();
        let (one, other) = (at.open().await, at.open().await);
        let (first, second) = tokio::join!(one.migrate(&all), other.migrate(&all));
        first.unwrap();
        second.unwrap();
        one.migrate(&all).await.unwrap();
        let rows = other.all("SELECT count(*), min(applied_at) FROM migration", &[]).await.unwrap();
        assert_eq!(rows[0].integer(0), all.len() as i64);
        assert!(rows[0].integer(1) >= NOON);

        // A new one is applied after the old ones, a changed one never.
        let more = Migration { name: "test/more", sql: "CREATE TABLE more (a TEXT NOT NULL PRIMARY KEY);" };
        one.migrate(&[all.as_slice(), &[more]].concat()).await.unwrap();
        let changed =
            Migration { name: "test/more", sql: "CREATE TABLE more (a BIGINT NOT NULL PRIMARY KEY)" };
        assert!(matches!(other.migrate(&[changed]).await, Err(StoreError::Other(_))));
        // A faulty one leaves nothing behind.
        let faulty =
            Migration { name: "test/faulty", sql: "CREATE TABLE half (a TEXT); CREATE TABLE more (a TEXT)" };
        assert!(one.migrate(&[faulty]).await.is_err());
        let tables = one.tables().await.unwrap();
        assert!(tables.contains(&"more".to_owned()) && !tables.contains(&"half".to_owned()), "{tables:?}");
        one.close().await;
        other.close().await;
        remove(&at).await;
    }
}

#[tokio::test]
async fn the_schema_reads_the_same_on_both() {
    each(|place| async move {
        let db = place.db;
        let expected = [
            "audit",
            "fact",
            "fact_part",
            "feed_cursor",
            "guard",
            "identity",
            "import_error",
            "import_job",
            "migration",
            "outbox",
            "request",
        ];
        assert_eq!(db.tables().await.unwrap(), expected);
        for table in expected {
            for column in db.columns_of(table).await.unwrap() {
                // A text in another order than that of bytes would name its collation here.
                assert!(["TEXT", "BIGINT"].contains(&column.kind.as_str()), "{table}: {column:?}");
            }
        }
        let columns = db.columns_of("fact").await.unwrap();
        assert_eq!(
            columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(),
            common::FACT_COLUMNS
        );
        assert_eq!(
            columns.iter().map(|column| column.nullable).collect::<Vec<_>>(),
            [false, false, false, false, false, true, true]
        );
        assert!(db.columns_of("nothing").await.unwrap().is_empty());
        let indexes = db.indexes_of("fact").await.unwrap();
        let index = indexes.iter().find(|index| index.name == "fact_group").unwrap();
        assert_eq!((index.columns.join(","), index.unique), ("group,id".to_owned(), false));
        let key = indexes.iter().find(|index| index.unique).unwrap();
        assert_eq!(key.columns, ["id", "version", "valid_from"]);
    })
    .await;
}

#[tokio::test]
async fn texts_are_ordered_by_their_bytes() {
    each(|place| async move {
        let db = place.db;
        let rows = ["b", "B", "a", "é", "安", "2"].map(|id| common::row(id, 1, None, None)).to_vec();
        db.commit(common::steps(vec![common::insert(rows)])).await.unwrap();
        let rows = db.all("SELECT id FROM fact ORDER BY id", &[]).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.text(0)).collect::<Vec<_>>(), ["2", "B", "a", "b", "é", "安"]);
    })
    .await;
}

#[tokio::test]
async fn rows_stream_and_faulty_queries_tell() {
    each(|place| async move {
        let db = place.db;
        let rows = (0..2_000).map(|id| common::row(&format!("{id:04}"), 1, None, Some(id))).collect();
        db.commit(common::steps(vec![common::insert(rows)])).await.unwrap();
        let sql = "SELECT id, amount FROM fact WHERE amount >= $1 ORDER BY id".to_owned();
        let mut stream = db.stream(sql, vec![Value::Integer(1_000)]);
        let mut expected = 1_000;
        while let Some(row) = stream.try_next().await.unwrap() {
            assert_eq!(row.integer(1), expected);
            expected += 1;
        }
        assert_eq!(expected, 2_000);
        drop(stream);
        // Left in the middle, the connection serves others.
        for _ in 0..20 {
            let mut stream = db.stream("SELECT id FROM fact".to_owned(), vec![]);
            stream.try_next().await.unwrap().unwrap();
        }
        db.ping().await.unwrap();
        assert!(matches!(db.all("SELECT nothing FROM fact", &[]).await, Err(StoreError::Other(_))));
        let mut stream = db.stream("SELECT nothing FROM fact".to_owned(), vec![]);
        assert!(stream.try_next().await.is_err());
    })
    .await;
}

#[tokio::test]
async fn an_absent_database_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let clock = std::sync::Arc::new(kernel::clock::SystemClock);
    let path = folder.path().join("no-such-folder/facts.sqlite");
    assert!(matches!(Db::open_sqlite(&path, clock).await, Err(StoreError::Unavailable(_))));
    // Nothing listens on the port that was just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("postgres://nobody:secret@127.0.0.1:{port}/nothing");
    let Err(error) = Db::open_postgres(&url, PostgresOptions::default()).await else { panic!("it opened") };
    assert!(matches!(error, StoreError::Unavailable(_)));
    let failure = kernel::failure::Failure::from(error);
    assert_eq!(failure.reason(), kernel::failure::Reason::DatabaseUnavailable);
    assert_eq!(failure.retry(), Some(std::time::Duration::from_secs(1)));
    let schema = Some("a; DROP TABLE b".to_owned());
    let options = PostgresOptions { schema, ..PostgresOptions::default() };
    assert!(matches!(Db::open_postgres(&url, options).await, Err(StoreError::Other(_))));
}

#[tokio::test]
async fn a_closed_database_is_unavailable() {
    for at in places() {
        let db = at.open().await;
        db.migrate(MIGRATIONS).await.unwrap();
        db.close().await;
        assert!(matches!(db.ping().await, Err(StoreError::Unavailable(_))));
        assert!(matches!(db.commit(store::WriteSet::default()).await, Err(StoreError::Unavailable(_))));
        assert!(matches!(db.closed_now().await, Err(StoreError::Unavailable(_))));
        remove(&at).await;
    }
}
