//! The document as a page for people: one HTML file that asks nobody else for anything.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Map, Value};

const STYLE: &str = include_str!("page.css");

/// The page of a document.
pub(super) fn of(document: &Value) -> Markup {
    let info = &document["info"];
    let tags: Vec<&Value> = document["tags"].as_array().into_iter().flatten().collect();
    let operations = operations(document);
    html! {
        (DOCTYPE)
        html lang="zh" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (text(info, "title")) " " (text(info, "version")) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                nav {
                    @for tag in &tags { a href={ "#" (text(tag, "name")) } { (text(tag, "name")) } }
                    a href="#types" { "Types" }
                }
                main {
                    h1 { (text(info, "title")) }
                    (paragraphs(text(info, "description")))
                    p { "OpenAPI 3.1: " a href="/openapi.json" { "/openapi.json" } ". Token: "
                        code { "export TOKEN=$(xiuhua token issue …)" } }
                    @for tag in &tags {
                        section id=(text(tag, "name")) {
                            h2 { (text(tag, "name")) }
                            (paragraphs(text(tag, "description")))
                            @for found in operations.iter().filter(|found| found.tag() == text(tag, "name")) {
                                (operation(document, found))
                            }
                        }
                    }
                    section id="types" {
                        h2 { "Types" }
                        @for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
                            (type_of(name, schema))
                        }
                    }
                }
            }
        }
    }
}

/// One operation of the document.
struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    said: &'a Value,
}

impl Operation<'_> {
    fn tag(&self) -> &str {
        self.said["tags"][0].as_str().unwrap_or_default()
    }

    /// A line for a terminal.
    fn curl(&self) -> String {
        let mut line = format!("curl -H \"authorization: Bearer $TOKEN\" \"$GATEWAY{}\"", self.path);
        if self.method != "GET" {
            line += &format!(" -X {}", self.method);
        }
        let taken = self.said.pointer("/requestBody/content").and_then(Value::as_object);
        match taken.and_then(|taken| taken.keys().next()).map(String::as_str) {
            Some(kind @ "application/json") => line += &format!(" -H 'content-type: {kind}' -d '{{…}}'"),
            Some(kind) => line += &format!(" -H 'content-type: {kind}' --data-binary @FILE"),
            None => {}
        }
        line
    }
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let each = paths.flat_map(|(path, item)| {
        item.as_object().into_iter().flatten().map(move |(verb, said)| (path, verb, said))
    });
    each.map(|(path, verb, said)| {
        let method = match verb.as_str() {
            "get" => "GET",
            "put" => "PUT",
            "post" => "POST",
            "patch" => "PATCH",
            "delete" => "DELETE",
            other => other,
        };
        Operation { method, path, said }
    })
    .collect()
}

fn operation(document: &Value, found: &Operation<'_>) -> Markup {
    let said = found.said;
    let parameters = said["parameters"].as_array().into_iter().flatten();
    // Those that every operation takes are told once, in the document.
    let parameters: Vec<&Value> = parameters.filter(|parameter| parameter["$ref"].is_null()).collect();
    let body = said.pointer("/requestBody/content").and_then(Value::as_object);
    let answer = said.pointer("/responses/200/content").and_then(Value::as_object);
    html! {
        details id=(text(said, "operationId")) {
            summary {
                span class={ "method " (found.method) } { (found.method) } " " code { (found.path) } " "
                span class="what" { (text(said, "summary")) }
            }
            (paragraphs(text(said, "description")))
            @if let Some(permission) = said["x-permission"].as_str() {
                p { "Permission: " code { (permission) } }
            }
            pre { (found.curl()) }
            @if !parameters.is_empty() {
                table {
                    @for parameter in parameters {
                        tr {
                            td { code { (text(parameter, "name")) } }
                            td { (text(parameter, "in")) }
                            td { (kind(&parameter["schema"])) }
                            td { (words(&parameter["schema"])) (text(parameter, "description")) }
                        }
                    }
                }
            }
            @if let Some(body) = body { p { "Body: " (content(document, body)) } }
            @if let Some(answer) = answer { p { "Answer: " (content(document, answer)) } }
        }
    }
}

fn content(document: &Value, content: &Map<String, Value>) -> Markup {
    html! {
        @for (media, said) in content {
            code { (media) } " " (kind(&said["schema"]))
            @if let Some(fields) = resolved(document, &said["schema"])["properties"].as_object() { (fields_of(fields)) }
        }
    }
}

/// The schema behind a reference, also one with something added.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    let target = reference.and_then(|reference| document.pointer(reference.strip_prefix('#')?));
    target.unwrap_or(schema)
}

fn type_of(name: &str, schema: &Value) -> Markup {
    html! {
        details id={ "type-" (name) } {
            summary { code { (name) } " " span class="what" { (text(schema, "title")) } }
            (paragraphs(text(schema, "description")))
            @if let Some(fields) = schema["properties"].as_object() { (fields_of(fields)) }
            @if let Some(values) = schema["oneOf"].as_array() {
                table {
                    @for value in values {
                        tr { td { code { (text(value, "const")) } } td { (words(value)) (text(value, "description")) } }
                    }
                }
            }
        }
    }
}

fn fields_of(fields: &Map<String, Value>) -> Markup {
    html! {
        table {
            @for (name, field) in fields {
                tr {
                    td { code { (name) } }
                    td { (kind(field)) }
                    td { (words(field)) (text(field, "description")) }
                }
            }
        }
    }
}

/// The words of the form.
fn words(schema: &Value) -> Markup {
    html! { @if let Some(title) = schema["title"].as_str() { b { (title) } " " } }
}

/// What a value is: a link for what has a place of its own.
fn kind(schema: &Value) -> Markup {
    let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    let name = reference.map(|reference| reference.trim_start_matches("#/components/schemas/"));
    html! {
        @match (name, schema["type"].as_str(), schema["format"].as_str()) {
            (Some(name), _, _) => a href={ "#type-" (name) } { (name) },
            (None, Some("array"), _) => { (kind(&schema["items"])) "[]" },
            (None, Some(named), Some(format)) => { (named) " (" (format) ")" },
            (None, Some(named), None) => (named),
            (None, None, _) => {},
        }
    }
}

fn paragraphs(text: &str) -> Markup {
    html! { @for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.is_empty()) { p { (paragraph) } } }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}
