//! Every verb of a HouseholdCase in every state, as declared; what standing follows; who may decide.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

use std::collections::BTreeSet;

use proto::common::{CaseState, HouseholdStatus};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::HouseholdCaseKind as Kind;
use proto::xiuhua::registry::v1::household_case_service_client::HouseholdCaseServiceClient;
use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use record::spec::Spec;
use registry::contract::HOUSEHOLD_CASE_SPEC;
use runtime::status::Problem;
use suite::fixtures::{COUNTY, VILLAGE, divisions, household, refused, with_papers};
use suite::harness::{Client, Harness, on_each, request_id};
use tonic::{Code, Status};

type Cases = HouseholdCaseServiceClient<Client>;

const SPEC: &Spec = &HOUSEHOLD_CASE_SPEC;

/// One procedure with everybody who takes part in it.
struct Office {
    harness: Harness,
    next: u32,
}

impl Office {
    async fn open(harness: Harness) -> Self {
        divisions(&harness).await;
        Self { harness, next: 0 }
    }

    fn cases(&self, subject: &str, role: &str) -> Cases {
        let token = self.harness.token_of(subject, role, &[COUNTY]);
        HouseholdCaseServiceClient::new(self.harness.client("registry", &token))
    }

    async fn household(&mut self) -> p::Household {
        self.next += 1;
        let clerk = self.harness.client("registry", &self.harness.token("township_clerk", &[COUNTY]));
        household(clerk, &self.next.to_string(), VILLAGE, "2013-12-31").await
    }

    async fn opened(&self, by: &str, household: &str, kind: Kind, effective_on: &str) -> p::HouseholdCase {
        let request = p::CreateHouseholdCaseRequest {
            request_id: request_id(),
            household_case: Some(p::HouseholdCase {
                household: household.to_owned(),
                kind: kind.into(),
                opened_on: "2014-01-01".to_owned(),
                effective_on: effective_on.to_owned(),
                ..p::HouseholdCase::default()
            }),
            ..p::CreateHouseholdCaseRequest::default()
        };
        let answer = self.cases(by, "village_cadre").create_household_case(request).await;
        answer.unwrap().into_inner().household_case.unwrap()
    }

    /// A decision on paper.
    async fn transcribed(
        &self,
        household: &str,
        kind: Kind,
        effective_on: &str,
    ) -> Result<p::HouseholdCase, Status> {
        let request = p::TranscribeHouseholdCaseRequest {
            request_id: request_id(),
            household_case: Some(with_papers(p::HouseholdCase {
                household: household.to_owned(),
                kind: kind.into(),
                effective_on: effective_on.to_owned(),
                ..p::HouseholdCase::default()
            })),
            decided_on: "2017-01-01".to_owned(),
            decided_by: "龙井市扶贫办".to_owned(),
            ..p::TranscribeHouseholdCaseRequest::default()
        };
        let answer = self.cases("steward", "data_steward").transcribe_household_case(request).await?;
        Ok(answer.into_inner().household_case.unwrap())
    }

    /// One step, by whoever has the power for it.
    async fn step(&self, verb: &str, case: &p::HouseholdCase, by: &str) -> Result<p::HouseholdCase, Status> {
        macro_rules! call {
            ($role:literal, $method:ident, $request:ident) => {
                self.cases(by, $role)
                    .$method(p::$request {
                        request_id: request_id(),
                        name: case.name.clone(),
                        etag: case.etag.clone(),
                        ..p::$request::default()
                    })
                    .await
                    .map(|answer| answer.into_inner().household_case.unwrap())
            };
        }
        match verb {
            "RecordVillageReview" => {
                call!(
                    "village_cadre",
                    record_household_case_village_review,
                    RecordHouseholdCaseVillageReviewRequest
                )
            }
            "RecordTownshipReview" => {
                call!(
                    "township_clerk",
                    record_household_case_township_review,
                    RecordHouseholdCaseTownshipReviewRequest
                )
            }
            "Approve" => call!("county_office", approve_household_case, ApproveHouseholdCaseRequest),
            "Reject" => call!("county_office", reject_household_case, RejectHouseholdCaseRequest),
            "Cancel" => call!("village_cadre", cancel_household_case, CancelHouseholdCaseRequest),
            other => panic!("no RPC for {other}"),
        }
    }

