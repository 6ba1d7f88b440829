//! What an act makes of a record's periods.

use std::sync::Arc;

use kernel::failure::{Reason, Violations};
use proto::common::{CaseAct, VersionAction};

use super::Evaluator;
use crate::codec::FOREVER;
use crate::masks::is_mask_of;
use crate::periods::{Refusal, change_from, correct, same};
use crate::resource::AnyRecord;
use crate::rules::{Act, ActContext, Change, Mask};
use crate::spec::{Shape, Spec};
use crate::state::{Loaded, Period};
use crate::states::{opened_state, state_on};
use crate::value::Value;

impl Evaluator<'_> {
    /// The periods after the act; `None` where nothing changes or the act is refused.
    pub(super) fn changed(
        &self,
        act: &Act,
        before: Option<&Loaded>,
        violations: &mut Violations,
    ) -> Option<(Vec<Period>, VersionAction)> {
        let none: &[Period] = &[];
        let periods = before.map_or(none, |loaded| loaded.periods.as_slice());
        match &act.change {
            Change::Create(record) => Some((self.created(act.spec, record.copy()), VersionAction::Created)),
            Change::Refresh => Some((periods.to_vec(), VersionAction::Derived)),
            Change::Withdraw => Some((Vec::new(), VersionAction::Withdrawn)),
            Change::Periods(wanted) if equal(periods, wanted) => None,
            Change::Periods(wanted) if wanted.is_empty() => Some((Vec::new(), VersionAction::Withdrawn)),
            Change::Periods(wanted) => Some((wanted.clone(), VersionAction::Derived)),
            Change::End { on, own } => self.ended(act, periods, (on, own), violations),
            Change::From { record, mask, effective_on, apply_to_later, opens } => {
                if act.spec.shape != Shape::Register {
                    violations.push("change.kind", Reason::ChangeKindUnsupported);
                    return None;
                }
                let values = unmasked(record.as_ref(), mask, periods, Some(effective_on));
                let changed =
                    change_from(periods, values.as_ref(), mask, effective_on, *apply_to_later, *opens);
                self.outcome(act, periods, changed, VersionAction::Changed, violations)
            }
            Change::Correct { record, mask, on } => {
                let values = unmasked(record.as_ref(), mask, periods, on.as_deref());
                let changed = correct(periods, values.as_ref(), mask, on.as_deref());
                let moved = changed.map(|periods| redated(act.spec, periods, record.as_ref(), mask));
                self.outcome(act, periods, moved, VersionAction::Corrected, violations)
            }
            Change::Step(step) => self.stepped(act, periods, step, violations),
            Change::Verb(verb) => {
                let last = periods.last()?;
                let mut record = last.record.copy();
                let context = self.act_context(&act.reason);
                verb(record.as_mut(), &context, violations);
                let mut after = periods.to_vec();
                if let Some(last) = after.last_mut() {
                    last.record = Arc::from(record);
                }
                self.outcome(act, periods, Ok(after), VersionAction::Acted, violations)
            }
        }
    }

    fn act_context(&self, note: &str) -> ActContext {
        ActContext {
            today: self.context.today.to_owned(),
            occurred_on: self.context.today.to_owned(),
            note: note.to_owned(),
            subject: self.context.caller.subject.clone(),
        }
    }

    fn outcome(
        &self,
        act: &Act,
        before: &[Period],
        changed: Result<Vec<Period>, Refusal>,
        kind: VersionAction,
        violations: &mut Violations,
    ) -> Option<(Vec<Period>, VersionAction)> {
        match changed {
            Ok(after) if equal(before, &after) => None,
            Ok(after) => Some((after, kind)),
            Err(Refusal::LaterPeriodsDiffer(paths)) => {
                for (path, from) in paths {
                    let path = format!("{}{path}", act.prefix);
                    violations.push(path, Reason::LaterPeriodsDiffer).add("from", from);
                }
                None
            }
            Err(Refusal::BeforeExistence | Refusal::NoPeriod) => {
                violations.push("change.effective_on", Reason::DateOrder);
                None
            }
        }
    }

    fn created(&self, spec: &Spec, mut record: Box<dyn AnyRecord>) -> Vec<Period> {
        for (index, leaf) in spec.leaves.iter().enumerate() {
            // What only the service sets is not taken from a caller; consequences set it through `complete`.
            if leaf.output_only && !spec.derived {
                record.set(index, Value::Null);
            }
        }
        let meta = record.meta().cloned().unwrap_or_default();
        let since = spec.since.and_then(|leaf| record.get(leaf).as_text().map(str::to_owned));
        let stated = (!meta.valid_from.is_empty()).then(|| meta.valid_from.clone());
        let valid_from = since.or(stated).unwrap_or_else(|| self.context.today.to_owned());
        let until = spec.until.and_then(|leaf| record.get(leaf).as_text().map(str::to_owned));
        let stated = (!meta.valid_to.is_empty()).then(|| meta.valid_to.clone());
        let valid_to = until.or(stated).unwrap_or_else(|| FOREVER.to_owned());
        vec![Period { valid_from, valid_to, record: Arc::from(record) }]
    }

    fn ended(
        &self,
        act: &Act,
        periods: &[Period],
        (on, own): (&str, &[(usize, Value)]),
        violations: &mut Violations,
    ) -> Option<(Vec<Period>, VersionAction)> {
        let last = periods.last()?;
        if last.valid_to == on {
            return None;
        }
        if on < last.valid_from.as_str() {
            violations.push(format!("{}occurred_on", act.prefix), Reason::DateOrder);
            return None;
        }
        let mut record = last.record.copy();
        for (leaf, value) in own {
            record.set(*leaf, value.clone());
        }
        let mut after = periods.to_vec();
        if let Some(last) = after.last_mut() {
            last.valid_to = on.to_owned();
            last.record = Arc::from(record);
        }
        Some((after, VersionAction::Acted))
    }

    fn stepped(
        &self,
        act: &Act,
        periods: &[Period],
        step: &CaseAct,
        violations: &mut Violations,
    ) -> Option<(Vec<Period>, VersionAction)> {
        let last = periods.last()?;
        let child = act.spec.acts?;
        let from = last_state(act.spec, last.record.as_ref());
        let allowed = act
            .spec
            .transitions
            .iter()
            .find(|transition| transition.from.0 == from && transition.verb == step.verb);
        let Some(transition) = allowed else {
            violations.push("state", Reason::StateRefuses).add("state", from).add("verb", &step.verb);
            return None;
        };
        let mut record = last.record.copy();
        let taken = CaseAct { from_state: from, to_state: transition.to.0, ..step.clone() };
        push_step(record.as_mut(), child, &taken);
        let mut after = periods.to_vec();
        if let Some(last) = after.last_mut() {
            last.record = Arc::from(record);
        }
        Some((after, VersionAction::Acted))
    }
}

