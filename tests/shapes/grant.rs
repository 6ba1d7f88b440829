//! A Grant: TemporaryRelief.

use proto::common::VersionAction::{Acted, Created};
use proto::common::{Award, Beneficiary, Change, GrantState, HouseholdStatus, Payment};
use proto::xiuhua::assistance::socialsecurity::v1 as p;
use proto::xiuhua::assistance::socialsecurity::v1::temporary_relief_service_client::TemporaryReliefServiceClient;
use suite::fixtures::{COUNTY, VILLAGE, corrected, divisions, fields, id_number, meta, paths, refused};
use suite::harness::{Client, Harness, on_each, request_id};
use tonic::Status;

use super::common::{events, told, versions};

const SERVICE: &str = "assistance";

type Reliefs = TemporaryReliefServiceClient<Client>;

fn reliefs(harness: &Harness) -> Reliefs {
    TemporaryReliefServiceClient::new(
        harness.client(SERVICE, &harness.bureau("bureau", "social_security", &[COUNTY])),
    )
}

fn relief(number: u32) -> p::TemporaryRelief {
    p::TemporaryRelief {
        meta: meta(VILLAGE, ""),
        award: Some(Award { applied_on: "2017-02-01".to_owned(), ..Award::default() }),
        beneficiary: Some(Beneficiary {
            full_name: "李哲洙".to_owned(),
            id_number: id_number("1950-02-03", number),
            ..Beneficiary::default()
        }),
        cause: p::ReliefCause::Illness.into(),
        covered_count: Some(2),
        ..p::TemporaryRelief::default()
    }
}

fn paid(on: &str, fen: i64) -> Payment {
    Payment {
        paid_on: on.to_owned(),
        amount_fen: Some(fen),
        account: "6228480012345678901".to_owned(),
        ..Payment::default()
    }
}

async fn create(client: &mut Reliefs, relief: p::TemporaryRelief) -> Result<p::TemporaryRelief, Status> {
    let request = p::CreateTemporaryReliefRequest {
        request_id: request_id(),
        temporary_relief: Some(relief),
        ..p::CreateTemporaryReliefRequest::default()
    };
    Ok(client.create_temporary_relief(request).await?.into_inner().temporary_relief.unwrap())
}

async fn update(
    client: &mut Reliefs,
    relief: &p::TemporaryRelief,
    mask: &[&str],
    change: Option<Change>,
) -> Result<p::TemporaryRelief, Status> {
    let request = p::UpdateTemporaryReliefRequest {
        request_id: request_id(),
        temporary_relief: Some(relief.clone()),
        update_mask: paths(mask),
        change,
        ..p::UpdateTemporaryReliefRequest::default()
    };
    Ok(client.update_temporary_relief(request).await?.into_inner().temporary_relief.unwrap())
}