    async fn standing(&self, household: &str, as_of: &str) -> HouseholdStatus {
        let token = self.harness.token("auditor", &[COUNTY]);
        let request = p::GetHouseholdRequest {
            name: household.to_owned(),
            as_of: as_of.to_owned(),
            ..p::GetHouseholdRequest::default()
        };
        let mut client = HouseholdServiceClient::new(self.harness.client("registry", &token));
        client.get_household(request).await.unwrap().into_inner().household.unwrap().state()
    }
}

fn verbs() -> BTreeSet<&'static str> {
    // Transcribe opens and decides in one; no case is ever before it.
    SPEC.transitions.iter().map(|allowed| allowed.verb).filter(|verb| *verb != "Transcribe").collect()
}

fn after(state: i32, verb: &str) -> Option<i32> {
    let allowed = SPEC.transitions.iter().find(|allowed| allowed.from.0 == state && allowed.verb == verb);
    allowed.map(|allowed| allowed.to.0)
}

/// The shortest list of verbs from the opening state to another.
fn way(to: i32) -> Vec<&'static str> {
    let mut ways = vec![(SPEC.transitions[0].from.0, Vec::new())];
    let mut at = 0;
    while at < ways.len() {
        let (state, way) = ways[at].clone();
        if state == to {
            return way;
        }
        for verb in verbs() {
            if let Some(next) = after(state, verb).filter(|next| !ways.iter().any(|(known, _)| known == next))
            {
                ways.push((next, [way.clone(), vec![verb]].concat()));
            }
        }
        at += 1;
    }
    panic!("no way to {to}")
}

