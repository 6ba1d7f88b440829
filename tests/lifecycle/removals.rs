//! Removals: what an approved one makes known, of whole households and of single members, and what stays as it was known.

use proto::common::HouseholdStatus;
use proto::common::period::Period;
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::RemovalGround as Ground;
use proto::xiuhua::registry::v1::household_case_service_client::HouseholdCaseServiceClient;
use proto::xiuhua::registry::v1::standing_question::Subject;
use proto::xiuhua::registry::v1::standing_service_client::StandingServiceClient;
use suite::fixtures::{COUNTY, fields, refused};
use suite::harness::{on_each, request_id};
use suite::table::row;

use super::exits;
use super::village::{PLACE, Village};

const COLUMNS: &[&str] = &[
    "县市",
    "乡镇",
    "行政村",
    "户编号",
    "户主姓名",
    "清退人员姓名",
    "清退人员证件号码",
    "清退年度",
    "清退原因",
    "民主评议日期",
    "村公示起",
    "村公示止",
    "乡镇审核日期",
    "县批准日期",
    "公告日期",
];

fn removal(number: &str, person: (&str, &str), ground: &str) -> Vec<String> {
    let head = format!("户主{number}");
    let own: [&str; 12] = [
        number,
        &head,
        person.0,
        person.1,
        "2017",
        ground,
        "2017-06-01",
        "2017-06-02",
        "2017-06-09",
        "2017-06-12",
        "2017-06-20",
        "2017-06-21",
    ];
    row(&[PLACE.as_slice(), &own].concat())
}

