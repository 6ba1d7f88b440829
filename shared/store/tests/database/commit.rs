//! What a commit writes and what it refuses.

use crate::common::{NOON, conflict, count, each, event, insert, row, steps};
use store::{Dialect, NewAudit, NewRequest, Step, StoreError, Value, WriteSet};

#[tokio::test]
async fn a_set_is_written_with_its_known_time_and_nulls_keep_their_type() {
    each(|place| async move {
        let db = place.db;
        let text = "a'b\\c\n\t\"安图县\" $1 ?; --";
        let rows = vec![row("1", 1, Some(text), Some(i64::MIN)), row("2", 1, None, None)];
        let committed = db.commit(steps(vec![insert(rows)])).await.unwrap();
        if db.dialect() == Dialect::Sqlite {
            assert!(committed.known_at >= NOON);
        }

        let sql = "SELECT id, recorded_at, superseded_at, \"group\", amount FROM fact ORDER BY id";
        let rows = db.all(sql, &[]).await.unwrap();
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].text(3), text);
        assert_eq!(rows[0].integer(1), committed.known_at);
        assert_eq!((rows[0].integer(2), rows[0].integer(4)), (i64::MAX, i64::MIN));
        assert_eq!(rows[1].values[3..], [Value::NullText, Value::NullInteger]);

        // As arguments of a read, too.
        let sql = "SELECT count(*) FROM fact WHERE amount IS NOT DISTINCT FROM $1 AND \"group\" IS NOT DISTINCT FROM $2";
        let rows = db.all(sql, &[Value::NullInteger, Value::NullText]).await.unwrap();
        assert_eq!(rows[0].integer(0), 1);
        let rows = db.all(sql, &[Value::Integer(i64::MIN), Value::from(text)]).await.unwrap();
        assert_eq!(rows[0].integer(0), 1);
    })
    .await;
}

#[tokio::test]
async fn a_text_with_nul_is_refused() {
    each(|place| async move {
        for number in [1, 40] {
            let rows = (0..number).map(|id| row(&id.to_string(), 1, Some("a\0b"), None)).collect();
            let result = place.db.commit(steps(vec![insert(rows)])).await;
            assert!(matches!(result, Err(StoreError::Other(_))));
        }
    })
    .await;
}

#[tokio::test]
async fn a_second_row_of_a_key_is_a_conflict_and_leaves_nothing() {
    each(|place| async move {
        let db = place.db;
        db.commit(steps(vec![insert(vec![row("1", 1, None, None)])])).await.unwrap();
        for extra in [1_usize, 40] {
            let mut rows: Vec<_> = (0..extra).map(|id| row(&format!("new-{id}"), 1, None, None)).collect();
            rows.push(row("1", 1, None, None));
            let mut set = steps(vec![insert(rows)]);
            set.events.push(event("facts", "1", "222424"));
            conflict(db.commit(set).await);
        }
        assert_eq!(count(&db, "SELECT count(*) FROM fact").await, 1);
        assert_eq!(count(&db, "SELECT count(*) FROM outbox").await, 0);
    })
    .await;
}

#[tokio::test]
async fn superseding_meets_every_version_or_none() {
    each(|place| async move {
        let db = place.db;
        // Few are written one by one, many in one statement.
        for (version, number) in [(1, 3), (2, 60)] {
            let ids: Vec<String> = (0..number).map(|id| format!("{number}-{id}")).collect();
            let rows = ids.iter().map(|id| row(id, version, None, None)).collect();
            let first = db.commit(steps(vec![insert(rows)])).await.unwrap();

            let mut keys: Vec<(String, i64)> = ids.iter().map(|id| (id.clone(), version)).collect();
            let open = format!(
                "SELECT count(*) FROM fact WHERE superseded_at = {} AND id LIKE '{number}-%'",
                i64::MAX
            );
            for wrong in [("missing".to_owned(), version), (ids[0].clone(), version + 1)] {
                keys.push(wrong);
                conflict(db.commit(steps(vec![Step::Supersede { table: "fact", rows: keys.clone() }])).await);
                conflict(db.commit(steps(vec![Step::Unchanged { table: "fact", rows: keys.clone() }])).await);
                keys.pop();
                assert_eq!(count(&db, &open).await, i64::from(number));
            }

            let next = ids.iter().map(|id| row(id, version + 1, None, None)).collect();
            let unchanged = Step::Unchanged { table: "fact", rows: keys.clone() };
            let supersede = Step::Supersede { table: "fact", rows: keys.clone() };
            let second = db.commit(steps(vec![unchanged, supersede.clone(), insert(next)])).await.unwrap();
            assert!(second.known_at > first.known_at);
            assert_eq!(count(&db, &open).await, i64::from(number));
            let ended = format!("SELECT count(*) FROM fact WHERE superseded_at = {}", second.known_at);
            assert_eq!(count(&db, &ended).await, i64::from(number));
            conflict(db.commit(steps(vec![supersede])).await);
        }
    })
    .await;
}

