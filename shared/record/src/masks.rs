//! Masks of sensitive fields in answers.

use kernel::mask;

use crate::resource::AnyRecord;
use crate::spec::{Format, Leaf, Sensitivity};
use crate::value::Value;

/// The mask of a leaf's value.
pub fn masked(leaf: &Leaf, clear: &str) -> String {
    match leaf.format {
        Format::IdNumber | Format::DisabilityCertificate => mask::id_number(clear),
        Format::Phone => mask::phone(clear),
        Format::Account => mask::account(clear),
        Format::Plain | Format::Area | Format::Year | Format::FutureDate => mask::whole(clear),
    }
}

/// Which sensitive fields of an answer stay in clear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Clear {
    /// None.
    #[default]
    Nothing,
    /// All.
    Everything,
    /// These paths.
    Paths(Vec<String>),
}

impl Clear {
    fn keeps(&self, path: &str) -> bool {
        match self {
            Clear::Nothing => false,
            Clear::Everything => true,
            Clear::Paths(paths) => paths.iter().any(|kept| kept == path),
        }
    }
}

/// Masks all sensitive leaves of a record but those that stay in clear, children included. Says how many stayed.
pub fn mask_record(record: &mut dyn AnyRecord, clear: &Clear) -> usize {
    let spec = record.spec();
    let mut kept = 0;
    for (index, leaf) in
        spec.leaves.iter().enumerate().filter(|(_, leaf)| leaf.sensitive != Sensitivity::Open)
    {
        match record.get(index) {
            Value::Null => {}
            _ if clear.keeps(leaf.path) => kept += 1,
            value => record.set(index, masked_value(leaf, value)),
        }
    }
    for (index, child) in spec.children.iter().enumerate() {
        for (position, leaf) in child.leaves.iter().enumerate() {
            if leaf.sensitive == Sensitivity::Open {
                continue;
            }
            let path = format!("{}.{}", child.path, leaf.path);
            for element in 0..record.child_count(index) {
                match record.child_get(index, element, position) {
                    Value::Null => {}
                    _ if clear.keeps(&path) || clear.keeps(child.path) => kept += 1,
                    value => record.child_set(index, element, position, masked_value(leaf, value)),
                }
            }
        }
    }
    kept
}

fn masked_value(leaf: &Leaf, value: Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(masked(leaf, &text)),
        Value::Texts(texts) => Value::Texts(texts.iter().map(|text| masked(leaf, text)).collect()),
        Value::Integer(_) | Value::Null => Value::Null,
    }
}
