//! Statements of a commit as text: values become `?` with arguments on SQLite and literals on PostgreSQL.
//!
//! PostgreSQL takes several statements in one call only as text without arguments (the simple protocol). One call
//! in place of one a statement is worth more than prepared statements are, and it is safe behind a transaction pooler.

use std::collections::HashSet;

use crate::Dialect;
use crate::error::StoreError;
use crate::value::{Row, Value};

/// How a commit's own time and number are written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stamp {
    /// As values: both are known.
    Known { known_at: i64, transaction: i64 },
    /// As expressions of PostgreSQL over what the first statement of the transaction has set.
    Session,
}

/// The expression of a PostgreSQL transaction's known time, see [`crate::postgres`].
const SESSION_KNOWN_AT: &str = "current_setting('xiuhua.known_at')::bigint";
const SESSION_TRANSACTION: &str = "pg_current_xact_id()::text::bigint";

/// What a statement must have done, else another writer was first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    Nothing,
    /// Touched exactly so many rows.
    Exactly(u64),
    /// Touched at least one row.
    AtLeastOne,
    /// Returned rows of exactly so many different keys.
    Keys(usize),
}

/// What a statement did.
#[derive(Debug, Default)]
pub(crate) struct Done {
    touched: u64,
    keys: HashSet<Row>,
}

impl Done {
    pub(crate) fn row(&mut self, row: Row) {
        self.keys.insert(row);
    }

    pub(crate) fn touched(&mut self, rows: u64) {
        self.touched = rows;
    }
}

impl Check {
    pub(crate) fn verify(self, done: &Done) -> Result<(), StoreError> {
        let satisfied = match self {
            Self::Nothing => true,
            Self::Exactly(rows) => done.touched == rows,
            Self::AtLeastOne => done.touched >= 1,
            Self::Keys(keys) => done.keys.len() == keys,
        };
        if satisfied { Ok(()) } else { Err(StoreError::Conflict) }
    }
}

/// Statements of one call, with one check for each.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) dialect: Dialect,
    pub(crate) text: String,
    /// Values of the `?`s; empty on PostgreSQL.
    pub(crate) args: Vec<Value>,
    pub(crate) checks: Vec<Check>,
    stamp: Stamp,
}

impl Script {
    pub(crate) fn new(dialect: Dialect, stamp: Stamp) -> Self {
        Self { dialect, text: String::new(), args: Vec::new(), checks: Vec::new(), stamp }
    }

