//! What stands in the tables of a service, with names that do not change from one run to the next.

use std::collections::{BTreeMap, HashMap};

use record::codec::{CURRENT, child_columns, columns};
use record::service::Slice;
use record::spec::{Child, Sensitivity, Spec};
use serde_json::Value as Json;
use store::Db;

/// Rows by table, in an order of their own.
pub(crate) type Dump = BTreeMap<String, Vec<String>>;

struct Names(HashMap<String, String>);

impl Names {
    /// Records by what the forms call them; what has no number of its own after what it belongs to.
    async fn load(db: &Db, slices: &[Slice]) -> Self {
        let mut names = Self(HashMap::new());
        let ways = [
            ("household", "household_no"),
            ("person", "COALESCE(person_no, id_number_index)"),
            ("membership", "household || ' ' || person"),
            ("household_case", "household || ' ' || kind || ' ' || effective_on"),
            ("social_security_temporary_relief", "remark"),
        ];
        for (table, way) in ways {
            if !slices.iter().any(|slice| slice.registered.spec.table == table) {
                continue;
            }
            let sql = format!("SELECT id, {way} FROM {table} ORDER BY id, version");
            for row in db.all(&sql, &[]).await.unwrap() {
                let label = names.replaced(row.text(1));
                names.0.entry(row.text(0).to_owned()).or_insert(format!("{table}:{label}"));
            }
        }
        names
    }

    /// The text with every identifier in it replaced.
    fn replaced(&self, text: &str) -> String {
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        let mut out = String::new();
        let mut word = String::new();
        for letter in text.chars().chain([' ']) {
            if is_part(letter) {
                word.push(letter);
                continue;
            }
            out.push_str(self.0.get(&word).unwrap_or(&word));
            word.clear();
            out.push(letter);
        }
        out.pop();
        out
    }
}

/// Everything that an import writes, but for identifiers and moments.
pub(crate) async fn dump(db: &Db, slices: &[Slice]) -> Dump {
    let names = Names::load(db, slices).await;
    let mut all = Dump::new();
    for spec in slices.iter().map(|slice| slice.registered.spec) {
        all.insert(spec.table.to_owned(), record_rows(db, spec, &names).await);
        for child in spec.children.iter().filter(|child| child.rows.is_some()) {
            all.insert(child.rows.unwrap().to_owned(), child_rows(db, child, &names).await);
        }
    }
    let others = [
        ("identity", "collection || ' ' || key_kind || ' ' || key_value || ' ' || id || ' ' || area"),
        (
            "import_job",
            "table_id || ' ' || mode || ' ' || state || ' ' || \"rows\" || ' ' || accepted || ' ' || unchanged || ' ' || \
             changed || ' ' || rejected || ' ' || committed_through_row",
        ),
        ("import_error", "\"row\" || ' ' || ordinal || ' ' || COALESCE(column_title, '') || ' ' || reason"),
        (
            "outbox",
            "collection || ' ' || id || ' ' || version || ' ' || kind || ' ' || area || ' ' || scope_area || ' ' || \
             COALESCE(detail, '')",
        ),
    ];
    for (table, text) in others {
        let rows = db.all(&format!("SELECT {text} FROM {table}"), &[]).await.unwrap();
        let mut rows: Vec<String> = rows.iter().map(|row| names.replaced(row.text(0))).collect();
        rows.sort_unstable();
        all.insert(table.to_owned(), rows);
    }
    all
}

async fn record_rows(db: &Db, spec: &'static Spec, names: &Names) -> Vec<String> {
    let encrypted = |column: &str| {
        spec.leaves.iter().any(|leaf| leaf.column == column && leaf.sensitive == Sensitivity::Encrypted)
    };
    let wanted: Vec<String> =
        columns(spec).into_iter().filter(|column| column != "recorded_at" && !encrypted(column)).collect();
    rows(db, spec.table, &wanted, names, |column, text| {
        match spec.children.iter().find(|child| child.column == column) {
            Some(child) => plain_json(child, text),
            None => text.to_owned(),
        }
    })
    .await
}

async fn child_rows(db: &Db, child: &'static Child, names: &Names) -> Vec<String> {
    let encrypted = |column: &str| {
        child.leaves.iter().any(|leaf| leaf.column == column && leaf.sensitive == Sensitivity::Encrypted)
    };
    let wanted: Vec<String> = child_columns(child)
        .into_iter()
        .filter(|column| !["recorded_at", "element_id"].contains(&column.as_str()) && !encrypted(column))
        .collect();
    rows(db, child.rows.unwrap(), &wanted, names, |_, text| text.to_owned()).await
}

async fn rows(
    db: &Db,
    table: &str,
    wanted: &[String],
    names: &Names,
    text: impl Fn(&str, &str) -> String,
) -> Vec<String> {
    let quoted: Vec<String> = wanted.iter().map(|column| format!("\"{column}\"")).collect();
    let found = db.all(&format!("SELECT {} FROM {table}", quoted.join(", ")), &[]).await.unwrap();
    let line = |row: &store::Row| {
        let cells = wanted.iter().enumerate().map(|(at, column)| {
            let cell = if column == "superseded_at" {
                if row.integer(at) == CURRENT { "current" } else { "past" }.to_owned()
            } else if let Some(value) = row.optional_text(at) {
                names.replaced(&text(column, value))
            } else {
                row.optional_integer(at).map(|number| number.to_string()).unwrap_or_default()
            };
            format!("{column}={cell}")
        });
        cells.collect::<Vec<_>>().join(" ")
    };
    let mut lines: Vec<String> = found.iter().map(line).collect();
    lines.sort_unstable();
    lines
}

/// Elements without their identifiers and without what is encrypted anew each time.
fn plain_json(child: &Child, text: &str) -> String {
    let mut elements: Json = serde_json::from_str(text).unwrap();
    for element in elements.as_array_mut().unwrap() {
        let element = element.as_object_mut().unwrap();
        for (index, leaf) in child.leaves.iter().enumerate() {
            if Some(index) == child.element_id || leaf.sensitive == Sensitivity::Encrypted {
                element.remove(leaf.column);
            }
        }
    }
    elements.to_string()
}

/// Fails with the first difference of each table.
pub(crate) fn assert_same(one: &Dump, other: &Dump, place: &str) {
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "{place}");
    for (table, rows) in one {
        for (row, same) in rows.iter().zip(&other[table]) {
            assert_eq!(row, same, "{place}: {table}");
        }
        assert_eq!(rows.len(), other[table].len(), "{place}: {table}");
    }
}