#[tokio::test]
async fn elements_are_superseded_by_their_own_id() {
    each(|place| async move {
        let db = place.db;
        let columns = ["id", "element_id", "recorded_at", "superseded_at"].map(str::to_owned).into();
        let row = |element: &str| {
            vec![Value::from("1"), Value::from(element), Value::KnownNow, Value::Integer(i64::MAX)]
        };
        let step = Step::Insert { table: "fact_part", columns, rows: vec![row("a"), row("b")] };
        db.commit(steps(vec![step])).await.unwrap();
        let end = |element: &str| {
            let rows = vec![("1".to_owned(), element.to_owned())];
            steps(vec![Step::SupersedeElements { table: "fact_part", rows }])
        };
        db.commit(end("a")).await.unwrap();
        conflict(db.commit(end("a")).await);
        let sql = format!("SELECT element_id FROM fact_part WHERE superseded_at = {}", i64::MAX);
        let rows = db.all(&sql, &[]).await.unwrap();
        assert_eq!((rows.len(), rows[0].text(0)), (1, "b"));
    })
    .await;
}

#[tokio::test]
async fn an_executed_statement_touches_as_many_rows_as_expected() {
    each(|place| async move {
        let db = place.db;
        db.commit(steps(vec![insert((0..5).map(|id| row(&id.to_string(), 1, None, Some(id))).collect())]))
            .await
            .unwrap();
        let change = |expect| Step::Execute {
            sql: "UPDATE fact SET \"group\" = $1, recorded_at = $2 WHERE amount >= $3 AND \"group\" IS NULL"
                .to_owned(),
            args: vec![Value::from("$9"), Value::KnownNow, Value::Integer(3)],
            expect,
        };
        conflict(db.commit(steps(vec![change(Some(1))])).await);
        assert_eq!(count(&db, "SELECT count(*) FROM fact WHERE \"group\" IS NOT NULL").await, 0);
        let committed = db.commit(steps(vec![change(Some(2))])).await.unwrap();
        let sql = "SELECT count(*) FROM fact WHERE \"group\" = $1 AND recorded_at = $2";
        let rows = db.all(sql, &[Value::from("$9"), Value::Integer(committed.known_at)]).await.unwrap();
        assert_eq!(rows[0].integer(0), 2);
        db.commit(steps(vec![change(None)])).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn guards_move_on_from_the_version_that_was_read() {
    each(|place| async move {
        let db = place.db;
        let guard = |rows: Vec<(String, i64)>| steps(vec![Step::Guard { rows }]);
        for number in [2, 40] {
            let subjects: Vec<String> =
                (0..number).map(|subject| format!("household/{number}-{subject}")).collect();
            for version in 0..3 {
                assert_eq!(db.guards(&subjects).await.unwrap(), vec![version; number]);
                let read: Vec<_> = subjects.iter().map(|subject| (subject.clone(), version)).collect();
                db.commit(guard(read.clone())).await.unwrap();
                // A subject that is named twice moves on once; one of another version is a conflict.
                conflict(db.commit(guard(read)).await);
            }
            let mut mixed: Vec<_> = subjects.iter().map(|subject| (subject.clone(), 3)).collect();
            mixed[1].1 = 2;
            conflict(db.commit(guard(mixed)).await);
            assert_eq!(db.guards(&subjects).await.unwrap(), vec![3; number]);
        }
        let twice = vec![("fund/1".to_owned(), 0), ("fund/1".to_owned(), 0)];
        db.commit(guard(twice)).await.unwrap();
        let torn = vec![("fund/1".to_owned(), 1), ("fund/1".to_owned(), 2)];
        conflict(db.commit(guard(torn)).await);
        assert_eq!(db.guards(&["fund/1".to_owned(), "fund/2".to_owned()]).await.unwrap(), [1, 0]);
    })
    .await;
}

#[tokio::test]
async fn a_request_is_answered_once() {
    each(|place| async move {
        let db = place.db;
        let set = |digest: &str| WriteSet {
            request: Some(NewRequest {
                subject: "clerk".to_owned(),
                request_id: "r".to_owned(),
                digest: digest.to_owned(),
                status: 0,
                resources: "[]".to_owned(),
            }),
            ..WriteSet::default()
        };
        assert_eq!(db.request("clerk", "r").await.unwrap(), None);
        let committed = db.commit(set("first")).await.unwrap();
        conflict(db.commit(set("second")).await);
        let request = db.request("clerk", "r").await.unwrap().unwrap();
        assert_eq!((request.digest.as_str(), request.recorded_at), ("first", committed.known_at));
        assert_eq!(db.request("other", "r").await.unwrap(), None);
    })
    .await;
}

/// A set of many rows takes other ways than one of few: COPY, or statements of their own.
#[tokio::test]
async fn a_large_set_is_written_like_a_small_one() {
    each(|place| async move {
        let db = place.db;
        let text = "a\\b\tc\n'd\r";
        let rows: Vec<_> = (0..1_237).map(|id| row(&format!("{id:05}"), 1, Some(text), None)).collect();
        let events: Vec<_> = (0..1_237).map(|id| event("facts", &format!("{id:05}"), "222424")).collect();
        let audit: Vec<_> =
            (0..1_237).map(|_| NewAudit { subject: "clerk".to_owned(), ..NewAudit::default() }).collect();
        let guards = (0..300).map(|subject| (format!("village/{subject}"), 0)).collect();
        let set = WriteSet {
            steps: vec![insert(rows), Step::Guard { rows: guards }],
            events,
            audit,
            request: None,
        };
        let committed = db.commit(set).await.unwrap();
        assert_eq!(committed.position.ordinal, 1_236);

        let sql = "SELECT count(*) FROM fact WHERE \"group\" = $1 AND amount IS NULL AND recorded_at = $2";
        let rows = db.all(sql, &[Value::from(text), Value::Integer(committed.known_at)]).await.unwrap();
        assert_eq!(rows[0].integer(0), 1_237);
        for table in ["outbox", "audit"] {
            let sql = format!(
                "SELECT count(*), min(ordinal), max(ordinal) FROM {table} WHERE xid = $1 AND recorded_at = $2"
            );
            let args = [Value::Integer(committed.position.transaction), Value::Integer(committed.known_at)];
            let rows = db.all(&sql, &args).await.unwrap();
            assert_eq!((rows[0].integer(0), rows[0].integer(1), rows[0].integer(2)), (1_237, 0, 1_236));
        }
        assert_eq!(count(&db, "SELECT count(*) FROM guard").await, 300);
    })
    .await;
}

#[tokio::test]
async fn a_faulty_step_is_told_and_writes_nothing() {
    each(|place| async move {
        let db = place.db;
        let execute = |sql: &str, args| Step::Execute { sql: sql.to_owned(), args, expect: None };
        let faulty = [
            execute("UPDATE nothing SET a = $1", vec![Value::Integer(1)]),
            execute("DELETE FROM fact WHERE id = $1", vec![]),
            Step::Insert { table: "fact", columns: ["id".to_owned()].into(), rows: vec![vec![]] },
        ];
        for step in faulty {
            let result = db.commit(steps(vec![insert(vec![row("1", 1, None, None)]), step])).await;
            assert!(matches!(result, Err(StoreError::Other(_))), "{result:?}");
        }
        assert_eq!(count(&db, "SELECT count(*) FROM fact").await, 0);
        db.commit(steps(vec![insert(vec![row("1", 1, None, None)])])).await.unwrap();
        assert!(db.all("SELECT $1", &[Value::KnownNow]).await.is_err());
    })
    .await;
}
