//! The change feed and closed moments.

use std::time::Duration;

use crate::common::{self, each, event};
use futures::future::join_all;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use store::{Db, Event, FeedPosition, PostgresOptions, WriteSet};

async fn write(db: &Db, events: &[(&str, &str, &str)]) -> FeedPosition {
    let events = events.iter().map(|(collection, id, area)| event(collection, id, area)).collect();
    db.commit(WriteSet { events, ..WriteSet::default() }).await.unwrap().position
}

async fn read_all(db: &Db, limit: u32) -> Vec<Event> {
    let (mut after, mut found) = (None, Vec::new());
    loop {
        let page = db.feed(after, limit, &[], None).await.unwrap();
        if page.events.is_empty() {
            return found;
        }
        after = Some(page.next);
        found.extend(page.events);
    }
}

#[tokio::test]
async fn events_come_in_order_and_through_filters() {
    each(|place| async move {
        let db = place.db;
        assert_eq!(db.feed_head().await.unwrap(), FeedPosition::START);
        assert_eq!(db.feed(None, 10, &[], None).await.unwrap().next, FeedPosition::START);
        for number in 0..30 {
            let id = number.to_string();
            let area = if number == 29 { "222424001000" } else { "222426001000" };
            write(&db, &[("households", &id, area), ("persons", &id, area)]).await;
        }
        db.closed_now().await.unwrap();

        let all = read_all(&db, 7).await;
        assert_eq!(all.len(), 60);
        assert!(all.windows(2).all(|pair| pair[0].position < pair[1].position));
        assert_eq!(db.feed_head().await.unwrap(), all[59].position);
        assert_eq!(all[59].position.to_string().parse::<FeedPosition>().unwrap(), all[59].position);

        let persons = ["persons".to_owned()];
        let page = db.feed(Some(all[1].position), 3, &persons, None).await.unwrap();
        assert_eq!(page.events.iter().map(|event| event.id.as_str()).collect::<Vec<_>>(), ["1", "2", "3"]);
        assert_eq!(page.next, page.events[2].position);

        let behind = async |after, limit, collections: &[String], ranges: Option<&[(String, String)]>| {
            db.feed_behind(after, limit, collections, ranges).await.unwrap()
        };
        let start = FeedPosition::START;
        assert_eq!(behind(start, 1_000, &[], None).await, 60);
        assert_eq!(behind(all[9].position, 1_000, &[], None).await, 50);
        assert_eq!(behind(all[9].position, 1_000, &persons, None).await, 25);
        assert_eq!(behind(all[59].position, 1_000, &[], None).await, 0);
        assert_eq!(behind(start, 20, &[], None).await, 20);
        let one = [("222424".to_owned(), "222425".to_owned())];
        assert_eq!(behind(start, 1_000, &[], Some(&one)).await, 2);
        assert_eq!(behind(start, 1_000, &persons, Some(&one)).await, 1);
        assert_eq!(behind(start, 1_000, &[], Some(&[])).await, 0);

        // Where nothing passes, the position goes on all the same.
        let ranges = [("222424".to_owned(), "222425".to_owned())];
        let page = db.feed(None, 10, &persons, Some(&ranges)).await.unwrap();
        assert_eq!(page.events.iter().map(|event| event.id.as_str()).collect::<Vec<_>>(), ["29"]);
        let page = db.feed(None, 10, &["loans".to_owned()], None).await.unwrap();
        assert_eq!((page.events.len(), page.next), (0, all[59].position));
        assert!(db.feed(None, 10, &[], Some(&[])).await.unwrap().events.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_follower_is_woken_by_a_commit() {
    each(|place| async move {
        let db = place.db;
        let head = db.feed_head().await.unwrap();
        // There is no time limit to run into: it ends by the commit, or the test does not end.
        let (_, position) =
            tokio::join!(db.feed_changed(&head, Duration::MAX), write(&db, &[("households", "1", "2224")]));
        db.closed_now().await.unwrap();
        assert_eq!(db.feed_head().await.unwrap(), position);
        // It does not wait where there is news already, nor longer than it may.
        db.feed_changed(&head, Duration::MAX).await;
        db.feed_changed(&position, Duration::ZERO).await;
    })
    .await;
}

#[tokio::test]
async fn a_follower_keeps_its_position() {
    each(|place| async move {
        let db = place.db;
        assert_eq!(db.feed_cursor("assistance").await.unwrap(), None);
        for position in
            [FeedPosition { transaction: 5, ordinal: 2 }, FeedPosition { transaction: 7, ordinal: 0 }]
        {
            db.commit(common::steps(vec![store::Step::feed_cursor("assistance", position)])).await.unwrap();
            assert_eq!(db.feed_cursor("assistance").await.unwrap(), Some(position));
        }
    })
    .await;
}

/// A transaction that has written to the outbox and has not committed.
async fn stalled(at: &common::At) -> Option<(PgConnection, i64)> {
    let common::At::Postgres(url, PostgresOptions { schema: Some(schema), .. }) = at else {
        return None;
    };
    let mut connection = PgConnection::connect(url).await.unwrap();
    connection.execute(AssertSqlSafe(format!("BEGIN; SET LOCAL search_path TO {schema}"))).await.unwrap();
    let sql = "INSERT INTO outbox SELECT pg_current_xact_id()::text::bigint, 0, \
               (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, 'stalled', '1', 1, 'created', '', '', NULL \
               RETURNING xid, recorded_at";
    let row = connection.fetch_one(sql).await.unwrap();
    let known_at = row.get(1);
    Some((connection, known_at))
}

/// Decision of the feed: one writer stalls before its COMMIT, eight go on. Nothing is skipped and nothing is seen
/// that has a gap before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_writer_leaves_no_gap() {
    each(|place| async move {
        let db = place.db.clone();
        write(&db, &[("before", "1", "")]).await;
        db.closed_now().await.unwrap();
        let Some((mut connection, stalled_at)) = stalled(&place.at).await else { return };

        let work = (0..8).map(|writer| {
            let db = db.clone();
            tokio::spawn(async move {
                for number in 0..10 {
                    write(&db, &[("after", &format!("{writer}-{number}"), "")]).await;
                }
            })
        });
        for done in join_all(work).await {
            done.unwrap();
        }
        let names =
            |events: &[Event]| events.iter().map(|event| event.collection.clone()).collect::<Vec<_>>();
        let seen = db.feed(None, 1_000, &[], None).await.unwrap();
        assert_eq!(names(&seen.events), ["before"]);
        assert_eq!(db.feed_head().await.unwrap(), seen.next);

        let closing = tokio::spawn({
            let db = db.clone();
            async move { db.closed_now().await }
        });
        // Reads of the database go on, and the moment does not close.
        for _ in 0..20 {
            db.ping().await.unwrap();
            assert!(!closing.is_finished());
        }
        connection.execute("COMMIT").await.unwrap();
        let closed = closing.await.unwrap().unwrap();
        assert!(closed > stalled_at);

        let rest = db.feed(Some(seen.next), 1_000, &[], None).await.unwrap();
        assert_eq!(rest.events.len(), 81);
        assert_eq!(rest.events[0].collection, "stalled", "its number is the lowest");
        assert!(rest.events.windows(2).all(|pair| pair[0].position < pair[1].position));
        connection.close().await.unwrap();
    })
    .await;
}

/// What is recorded at or before a closed moment is visible when the moment is given, with writers going on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_appears_at_a_closed_moment_later() {
    each(|place| async move {
        let db = place.db;
        let writers = (0..8).map(|writer| {
            let db = db.clone();
            tokio::spawn(async move {
                for number in 0..25 {
                    write(&db, &[("facts", &format!("{writer}-{number}"), "")]).await;
                }
            })
        });
        let writers: Vec<_> = writers.collect();
        let mut counted = Vec::new();
        while writers.iter().any(|writer| !writer.is_finished()) {
            let moment = db.closed_now().await.unwrap();
            counted.push((moment, at_or_before(&db, moment).await));
        }
        for done in join_all(writers).await {
            done.unwrap();
        }
        assert!(counted.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (moment, before) in counted {
            assert_eq!(at_or_before(&db, moment).await, before);
        }
    })
    .await;
}

async fn at_or_before(db: &Db, moment: i64) -> i64 {
    let sql = "SELECT count(*) FROM outbox WHERE recorded_at <= $1";
    db.all(sql, &[store::Value::Integer(moment)]).await.unwrap()[0].integer(0)
}
