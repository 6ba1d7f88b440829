//! A tree read as a message of the contract. All that is wrong is told at once, each with the path of its field as the
//! contract spells it.

use kernel::failure::{Reason, Violation, Violations};
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value,
};

use super::scalar::{self, expected, only, shown};
use super::tree::Node;

/// Before the messages that have a form of their own in JSON.
const WELL_KNOWN: &str = "google.protobuf.";
const FIELD_MASK: &str = "google.protobuf.FieldMask";

/// Reads, and collects what is wrong.
#[derive(Debug, Default)]
pub(super) struct Reader {
    wrong: Violations,
}

impl Reader {
    /// Ends reading.
    pub(super) fn wrong(self) -> Violations {
        self.wrong
    }

    /// Notes something that is wrong with a field.
    pub(super) fn note(&mut self, at: &str, mut violation: Violation) {
        at.clone_into(&mut violation.field);
        self.wrong.add(violation);
    }

    /// Reads the members of an object into a message. Fields that are set already stand twice.
    pub(super) fn fill(&mut self, message: &mut DynamicMessage, members: Vec<(String, Node)>, at: &str) {
        let mut seen: Vec<u32> = Vec::new();
        for (key, node) in members {
            let Some(field) = named(&message.descriptor(), &key) else {
                let path = below(at, &shown(&key));
                self.note(&path, Violation::new("", Reason::FieldUnknown));
                continue;
            };
            let path = below(at, field.name());
            if seen.contains(&field.number()) || message.has_field(&field) {
                self.note(&path, Violation::new("", Reason::FieldRepeated));
                continue;
            }
            seen.push(field.number());
            if node == Node::Null {
                continue;
            }
            if let Some(other) = chosen(message, &field) {
                let one = format!("{} | {}", other.name(), field.name());
                self.note(&path, expected(&one));
                continue;
            }
            if let Some(value) = self.field(&field, node, &path) {
                message.set_field(&field, value);
            }
        }
    }

    /// Reads the value of a field.
    pub(super) fn field(&mut self, field: &FieldDescriptor, node: Node, at: &str) -> Option<Value> {
        if field.is_map() {
            return self.map(field, node, at);
        }
        if !field.is_list() {
            return self.value(&field.kind(), node, at);
        }
        let items: Vec<Node> = match node {
            Node::List(items) => items,
            Node::Words(words) => words.into_iter().map(|word| Node::Words(vec![word])).collect(),
            _ => {
                self.note(at, expected("array"));
                return None;
            }
        };
        let mut list = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            list.extend(self.value(&field.kind(), item, &format!("{at}[{index}]")));
        }
        Some(Value::List(list))
    }

    fn map(&mut self, field: &FieldDescriptor, node: Node, at: &str) -> Option<Value> {
        let (Node::Object(members), Kind::Message(entry)) = (node, field.kind()) else {
            self.note(at, expected("object"));
            return None;
        };
        let (key_kind, value_kind) =
            (entry.map_entry_key_field().kind(), entry.map_entry_value_field().kind());
        let mut map = std::collections::HashMap::new();
        for (key, node) in members {
            let path = format!("{at}[{}]", shown(&key));
            let read = match scalar::read(&key_kind, &Node::Words(vec![key])) {
                Ok(read) => read,
                Err(violation) => {
                    self.note(&path, violation);
                    continue;
                }
            };
            let (Some(key), Some(value)) = (map_key(read), self.value(&value_kind, node, &path)) else {
                continue;
            };
            if map.insert(key, value).is_some() {
                self.note(&path, Violation::new("", Reason::FieldRepeated));
            }
        }
        Some(Value::Map(map))
    }

    fn value(&mut self, kind: &Kind, node: Node, at: &str) -> Option<Value> {
        let read = match kind {
            Kind::Message(message) if message.full_name().starts_with(WELL_KNOWN) => {
                well_known(message, node).map(Value::Message)
            }
            Kind::Message(message) => match node {
                Node::Object(members) => {
                    let mut inner = DynamicMessage::new(message.clone());
                    self.fill(&mut inner, members, at);
                    Ok(Value::Message(inner))
                }
                _ => Err(expected("object")),
            },
            kind => scalar::read(kind, &node),
        };
        read.map_err(|violation| self.note(at, violation)).ok()
    }
}

/// The path of a field below another; the path alone where there is none above.
pub(super) fn below(at: &str, name: &str) -> String {
    if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") }
}

/// A field by its name in JSON or in the contract.
pub(super) fn named(message: &MessageDescriptor, key: &str) -> Option<FieldDescriptor> {
    message.get_field_by_json_name(key).or_else(|| message.get_field_by_name(key))
}

/// Another field of the same choice, where one is set.
fn chosen(message: &DynamicMessage, field: &FieldDescriptor) -> Option<FieldDescriptor> {
    let choice = field.containing_oneof()?;
    choice.fields().find(|other| other != field && message.has_field(other))
}

fn map_key(value: Value) -> Option<MapKey> {
    match value {
        Value::Bool(key) => Some(MapKey::Bool(key)),
        Value::I32(key) => Some(MapKey::I32(key)),
        Value::I64(key) => Some(MapKey::I64(key)),
        Value::U32(key) => Some(MapKey::U32(key)),
        Value::U64(key) => Some(MapKey::U64(key)),
        Value::String(key) => Some(MapKey::String(key)),
        _ => None,
    }
}

