//! The periods of a record's validity, and what a change and a correction do to them. Pure.

use std::sync::Arc;

use crate::resource::AnyRecord;
use crate::rules::Mask;
use crate::state::Period;

/// Why periods cannot be changed so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The day lies before the record existed.
    BeforeExistence,
    /// Later periods hold other values at these paths, each from this day on.
    LaterPeriodsDiffer(Vec<(&'static str, String)>),
    /// No period has that day.
    NoPeriod,
}

/// Puts the masked leaves and children of `values` into `target`.
pub fn apply_mask(target: &mut dyn AnyRecord, values: &dyn AnyRecord, mask: &Mask) {
    for leaf in &mask.leaves {
        target.set(*leaf, values.get(*leaf));
    }
    for child in &mask.children {
        target.child_truncate(*child, 0);
        for element in 0..values.child_count(*child) {
            target.child_push(*child);
            for leaf in 0..target.spec().children[*child].leaves.len() {
                target.child_set(*child, element, leaf, values.child_get(*child, element, leaf));
            }
        }
    }
    if let (true, Some(meta)) = (mask.area, values.meta()) {
        target.meta_mut().area = meta.area.clone();
    }
}

/// Whether two records say the same, the head aside.
pub fn same(one: &dyn AnyRecord, other: &dyn AnyRecord) -> bool {
    let spec = one.spec();
    area(one) == area(other)
        && (0..spec.leaves.len()).all(|leaf| one.get(leaf) == other.get(leaf))
        && (0..spec.children.len()).all(|child| same_child(one, other, child))
}

fn area(record: &dyn AnyRecord) -> &str {
    record.meta().map_or("", |meta| meta.area.as_str())
}

/// Whether two records have the same elements of a child, element identities aside.
pub fn same_child(one: &dyn AnyRecord, other: &dyn AnyRecord, child: usize) -> bool {
    let count = one.child_count(child);
    count == other.child_count(child)
        && (0..count).all(|element| same_element(one, element, other, element, child))
}

/// Whether two elements say the same, their identities aside.
pub fn same_element(
    one: &dyn AnyRecord,
    at: usize,
    other: &dyn AnyRecord,
    other_at: usize,
    child: usize,
) -> bool {
    let declared = &one.spec().children[child];
    (0..declared.leaves.len())
        .filter(|leaf| Some(*leaf) != declared.element_id)
        .all(|leaf| one.child_get(child, at, leaf) == other.child_get(child, other_at, leaf))
}

/// Paths of the masked leaves and children in which two records differ.
pub fn differences(one: &dyn AnyRecord, other: &dyn AnyRecord, mask: &Mask) -> Vec<&'static str> {
    let spec = one.spec();
    let leaves = mask.leaves.iter().filter(|leaf| one.get(**leaf) != other.get(**leaf));
    let children = mask.children.iter().filter(|child| !same_child(one, other, **child));
    let mut paths: Vec<&'static str> = leaves.map(|leaf| spec.leaves[*leaf].path).collect();
    paths.extend(children.map(|child| spec.children[*child].path));
    if mask.area && area(one) != area(other) {
        paths.push("meta.area");
    }
    paths
}

