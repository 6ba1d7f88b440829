//! How a router describes what it offers beside the RPCs.

use prost_reflect::DescriptorPool;
use serde_json::{Map, Value, json};

use super::operation::REFUSALS;
use super::said::summary;
use super::schema::{OURS, SCHEMAS, Schemas};

/// Something to be read at a path of its own.
pub(crate) struct Reading<'a> {
    /// The identifier of the operation.
    pub(crate) id: &'a str,
    /// The heading under which it stands.
    pub(crate) tag: &'a str,
    /// The RPC behind it, in full.
    pub(crate) rpc: &'a str,
    /// What it is; the first sentence is its summary.
    pub(crate) about: &'a str,
    /// Made by [`parameter`].
    pub(crate) parameters: Vec<Value>,
    /// By media type what is answered, each a schema.
    pub(crate) answers: Vec<(&'a str, Value)>,
    /// By name, headers of the answer, with what they say.
    pub(crate) headers: &'a [(&'a str, &'a str)],
}

impl Reading<'_> {
    /// Its part of a `paths` object.
    pub(crate) fn described(mut self) -> Value {
        let common = ["AcceptLanguage", "RequestId"];
        let common = common.map(|name| json!({"$ref": format!("#/components/parameters/{name}")}));
        self.parameters.extend(common);
        let content: Map<String, Value> = self
            .answers
            .into_iter()
            .map(|(kind, schema)| (kind.to_owned(), json!({"schema": schema})))
            .collect();
        let headers: Map<String, Value> = self
            .headers
            .iter()
            .map(|(name, about)| {
                ((*name).to_owned(), json!({"description": about, "schema": {"type": "string"}}))
            })
            .collect();
        let mut responses = json!({
            "200": {"description": summary(self.about), "headers": headers, "content": content},
            "default": {"$ref": "#/components/responses/Other"},
        });
        let of_bodies = ["409", "413", "415"];
        for (status, name, _) in REFUSALS.iter().filter(|(status, ..)| !of_bodies.contains(status)) {
            responses[*status] = json!({"$ref": format!("#/components/responses/{name}")});
        }
        json!({"get": {
            "operationId": self.id,
            "tags": [self.tag],
            "summary": summary(self.about),
            "description": format!("{}\n\ngRPC: `{}`.", self.about, self.rpc),
            "parameters": self.parameters,
            "responses": responses,
        }})
    }
}

/// A parameter `in` the path or the query.
pub(crate) fn parameter(place: &str, name: &str, schema: Value, about: &str) -> Value {
    json!({"name": name, "in": place, "required": place == "path", "schema": schema, "description": about})
}

/// A reference to a message of the contract, which stands in the document then.
pub(crate) fn message(component: &str) -> Value {
    super::schema::reference(component)
}

/// Writes the messages that are referred to.
pub(super) fn write_referred(value: &Value, pool: &DescriptorPool, schemas: &mut Schemas<'_>) {
    match value {
        Value::Object(members) => {
            let name =
                members.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix(SCHEMAS));
            if let Some(message) = name.and_then(|name| pool.get_message_by_name(&format!("{OURS}{name}"))) {
                schemas.message(&message);
            }
            members.values().for_each(|inner| write_referred(inner, pool, schemas));
        }
        Value::Array(items) => items.iter().for_each(|inner| write_referred(inner, pool, schemas)),
        _ => {}
    }
}
