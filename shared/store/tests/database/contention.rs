//! Several writers at once: nothing is lost, and a set that fails takes no other with it.

use crate::common::{self, count, each, event, insert, row, steps};
use futures::future::join_all;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use store::{Db, Dialect, PostgresOptions, Step, StoreError, Value, WriteSet};

/// Reads, adds one, writes; again for as long as others are first.
async fn add_one(db: &Db, guarded: bool) -> u32 {
    let mut tries = 0;
    loop {
        tries += 1;
        let subject = "household/1".to_owned();
        let guard = db.guards(std::slice::from_ref(&subject)).await.unwrap()[0];
        let sql = format!("SELECT version, amount FROM fact WHERE id = '1' AND superseded_at = {}", i64::MAX);
        let read = db.all(&sql, &[]).await.unwrap();
        let (version, amount) = (read[0].integer(0), read[0].integer(1));
        let next = insert(vec![row("1", version + 1, None, Some(amount + 1))]);
        let set = if guarded {
            let sql = "UPDATE fact SET amount = $1 WHERE id = $2".to_owned();
            let args = vec![Value::Integer(amount + 1), Value::from("1")];
            let write = Step::Execute { sql, args, expect: Some(1) };
            steps(vec![write, Step::Guard { rows: vec![(subject, guard)] }])
        } else {
            steps(vec![Step::Supersede { table: "fact", rows: vec![("1".to_owned(), version)] }, next])
        };
        match db.commit(set).await {
            Ok(_) => return tries,
            Err(StoreError::Conflict) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_update_is_lost() {
    each(|place| async move {
        let db = place.db;
        db.commit(steps(vec![insert(vec![row("1", 1, None, Some(0))])])).await.unwrap();
        let mut total = 0;
        for guarded in [true, false] {
            for writers in [2, 8] {
                let work = (0..writers).map(|_| {
                    let db = db.clone();
                    tokio::spawn(async move {
                        for _ in 0..10 {
                            add_one(&db, guarded).await;
                        }
                    })
                });
                for done in join_all(work).await {
                    done.unwrap();
                }
                total += writers * 10;
                let open = format!("SELECT amount FROM fact WHERE superseded_at = {}", i64::MAX);
                assert_eq!(count(&db, &open).await, total, "guarded: {guarded}, writers: {writers}");
            }
        }
        // Each version ended when the next one began.
        let sql = "SELECT count(*) FROM fact a JOIN fact b ON b.id = a.id AND b.version = a.version + 1 \
                   WHERE a.superseded_at <> b.recorded_at OR a.recorded_at >= b.recorded_at";
        assert_eq!(count(&db, sql).await, 0);
    })
    .await;
}

/// A version that a rule relied on must still be open when the write that relied on it commits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_must_stay_is_waited_for_and_looked_at_again() {
    each(|place| async move {
        let db = place.db;
        db.commit(steps(vec![insert(vec![row("1", 1, None, None)])])).await.unwrap();
        let common::At::Postgres(url, PostgresOptions { schema: Some(schema), .. }) = &place.at else {
            return;
        };
        let mut other = PgConnection::connect(url).await.unwrap();
        let sql = format!("BEGIN; SET LOCAL search_path TO {schema}; UPDATE fact SET superseded_at = 1");
        other.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();

        let relying = tokio::spawn({
            let db = db.clone();
            let keep = Step::Unchanged { table: "fact", rows: vec![("1".to_owned(), 1)] };
            async move { db.commit(steps(vec![keep, insert(vec![row("2", 1, None, None)])])).await }
        });
        for _ in 0..20 {
            db.ping().await.unwrap();
            assert!(!relying.is_finished());
        }
        other.execute("COMMIT").await.unwrap();
        common::conflict(relying.await.unwrap());
        assert_eq!(count(&db, "SELECT count(*) FROM fact").await, 1);
        other.close().await.unwrap();
    })
    .await;
}

/// Sets that wait together share a commit of SQLite. Each third one fails, in a way of its own, after it has written.
#[tokio::test]
async fn a_failed_set_leaves_its_neighbours_whole() {
    each(|place| async move {
        let db = place.db;
        db.commit(steps(vec![insert(vec![row("taken", 1, None, None)])])).await.unwrap();
        let set = |number: usize| {
            let id = format!("n{number:03}");
            // Some sets are one call, some several.
            let rows = if number.is_multiple_of(10) { 40 } else { 2 };
            let rows = (0..rows).map(|part| row(&format!("{id}-{part}"), 1, None, None)).collect();
            let mut set = steps(vec![insert(rows)]);
            match number % 12 {
                0 => set.steps.push(insert(vec![row("taken", 1, None, None)])),
                3 => set.steps.push(Step::Supersede { table: "fact", rows: vec![("taken".to_owned(), 7)] }),
                6 => set.steps.push(Step::Guard { rows: vec![("nobody".to_owned(), 4)] }),
                9 => set.steps.push(Step::Execute {
                    sql: "DELETE FROM nothing".to_owned(),
                    args: vec![],
                    expect: None,
                }),
                _ => {}
            }
            set.events.push(event("facts", &id, "222424"));
            set
        };
        let results = join_all((0..200).map(|number| db.commit(set(number)))).await;
        for (number, result) in results.iter().enumerate() {
            let (sql, id) = ("SELECT count(*) FROM fact WHERE id LIKE $1", format!("n{number:03}-%"));
            let written = db.all(sql, &[Value::from(id)]).await.unwrap()[0].integer(0);
            let rows = if number.is_multiple_of(10) { 40 } else { 2 };
            match number % 12 {
                9 => assert!(matches!(result, Err(StoreError::Other(_))), "{number}: {result:?}"),
                0 | 3 | 6 => assert_eq!(result, &Err(StoreError::Conflict), "{number}"),
                _ => assert!(result.is_ok(), "{number}: {result:?}"),
            }
            assert_eq!(written, if result.is_ok() { rows } else { 0 }, "{number}");
        }
        let good = results.iter().filter(|result| result.is_ok()).count() as i64;
        assert_eq!(count(&db, "SELECT count(*) FROM outbox").await, good);
        assert_eq!(count(&db, "SELECT count(DISTINCT xid) FROM outbox").await, good);
    })
    .await;
}

#[tokio::test]
async fn known_time_rises_strictly_on_sqlite() {
    each(|place| async move {
        let db = place.db;
        if db.dialect() != Dialect::Sqlite {
            return;
        }
        // The clock stands still; another handle of the same process writes between.
        let committed = join_all((0..100).map(|number| {
            let set = WriteSet {
                events: vec![event("facts", &number.to_string(), "222424")],
                ..WriteSet::default()
            };
            db.commit(set)
        }));
        let mut last = 0;
        for result in committed.await {
            let known_at = result.unwrap().known_at;
            assert!(known_at > last);
            last = known_at;
        }
        let now = db.known_now().await.unwrap();
        let closed = db.closed_now().await.unwrap();
        assert!(last < now && now < closed);
        db.close().await;

        let again = place.at.open().await;
        assert!(again.known_now().await.unwrap() > last, "a new process goes on after what is written");
        again.close().await;
    })
    .await;
}

/// A caller that stops waiting leaves neither an open transaction nor half a set.
#[tokio::test]
async fn a_commit_goes_on_without_its_caller() {
    each(|place| async move {
        let db = place.db;
        for number in 0..20 {
            let set = steps(vec![insert(vec![
                row(&format!("a{number}"), 1, None, None),
                row(&format!("b{number}"), 1, None, None),
            ])]);
            let commit = db.commit(set);
            let mut commit = Box::pin(commit);
            // Polled once: the work has begun.
            let begun = futures::poll!(commit.as_mut());
            assert!(begun.is_pending());
            drop(commit);
        }
        // A later commit of the same process, then a closed moment: what had begun by then is over.
        db.commit(steps(vec![insert(vec![row("last", 1, None, None)])])).await.unwrap();
        db.closed_now().await.unwrap();
        let sql =
            "SELECT count(*) FILTER (WHERE id LIKE 'a%'), count(*) FILTER (WHERE id LIKE 'b%') FROM fact";
        let counts = db.all(sql, &[]).await.unwrap();
        let (a, b) = (counts[0].integer(0), counts[0].integer(1));
        assert_eq!(a, b);
    })
    .await;
}