    /// Text of a statement.
    pub(crate) fn sql(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// A value where an expression may stand.
    pub(crate) fn value(&mut self, value: Value) -> Result<&mut Self, StoreError> {
        match self.dialect {
            Dialect::Sqlite => {
                let value = stamped(value, self.stamp)?;
                // SQLite would keep it; a fact that cannot move to PostgreSQL is refused on both.
                if matches!(&value, Value::Text(text) if text.contains('\0')) {
                    return Err(nul());
                }
                self.text.push('?');
                self.args.push(value);
            }
            Dialect::Postgres => literal(&mut self.text, &value, Some(self.stamp))?,
        }
        Ok(self)
    }

    /// `(a, b), (c, d)`.
    pub(crate) fn tuples(&mut self, rows: Vec<Vec<Value>>) -> Result<&mut Self, StoreError> {
        for (position, row) in rows.into_iter().enumerate() {
            self.text.push_str(if position == 0 { "(" } else { ",(" });
            for (column, value) in row.into_iter().enumerate() {
                if column > 0 {
                    self.text.push(',');
                }
                self.value(value)?;
            }
            self.text.push(')');
        }
        Ok(self)
    }

    /// Ends a statement.
    pub(crate) fn end(&mut self, check: Check) {
        self.text.push_str(";\n");
        self.checks.push(check);
    }

    /// Text with `$1`, `$2`, … each once and in this order.
    pub(crate) fn ordered(&mut self, sql: &str, args: Vec<Value>) -> Result<&mut Self, StoreError> {
        let mut args = args.into_iter();
        let mut expected = 0;
        for piece in pieces(sql) {
            match piece {
                Piece::Text(text) => self.text.push_str(text),
                Piece::Placeholder(number) => {
                    expected += 1;
                    let value = args.next().filter(|_| number == expected).ok_or_else(|| {
                        StoreError::other(
                            "placeholders of a step must be $1, $2, … each once, with one value each",
                        )
                    })?;
                    self.value(value)?;
                }
            }
        }
        match args.next() {
            None => Ok(self),
            Some(_) => Err(StoreError::other("a step has more values than placeholders")),
        }
    }
}

/// A value with the commit's time and number put in.
pub(crate) fn stamped(value: Value, stamp: Stamp) -> Result<Value, StoreError> {
    match (value, stamp) {
        (Value::KnownNow, Stamp::Known { known_at, .. }) => Ok(Value::Integer(known_at)),
        (Value::Transaction, Stamp::Known { transaction, .. }) => Ok(Value::Integer(transaction)),
        (Value::KnownNow | Value::Transaction, Stamp::Session) => {
            Err(StoreError::other("the commit's time is not known yet"))
        }
        (value, _) => Ok(value),
    }
}

/// Writes a value as a literal of PostgreSQL. It is right whatever `standard_conforming_strings` says.
fn literal(text: &mut String, value: &Value, stamp: Option<Stamp>) -> Result<(), StoreError> {
    match (value, stamp) {
        (Value::NullText | Value::NullInteger, _) => text.push_str("NULL"),
        (Value::Text(content), _) => quote(text, content)?,
        (Value::Integer(number), _) => integer(text, *number),
        (Value::KnownNow, Some(Stamp::Session)) => text.push_str(SESSION_KNOWN_AT),
        (Value::Transaction, Some(Stamp::Session)) => text.push_str(SESSION_TRANSACTION),
        (Value::KnownNow, Some(Stamp::Known { known_at, .. })) => integer(text, known_at),
        (Value::Transaction, Some(Stamp::Known { transaction, .. })) => integer(text, transaction),
        (Value::KnownNow | Value::Transaction, None) => return Err(stamp_in_a_read()),
    }
    Ok(())
}

/// The fault of a read that uses a value which only a commit has.
pub(crate) fn stamp_in_a_read() -> StoreError {
    StoreError::other("KnownNow and Transaction have a value only in a commit")
}

fn nul() -> StoreError {
    StoreError::other("a text with the character NUL cannot be stored")
}

fn integer(text: &mut String, number: i64) {
    use std::fmt::Write;
    // Negative numbers are cast as texts: as `-1::bigint`, the minus would bind last, and -2^63 would be a numeric.
    let written = if number < 0 { write!(text, "'{number}'::bigint") } else { write!(text, "{number}") };
    debug_assert!(written.is_ok(), "writing to a String does not fail");
}

fn quote(text: &mut String, content: &str) -> Result<(), StoreError> {
    if content.contains('\0') {
        return Err(nul());
    }
    if content.contains('\\') {
        text.push_str(" E");
    }
    text.push('\'');
    for character in content.chars() {
        if matches!(character, '\'' | '\\') {
            text.push(character);
        }
        text.push(character);
    }
    text.push('\'');
    Ok(())
}

/// A statement of PostgreSQL with its `$n` replaced by literals, for reads behind a transaction pooler.
pub(crate) fn with_literals(sql: &str, args: &[Value]) -> Result<String, StoreError> {
    let mut text = String::with_capacity(sql.len() + 16 * args.len());
    for piece in pieces(sql) {
        match piece {
            Piece::Text(part) => text.push_str(part),
            Piece::Placeholder(number) => {
                let value = number.checked_sub(1).and_then(|index| args.get(index));
                let value = value.ok_or_else(|| StoreError::other(format!("no value for ${number}")))?;
                match value {
                    Value::Text(_) => {
                        literal(&mut text, value, None)?;
                        text.push_str("::text");
                    }
                    Value::NullText => text.push_str("NULL::text"),
                    Value::NullInteger => text.push_str("NULL::bigint"),
                    Value::Integer(number) => text.push_str(&format!("'{number}'::bigint")),
                    Value::KnownNow | Value::Transaction => return Err(stamp_in_a_read()),
                }
            }
        }
    }
    Ok(text)
}

enum Piece<'a> {
    Text(&'a str),
    Placeholder(usize),
}

/// Cuts a statement at its `$n`s; those inside `'…'` and `"…"` are text.
fn pieces(sql: &str) -> Vec<Piece<'_>> {
    let bytes = sql.as_bytes();
    let (mut found, mut begin, mut at) = (Vec::new(), 0, 0);
    let mut quoted: Option<u8> = None;
    while at < bytes.len() {
        let byte = bytes[at];
        match quoted {
            Some(quote) => {
                if byte == quote {
                    quoted = None;
                }
                at += 1;
            }
            None if byte == b'\'' || byte == b'"' => {
                quoted = Some(byte);
                at += 1;
            }
            None if byte == b'$' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => {
                let digits = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                found.push(Piece::Text(&sql[begin..at]));
                found.push(Piece::Placeholder(sql[at + 1..=at + digits].parse().unwrap_or(0)));
                at += 1 + digits;
                begin = at;
            }
            None => at += 1,
        }
    }
    found.push(Piece::Text(&sql[begin..]));
    found
}

