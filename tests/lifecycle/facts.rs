//! What services tell of a household, and what a fact keeps of it once the registry learns better.

use prost::Message;
use proto::common::change_feed_service_client::ChangeFeedServiceClient;
use proto::common::household_facts_service_client::HouseholdFactsServiceClient;
use proto::common::{
    Assurance, BatchGetHouseholdFactsRequest, GetHeadRequest, HouseholdFacts, HouseholdSection,
    HouseholdStatus, Verdict, period,
};
use proto::xiuhua::assistance::socialsecurity::v1 as s;
use proto::xiuhua::assistance::socialsecurity::v1::temporary_relief_service_client::TemporaryReliefServiceClient;
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_case_service_client::HouseholdCaseServiceClient;
use proto::xiuhua::registry::v1::membership_service_client::MembershipServiceClient;
use proto::xiuhua::registry::v1::person_service_client::PersonServiceClient;
use suite::fixtures::{COUNTY, VILLAGE, household, meta, refused};
use suite::harness::{on_each, request_id};
use suite::table::{header, import, row};
use suite::wait::eventually;

use super::exits;
use super::village::{PLACE, Village};

const RELIEFS: &[&str] = &[
    "县市",
    "乡镇",
    "行政村",
    "户编号",
    "姓名",
    "证件号码",
    "救助原因",
    "救助人数",
    "是否低保对象",
    "申请日期",
    "批准日期",
    "批准金额(元)",
    "发放日期",
    "发放金额(元)",
];
const REMOVALS: &[&str] = &[
    "县市",
    "乡镇",
    "行政村",
    "户编号",
    "户主姓名",
    "清退年度",
    "清退原因",
    "民主评议日期",
    "村公示起",
    "村公示止",
    "乡镇审核日期",
    "县批准日期",
];

async fn relieve(village: &Village, number: &str, id: u32) {
    let own: [&str; 11] = [
        number,
        "成员",
        &Village::id_of(id),
        "火灾",
        "1",
        "否",
        "2017-03-01",
        "2017-03-02",
        "1200",
        "2017-03-20",
        "1200",
    ];
    let cells = row(&[PLACE.as_slice(), &own].concat());
    let client = village.harness.client("assistance", &village.harness.token("data_steward", &[COUNTY]));
    let head = header("social_security.temporary_reliefs", COUNTY, "", RELIEFS);
    let done = import(client, head, &[cells]).await.unwrap();
    assert_eq!(done.reasons(), []);
}

