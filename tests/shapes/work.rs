//! A Work: RenovationCase.

use proto::common::VersionAction::{Acted, Created};
use proto::common::{Beneficiary, FundLine, FundSource, Payment, WorkState};
use proto::xiuhua::assistance::housing::v1 as p;
use proto::xiuhua::assistance::housing::v1::renovation_case_service_client::RenovationCaseServiceClient;
use suite::fixtures::{COUNTY, VILLAGE, corrected, divisions, fields, id_number, meta, paths, refused};
use suite::harness::{Client, Harness, on_each, request_id};
use tonic::Status;

use super::common::{events, told, versions};

const SERVICE: &str = "assistance";

type Works = RenovationCaseServiceClient<Client>;

fn works(harness: &Harness) -> Works {
    RenovationCaseServiceClient::new(harness.client(SERVICE, &harness.bureau("bureau", "housing", &[COUNTY])))
}

fn case(number: u32, persons: i32, method: p::RenovationMethod) -> p::RenovationCase {
    p::RenovationCase {
        meta: meta(VILLAGE, ""),
        beneficiary: Some(Beneficiary {
            full_name: "李哲洙".to_owned(),
            id_number: id_number("1950-02-03", number),
            ..Beneficiary::default()
        }),
        group: "低保户".to_owned(),
        household_size: Some(persons),
        old_grade: "D".to_owned(),
        appraised_on: "2016-03-01".to_owned(),
        method: method.into(),
        plan_year: Some(2016),
        total_fen: Some(850_000),
        ..p::RenovationCase::default()
    }
}

async fn create(client: &mut Works, case: p::RenovationCase) -> Result<p::RenovationCase, Status> {
    let request = p::CreateRenovationCaseRequest {
        request_id: request_id(),
        renovation_case: Some(case),
        ..p::CreateRenovationCaseRequest::default()
    };
    Ok(client.create_renovation_case(request).await?.into_inner().renovation_case.unwrap())
}

