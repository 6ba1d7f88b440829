use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn made() -> Value {
    let pool = crate::json::pool().unwrap();
    document(pool, &Routes::of(pool).unwrap(), &beside_rpcs())
}

fn operations(document: &Value) -> Vec<(&String, &String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(verb, found)| (path, verb, found))
        })
        .collect()
}

/// Every object of a value, however deep.
fn objects<'a>(value: &'a Value, found: &mut Vec<&'a Map<String, Value>>) {
    match value {
        Value::Object(members) => {
            found.push(members);
            members.values().for_each(|inner| objects(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| objects(inner, found)),
        _ => {}
    }
}

#[test]
fn every_rpc_with_a_path_has_exactly_its_operations() {
    let pool = crate::json::pool().unwrap();
    let routes = Routes::of(pool).unwrap();
    let document = document(pool, &routes, &[]);
    let operations = operations(&document);
    assert_eq!(operations.len(), routes.all().len());
    let by_id: BTreeMap<&str, &Value> =
        operations.iter().map(|(_, _, found)| (found["operationId"].as_str().unwrap(), *found)).collect();
    assert_eq!(by_id.len(), operations.len(), "an identifier stands twice");
    for route in routes.all() {
        let found = by_id[operation::id(route, &routes).as_str()];
        let access = Said::of(pool).access(&route.rpc);
        assert_eq!(found["x-permission"].as_str().unwrap_or_default(), access.permission);
        assert!(!found["summary"].as_str().unwrap().is_empty(), "{}", route.rpc.full_name());
    }
    assert!(operations.len() > 200, "{}", operations.len());
}

#[test]
fn what_is_no_rpc_stands_there_as_well() {
    let document = made();
    let ids: BTreeSet<&str> = operations(&document)
        .iter()
        .map(|(_, _, operation)| operation["operationId"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), operations(&document).len(), "an identifier stands twice");
    for (path, kind) in [
        ("/v1/events", "application/cloudevents-batch+json"),
        ("/v1/reports/{template}/file", "text/csv"),
        ("/sdmx/data/{flow}/{key}", "application/vnd.sdmx.data+json;version=2.0.0"),
        ("/sdmx/dataflow", "application/vnd.sdmx.structure+json;version=2.0.0"),
    ] {
        let operation = &document["paths"][path]["get"];
        assert!(operation["responses"]["200"]["content"][kind].is_object(), "{path}");
        assert_eq!(operation["responses"]["401"]["$ref"], "#/components/responses/WhoCalls");
        let rpc = operation["description"].as_str().unwrap().rsplit('`').nth(1).unwrap();
        let (service, method) = rpc.split_once('/').unwrap();
        let service = crate::json::pool().unwrap().get_service_by_name(service).unwrap();
        assert!(service.methods().any(|rpc| rpc.name() == method), "{rpc}");
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_schema_is_referred_to() {
    let document = made();
    let mut found = Vec::new();
    objects(&document, &mut found);
    let references: BTreeSet<&str> =
        found.iter().filter_map(|members| members.get("$ref")?.as_str()).collect();
    for reference in &references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some_and(|target| !target.is_null()), "{reference}");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(references.contains(format!("#/components/schemas/{name}").as_str()), "{name}");
    }
}

#[test]
fn every_variable_of_a_path_is_a_parameter_and_no_parameter_stands_twice() {
    let document = made();
    for (path, _, operation) in operations(&document) {
        let parameters = operation["parameters"].as_array().unwrap();
        let named = |place: &str| -> Vec<&str> {
            let there = parameters.iter().filter(|parameter| parameter["in"] == place);
            there.map(|parameter| parameter["name"].as_str().unwrap()).collect()
        };
        let variables: Vec<&str> =
            path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
        assert_eq!(named("path"), variables, "{path}");
        let query: BTreeSet<&str> = named("query").into_iter().collect();
        assert_eq!(query.len(), named("query").len(), "{path}");
    }
}

#[test]
fn every_value_of_an_enumeration_and_every_field_is_described() {
    let document = made();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let ours = schemas.iter().filter(|(name, _)| !name.starts_with("google."));
    for (name, schema) in ours {
        for value in schema["oneOf"].as_array().into_iter().flatten() {
            assert!(value["description"].as_str().is_some_and(|text| !text.is_empty()), "{name} {value}");
        }
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            assert!(property["description"].as_str().is_some_and(|text| !text.is_empty()), "{name}.{field}");
        }
    }
}

#[test]
fn what_forms_say_stands_there_as_well() {
    let document = made();
    let visit = &document["components"]["schemas"]["partneraid.v1.ExchangeVisit"];
    assert_eq!(visit["title"], "互访");
    let starts = &visit["properties"]["startsOn"];
    assert_eq!((&starts["title"], &starts["format"]), (&json!("开始日期"), &json!("date")));
    assert_eq!(starts["x-labels"]["ko"], "시작일자");
    let create = document["paths"]["/v1/exchangeVisits"]["post"].clone();
    let required = create
        .pointer("/requestBody/content/application~1json/schema/allOf/1/properties/exchangeVisit/required");
    assert_eq!(required.unwrap(), &json!(["direction", "startsOn", "level"]));
    let direction = &document["components"]["schemas"]["partneraid.v1.VisitDirection"];
    assert_eq!(direction["oneOf"][1]["x-labels"]["en"], "to the partner city");
    let person = &document["components"]["schemas"]["registry.v1.Person"]["properties"]["idNumber"];
    assert_eq!(person["x-sensitive"], "SENSITIVITY_ENCRYPTED");
}

/// The page has a place for whatever it leads to, names every operation, and asks nobody else for anything.
#[test]
fn the_page_is_whole_and_alone() {
    let document = made();
    let page = page::of(&document).into_string();
    for (path, _, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(page.contains(&format!("id=\"{id}\"")) && page.contains(path.as_str()), "{id}");
    }
    let places: BTreeSet<&str> =
        page.split("id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    for link in page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(link == "/openapi.json" || places.contains(link.trim_start_matches('#')), "{link}");
    }
    for elsewhere in ["<script", "<link", "src=", "@import", "url("] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
}
