//! Writes the first version of a resource's proto: its own part with a place for fields, its standard part whole.

use std::fmt::Write;
use std::path::PathBuf;

use heck::{ToLowerCamelCase, ToShoutySnakeCase, ToSnakeCase, ToUpperCamelCase};

use crate::contract::{Shape, capitalised};
use crate::options::Label;
use crate::problem::Errors;
use crate::standard::{Field, Noun, Rpc, rpcs};

/// What a new resource is.
#[derive(Debug, Clone)]
pub struct Scaffold {
    /// Package: `xiuhua.partneraid.v1`.
    pub package: String,
    /// Name of the message: `ConsumptionAid`.
    pub resource: String,
    /// Shape.
    pub shape: Shape,
    /// Collection; the name with an s where none is given.
    pub collection: Option<String>,
    /// What it is called; empty parts are left to be filled in.
    pub label: Label,
    /// What stands before the dot of its permissions: `partner_aid`.
    pub permission: String,
}

impl Scaffold {
    /// The collection in names and paths.
    pub fn collection(&self) -> String {
        let plural = || format!("{}s", self.resource.to_lower_camel_case());
        self.collection.clone().unwrap_or_else(plural)
    }
    /// The plural in type and RPC names.
    pub fn plural(&self) -> String {
        capitalised(&self.collection())
    }
}

/// The path below the folder of the contract, and the text.
///
/// # Errors
/// A package or a name that is not of the suite's form.
pub fn scaffold(new: &Scaffold) -> Result<(PathBuf, String), Errors> {
    let parts: Vec<&str> = new.package.split('.').collect();
    if parts.len() < 3 || parts[0] != "xiuhua" || parts[parts.len() - 1] != "v1" {
        return Err(Errors::general(format!("`{}` is no package xiuhua.….v1", new.package)));
    }
    if new.resource.is_empty() || new.resource.to_upper_camel_case() != new.resource {
        return Err(Errors::general(format!("`{}` is no UpperCamelCase name", new.resource)));
    }
    let collection = new.collection();
    if collection.is_empty() || collection.to_lower_camel_case() != collection {
        return Err(Errors::general(format!("`{collection}` is no lowerCamelCase collection")));
    }
    let state = match new.shape {
        Shape::Case => Some("xiuhua.common.v1.CaseState"),
        Shape::Work => Some("xiuhua.common.v1.WorkState"),
        Shape::Grant => Some("xiuhua.common.v1.GrantState"),
        _ => None,
    };
    let noun = Noun {
        name: &new.resource,
        message: format!("{}.{}", new.package, new.resource),
        collection: &collection,
        shape: new.shape,
        state: state.map(str::to_owned),
        derived: false,
    };
    let mut text = beginning(new, &collection);
    own_part(&mut text, new, &collection, state);
    let rpcs = rpcs(&noun);
    service(&mut text, new, &rpcs);
    for rpc in &rpcs {
        message(&mut text, new, &rpc.name, "Request", &rpc.request);
        message(&mut text, new, &rpc.name, "Response", &rpc.response);
    }
    let path = parts.join("/") + "/" + &new.resource.to_snake_case() + ".proto";
    Ok((PathBuf::from(path), text))
}

fn beginning(new: &Scaffold, collection: &str) -> String {
    let words = collection.to_snake_case().replace('_', " ");
    let title = if new.label.zh.is_empty() { String::new() } else { format!(" ({})", new.label.zh) };
    format!(
        "syntax = \"proto3\";\n\n// {}{title}.\npackage {};\n\n\
         import \"google/api/annotations.proto\";\n\
         import \"google/protobuf/field_mask.proto\";\n\
         import \"google/protobuf/timestamp.proto\";\n\
         import \"xiuhua/common/v1/options.proto\";\n\
         import \"xiuhua/common/v1/record.proto\";\n",
        capitalised(&words),
        new.package
    )
}

