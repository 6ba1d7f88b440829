//! Messages and enumerations of the contract as JSON Schema: what the JSON face writes, and what it reads.

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use proto::common::{Form, FormKind, FormUnit, Label, Sensitivity};
use serde_json::{Map, Value, json};

use super::said::Said;

/// Before the names of all parts of the contract; components go without it.
pub(super) const OURS: &str = "xiuhua.";
/// Before the names of components in references.
pub(super) const SCHEMAS: &str = "#/components/schemas/";
/// Before the names of details of a refusal, which travel with their type.
const DETAIL: &str = "google.rpc.";

/// Collects the schemas that are referred to.
pub(super) struct Schemas<'a> {
    said: &'a Said<'a>,
    /// By the name of the component.
    written: BTreeMap<String, Value>,
}

impl<'a> Schemas<'a> {
    pub(super) const fn new(said: &'a Said<'a>) -> Self {
        Self { said, written: BTreeMap::new() }
    }

    /// All that was referred to, and what that refers to.
    pub(super) fn into_components(self) -> Value {
        self.written.into_iter().collect::<Map<_, _>>().into()
    }

    /// A reference to a message.
    pub(super) fn message(&mut self, message: &MessageDescriptor) -> Value {
        if let Some(own) = well_known(message.full_name()) {
            return own;
        }
        let name = component(message.full_name());
        if !self.written.contains_key(&name) {
            // Stands there before its fields are written, because messages may contain themselves.
            self.written.insert(name.clone(), Value::Null);
            let schema = self.object(message);
            self.written.insert(name.clone(), schema);
        }
        reference(&name)
    }

    /// A reference to the message of a request that creates: the fields are required that the forms require.
    pub(super) fn creating(&mut self, message: &MessageDescriptor) -> Value {
        let own = self.message(message);
        let mut added = Map::new();
        for field in message.fields() {
            let Kind::Message(record) = field.kind() else { continue };
            if self.said.resource(&record).is_none() {
                continue;
            }
            let required = record.fields().filter(|field| self.said.form(field).required);
            let required: Vec<String> = required.map(|field| field.json_name().to_owned()).collect();
            if required.is_empty() {
                continue;
            }
            let item = json!({"required": required});
            let schema = if field.is_list() { json!({"items": item}) } else { item };
            added.insert(field.json_name().to_owned(), schema);
        }
        if added.is_empty() { own } else { json!({"allOf": [own, {"properties": added}]}) }
    }

    fn object(&mut self, message: &MessageDescriptor) -> Value {
        let mut properties = Map::new();
        let detail = message.full_name().strip_prefix(DETAIL);
        if detail.is_some_and(|name| super::DETAILS.contains(&name)) {
            properties.insert("@type".to_owned(), json!({"type": "string", "const": detail_type(message)}));
        }
        for field in message.fields() {
            properties.insert(field.json_name().to_owned(), self.property(&field));
        }
        let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
        let mut description = self.said.comment(&message.parent_file(), message.path()).to_owned();
        for choice in message.oneofs().filter(|choice| choice.fields().len() > 1) {
            let names: Vec<String> =
                choice.fields().map(|field| format!("`{}`", field.json_name())).collect();
            description += &format!("\n\nAt most one of {}.", names.join(", "));
        }
        put(&mut schema, "description", description.trim());
        if let Some(resource) = self.said.resource(message) {
            describe(&mut schema, resource.label.as_ref());
            let example = json!([format!("{}/…", resource.collection)]);
            if let Some(name) = schema.pointer_mut("/properties/name") {
                put(name, "examples", example);
            }
        }
        schema
    }

    /// The schema of a field, with everything that the contract says of it.
    pub(super) fn property(&mut self, field: &FieldDescriptor) -> Value {
        let form = self.said.form(field);
        let single = |schemas: &mut Self, kind: &Kind| schemas.kind(kind, &form);
        let mut schema = if field.is_map() {
            let value = match field.kind() {
                Kind::Message(entry) => single(self, &entry.map_entry_value_field().kind()),
                kind => single(self, &kind),
            };
            json!({"type": "object", "additionalProperties": value})
        } else if field.is_list() {
            json!({"type": "array", "items": single(self, &field.kind())})
        } else {
            single(self, &field.kind())
        };
        let mut description =
            self.said.comment(&field.parent_message().parent_file(), field.path()).to_owned();
        let mut add = |text: &str| description += &format!(" {text}");
        if form.sensitive() != Sensitivity::Unspecified {
            add("Masked unless revealed.");
            put(&mut schema, "x-sensitive", form.sensitive().as_str_name());
        }
        if form.required {
            add("Required when the record is created.");
            put(&mut schema, "x-required-on-create", true);
        }
        if form.immutable {
            add("Fixed once the record exists.");
        }
        let title = Label { zh: form.zh.clone(), ko: form.ko.clone(), en: form.en.clone() };
        describe(&mut schema, Some(&title));
        for (key, text) in [("x-code-table", &form.codes), ("x-reference", &form.reference)] {
            put(&mut schema, key, text.as_str());
        }
        if form.unit() != FormUnit::Unspecified {
            put(&mut schema, "x-form-unit", form.unit().as_str_name());
        }
        // What the service sets and a write has to bring back is not read-only.
        if form.output_only && !["name", "etag"].contains(&field.name()) {
            put(&mut schema, "readOnly", true);
        }
        put(&mut schema, "description", description.trim());
        schema
    }

