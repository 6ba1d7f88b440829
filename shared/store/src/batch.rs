//! Reads of many rows by a list of keys, in one statement whose text does not depend on how many there are.

use crate::db::{Db, Dialect};
use crate::error::StoreError;
use crate::value::{Row, Value};

impl Db {
    /// The rows whose `column` is one of `values`: `{select} {column} IN (…) {suffix}`.
    ///
    /// `select` ends where a condition may stand, as in `SELECT … FROM t WHERE superseded_at = … AND`; `suffix` is what
    /// follows, as `ORDER BY id`. Order and number of the rows are those of the query, not of the list.
    pub async fn select_in(
        &self,
        select: &str,
        column: &str,
        values: &[String],
        suffix: &str,
    ) -> Result<Vec<Row>, StoreError> {
        self.select_in_with(select, &[], column, values, suffix).await
    }

    /// As [`Db::select_in`], with arguments `$1`, `$2`, … of `select` and `suffix`.
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
        let number = args.len() + 1;
        // Not `= ANY (ARRAY(…))`: with an ORDER BY, PostgreSQL would read the whole index for its order.
        let list = match self.dialect() {
            Dialect::Sqlite => format!("SELECT value FROM json_each(${number})"),
            Dialect::Postgres => format!("SELECT json_array_elements_text(${number}::json)"),
        };
        let sql = format!("{select} {column} IN ({list}) {suffix}");
        let mut args = args.to_vec();
        args.push(Value::Text(json_texts(values)));
        self.all(&sql, &args).await
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
