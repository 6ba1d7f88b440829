//! The state of a record on a day: never written, always the consequence of dated acts.

use crate::resource::AnyRecord;
use crate::spec::Spec;
use crate::value::Value;

/// Number of the state's enum value on that day; 0 for records without states.
pub fn state_on(record: &dyn AnyRecord, day: &str) -> i32 {
    let spec = record.spec();
    match spec.acts {
        Some(acts) => case_state(record, spec, acts, day),
        None => day_state(record, spec, day),
    }
}

fn day_state(record: &dyn AnyRecord, spec: &Spec, day: &str) -> i32 {
    let mut state = 0;
    for declared in spec.states {
        let reached = match declared.day {
            None => true,
            Some(leaf) => record.get(leaf).as_text().is_some_and(|reached| reached <= day),
        };
        if reached {
            state = declared.number;
        }
    }
    state
}

fn case_state(record: &dyn AnyRecord, spec: &Spec, acts: usize, day: &str) -> i32 {
    let child = &spec.children[acts];
    let leaf = |path: &str| child.leaves.iter().position(|leaf| leaf.path.ends_with(path));
    let (Some(to), Some(on)) = (leaf("to_state"), leaf("occurred_on")) else { return 0 };
    let mut state = opened_state(spec);
    for element in 0..record.child_count(acts) {
        let reached = record.child_get(acts, element, on);
        if reached.as_text().is_some_and(|reached| reached <= day)
            && let Value::Integer(number) = record.child_get(acts, element, to)
        {
            state = i32::try_from(number).unwrap_or_default();
        }
    }
    state
}

/// The state a Case opens in: the one that its transitions begin with.
pub fn opened_state(spec: &Spec) -> i32 {
    spec.transitions.first().map_or(0, |transition| transition.from.0)
}