/// The parts that all verbs' requests have.
macro_rules! verb {
    ($client:expr, $method:ident, $request:ident, $case:expr, $day:expr $(, $field:ident: $value:expr)*) => {
        $client
            .$method(p::$request {
                request_id: request_id(),
                name: $case.name.clone(),
                etag: $case.etag.clone(),
                occurred_on: $day.to_owned(),
                $($field: $value,)*
                ..p::$request::default()
            })
            .await
            .map(|answer| answer.into_inner().renovation_case.unwrap())
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn a_work_goes_from_milestone_to_milestone() {
    on_each(async |harness| {
        divisions(&harness).await;
        let mut client = works(&harness);
        let mut wrong = case(1, 3, p::RenovationMethod::Rebuild);
        wrong.beneficiary.as_mut().unwrap().id_number.replace_range(17.., "Y");
        wrong.plan_year = Some(1066);
        wrong.household_size = Some(-3);
        let told_of = fields(create(&mut client, wrong).await);
        let expected = [
            ("renovation_case.beneficiary.id_number", "ID_NUMBER_CHARACTERS"),
            ("renovation_case.household_size", "NUMBER_NEGATIVE"),
            ("renovation_case.plan_year", "YEAR_INVALID"),
        ];
        assert_eq!(told_of, expected.map(|(field, reason)| (field.to_owned(), reason.to_owned())));

        let one = create(&mut client, case(1, 3, p::RenovationMethod::Rebuild)).await.unwrap();
        assert_eq!((one.state(), one.etag.as_str()), (WorkState::Proposed, "1"));
        assert_eq!(one.beneficiary.as_ref().unwrap().id_number.matches('*').count(), 13);
        let twice = create(&mut client, case(1, 2, p::RenovationMethod::Repair)).await;
        assert_eq!(refused(twice), "AlreadyExists VALUE_TAKEN");
        let early = verb!(client, report_renovation_case_progress, ReportRenovationCaseProgressRequest, one, "", started_on: "2016-05-01".to_owned());
        assert_eq!(refused(early), "FailedPrecondition MILESTONE_MISSING");
        let two = verb!(client, approve_renovation_case, ApproveRenovationCaseRequest, one, "2016-04-01").unwrap();
        assert_eq!(two.state(), WorkState::Approved);
        let stale = verb!(client, approve_renovation_case, ApproveRenovationCaseRequest, one, "2016-04-02");
        assert_eq!(refused(stale), "Aborted ETAG_STALE");
        let again = verb!(client, approve_renovation_case, ApproveRenovationCaseRequest, two, "2016-04-02");
        assert_eq!(refused(again), "FailedPrecondition STATE_REFUSES");
        let before = verb!(client, report_renovation_case_progress, ReportRenovationCaseProgressRequest, two, "", started_on: "2016-02-29".to_owned());
        assert_eq!(refused(before), "InvalidArgument DATE_ORDER");
        let line = |source: FundSource, budget| FundLine { source: source.into(), budget_fen: Some(budget), ..FundLine::default() };
        let three = verb!(client, report_renovation_case_progress, ReportRenovationCaseProgressRequest, two, "",
            started_on: "2016-05-01".to_owned(), funds: vec![line(FundSource::Central, 750_000), line(FundSource::Self_, 100_000)])
        .unwrap();
        assert_eq!((three.state(), three.funds.len()), (WorkState::Started, 2));
        let four = verb!(client, report_renovation_case_progress, ReportRenovationCaseProgressRequest, three, "",
            completed_on: "2016-08-01".to_owned(), area_after_sqm_x100: Some(6_100)).unwrap();
        assert_eq!(four.state(), WorkState::Completed);

        // A rebuilt house for three persons has 60 square metres at most.
        let over = verb!(client, accept_renovation_case, AcceptRenovationCaseRequest, four, "2016-09-01");
        assert_eq!(fields(over), [("area_after_sqm_x100".to_owned(), "OVER_SIZE".to_owned())]);
        let smaller = p::UpdateRenovationCaseRequest {
            request_id: request_id(),
            renovation_case: Some(p::RenovationCase { area_after_sqm_x100: Some(6_000), ..four.clone() }),
            update_mask: paths(&["area_after_sqm_x100"]),
            change: corrected("复测"),
            ..p::UpdateRenovationCaseRequest::default()
        };
        let five = client.update_renovation_case(smaller).await.unwrap().into_inner().renovation_case.unwrap();
        let payment = Payment { paid_on: "2016-09-10".to_owned(), amount_fen: Some(750_000), account: "6228480012345678901".to_owned(), ..Payment::default() };
        let unaccepted = verb!(client, record_renovation_case_payments, RecordRenovationCasePaymentsRequest, five, "", payments: vec![payment.clone()]);
        assert_eq!(refused(unaccepted), "FailedPrecondition MILESTONE_MISSING");
        let six = verb!(client, accept_renovation_case, AcceptRenovationCaseRequest, five, "2016-09-01", accepted_by: "王验收".to_owned()).unwrap();
        assert_eq!((six.state(), six.accepted_by.as_str()), (WorkState::Accepted, "王验收"));
        let seven = verb!(client, record_renovation_case_payments, RecordRenovationCasePaymentsRequest, six, "", payments: vec![payment]).unwrap();
        assert_eq!(seven.payments[0].account, "***************8901");
        assert!(!seven.payments[0].element_id.is_empty());
        let late = verb!(client, cancel_renovation_case, CancelRenovationCaseRequest, seven, "2016-10-01");
        assert_eq!(refused(late), "FailedPrecondition STATE_REFUSES");
        let actions: Vec<_> = versions(&harness, SERVICE, &one.name).await.into_iter().map(|(_, action)| action).collect();
        assert_eq!(actions.iter().filter(|action| **action == Acted).count(), 5, "{actions:?}");
        let (all, _) = events(&harness, SERVICE, "").await;
        assert_eq!(told(&all, &one.name).first(), Some(&(1, Created)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_work_is_cancelled_listed_by_its_state_and_read_on_a_day() {
    on_each(async |harness| {
        divisions(&harness).await;
        let mut client = works(&harness);
        let one = create(&mut client, case(1, 4, p::RenovationMethod::Repair)).await.unwrap();
        let two = create(&mut client, case(2, 4, p::RenovationMethod::Repair)).await.unwrap();
        let one =
            verb!(client, approve_renovation_case, ApproveRenovationCaseRequest, one, "2016-04-01").unwrap();
        let gone =
            verb!(client, cancel_renovation_case, CancelRenovationCaseRequest, one, "2016-06-01").unwrap();
        assert_eq!(gone.state(), WorkState::Cancelled);
        let accept = verb!(client, accept_renovation_case, AcceptRenovationCaseRequest, gone, "2016-07-01");
        assert!(fields(accept).contains(&("state".to_owned(), "STATE_REFUSES".to_owned())));
        let list = async |client: &mut Works, state: WorkState, as_of: &str| -> Vec<String> {
            let request = p::ListRenovationCasesRequest {
                state: state.into(),
                as_of: as_of.to_owned(),
                ..p::ListRenovationCasesRequest::default()
            };
            let page = client.list_renovation_cases(request).await.unwrap().into_inner();
            page.renovation_cases.into_iter().map(|case: p::RenovationCase| case.name).collect()
        };
        assert_eq!(list(&mut client, WorkState::Cancelled, "").await, std::slice::from_ref(&one.name));
        assert_eq!(
            list(&mut client, WorkState::Approved, "2016-05-01").await,
            std::slice::from_ref(&one.name)
        );
        assert_eq!(
            list(&mut client, WorkState::Proposed, "2016-03-15").await,
            [one.name.clone(), two.name.clone()]
        );
        assert_eq!(list(&mut client, WorkState::Accepted, "").await, Vec::<String>::new());
        let get = p::GetRenovationCaseRequest {
            name: one.name.clone(),
            as_of: "2016-05-01".to_owned(),
            ..p::GetRenovationCaseRequest::default()
        };
        let read = client.get_renovation_case(get).await.unwrap().into_inner().renovation_case.unwrap();
        assert_eq!((read.state(), read.etag.as_str()), (WorkState::Approved, "3"));

        let safe = p::RenovationCase { old_grade: "B".to_owned(), ..case(3, 3, p::RenovationMethod::Repair) };
        let safe = create(&mut client, safe).await.unwrap();
        let answer = verb!(client, approve_renovation_case, ApproveRenovationCaseRequest, safe, "2016-04-01");
        assert_eq!(refused(answer), "FailedPrecondition GRADE_NOT_DANGEROUS");
        // Another programme's bureau has no power here.
        let token = harness.bureau("bureau", "education", &[COUNTY]);
        let mut other = RenovationCaseServiceClient::new(harness.client(SERVICE, &token));
        let answer = verb!(other, approve_renovation_case, ApproveRenovationCaseRequest, two, "2016-04-01");
        assert_eq!(refused(answer), "PermissionDenied PERMISSION_MISSING");
    })
    .await;
}

/// Acceptance is a power of its own: stating its day with the record does not get around it.
#[tokio::test(flavor = "multi_thread")]
async fn milestones_come_from_their_verbs() {
    on_each(async |harness| {
        divisions(&harness).await;
        let mut client = works(&harness);
        let mut accepted = case(7, 3, p::RenovationMethod::Repair);
        accepted.schedule = Some(proto::common::Schedule {
            started_on: "2016-05-01".to_owned(),
            completed_on: "2016-08-01".to_owned(),
            accepted_on: "2016-09-01".to_owned(),
            ..proto::common::Schedule::default()
        });
        let told_of = fields(create(&mut client, accepted).await);
        let days = ["schedule.started_on", "schedule.completed_on", "schedule.accepted_on"];
        let expected: Vec<(String, String)> = days
            .iter()
            .map(|day| (format!("renovation_case.{day}"), "FIELD_OUTPUT_ONLY".to_owned()))
            .collect();
        assert_eq!(told_of, expected);
        create(&mut client, case(7, 3, p::RenovationMethod::Repair)).await.unwrap();
    })
    .await;
}
