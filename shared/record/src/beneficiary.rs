//! Whom a benefit reaches. The words of the form are kept; household and person are found by the ID number, with the
//! household's standing on the day that opened the fact, as known when it is written.

use kernel::failure::{Reason, Violations};
use proto::common::{Beneficiary, HouseholdStatus};

use crate::codec::Secrets;
use crate::state::{Known, Reads};
use crate::surroundings::{Ask, Reply, Standing, StandingAsk, StandingReply, Who};

/// The question that a beneficiary puts to the registry, for the day that opens its fact.
fn ask(beneficiary: &Beneficiary, on: &str) -> Option<Ask> {
    let who = if !beneficiary.id_number.is_empty() {
        Who::IdNumber(beneficiary.id_number.clone())
    } else if !beneficiary.household.is_empty() {
        Who::Household(beneficiary.household.clone())
    } else {
        return None;
    };
    Some(Ask::Standing(StandingAsk { who, on: on.to_owned() }))
}

/// Fills what the registry knows of a beneficiary on the day that opens its fact. A person outside the registry is
/// normal; one who fits several households is refused.
pub fn complete(
    beneficiary: &mut Beneficiary,
    old: Option<&Beneficiary>,
    on: &str,
    secrets: &Secrets,
    reads: &Reads<'_>,
    violations: &mut Violations,
) -> Known<()> {
    let same = |old: &Beneficiary| {
        old.id_number == beneficiary.id_number && old.standing_on == on && !old.distinct_key.is_empty()
    };
    if let Some(old) = old.filter(|old| same(old)) {
        // Known when it was written; a later restatement of the registry is told by its feed.
        beneficiary.household.clone_from(&old.household);
        beneficiary.person.clone_from(&old.person);
        beneficiary.standing = old.standing;
        beneficiary.standing_on.clone_from(&old.standing_on);
        beneficiary.distinct_key.clone_from(&old.distinct_key);
        return Ok(());
    }
    on.clone_into(&mut beneficiary.standing_on);
    match standing(beneficiary, on, reads)? {
        Some(StandingReply::Found(known)) => {
            beneficiary.household.clone_from(&known.household);
            beneficiary.person = known.person.clone().unwrap_or_default();
            beneficiary.standing = known.status.into();
        }
        Some(StandingReply::Ambiguous) => {
            violations
                .push("beneficiary.id_number", Reason::ReferenceAmbiguous)
                .add("collection", "households");
        }
        Some(StandingReply::NotRegistered) | None => {
            beneficiary.household.clear();
            beneficiary.person.clear();
            beneficiary.standing = HouseholdStatus::Unspecified.into();
        }
    }
    beneficiary.distinct_key = if beneficiary.household.is_empty() {
        format!("id:{}", secrets.index.index("id_number", &beneficiary.id_number))
    } else {
        beneficiary.household.clone()
    };
    Ok(())
}

/// The division of the beneficiary's household, whose officers may see and change the fact.
pub fn scope_area(beneficiary: &Beneficiary, reads: &Reads<'_>) -> Known<Option<String>> {
    match standing(beneficiary, &beneficiary.standing_on, reads)? {
        Some(StandingReply::Found(Standing { area, .. })) if !area.is_empty() => Ok(Some(area.clone())),
        _ => Ok(None),
    }
}

fn standing<'s>(beneficiary: &Beneficiary, on: &str, reads: &Reads<'s>) -> Known<Option<&'s StandingReply>> {
    let Some(ask) = ask(beneficiary, on).filter(|_| !on.is_empty()) else { return Ok(None) };
    match reads.outside(&ask)? {
        Reply::Standing(reply) => Ok(Some(reply)),
        Reply::Place(_) | Reply::Division(_) => Ok(None),
    }
}
