//! The schema as it stands in the database, for the test that compares it with what is declared.

use crate::db::{Db, Dialect};
use crate::error::StoreError;
use crate::value::Value;

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Name.
    pub name: String,
    /// `TEXT` or `BIGINT`; on PostgreSQL `TEXT COLLATE "C"` is `TEXT`, and any other collation is named.
    pub kind: String,
    /// May be NULL.
    pub nullable: bool,
}

/// An index of a table, the one of its primary key among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexInfo {
    /// Name. Names of the primary key's differ between the databases.
    pub name: String,
    /// Columns, in order.
    pub columns: Vec<String>,
    /// No two rows agree in all columns.
    pub unique: bool,
}

impl Db {
    /// Names of all tables, in order.
    pub async fn tables(&self) -> Result<Vec<String>, StoreError> {
        let sql = match self.dialect() {
            Dialect::Sqlite => {
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
            }
            Dialect::Postgres => {
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace \
                 ORDER BY relname COLLATE \"C\""
            }
        };
        let rows = self.all(sql, &[]).await?;
        Ok(rows.iter().map(|row| row.text(0).to_owned()).collect())
    }

    /// Columns of a table, in order; none where there is no such table.
    pub async fn columns_of(&self, table: &str) -> Result<Vec<ColumnInfo>, StoreError> {
        let sql = match self.dialect() {
            Dialect::Sqlite => {
                "SELECT name, type, CASE WHEN \"notnull\" = 0 AND pk = 0 THEN 1 ELSE 0 END FROM pragma_table_info($1) ORDER BY cid"
            }
            Dialect::Postgres => {
                "SELECT a.attname, CASE WHEN c.collname IS NULL OR c.collname = 'C' THEN upper(t.typname) \
                 ELSE upper(t.typname) || ' COLLATE \"' || c.collname || '\"' END, \
                 CASE WHEN a.attnotnull THEN 0::bigint ELSE 1::bigint END \
                 FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_collation c ON c.oid = a.attcollation \
                 WHERE a.attrelid = to_regclass(quote_ident($1)) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
            }
        };
        let rows = self.all(sql, &[Value::from(table)]).await?;
        let column = |row: &crate::Row| ColumnInfo {
            name: row.text(0).to_owned(),
            kind: row.text(1).replace("INT8", "BIGINT"),
            nullable: row.integer(2) == 1,
        };
        Ok(rows.iter().map(column).collect())
    }

    /// Indexes of a table, by name.
    pub async fn indexes_of(&self, table: &str) -> Result<Vec<IndexInfo>, StoreError> {
        let sql = match self.dialect() {
            Dialect::Sqlite => {
                "SELECT l.name, l.\"unique\", i.name FROM pragma_index_list($1) AS l, pragma_index_info(l.name) AS i \
                 ORDER BY l.name, i.seqno"
            }
            Dialect::Postgres => {
                "SELECT c.relname, i.indisunique::int::bigint, a.attname FROM pg_index i \
                 JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_attribute a ON a.attrelid = i.indexrelid \
                 WHERE i.indrelid = to_regclass(quote_ident($1)) ORDER BY c.relname COLLATE \"C\", a.attnum"
            }
        };
        let mut indexes: Vec<IndexInfo> = Vec::new();
        for row in self.all(sql, &[Value::from(table)]).await? {
            let column = row.text(2).to_owned();
            match indexes.last_mut() {
                Some(index) if index.name == row.text(0) => index.columns.push(column),
                _ => indexes.push(IndexInfo {
                    name: row.text(0).to_owned(),
                    columns: vec![column],
                    unique: row.integer(1) == 1,
                }),
            }
        }
        Ok(indexes)
    }
}
