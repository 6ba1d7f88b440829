//! Periods of a household's standing: a pure function of its approved cases, written with the case that moves it.

use proto::common::{HouseholdStatus, RecordMeta};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_standing_service_server::HouseholdStandingServiceServer;
use record::Registered;
use record::codec::FOREVER;
use record::resource::{AnyRecord, Rec};
use record::rules::Rules;
use record::service::Slice;
use record::state::Period;
use std::sync::Arc;
use store::Migration;

use crate::contract::{HouseholdStandingApi, HouseholdStandings};

pub(crate) mod indicators;

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<HouseholdStandings>(),
        migration: Migration {
            name: "registry/household_standing",
            sql: include_str!("../migrations/household_standing.sql"),
        },
        indicators: indicators::ALL,
        serve: |service, engine| {
            service.add(HouseholdStandingServiceServer::new(HouseholdStandingApi(engine)))
        },
    }
}

impl Rules for HouseholdStandings {}

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
}

/// The periods of standing that follow from approved cases: each holds until the next begins. Of two on one day the
/// later in the list holds.
pub(crate) fn periods(household: &str, area: &str, mut cases: Vec<Approved>) -> Vec<Period> {
    cases.sort_by(|one, other| one.effective_on.cmp(&other.effective_on));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn case(kind: p::HouseholdCaseKind, on: &str) -> Approved {
        Approved { name: format!("householdCases/{on}"), kind, effective_on: on.to_owned() }
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