/// The parts that all verbs' requests have.
macro_rules! verb {
    ($client:expr, $method:ident, $request:ident, $relief:expr, $day:expr $(, $field:ident: $value:expr)*) => {
        $client
            .$method(p::$request {
                request_id: request_id(),
                name: $relief.name.clone(),
                etag: $relief.etag.clone(),
                occurred_on: $day.to_owned(),
                $($field: $value,)*
                ..p::$request::default()
            })
            .await
            .map(|answer| answer.into_inner().temporary_relief.unwrap())
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_is_approved_paid_and_ended() {
    on_each(async |harness| {
        divisions(&harness).await;
        let mut client = reliefs(&harness);
        let mut wrong = relief(1);
        wrong.award.as_mut().unwrap().applied_on.clear();
        wrong.covered_count = Some(0);
        let told_of = fields(create(&mut client, wrong).await);
        let expected = [("temporary_relief.award.applied_on", "FIELD_REQUIRED"), ("temporary_relief.covered_count", "NUMBER_OUT_OF_RANGE")];
        assert_eq!(told_of, expected.map(|(field, reason)| (field.to_owned(), reason.to_owned())));

        let one = create(&mut client, relief(1)).await.unwrap();
        assert_eq!(one.state(), GrantState::Applied);
        let whom = one.beneficiary.as_ref().unwrap();
        // Nobody of that number is registered, which is normal.
        assert_eq!((whom.standing(), whom.household.as_str()), (HouseholdStatus::Unspecified, ""));
        assert!(whom.distinct_key.starts_with("id:"));
        let payments = vec![paid("2017-03-01", 100)];
        let early = verb!(client, record_temporary_relief_payments, RecordTemporaryReliefPaymentsRequest, one, "", payments: payments.clone());
        assert!(fields(early).contains(&("state".to_owned(), "STATE_REFUSES".to_owned())));
        let unsaid = verb!(client, approve_temporary_relief, ApproveTemporaryReliefRequest, one, "2017-02-20");
        assert_eq!(fields(unsaid), [("approved_fen".to_owned(), "FIELD_REQUIRED".to_owned())]);
        let before = verb!(client, approve_temporary_relief, ApproveTemporaryReliefRequest, one, "2017-01-31", approved_fen: Some(500_000));
        assert_eq!(refused(before), "InvalidArgument DATE_ORDER");
        let two = verb!(client, approve_temporary_relief, ApproveTemporaryReliefRequest, one, "2017-02-20", approved_fen: Some(500_000)).unwrap();
        assert_eq!(two.state(), GrantState::Approved);

        let over = verb!(client, record_temporary_relief_payments, RecordTemporaryReliefPaymentsRequest, two, "",
            payments: vec![paid("2017-03-01", 300_000), paid("2017-04-01", 200_001)]);
        assert_eq!(fields(over), [("payments".to_owned(), "PAID_OVER_APPROVED".to_owned())]);
        let half = verb!(client, record_temporary_relief_payments, RecordTemporaryReliefPaymentsRequest, two, "", payments: vec![paid("2017-03-01", 300_000)]).unwrap();
        assert_eq!((half.state(), half.award.as_ref().unwrap().first_paid_on.as_str()), (GrantState::Paying, "2017-03-01"));
        let over = verb!(client, record_temporary_relief_payments, RecordTemporaryReliefPaymentsRequest, half, "", payments: vec![paid("2017-04-01", 200_001)]);
        assert_eq!(refused(over), "FailedPrecondition PAID_OVER_APPROVED");
        let all = verb!(client, record_temporary_relief_payments, RecordTemporaryReliefPaymentsRequest, half, "", payments: vec![paid("2017-04-01", 200_000)]).unwrap();
        assert_eq!(all.payments.len(), 2);
        assert_eq!(all.payments[0], half.payments[0]);

        // What was read masked comes back masked and says nothing; a mask of something else is refused.
        let mut returned = all.clone();
        returned.payments[1].returned_on = "2017-05-01".to_owned();
        let back = update(&mut client, &returned, &["payments"], corrected("退回")).await.unwrap();
        assert_eq!(back.payments[1].returned_on, "2017-05-01");
        assert_eq!(back.payments[1].account, all.payments[1].account);
        returned.payments[1].account = "***************0000".to_owned();
        returned.etag.clone_from(&back.etag);
        let answer = update(&mut client, &returned, &["payments"], corrected("退回")).await;
        assert_eq!(fields(answer), [("temporary_relief.payments[1].account".to_owned(), "VALUE_MASKED".to_owned())]);

        let ended = verb!(client, end_temporary_relief, EndTemporaryReliefRequest, back, "2017-06-01").unwrap();
        assert_eq!(ended.state(), GrantState::Ended);
        let late = verb!(client, record_temporary_relief_payments, RecordTemporaryReliefPaymentsRequest, ended, "", payments: payments);
        assert!(fields(late).contains(&("state".to_owned(), "STATE_REFUSES".to_owned())));
        let actions: Vec<_> = versions(&harness, SERVICE, &one.name).await.into_iter().map(|(_, action)| action).collect();
        assert_eq!((actions.first(), actions.last()), (Some(&Acted), Some(&Created)));
        let (all, _) = events(&harness, SERVICE, "").await;
        assert_eq!(told(&all, &one.name).len(), 6);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_grant_stays_refused() {
    on_each(async |harness| {
        divisions(&harness).await;
        let mut client = reliefs(&harness);
        let one = create(&mut client, relief(1)).await.unwrap();
        create(&mut client, relief(1)).await.expect("one person may apply twice");
        let refusal = verb!(client, refuse_temporary_relief, RefuseTemporaryReliefRequest, one, "2017-02-20").unwrap();
        assert_eq!(refusal.state(), GrantState::Refused);
        for answer in [
            verb!(client, refuse_temporary_relief, RefuseTemporaryReliefRequest, refusal, "2017-02-21"),
            verb!(client, approve_temporary_relief, ApproveTemporaryReliefRequest, refusal, "2017-02-21", approved_fen: Some(1)),
            verb!(client, end_temporary_relief, EndTemporaryReliefRequest, refusal, "2017-02-21"),
        ] {
            assert_eq!(refused(answer), "FailedPrecondition STATE_REFUSES");
        }
        let list = async |client: &mut Reliefs, state: GrantState, as_of: &str| -> Vec<String> {
            let request = p::ListTemporaryReliefsRequest { state: state.into(), as_of: as_of.to_owned(), ..p::ListTemporaryReliefsRequest::default() };
            let page = client.list_temporary_reliefs(request).await.unwrap().into_inner();
            page.temporary_reliefs.into_iter().map(|relief: p::TemporaryRelief| relief.name).collect()
        };
        assert_eq!(list(&mut client, GrantState::Refused, "").await, std::slice::from_ref(&one.name));
        assert_eq!(list(&mut client, GrantState::Applied, "2017-02-19").await.len(), 2);
        assert_eq!(list(&mut client, GrantState::Paying, "").await, Vec::<String>::new());
    })
    .await;
}
