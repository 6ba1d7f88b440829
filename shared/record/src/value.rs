//! The value of one leaf, between the typed record and its column, and the conversions that generated code uses.

use prost_types::Timestamp;

/// The value of a leaf.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// Absent.
    Null,
    /// A text or a date.
    Text(String),
    /// A number, a flag (0, 1), an enum's number or a moment in microseconds.
    Integer(i64),
    /// A list of texts.
    Texts(Vec<String>),
}

impl Value {
    /// Whether the field is absent.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }
    /// The text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
    /// The number, where it is one.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

/// A field's type as generated code reads and writes it.
pub trait Scalar: Sized {
    /// The field as a value.
    fn read(&self) -> Value;
    /// The value into the field; a value of another type clears it.
    fn write(&mut self, value: Value);
}

impl Scalar for String {
    fn read(&self) -> Value {
        if self.is_empty() { Value::Null } else { Value::Text(self.clone()) }
    }
    fn write(&mut self, value: Value) {
        *self = if let Value::Text(text) = value { text } else { String::new() };
    }
}

impl Scalar for Option<String> {
    fn read(&self) -> Value {
        self.as_ref().map_or(Value::Null, |text| Value::Text(text.clone()))
    }
    fn write(&mut self, value: Value) {
        *self = if let Value::Text(text) = value { Some(text) } else { None };
    }
}

impl Scalar for Vec<String> {
    fn read(&self) -> Value {
        if self.is_empty() { Value::Null } else { Value::Texts(self.clone()) }
    }
    fn write(&mut self, value: Value) {
        *self = if let Value::Texts(texts) = value { texts } else { Vec::new() };
    }
}

macro_rules! integer_scalar {
    ($($plain:ty),*) => {$(
        impl Scalar for $plain {
            fn read(&self) -> Value {
                if *self == 0 { Value::Null } else { Value::Integer(i64::from(*self)) }
            }
            fn write(&mut self, value: Value) {
                *self = value.as_integer().and_then(|number| Self::try_from(number).ok()).unwrap_or_default();
            }
        }
        impl Scalar for Option<$plain> {
            fn read(&self) -> Value {
                self.map_or(Value::Null, |number| Value::Integer(i64::from(number)))
            }
            fn write(&mut self, value: Value) {
                *self = value.as_integer().and_then(|number| <$plain>::try_from(number).ok());
            }
        }
    )*};
}
integer_scalar!(i32, i64, u32);

impl Scalar for bool {
    fn read(&self) -> Value {
        if *self { Value::Integer(1) } else { Value::Null }
    }
    fn write(&mut self, value: Value) {
        *self = value == Value::Integer(1);
    }
}

impl Scalar for Option<bool> {
    fn read(&self) -> Value {
        self.map_or(Value::Null, |flag| Value::Integer(i64::from(flag)))
    }
    fn write(&mut self, value: Value) {
        *self = value.as_integer().map(|number| number != 0);
    }
}

impl Scalar for Option<Timestamp> {
    fn read(&self) -> Value {
        self.as_ref().map_or(Value::Null, |moment| Value::Integer(microseconds(moment)))
    }
    fn write(&mut self, value: Value) {
        *self = value.as_integer().map(timestamp);
    }
}

/// A moment in microseconds since 1970.
pub fn microseconds(moment: &Timestamp) -> i64 {
    moment.seconds.saturating_mul(1_000_000).saturating_add(i64::from(moment.nanos) / 1_000)
}

/// The moment at so many microseconds since 1970.
pub fn timestamp(microseconds: i64) -> Timestamp {
    Timestamp {
        seconds: microseconds.div_euclid(1_000_000),
        nanos: (microseconds.rem_euclid(1_000_000) * 1_000) as i32,
    }
}
