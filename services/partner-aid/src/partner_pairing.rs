//! Pairings with the partner city (结对关系): one of ours with one of the partner's, from a day to a day, many to many.

use kernel::failure::{Reason, Violations};
use proto::xiuhua::partneraid::v1 as p;
use proto::xiuhua::partneraid::v1::partner_pairing_service_server::PartnerPairingServiceServer;
use record::codec::FOREVER;
use record::rules::{Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads, last_of};
use record::{Registered, Resource};
use store::Migration;

use crate::contract::{PartnerPairingApi, PartnerPairings, partner_pairing};

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<PartnerPairings>(),
        migration: Migration {
            name: "partner_aid/partner_pairing",
            sql: include_str!("../migrations/partner_pairing.sql"),
        },
        indicators: &[],
        facts: None,
        serve: |service, engine| service.add(PartnerPairingServiceServer::new(PartnerPairingApi(engine))),
    }
}

impl Rules for PartnerPairings {
    /// The same two are paired once at a time.
    fn check(
        record: &Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        if !record.ends_on.is_empty() && record.ends_on <= record.starts_on {
            violations.push("ends_on", Reason::DateOrder).add("earlier", "结对日期").add("later", "终止日期");
        }
        if record.our_party.is_empty() {
            return Ok(());
        }
        for other in reads.linked::<PartnerPairings>(partner_pairing::OUR_PARTY, &record.our_party)? {
            let itself = record.name == format!("{}/{}", Self::SPEC.collection, other.id);
            let known = last_of::<PartnerPairings>(&other).filter(|_| !itself);
            if known
                .is_some_and(|known| known.partner_party == record.partner_party && overlap(known, record))
            {
                violations.push("partner_party", Reason::ValueTaken).add("key", "结对关系");
                break;
            }
        }
        Ok(())
    }
}

/// Whether there is a day on which both hold.
fn overlap(one: &p::PartnerPairing, other: &p::PartnerPairing) -> bool {
    one.starts_on.as_str() < end(other) && other.starts_on.as_str() < end(one)
}

fn end(pairing: &p::PartnerPairing) -> &str {
    if pairing.ends_on.is_empty() { FOREVER } else { &pairing.ends_on }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::World;

    fn pairing(partner: &str, starts_on: &str, ends_on: &str) -> p::PartnerPairing {
        p::PartnerPairing {
            kind: p::PartnerPairingKind::County.into(),
            our_party: "和龙市".to_owned(),
            partner_party: partner.to_owned(),
            starts_on: starts_on.to_owned(),
            ends_on: ends_on.to_owned(),
            ..p::PartnerPairing::default()
        }
    }

    #[test]
    fn the_same_two_are_paired_once_at_a_time() {
        let mut world = World::default();
        let first = world.create::<PartnerPairings>(pairing("慈溪市", "2016-03-30", "2017-03-30")).unwrap();
        assert!(world.create::<PartnerPairings>(pairing("余姚市", "2016-05-01", "")).is_ok());
        assert!(world.create::<PartnerPairings>(pairing("慈溪市", "2017-03-30", "")).is_ok());
        let taken = vec![("partner_party".to_owned(), Reason::ValueTaken)];
        let again = pairing("慈溪市", "2017-03-29", "2017-03-30");
        assert_eq!(world.create::<PartnerPairings>(again).unwrap_err(), taken);
        // A pairing does not stand in its own way, but in that of the one after it.
        let longer = |until: &str| p::PartnerPairing { ends_on: until.to_owned(), ..first.clone() };
        assert!(world.correct::<PartnerPairings>(longer("2017-01-01"), &["ends_on"]).is_ok());
        assert_eq!(world.correct::<PartnerPairings>(longer(""), &["ends_on"]).unwrap_err(), taken);
        assert!(world.end::<PartnerPairings>(&first.name, "2016-12-31").is_ok());
        assert_eq!(world.last::<PartnerPairings>(&first.name).ends_on, "2016-12-31");
    }

    #[test]
    fn a_pairing_ends_after_it_began() {
        for (starts_on, ends_on) in [("2017-03-30", "2017-03-30"), ("2017-03-30", "2017-03-29")] {
            let found = World::default().create::<PartnerPairings>(pairing("慈溪市", starts_on, ends_on));
            assert!(found.unwrap_err().contains(&("ends_on".to_owned(), Reason::DateOrder)));
        }
    }

    proptest! {
        #[test]
        fn pairings_overlap_where_a_day_is_in_both(
            (one, other) in ((1..20u32, 1..20u32), (1..20u32, 1..20u32)),
            open in any::<bool>(),
        ) {
            let day = |number: u32| format!("2017-03-{number:02}");
            let of = |(from, length): (u32, u32), open: bool| {
                pairing("慈溪市", &day(from), &if open { String::new() } else { day((from + length).min(31)) })
            };
            let (one, other) = (of(one, open), of(other, false));
            let holds = |pairing: &p::PartnerPairing, day: &str| {
                pairing.starts_on.as_str() <= day && day < end(pairing)
            };
            let both = (1..=31).map(day).any(|day| holds(&one, &day) && holds(&other, &day));
            prop_assert_eq!(overlap(&one, &other), both);
            prop_assert_eq!(overlap(&other, &one), both);
        }
    }
}
