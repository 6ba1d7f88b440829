//! Reads of many rows by a list of keys, in one statement whose text does not depend on how many there are.

use crate::db::{Db, Dialect};
use crate::error::StoreError;
use crate::value::{Row, Value};

impl Db {
    /// The rows whose `column` is one of `values`, each looked up in the index that `column` begins, or follows the
    /// columns in that `select` compares by `=`. A column without an index wants [`Db::scan_in`].
    ///
    /// `select` ends where a condition may stand, as in `SELECT … FROM t WHERE superseded_at = … AND`; `suffix` orders
    /// the answer by columns of the answer, as `ORDER BY id`. Without it, the order is none.
    pub async fn select_in(
        &self,
        select: &str,
        column: &str,
        values: &[String],
        suffix: &str,
    ) -> Result<Vec<Row>, StoreError> {
        self.select_in_with(select, &[], column, values, suffix).await
    }

    /// As [`Db::select_in`], with arguments `$1`, `$2`, … of `select`.
    pub async fn select_in_with(
        &self,
        select: &str,
        args: &[Value],
        column: &str,
        values: &[String],
        suffix: &str,
    ) -> Result<Vec<Row>, StoreError> {
        if values.is_empty() {
            return Ok(Vec::new());
        }
        let list = self.list(args.len() + 1);
        // PostgreSQL is not left to choose. On a table that it has not analysed yet it takes what fits the other
        // conditions for one row, and so would compare every such row with every value; given an array it would filter
        // them all, or read the whole index for its order. OFFSET 0 keeps it from pulling the look-up apart.
        let sql = match self.dialect() {
            Dialect::Sqlite => format!("{select} {column} IN ({list}) {suffix}"),
            Dialect::Postgres => format!(
                "SELECT f.* FROM (SELECT DISTINCT v FROM ({list}) AS l(v)) AS k \
                 CROSS JOIN LATERAL ({select} {column} = k.v OFFSET 0) AS f {suffix}"
            ),
        };
        self.listed(&sql, args, values).await
    }

    /// As [`Db::select_in`] over a small table whose `column` has no index: the table is read once.
    pub async fn scan_in(
        &self,
        select: &str,
        column: &str,
        values: &[String],
        suffix: &str,
    ) -> Result<Vec<Row>, StoreError> {
        if values.is_empty() {
            return Ok(Vec::new());
        }
        // By IS TRUE it is no join, for which PostgreSQL may take the list once a row, but a look into a hash table.
        let sql = format!("{select} ({column} IN ({})) IS TRUE {suffix}", self.list(1));
        self.scan(&sql, &[Value::Text(json_texts(values))]).await
    }

    /// The query that gives the values of a JSON list which is the argument `number`.
    fn list(&self, number: usize) -> String {
        match self.dialect() {
            Dialect::Sqlite => format!("SELECT value FROM json_each(${number})"),
            Dialect::Postgres => format!("SELECT json_array_elements_text(${number}::json)"),
        }
    }

    /// A query whose last argument is the list.
    async fn listed(&self, sql: &str, args: &[Value], values: &[String]) -> Result<Vec<Row>, StoreError> {
        let mut args = args.to_vec();
        args.push(Value::Text(json_texts(values)));
        self.all(sql, &args).await
    }

    /// The rows that agree with one of the `tuples` in the `columns`: `SELECT {list} FROM {table} AS t …`.
    /// The columns are TEXT and are written with the alias `t` in `list` and `suffix`.
    pub(crate) async fn select_tuples<const N: usize>(
        &self,
        list: &str,
        table: &str,
        columns: [&str; N],
        tuples: &[[&str; N]],
        suffix: &str,
    ) -> Result<Vec<Row>, StoreError> {
        if tuples.is_empty() {
            return Ok(Vec::new());
        }
        let dialect = self.dialect();
        let condition = |(position, column): (usize, &&str)| match dialect {
            Dialect::Sqlite => format!("t.{column} = json_extract(k.value, '$[{position}]')"),
            Dialect::Postgres => format!("t.{column} = (k.value ->> {position})"),
        };
        let on = columns.iter().enumerate().map(condition).collect::<Vec<_>>().join(" AND ");
        let keys = match dialect {
            Dialect::Sqlite => "json_each($1) AS k",
            Dialect::Postgres => "json_array_elements($1::json) AS k(value)",
        };
        let sql = format!("SELECT {list} FROM {keys} CROSS JOIN {table} AS t WHERE {on} {suffix}");
        let json = tuples.iter().map(|tuple| json_texts(tuple)).collect::<Vec<_>>().join(",");
        self.all(&sql, &[Value::Text(format!("[{json}]"))]).await
    }
}

/// A JSON list of texts, as batched reads and columns with lists want it.
#[must_use]
pub fn json_texts<T: AsRef<str>>(texts: &[T]) -> String {
    let mut json = String::from("[");
    for (position, text) in texts.iter().enumerate() {
        json.push_str(if position == 0 { "\"" } else { ",\"" });
        for character in text.as_ref().chars() {
            match character {
                '"' => json.push_str("\\\""),
                '\\' => json.push_str("\\\\"),
                control if control < ' ' => json.push_str(&format!("\\u{:04x}", u32::from(control))),
                other => json.push(other),
            }
        }
        json.push('"');
    }
    json.push(']');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_json() {
        assert_eq!(json_texts(&["a\"b", "c\\\n", "安图"]), "[\"a\\\"b\",\"c\\\\\\u000a\",\"安图\"]");
        assert_eq!(json_texts::<&str>(&[]), "[]");
    }
}
