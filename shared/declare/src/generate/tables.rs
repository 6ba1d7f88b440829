//! The static tables.

use std::collections::BTreeSet;
use std::fmt::Write;

use heck::ToShoutySnakeCase;

use super::{line, spec_name};
use crate::contract::{Child, Contract, Leaf, Pivot, Resource, Sheet, StateDay, Transition};
use crate::options::{FormTable, Label};

/// The words of every enum that these use.
pub(super) fn words(out: &mut String, contract: &Contract, resources: &[&Resource], sheets: &[&Sheet]) {
    let own = resources.iter().flat_map(|resource| {
        resource.leaves.iter().chain(resource.children.iter().flat_map(|child| &child.leaves))
    });
    let used: BTreeSet<&String> = own
        .chain(sheets.iter().flat_map(|sheet| &sheet.leaves))
        .filter_map(|leaf| leaf.words.as_ref())
        .chain(resources.iter().filter_map(|resource| resource.state.as_ref()))
        .collect();
    for name in used {
        let words = contract.enums.get(name).map(Vec::as_slice).unwrap_or_default();
        line!(out, "\n/// The words of {name}.");
        line!(out, "static {}: [EnumWord; {}] = [", words_name(name), words.len());
        for word in words {
            line!(
                out,
                "    EnumWord {{ number: {}, name: {:?}, label: {}, aliases: &{:?} }},",
                word.number,
                word.name,
                label(&word.label),
                word.aliases
            );
        }
        line!(out, "];");
    }
}

/// The table of a resource.
pub(super) fn spec(out: &mut String, resource: &Resource) {
    line!(out, "\n/// {}: what the contract declares of it.", resource.label.zh);
    line!(out, "pub static {}: Spec = Spec {{", spec_name(&resource.name));
    line!(out, "    message: {:?},", resource.descriptor.full_name());
    line!(out, "    resource: {:?},", resource.name);
    line!(out, "    package: {:?},", resource.package);
    line!(out, "    collection: {:?},", resource.collection);
    line!(out, "    table: {:?},", resource.table);
    line!(out, "    shape: Shape::{:?},", resource.shape);
    line!(out, "    label: {},", label(&resource.label));
    leaves(out, &resource.leaves, "    ");
    line!(out, "    children: &[");
    for item in &resource.children {
        child(out, item, &resource.table);
    }
    line!(out, "    ],");
    line!(out, "    keys: &[");
    for (kind, leaves, repeats) in &resource.keys {
        line!(out, "        Key {{ kind: {kind:?}, leaves: &{leaves:?}, repeats: {repeats} }},");
    }
    line!(out, "    ],");
    line!(out, "    since: {:?},", resource.since);
    line!(out, "    until: {:?},", resource.until);
    line!(out, "    title_of: {:?},", resource.title_of);
    line!(out, "    states: &[");
    for StateDay { number, name, day } in &resource.states {
        line!(out, "        StateDay {{ number: {number}, name: {name:?}, day: {day:?} }},");
    }
    line!(out, "    ],");
    line!(out, "    transitions: &[");
    for Transition { from, verb, to } in &resource.transitions {
        line!(out, "        Transition {{ from: {from:?}, verb: {verb:?}, to: {to:?} }},");
    }
    line!(out, "    ],");
    line!(out, "    acts: {:?},", resource.acts);
    line!(out, "    linked: &{:?},", resource.linked);
    line!(out, "    searched: &{:?},", resource.searched);
    match &resource.form {
        Some(form) => line!(out, "    form: Some({}),", form_table(form)),
        None => line!(out, "    form: None,"),
    }
    line!(out, "    beneficiary: {:?},", resource.leaf("beneficiary.household"));
    let words = resource.state.as_ref().map_or("&[]".to_owned(), |name| format!("&{}", words_name(name)));
    line!(out, "    state_words: {words},");
    line!(out, "    derived: {},", resource.derived);
    line!(out, "    everywhere: {},", resource.everywhere);
    line!(out, "    named_by: {:?},", resource.named_by);
    line!(out, "    read_permission: {:?},", resource.read_permission());
    line!(out, "    write_permission: {:?},", resource.write_permission());
    line!(out, "}};");
}

