//! Single values of canonical proto3 JSON, and of URLs.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use kernel::failure::{Reason, Violation};
use prost_reflect::{EnumDescriptor, Kind, Value};

use super::tree::Node;

/// Reads a value of a kind that is no message. The violation has no path yet.
pub(super) fn read(kind: &Kind, node: &Node) -> Result<Value, Violation> {
    match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => integer(node).map(Value::I32),
        Kind::Uint32 | Kind::Fixed32 => integer(node).map(Value::U32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => integer(node).map(Value::I64),
        Kind::Uint64 | Kind::Fixed64 => integer(node).map(Value::U64),
        Kind::Double => number(node, f64::MAX).map(Value::F64),
        Kind::Float => number(node, f64::from(f32::MAX)).map(|number| Value::F32(number as f32)),
        Kind::Bool => flag(node).map(Value::Bool),
        Kind::String => text(node, "string").map(|text| Value::String(text.to_owned())),
        Kind::Bytes => bytes(node).map(|bytes| Value::Bytes(bytes.into())),
        Kind::Enum(values) => enumerated(values, node).map(Value::EnumNumber),
        Kind::Message(_) => Err(expected("object")),
    }
}

/// The value should be something else.
pub(super) fn expected(what: &str) -> Violation {
    Violation::new("", Reason::ValueMalformed).with("expected", what)
}

/// The only word of a parameter.
pub(super) fn only(words: &[String]) -> Result<&str, Violation> {
    match words {
        [word] => Ok(word),
        _ => Err(Violation::new("", Reason::FieldRepeated)),
    }
}

fn text<'a>(node: &'a Node, what: &str) -> Result<&'a str, Violation> {
    match node {
        Node::Text(text) => Ok(text),
        Node::Words(words) => only(words),
        _ => Err(expected(what)),
    }
}

/// A whole number, also as text: canonical JSON writes 64-bit integers so.
fn integer<T: TryFrom<i128> + Bounds>(node: &Node) -> Result<T, Violation> {
    let whole = match node {
        Node::Number(number) => {
            let exact = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
            exact.map_or_else(|| of_float(number.as_f64()), Some)
        }
        Node::Text(_) | Node::Words(_) => of_digits(text(node, "integer")?),
        _ => return Err(expected("integer")),
    };
    let whole = whole.ok_or_else(|| Violation::new("", Reason::IntegerInvalid))?;
    T::try_from(whole).map_err(|_| {
        let outside = Violation::new("", Reason::NumberOutOfRange);
        outside.with("minimum", T::LEAST).with("maximum", T::MOST)
    })
}

trait Bounds {
    const LEAST: i128;
    const MOST: i128;
}

macro_rules! bounds {
    ($($integer:ty)*) => {
        $(impl Bounds for $integer {
            const LEAST: i128 = <$integer>::MIN as i128;
            const MOST: i128 = <$integer>::MAX as i128;
        })*
    };
}

bounds!(i32 u32 i64 u64);

/// `1.0` and `1e3` are whole. The conversion saturates: what is beyond every integer of the contract is out of range.
fn of_float(number: Option<f64>) -> Option<i128> {
    number.filter(|number| number.fract() == 0.0).map(|number| number as i128)
}

fn of_digits(text: &str) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // More digits than any number here has are a number all the same, one out of range.
    whole.then(|| text.parse().unwrap_or(if text.starts_with('-') { i128::MIN } else { i128::MAX }))
}

/// A finite number. Canonical JSON has texts for those that are not; no field here means anything by them.
fn number(node: &Node, most: f64) -> Result<f64, Violation> {
    let number = match node {
        Node::Number(number) => number.as_f64(),
        Node::Text(_) | Node::Words(_) => text(node, "number")?.parse().ok(),
        _ => None,
    };
    let finite = number.filter(|number| number.is_finite()).ok_or_else(|| expected("number"))?;
    if finite.abs() > most {
        let outside = Violation::new("", Reason::NumberOutOfRange);
        return Err(outside.with("minimum", -most).with("maximum", most));
    }
    Ok(finite)
}

fn flag(node: &Node) -> Result<bool, Violation> {
    match node {
        Node::Bool(flag) => Ok(*flag),
        Node::Words(words) => match only(words)? {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(expected("boolean")),
        },
        _ => Err(expected("boolean")),
    }
}

/// Base64 of either alphabet, padded or not, as canonical JSON allows.
fn bytes(node: &Node) -> Result<Vec<u8>, Violation> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let text = text(node, "base64")?.replace('-', "+").replace('_', "/");
    GeneralPurpose::new(&STANDARD, LENIENT).decode(text).map_err(|_| expected("base64"))
}

