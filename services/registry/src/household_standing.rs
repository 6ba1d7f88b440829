//! Periods of a household's standing: a pure function of its approved cases, written with the case that moves it.

use proto::common::{HouseholdSection, HouseholdStatus, RecordMeta};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_standing_service_server::HouseholdStandingServiceServer;
use record::Registered;
use record::codec::FOREVER;
use record::facts::{Facts, Of};
use record::resource::{AnyRecord, Rec};
use record::rules::{Context, Rules};
use record::service::Slice;
use record::state::{Known, Period, Reads};
use std::sync::Arc;
use store::Migration;

use crate::contract::{HouseholdStandingApi, HouseholdStandings};

use crate::membership::{members_on, number_of};

pub(crate) mod indicators;

static FACTS: Facts = Facts {
    of: Of::SameIdentifier,
    section: Some(HouseholdSection::Standings),
    with: None,
    every_period: true,
    benefit: None,
};

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<HouseholdStandings>(),
        migration: Migration {
            name: "registry/household_standing",
            sql: include_str!("../migrations/household_standing.sql"),
        },
        indicators: indicators::ALL,
        facts: Some(&FACTS),
        serve: |service, engine| {
            service.add(HouseholdStandingServiceServer::new(HouseholdStandingApi(engine)))
        },
    }
}

impl Rules for HouseholdStandings {
    /// Whoever enters the register may have been an outsider to others until now.
    fn tells(
        record: &Self::Record,
        old: Option<&Self::Record>,
        context: &Context<'_>,
        reads: &Reads<'_>,
    ) -> Known<Vec<(&'static str, String)>> {
        let was_in = old.is_some_and(|old| old.status() != HouseholdStatus::Removed);
        if was_in {
            return Ok(Vec::new());
        }
        let mut numbers = Vec::new();
        for person in members_on(&record.household, FOREVER_BUT_A_DAY, reads)? {
            numbers.extend(number_of(&person, context, reads)?);
        }
        Ok(numbers)
    }
}

/// A day on which every membership holds that has no end.
const FOREVER_BUT_A_DAY: &str = "9999-12-30";

/// What an approved case makes of a household.
pub(crate) fn status_of(kind: p::HouseholdCaseKind) -> HouseholdStatus {
    match kind {
        p::HouseholdCaseKind::Unspecified => HouseholdStatus::Unspecified,
        p::HouseholdCaseKind::Identification => HouseholdStatus::Poor,
        p::HouseholdCaseKind::Exit => HouseholdStatus::ExitedPolicy,
        p::HouseholdCaseKind::Relapse => HouseholdStatus::Relapsed,
        p::HouseholdCaseKind::Removal => HouseholdStatus::Removed,
        p::HouseholdCaseKind::PolicyEnd => HouseholdStatus::ExitedNoPolicy,
    }
}

/// An approved case as the standing sees it.
pub(crate) struct Approved {
    pub(crate) name: String,
    pub(crate) kind: p::HouseholdCaseKind,
    pub(crate) effective_on: String,
    /// Of a removal as wrong inclusion: the day from which it restates; the registration where it is empty.
    pub(crate) restates_from: Option<String>,
}

/// The periods of standing that follow from approved cases: each holds until the next begins. Of two on one day the
/// later in the list holds. A household that was wrongly included was removed from the beginning, as known from the
/// removal on: what it was said to be in between never was.
pub(crate) fn periods(household: &str, area: &str, mut cases: Vec<Approved>) -> Vec<Period> {
    cases.sort_by(|one, other| one.effective_on.cmp(&other.effective_on));
    restate(&mut cases);
    let mut periods: Vec<Period> = Vec::with_capacity(cases.len());
    for case in cases {
        if let Some(last) = periods.last_mut() {
            last.valid_to.clone_from(&case.effective_on);
        }
        let standing = p::HouseholdStanding {
            meta: Some(RecordMeta { area: area.to_owned(), ..RecordMeta::default() }),
            household: household.to_owned(),
            status: status_of(case.kind).into(),
            since: case.effective_on.clone(),
            case: case.name,
            ..p::HouseholdStanding::default()
        };
        let record: Arc<dyn AnyRecord> = Arc::new(Rec::<HouseholdStandings>(standing));
        periods.push(Period { valid_from: case.effective_on, valid_to: FOREVER.to_owned(), record });
    }
    periods.retain(|period| period.valid_from < period.valid_to);
    periods
}