/// The table of a sheet's row.
pub(super) fn sheet(out: &mut String, sheet: &Sheet) {
    line!(out, "\n/// {}: what the contract declares of its row.", sheet.label.zh);
    line!(out, "pub static {}: SheetSpec = SheetSpec {{", spec_name(&sheet.name));
    line!(out, "    message: {:?},", sheet.descriptor.full_name());
    line!(out, "    label: {},", label(&sheet.label));
    leaves(out, &sheet.leaves, "    ");
    line!(out, "    form: {},", form_table(&sheet.form));
    line!(out, "}};");
}

fn leaves(out: &mut String, leaves: &[Leaf], indent: &str) {
    line!(out, "{indent}leaves: &[");
    for item in leaves {
        line!(out, "{indent}    {},", leaf(item));
    }
    line!(out, "{indent}],");
}

fn leaf(leaf: &Leaf) -> String {
    let title = leaf.title.as_ref().map_or("None".to_owned(), |title| format!("Some({})", label(title)));
    let words = leaf.words.as_ref().map_or("&[]".to_owned(), |name| format!("&{}", words_name(name)));
    format!(
        "Leaf {{ path: {:?}, column: {:?}, kind: Kind::{:?}, format: Format::{:?}, title: {title}, position: {}, \
         required: {}, output_only: {}, immutable: {}, sensitive: Sensitivity::{:?}, codes: {}, unit: FormUnit::{:?}, \
         reference: {}, negative: {}, words: {words}, unprinted: {} }}",
        leaf.path,
        leaf.column,
        leaf.kind,
        leaf.format,
        leaf.position,
        leaf.required,
        leaf.output_only,
        leaf.immutable,
        leaf.sensitive,
        some(&leaf.codes),
        leaf.unit,
        some(&leaf.reference),
        leaf.negative,
        leaf.unprinted,
    )
}

fn child(out: &mut String, child: &Child, table: &str) {
    let rows = if child.rows { format!("{table}_{}", child.column) } else { String::new() };
    line!(out, "        Child {{");
    line!(out, "            path: {:?},", child.path);
    line!(out, "            column: {:?},", child.column);
    line!(out, "            rows: {},", some(&rows));
    leaves(out, &child.leaves, "            ");
    let element_id = child.leaves.iter().position(|leaf| leaf.path == "element_id");
    line!(out, "            element_id: {element_id:?},");
    line!(out, "            first: {},", child.first);
    match &child.pivot {
        Some(item) => line!(out, "            pivot: Some({}),", pivot(item)),
        None => line!(out, "            pivot: None,"),
    }
    line!(out, "        }},");
}

fn pivot(pivot: &Pivot) -> String {
    let columns: Vec<String> = pivot
        .columns
        .iter()
        .map(|(number, title, position)| format!("({number}, {}, {position})", label(title)))
        .collect();
    format!(
        "Pivot {{ key: {}, value: {}, unit: FormUnit::{:?}, columns: &[{}] }}",
        pivot.key,
        pivot.value,
        pivot.unit,
        columns.join(", ")
    )
}

fn form_table(form: &FormTable) -> String {
    let place = form.place.as_ref().map_or("None".to_owned(), |place| {
        format!(
            "Some(PlaceColumns {{ prefecture: {}, county: {}, township: {}, village: {}, position: {} }})",
            some(&place.prefecture),
            some(&place.county),
            some(&place.township),
            some(&place.village),
            u16::try_from(place.column).unwrap_or_default()
        )
    });
    format!(
        "FormTable {{ id: {:?}, file: {:?}, sheet: {:?}, ordinal: {}, place: {place}, form_year: {}, \
         form_date_required: {} }}",
        form.id,
        form.file,
        form.sheet,
        some(&form.ordinal),
        form.form_year,
        form.form_date_required
    )
}

fn some(text: &str) -> String {
    if text.is_empty() { "None".to_owned() } else { format!("Some({text:?})") }
}

fn label(label: &Label) -> String {
    format!("Label {{ zh: {:?}, ko: {:?}, en: {:?} }}", label.zh, label.ko, label.en)
}

fn words_name(full_name: &str) -> String {
    format!("{}_WORDS", full_name.replace('.', "_").to_shouty_snake_case())
}