fn own_part(text: &mut String, new: &Scaffold, collection: &str, state: Option<&str>) {
    let words = new.resource.to_snake_case().replace('_', " ");
    let mut add = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    add(&format!("\n// {}.", capitalised(&words)));
    add(&format!("message {} {{", new.resource));
    add("  option (common.v1.resource) = {");
    add(&format!("    collection: \"{collection}\""));
    add(&format!("    table: \"{}\"", new.resource.to_snake_case()));
    add(&format!("    shape: SHAPE_{}", format!("{:?}", new.shape).to_shouty_snake_case()));
    let Label { zh, ko, en } = &new.label;
    add(&format!("    label: {{zh: {zh:?} ko: {ko:?} en: {en:?}}}"));
    if new.shape == Shape::Case {
        add("    transitions: [");
        let steps = [
            "{from: \"OPEN\" verb: \"RecordVillageReview\" to: \"VILLAGE_REVIEWED\"},",
            "{from: \"VILLAGE_REVIEWED\" verb: \"RecordTownshipReview\" to: \"TOWNSHIP_REVIEWED\"},",
            "{from: \"TOWNSHIP_REVIEWED\" verb: \"Approve\" to: \"APPROVED\"},",
            "{from: \"TOWNSHIP_REVIEWED\" verb: \"Reject\" to: \"REJECTED\"},",
            "{from: \"OPEN\" verb: \"Cancel\" to: \"CANCELLED\"}",
        ];
        steps.iter().for_each(|step| add(&format!("      {step}")));
        add("    ]");
    }
    add("  };\n");
    let output_only = "[(common.v1.form) = {output_only: true}]";
    add(&format!("  // Name, given by the service.\n  string name = 1 {output_only};"));
    add("  // Area, validity, known time and source.\n  common.v1.RecordMeta meta = 2;");
    add(&format!("  // Newest version, to be sent back with a write.\n  string etag = 3 {output_only};"));
    if let Some(state) = state {
        let state = short(state, "");
        add(&format!("  // State on the day that is read.\n  {state} state = 4 {output_only};"));
    }
    match new.shape {
        Shape::Work => add("  // The days of the work.\n  common.v1.Schedule schedule = 5;"),
        Shape::Grant => add("  // What is due.\n  common.v1.Award award = 5;"),
        Shape::Case => add("  // The steps taken, in order.\n  repeated common.v1.CaseAct acts = 5 \
             [(common.v1.form) = {rows: true output_only: true}];"),
        _ => {}
    }
    add("  // Own fields follow from number 10; numbers and flags are `optional`.\n}");
}

fn service(text: &mut String, new: &Scaffold, rpcs: &[Rpc]) {
    let plural = new.resource.to_snake_case().replace('_', " ");
    let _ = writeln!(text, "\n// Reads and writes every {plural}.\nservice {}Service {{", new.resource);
    for (index, rpc) in rpcs.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        let Rpc { name, comment, http: (verb, path), power, .. } = rpc;
        let _ = writeln!(text, "  // {comment}");
        let one_line = format!("  rpc {name}({name}Request) returns ({name}Response) {{");
        if one_line.len() > 110 {
            let _ = writeln!(text, "  rpc {name}({name}Request)\n      returns ({name}Response) {{");
        } else {
            let _ = writeln!(text, "{one_line}");
        }
        if *verb == "get" {
            let _ = writeln!(text, "    option (google.api.http) = {{get: {path:?}}};");
        } else {
            let _ = writeln!(
                text,
                "    option (google.api.http) = {{\n      {verb}: {path:?}\n      body: \"*\"\n    }};"
            );
        }
        let _ = writeln!(
            text,
            "    option (common.v1.access) = {{permission: \"{}.{power}\"}};\n  }}",
            new.permission
        );
    }
    text.push_str("}\n");
}

fn message(text: &mut String, new: &Scaffold, rpc: &str, suffix: &str, fields: &[Field]) {
    let what = if suffix == "Request" { "What is asked of" } else { "What is answered by" };
    let _ = writeln!(text, "\n// {what} {rpc}.\nmessage {rpc}{suffix} {{");
    for Field { number, name, kind, comment } in fields {
        let _ = writeln!(text, "  // {comment}\n  {} {name} = {number};", short(kind, &new.package));
    }
    if rpc.starts_with("List") && suffix == "Request" {
        text.push_str("  // Own filters follow from number 10, named like the column that they filter.\n");
    }
    text.push_str("}\n");
}

/// A type as it is written in this package.
fn short(kind: &str, package: &str) -> String {
    let (repeated, kind) = kind.strip_prefix("repeated ").map_or(("", kind), |kind| ("repeated ", kind));
    let own = format!("{package}.");
    let kind = kind.strip_prefix(own.as_str()).or_else(|| kind.strip_prefix("xiuhua.")).unwrap_or(kind);
    format!("{repeated}{kind}")
}
