//! What the service itself knows is filled in, and what is declared and ruled is checked, period by period.

use std::sync::Arc;

use kernel::area::AreaCode;
use kernel::date::CivilDate;
use kernel::failure::{Reason, Violations};

use super::{Evaluator, unchanged_period};
use crate::beneficiary;
use crate::codec::FOREVER;
use crate::periods::differences;
use crate::resource::AnyRecord;
use crate::rules::{Act, Change, Mask, Registered};
use crate::spec::Spec;
use crate::state::{Known, Loaded, Period, Reads, State};
use crate::table::import_permission;
use crate::validate::Validation;
use crate::value::Value;

/// What stands around the periods of one act.
struct Around<'a> {
    act: &'a Act,
    id: &'a str,
    registered: &'a Registered,
    old: Option<Arc<dyn AnyRecord>>,
    reads: Reads<'a>,
}

impl Evaluator<'_> {
    /// Completes and checks each period that is new or changed; tells where the record is visible now.
    #[expect(clippy::too_many_arguments, reason = "one call site; what a rule sees")]
    pub(super) fn completed(
        &self,
        act: &Act,
        id: &str,
        registered: &Registered,
        before: Option<&Loaded>,
        periods: Vec<Period>,
        state: &State,
        violations: &mut Violations,
    ) -> Known<(Vec<Period>, Option<String>)> {
        let old = before.and_then(|loaded| loaded.last().cloned());
        let around = Around { act, id, registered, old, reads: Reads::new(state) };
        let mut completed = Vec::with_capacity(periods.len());
        let mut scope_area = None;
        let count = periods.len();
        let refresh = matches!(act.change, Change::Refresh);
        for (index, period) in periods.into_iter().enumerate() {
            if !refresh && before.is_some_and(|loaded| unchanged_period(loaded, &period)) {
                completed.push(period);
                continue;
            }
            let (period, area) =
                self.completed_period(&around, period, (index == 0, index + 1 == count), violations)?;
            scope_area = area;
            completed.push(period);
        }
        for pair in completed.windows(2) {
            if pair[0].valid_to > pair[1].valid_from {
                violations.push(format!("{}meta.valid_from", act.prefix), Reason::DateOrder);
            }
        }
        // Where fields of its own state the days, the slice says which of them is wrong.
        let states_days = act.spec.since.is_some() && act.spec.until.is_some();
        if !states_days && completed.iter().any(|period| period.valid_from > period.valid_to) {
            violations.push(format!("{}meta.valid_to", act.prefix), Reason::DateOrder);
        }
        Ok((completed, scope_area))
    }

    fn completed_period(
        &self,
        around: &Around<'_>,
        mut period: Period,
        (first, last): (bool, bool),
        violations: &mut Violations,
    ) -> Known<(Period, Option<String>)> {
        let Around { act, id, registered, old, reads } = around;
        let old = old.as_deref();
        let mut record = period.record.copy();
        if let (Some(until), true) = (act.spec.until, last) {
            let open = period.valid_to == FOREVER;
            record.set(until, if open { Value::Null } else { Value::Text(period.valid_to.clone()) });
        }
        head(record.as_mut(), act.spec, id, &period);
        let mut found = Violations::default();
        check_days(act, &period, &mut found);
        let mut broken = Violations::default();
        (registered.complete)(record.as_mut(), old, self.context, reads, &mut broken)?;
        // The day that opens it may be one that only the service can tell.
        let since = act.spec.since.filter(|_| first).and_then(|leaf| text_of(record.as_ref(), leaf));
        if let Some(since) = since.filter(|since| *since != period.valid_from) {
            period.valid_from = since;
            head(record.as_mut(), act.spec, id, &period);
        }
        // What stood when it was written is asked anew, and not refused for what became known of others.
        let refresh = matches!(act.change, Change::Refresh);
        let kept = old.filter(|_| !refresh);
        beneficiary::complete(record.as_mut(), kept, self.secrets, reads, &mut broken)?;
        if !refresh {
            let validation = Validation { codes: self.codes, today: self.context.today, prefix: &act.prefix };
            validation.record(record.as_ref(), old, &mut found);
            self.check_area(act, record.as_ref(), old, reads, &mut found)?;
            self.check_milestones(act, record.as_ref(), old, &mut found);
            (registered.check)(record.as_ref(), old, self.context, reads, &mut broken)?;
        }
        // Rules know the record's own paths only.
        found.extend_below(act.prefix.trim_end_matches('.'), broken);
        // A correction reaches several periods and is told once.
        for violation in found.into_vec() {
            if !violations.iter().any(|known| *known == violation) {
                violations.add(violation);
            }
        }
        let scope_area = match (registered.scope_area)(record.as_ref(), self.context, reads)? {
            None => beneficiary::scope_area(record.as_ref(), reads)?,
            own => own,
        };
        Ok((Period { record: Arc::from(record), ..period }, scope_area))
    }

    /// The days that bring a state come from the verbs that have the power for them. Only who may transcribe paper states
    /// them with the record.
    fn check_milestones(
        &self,
        act: &Act,
        record: &dyn AnyRecord,
        old: Option<&dyn AnyRecord>,
        violations: &mut Violations,
    ) {
        let power = import_permission(act.spec);
        let states = matches!(act.change, Change::Create(_) | Change::From { .. } | Change::Correct { .. });
        if !states || act.permission.is_empty() || self.context.caller.may(power) {
            return;
        }
        for day in act.spec.states.iter().filter_map(|state| state.day) {
            let stated = record.get(day);
            let stood = old.map(|old| old.get(day)).unwrap_or(Value::Null);
            let leaf = &act.spec.leaves[day];
            if !leaf.output_only && stated != stood {
                violations.push(format!("{}{}", act.prefix, leaf.path), Reason::FieldOutputOnly);
            }
        }
        self.check_money_powers(act, record, old, violations);
    }

    /// What was approved and what was paid come from those who have the power to approve and to pay.
    fn check_money_powers(
        &self,
        act: &Act,
        record: &dyn AnyRecord,
        old: Option<&dyn AnyRecord>,
        violations: &mut Violations,
    ) {
        let programme = act.spec.write_permission.trim_end_matches(".write");
        let may = |power: &str| self.context.caller.may(&format!("{programme}.{power}"));
        let stood = |leaf: usize| old.map(|old| old.get(leaf)).unwrap_or(Value::Null);
        if let Some(approved) = act.spec.leaf("award.approved_fen")
            && record.get(approved) != stood(approved)
            && !may("approve")
        {
            violations.push(format!("{}award.approved_fen", act.prefix), Reason::FieldOutputOnly);
        }
        if let Some(payments) = act.spec.child("payments") {
            let mask = Mask { children: vec![payments], ..Mask::default() };
            let other = match old {
                Some(old) => !differences(old, record, &mask).is_empty(),
                None => record.child_count(payments) > 0,
            };
            if other && !may("pay") {
                violations.push(format!("{}payments", act.prefix), Reason::FieldOutputOnly);
            }
        }
    }

    fn check_area(
        &self,
        act: &Act,
        record: &dyn AnyRecord,
        old: Option<&dyn AnyRecord>,
        reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        let path = format!("{}meta.area", act.prefix);
        let area = record.meta().map(|meta| meta.area.clone()).unwrap_or_default();
        if area.is_empty() {
            violations.push(path, Reason::FieldRequired);
            return Ok(());
        }
        if old.and_then(AnyRecord::meta).is_some_and(|meta| meta.area == area) {
            return Ok(());
        }
        if AreaCode::parse(&area).is_none() {
            violations.push(path, Reason::AreaUnknown).add("area", &area);
            return Ok(());
        }
        if !act.permission.is_empty() && !self.in_scope(&area) {
            violations.push(path, Reason::AreaForbidden).add("area", &area);
            return Ok(());
        }
        // A division cannot be asked to exist before it is made.
        if act.spec.named_by.is_none() && reads.division(&area)?.is_none() {
            violations.push(path, Reason::AreaUnknown).add("area", &area);
        }
        Ok(())
    }
}

/// Tells a record its name and its days, so that rules may read them.
fn head(record: &mut dyn AnyRecord, spec: &Spec, id: &str, period: &Period) {
    let meta = record.meta_mut();
    meta.valid_from = period.valid_from.clone();
    meta.valid_to = if period.valid_to == FOREVER { String::new() } else { period.valid_to.clone() };
    let meta = meta.clone();
    record.set_head(format!("{}/{id}", spec.collection), meta, String::new(), 0);
}

fn text_of(record: &dyn AnyRecord, leaf: usize) -> Option<String> {
    record.get(leaf).as_text().map(str::to_owned)
}

/// Days that come from the head; one that a leaf states is checked with the leaf.
fn check_days(act: &Act, period: &Period, violations: &mut Violations) {
    let day = |text: &str| CivilDate::parse(text).is_some();
    if (act.spec.since.is_none() && !day(&period.valid_from)) || period.valid_from.as_str() >= FOREVER {
        violations.push(format!("{}meta.valid_from", act.prefix), Reason::DateInvalid);
    }
    if !day(&period.valid_to) {
        violations.push(format!("{}meta.valid_to", act.prefix), Reason::DateInvalid);
    }
}
