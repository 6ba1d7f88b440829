//! Invariant 6: no household has both a relocation and a renovation for the same need. Whichever is written later is
//! refused, so each of the two kinds of record asks for the other.

use kernel::failure::{Reason, Violations};
use proto::common::{Beneficiary, Schedule};
use record::state::{Known, Reads, last_of};
use record::{Column, Resource};

use crate::contract::{RelocationCases, RenovationCases, relocation_case, renovation_case};

/// A record kind that gives a household another house or a better one.
pub(super) trait HouseCase: Resource {
    /// Column by which a household's cases are found.
    const KEY: Column;
    /// Whose it is and how far it has come.
    fn parts(record: &Self::Record) -> (Option<&Beneficiary>, Option<&Schedule>);
}

impl HouseCase for RelocationCases {
    const KEY: Column = relocation_case::BENEFICIARY_DISTINCT_KEY;
    fn parts(record: &Self::Record) -> (Option<&Beneficiary>, Option<&Schedule>) {
        (record.beneficiary.as_ref(), record.schedule.as_ref())
    }
}

impl HouseCase for RenovationCases {
    const KEY: Column = renovation_case::BENEFICIARY_DISTINCT_KEY;
    fn parts(record: &Self::Record) -> (Option<&Beneficiary>, Option<&Schedule>) {
        (record.beneficiary.as_ref(), record.schedule.as_ref())
    }
}

/// Refuses a case where the household has one of the other kind and neither is cancelled.
pub(super) fn check<Own: HouseCase, Other: HouseCase>(
    record: &Own::Record,
    reads: &Reads<'_>,
    violations: &mut Violations,
) -> Known<()> {
    let key = Own::parts(record).0.map(|beneficiary| beneficiary.distinct_key.as_str()).unwrap_or_default();
    if key.is_empty() || !stands::<Own>(record) {
        return Ok(());
    }
    let others = reads.linked::<Other>(Other::KEY, key)?;
    if others.iter().filter_map(|other| last_of::<Other>(other)).any(stands::<Other>) {
        violations.push("beneficiary.id_number", Reason::RelocationAndRenovation);
    }
    Ok(())
}

fn stands<Case: HouseCase>(record: &Case::Record) -> bool {
    Case::parts(record).1.is_none_or(|schedule| schedule.cancelled_on.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proto::xiuhua::assistance::housing::v1 as p;

    use super::*;
    use crate::world::{HOUSEHOLD, World, beneficiary, reasons};

    fn schedule(cancelled: bool) -> Option<Schedule> {
        let cancelled_on = if cancelled { "2016-06-01".to_owned() } else { String::new() };
        Some(Schedule { cancelled_on, ..Schedule::default() })
    }

    fn renovation(household: &str, cancelled: bool) -> p::RenovationCase {
        p::RenovationCase {
            beneficiary: beneficiary(household),
            schedule: schedule(cancelled),
            ..p::RenovationCase::default()
        }
    }

    fn relocation(household: &str, cancelled: bool) -> p::RelocationCase {
        p::RelocationCase {
            beneficiary: beneficiary(household),
            schedule: schedule(cancelled),
            ..p::RelocationCase::default()
        }
    }

    proptest! {
        /// Whichever is written later, and only where both stand and are one household's.
        #[test]
        fn both_are_refused_in_either_order(own in any::<bool>(), others in proptest::collection::vec((any::<bool>(), any::<bool>()), 0..4)) {
            let of = |same: bool| if same { HOUSEHOLD } else { "households/other" };
            let both = !own && others.iter().any(|(same, cancelled)| *same && !cancelled);
            let expected = if both { vec![Reason::RelocationAndRenovation] } else { Vec::new() };

            let mut world = World::default();
            others.iter().for_each(|(same, cancelled)| world.add::<RenovationCases>(renovation(of(*same), *cancelled)));
            let found = world.run(|reads, violations| {
                check::<RelocationCases, RenovationCases>(&relocation(HOUSEHOLD, own), reads, violations)
            });
            prop_assert_eq!(reasons(&found), expected.clone());

            let mut world = World::default();
            others.iter().for_each(|(same, cancelled)| world.add::<RelocationCases>(relocation(of(*same), *cancelled)));
            let found = world.run(|reads, violations| {
                check::<RenovationCases, RelocationCases>(&renovation(HOUSEHOLD, own), reads, violations)
            });
            prop_assert_eq!(reasons(&found), expected);
        }
    }

    #[test]
    fn what_was_read_is_guarded() {
        let world = World::default();
        let guards = world.guards(|reads, violations| {
            check::<RelocationCases, RenovationCases>(&relocation(HOUSEHOLD, false), reads, violations)
        });
        assert_eq!(guards, [format!("renovationCases.beneficiary_distinct_key={HOUSEHOLD}")]);
    }
}
