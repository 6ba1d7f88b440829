//! A Case: HouseholdCase. Its steps one by one are in `transitions.rs`.

use proto::common::VersionAction::{Acted, Corrected, Created, Withdrawn};
use proto::common::{CaseAct, CaseState, Change, HouseholdStatus};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_case_service_client::HouseholdCaseServiceClient;
use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use suite::fixtures::{COUNTY, VILLAGE, corrected, divisions, fields, household, paths, refused};
use suite::harness::{Client, Harness, on_each, request_id};
use tonic::Status;

use super::common::{events, told, versions};

type Cases = HouseholdCaseServiceClient<Client>;

fn cases(harness: &Harness, subject: &str, role: &str) -> Cases {
    HouseholdCaseServiceClient::new(harness.client("registry", &harness.token_of(subject, role, &[COUNTY])))
}

fn case(household: &p::Household, kind: p::HouseholdCaseKind) -> p::HouseholdCase {
    p::HouseholdCase {
        household: household.name.clone(),
        kind: kind.into(),
        opened_on: "2016-11-01".to_owned(),
        effective_on: "2016-12-31".to_owned(),
        year: Some(2016),
        ..p::HouseholdCase::default()
    }
}

async fn create(client: &mut Cases, case: p::HouseholdCase) -> Result<p::HouseholdCase, Status> {
    let request = p::CreateHouseholdCaseRequest {
        request_id: request_id(),
        household_case: Some(case),
        ..p::CreateHouseholdCaseRequest::default()
    };
    Ok(client.create_household_case(request).await?.into_inner().household_case.unwrap())
}

async fn update(
    client: &mut Cases,
    case: &p::HouseholdCase,
    mask: &[&str],
    change: Option<Change>,
) -> Result<p::HouseholdCase, Status> {
    let request = p::UpdateHouseholdCaseRequest {
        request_id: request_id(),
        household_case: Some(case.clone()),
        update_mask: paths(mask),
        change,
        ..p::UpdateHouseholdCaseRequest::default()
    };
    Ok(client.update_household_case(request).await?.into_inner().household_case.unwrap())
}

