//! Whom a benefit reaches. The words of the form are kept; household and person are found by the ID number, with the
//! household's standing on the day that opened the fact, as known when it is written. Every record that declares a
//! `beneficiary` is completed here; its slice says nothing of it.

use kernel::failure::{Reason, Violations};
use proto::common::HouseholdStatus;

use crate::codec::Secrets;
use crate::resource::AnyRecord;
use crate::spec::{Shape, Spec};
use crate::state::{Known, Reads};
use crate::surroundings::{Ask, Reply, Standing, StandingAsk, StandingReply, Who};
use crate::value::Value;

/// The leaves of `common.v1.Beneficiary`, in the order of the contract.
struct Leaves {
    household: usize,
    person: usize,
    id_number: usize,
    standing_on: usize,
    standing: usize,
    distinct_key: usize,
}

impl Leaves {
    fn of(spec: &Spec) -> Option<Self> {
        let first = spec.beneficiary?;
        // full_name stands between person and id_number.
        Some(Self {
            household: first,
            person: first + 1,
            id_number: first + 3,
            standing_on: first + 4,
            standing: first + 5,
            distinct_key: first + 6,
        })
    }
    /// What only the registry tells.
    fn told(&self) -> [usize; 5] {
        [self.household, self.person, self.standing, self.standing_on, self.distinct_key]
    }
}

/// The day that opens a fact: a Work's and a Grant's approval, before that the first day that it has.
fn opening_day(record: &dyn AnyRecord) -> String {
    let spec = record.spec();
    let named: &[&str] = match spec.shape {
        Shape::Work => &["schedule.approved_on"],
        Shape::Grant => &["award.approved_on", "award.applied_on"],
        Shape::Register | Shape::Link | Shape::Event | Shape::Case => &[],
    };
    let days = named.iter().filter_map(|path| spec.leaf(path)).chain(spec.since);
    days.map(|leaf| text(record, leaf)).find(|day| !day.is_empty()).unwrap_or_default()
}

fn text(record: &dyn AnyRecord, leaf: usize) -> String {
    record.get(leaf).as_text().map(str::to_owned).unwrap_or_default()
}

/// Fills what the registry knows of a beneficiary on the day that opens its fact. A person outside the registry is
/// normal; one who fits several households is refused. What is known already (`old`) is not asked again.
pub(crate) fn complete(
    record: &mut dyn AnyRecord,
    old: Option<&dyn AnyRecord>,
    secrets: &Secrets,
    reads: &Reads<'_>,
    violations: &mut Violations,
) -> Known<()> {
    let Some(leaves) = Leaves::of(record.spec()) else { return Ok(()) };
    let on = opening_day(record);
    let number = record.get(leaves.id_number);
    let same = |old: &&dyn AnyRecord| {
        old.get(leaves.id_number) == number
            && old.get(leaves.standing_on).as_text() == Some(on.as_str())
            && !old.get(leaves.distinct_key).is_null()
    };
    if let Some(old) = old.filter(same) {
        leaves.told().into_iter().for_each(|leaf| record.set(leaf, old.get(leaf)));
        return Ok(());
    }
    let reply = standing(record, &leaves, &on, reads)?.cloned();
    record.set(leaves.standing_on, optional(on));
    match reply {
        Some(StandingReply::Found(known)) => {
            record.set(leaves.household, Value::Text(known.household));
            record.set(leaves.person, optional(known.person.unwrap_or_default()));
            record.set(leaves.standing, Value::Integer(i64::from(i32::from(known.status))));
        }
        Some(StandingReply::Ambiguous) => {
            violations
                .push("beneficiary.id_number", Reason::ReferenceAmbiguous)
                .add("collection", "households");
        }
        Some(StandingReply::NotRegistered) | None => {
            record.set(leaves.household, Value::Null);
            record.set(leaves.person, Value::Null);
            record.set(leaves.standing, Value::Integer(i64::from(i32::from(HouseholdStatus::Unspecified))));
        }
    }
    let household = text(record, leaves.household);
    let number = text(record, leaves.id_number);
    record.set(
        leaves.distinct_key,
        match (household.is_empty(), number.is_empty()) {
            (false, _) => Value::Text(household),
            (true, false) => Value::Text(outsider_key(secrets, &number)),
            (true, true) => Value::Null,
        },
    );
    Ok(())
}

/// What a distinct count counts of somebody outside the registry.
pub fn outsider_key(secrets: &Secrets, id_number: &str) -> String {
    format!("id:{}", secrets.index.index("id_number", id_number))
}

/// The division of the beneficiary's household, whose officers may see and change the fact.
pub(crate) fn scope_area(record: &dyn AnyRecord, reads: &Reads<'_>) -> Known<Option<String>> {
    let Some(leaves) = Leaves::of(record.spec()) else { return Ok(None) };
    let on = text(record, leaves.standing_on);
    match standing(record, &leaves, &on, reads)? {
        Some(StandingReply::Found(Standing { area, .. })) if !area.is_empty() => Ok(Some(area.clone())),
        _ => Ok(None),
    }
}

fn standing<'s>(
    record: &dyn AnyRecord,
    leaves: &Leaves,
    on: &str,
    reads: &Reads<'s>,
) -> Known<Option<&'s StandingReply>> {
    let (number, household) = (text(record, leaves.id_number), text(record, leaves.household));
    let who = match (number.is_empty(), household.is_empty()) {
        (false, _) => Who::IdNumber(number),
        (true, false) => Who::Household(household),
        (true, true) => return Ok(None),
    };
    if on.is_empty() {
        return Ok(None);
    }
    ask(who, on, reads).map(Some)
}

/// The registry's answer for somebody on a day.
pub fn ask<'s>(who: Who, on: &str, reads: &Reads<'s>) -> Known<&'s StandingReply> {
    match reads.outside(&Ask::Standing(StandingAsk { who, on: on.to_owned() }))? {
        Reply::Standing(reply) => Ok(reply),
        // Never sent for a standing; it is no answer.
        Reply::Place(_) | Reply::Division(_) => Ok(&StandingReply::NotRegistered),
    }
}

fn optional(text: String) -> Value {
    if text.is_empty() { Value::Null } else { Value::Text(text) }
}