/// A value equal to the mask of what is stored means "unchanged": of what is stored on the day, else of what is stored last.
fn unmasked(values: &dyn AnyRecord, mask: &Mask, periods: &[Period], on: Option<&str>) -> Box<dyn AnyRecord> {
    let mut copy = values.copy();
    let of_the_day = on.and_then(|day| periods.iter().find(|period| period.contains(day)));
    let Some(stored) = of_the_day.or(periods.last()) else { return copy };
    for leaf in &mask.leaves {
        let kept = [of_the_day, periods.last()].into_iter().flatten().map(|period| period.record.get(*leaf));
        let is_its_mask = |kept: &Value| is_mask_of(&values.spec().leaves[*leaf], &values.get(*leaf), kept);
        if let Some(kept) = kept.into_iter().find(is_its_mask) {
            copy.set(*leaf, kept);
        }
    }
    for child in &mask.children {
        unmask_elements(copy.as_mut(), stored.record.as_ref(), *child);
    }
    copy
}

/// An element is compared with the stored one of its identifier; where it tells none, with the one in its place.
fn unmask_elements(sent: &mut dyn AnyRecord, stored: &dyn AnyRecord, child: usize) {
    let declared = &sent.spec().children[child];
    for element in 0..sent.child_count(child) {
        let id = declared.element_id.map(|leaf| (leaf, sent.child_get(child, element, leaf)));
        let same = |other: &usize| match &id {
            Some((leaf, id)) if !id.is_null() => stored.child_get(child, *other, *leaf) == *id,
            _ => *other == element,
        };
        let Some(known) = (0..stored.child_count(child)).find(same) else { continue };
        for (position, leaf) in declared.leaves.iter().enumerate() {
            let kept = stored.child_get(child, known, position);
            if is_mask_of(leaf, &sent.child_get(child, element, position), &kept) {
                sent.child_set(child, element, position, kept);
            }
        }
    }
}

/// The state that the last of a Case's acts has brought, whatever the day.
pub fn last_state(spec: &Spec, record: &dyn AnyRecord) -> i32 {
    if spec.acts.is_some_and(|acts| record.child_count(acts) == 0) {
        return opened_state(spec);
    }
    state_on(record, FOREVER)
}

fn push_step(record: &mut dyn AnyRecord, child: usize, step: &CaseAct) {
    let leaves = record.spec().children[child].leaves;
    let element = record.child_count(child);
    record.child_push(child);
    for (position, leaf) in leaves.iter().enumerate() {
        let text = |value: &str| if value.is_empty() { Value::Null } else { Value::Text(value.to_owned()) };
        let value = match leaf.path.rsplit('.').next().unwrap_or_default() {
            "verb" => text(&step.verb),
            "from_state" => Value::Integer(i64::from(step.from_state)),
            "to_state" => Value::Integer(i64::from(step.to_state)),
            "occurred_on" => text(&step.occurred_on),
            "decided_by" => text(&step.decided_by),
            "document_no" => text(&step.document_no),
            "note" => text(&step.note),
            "transcribed" => Value::Integer(i64::from(step.transcribed)),
            _ => continue,
        };
        record.child_set(child, element, position, value);
    }
}

fn equal(before: &[Period], after: &[Period]) -> bool {
    before.len() == after.len()
        && before.iter().zip(after).all(|(one, other)| {
            one.valid_from == other.valid_from
                && one.valid_to == other.valid_to
                && same(one.record.as_ref(), other.record.as_ref())
        })
}

/// Where a correction moves the days that open or close a record, its period moves with them.
fn redated(spec: &Spec, mut periods: Vec<Period>, values: &dyn AnyRecord, mask: &Mask) -> Vec<Period> {
    let meta = values.meta().cloned().unwrap_or_default();
    if let Some(first) = periods.first_mut() {
        if let Some(since) = spec.since.and_then(|leaf| first.record.get(leaf).as_text().map(str::to_owned)) {
            first.valid_from = since;
        } else if mask.valid_from && !meta.valid_from.is_empty() {
            first.valid_from = meta.valid_from.clone();
        }
    }
    // Where a leaf states the last day, it is the one that was corrected, or that follows from `meta`.
    if let (Some(until), Some(last)) = (spec.until, periods.last_mut())
        && mask.leaves.contains(&until)
    {
        last.valid_to = last.record.get(until).as_text().unwrap_or(FOREVER).to_owned();
        return periods;
    }
    if let (true, Some(last)) = (mask.valid_to, periods.last_mut()) {
        last.valid_to = if meta.valid_to.is_empty() { FOREVER.to_owned() } else { meta.valid_to };
    }
    periods
}