/// Lets every removal as wrong inclusion begin where it restates from, and drops what it restates.
fn restate(cases: &mut Vec<Approved>) {
    while let Some(at) = cases.iter().position(|case| case.restates_from.is_some()) {
        let mut removal = cases.remove(at);
        let stated = removal.restates_from.take().unwrap_or_default();
        // Since it was last registered before: an earlier time in the register is another story.
        let registered = cases.iter().filter(|case| {
            case.kind == p::HouseholdCaseKind::Identification && case.effective_on <= removal.effective_on
        });
        let registered = registered.map(|case| case.effective_on.clone()).max().unwrap_or_default();
        let from = if registered.is_empty() { removal.effective_on.clone() } else { stated.max(registered) };
        cases.retain(|case| case.effective_on < from || case.effective_on > removal.effective_on);
        removal.effective_on = from;
        let place = cases.partition_point(|case| case.effective_on <= removal.effective_on);
        cases.insert(place, removal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(kind: p::HouseholdCaseKind, on: &str) -> Approved {
        let name = format!("householdCases/{on}");
        Approved { name, kind, effective_on: on.to_owned(), restates_from: None }
    }

    fn wrong_inclusion(on: &str, from: &str) -> Approved {
        Approved { restates_from: Some(from.to_owned()), ..case(p::HouseholdCaseKind::Removal, on) }
    }

    fn told(cases: Vec<Approved>) -> Vec<(String, HouseholdStatus)> {
        let found = periods("households/1", "222405100201", cases);
        let status =
            |period: &Period| record::typed::<HouseholdStandings>(period.record.as_ref()).unwrap().status();
        found.iter().map(|period| (period.valid_from.clone(), status(period))).collect()
    }

    #[test]
    fn a_wrong_inclusion_restates_from_the_registration_on() {
        use HouseholdStatus as S;
        use p::HouseholdCaseKind as K;
        let day = str::to_owned;
        let registered = || case(K::Identification, "2014-12-31");
        assert_eq!(
            told(vec![registered(), wrong_inclusion("2017-06-01", "")]),
            [(day("2014-12-31"), S::Removed)]
        );
        let exited = vec![registered(), case(K::Exit, "2016-12-01"), wrong_inclusion("2017-06-01", "")];
        assert_eq!(told(exited), [(day("2014-12-31"), S::Removed)]);
        // From a day that was named: what was before it stands.
        assert_eq!(
            told(vec![registered(), wrong_inclusion("2017-06-01", "2016-01-01")]),
            [(day("2014-12-31"), S::Poor), (day("2016-01-01"), S::Removed)]
        );
        // Of an earlier time in the register nothing is said.
        assert_eq!(
            told(vec![
                case(K::Identification, "2010-12-31"),
                case(K::Removal, "2012-06-01"),
                registered(),
                wrong_inclusion("2017-06-01", "")
            ]),
            [(day("2010-12-31"), S::Poor), (day("2012-06-01"), S::Removed), (day("2014-12-31"), S::Removed)]
        );
        // Identified anew after it.
        assert_eq!(
            told(vec![
                registered(),
                wrong_inclusion("2017-06-01", ""),
                case(K::Identification, "2018-01-01")
            ]),
            [(day("2014-12-31"), S::Removed), (day("2018-01-01"), S::Poor)]
        );
    }

    #[test]
    fn each_case_holds_until_the_next_begins() {
        let found = periods(
            "households/1",
            "222405100201",
            vec![
                case(p::HouseholdCaseKind::Exit, "2016-12-01"),
                case(p::HouseholdCaseKind::Identification, "2014-12-31"),
            ],
        );
        let days: Vec<(&str, &str)> =
            found.iter().map(|period| (period.valid_from.as_str(), period.valid_to.as_str())).collect();
        assert_eq!(days, [("2014-12-31", "2016-12-01"), ("2016-12-01", FOREVER)]);
    }

    #[test]
    fn of_two_cases_on_one_day_the_later_holds() {
        let found = periods(
            "households/1",
            "222405100201",
            vec![
                case(p::HouseholdCaseKind::Exit, "2015-12-31"),
                case(p::HouseholdCaseKind::PolicyEnd, "2015-12-31"),
            ],
        );
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].valid_from, "2015-12-31");
    }
}
