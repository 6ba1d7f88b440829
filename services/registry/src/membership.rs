//! Who belongs to which household, from when to when.

use kernel::failure::{Reason, Violations};
use proto::common::HouseholdSection;
use proto::xiuhua::registry::v1::membership_service_server::MembershipServiceServer;
use record::Registered;
use record::codec::FOREVER;
use record::facts::Facts;
use record::rules::{Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads, last_of};
use store::Migration;

use crate::contract::{Households, MembershipApi, Memberships, PERSON_SPEC, Persons, membership};

pub(crate) mod indicators;

static FACTS: Facts = Facts {
    with: Some((membership::PERSON, &PERSON_SPEC)),
    ..Facts::records(HouseholdSection::Members, membership::HOUSEHOLD)
};

/// The blind index of a person's ID number, as the feed names it.
pub(crate) fn number_of(
    person: &str,
    context: &Context<'_>,
    reads: &Reads<'_>,
) -> Known<Option<(&'static str, String)>> {
    let Some(loaded) = reads.record::<Persons>(person)? else { return Ok(None) };
    let Some(known) = last_of::<Persons>(&loaded) else { return Ok(None) };
    let keys = context.keys::<Persons>(known);
    Ok(keys.into_iter().find(|(kind, _)| *kind == "id_number"))
}

/// The persons who are members of a household on a day, by name.
pub(crate) fn members_on(household: &str, day: &str, reads: &Reads<'_>) -> Known<Vec<String>> {
    let links = reads.linked::<Memberships>(membership::HOUSEHOLD, household)?;
    let there = links.iter().filter(|link| link.on(day).is_some());
    Ok(there.filter_map(|link| last_of::<Memberships>(link).map(|known| known.person.clone())).collect())
}

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<Memberships>(),
        migration: Migration {
            name: "registry/membership",
            sql: include_str!("../migrations/membership.sql"),
        },
        indicators: indicators::ALL,
        facts: Some(&FACTS),
        serve: |service, engine| service.add(MembershipServiceServer::new(MembershipApi(engine))),
    }
}

impl Rules for Memberships {
    /// A membership happens where its household is.
    fn complete(
        record: &mut Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        reads: &Reads<'_>,
        _violations: &mut Violations,
    ) -> Known<()> {
        if record.meta.as_ref().is_none_or(|meta| meta.area.is_empty())
            && let Some(household) = reads.record::<Households>(&record.household)?
            && let Some(meta) = last_of::<Households>(&household).and_then(|known| known.meta.as_ref())
        {
            record.meta.get_or_insert_default().area = meta.area.clone();
        }
        Ok(())
    }

    /// Whose facts may have been an outsider's until now.
    fn tells(
        record: &Self::Record,
        _old: Option<&Self::Record>,
        context: &Context<'_>,
        reads: &Reads<'_>,
    ) -> Known<Vec<(&'static str, String)>> {
        Ok(number_of(&record.person, context, reads)?.into_iter().collect())
    }

    /// Invariant 1: a person has at most one active membership in the prefecture.
    fn check(
        record: &Self::Record,
        old: Option<&Self::Record>,
        _context: &Context<'_>,
        reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        if old.is_none() {
            if reads.record::<Households>(&record.household)?.is_none() {
                violations.push("household", Reason::ReferenceNotFound).add("collection", "households");
            }
            if reads.record::<Persons>(&record.person)?.is_none() {
                violations.push("person", Reason::ReferenceNotFound).add("collection", "persons");
                return Ok(());
            }
        }
        let meta = record.meta.clone().unwrap_or_default();
        let ends = if meta.valid_to.is_empty() { FOREVER } else { &meta.valid_to };
        for other in reads.linked::<Memberships>(membership::PERSON, &record.person)? {
            if record.name == format!("memberships/{}", other.id) {
                continue;
            }
            let overlaps = other
                .periods
                .iter()
                .any(|period| period.valid_from.as_str() < ends && meta.valid_from < period.valid_to);
            if overlaps {
                violations.push("person", Reason::MembershipOverlaps);
            }
        }
        Ok(())
    }
}
