//! Look-ups for other departments, through the gateway: one person or a thousand, never without a reason that stays in the
//! audit, and no more in the answer than the question.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

use proto::common::audit_service_client::AuditServiceClient;
use proto::common::{AuditEntry, AuditKind, ListAuditEntriesRequest};
use proto::xiuhua::gateway::v1::eligibility_service_client::EligibilityServiceClient;
use proto::xiuhua::gateway::v1::{BatchCheckEligibilityRequest, CheckEligibilityRequest};
use proto::xiuhua::registry::v1::{EligibilityAnswer, EligibilityOutcome, EligibilityQuestion};
use runtime::status::Problem;
use suite::counties::{HOUSEHOLDS, LONGJING, MEMBERS, load};
use suite::fixtures::{COUNTY, PREFECTURE, divisions, id_number};
use suite::front::gateway;
use suite::harness::{Client, Harness, on_each};
use suite::table::{header, import};
use tonic::{Code, Status};

const PURPOSE: &str = "学生资助";
const BASIS: &str = "教育部门职责";
/// Who asks.
const SCHOOLS: &str = "schools.system";

fn schools(harness: &Harness) -> EligibilityServiceClient<Client> {
    let token = harness.token_of(SCHOOLS, "department_system", &[PREFECTURE]);
    EligibilityServiceClient::new(harness.client("gateway", &token))
}

/// What the registry's audit holds of the department's look-ups.
async fn audited(harness: &Harness) -> Vec<AuditEntry> {
    let token = harness.token_of("auditor", "auditor", &[PREFECTURE]);
    let request = ListAuditEntriesRequest {
        subject: SCHOOLS.to_owned(),
        kind: AuditKind::Exchange.into(),
        ..ListAuditEntriesRequest::default()
    };
    let answer =
        AuditServiceClient::new(harness.client("registry", &token)).list_audit_entries(request).await;
    answer.unwrap().into_inner().entries
}

fn fields(refused: &Status) -> Vec<(String, String)> {
    let told = Problem::of(refused).violations;
    told.into_iter().map(|violation| (violation.field, violation.reason)).collect()
}

fn question(id_number: &str) -> EligibilityQuestion {
    EligibilityQuestion {
        id_number: id_number.to_owned(),
        on: "2017-09-01".to_owned(),
        ..EligibilityQuestion::default()
    }
}

