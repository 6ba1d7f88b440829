//! A route of the contract as an operation of OpenAPI.

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};
use sheet::Format;

use super::said::{Said, summary};
use super::schema::Schemas;
use crate::http::json::{NDJSON, file};
use crate::http::routes::{Body, Route, Routes};
use crate::http::template::Segment;

/// Refusals that every operation may end with, as `components.responses` names them.
pub(super) const REFUSALS: [(&str, &str, &str); 9] = [
    ("400", "Refused", "The request is wrong, or the records as they are do not allow it; see the details."),
    ("401", "WhoCalls", "No token, or one that is not believed."),
    ("403", "NotAllowed", "The caller may not do this, or not there."),
    ("404", "NotFound", "The record does not exist, or is not visible to the caller."),
    ("409", "Conflict", "It exists already, or somebody else was faster: read again and try again."),
    ("413", "TooLarge", "The body is larger than may be sent at once."),
    (
        "415",
        "NotTaken",
        "The body is of another content type than is taken here, or packed; `Accept` or `Accept-Encoding` says what is \
            taken.",
    ),
    ("429", "TooMany", "More requests at once than can be answered; nothing was done."),
    (
        "503",
        "NotReached",
        "A part of the suite cannot be reached at present; `Retry-After` says when to try again.",
    ),
];

/// What files that are answered may be.
const FILES: [&str; 3] =
    [Format::Xlsx.media_type(), Format::Csv.media_type(), Format::CsvGb18030.media_type()];

/// A part of a path that is not the same in every request.
pub(super) struct Variable {
    /// Its name in the path.
    pub(super) name: String,
    /// The field that it is, or is a part of.
    field: FieldDescriptor,
    /// The whole of the field, this part as `…`, the others of its field as `*`; empty where this part is the whole.
    whole: String,
}

/// The path as OpenAPI writes it, and its variables: one for each part, so that a field may have several.
pub(super) fn path(route: &Route) -> (String, Vec<Variable>) {
    let mut written = String::new();
    let mut variables: Vec<Variable> = Vec::new();
    for (index, segment) in route.template.segments.iter().enumerate() {
        let field = route.template.variables.iter().zip(&route.bound);
        let field = field.into_iter().find(|(variable, _)| variable.segments.contains(&index));
        let Some((variable, field)) = field.and_then(|(variable, fields)| Some((variable, fields.last()?)))
        else {
            if let Segment::Literal(word) = segment {
                written += &format!("/{word}");
            }
            continue;
        };
        if let Segment::Literal(word) = segment {
            written += &format!("/{word}");
            continue;
        }
        let parts = variables.iter().filter(|earlier| earlier.field == *field).count();
        let number = if parts == 0 { String::new() } else { (parts + 1).to_string() };
        let name = format!("{}{number}", field.json_name());
        written += &format!("/{{{name}}}");
        let whole = variable.segments.clone().map(|other| match &route.template.segments[other] {
            Segment::Literal(word) => word.as_str(),
            Segment::Any if other == index => "…",
            Segment::Any => "*",
        });
        let whole = whole.collect::<Vec<_>>().join("/");
        let whole = if whole == "…" { String::new() } else { whole };
        variables.push(Variable { name, field: field.clone(), whole });
    }
    if let Some(verb) = &route.template.verb {
        written += &format!(":{verb}");
    }
    (written, variables)
}

/// The identifier of an operation: the RPC's name, after that of its service where several services have one of this name;
/// ways after the first have their number.
pub(super) fn id(route: &Route, routes: &Routes) -> String {
    let rpc = &route.rpc;
    let taken = routes.all().iter().any(|other| other.rpc.name() == rpc.name() && other.rpc != *rpc);
    let service = if taken { format!("{}_", rpc.parent_service().name()) } else { String::new() };
    let number = if route.binding == 0 { String::new() } else { format!("_{}", route.binding) };
    format!("{service}{}{number}", rpc.name())
}

