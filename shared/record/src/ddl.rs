//! The tables that a declaration asks for. Migrations are checked in; a test compares them with this.

use crate::spec::{Child, Kind, Leaf, Sensitivity, Spec};

/// Columns that every record's table begins with, and whether each is a text.
pub const HEAD: &[(&str, bool)] = &[
    ("id", true),
    ("version", false),
    ("valid_from", true),
    ("valid_to", true),
    ("recorded_at", false),
    ("superseded_at", false),
    ("area", true),
    ("scope_area", true),
    ("recorded_by", true),
    ("source_kind", false),
    ("source_form", true),
    ("source_digest", true),
    ("source_row", false),
    ("source_system", true),
    ("source_document_no", true),
    ("form_year", false),
    ("change_reason", true),
    ("action", false),
];

/// Columns that every child table begins with.
pub const CHILD_HEAD: &[(&str, bool)] = &[
    ("id", true),
    ("element_id", true),
    ("ordinal", false),
    ("recorded_at", false),
    ("superseded_at", false),
];

/// How many columns of [`HEAD`] may not be null: all up to `recorded_by`.
const HEAD_REQUIRED: usize = 9;

/// A table with its columns, in order: name, whether it is a text, whether it may be null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Name.
    pub name: String,
    /// Columns.
    pub columns: Vec<TableColumn>,
    /// Primary key.
    pub key: Vec<&'static str>,
    /// Indexes: name and columns.
    pub indexes: Vec<(String, Vec<String>)>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableColumn {
    /// Name.
    pub name: String,
    /// TEXT, else BIGINT.
    pub text: bool,
    /// May be null.
    pub nullable: bool,
}

/// The tables that a resource asks for: its own, and one for each child with rows.
pub fn tables(spec: &Spec) -> Vec<Table> {
    let mut found = vec![own_table(spec)];
    found.extend(spec.children.iter().filter_map(child_table));
    found
}

fn own_table(spec: &Spec) -> Table {
    let mut columns: Vec<TableColumn> = HEAD
        .iter()
        .enumerate()
        .map(|(index, (name, text))| column(name, *text, index >= HEAD_REQUIRED))
        .collect();
    for leaf in spec.leaves {
        columns.extend(leaf_columns(leaf));
    }
    columns.extend(spec.children.iter().map(|child| column(child.column, true, true)));
    let mut indexes = vec![
        (format!("{}_area", spec.table), vec!["area".to_owned(), "id".to_owned()]),
        (format!("{}_scope_area", spec.table), vec!["scope_area".to_owned(), "id".to_owned()]),
    ];
    for leaf in spec.linked {
        let name = spec.leaves[*leaf].column;
        indexes.push((format!("{}_{name}", spec.table), vec![name.to_owned(), "id".to_owned()]));
    }
    for leaf in spec.searched.iter().map(|leaf| &spec.leaves[*leaf]) {
        let encrypted = leaf.sensitive == Sensitivity::Encrypted;
        let name = if encrypted { leaf.index_column() } else { leaf.column.to_owned() };
        indexes.push((format!("{}_{name}", spec.table), vec![name, "id".to_owned()]));
    }
    // Found by whom they reach: by the household's picture, and by a follower of the registry.
    if let Some(first) = spec.beneficiary {
        let [household, person, number] = [first, first + 1, first + 3].map(|leaf| &spec.leaves[leaf]);
        let columns = [household.column.to_owned(), person.column.to_owned(), number.index_column()];
        for name in columns {
            indexes.push((format!("{}_{name}", spec.table), vec![name, "id".to_owned()]));
        }
    }
    Table { name: spec.table.to_owned(), columns, key: vec!["id", "version", "valid_from"], indexes }
}

fn child_table(child: &Child) -> Option<Table> {
    let name = child.rows?;
    let mut columns: Vec<TableColumn> =
        CHILD_HEAD.iter().map(|(name, text)| column(name, *text, false)).collect();
    for (index, leaf) in child.leaves.iter().enumerate() {
        if Some(index) != child.element_id {
            columns.extend(leaf_columns(leaf));
        }
    }
    Some(Table {
        name: name.to_owned(),
        columns,
        key: vec!["id", "element_id", "recorded_at"],
        indexes: Vec::new(),
    })
}

fn leaf_columns(leaf: &Leaf) -> Vec<TableColumn> {
    let text = matches!(leaf.kind, Kind::Text | Kind::Date | Kind::Texts);
    let mut columns = vec![column(leaf.column, text, true)];
    if leaf.sensitive == Sensitivity::Encrypted {
        columns.push(column(&leaf.index_column(), true, true));
    }
    columns
}

fn column(name: &str, text: bool, nullable: bool) -> TableColumn {
    TableColumn { name: name.to_owned(), text, nullable }
}

/// The statements that make a resource's tables, in the portable dialect of migrations.
pub fn statements(spec: &Spec) -> String {
    let mut text = String::new();
    for table in tables(spec) {
        text.push_str(&format!("CREATE TABLE {} (\n", table.name));
        for column in &table.columns {
            let kind = if column.text { "TEXT" } else { "BIGINT" };
            let null = if column.nullable { "" } else { " NOT NULL" };
            text.push_str(&format!("    \"{}\" {kind}{null},\n", column.name));
        }
        text.push_str(&format!("    PRIMARY KEY ({})\n);\n", table.key.join(", ")));
        for (name, columns) in &table.indexes {
            let quoted: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
            text.push_str(&format!("CREATE INDEX {name} ON {} ({});\n", table.name, quoted.join(", ")));
        }
    }
    text
}