async fn relief(village: &Village, known_at: Option<prost_types::Timestamp>) -> s::TemporaryRelief {
    let list = s::ListTemporaryReliefsRequest { known_at, ..s::ListTemporaryReliefsRequest::default() };
    let mut reliefs = TemporaryReliefServiceClient::new(village.auditor("assistance"));
    let found = reliefs.list_temporary_reliefs(list).await.unwrap().into_inner().temporary_reliefs;
    found.into_iter().next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_follows_what_the_registry_learns_of_its_household() {
    on_each(async |harness| {
        let village = Village::settle(harness).await;
        relieve(&village, "1", 11).await;
        let kept = relief(&village, None).await.beneficiary.unwrap();
        assert_eq!(kept.standing(), HouseholdStatus::Poor);
        let own: [&str; 9] = [
            "1",
            "户主1",
            "2017",
            "错评",
            "2017-06-01",
            "2017-06-02",
            "2017-06-09",
            "2017-06-12",
            "2017-06-20",
        ];
        let rows = [row(&[PLACE.as_slice(), &own].concat())];
        village.enter("registry.removals", "", REMOVALS, &rows).await;
        let followed = eventually("the follower", async || {
            let found = relief(&village, None).await;
            (found.beneficiary.as_ref().unwrap().standing() != HouseholdStatus::Poor).then_some(found)
        })
        .await;
        let told = followed.beneficiary.clone().unwrap();
        assert_eq!(told.standing(), HouseholdStatus::Unspecified);
        assert_eq!(told.household, "");
        assert!(told.distinct_key.starts_with("id:"), "{}", told.distinct_key);
        let meta = followed.meta.unwrap();
        assert_eq!((meta.version, meta.recorded_by.as_str()), (2, "services/assistance"));
        // What was known before stays as it was.
        let before = meta.recorded_at.unwrap();
        let before = prost_types::Timestamp { nanos: before.nanos - before.nanos.min(1_000), ..before };
        let then = relief(&village, Some(before)).await.beneficiary.unwrap();
        assert_eq!((then.standing(), then.household), (HouseholdStatus::Poor, kept.household));
    })
    .await;
}

async fn facts(village: &Village, service: &str, role: &str, household: &str) -> HouseholdFacts {
    let request = BatchGetHouseholdFactsRequest {
        households: vec![household.to_owned()],
        as_of: "2017-09-30".to_owned(),
        ..BatchGetHouseholdFactsRequest::default()
    };
    let client = village.harness.client(service, &village.harness.token(role, &[COUNTY]));
    let answer = HouseholdFactsServiceClient::new(client).batch_get_household_facts(request).await.unwrap();
    answer.into_inner().facts.into_iter().next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_tells_its_part_of_a_household_in_one_call() {
    on_each(async |harness| {
        let village = Village::settle(harness).await;
        village.enter("registry.exits", "", exits::COLUMNS, &[exits::exit("1", "2")]).await;
        relieve(&village, "1", 11).await;
        let household = village.household("1", "", None).await.name;
        let told = facts(&village, "registry", "auditor", &household).await;
        let types: Vec<&str> =
            told.records.iter().map(|any| any.type_url.rsplit('.').next().unwrap()).collect();
        assert_eq!(
            types,
            [
                "Household",
                "Membership",
                "Person",
                "Membership",
                "Person",
                "HouseholdCase",
                "HouseholdCase",
                "HouseholdStanding",
                "HouseholdStanding"
            ]
        );
        let shown = p::Household::decode(told.records[0].value.as_slice()).unwrap();
        assert_eq!((shown.state(), shown.member_count), (HouseholdStatus::ExitedPolicy, Some(2)));
        let person = p::Person::decode(told.records[2].value.as_slice()).unwrap();
        assert!(person.id_number.contains('*'), "masked");
        let verdicts: Vec<(Assurance, Verdict)> =
            told.assurances.iter().map(|found| (found.assurance(), found.verdict())).collect();
        assert_eq!(
            verdicts,
            [
                (Assurance::Income, Verdict::Unknown),
                (Assurance::Food, Verdict::Pass),
                (Assurance::Clothing, Verdict::Pass)
            ]
        );
        let given = facts(&village, "assistance", "auditor", &household).await;
        let benefits: Vec<(&str, Option<i64>, Option<i64>)> = given
            .benefits
            .iter()
            .map(|benefit| (benefit.programme.as_str(), benefit.approved_fen, benefit.paid_fen))
            .collect();
        assert_eq!(benefits, [("social_security", Some(120_000), Some(120_000))]);
        assert!(given.records.is_empty());

        // A bureau sees no income; a liaison has no profile at all; another county sees nothing.
        let request = BatchGetHouseholdFactsRequest {
            households: vec![household.clone()],
            ..BatchGetHouseholdFactsRequest::default()
        };
        let client =
            |token: &str| HouseholdFactsServiceClient::new(village.harness.client("registry", token));
        let bureau = client(&village.harness.bureau("b", "housing", &[COUNTY]));
        let answer = { bureau }.batch_get_household_facts(request.clone()).await.unwrap().into_inner();
        assert!(answer.forbidden.contains(&i32::from(HouseholdSection::Incomes)), "{:?}", answer.forbidden);
        let liaison = client(&village.harness.token("liaison", &[COUNTY]));
        let refusal = refused({ liaison }.batch_get_household_facts(request.clone()).await);
        assert_eq!(refusal, "PermissionDenied PERMISSION_MISSING");
        let foreign = client(&village.harness.token("auditor", &["222406"]));
        let answer = { foreign }.batch_get_household_facts(request).await.unwrap().into_inner();
        assert!(answer.facts[0].records.is_empty());
        let (count, _) = village.count("registry.persons_exited", period::Period::Year(2016), None).await;
        assert_eq!(count, Some(2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_withdrawn_counts_no_more_and_was_counted_then() {
    on_each(async |harness| {
        let village = Village::settle(harness).await;
        relieve(&village, "1", 11).await;
        let counted = async |known_at| {
            let when = period::Period::Year(2017);
            village.count_of("assistance", "social_security.temp_relief_households", when, known_at).await
        };
        let (count, moment) = counted(None).await;
        assert_eq!(count, Some(1));
        let found = relief(&village, None).await;
        let withdraw = s::WithdrawTemporaryReliefRequest {
            request_id: request_id(),
            name: found.name,
            etag: found.etag,
            reason: "误录".to_owned(),
            ..s::WithdrawTemporaryReliefRequest::default()
        };
        let token = village.harness.bureau("b", "social_security", &[COUNTY]);
        let client = village.harness.client("assistance", &token);
        TemporaryReliefServiceClient::new(client).withdraw_temporary_relief(withdraw).await.unwrap();
        assert_eq!(counted(None).await.0, Some(0));
        assert_eq!(counted(Some(moment)).await.0, Some(1));
    })
    .await;
}

/// Waits until the relief keeps this standing of its household.
async fn kept(village: &Village, standing: HouseholdStatus) -> s::TemporaryRelief {
    eventually("the follower", async || {
        let found = relief(village, None).await;
        (found.beneficiary.as_ref().unwrap().standing() == standing).then_some(found)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outsider_is_found_once_a_household_is_registered_step_by_step() {
    on_each(async |harness| {
        let village = Village::settle(harness).await;
        relieve(&village, "9", 91).await;
        let stranger = relief(&village, None).await.beneficiary.unwrap();
        assert_eq!((stranger.household.as_str(), stranger.standing()), ("", HouseholdStatus::Unspecified));

        // Person, household, membership and standing come one after the other, each in a commit of its own.
        let clerk =
            || village.harness.client("registry", &village.harness.token("township_clerk", &[COUNTY]));
        let person = p::Person {
            meta: meta(VILLAGE, "1950-05-01"),
            person_no: "r91".to_owned(),
            full_name: "成员91".to_owned(),
            id_number: Village::id_of(91),
            ..p::Person::default()
        };
        let request = p::CreatePersonRequest {
            request_id: request_id(),
            person: Some(person),
            ..p::CreatePersonRequest::default()
        };
        let answer = PersonServiceClient::new(clerk()).create_person(request).await.unwrap();
        let person = answer.into_inner().person.unwrap();
        let household = household(clerk(), "9", VILLAGE, "2014-12-31").await;
        let request = p::CreateMembershipRequest {
            request_id: request_id(),
            membership: Some(p::Membership {
                meta: meta("", "2014-12-31"),
                household: household.name.clone(),
                person: person.name,
                relation: "02".to_owned(),
                ..p::Membership::default()
            }),
            ..p::CreateMembershipRequest::default()
        };
        MembershipServiceClient::new(clerk()).create_membership(request).await.unwrap();
        let request = p::TranscribeHouseholdCaseRequest {
            request_id: request_id(),
            household_case: Some(p::HouseholdCase {
                household: household.name.clone(),
                kind: p::HouseholdCaseKind::Identification.into(),
                effective_on: "2014-12-31".to_owned(),
                ..p::HouseholdCase::default()
            }),
            decided_on: "2014-12-31".to_owned(),
            decided_by: "县扶贫办".to_owned(),
            ..p::TranscribeHouseholdCaseRequest::default()
        };
        HouseholdCaseServiceClient::new(village.clerk()).transcribe_household_case(request).await.unwrap();
        let found = kept(&village, HouseholdStatus::Poor).await.beneficiary.unwrap();
        assert_eq!(found.household, household.name);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_is_withdrawn_gives_the_fact_its_household_back() {
    on_each(async |harness| {
        let village = Village::settle(harness).await;
        relieve(&village, "1", 11).await;
        let own: [&str; 9] = [
            "1",
            "户主1",
            "2017",
            "错评",
            "2017-06-01",
            "2017-06-02",
            "2017-06-09",
            "2017-06-12",
            "2017-06-20",
        ];
        let rows = [row(&[PLACE.as_slice(), &own].concat())];
        village.enter("registry.removals", "", REMOVALS, &rows).await;
        kept(&village, HouseholdStatus::Unspecified).await;

        let household = village.household("1", "", None).await.name;
        let token = village.harness.token("county_office", &[COUNTY]);
        let mut county = HouseholdCaseServiceClient::new(village.harness.client("registry", &token));
        let list = p::ListHouseholdCasesRequest {
            household: household.clone(),
            kind: p::HouseholdCaseKind::Removal.into(),
            ..p::ListHouseholdCasesRequest::default()
        };
        let case = county.list_household_cases(list).await.unwrap().into_inner().household_cases.remove(0);
        let withdraw = p::WithdrawHouseholdCaseRequest {
            request_id: request_id(),
            name: case.name,
            etag: case.etag,
            reason: "误录".to_owned(),
            ..p::WithdrawHouseholdCaseRequest::default()
        };
        county.withdraw_household_case(withdraw).await.unwrap();
        let back = kept(&village, HouseholdStatus::Poor).await.beneficiary.unwrap();
        assert_eq!(back.household, household);

        // What is counted says on which news of the registry it rests, and comes to all of it.
        let request = GetHeadRequest::default();
        let internal = village.harness.client("registry", &village.harness.token("internal", &["222400"]));
        let head = ChangeFeedServiceClient::new(internal).get_head(request).await.unwrap().into_inner();
        let head = head.head.unwrap().token;
        eventually("the registry's head", async || {
            let rests_on = village.rests_on("assistance").await;
            assert_eq!(rests_on[0].service, "registry");
            (rests_on[0].position.as_ref()?.token == head).then_some(())
        })
        .await;
        assert_eq!(village.rests_on("registry").await, []);
    })
    .await;
}
