//! What a request says, before it is known what it should say: JSON with every key that stands in it, or words of a URL.

use std::cell::Cell;
use std::fmt;

use kernel::failure::{Failure, Reason};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

/// How deep messages and lists may be nested.
pub(super) const DEPTH: usize = 64;

/// A value as it stands in a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(String),
    /// The words of a parameter, in their order; which type they are of only the field knows.
    Words(Vec<String>),
    /// A list.
    List(Vec<Node>),
    /// Members in their order; a key may stand twice.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// Reads JSON.
    ///
    /// # Errors
    /// `REQUEST_MALFORMED` with line and column, `NESTED_TOO_DEEP`.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Failure> {
        let too_deep = Cell::new(false);
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let read = Seed { depth: 0, too_deep: &too_deep }.deserialize(&mut json);
        let read = read.and_then(|node| json.end().map(|()| node));
        read.map_err(|error| match too_deep.get() {
            true => Failure::new(Reason::NestedTooDeep).with("limit", DEPTH),
            // The library's text is left aside: it may quote what stands there.
            false => {
                let position = format!("{}:{}", error.line(), error.column());
                Failure::new(Reason::RequestMalformed).with("position", position)
            }
        })
    }

    /// The value as JSON; a parameter's first word is a text there.
    pub(super) fn json(self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(flag) => flag.into(),
            Self::Number(number) => number.into(),
            Self::Text(text) => text.into(),
            Self::Words(words) => words.into_iter().next().into(),
            Self::List(items) => items.into_iter().map(Self::json).collect(),
            Self::Object(members) => members.into_iter().map(|(key, node)| (key, node.json())).collect(),
        }
    }
}

#[derive(Clone, Copy)]
struct Seed<'a> {
    depth: usize,
    too_deep: &'a Cell<bool>,
}

impl Seed<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth == DEPTH {
            self.too_deep.set(true);
            return Err(E::custom("nested too deep"));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Node, E> {
        Ok(Node::Bool(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Node, E> {
        Number::from_f64(number).map(Node::Number).ok_or_else(|| E::custom("not finite"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Node, E> {
        Ok(Node::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let inner = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        let inner = self.deeper()?;
        let mut object = Vec::new();
        while let Some(key) = members.next_key::<String>()? {
            object.push((key, members.next_value_seed(inner)?));
        }
        Ok(Node::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_kept() {
        let node = Node::parse(br#"{"a": 1, "a": [null, "x"]}"#).unwrap();
        let list = Node::List(vec![Node::Null, Node::Text("x".to_owned())]);
        assert_eq!(
            node,
            Node::Object(vec![("a".to_owned(), Node::Number(1.into())), ("a".to_owned(), list)])
        );
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_place() {
        for (text, position) in [
            ("", "1:0"),
            ("{\"a\": NaN}", "1:7"),
            ("{\n \"a\": 1,\n}", "3:1"),
            ("{} {}", "1:4"),
            ("{\"a\": 1e999}", "1:11"),
        ] {
            let failure = Node::parse(text.as_bytes()).unwrap_err();
            assert_eq!(failure.reason(), Reason::RequestMalformed, "{text}");
            assert_eq!(failure.metadata(), [("position", position.to_owned())], "{text}");
        }
        assert_eq!(Node::parse(b"\"\xff\"").unwrap_err().reason(), Reason::RequestMalformed);
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(Node::parse(nested(DEPTH).as_bytes()).is_ok());
        for depth in [DEPTH + 1, 100_000] {
            let failure = Node::parse(nested(depth).as_bytes()).unwrap_err();
            assert_eq!(failure.reason(), Reason::NestedTooDeep);
        }
    }
}
