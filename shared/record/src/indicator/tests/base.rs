//! Databases of the tests, with rows put in as they are.

use std::sync::Arc;

use kernel::clock::{ManualClock, Moment};
use store::{Db, MIGRATIONS, Migration, PostgresOptions, Step, Value, WriteSet};

use super::declared::{GRANT, MEMBERSHIP, STANDING, STATISTIC};
use crate::codec::{child_columns, columns};
use crate::contract::{ANNUAL_PLAN_SPEC, PARAMETER_SPEC};
use crate::ddl;
use crate::spec::Spec;

/// The moment at which the clock stands, µs.
pub(in super::super) const NOW: i64 = 1_500_000_000_000_000;

/// A database of its own; the folder lives as long as the file.
pub(super) struct Base {
    pub(super) db: Db,
    _folder: tempfile::TempDir,
}

fn migrations() -> Vec<Migration> {
    let specs = [&STANDING, &MEMBERSHIP, &GRANT, &STATISTIC, &ANNUAL_PLAN_SPEC, &PARAMETER_SPEC];
    let mut all = MIGRATIONS.to_vec();
    for spec in specs {
        for (index, statement) in ddl::statements(spec).split_inclusive(";\n").enumerate() {
            // A migration's text lives as long as the program.
            let name = Box::leak(format!("test/{}/{index}", spec.table).into_boxed_str());
            let sql = Box::leak(statement.trim().trim_end_matches(';').to_owned().into_boxed_str());
            all.push(Migration { name, sql });
        }
    }
    all
}

impl Base {
    pub(super) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(Moment(NOW)));
        let db = Db::open_sqlite_scratch(&folder.path().join("test.db"), clock).await.unwrap();
        db.migrate(&migrations()).await.unwrap();
        Self { db, _folder: folder }
    }

    /// SQLite, and PostgreSQL where a server is named.
    #[expect(
        clippy::disallowed_methods,
        reason = "the test command says by the environment where PostgreSQL is"
    )]
    pub(super) async fn each() -> Vec<Self> {
        let mut all = vec![Self::sqlite().await];
        let url = std::env::var("XIUHUA_TEST_POSTGRES_URL").ok().filter(|url| !url.is_empty());
        if let Some(url) = url {
            let schema = Some(format!("indicator_{}", crate::engine::new_id().replace('-', "_")));
            let options = PostgresOptions { schema, max_connections: 2, ..PostgresOptions::default() };
            let db = Db::open_postgres(&url, options).await.unwrap();
            db.migrate(&migrations()).await.unwrap();
            all.push(Self { db, _folder: tempfile::tempdir().unwrap() });
        }
        all
    }

    pub(super) async fn insert(&self, steps: Vec<Step>) {
        self.db.commit(WriteSet { steps, ..WriteSet::default() }).await.unwrap();
    }

    pub(super) async fn end(self) {
        if self.db.dialect() == store::Dialect::Postgres {
            let rows = self.db.all("SELECT current_schema()", &[]).await.unwrap();
            let sql = format!("DROP SCHEMA {} CASCADE", rows[0].text(0));
            self.insert(vec![Step::Execute { sql, args: Vec::new(), expect: None }]).await;
        }
        self.db.close().await;
    }
}

/// What every row has.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) id: String,
    pub(super) area: String,
    pub(super) valid: (&'static str, &'static str),
    pub(super) known: (i64, i64),
}

/// Rows of a record's table: heads, and the cells of the leaves.
pub(super) fn records(spec: &'static Spec, rows: Vec<(Head, Vec<Value>)>) -> Step {
    let columns = columns(spec);
    let rows = rows
        .into_iter()
        .map(|(head, leaves)| {
            let mut cells = vec![
                Value::text(head.id),
                Value::Integer(1),
                Value::text(head.valid.0),
                Value::text(head.valid.1),
                Value::Integer(head.known.0),
                Value::Integer(head.known.1),
                Value::text(head.area.clone()),
                Value::text(head.area),
                Value::text("test"),
            ];
            let rest = &ddl::HEAD[cells.len()..];
            cells.extend(
                rest.iter().map(|(_, text)| if *text { Value::NullText } else { Value::NullInteger }),
            );
            cells.extend(leaves);
            cells.resize(columns.len(), Value::NullText);
            cells
        })
        .collect();
    Step::Insert { table: spec.table, columns: columns.into(), rows }
}

/// An element: its record, its identity, since when and until when it was known, the cells of its leaves.
pub(super) type Element = (String, String, (i64, i64), Vec<Value>);

/// Rows of a child table.
pub(super) fn elements(spec: &'static Spec, rows: Vec<Element>) -> Step {
    let child = &spec.children[0];
    let rows = rows
        .into_iter()
        .enumerate()
        .map(|(ordinal, (id, element, known, leaves))| {
            let mut cells = vec![
                Value::text(id),
                Value::text(element),
                Value::Integer(ordinal as i64),
                Value::Integer(known.0),
                Value::Integer(known.1),
            ];
            cells.extend(leaves);
            cells
        })
        .collect();
    Step::Insert { table: child.rows.unwrap(), columns: child_columns(child).into(), rows }
}
