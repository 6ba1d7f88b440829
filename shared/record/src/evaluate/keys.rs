//! Unique values that a record takes and gives up, and the guards of the sets it enters and leaves.

use kernel::area::AreaCode;
use kernel::failure::{Reason, Violations};
use kernel::mask;

use super::{Evaluator, KeyChange};
use crate::codec::{Secrets, blind};
use crate::resource::AnyRecord;
use crate::rules::Act;
use crate::spec::{Key, Sensitivity, Spec};
use crate::state::{Holder, Known, Loaded, State};
use crate::value::Value;

impl Evaluator<'_> {
    /// Unique values that the record takes and gives up; refused where another record holds one.
    pub(super) fn keys(
        &self,
        act: &Act,
        before: Option<&Loaded>,
        after: &Loaded,
        state: &State,
        violations: &mut Violations,
    ) -> Known<Vec<KeyChange>> {
        let mut changes = Vec::new();
        for key in act.spec.keys {
            if key.repeats && act.occurrence.is_none() {
                continue;
            }
            let value_of = |loaded: &Loaded| {
                loaded.last().and_then(|record| key_value(self.secrets, key, record.as_ref()))
            };
            let old = before.and_then(value_of);
            let mut new = value_of(after);
            if key.repeats {
                new = new.zip(act.occurrence).map(|(value, nth)| occurrence_value(&value, nth));
            }
            if old == new || (key.repeats && old.is_some()) {
                continue;
            }
            if let Some(value) = new {
                if let Some(holder) = state.holder(act.spec.collection, key.kind, &value)?
                    && holder.id != after.id
                {
                    let path = act.spec.leaves[key.leaves[0]].path;
                    self.taken(&holder, format!("{}{path}", act.prefix), key, violations);
                    continue;
                }
                changes.push(KeyChange { kind: key.kind, value, taken: true });
            }
            if let Some(value) = old {
                changes.push(KeyChange { kind: key.kind, value, taken: false });
            }
        }
        Ok(changes)
    }

    fn taken(&self, holder: &Holder, path: String, key: &Key, violations: &mut Violations) {
        if self.in_scope(&holder.area) {
            violations.push(path, Reason::ValueTaken).add("key", key.kind);
        } else {
            let county = AreaCode::parse(&holder.area).and_then(|area| area.county());
            violations
                .push(path, Reason::RegisteredElsewhere)
                .add("county", county.map(|code| code.to_string()).unwrap_or_default());
        }
    }

    /// Guards of the sets that the record enters or leaves.
    pub(super) fn guards(
        &self,
        spec: &'static Spec,
        before: Option<&Loaded>,
        after: &Loaded,
        state: &State,
    ) -> Known<Vec<String>> {
        let mut subjects = Vec::new();
        for leaf in spec.linked {
            let values = [before.and_then(Loaded::last), after.last()];
            for record in values.into_iter().flatten() {
                if let Value::Text(value) = record.get(*leaf)
                    && !state.is_fresh(&value)
                {
                    let subject = crate::state::guard_subject(spec, *leaf, &value);
                    state.guard(&subject)?;
                    if !subjects.contains(&subject) {
                        subjects.push(subject);
                    }
                }
            }
        }
        Ok(subjects)
    }
}

/// The value of a key; `None` unless all its leaves are present.
pub fn key_value(secrets: &Secrets, key: &Key, record: &dyn AnyRecord) -> Option<String> {
    let spec = record.spec();
    let mut parts = Vec::with_capacity(key.leaves.len());
    for leaf in key.leaves {
        let declared = &spec.leaves[*leaf];
        parts.push(match record.get(*leaf) {
            Value::Null => return None,
            Value::Text(text) if declared.sensitive != Sensitivity::Open && mask::is_masked(&text) => {
                return None;
            }
            Value::Text(text) if declared.sensitive == Sensitivity::Encrypted => {
                blind(secrets, declared, &text)
            }
            Value::Text(text) => text,
            Value::Integer(number) => number.to_string(),
            Value::Texts(texts) => texts.join("\u{1e}"),
        });
    }
    // Equal rows of two counties are two facts; within a county a corrected place is the same one.
    if key.repeats && spec.form.as_ref().is_some_and(|form| form.place.is_some()) {
        let area = record.meta().map(|meta| meta.area.as_str()).unwrap_or_default();
        parts.push(
            AreaCode::parse(area)
                .and_then(|area| area.county())
                .map_or_else(String::new, |county| county.to_string()),
        );
    }
    Some(parts.join("\u{1f}"))
}

/// The value of a repeating key for the nth of equal rows (from 0).
pub fn occurrence_value(value: &str, nth: u32) -> String {
    format!("{value}\u{1f}{nth}")
}
