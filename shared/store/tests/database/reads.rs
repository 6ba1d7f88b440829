//! Batched reads, and reads of the common tables.

use crate::common::{self, count, each, insert, row, steps};
use store::{AuditQuery, Dialect, ImportError, ImportJob, NewAudit, Step, Value, WriteSet};

#[tokio::test]
async fn rows_are_found_by_lists_of_keys() {
    each(|place| async move {
        let db = place.db;
        let rows = (0..600).map(|id| row(&format!("{id:03}"), 1, Some("it's \"安\\\n"), Some(id))).collect();
        db.commit(steps(vec![insert(rows)])).await.unwrap();
        let mut keys: Vec<String> = (0..400).map(|id| format!("{id:03}")).collect();
        keys.extend(["absent".to_owned(), "000".to_owned()]);
        let select = "SELECT id, amount FROM fact WHERE";
        let found = db.select_in(select, "id", &keys, "ORDER BY id DESC").await.unwrap();
        assert_eq!((found.len(), found[0].text(0)), (400, "399"));
        assert!(db.select_in(select, "id", &[], "").await.unwrap().is_empty());
        let group = ["it's \"安\\\n".to_owned()];
        let select = "SELECT id FROM fact WHERE amount < $1 AND";
        let found = db.select_in_with(select, &[Value::Integer(5)], "\"group\"", &group, "").await.unwrap();
        assert_eq!(found.len(), 5);
        // Values that are equal, absent or of many rows, in a column without an index.
        let values = ["it's \"安\\\n", "absent", "it's \"安\\\n"].map(str::to_owned);
        let found =
            db.scan_in("SELECT id FROM fact WHERE", "\"group\"", &values, "ORDER BY id").await.unwrap();
        assert_eq!((found.len(), found[599].text(0)), (600, "599"));
        assert!(db.scan_in("SELECT id FROM fact WHERE", "\"group\"", &[], "").await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_planner_knows_what_has_come_in() {
    each(|place| async move {
        let db = place.db;
        db.settle().await.unwrap();
        if db.dialect() != Dialect::Postgres {
            return;
        }
        let counted = "SELECT CAST(greatest(reltuples, 0) AS BIGINT) FROM pg_class \
            WHERE relname = 'fact' AND relnamespace = CAST(current_schema() AS regnamespace)";
        assert_eq!(count(&db, counted).await, 0);
        for part in 0..20 {
            let id = |row: i64| format!("{part:02}{row:03}");
            let rows = (0..500).map(|number| row(&id(number), 1, Some("安"), Some(number))).collect();
            db.commit(steps(vec![insert(rows)])).await.unwrap();
        }
        db.settle().await.unwrap();
        assert_eq!(count(&db, counted).await, 10_000);
    })
    .await;
}

#[tokio::test]
async fn identities_are_found_by_collection_kind_and_value() {
    each(|place| async move {
        let db = place.db;
        let columns = ["collection", "key_kind", "key_value", "id", "area"].map(str::to_owned).into();
        let row = |collection: &str, kind: &str, value: &str, id: &str| {
            vec![collection, kind, value, id, "222424"].into_iter().map(Value::from).collect::<Vec<_>>()
        };
        let rows = vec![
            row("persons", "id_number", "\"x'", "1"),
            row("persons", "person_no", "x", "2"),
            row("households", "household_no", "x", "3"),
        ];
        db.commit(steps(vec![Step::Insert { table: "identity", columns, rows }])).await.unwrap();
        let keys = [
            ("persons", "id_number", "\"x'"),
            ("persons", "id_number", "x"),
            ("households", "household_no", "x"),
            ("households", "person_no", "x"),
        ];
        let mut found = db.identities(&keys).await.unwrap();
        found.sort_by(|one, other| one.id.cmp(&other.id));
        assert_eq!(found.iter().map(|identity| identity.id.as_str()).collect::<Vec<_>>(), ["1", "3"]);
        assert_eq!((found[0].key_value.as_str(), found[0].area.as_str()), ("\"x'", "222424"));
        assert!(db.identities(&[]).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_audit_trail_is_read_backwards() {
    each(|place| async move {
        let db = place.db;
        let entry = |number: i64| NewAudit {
            subject: if number % 2 == 0 { "clerk" } else { "auditor" }.to_owned(),
            resource: Some(format!("households/{number}")),
            area: (number != 3).then(|| format!("22242{number}")),
            count: number,
            ..NewAudit::default()
        };
        let mut known = Vec::new();
        for number in 0..4 {
            let audit = vec![entry(number), entry(number + 4)];
            known.push(db.commit(WriteSet { audit, ..WriteSet::default() }).await.unwrap().known_at);
        }
        let counts = |query: AuditQuery| {
            let db = db.clone();
            async move {
                let found = db.audit_entries(&query).await.unwrap();
                found.into_iter().map(|entry| entry.entry.count).collect::<Vec<_>>()
            }
        };
        let query = AuditQuery { limit: 100, ..AuditQuery::default() };
        assert_eq!(counts(query.clone()).await, [7, 3, 6, 2, 5, 1, 4, 0]);
        let clerk = AuditQuery { subject: Some("clerk".to_owned()), ..query.clone() };
        assert_eq!(counts(clerk).await, [6, 2, 4, 0]);
        let one = AuditQuery { resource: Some("households/5".to_owned()), ..query.clone() };
        assert_eq!(counts(one).await, [5]);
        let span = AuditQuery { from: Some(known[1]), to: Some(known[2]), ..query.clone() };
        assert_eq!(counts(span).await, [5, 1]);
        let ranges = Some(vec![
            ("222420".to_owned(), "222421".to_owned()),
            ("222423".to_owned(), "222425".to_owned()),
        ]);
        assert_eq!(counts(AuditQuery { ranges, ..query.clone() }).await, [4, 0]);
        assert!(counts(AuditQuery { ranges: Some(vec![]), ..query.clone() }).await.is_empty());

        let first = db.audit_entries(&AuditQuery { limit: 3, ..query.clone() }).await.unwrap();
        assert_eq!((first.len(), first[2].recorded_at), (3, known[2]));
        assert_eq!(first[0].entry, entry(7));
        let rest = AuditQuery { before: Some(first[2].position), ..query };
        assert_eq!(counts(rest).await, [2, 5, 1, 4, 0]);
    })
    .await;
}

#[tokio::test]
async fn an_import_goes_on_from_where_it_was() {
    each(|place| async move {
        let db = place.db;
        let mut job = ImportJob {
            id: "j1".to_owned(),
            table_id: "registry.household".to_owned(),
            digest: "d".to_owned(),
            subject: "steward".to_owned(),
            mode: 1,
            form_date: Some("2016-12-31".to_owned()),
            area: "222424".to_owned(),
            validate_only: true,
            state: 1,
            rows: 0,
            accepted: 0,
            unchanged: 0,
            changed: 0,
            rejected: 0,
            committed_through_row: 0,
            started_at: 0,
            updated_at: 0,
        };
        job.started_at = db.commit(steps(vec![job.begin()])).await.unwrap().known_at;
        job.updated_at = job.started_at;
        assert_eq!(db.import_job("j1").await.unwrap().as_ref(), Some(&job));

        (job.rows, job.accepted, job.rejected, job.committed_through_row) = (3, 2, 1, 3);
        let error = |row, ordinal, expires_at| ImportError {
            row,
            ordinal,
            column_title: Some("户编号".to_owned()),
            field: None,
            reason: "FIELD_REQUIRED".to_owned(),
            arguments: None,
            cell: Some("sealed".to_owned()),
            expires_at,
        };
        let errors = vec![error(2, 0, 10), error(2, 1, 20), error(3, 0, 20)];
        let advance = job.advance(0);
        let set = || steps(vec![advance.clone(), ImportError::keep("j1", errors.clone())]);
        job.updated_at = db.commit(set()).await.unwrap().known_at;
        common::conflict(db.commit(set()).await);
        assert_eq!(db.import_job("j1").await.unwrap().as_ref(), Some(&job));
        assert_eq!(db.import_jobs(Some("steward"), None, 10).await.unwrap(), [job.clone()]);
        assert!(db.import_jobs(None, Some("j1"), 10).await.unwrap().is_empty());
        assert!(db.import_jobs(Some("other"), None, 10).await.unwrap().is_empty());

        assert_eq!(db.import_errors("j1", None, 10).await.unwrap(), errors);
        assert_eq!(db.import_errors("j1", Some((2, 0)), 1).await.unwrap(), errors[1..2]);
        db.commit(steps(vec![ImportError::forget(11)])).await.unwrap();
        assert_eq!(db.import_errors("j1", None, 10).await.unwrap(), errors[1..]);
    })
    .await;
}