/// Reads a message that has a form of its own, by the library that knows them all.
fn well_known(message: &MessageDescriptor, node: Node) -> Result<DynamicMessage, Violation> {
    if let Node::Words(words) = &node {
        only(words)?;
    }
    let mut json = node.json();
    if message.full_name() == FIELD_MASK
        && let Some(paths) = json.as_str()
    {
        json = camel(paths).into();
    }
    let form = match message.full_name() {
        "google.protobuf.Timestamp" => "RFC 3339 timestamp",
        "google.protobuf.Duration" => "duration (1.5s)",
        FIELD_MASK => "field mask",
        other => other,
    };
    DynamicMessage::deserialize(message.clone(), json).map_err(|_| expected(form))
}

/// Paths of a field mask as JSON writes them; those of the contract's own spelling are taken as well.
fn camel(paths: &str) -> String {
    let mut upper = false;
    let mut written = String::with_capacity(paths.len());
    for character in paths.chars() {
        match character {
            '_' => upper = true,
            _ if upper => {
                written.extend(character.to_uppercase());
                upper = false;
            }
            _ => written.push(character),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read as a message of the contract, as JSON, and what is wrong.
    fn read(message: &str, text: &str) -> (serde_json::Value, Vec<(String, Reason)>) {
        let Node::Object(members) = Node::parse(text.as_bytes()).unwrap() else { panic!("no object") };
        let pool = crate::json::pool().unwrap();
        let mut read = DynamicMessage::new(pool.get_message_by_name(message).unwrap());
        let mut reader = Reader::default();
        reader.fill(&mut read, members, "");
        let wrong = reader.wrong().into_vec();
        let wrong = wrong.into_iter().map(|found| (found.field, found.reason)).collect();
        (serde_json::to_value(&read).unwrap(), wrong)
    }

    const UPDATE: &str = "xiuhua.registry.v1.UpdateHouseholdRequest";

    #[test]
    fn both_spellings_of_fields_are_read_and_one_is_written() {
        let text = r#"{"request_id": "r", "household": {"head_full_name": "金顺子", "householdNo": "1"},
            "updateMask": "headFullName,household_no", "change": {"kind": "CHANGE_KIND_CHANGE", "reason": null}}"#;
        let (json, wrong) = read(UPDATE, text);
        assert_eq!(wrong, []);
        assert_eq!(
            json,
            serde_json::json!({"requestId": "r", "household": {"headFullName": "金顺子", "householdNo": "1"},
                "updateMask": "headFullName,householdNo", "change": {"kind": "CHANGE_KIND_CHANGE"}})
        );
    }

    #[test]
    fn all_that_is_wrong_is_told_with_its_path() {
        let text = r#"{"household": {"bogus": 1, "headFullName": 5, "head_full_name": "x", "meta": []},
            "requestId": "a", "requestId": "b", "updateMask": "_,", "change": {"kind": "NO_SUCH"}}"#;
        let (_, wrong) = read(UPDATE, text);
        let expected = [
            ("household.bogus", Reason::FieldUnknown),
            ("household.head_full_name", Reason::ValueMalformed),
            ("household.head_full_name", Reason::FieldRepeated),
            ("household.meta", Reason::ValueMalformed),
            ("request_id", Reason::FieldRepeated),
            ("change.kind", Reason::CodeUnknown),
        ];
        assert_eq!(wrong, expected.map(|(path, reason)| (path.to_owned(), reason)));
    }

    #[test]
    fn of_a_choice_one_is_taken_and_moments_are_moments() {
        let report = "xiuhua.gateway.v1.GetReportRequest";
        let (json, wrong) = read(report, r#"{"knownAt": "2017-09-30T08:00:00+08:00"}"#);
        assert_eq!((json["knownAt"].as_str(), wrong), (Some("2017-09-30T00:00:00Z"), vec![]));
        let (_, wrong) = read(report, r#"{"knownAt": "2017-09-30T00:00:00Z", "snapshot": "x"}"#);
        assert_eq!(wrong, [("snapshot".to_owned(), Reason::ValueMalformed)]);
        let (_, wrong) = read(report, r#"{"knownAt": "yesterday", "figureIds": ["a", 1, null]}"#);
        let paths = ["known_at", "figure_ids[1]", "figure_ids[2]"];
        assert_eq!(wrong, paths.map(|path| (path.to_owned(), Reason::ValueMalformed)));
    }

    /// JSON writes masks in camel case, and only names that come back from it can be masked. Rows of sheets are never
    /// updated by a mask.
    #[test]
    fn every_name_of_the_contract_survives_a_field_mask() {
        let pool = crate::json::pool().unwrap();
        let sheet = pool.get_extension_by_name("xiuhua.common.v1.sheet").unwrap();
        let ours = pool.all_messages().filter(|message| {
            message.full_name().starts_with("xiuhua.") && !message.options().has_extension(&sheet)
        });
        for field in ours.flat_map(|message| message.fields().collect::<Vec<_>>()) {
            let back: String = camel(field.name()).chars().fold(String::new(), |mut name, character| {
                if character.is_ascii_uppercase() {
                    name.push('_');
                }
                name.push(character.to_ascii_lowercase());
                name
            });
            assert_eq!(back, field.name(), "{}", field.full_name());
        }
    }
}
