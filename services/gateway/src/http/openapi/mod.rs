//! The OpenAPI 3.1 document of the JSON face, made from the descriptors: paths and fields, and in comments and options all
//! that the contract says of them. Nothing is written twice.

pub(crate) mod beside;
mod operation;
mod page;
mod said;
mod schema;

use std::sync::OnceLock;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use kernel::failure::{Failure, Reason};
use kernel::language::Language;
use prost_reflect::DescriptorPool;
use serde_json::{Map, Value, json};

use super::error::{self, STATUS};
use super::routes::Routes;
use said::Said;
use schema::{Schemas, component, reference};

const ABOUT: &str = "Targeted poverty alleviation as services: households and persons, what they are given, and every \
    published figure down to its rows.\n\nRequests and answers are canonical proto3 JSON: names in camelCase (those of the \
    contract are read as well), 64-bit integers as text, enumerations by name, absent values left out. Money is in fen; \
    days are `YYYY-MM-DD`. A field that is not known is refused with its path. Refusals are `google.rpc.Status`, their \
    details with a reason, each wrong field, and a text in the caller's language.";

/// Details that refusals carry.
const DETAILS: [&str; 4] = ["ErrorInfo", "BadRequest", "LocalizedMessage", "RetryInfo"];

/// Serves the document, and its page.
pub(crate) fn router() -> Router {
    Router::new()
        .route(
            "/openapi.json",
            get(async |headers: HeaderMap| served("application/json", |made| &made.json, &headers)),
        )
        .route(
            "/docs",
            get(async |headers: HeaderMap| served("text/html; charset=utf-8", |made| &made.page, &headers)),
        )
}

/// The document and its page, made once: the contract of a process does not change.
struct Made {
    json: Bytes,
    page: Bytes,
}

fn served(kind: &'static str, which: fn(&Made) -> &Bytes, headers: &HeaderMap) -> Response {
    static MADE: OnceLock<Made> = OnceLock::new();
    if MADE.get().is_none() {
        match made() {
            // Somebody else may have made it meanwhile: it is the same.
            Ok(made) => drop(MADE.set(made)),
            Err(failure) => return error::of(&failure, headers),
        }
    }
    let body = MADE.get().map(|made| which(made).clone()).unwrap_or_default();
    ([(CONTENT_TYPE, kind)], body).into_response()
}

/// What is at paths that are no RPC's.
fn beside_rpcs() -> Vec<Value> {
    super::DESCRIBED.iter().map(|paths| paths()).collect()
}

fn made() -> Result<Made, Failure> {
    let pool = crate::json::pool()?;
    let document = document(pool, &Routes::of(pool)?, &beside_rpcs());
    Ok(Made { json: document.to_string().into(), page: page::of(&document).into_string().into() })
}

/// The document. `further` are paths that are no RPC's, each a `paths` object.
pub(crate) fn document(pool: &DescriptorPool, routes: &Routes, further: &[Value]) -> Value {
    let said = Said::of(pool);
    let mut schemas = Schemas::new(&said);
    let mut paths = Map::new();
    let mut services = Vec::new();
    for route in routes.all() {
        let operation = operation::of(route, routes, &said, &mut schemas);
        let item = paths.entry(operation::path(route).0).or_insert_with(|| json!({}));
        item[route.method.as_str().to_lowercase()] = operation;
        if !services.contains(&route.rpc.parent_service()) {
            services.push(route.rpc.parent_service());
        }
    }
    let mut tags: Vec<Value> = services
        .iter()
        .map(|service| {
            let comment = said.comment(&service.parent_file(), service.path());
            json!({"name": service.name(), "description": comment, "x-service": service.full_name()})
        })
        .collect();
    for (path, item) in further.iter().filter_map(Value::as_object).flatten() {
        beside::write_referred(item, pool, &mut schemas);
        let named = item
            .as_object()
            .into_iter()
            .flat_map(Map::values)
            .filter_map(|operation| operation["tags"].as_array());
        for name in named.flatten() {
            if !tags.iter().any(|tag| tag["name"] == *name) {
                tags.push(json!({"name": name, "description": "Beside the RPCs."}));
            }
        }
        paths.insert(path.clone(), item.clone());
    }
    tags.sort_by_cached_key(|tag| tag["name"].as_str().map(str::to_lowercase));
    let mut components = json!({
        "parameters": parameters(),
        "responses": refusals(pool, &mut schemas),
        "securitySchemes": {"bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "`xiuhua token issue` makes one. It names the role and the divisions of its bearer.",
        }},
    });
    let mut written = schemas.into_components();
    known_reasons(&mut written, &said, pool);
    components["schemas"] = written;
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "xiuhua 绣花", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "servers": [{"url": "/", "description": "This gateway."}],
        "security": [{"bearer": []}],
        "tags": tags,
        "paths": paths,
        "components": components,
    })
}

