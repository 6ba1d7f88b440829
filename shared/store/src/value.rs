//! Values of columns and rows of answers, the same for both databases.

/// The value of one column or argument. Every column of the schema is TEXT or BIGINT.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// An empty TEXT column. PostgreSQL wants its NULLs typed.
    NullText,
    /// An empty BIGINT column.
    NullInteger,
    /// A text. It may not hold the character NUL, which PostgreSQL cannot store.
    Text(String),
    /// An integer: a number, a moment in µs, the number of an enum value, or 0 and 1 for a boolean.
    Integer(i64),
    /// In a commit: replaced by the known time of the commit in µs. In a read it is an error.
    KnownNow,
    /// In a commit: replaced by its transaction number, as kept in `outbox.xid`. In a read it is an error.
    Transaction,
}

impl Value {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A text, or the NULL of a TEXT column.
    pub fn optional_text(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::NullText, |text| Self::Text(text.into()))
    }

    /// An integer, or the NULL of a BIGINT column.
    #[must_use]
    pub fn optional_integer(integer: Option<i64>) -> Self {
        integer.map_or(Self::NullInteger, Self::Integer)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(integer: i64) -> Self {
        Self::Integer(integer)
    }
}

/// One row of an answer; columns are counted from 0 in the order of the SELECT list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Row {
    /// The columns.
    pub values: Vec<Value>,
}

impl Row {
    /// The text of a column; empty where it is NULL, not a text, or not there.
    #[must_use]
    pub fn text(&self, column: usize) -> &str {
        self.optional_text(column).unwrap_or_default()
    }

    /// The integer of a column; 0 where it is NULL, not an integer, or not there.
    #[must_use]
    pub fn integer(&self, column: usize) -> i64 {
        self.optional_integer(column).unwrap_or_default()
    }

    /// The text of a column, if it has one.
    #[must_use]
    pub fn optional_text(&self, column: usize) -> Option<&str> {
        match self.values.get(column) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The integer of a column, if it has one.
    #[must_use]
    pub fn optional_integer(&self, column: usize) -> Option<i64> {
        match self.values.get(column) {
            Some(Value::Integer(integer)) => Some(*integer),
            _ => None,
        }
    }

    /// Takes the text of a column out of the row, without a copy.
    #[must_use]
    pub fn take_text(&mut self, column: usize) -> Option<String> {
        match self.values.get_mut(column) {
            Some(value @ Value::Text(_)) => match std::mem::replace(value, Value::NullText) {
                Value::Text(text) => Some(text),
                _ => None,
            },
            _ => None,
        }
    }
}
