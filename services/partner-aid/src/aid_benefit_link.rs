//! Households that benefit, or are to benefit, from aid projects (受益户), with the persons of the household who do. Only
//! registered households and their members: a project's list is not a second register.

use kernel::failure::{Reason, Violations};
use kernel::id_number::IdNumber;
use proto::common::Beneficiary;
use proto::xiuhua::partneraid::v1 as p;
use proto::xiuhua::partneraid::v1::aid_benefit_link_service_server::AidBenefitLinkServiceServer;
use record::beneficiary::{ask, outsider_key};
use record::facts::{Benefit, Facts};
use record::resource::{AnyRecord, typed};
use record::rules::{Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads};
use record::surroundings::{StandingReply, Who};
use record::{Registered, Resource};
use store::Migration;

use crate::contract::{AidBenefitLinkApi, AidBenefitLinks, AidProjects, aid_benefit_link};

pub(crate) mod indicators;
mod sheet;
#[cfg(test)]
mod tests;

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<AidBenefitLinks>(),
        migration: Migration {
            name: "partner_aid/aid_benefit_link",
            sql: include_str!("../migrations/aid_benefit_link.sql"),
        },
        indicators: indicators::ALL,
        facts: Some(&FACTS),
        serve: |service, engine| service.add(AidBenefitLinkServiceServer::new(AidBenefitLinkApi(engine))),
    }
}

static FACTS: Facts = Facts::benefit(aid_benefit_link::BENEFICIARY_HOUSEHOLD, benefit);

/// How the household takes part. Expected income is a forecast and no amount that anybody gave.
fn benefit(record: &dyn AnyRecord) -> Benefit {
    let Some(link) = typed::<AidBenefitLinks>(record) else { return Benefit::default() };
    Benefit {
        title: link.mechanism.clone(),
        year: link.starts_on.get(..4).and_then(|year| year.parse().ok()),
        approved_fen: None,
        paid_fen: None,
    }
}

type Record = <AidBenefitLinks as Resource>::Record;

impl Rules for AidBenefitLinks {
    /// The persons as the registry knows them on the first day. It is asked for all of them at once.
    fn complete(
        record: &mut Self::Record,
        old: Option<&Self::Record>,
        context: &Context<'_>,
        reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        // Who stood for this day is not refused for others who turned up since.
        let stood = |id_number: &str| {
            let same_day = old.filter(|old| old.starts_on == record.starts_on);
            same_day.is_some_and(|old| old.persons.iter().any(|person| person.id_number == id_number))
        };
        let mut missing = None;
        for (index, person) in record.persons.iter_mut().enumerate() {
            (person.person, person.distinct_key) = Default::default();
            if !may_ask(&person.id_number, &record.starts_on) {
                continue;
            }
            match ask(Who::IdNumber(person.id_number.clone()), &record.starts_on, reads) {
                Ok(StandingReply::Found(known)) => {
                    person.person = known.person.clone().unwrap_or_default();
                }
                Ok(StandingReply::Ambiguous) if !stood(&person.id_number) => {
                    violations
                        .push(format!("persons[{index}].id_number"), Reason::ReferenceAmbiguous)
                        .add("collection", "persons");
                }
                Ok(StandingReply::NotRegistered | StandingReply::Ambiguous) => {}
                Err(not_loaded) => missing = Some(not_loaded),
            }
            person.distinct_key = if person.person.is_empty() {
                outsider_key(context.secrets, &person.id_number)
            } else {
                person.person.clone()
            };
        }
        missing.map_or(Ok(()), Err)
    }

    fn check(
        record: &Self::Record,
        old: Option<&Self::Record>,
        _context: &Context<'_>,
        reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        if !record.ends_on.is_empty() && record.ends_on <= record.starts_on {
            violations
                .push("ends_on", Reason::DateOrder)
                .add("earlier", "受益起始日期")
                .add("later", "受益终止日期");
        }
        let project = match old {
            // It never changes.
            Some(_) => Ok(true),
            None => reads.record::<AidProjects>(&record.project).map(|found| found.is_some()),
        };
        let persons = check_persons(record, old, reads, violations);
        if !record.project.is_empty() && !project? {
            violations
                .push("project", Reason::ReferenceNotFound)
                .add("collection", AidProjects::SPEC.collection);
        }
        persons
    }
}

/// The words by which the registry was asked for the household.
fn asked(record: &Record) -> (&str, &str) {
    (record.beneficiary.as_ref().map_or("", |whom| whom.id_number.as_str()), &record.starts_on)
}

/// The household is registered and the persons are of it, on the first day. What stood when it was written is not
/// refused for what became known of others since.
fn check_persons(
    record: &Record,
    old: Option<&Record>,
    reads: &Reads<'_>,
    violations: &mut Violations,
) -> Known<()> {
    let old = old.filter(|old| asked(old) == asked(record));
    let none = Beneficiary::default();
    let whom = record.beneficiary.as_ref().unwrap_or(&none);
    let unknown = whom.household.is_empty() && old.is_none();
    if unknown && whom.id_number.is_empty() {
        violations.push("beneficiary.id_number", Reason::FieldRequired);
    } else if unknown && may_ask(&whom.id_number, &record.starts_on) {
        violations.push("beneficiary.household", Reason::ReferenceNotFound).add("collection", "households");
    }
    for (index, person) in record.persons.iter().enumerate() {
        let path = |leaf: &str| format!("persons[{index}].{leaf}");
        if person.full_name.is_empty() {
            violations.push(path("full_name"), Reason::FieldRequired);
        }
        if person.id_number.is_empty() {
            violations.push(path("id_number"), Reason::FieldRequired);
            continue;
        }
        let same = |other: &p::AidBeneficiaryPerson| other.id_number == person.id_number;
        if record.persons[..index].iter().any(same) {
            violations.push(path("id_number"), Reason::ValueTaken).add("key", "persons.id_number");
        } else if !old.is_some_and(|old| old.persons.iter().any(same))
            && !whom.household.is_empty()
            && !is_member(&person.id_number, &whom.household, &record.starts_on, reads)?
        {
            violations.push(path("id_number"), Reason::PersonNotMember);
        }
    }
    Ok(())
}

/// Whether there is a number and a day to ask for; where not, that is told by itself.
fn may_ask(id_number: &str, on: &str) -> bool {
    IdNumber::parse(id_number).is_ok() && !on.is_empty()
}

fn is_member(id_number: &str, household: &str, on: &str, reads: &Reads<'_>) -> Known<bool> {
    if !may_ask(id_number, on) {
        return Ok(true);
    }
    Ok(match ask(Who::IdNumber(id_number.to_owned()), on, reads)? {
        StandingReply::Found(known) => known.household == household,
        StandingReply::NotRegistered | StandingReply::Ambiguous => false,
    })
}
