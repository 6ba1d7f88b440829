//! What an approved case does: to the household's standing, and to the memberships of those whom it removes.

use proto::xiuhua::registry::v1 as p;
use record::Resource;
use record::rules::{Act, Change, Consequences};
use record::state::{Known, Reads, last_of};

use super::{is_approved, removes_members};
use crate::contract::{
    HouseholdCases, HouseholdStandings, Households, Memberships, household_case, membership,
};
use crate::household::whereabouts::placed;
use crate::household_standing::{Approved, periods};

/// Writes the standing anew that all approved cases together give, this one as it is now (`own`).
pub(super) fn restate(
    name: &str,
    record: &p::HouseholdCase,
    own: Option<Approved>,
    reads: &Reads<'_>,
    out: &mut Consequences,
) -> Known<()> {
    let mut cases = approved_of_others(name, &record.household, reads)?;
    cases.extend(own);
    let area = record.meta.as_ref().map(|meta| meta.area.clone()).unwrap_or_default();
    let id = record.household.rsplit('/').next().unwrap_or_default().to_owned();
    let periods = periods(&record.household, &area, cases);
    let homes = reads.record::<Households>(&record.household)?;
    let change =
        Change::Periods(homes.map_or_else(|| periods.clone(), |homes| placed(&periods, &homes.periods)));
    let first = reads.is_fresh(&record.household) && !reads.is_fresh(&format!("householdStandings/{id}"));
    let act = Act::consequence(HouseholdStandings::SPEC, Some(id), change);
    out.push(Act { fresh: first, ..act });
    Ok(())
}

/// The household's other approved cases that move its standing.
pub(super) fn approved_of_others(name: &str, household: &str, reads: &Reads<'_>) -> Known<Vec<Approved>> {
    let mut cases = Vec::new();
    for other in reads.linked::<HouseholdCases>(household_case::HOUSEHOLD, household)? {
        let other_name = format!("{}/{}", HouseholdCases::SPEC.collection, other.id);
        if let Some(known) = last_of::<HouseholdCases>(&other).filter(|known| is_approved(known))
            && other_name != name
        {
            cases.extend(approved(&other_name, known));
        }
    }
    Ok(cases)
}

/// The case as the standing sees it; `None` where it concerns single members only.
pub(super) fn approved(name: &str, record: &p::HouseholdCase) -> Option<Approved> {
    if removes_members(record) {
        return None;
    }
    let wrong = record.removal.as_ref().filter(|removal| is_wrong_inclusion(removal));
    Some(Approved {
        name: name.to_owned(),
        kind: record.kind(),
        effective_on: record.effective_on.clone(),
        restates_from: wrong.map(|removal| removal.restates_from.clone()),
    })
}

fn is_wrong_inclusion(removal: &p::RemovalDetail) -> bool {
    removal.ground() == p::RemovalGround::WrongInclusion
}

/// Members who were wrongly included never were members, as known from now on; others leave on the effective day.
pub(super) fn remove_members(
    record: &p::HouseholdCase,
    reads: &Reads<'_>,
    out: &mut Consequences,
) -> Known<()> {
    let Some(removal) = record.removal.as_ref().filter(|removal| !removal.persons.is_empty()) else {
        return Ok(());
    };
    for link in reads.linked::<Memberships>(membership::HOUSEHOLD, &record.household)? {
        let removed =
            last_of::<Memberships>(&link).is_some_and(|known| removal.persons.contains(&known.person));
        let wrong = is_wrong_inclusion(removal);
        // Who left before, and came again, was a member in that time.
        let day = if wrong { &record.opened_on } else { &record.effective_on };
        if !removed || link.on(day).is_none() {
            continue;
        }
        let change = if wrong {
            Change::Withdraw
        } else {
            Change::End { on: record.effective_on.clone(), own: Vec::new() }
        };
        let act = Act::consequence(Memberships::SPEC, Some(link.id.clone()), change);
        out.push(Act { reason: record.reason.clone(), ..act });
    }
    Ok(())
}
