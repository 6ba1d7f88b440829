//! The conversions between a typed message and its leaves.

use std::fmt::Write;

use super::{line, spec_name};
use crate::contract::{Child, Last, Leaf, Resource, Sheet, Step};
use crate::names::{identifier, type_path};

/// `impl Resource` for the resource's marker.
pub(super) fn resource(out: &mut String, resource: &Resource) {
    let marker = identifier(&resource.plural());
    line!(out, "\n/// {}: the local name of {}.", resource.label.zh, resource.descriptor.full_name());
    line!(out, "pub struct {marker};");
    line!(out, "\nimpl Resource for {marker} {{");
    line!(out, "    type Record = {};", type_path(&resource.descriptor));
    line!(out, "    const SPEC: &'static Spec = &{};", spec_name(&resource.name));
    leaves(out, "record", "Record", &resource.leaves);
    child_counts(out, &resource.children);
    child_leaves(out, &resource.children);
    child_elements(out, &resource.children);
    head(out, resource);
    line!(out, "}}");
}

/// `impl SheetRow` for the sheet's marker.
pub(super) fn sheet(out: &mut String, sheet: &Sheet) {
    line!(out, "\n/// {}: the local name of {}.", sheet.label.zh, sheet.descriptor.full_name());
    line!(out, "pub struct {};", sheet.name);
    line!(out, "\nimpl SheetRow for {} {{", sheet.name);
    line!(out, "    type Row = {};", type_path(&sheet.descriptor));
    line!(out, "    const SPEC: &'static SheetSpec = &{};", spec_name(&sheet.name));
    leaves(out, "row", "Row", &sheet.leaves);
    line!(out, "}}");
}

fn leaves(out: &mut String, variable: &str, message: &str, leaves: &[Leaf]) {
    let unused = if leaves.is_empty() { "_" } else { "" };
    line!(out, "    fn get({unused}{variable}: &Self::{message}, leaf: usize) -> Value {{");
    line!(out, "        match leaf {{");
    for (index, leaf) in leaves.iter().enumerate() {
        line!(out, "            {index} => {},", read(variable, None, leaf));
    }
    line!(out, "            _ => Value::Null,");
    line!(out, "        }}\n    }}");
    let value = if leaves.is_empty() { "_value" } else { "value" };
    line!(out, "    fn set({unused}{variable}: &mut Self::{message}, leaf: usize, {value}: Value) {{");
    line!(out, "        match leaf {{");
    for (index, leaf) in leaves.iter().enumerate() {
        line!(out, "            {index} => {}", write(variable, &leaf.steps, &leaf.last));
    }
    line!(out, "            _ => {{}}");
    line!(out, "        }}\n    }}");
}

fn child_counts(out: &mut String, children: &[Child]) {
    let unused = if children.is_empty() { "_" } else { "" };
    line!(out, "    fn child_count({unused}record: &Self::Record, child: usize) -> usize {{");
    line!(out, "        match child {{");
    for (index, child) in children.iter().enumerate() {
        let count = match chain("record", &child.steps) {
            None => format!("record.{}.len()", child.field),
            Some(message) => format!("{message}.map_or(0, |m| m.{}.len())", child.field),
        };
        line!(out, "            {index} => {count},");
    }
    line!(out, "            _ => 0,");
    line!(out, "        }}\n    }}");
}

fn child_leaves(out: &mut String, children: &[Child]) {
    let unused = if children.is_empty() { "_" } else { "" };
    line!(
        out,
        "    fn child_get({unused}record: &Self::Record, child: usize, {unused}element: usize, leaf: usize) -> Value {{"
    );
    line!(out, "        match (child, leaf) {{");
    for (index, child) in children.iter().enumerate() {
        let element = match chain("record", &child.steps) {
            None => format!("record.{}.get(element)", child.field),
            Some(message) => format!("{message}.and_then(|m| m.{}.get(element))", child.field),
        };
        for (position, leaf) in child.leaves.iter().enumerate() {
            line!(out, "            ({index}, {position}) => {},", read("record", Some(&element), leaf));
        }
    }
    line!(out, "            _ => Value::Null,");
    line!(out, "        }}\n    }}");
    line!(
        out,
        "    fn child_set({unused}record: &mut Self::Record, child: usize, {unused}element: usize, leaf: usize, \
         {unused}value: Value) {{"
    );
    line!(out, "        match (child, leaf) {{");
    for (index, child) in children.iter().enumerate() {
        for (position, leaf) in child.leaves.iter().enumerate() {
            let body = write("e", &leaf.steps, &leaf.last);
            let (list, close) = existing("record", &child.steps);
            line!(
                out,
                "            ({index}, {position}) => {{ {}if let Some(e) = {}.{}.get_mut(element) {{ {} }}{close} }}",
                list.0,
                list.1,
                child.field,
                body.trim_end_matches(',')
            );
        }
    }
    line!(out, "            _ => {{}}");
    line!(out, "        }}\n    }}");
}

fn child_elements(out: &mut String, children: &[Child]) {
    let unused = if children.is_empty() { "_" } else { "" };
    line!(out, "    fn child_push({unused}record: &mut Self::Record, child: usize) {{");
    line!(out, "        match child {{");
    for (index, child) in children.iter().enumerate() {
        let push = |message: &str| format!("{message}.{}.push(Default::default())", child.field);
        line!(out, "            {index} => {},", within("record", &child.steps, "Value::Integer(0)", &push));
    }
    line!(out, "            _ => {{}}");
    line!(out, "        }}\n    }}");
    line!(
        out,
        "    fn child_truncate({unused}record: &mut Self::Record, child: usize, {unused}count: usize) {{"
    );
    line!(out, "        match child {{");
    for (index, child) in children.iter().enumerate() {
        let (list, close) = existing("record", &child.steps);
        line!(
            out,
            "            {index} => {{ {}{}.{}.truncate(count);{close} }}",
            list.0,
            list.1,
            child.field
        );
    }
    line!(out, "            _ => {{}}");
    line!(out, "        }}\n    }}");
}

