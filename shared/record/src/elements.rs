//! Identities of the elements of repeated fields that figures range over.

use crate::periods::same_element;
use crate::resource::AnyRecord;
use crate::spec::Child;
use crate::value::Value;

/// Gives an identity to every element that has none: that of an equal element of the old record, else a new one.
pub(crate) fn identify_all(
    record: &mut dyn AnyRecord,
    old: Option<&dyn AnyRecord>,
    make_id: &(dyn Fn() -> String + Sync),
) {
    for (index, child) in record.spec().children.iter().enumerate() {
        if child.rows.is_some() {
            identify(record, old, index, child, make_id);
        }
    }
}

fn identify(
    record: &mut dyn AnyRecord,
    old: Option<&dyn AnyRecord>,
    index: usize,
    child: &Child,
    make_id: &(dyn Fn() -> String + Sync),
) {
    let Some(leaf) = child.element_id else { return };
    let mut free: Vec<(usize, Value)> = old
        .map(|old| (0..old.child_count(index)).map(|at| (at, old.child_get(index, at, leaf))).collect())
        .unwrap_or_default();
    let taken: Vec<Value> =
        (0..record.child_count(index)).map(|at| record.child_get(index, at, leaf)).collect();
    free.retain(|(_, id)| !taken.contains(id));
    for element in 0..record.child_count(index) {
        if !record.child_get(index, element, leaf).is_null() {
            continue;
        }
        let equal = old
            .and_then(|old| free.iter().position(|(at, _)| same_element(old, *at, record, element, index)));
        let id = match equal {
            Some(position) => free.remove(position).1,
            None => Value::Text(make_id()),
        };
        record.child_set(index, element, leaf, id);
    }
}