#[test]
fn the_declaration_is_the_one_that_is_tested() {
    let verbs: Vec<&str> = verbs().into_iter().collect();
    assert_eq!(verbs, ["Approve", "Cancel", "RecordTownshipReview", "RecordVillageReview", "Reject"]);
    let states: BTreeSet<i32> =
        SPEC.transitions.iter().flat_map(|allowed| [allowed.from.0, allowed.to.0]).collect();
    assert_eq!(states, (1..=6).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_verb_in_every_state_goes_through_or_is_refused_as_declared() {
    on_each(async |harness| {
        let mut office = Office::open(harness).await;
        for state in 1..=6 {
            for verb in verbs() {
                let place = format!("{verb} in {:?}", CaseState::try_from(state).unwrap());
                let household = office.household().await;
                let mut case =
                    office.opened("cadre", &household.name, Kind::Identification, "2014-12-31").await;
                for (number, step) in way(state).into_iter().enumerate() {
                    case = office.step(step, &case, &format!("level {number}")).await.expect(&place);
                }
                assert_eq!(case.state, state, "{place}");
                let answer = office.step(verb, &case, "another").await;
                match after(state, verb) {
                    Some(next) => {
                        let done = answer.expect(&place);
                        assert_eq!((done.state, done.acts.len()), (next, case.acts.len() + 1), "{place}");
                        let act = done.acts.last().unwrap();
                        assert_eq!(
                            (act.from_state, act.to_state, act.verb.as_str()),
                            (state, next, verb),
                            "{place}"
                        );
                        assert_eq!(
                            (act.decided_by.as_str(), act.occurred_on.as_str()),
                            ("another", "2017-10-15")
                        );
                    }
                    None => {
                        let problem = Problem::of(&answer.expect_err(&place));
                        assert_eq!(
                            (problem.code, problem.reason.as_str()),
                            (Code::FailedPrecondition, "STATE_REFUSES"),
                            "{place}"
                        );
                        let read = p::GetHouseholdCaseRequest {
                            name: case.name.clone(),
                            ..p::GetHouseholdCaseRequest::default()
                        };
                        let read = office.cases("auditor", "auditor").get_household_case(read).await.unwrap();
                        assert_eq!(read.into_inner().household_case.unwrap(), case, "{place}");
                    }
                }
            }
        }
    })
    .await;
}

/// Which kinds of case may follow which standing, and what follows from them (domain brief §2.5), written down here a
/// second time.
const FOLLOWS: [(&[Kind], Kind, Option<HouseholdStatus>); 26] = {
    use HouseholdStatus as S;
    use Kind::{Exit, Identification, PolicyEnd, Relapse, Removal};
    [
        (&[], Identification, Some(S::Poor)),
        (&[], Exit, None),
        (&[], Relapse, None),
        (&[], Removal, None),
        (&[], PolicyEnd, None),
        (&[Identification], Identification, None),
        (&[Identification], Exit, Some(S::ExitedPolicy)),
        // A form may state a relapse without the exit before it.
        (&[Identification], Relapse, Some(S::Relapsed)),
        (&[Identification], Removal, Some(S::Removed)),
        (&[Identification], PolicyEnd, None),
        (&[Identification, Exit], Identification, None),
        (&[Identification, Exit], Exit, None),
        (&[Identification, Exit], Relapse, Some(S::Relapsed)),
        (&[Identification, Exit], Removal, Some(S::Removed)),
        (&[Identification, Exit], PolicyEnd, Some(S::ExitedNoPolicy)),
        (&[Identification, Exit, PolicyEnd], Exit, None),
        (&[Identification, Exit, PolicyEnd], Relapse, Some(S::Relapsed)),
        (&[Identification, Exit, PolicyEnd], Removal, Some(S::Removed)),
        (&[Identification, Exit, PolicyEnd], PolicyEnd, None),
        (&[Identification, Exit, Relapse], Exit, Some(S::ExitedPolicy)),
        (&[Identification, Exit, Relapse], Relapse, None),
        (&[Identification, Exit, Relapse], Removal, Some(S::Removed)),
        (&[Identification, Removal], Identification, Some(S::Poor)),
        (&[Identification, Removal], Exit, None),
        (&[Identification, Removal], Relapse, None),
        (&[Identification, Removal], Removal, None),
    ]
};

#[tokio::test(flavor = "multi_thread")]
async fn a_standing_follows_from_the_one_before_or_the_case_is_refused() {
    on_each(async |harness| {
        let mut office = Office::open(harness).await;
        for (before, kind, status) in FOLLOWS {
            let household = office.household().await;
            for (year, earlier) in (2014..).zip(before) {
                office.transcribed(&household.name, *earlier, &format!("{year}-06-30")).await.unwrap();
            }
            let place = format!("{kind:?} after {before:?}");
            let stood = office.standing(&household.name, "").await;
            let answer = office.transcribed(&household.name, kind, "2017-06-30").await;
            match status {
                Some(status) => {
                    answer.expect(&place);
                    assert_eq!(office.standing(&household.name, "2017-06-29").await, stood, "{place}");
                    assert_eq!(office.standing(&household.name, "2017-06-30").await, status, "{place}");
                }
                None => {
                    assert_eq!(refused(answer), "FailedPrecondition STATE_REFUSES", "{place}");
                    assert_eq!(office.standing(&household.name, "").await, stood, "{place}");
                }
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_took_part_before_does_not_decide() {
    on_each(async |harness| {
        let mut office = Office::open(harness).await;
        // Whoever opened it, and whoever reviewed it, under whichever office's power.
        for decider in ["cadre", "village", "township", "county"] {
            let household = office.household().await;
            let case = office.opened("cadre", &household.name, Kind::Identification, "2014-12-31").await;
            let case = office.step("RecordVillageReview", &case, "village").await.unwrap();
            let case = office.step("RecordTownshipReview", &case, "township").await.unwrap();
            let answer = office.step("Approve", &case, decider).await;
            if decider == "county" {
                assert_eq!(answer.unwrap().state(), CaseState::Approved);
                assert_eq!(office.standing(&household.name, "2014-12-31").await, HouseholdStatus::Poor);
            } else {
                assert_eq!(refused(answer), "FailedPrecondition PROPOSER_DECIDES", "{decider}");
                assert_eq!(office.standing(&household.name, "").await, HouseholdStatus::Unspecified);
            }
        }
        // Without the day of its effect nothing is decided.
        let household = office.household().await;
        let case = office.opened("cadre", &household.name, Kind::Identification, "").await;
        let case = office.step("RecordVillageReview", &case, "village").await.unwrap();
        let case = office.step("RecordTownshipReview", &case, "township").await.unwrap();
        assert_eq!(refused(office.step("Approve", &case, "county").await), "InvalidArgument FIELD_REQUIRED");
    })
    .await;
}