fn head(out: &mut String, resource: &Resource) {
    let meta = "::proto::xiuhua::common::v1::RecordMeta";
    let state = if resource.state.is_some() { "state" } else { "_state" };
    line!(out, "    fn name(record: &Self::Record) -> &str {{\n        &record.name\n    }}");
    line!(
        out,
        "    fn set_head(record: &mut Self::Record, name: String, meta: {meta}, etag: String, {state}: i32) {{"
    );
    line!(out, "        record.name = name;\n        record.meta = Some(meta);\n        record.etag = etag;");
    if resource.state.is_some() {
        line!(out, "        record.state = state;");
    }
    line!(out, "    }}");
    line!(
        out,
        "    fn meta(record: &Self::Record) -> Option<&{meta}> {{\n        record.meta.as_ref()\n    }}"
    );
    line!(
        out,
        "    fn meta_mut(record: &mut Self::Record) -> &mut {meta} {{\n        record.meta.get_or_insert_default()\n    }}"
    );
    line!(out, "    fn etag(record: &Self::Record) -> &str {{\n        &record.etag\n    }}");
}

/// One step as an `Option` of a reference.
fn step(from: &str, step: &Step) -> String {
    match step {
        Step::Message { field } => format!("{from}.{field}.as_ref()"),
        Step::Oneof { field, variant } => {
            format!("(match &{from}.{field} {{ Some({variant}(m)) => Some(m), _ => None }})")
        }
    }
}

/// All steps as an `Option` of a reference; none where there are no steps.
fn chain(variable: &str, steps: &[Step]) -> Option<String> {
    let (first, rest) = steps.split_first()?;
    let mut text = step(variable, first);
    for next in rest {
        let _ = write!(text, ".and_then(|m| {})", step("m", next));
    }
    Some(text)
}

/// An expression of a leaf's value; `element` is an `Option` of the message that the leaf's steps start from.
fn read(variable: &str, element: Option<&str>, leaf: &Leaf) -> String {
    let message = match element {
        None => chain(variable, &leaf.steps),
        Some(element) => {
            let mut text = element.to_owned();
            for next in &leaf.steps {
                let _ = write!(text, ".and_then(|m| {})", step("m", next));
            }
            Some(text)
        }
    };
    match message {
        None => last(variable, &leaf.last),
        Some(message) => format!("{message}.map_or(Value::Null, |m| {})", last("m", &leaf.last)),
    }
}

fn last(from: &str, last: &Last) -> String {
    match last {
        Last::Field { field } => format!("Scalar::read(&{from}.{field})"),
        Last::Oneof { field, variant, rust } => {
            let value = if *rust == "String" { "v.clone()" } else { "*v" };
            format!(
                "Scalar::read(&match &{from}.{field} {{ Some({variant}(v)) => Some({value}), _ => None }})"
            )
        }
    }
}

/// A match arm's body that writes `value` into a leaf.
fn write(variable: &str, steps: &[Step], last: &Last) -> String {
    let set = |message: &str| match last {
        Last::Field { field } => format!("Scalar::write(&mut {message}.{field}, value)"),
        Last::Oneof { field, variant, rust } => format!(
            "{{ let mut v: Option<{rust}> = None; Scalar::write(&mut v, value); \
             if v.is_some() || matches!({message}.{field}, Some({variant}(_))) {{ \
             {message}.{field} = v.map({variant}); }} }}"
        ),
    };
    format!("{},", within(variable, steps, "value", &set))
}

/// Code that goes down the steps, makes what is absent (where the value is not null), and does something there.
fn within(variable: &str, steps: &[Step], value: &str, inside: &dyn Fn(&str) -> String) -> String {
    let mut text = String::new();
    let mut close = String::new();
    let mut from = variable.to_owned();
    for (index, next) in steps.iter().enumerate() {
        let to = format!("m{index}");
        match next {
            Step::Message { field } => {
                let _ = write!(text, "{{ if let Some({to}) = below(&mut {from}.{field}, &{value}) {{ ");
            }
            Step::Oneof { field, variant } => {
                let _ = write!(
                    text,
                    "{{ if !{value}.is_null() && !matches!({from}.{field}, Some({variant}(_))) {{ \
                     {from}.{field} = Some({variant}(Default::default())); }}\n                \
                     if let Some({variant}({to})) = &mut {from}.{field} {{ "
                );
            }
        }
        close.push_str(" } }");
        from = to;
    }
    format!("{text}{}{close}", inside(&from))
}

/// Code that goes down the steps where they exist: the opening, the last message, and the closing.
fn existing(variable: &str, steps: &[Step]) -> ((String, String), String) {
    let mut text = String::new();
    let mut from = variable.to_owned();
    for (index, next) in steps.iter().enumerate() {
        let to = format!("m{index}");
        let _ = match next {
            Step::Message { field } => write!(text, "if let Some({to}) = &mut {from}.{field} {{ "),
            Step::Oneof { field, variant } => {
                write!(text, "if let Some({variant}({to})) = &mut {from}.{field} {{ ")
            }
        };
        from = to;
    }
    ((text, from), " }".repeat(steps.len()))
}