fn batch(questions: Vec<EligibilityQuestion>) -> BatchCheckEligibilityRequest {
    BatchCheckEligibilityRequest {
        questions,
        purpose: PURPOSE.to_owned(),
        legal_basis: BASIS.to_owned(),
        known_at: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_leaves_its_reason_in_the_audit_and_answers_the_least() {
    on_each(async |mut harness| {
        gateway(&mut harness).await;
        divisions(&harness).await;
        let household = [LONGJING.household_row("", "")];
        let head = [LONGJING.head_row()];
        for (table, columns, rows) in
            [("registry.households", HOUSEHOLDS, &household), ("registry.members", MEMBERS, &head)]
        {
            let loaded = load(&harness, &LONGJING, "registry", table, columns, rows).await;
            assert_eq!(loaded.reasons(), []);
        }
        let known = LONGJING.head_id();

        let one = CheckEligibilityRequest {
            id_number: known.clone(),
            as_of: "2017-09-01".to_owned(),
            purpose: PURPOSE.to_owned(),
            legal_basis: BASIS.to_owned(),
            ..CheckEligibilityRequest::default()
        };
        let answer =
            schools(&harness).check_eligibility(one.clone()).await.unwrap().into_inner().answer.unwrap();
        // Whether and since when on which day: nothing else can be told, since an answer has nothing else.
        let EligibilityAnswer { outcome, since, as_of } = answer;
        assert_eq!(outcome, i32::from(EligibilityOutcome::RegisteredPoor));
        assert!(!since.is_empty() && as_of == "2017-09-01");

        let mut thousand: Vec<EligibilityQuestion> =
            (0..999).map(|number| question(&id_number("1949-10-01", number))).collect();
        thousand.push(question(&known));
        let answers = schools(&harness)
            .batch_check_eligibility(batch(thousand.clone()))
            .await
            .unwrap()
            .into_inner()
            .answers;
        let poor = |answer: &EligibilityAnswer| answer.outcome() == EligibilityOutcome::RegisteredPoor;
        assert_eq!((answers.len(), answers.iter().filter(|answer| poor(answer)).count()), (1_000, 1));
        assert!(poor(answers.last().unwrap()), "answers are in the order of their questions");

        let entries = audited(&harness).await;
        let counts: Vec<_> = entries.iter().map(|entry| entry.count).collect();
        assert_eq!(counts, [1_000, 1], "the newest first");
        for entry in &entries {
            assert_eq!((entry.purpose.as_str(), entry.legal_basis.as_str()), (PURPOSE, BASIS));
            assert_eq!(entry.method, "xiuhua.registry.v1.StandingService/BatchCheckEligibility");
            assert!(!format!("{entry:?}").contains(&known), "no number is in the audit");
        }

        // As forms have it, and as a disability certificate does.
        let wide: String = known.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
        for written in [format!(" {}\u{3000}{}", &known[..6], &known[6..]), wide, format!("{known}43")] {
            let asked = CheckEligibilityRequest { id_number: written, ..one.clone() };
            let answer =
                schools(&harness).check_eligibility(asked).await.unwrap().into_inner().answer.unwrap();
            assert!(poor(&answer));
        }
        assert_eq!(audited(&harness).await.len(), 5);
        what_is_no_id_number(&harness, &one, &known).await;
        refusals(&harness, &one, thousand, &known).await;
        assert_eq!(audited(&harness).await.len(), 5, "what is refused has asked nothing");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_without_a_member_row_is_answered_by_the_household() {
    on_each(async |mut harness| {
        gateway(&mut harness).await;
        divisions(&harness).await;
        let household = LONGJING.household_row("", "");
        let load = async |table: &str, columns: &[&str], row: Vec<String>| {
            let loaded = load(&harness, &LONGJING, "registry", table, columns, &[row]).await;
            assert_eq!(loaded.reasons(), []);
        };
        load("registry.households", HOUSEHOLDS, household).await;
        let head = LONGJING.head_id();
        let asked = async |full_name: &str, on: &str| {
            let question =
                EligibilityQuestion { full_name: full_name.to_owned(), on: on.to_owned(), ..question(&head) };
            let answer = schools(&harness).batch_check_eligibility(batch(vec![question])).await.unwrap();
            let answer = answer.into_inner().answers.remove(0);
            (answer.outcome(), answer.since)
        };
        use EligibilityOutcome as O;
        let poor = (O::RegisteredPoor, "2014-12-31".to_owned());
        let nothing = |outcome| (outcome, String::new());
        for on in ["2017-09-01", "2014-12-31"] {
            assert_eq!((asked("", on).await, asked("金顺子", on).await), (poor.clone(), poor.clone()));
            assert_eq!(asked("别人", on).await, nothing(O::Ambiguous));
        }
        assert_eq!(asked("", "2014-12-30").await, nothing(O::NotRegistered));
        // A member row that says otherwise is nearer than the household's head.
        let mut left = LONGJING.head_row();
        (left[8], left[9]) = ("死亡".to_owned(), "2016-05-01".to_owned());
        load("registry.members", MEMBERS, left).await;
        assert_eq!(
            (asked("", "2016-04-30").await, asked("", "2016-05-01").await),
            (poor, nothing(O::NotRegistered))
        );
    })
    .await;
}

/// A row of a form that speaks for a day.
async fn import_on(harness: &Harness, day: &str, table: &str, columns: &[&str], row: Vec<String>) {
    let client = harness.client("registry", &harness.token("data_steward", &[COUNTY]));
    let loaded = import(client, header(table, COUNTY, day, columns), &[row]).await.expect("an import");
    assert_eq!(loaded.reasons(), []);
}

fn household(number: &str, head: &str, id_number: &str) -> Vec<String> {
    let mut row = LONGJING.household_row("", "");
    for (cell, text) in [(3, number), (4, head), (5, id_number)] {
        text.clone_into(&mut row[cell]);
    }
    row
}

fn member(household: &str, id_number: &str, [change, on]: [&str; 2]) -> Vec<String> {
    let mut row = LONGJING.head_row();
    let own = [(0, household), (1, "801-p2"), (2, "朴大山"), (3, "男"), (4, id_number), (8, change), (9, on)];
    for (cell, text) in own {
        text.clone_into(&mut row[cell]);
    }
    row
}

/// Households that changed their head, and a head who has left another household: each day is answered as it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_is_answered_by_the_household_of_the_day() {
    on_each(async |mut harness| {
        gateway(&mut harness).await;
        divisions(&harness).await;
        let (first, second) = (LONGJING.head_id(), id_number("1950-03-01", 7));
        let other = household("801", "崔哲", &id_number("1951-03-01", 8));
        let (joined, left) = (member("801", &second, ["", ""]), ["户籍迁出", "2015-06-01"]);
        // The second head was a member of another household until 2015.
        for (day, table, columns, row) in [
            ("2014-12-31", "registry.households", HOUSEHOLDS, other),
            ("2014-12-31", "registry.members", MEMBERS, joined),
            ("2015-06-01", "registry.members", MEMBERS, member("801", &second, left)),
            ("2015-12-31", "registry.households", HOUSEHOLDS, household("802", "金顺子", &first)),
            ("2017-06-30", "registry.households", HOUSEHOLDS, household("802", "朴大山", &second)),
        ] {
            import_on(&harness, day, table, columns, row).await;
        }

        use EligibilityOutcome as O;
        let told = async || {
            let mut told = Vec::new();
            for (id_number, full_name, on) in [
                (&first, "金顺子", "2016-06-01"),
                (&first, "朴大山", "2016-06-01"),
                (&first, "金顺子", "2017-09-01"),
                (&second, "朴大山", "2015-05-31"),
                (&second, "朴大山", "2016-06-01"),
                (&second, "朴大山", "2017-09-01"),
                (&second, "金顺子", "2017-09-01"),
            ] {
                let full_name = full_name.to_owned();
                let question = EligibilityQuestion { full_name, on: on.to_owned(), ..question(id_number) };
                let answers = schools(&harness).batch_check_eligibility(batch(vec![question])).await.unwrap();
                told.push(answers.into_inner().answers.remove(0).outcome());
            }
            told
        };
        let known = [
            O::RegisteredPoor,
            O::Ambiguous,
            O::NotRegistered,
            O::RegisteredPoor,
            O::NotRegistered,
            O::RegisteredPoor,
            O::Ambiguous,
        ];
        assert_eq!(told().await, known);
        // Their member row comes in later: it says nothing of the days before it.
        import_on(&harness, "2017-10-10", "registry.members", MEMBERS, member("802", &second, ["", ""]))
            .await;
        assert_eq!(told().await, known);
    })
    .await;
}

/// What cannot be an ID number is never answered as somebody who is not registered.
async fn what_is_no_id_number(harness: &Harness, one: &CheckEligibilityRequest, known: &str) {
    let wrong_check = if known.ends_with('1') { '2' } else { '1' };
    let (longer, check) = (format!("{known}4"), format!("{}{wrong_check}", &known[..17]));
    let certificate = format!("{known}99");
    let wrong = [
        ("", "FIELD_REQUIRED"),
        ("garbage", "ID_NUMBER_LENGTH"),
        ("222405550308202", "ID_NUMBER_LENGTH"),
        (longer.as_str(), "ID_NUMBER_LENGTH"),
        (check.as_str(), "ID_NUMBER_CHECKSUM"),
        (certificate.as_str(), "DISABILITY_CERTIFICATE_INVALID"),
        ("22*************021", "VALUE_MASKED"),
    ];
    for (number, reason) in wrong {
        let asked = CheckEligibilityRequest { id_number: number.to_owned(), ..one.clone() };
        let status = schools(harness).check_eligibility(asked).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{number}");
        assert_eq!(fields(&status), [("id_number".to_owned(), reason.to_owned())], "{number}");
    }
    let questions: Vec<_> =
        std::iter::once(known).chain(wrong.map(|(number, _)| number)).map(question).collect();
    let status = schools(harness).batch_check_eligibility(batch(questions)).await.unwrap_err();
    let told = wrong.iter().enumerate();
    let told: Vec<_> = told
        .map(|(at, (_, reason))| (format!("questions[{}].id_number", at + 1), (*reason).to_owned()))
        .collect();
    assert_eq!(fields(&status), told, "all of them at once");
}

/// Without a reason nobody is looked for, nor by somebody whose work it is not.
async fn refusals(
    harness: &Harness,
    one: &CheckEligibilityRequest,
    mut thousand: Vec<EligibilityQuestion>,
    known: &str,
) {
    let mut refused = Vec::new();
    for (purpose, basis) in [("", " "), ("\t", BASIS), (PURPOSE, "")] {
        let (purpose, legal_basis) = (purpose.to_owned(), basis.to_owned());
        let asked = CheckEligibilityRequest { purpose, legal_basis, ..one.clone() };
        let status = schools(harness).check_eligibility(asked).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        refused.push(fields(&status).into_iter().map(|(field, _)| field).collect::<Vec<_>>());
    }
    assert_eq!(refused, [vec!["purpose", "legal_basis"], vec!["purpose"], vec!["legal_basis"]]);
    let endless = CheckEligibilityRequest { purpose: "助".repeat(501), ..one.clone() };
    let status = schools(harness).check_eligibility(endless).await.unwrap_err();
    assert_eq!(fields(&status), [("purpose".to_owned(), "TEXT_TOO_LONG".to_owned())]);
    thousand.push(question(known));
    let status = schools(harness).batch_check_eligibility(batch(thousand)).await.unwrap_err();
    assert_eq!(Problem::of(&status).reason, "BATCH_TOO_LARGE");

    let liaison = harness.client("gateway", &harness.token("liaison", &[COUNTY]));
    let status =
        EligibilityServiceClient::new(liaison).batch_check_eligibility(batch(vec![question(known)])).await;
    assert_eq!(status.unwrap_err().code(), Code::PermissionDenied);
}