fn date(text: &str) -> Period {
    Period::Date(text.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_inclusion_is_known_from_its_removal_on_and_not_before() {
    on_each(async |harness| {
        let village = Village::settle(harness).await;
        village.enter("registry.exits", "", exits::COLUMNS, &[exits::exit("1", "2")]).await;
        let before = village.moment().await;
        village.enter("registry.removals", "", COLUMNS, &[removal("1", ("", ""), "错评")]).await;
        village.enter("registry.removals", "", COLUMNS, &[removal("3", ("", ""), "不再符合条件")]).await;

        // As known now, household 1 never was poor; household 3 was until the day of its removal.
        for (number, day, now, then) in [
            ("1", "2015-12-31", HouseholdStatus::Removed, HouseholdStatus::Poor),
            ("1", "2017-01-01", HouseholdStatus::Removed, HouseholdStatus::ExitedPolicy),
            ("3", "2015-12-31", HouseholdStatus::Poor, HouseholdStatus::Poor),
            ("3", "2017-06-19", HouseholdStatus::Poor, HouseholdStatus::Poor),
            ("3", "2017-06-20", HouseholdStatus::Removed, HouseholdStatus::Poor),
            ("2", "2017-06-20", HouseholdStatus::Poor, HouseholdStatus::Poor),
        ] {
            assert_eq!(village.standing(number, day, None).await, now, "{number} on {day}, now");
            assert_eq!(village.standing(number, day, Some(before)).await, then, "{number} on {day}, then");
        }
        // Figures follow: invariant 8, and what was published stays as it was.
        for (indicator, when, now, then) in [
            ("registry.persons_registered", date("2015-12-31"), 4, 6),
            ("registry.households_registered", date("2015-12-31"), 2, 3),
            ("registry.persons_exited", Period::Year(2016), 0, 2),
            ("registry.persons_removed", Period::Year(2017), 5, 0),
            ("registry.persons_registered", date("2017-09-30"), 1, 4),
        ] {
            let (known_now, _) = village.count(indicator, when.clone(), None).await;
            let (known_then, _) = village.count(indicator, when.clone(), Some(before)).await;
            assert_eq!((known_now, known_then), (Some(now), Some(then)), "{indicator} {when:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn single_members_are_removed_and_the_household_stays() {
    on_each(async |harness| {
        let village = Village::settle(harness).await;
        let before = village.moment().await;
        let (second, elsewhere) = (Village::id_of(32), Village::id_of(11));
        // Nobody of that number here, somebody of another household, a name without a number.
        for (person, column, reason) in [
            (("成员11", elsewhere.as_str()), "清退人员证件号码", "PERSON_NOT_MEMBER"),
            (("某某", "11010519491231002X"), "清退人员证件号码", "PERSON_NOT_MEMBER"),
            (("成员32", ""), "清退人员证件号码", "FIELD_REQUIRED"),
        ] {
            let done = village.told("registry.removals", "", COLUMNS, &[removal("3", person, "错评")]).await;
            assert_eq!(done.reasons(), [(1, column, reason)]);
        }
        village.enter("registry.removals", "", COLUMNS, &[removal("3", ("成员32", &second), "错评")]).await;
        let third = Village::id_of(33);
        let rows = [removal("3", ("成员33", &third), "不再符合条件")];
        village.enter("registry.removals", "", COLUMNS, &rows).await;

        assert_eq!(village.standing("3", "2017-07-01", None).await, HouseholdStatus::Poor);
        for (day, now) in [("2015-12-31", 2), ("2017-06-19", 2), ("2017-06-20", 1)] {
            assert_eq!(village.household("3", day, None).await.member_count, Some(now), "{day}");
            assert_eq!(village.household("3", day, Some(before)).await.member_count, Some(3), "{day}");
        }
        let (removed, _) = village.count("registry.persons_removed", Period::Year(2017), None).await;
        assert_eq!(removed, Some(2));
        let again = village.told("registry.removals", "", COLUMNS, &rows).await;
        assert_eq!((again.reasons(), again.counts()), (vec![], (1, 1, 0, 0)));

        // What cannot be undone is not withdrawn: the members would be lost.
        let steward = HouseholdCaseServiceClient::new(village.clerk());
        let household = village.household("3", "", None).await.name;
        let list = p::ListHouseholdCasesRequest {
            household,
            kind: p::HouseholdCaseKind::Removal.into(),
            ..p::ListHouseholdCasesRequest::default()
        };
        let found = { steward }.list_household_cases(list).await.unwrap().into_inner().household_cases;
        let token = village.harness.token("county_office", &[COUNTY]);
        let mut clerk = HouseholdCaseServiceClient::new(village.harness.client("registry", &token));
        let withdraw = p::WithdrawHouseholdCaseRequest {
            request_id: request_id(),
            name: found[0].name.clone(),
            etag: found[0].etag.clone(),
            reason: "误录".to_owned(),
            ..p::WithdrawHouseholdCaseRequest::default()
        };
        let answer = clerk.withdraw_household_case(withdraw).await;
        assert_eq!(refused(answer), "FailedPrecondition STATE_REFUSES");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_removal_gives_the_standing_back() {
    on_each(async |harness| {
        let village = Village::settle(harness).await;
        village.enter("registry.removals", "", COLUMNS, &[removal("1", ("", ""), "错评")]).await;
        let household = village.household("1", "", None).await.name;
        let list = p::ListHouseholdCasesRequest {
            household: household.clone(),
            kind: p::HouseholdCaseKind::Removal.into(),
            ..p::ListHouseholdCasesRequest::default()
        };
        let token = village.harness.token("county_office", &[COUNTY]);
        let mut clerk = HouseholdCaseServiceClient::new(village.harness.client("registry", &token));
        let found = clerk.list_household_cases(list).await.unwrap().into_inner().household_cases;
        let withdraw = p::WithdrawHouseholdCaseRequest {
            request_id: request_id(),
            name: found[0].name.clone(),
            etag: found[0].etag.clone(),
            reason: "误录".to_owned(),
            ..p::WithdrawHouseholdCaseRequest::default()
        };
        clerk.withdraw_household_case(withdraw).await.unwrap();
        assert_eq!(village.standing("1", "2015-12-31", None).await, HouseholdStatus::Poor);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_has_the_detail_of_its_own_kind_and_a_round_that_is_open() {
    on_each(async |harness| {
        let village = Village::settle(harness).await;
        let household = village.household("1", "", None).await.name;
        let mut cadre = HouseholdCaseServiceClient::new(
            village.harness.client("registry", &village.harness.token("village_cadre", &[COUNTY])),
        );
        let case = p::HouseholdCase {
            household,
            kind: p::HouseholdCaseKind::Exit.into(),
            opened_on: "2016-11-01".to_owned(),
            removal: Some(p::RemovalDetail {
                ground: Ground::WrongInclusion.into(),
                ..p::RemovalDetail::default()
            }),
            round: "rounds/none".to_owned(),
            ..p::HouseholdCase::default()
        };
        let request = p::CreateHouseholdCaseRequest {
            request_id: request_id(),
            household_case: Some(case),
            ..p::CreateHouseholdCaseRequest::default()
        };
        let found = fields(cadre.create_household_case(request).await);
        let expected = [("removal", "DETAIL_OF_OTHER_KIND"), ("round", "REFERENCE_NOT_FOUND")];
        for (field, reason) in expected {
            let field = format!("household_case.{field}");
            assert!(found.contains(&(field, reason.to_owned())), "{reason}: {found:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_department_learns_the_least_and_says_why_it_asks() {
    on_each(async |harness| {
        let village = Village::settle(harness).await;
        village.enter("registry.removals", "", COLUMNS, &[removal("1", ("", ""), "错评")]).await;
        let token = village.harness.token("department_system", &[COUNTY]);
        let mut standings = StandingServiceClient::new(village.harness.client("registry", &token));
        let question = |number: u32, name: &str| p::EligibilityQuestion {
            id_number: Village::id_of(number),
            full_name: name.to_owned(),
            on: "2017-09-01".to_owned(),
        };
        let request = p::BatchCheckEligibilityRequest {
            questions: vec![question(11, ""), question(21, "成员21"), question(21, "别人"), question(77, "")],
            purpose: "学生资助".to_owned(),
            legal_basis: "教育部门职责".to_owned(),
            known_at: None,
        };
        let answers = standings.batch_check_eligibility(request.clone()).await.unwrap().into_inner().answers;
        let outcomes: Vec<_> = answers.iter().map(p::EligibilityAnswer::outcome).collect();
        use p::EligibilityOutcome as O;
        assert_eq!(outcomes, [O::NotRegistered, O::RegisteredPoor, O::Ambiguous, O::NotRegistered]);
        assert_eq!(answers[1].since, "2014-12-31");
        let unexplained = p::BatchCheckEligibilityRequest { purpose: " ".to_owned(), ..request };
        let found = fields(standings.batch_check_eligibility(unexplained).await);
        assert_eq!(found, [("purpose".to_owned(), "FIELD_REQUIRED".to_owned())]);
        // The standing itself, with household and place, is not for departments.
        let asked = p::BatchCheckStandingsRequest {
            questions: vec![p::StandingQuestion {
                subject: Some(Subject::IdNumber(Village::id_of(21))),
                on: String::new(),
            }],
            known_at: None,
        };
        let answer = standings.batch_check_standings(asked).await;
        assert_eq!(refused(answer), "PermissionDenied PERMISSION_MISSING");
    })
    .await;
}