/// The masked values hold from this day on, to the end of the period that contains it. What holds on that day already is no
/// change, whatever later periods say: a form that is sent again changes nothing.
pub fn change_from(
    periods: &[Period],
    values: &dyn AnyRecord,
    mask: &Mask,
    day: &str,
    apply_to_later: bool,
    opens: bool,
) -> Result<Vec<Period>, Refusal> {
    let first = periods.first().ok_or(Refusal::NoPeriod)?;
    let mut result = Vec::with_capacity(periods.len() + 1);
    if day < first.valid_from.as_str() {
        if !opens {
            return Err(Refusal::BeforeExistence);
        }
        let mut record = first.record.copy();
        apply_mask(record.as_mut(), values, mask);
        result.push(Period {
            valid_from: day.to_owned(),
            valid_to: first.valid_from.clone(),
            record: Arc::from(record),
        });
        result.extend(periods.iter().cloned());
        return Ok(coalesced(result));
    }
    let at = periods.iter().position(|period| period.contains(day)).ok_or(Refusal::NoPeriod)?;
    if !apply_to_later {
        let others = later_differences(&periods[at], &periods[at + 1..], values, mask);
        if !others.is_empty() {
            return Err(Refusal::LaterPeriodsDiffer(others));
        }
    }
    for (index, period) in periods.iter().enumerate() {
        let touched = index == at || (index > at && apply_to_later);
        if !touched {
            result.push(period.clone());
            continue;
        }
        let begins_here = index != at || period.valid_from == day;
        if !begins_here {
            result.push(Period { valid_to: day.to_owned(), ..period.clone() });
        }
        let mut record = period.record.copy();
        apply_mask(record.as_mut(), values, mask);
        result.push(Period {
            valid_from: if begins_here { period.valid_from.clone() } else { day.to_owned() },
            valid_to: period.valid_to.clone(),
            record: Arc::from(record),
        });
    }
    Ok(coalesced(result))
}

/// Paths that a change touches and that later periods hold otherwise, each with the first day on which they do.
fn later_differences(
    changed: &Period,
    later: &[Period],
    values: &dyn AnyRecord,
    mask: &Mask,
) -> Vec<(&'static str, String)> {
    let touched = single_masks(mask)
        .into_iter()
        .filter(|single| !differences(changed.record.as_ref(), values, single).is_empty());
    touched
        .filter_map(|single| {
            later.iter().find_map(|period| {
                let path = differences(period.record.as_ref(), values, &single).pop()?;
                Some((path, period.valid_from.clone()))
            })
        })
        .collect()
}

/// The masked values were recorded wrongly: other in the period of that day (the last, if none is named), and in the
/// neighbouring periods that hold the same words, since they only inherited them.
pub fn correct(
    periods: &[Period],
    values: &dyn AnyRecord,
    mask: &Mask,
    on: Option<&str>,
) -> Result<Vec<Period>, Refusal> {
    let at = match on {
        Some(day) => periods.iter().position(|period| period.contains(day)),
        None => periods.len().checked_sub(1),
    }
    .ok_or(Refusal::NoPeriod)?;
    let wrong = periods[at].record.clone();
    let mut records: Vec<Box<dyn AnyRecord>> = periods.iter().map(|period| period.record.copy()).collect();
    for single in single_masks(mask) {
        let inherited =
            |index: &usize| differences(periods[*index].record.as_ref(), wrong.as_ref(), &single).is_empty();
        let before: Vec<usize> = (0..at).rev().take_while(inherited).collect();
        let after: Vec<usize> = (at + 1..periods.len()).take_while(inherited).collect();
        for index in before.into_iter().chain(after).chain([at]) {
            apply_mask(records[index].as_mut(), values, &single);
        }
    }
    let corrected = periods.iter().zip(records).map(|(period, record)| Period {
        valid_from: period.valid_from.clone(),
        valid_to: period.valid_to.clone(),
        record: Arc::from(record),
    });
    Ok(coalesced(corrected.collect()))
}

fn single_masks(mask: &Mask) -> Vec<Mask> {
    let leaves = mask.leaves.iter().map(|leaf| Mask { leaves: vec![*leaf], ..Mask::default() });
    let children = mask.children.iter().map(|child| Mask { children: vec![*child], ..Mask::default() });
    let area = mask.area.then(|| Mask { area: true, ..Mask::default() });
    leaves.chain(children).chain(area).collect()
}

/// Neighbouring periods that say the same become one.
fn coalesced(periods: Vec<Period>) -> Vec<Period> {
    let mut result: Vec<Period> = Vec::with_capacity(periods.len());
    for period in periods {
        match result.last_mut() {
            Some(last)
                if last.valid_to == period.valid_from
                    && same(last.record.as_ref(), period.record.as_ref()) =>
            {
                last.valid_to = period.valid_to;
            }
            _ => result.push(period),
        }
    }
    result
}