/// Headers that every operation takes.
fn parameters() -> Value {
    let languages: Vec<&str> = Language::ALL.iter().map(|language| language.as_str()).collect();
    json!({
        "AcceptLanguage": {
            "name": "accept-language", "in": "header",
            "description": "Language of messages.", "schema": {"type": "string", "examples": languages},
        },
        "RequestId": {
            "name": "x-request-id", "in": "header",
            "description": "Identifier of the request, given back with the answer: up to 64 letters, digits, `-`, `_`, \
                `.`. In place of any other a new one is given.",
            "schema": {"type": "string", "examples": ["a-1"]},
        },
    })
}

/// The refusals, each a `google.rpc.Status`.
fn refusals(pool: &DescriptorPool, schemas: &mut Schemas<'_>) -> Value {
    if let Some(status) = pool.get_message_by_name(STATUS) {
        schemas.message(&status);
    }
    for name in DETAILS {
        if let Some(detail) = pool.get_message_by_name(&format!("google.rpc.{name}")) {
            schemas.message(&detail);
        }
    }
    let example = json!({
        "code": 3, "message": "This field is required",
        "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": Reason::FieldRequired.as_str(),
                "domain": runtime::status::DOMAIN, "metadata": {"field": "household.household_no"}},
            {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [
                {"field": "household.household_no", "description": "This field is required",
                    "reason": Reason::FieldRequired.as_str()}]},
        ],
    });
    let refusal = |description: &str| {
        json!({"description": description, "content": {"application/json": {
            "schema": reference(&component(STATUS)), "examples": {"refusal": {"value": example}},
        }}})
    };
    let named = operation::REFUSALS.iter().map(|(_, name, description)| (*name, refusal(description)));
    let other = ("Other", refusal("Any other refusal."));
    named.chain([other]).map(|(name, refusal)| (name.to_owned(), refusal)).collect::<Map<_, _>>().into()
}

/// What stands in a refusal, as far as the suite itself makes it: the reasons, and the types of the details.
fn known_reasons(schemas: &mut Value, said: &Said<'_>, pool: &DescriptorPool) {
    let reasons = pool.get_enum_by_name("xiuhua.common.v1.ErrorReason");
    let each: Vec<Value> = reasons
        .iter()
        .flat_map(|reasons| reasons.values().map(|value| (reasons.parent_file(), value)).collect::<Vec<_>>())
        .filter(|(_, value)| value.number() != 0)
        .map(|(file, value)| {
            let name = value.name().trim_start_matches("ERROR_REASON_");
            json!({"const": name, "description": said.comment(&file, value.path())})
        })
        .collect();
    let details = DETAILS.map(|name| reference(&format!("google.rpc.{name}")));
    schemas["Reason"] = json!({"type": "string", "description": "Why something was refused.", "oneOf": each});
    if let Some(reason) = schemas.pointer_mut("/google.rpc.ErrorInfo/properties/reason") {
        *reason = reference("Reason");
    }
    if let Some(items) = schemas.pointer_mut("/google.rpc.Status/properties/details/items") {
        *items = json!({"anyOf": details});
    }
}

#[cfg(test)]
mod tests;