fn enumerated(values: &EnumDescriptor, node: &Node) -> Result<i32, Violation> {
    let by_number = |number: i64| i32::try_from(number).ok().and_then(|number| values.get_value(number));
    let (said, value) = match node {
        Node::Number(number) => (number.to_string(), number.as_i64().and_then(by_number)),
        Node::Text(name) => (name.clone(), values.get_value_by_name(name)),
        Node::Words(words) => {
            let word = only(words)?;
            let by_name = values.get_value_by_name(word);
            (word.to_owned(), by_name.or_else(|| word.parse().ok().and_then(by_number)))
        }
        _ => return Err(expected("enum name")),
    };
    let unknown =
        || Violation::new("", Reason::CodeUnknown).with("code", shown(&said)).with("table", values.name());
    value.map(|value| value.number()).ok_or_else(unknown)
}

/// A text of the request in a refusal: its beginning, without control characters.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(64).map(|character| if character.is_control() { '?' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Node {
        Node::parse(text.as_bytes()).unwrap()
    }

    fn reason(kind: &Kind, text: &str) -> Reason {
        read(kind, &json(text)).unwrap_err().reason
    }

    #[test]
    fn integers_are_numbers_or_digits_within_their_bounds() {
        for text in ["5", "\"5\"", "5.0", "0.5e1"] {
            assert_eq!(read(&Kind::Int64, &json(text)).unwrap(), Value::I64(5), "{text}");
        }
        assert_eq!(read(&Kind::Int64, &json("\"-9223372036854775808\"")).unwrap(), Value::I64(i64::MIN));
        assert_eq!(read(&Kind::Uint64, &json("18446744073709551615")).unwrap(), Value::U64(u64::MAX));
        let digits = "7".repeat(65);
        for text in
            [digits.clone(), format!("\"{digits}\""), format!("-{digits}"), "9223372036854775808".to_owned()]
        {
            assert_eq!(reason(&Kind::Int64, &text), Reason::NumberOutOfRange, "{text}");
        }
        let outside = read(&Kind::Int32, &json("2147483648")).unwrap_err();
        assert_eq!(
            outside.arguments,
            [("minimum", "-2147483648".to_owned()), ("maximum", "2147483647".to_owned())]
        );
        for text in ["0.5", "\"5 \"", "\"\"", "\"+5\"", "\"0x5\""] {
            assert_eq!(reason(&Kind::Int32, text), Reason::IntegerInvalid, "{text}");
        }
        assert_eq!(reason(&Kind::Uint32, "-1"), Reason::NumberOutOfRange);
        assert_eq!(reason(&Kind::Int32, "true"), Reason::ValueMalformed);
    }

    #[test]
    fn numbers_are_finite() {
        assert_eq!(read(&Kind::Double, &json("\"1.5\"")).unwrap(), Value::F64(1.5));
        for text in ["\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "\"x\"", "[]"] {
            assert_eq!(reason(&Kind::Double, text), Reason::ValueMalformed, "{text}");
        }
        assert_eq!(reason(&Kind::Float, "1e39"), Reason::NumberOutOfRange);
    }

    #[test]
    fn bytes_are_base64_of_either_alphabet() {
        for text in ["\"+/8=\"", "\"-_8=\"", "\"-_8\""] {
            assert_eq!(
                read(&Kind::Bytes, &json(text)).unwrap(),
                Value::Bytes(vec![0xfb, 0xff].into()),
                "{text}"
            );
        }
        assert_eq!(reason(&Kind::Bytes, "\"?\""), Reason::ValueMalformed);
    }

    #[test]
    fn types_are_not_guessed_in_a_body_but_are_words_in_a_url() {
        assert_eq!(reason(&Kind::Bool, "\"true\""), Reason::ValueMalformed);
        assert_eq!(reason(&Kind::String, "5"), Reason::ValueMalformed);
        let words = |words: &[&str]| Node::Words(words.iter().map(|word| (*word).to_owned()).collect());
        assert_eq!(read(&Kind::Bool, &words(&["true"])).unwrap(), Value::Bool(true));
        assert_eq!(read(&Kind::Int32, &words(&["5"])).unwrap(), Value::I32(5));
        assert_eq!(read(&Kind::String, &words(&["5"])).unwrap(), Value::String("5".to_owned()));
        assert_eq!(read(&Kind::String, &words(&["5", "6"])).unwrap_err().reason, Reason::FieldRepeated);
    }
}
