//! Masks of sensitive fields in answers.
//!
//! Of a record that shields itself ([`crate::rules::Rules::shields`]: a child's) everything is masked, whatever is declared
//! of its fields; its name, its version and its open keys stay, or nobody could find it again.

use kernel::mask;

use crate::engine::Engine;
use crate::resource::AnyRecord;
use crate::spec::{Format, Kind, Leaf, Sensitivity, Spec};
use crate::value::Value;

/// What stands for any text of which nothing is shown.
pub const WHOLE: &str = "***";

/// The mask of a leaf's value.
pub fn masked(leaf: &Leaf, clear: &str) -> String {
    match leaf.format {
        Format::IdNumber | Format::DisabilityCertificate => mask::id_number(clear),
        Format::Phone => mask::phone(clear),
        Format::Account => mask::account(clear),
        Format::Plain | Format::Area | Format::Year | Format::FutureDate | Format::Month => {
            mask::whole(clear)
        }
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
    /// Whether the field of this path stays in clear.
    pub fn keeps(&self, path: &str) -> bool {
        match self {
            Clear::Nothing => false,
            Clear::Everything => true,
            Clear::Paths(paths) => paths.iter().any(|kept| kept == path),
        }
    }
}

impl Engine {
    /// Masks a record for an answer, but for what stays in clear. Says how many values stayed that would have been masked.
    pub(crate) fn mask(&self, record: &mut dyn AnyRecord, clear: &Clear) -> usize {
        let today = self.today();
        let shields = self
            .registered(record.spec().collection)
            .is_some_and(|registered| (registered.shields)(record, &today));
        mask_record(record, clear, shields)
    }
}

/// Masks all sensitive leaves of a record but those that stay in clear, children included; of one that shields itself all
/// leaves. Says how many stayed.
fn mask_record(record: &mut dyn AnyRecord, clear: &Clear, shields: bool) -> usize {
    let spec = record.spec();
    let mut kept = 0;
    for (index, leaf) in spec.leaves.iter().enumerate() {
        let hidden = shields && !stays(spec, index);
        if leaf.sensitive == Sensitivity::Open && !hidden {
            continue;
        }
        match record.get(index) {
            Value::Null => {}
            _ if clear.keeps(leaf.path) => kept += 1,
            value => record.set(index, shown(leaf, value, hidden)),
        }
    }
    for (index, child) in spec.children.iter().enumerate() {
        for (position, leaf) in child.leaves.iter().enumerate() {
            if (leaf.sensitive == Sensitivity::Open && !shields) || child.element_id == Some(position) {
                continue;
            }
            let path = format!("{}.{}", child.path, leaf.path);
            for element in 0..record.child_count(index) {
                match record.child_get(index, element, position) {
                    Value::Null => {}
                    _ if clear.keeps(&path) || clear.keeps(child.path) => kept += 1,
                    value => record.child_set(index, element, position, shown(leaf, value, shields)),
                }
            }
        }
    }
    // A person's record begins with the person.
    if shields && *clear != Clear::Everything {
        record.meta_mut().valid_from.clear();
    }
    kept
}

/// Open keys of a record that shields itself: numbers of an office, by which a form's row is found again.
fn stays(spec: &Spec, leaf: usize) -> bool {
    let open = spec.leaves[leaf].sensitive == Sensitivity::Open;
    open && spec.keys.iter().any(|key| !key.repeats && key.leaves == [leaf])
}

/// What is shown of a value; of a hidden one not even its form. What is no plain text has no mask, and is left out.
pub fn shown(leaf: &Leaf, value: Value, hidden: bool) -> Value {
    match value {
        Value::Text(_) if hidden && (leaf.kind != Kind::Text || leaf.codes.is_some()) => Value::Null,
        Value::Text(_) if hidden => Value::Text(WHOLE.to_owned()),
        Value::Text(text) => Value::Text(masked(leaf, &text)),
        Value::Texts(_) if hidden => Value::Null,
        // Not even how many there are.
        Value::Texts(texts) if texts.is_empty() => Value::Null,
        Value::Texts(_) => Value::Texts(vec![WHOLE.to_owned()]),
        Value::Integer(_) | Value::Null => Value::Null,
    }
}

/// Whether what was sent is the mask of what is kept, and so says nothing: as the field is masked by itself, or with a
/// record that shielded itself when it was read.
pub fn is_mask_of(leaf: &Leaf, sent: &Value, kept: &Value) -> bool {
    let starred = match sent {
        Value::Text(text) => mask::is_masked(text),
        Value::Texts(texts) => texts.iter().any(|text| mask::is_masked(text)),
        Value::Integer(_) | Value::Null => false,
    };
    let own = leaf.sensitive != Sensitivity::Open && shown(leaf, kept.clone(), false) == *sent;
    starred && !kept.is_null() && (own || shown(leaf, kept.clone(), true) == *sent)
}