/// The operation.
pub(super) fn of(route: &Route, routes: &Routes, said: &Said<'_>, schemas: &mut Schemas<'_>) -> Value {
    let rpc = &route.rpc;
    let comment = said.comment(&rpc.parent_service().parent_file(), rpc.path());
    let access = said.access(rpc);
    let mut operation = json!({
        "operationId": id(route, routes),
        "tags": [rpc.parent_service().name()],
        "summary": summary(comment),
        "description": format!("{comment}\n\ngRPC: `{}/{}`.", rpc.parent_service().full_name(), rpc.name()),
        "parameters": parameters(route, said, schemas),
        "responses": responses(route, said, schemas),
    });
    if access.public {
        operation["security"] = json!([]);
    } else {
        operation["x-permission"] = access.permission.into();
    }
    let creates = ["Create", "BatchCreate"].iter().any(|verb| rpc.name().starts_with(verb));
    let body = match &route.body {
        Body::None => return operation,
        Body::Whole if creates => schemas.creating(&rpc.input()),
        Body::Whole => schemas.message(&rpc.input()),
        Body::Field(_) if file::uploaded(route).is_some() => {
            operation["requestBody"] =
                json!({"required": true, "content": {"application/octet-stream": {"schema": bytes()}}});
            return operation;
        }
        Body::Field(field) => schemas.property(field),
    };
    operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": body}}});
    operation
}

fn parameters(route: &Route, said: &Said<'_>, schemas: &mut Schemas<'_>) -> Vec<Value> {
    let mut parameters: Vec<Value> = Vec::new();
    for Variable { name, field, whole } in path(route).1 {
        let mut description = said.comment(&field.parent_message().parent_file(), field.path()).to_owned();
        if !whole.is_empty() {
            description += &format!(" In full `{whole}`; here the part for `…`.");
        }
        let schema = json!({"type": "string", "minLength": 1});
        parameters.push(
            json!({"name": name, "in": "path", "required": true, "description": description, "schema": schema}),
        );
    }
    if route.body != Body::Whole {
        let bound: Vec<&FieldDescriptor> = route.bound.iter().filter_map(|fields| fields.first()).collect();
        let mut words = Vec::new();
        query(&route.rpc.input(), "", &mut words);
        for (name, field) in words {
            let said_elsewhere =
                matches!(&route.body, Body::Field(body) if name.split('.').next() == Some(body.json_name()));
            if said_elsewhere || bound.iter().any(|bound| bound.json_name() == name) {
                continue;
            }
            let mut schema = schemas.property(&field);
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            let mut parameter = json!({"name": name, "in": "query", "schema": schema});
            if let Some(description) = description {
                parameter["description"] = description;
            }
            parameters.push(parameter);
        }
    }
    parameters.extend(
        ["AcceptLanguage", "RequestId"]
            .map(|name| json!({"$ref": format!("#/components/parameters/{name}")})),
    );
    parameters
}

/// The fields that a URL can say, with their paths.
fn query(message: &MessageDescriptor, at: &str, found: &mut Vec<(String, FieldDescriptor)>) {
    for field in message.fields() {
        let name = format!("{at}{}", field.json_name());
        match field.kind() {
            Kind::Message(inner) if inner.full_name().starts_with("google.protobuf.") => {
                found.push((name, field))
            }
            Kind::Message(_) if field.is_list() || field.is_map() => {}
            Kind::Message(inner) => query(&inner, &format!("{name}."), found),
            _ => found.push((name, field)),
        }
    }
}

fn responses(route: &Route, said: &Said<'_>, schemas: &mut Schemas<'_>) -> Value {
    let output = route.rpc.output();
    if file::downloaded(&output).is_some() {
        let content = FILES.map(|kind| (kind.to_owned(), json!({"schema": bytes()})));
        let file = json!({"description": "The file.", "content": Map::from_iter(content)});
        return with_refusals(json!({"200": file}), route);
    }
    let schema = match &route.answered {
        Some(field) => schemas.property(field),
        None => schemas.message(&output),
    };
    let mut description = said.comment(&output.parent_file(), output.path()).to_owned();
    let kind = if route.rpc.is_server_streaming() {
        description += " One object a line. A stream that is refused after it has begun ends with a line \
            `{\"error\": …}`, a `google.rpc.Status`.";
        NDJSON
    } else {
        "application/json"
    };
    with_refusals(json!({"200": {"description": description, "content": {kind: {"schema": schema}}}}), route)
}

/// What a file is made of.
fn bytes() -> Value {
    json!({"type": "string", "format": "binary"})
}

fn with_refusals(mut responses: Value, route: &Route) -> Value {
    let of_bodies = ["409", "413", "415"];
    for (status, name, _) in REFUSALS {
        if route.body == Body::None && of_bodies.contains(&status) {
            continue;
        }
        responses[status] = json!({"$ref": format!("#/components/responses/{name}")});
    }
    responses["default"] = json!({"$ref": "#/components/responses/Other"});
    responses
}