/// An act that a caller would like to have been decided.
fn forged() -> CaseAct {
    CaseAct {
        verb: "Approve".to_owned(),
        from_state: CaseState::Open.into(),
        to_state: CaseState::Approved.into(),
        occurred_on: "2016-12-01".to_owned(),
        decided_by: "somebody".to_owned(),
        ..CaseAct::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_opened_once_and_decides_nothing_by_itself() {
    use p::HouseholdCaseKind::{Exit, Identification};
    on_each(async |harness| {
        divisions(&harness).await;
        let clerk = harness.client("registry", &harness.token("township_clerk", &[COUNTY]));
        let household = household(clerk, "1", VILLAGE, "2015-12-31").await;
        let mut client = cases(&harness, "cadre", "village_cadre");
        let nowhere = p::Household { name: "households/none".to_owned(), ..household.clone() };
        let told_of = fields(create(&mut client, case(&nowhere, Identification)).await);
        assert!(
            told_of.contains(&("household_case.household".to_owned(), "REFERENCE_NOT_FOUND".to_owned())),
            "{told_of:?}"
        );

        // What levels decide cannot be stated by the one who proposes: neither at once nor by a correction.
        let stated = p::HouseholdCase { acts: vec![forged()], ..case(&household, Identification) };
        let one = create(&mut client, stated).await.unwrap();
        assert_eq!((one.state(), one.meta.as_ref().unwrap().area.as_str()), (CaseState::Open, VILLAGE));
        assert!(one.acts.iter().all(|act| act.to_state() == CaseState::Open), "{:?}", one.acts);
        let approved = p::HouseholdCase { acts: vec![forged()], reason: "因病".to_owned(), ..one.clone() };
        let two = update(&mut client, &approved, &[], corrected("补充")).await.unwrap();
        assert_eq!((two.state(), two.reason.as_str()), (CaseState::Open, "因病"));
        assert_eq!(two.acts, one.acts);
        let told_of = fields(update(&mut client, &approved, &["acts"], corrected("补充")).await);
        assert_eq!(told_of, [("update_mask.acts".to_owned(), "FIELD_OUTPUT_ONLY".to_owned())]);
        let read =
            p::GetHouseholdRequest { name: household.name.clone(), ..p::GetHouseholdRequest::default() };
        let mut households =
            HouseholdServiceClient::new(harness.client("registry", &harness.token("auditor", &[COUNTY])));
        let shown = households.get_household(read).await.unwrap().into_inner().household.unwrap();
        assert_eq!(shown.state(), HouseholdStatus::Unspecified);

        // One procedure of a kind at a time.
        let again = fields(create(&mut client, case(&household, Identification)).await);
        assert_eq!(again, [("household_case.kind".to_owned(), "VALUE_TAKEN".to_owned())]);
        let other = create(&mut client, case(&household, Exit)).await.unwrap();
        let list = p::ListHouseholdCasesRequest {
            household: household.name.clone(),
            ..p::ListHouseholdCasesRequest::default()
        };
        let of_kind =
            p::ListHouseholdCasesRequest { kind: Exit.into(), state: CaseState::Open.into(), ..list.clone() };
        let found = client.list_household_cases(of_kind).await.unwrap().into_inner().household_cases;
        assert_eq!(found, [other]);
        let decided = p::ListHouseholdCasesRequest { state: CaseState::Approved.into(), ..list.clone() };
        assert_eq!(client.list_household_cases(decided).await.unwrap().into_inner().household_cases, []);
        let before = p::ListHouseholdCasesRequest { as_of: "2016-10-31".to_owned(), ..list };
        assert_eq!(client.list_household_cases(before).await.unwrap().into_inner().household_cases, []);
    })
    .await;
}

/// An identification as decided on a form.
fn on_paper(household: &p::Household) -> p::TranscribeHouseholdCaseRequest {
    p::TranscribeHouseholdCaseRequest {
        request_id: request_id(),
        household_case: Some(case(household, p::HouseholdCaseKind::Identification)),
        decided_on: "2016-12-20".to_owned(),
        decided_by: "龙井市扶贫办".to_owned(),
        ..p::TranscribeHouseholdCaseRequest::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transcribed_case_is_decided_by_the_office_on_the_form() {
    on_each(async |harness| {
        divisions(&harness).await;
        let clerk = harness.client("registry", &harness.token("township_clerk", &[COUNTY]));
        let household = household(clerk, "1", VILLAGE, "2014-12-31").await;
        let request = on_paper(&household);
        let mut cadre = cases(&harness, "cadre", "village_cadre");
        assert_eq!(
            refused(cadre.transcribe_household_case(request.clone()).await),
            "PermissionDenied PERMISSION_MISSING"
        );
        let mut steward = cases(&harness, "steward", "data_steward");
        let undecided = p::TranscribeHouseholdCaseRequest {
            decided_on: String::new(),
            decided_by: String::new(),
            ..request.clone()
        };
        let told_of = fields(steward.transcribe_household_case(undecided).await);
        let expected = [("decided_on", "FIELD_REQUIRED"), ("decided_by", "FIELD_REQUIRED")];
        assert_eq!(told_of, expected.map(|(field, reason)| (field.to_owned(), reason.to_owned())));
        let tried = p::TranscribeHouseholdCaseRequest { validate_only: true, ..request.clone() };
        steward.transcribe_household_case(tried).await.unwrap();
        let first = steward.transcribe_household_case(request.clone()).await.unwrap().into_inner();
        assert_eq!(steward.transcribe_household_case(request).await.unwrap().into_inner(), first);
        let one = first.household_case.unwrap();
        let act = &one.acts[0];
        assert_eq!(
            (act.decided_by.as_str(), act.transcribed, one.meta.as_ref().unwrap().recorded_by.as_str()),
            ("龙井市扶贫办", true, "steward")
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standing_moves_with_the_case_that_it_rests_on() {
    on_each(async |harness| {
        divisions(&harness).await;
        let clerk = harness.client("registry", &harness.token("township_clerk", &[COUNTY]));
        let household = household(clerk, "1", VILLAGE, "2014-12-31").await;
        let mut steward = cases(&harness, "steward", "data_steward");
        let written = steward.transcribe_household_case(on_paper(&household)).await.unwrap().into_inner();
        let one = written.household_case.unwrap();
        let mut households =
            HouseholdServiceClient::new(harness.client("registry", &harness.token("auditor", &[COUNTY])));
        let mut state = async |as_of: &str| {
            let request = p::GetHouseholdRequest {
                name: household.name.clone(),
                as_of: as_of.to_owned(),
                ..p::GetHouseholdRequest::default()
            };
            households.get_household(request).await.unwrap().into_inner().household.unwrap().state()
        };
        assert_eq!(state("2016-12-30").await, HouseholdStatus::Unspecified);
        assert_eq!(state("2016-12-31").await, HouseholdStatus::Poor);
        // Corrected, it moves with the case; withdrawn, it was never there.
        let mut client = cases(&harness, "county", "county_office");
        let later = p::HouseholdCase { effective_on: "2017-02-01".to_owned(), ..one.clone() };
        let two = update(&mut client, &later, &["effective_on"], corrected("日期错误")).await.unwrap();
        assert_eq!(state("2017-01-31").await, HouseholdStatus::Unspecified);
        assert_eq!(state("2017-02-01").await, HouseholdStatus::Poor);
        let list = async |status: HouseholdStatus| {
            let mut client =
                HouseholdServiceClient::new(harness.client("registry", &harness.token("auditor", &[COUNTY])));
            let request =
                p::ListHouseholdsRequest { state: status.into(), ..p::ListHouseholdsRequest::default() };
            client.list_households(request).await.unwrap().into_inner().households.len()
        };
        assert_eq!((list(HouseholdStatus::Poor).await, list(HouseholdStatus::Relapsed).await), (1, 0));
        let request = p::WithdrawHouseholdCaseRequest {
            request_id: request_id(),
            name: one.name.clone(),
            etag: two.etag,
            reason: "错录".to_owned(),
            ..p::WithdrawHouseholdCaseRequest::default()
        };
        client.withdraw_household_case(request).await.unwrap();
        assert_eq!(state("2017-02-01").await, HouseholdStatus::Unspecified);
        assert_eq!(
            versions(&harness, "registry", &one.name).await,
            [(3, Withdrawn), (2, Corrected), (1, Created)]
        );
        let (all, _) = events(&harness, "registry", "").await;
        let standing = household.name.replace("households", "householdStandings");
        assert_eq!(told(&all, &standing).iter().map(|(version, _)| *version).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(all.iter().all(|event| event.action() != Acted));
    })
    .await;
}
