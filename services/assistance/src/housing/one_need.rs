//! Invariant 6: no household has both a relocation and a renovation for the same need. Whichever is written later is
//! refused, so each of the two kinds of record asks for the other: under the key that the case has, and under that of
//! somebody outside the register, which a case opened before the household was registered keeps.

use kernel::failure::{Reason, Violations};
use proto::common::{Beneficiary, Schedule};
use record::beneficiary::outsider_key;
use record::rules::Context;
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
    context: &Context<'_>,
    reads: &Reads<'_>,
    violations: &mut Violations,
) -> Known<()> {
    let Some(whom) = Own::parts(record).0.filter(|_| stands::<Own>(record)) else { return Ok(()) };
    let by_number = || outsider_key(context.secrets, &whom.id_number);
    let keys = [
        (!whom.distinct_key.is_empty()).then(|| whom.distinct_key.clone()),
        (!whom.id_number.is_empty()).then(by_number).filter(|key| *key != whom.distinct_key),
    ];
    // Both are asked before either is missed.
    let found = keys.iter().flatten().map(|key| reads.linked::<Other>(Other::KEY, key));
    let found: Vec<_> = found.collect();
    let mut others = Vec::new();
    for known in found {
        others.extend(known?);
    }
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

    fn refused<Own: HouseCase, Other: HouseCase>(world: &World, record: &Own::Record) -> Vec<Reason> {
        let told = world.with_context(|context| {
            world.run(|reads, violations| check::<Own, Other>(record, context, reads, violations))
        });
        reasons(&told)
    }

    /// The key of the same number outside the register.
    fn outsider(world: &World) -> String {
        let number = beneficiary(HOUSEHOLD).unwrap().id_number;
        world.with_context(|context| outsider_key(context.secrets, &number))
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
            let found = refused::<RelocationCases, RenovationCases>(&world, &relocation(HOUSEHOLD, own));
            prop_assert_eq!(found, expected.clone());

            let mut world = World::default();
            others.iter().for_each(|(same, cancelled)| world.add::<RelocationCases>(relocation(of(*same), *cancelled)));
            let found = refused::<RenovationCases, RelocationCases>(&world, &renovation(HOUSEHOLD, own));
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_was_read_is_guarded() {
        let world = World::default();
        let record = relocation(HOUSEHOLD, false);
        let guards = world.with_context(|context| {
            world.guards(|reads, violations| {
                check::<RelocationCases, RenovationCases>(&record, context, reads, violations)
            })
        });
        let keys = [HOUSEHOLD.to_owned(), outsider(&world)];
        assert_eq!(guards, keys.map(|key| format!("renovationCases.beneficiary_distinct_key={key}")));
    }

    #[test]
    fn a_case_opened_before_registration_is_found_by_the_number() {
        for (cancelled, expected) in [(false, vec![Reason::RelocationAndRenovation]), (true, Vec::new())] {
            let mut world = World::default();
            let mut early = renovation("", cancelled);
            early.beneficiary.as_mut().unwrap().distinct_key = outsider(&world);
            world.add::<RenovationCases>(early);
            let found = refused::<RelocationCases, RenovationCases>(&world, &relocation(HOUSEHOLD, false));
            assert_eq!(found, expected);
        }
        // Another number's is none of theirs.
        let mut world = World::default();
        world.add::<RenovationCases>(renovation("", false));
        assert_eq!(refused::<RelocationCases, RenovationCases>(&world, &relocation(HOUSEHOLD, false)), []);
    }
}