    fn kind(&mut self, kind: &Kind, form: &Form) -> Value {
        match kind {
            Kind::Message(message) => self.message(message),
            Kind::Enum(values) => self.enumeration(values),
            Kind::String => text(form),
            Kind::Bool => json!({"type": "boolean"}),
            Kind::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
            Kind::Double => json!({"type": "number", "format": "double"}),
            Kind::Float => json!({"type": "number", "format": "float"}),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => json!({
                "type": "integer", "format": "int32", "minimum": i32::MIN, "maximum": i32::MAX
            }),
            Kind::Uint32 | Kind::Fixed32 => {
                json!({"type": "integer", "format": "int64", "minimum": 0, "maximum": u32::MAX})
            }
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => {
                json!({"type": "string", "format": "int64", "pattern": "^-?[0-9]{1,19}$", "examples": ["350000"]})
            }
            Kind::Uint64 | Kind::Fixed64 => {
                json!({"type": "string", "format": "uint64", "pattern": "^[0-9]{1,20}$", "examples": ["350000"]})
            }
        }
    }

    fn enumeration(&mut self, values: &EnumDescriptor) -> Value {
        let name = component(values.full_name());
        if !self.written.contains_key(&name) {
            let each: Vec<Value> = values
                .values()
                .map(|value| {
                    let mut each = json!({"const": value.name()});
                    put(&mut each, "description", self.said.comment(&values.parent_file(), value.path()));
                    describe(&mut each, self.said.label(&value).as_ref());
                    each
                })
                .collect();
            let names: Vec<String> = values.values().map(|value| value.name().to_owned()).collect();
            let mut schema = json!({"type": "string", "enum": names, "oneOf": each});
            put(&mut schema, "description", self.said.comment(&values.parent_file(), values.path()));
            self.written.insert(name.clone(), schema);
        }
        reference(&name)
    }
}

/// The name of a component.
pub(super) fn component(full_name: &str) -> String {
    full_name.strip_prefix(OURS).unwrap_or(full_name).to_owned()
}

pub(super) fn reference(component: &str) -> Value {
    json!({"$ref": format!("{SCHEMAS}{component}")})
}

/// How a detail of a refusal names its type.
fn detail_type(message: &MessageDescriptor) -> String {
    format!("type.googleapis.com/{}", message.full_name())
}

/// Puts what is there: no empty texts.
fn put(schema: &mut Value, key: &str, value: impl Into<Value>) {
    let value = value.into();
    if let (Some(members), false) = (schema.as_object_mut(), value.as_str() == Some("")) {
        members.insert(key.to_owned(), value);
    }
}

/// The words of a form: the Chinese one is the title, as printed.
fn describe(schema: &mut Value, label: Option<&Label>) {
    let Some(label) = label.filter(|label| !label.zh.is_empty()) else { return };
    put(schema, "title", label.zh.as_str());
    let mut labels = json!({"zh": label.zh});
    put(&mut labels, "ko", label.ko.as_str());
    put(&mut labels, "en", label.en.as_str());
    put(schema, "x-labels", labels);
}

/// A text. What may be masked in an answer has no format there.
fn text(form: &Form) -> Value {
    let mut schema = json!({"type": "string"});
    if form.sensitive() != Sensitivity::Unspecified {
        return schema;
    }
    let said = match form.kind() {
        FormKind::Date | FormKind::FutureDate => Some(("format", "date", "2016-12-31".to_owned())),
        FormKind::Month => Some(("pattern", "^[0-9]{4}-[0-9]{2}$", "2016-12".to_owned())),
        FormKind::Area => Some(("pattern", "^[0-9]{6}([0-9]{3}([0-9]{3})?)?$", "222405100201".to_owned())),
        _ if !form.reference.is_empty() => None,
        _ => return schema,
    };
    match said {
        Some((key, form, example)) => {
            put(&mut schema, key, form);
            put(&mut schema, "examples", json!([example]));
        }
        None => put(&mut schema, "examples", json!([format!("{}/…", form.reference)])),
    }
    schema
}

/// Messages that have a form of their own in JSON.
fn well_known(full_name: &str) -> Option<Value> {
    Some(match full_name {
        "google.protobuf.Timestamp" => {
            json!({"type": "string", "format": "date-time", "examples": ["2017-09-30T16:00:00Z"]})
        }
        "google.protobuf.Duration" => {
            json!({"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]{1,9})?s$", "examples": ["1.5s"]})
        }
        "google.protobuf.FieldMask" => json!({"type": "string", "examples": ["headFullName,living.fuel"]}),
        "google.protobuf.Any" => json!({
            "type": "object", "required": ["@type"], "properties": {"@type": {"type": "string"}}
        }),
        _ => return None,
    })
}