/// Rows in the text format of PostgreSQL's COPY.
pub(crate) fn copy_data(rows: Vec<Vec<Value>>, stamp: Stamp) -> Result<String, StoreError> {
    let mut data = String::with_capacity(rows.len() * 256);
    for row in rows {
        for (column, value) in row.into_iter().enumerate() {
            if column > 0 {
                data.push('\t');
            }
            match stamped(value, stamp)? {
                Value::Text(content) => copy_text(&mut data, &content)?,
                Value::Integer(number) => data.push_str(&number.to_string()),
                _ => data.push_str("\\N"),
            }
        }
        data.push('\n');
    }
    Ok(data)
}

fn copy_text(data: &mut String, content: &str) -> Result<(), StoreError> {
    for character in content.chars() {
        match character {
            '\\' => data.push_str("\\\\"),
            '\t' => data.push_str("\\t"),
            '\n' => data.push_str("\\n"),
            '\r' => data.push_str("\\r"),
            '\0' => return Err(nul()),
            other => data.push(other),
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test ends by its panic")]
mod tests {
    use super::*;

    #[test]
    fn literals_cannot_be_left() {
        let mut script = Script::new(Dialect::Postgres, Stamp::Session);
        let row = vec![
            Value::from("a'b"),
            Value::from("c\\'; --"),
            Value::Integer(-1),
            Value::NullText,
            Value::KnownNow,
        ];
        script.tuples(vec![row]).unwrap();
        assert_eq!(
            script.text,
            "('a''b', E'c\\\\''; --','-1'::bigint,NULL,current_setting('xiuhua.known_at')::bigint)"
        );
        assert!(script.value(Value::from("a\0b")).is_err());
    }

    #[test]
    fn placeholders_in_quotes_are_text() {
        let text =
            with_literals("SELECT '$1', \"$2\", $2, $1, $1", &[Value::from("x"), Value::Integer(7)]).unwrap();
        assert_eq!(text, "SELECT '$1', \"$2\", '7'::bigint, 'x'::text, 'x'::text");
        assert!(with_literals("SELECT $1", &[]).is_err());
        assert!(with_literals("SELECT $1", &[Value::KnownNow]).is_err());
    }

    #[test]
    fn steps_number_their_placeholders() {
        let stamp = Stamp::Known { known_at: 9, transaction: 8 };
        let mut script = Script::new(Dialect::Sqlite, stamp);
        script
            .ordered("DELETE FROM t WHERE a = $1 AND b < $2", vec![Value::from("x"), Value::KnownNow])
            .unwrap();
        assert_eq!(script.text, "DELETE FROM t WHERE a = ? AND b < ?");
        assert_eq!(script.args, [Value::from("x"), Value::Integer(9)]);
        assert!(script.ordered("DELETE FROM t WHERE a = $2", vec![Value::Integer(1)]).is_err());
        assert!(script.ordered("DELETE FROM t WHERE a = $1", vec![]).is_err());
        assert!(script.ordered("DELETE FROM t", vec![Value::Integer(1)]).is_err());
    }

    #[test]
    fn copy_escapes_what_separates() {
        let rows =
            vec![vec![Value::from("a\tb\\\n"), Value::NullInteger, Value::KnownNow, Value::from("\\N")]];
        let data = copy_data(rows, Stamp::Known { known_at: 5, transaction: 1 }).unwrap();
        assert_eq!(data, "a\\tb\\\\\\n\t\\N\t5\t\\\\N\n");
    }
}
