//! Names as prost and tonic write them.

use heck::{ToSnakeCase, ToUpperCamelCase};
use prost_reflect::MessageDescriptor;

const RAW: [&str; 47] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try",
    "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// An identifier that is no keyword.
pub(crate) fn identifier(name: &str) -> String {
    match name {
        "self" | "Self" | "super" | "extern" | "crate" => format!("{name}_"),
        _ if RAW.contains(&name) => format!("r#{name}"),
        _ => name.to_owned(),
    }
}

/// A field, method or module.
pub(crate) fn field_name(name: &str) -> String {
    identifier(&name.to_snake_case())
}

/// The module that holds a message's type: `::proto::xiuhua::registry::v1`.
pub(crate) fn module_path(message: &MessageDescriptor) -> String {
    match message.parent_message() {
        Some(parent) => format!("{}::{}", module_path(&parent), field_name(parent.name())),
        None => package_path(message.package_name()),
    }
}

/// The module of a package.
pub(crate) fn package_path(package: &str) -> String {
    if package == "google.protobuf" {
        return "::prost_types".to_owned();
    }
    let parts: Vec<String> = package.split('.').map(field_name).collect();
    format!("::proto::{}", parts.join("::"))
}

/// A message's type.
pub(crate) fn type_path(message: &MessageDescriptor) -> String {
    if message.full_name() == "google.protobuf.Empty" {
        return "()".to_owned();
    }
    format!("{}::{}", module_path(message), identifier(&message.name().to_upper_camel_case()))
}

/// The module that tonic writes for a service's server.
pub(crate) fn server_module(service: &str) -> String {
    let mut name = String::new();
    for (index, letter) in service.chars().enumerate() {
        if index > 0 && letter.is_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    format!("{name}_server")
}
