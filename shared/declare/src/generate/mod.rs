//! Writes the Rust source of a service's resources: tables, conversions, forwarders. What is written is dumb: one
//! table, one `match` for reading and one for writing, one line an RPC.

mod access;
mod columns;
mod forwarders;
mod tables;

use std::collections::HashMap;
use std::fmt::Write;

use heck::{ToShoutySnakeCase, ToSnakeCase};

use crate::contract::{Contract, Resource, Sheet};
use crate::problem::{Errors, Place, Problems};

/// Appends a formatted line.
macro_rules! line {
    ($out:expr, $($text:tt)*) => {{
        // Writing to a String cannot fail.
        let _ = writeln!($out, $($text)*);
    }};
}
pub(crate) use line;

const BEGINNING: &str = r#"// Written by `declare` from the contract; not edited by hand.
mod written {
#![allow(dead_code, unused_imports, unreachable_pub, reason = "what a service does not use is written too")]
#![allow(unused_braces, unused_parens, reason = "one form for every field")]
#![allow(clippy::collapsible_if, clippy::match_single_binding, clippy::single_match, reason = "one form for every field")]
use ::kernel::language::Label;
use ::record::spec::{
    Child, EnumWord, FormTable, FormUnit, Format, Key, Kind, Leaf, Pivot, PlaceColumns, Sensitivity, Shape, SheetSpec,
    Spec, StateDay, Transition,
};
use ::record::value::{Scalar, Value};
use ::record::{AnyRecord, Rec, Resource, SheetRow};
use ::tonic::{Request, Response, Status};

/// The message below a field; made only where there is something to write.
fn below<'m, M: Default>(message: &'m mut Option<M>, value: &Value) -> Option<&'m mut M> {
    if value.is_null() { message.as_mut() } else { Some(message.get_or_insert_default()) }
}

/// The record without its type.
fn erased<R: Resource>(record: R::Record) -> Box<dyn AnyRecord> {
    Box::new(Rec::<R>(record))
}

/// The records with their type.
fn typed_all<R: Resource>(records: Vec<Box<dyn AnyRecord>>) -> Vec<R::Record> {
    records.into_iter().filter_map(::record::into_typed::<R>).collect()
}
"#;

/// One Rust source with the resources and sheets of these packages, to be included in a module of the service.
///
/// # Errors
/// A package without resources and sheets, or two that would be written under one name.
pub fn generate(contract: &Contract, packages: &[&str]) -> Result<String, Errors> {
    let resources: Vec<&Resource> =
        contract.resources.iter().filter(|resource| packages.contains(&resource.package.as_str())).collect();
    let sheets: Vec<&Sheet> =
        contract.sheets.iter().filter(|sheet| packages.contains(&sheet.package.as_str())).collect();
    for package in packages {
        let any = resources.iter().any(|resource| resource.package == *package)
            || sheets.iter().any(|sheet| sheet.package == *package);
        if !any {
            return Err(Errors::general(format!("package {package} has no resource and no sheet")));
        }
    }
    one_name_each(&resources, &sheets)?;
    let mut out = String::from(BEGINNING);
    tables::words(&mut out, contract, &resources, &sheets);
    for resource in resources {
        line!(out, "\n// {}: {}", resource.descriptor.full_name(), resource.label.zh);
        tables::spec(&mut out, resource);
        access::resource(&mut out, resource);
        columns::resource(&mut out, resource);
        forwarders::resource(&mut out, resource);
    }
    for sheet in sheets {
        line!(out, "\n// {}: {}", sheet.descriptor.full_name(), sheet.label.zh);
        tables::sheet(&mut out, sheet);
        access::sheet(&mut out, sheet);
        columns::sheet(&mut out, sheet);
    }
    out.push_str("}\npub use written::*;\n");
    Ok(out)
}

fn one_name_each(resources: &[&Resource], sheets: &[&Sheet]) -> Result<(), Errors> {
    let mut problems = Problems::default();
    let mut seen: HashMap<String, String> = HashMap::new();
    let mut names = Vec::new();
    for resource in resources {
        let place = Place::from(&resource.descriptor);
        for name in [resource.plural(), format!("{}Api", resource.name), module(&resource.name)] {
            names.push((name, place.clone(), resource.descriptor.full_name()));
        }
    }
    for sheet in sheets {
        let place = Place::from(&sheet.descriptor);
        for name in [sheet.name.clone(), module(&sheet.name)] {
            names.push((name, place.clone(), sheet.descriptor.full_name()));
        }
    }
    for (name, place, full_name) in names {
        if let Some(other) = seen.insert(name.clone(), full_name.to_owned()) {
            problems.at(place, format!("would be written as `{name}`, as would {other}"));
        }
    }
    if problems.0.is_empty() { Ok(()) } else { Err(Errors(problems.0)) }
}

/// Name of the static that holds a resource's or sheet's table.
fn spec_name(name: &str) -> String {
    format!("{}_SPEC", name.to_shouty_snake_case())
}

/// Name of the module that holds the names of columns.
fn module(name: &str) -> String {
    crate::names::identifier(&name.to_snake_case())
}
