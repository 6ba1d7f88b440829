//! An Event: ExchangeVisit.

use proto::common::Change;
use proto::common::VersionAction::{Corrected, Created, Withdrawn};
use proto::xiuhua::partneraid::v1 as p;
use proto::xiuhua::partneraid::v1::exchange_visit_service_client::ExchangeVisitServiceClient;
use suite::fixtures::{PREFECTURE, changed_on, corrected, divisions, fields, meta, paths, refused};
use suite::harness::{Client, on_each, request_id};
use tonic::Status;

use super::common::{events, told, versions};

const SERVICE: &str = "partner-aid";

type Visits = ExchangeVisitServiceClient<Client>;

fn visit(direction: p::VisitDirection, starts_on: &str, ends_on: &str) -> p::ExchangeVisit {
    p::ExchangeVisit {
        meta: meta(PREFECTURE, ""),
        direction: direction.into(),
        starts_on: starts_on.to_owned(),
        ends_on: ends_on.to_owned(),
        level: p::VisitLevel::Prefecture.into(),
        head_count: Some(12),
        agenda: "劳务协作".to_owned(),
        ..p::ExchangeVisit::default()
    }
}

async fn create(client: &mut Visits, visit: p::ExchangeVisit) -> Result<p::ExchangeVisit, Status> {
    let request = p::CreateExchangeVisitRequest {
        request_id: request_id(),
        exchange_visit: Some(visit),
        ..p::CreateExchangeVisitRequest::default()
    };
    Ok(client.create_exchange_visit(request).await?.into_inner().exchange_visit.unwrap())
}

async fn update(
    client: &mut Visits,
    visit: &p::ExchangeVisit,
    mask: &[&str],
    change: Option<Change>,
) -> Result<p::ExchangeVisit, Status> {
    let request = p::UpdateExchangeVisitRequest {
        request_id: request_id(),
        exchange_visit: Some(visit.clone()),
        update_mask: paths(mask),
        change,
        ..p::UpdateExchangeVisitRequest::default()
    };
    Ok(client.update_exchange_visit(request).await?.into_inner().exchange_visit.unwrap())
}

async fn get(client: &mut Visits, name: &str, as_of: &str) -> Result<p::ExchangeVisit, Status> {
    let request = p::GetExchangeVisitRequest {
        name: name.to_owned(),
        as_of: as_of.to_owned(),
        ..p::GetExchangeVisitRequest::default()
    };
    Ok(client.get_exchange_visit(request).await?.into_inner().exchange_visit.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_there_from_its_day_and_is_only_corrected() {
    use p::VisitDirection::{Inbound, Outbound};
    on_each(async |harness| {
        divisions(&harness).await;
        let mut client = ExchangeVisitServiceClient::new(
            harness.client(SERVICE, &harness.token("liaison", &[PREFECTURE])),
        );
        let wrong = p::ExchangeVisit {
            head_count: Some(0),
            level: 9,
            ..visit(p::VisitDirection::Unspecified, "2017-10-16", "2017-10-15")
        };
        let expected = [
            ("exchange_visit.direction", "FIELD_REQUIRED"),
            ("exchange_visit.starts_on", "DATE_IN_FUTURE"),
            ("exchange_visit.level", "CODE_UNKNOWN"),
            ("exchange_visit.ends_on", "DATE_ORDER"),
            ("exchange_visit.head_count", "NUMBER_OUT_OF_RANGE"),
        ];
        let told_of = fields(create(&mut client, wrong).await);
        assert_eq!(told_of, expected.map(|(field, reason)| (field.to_owned(), reason.to_owned())));

        let one = create(&mut client, visit(Outbound, "2017-03-01", "2017-03-04")).await.unwrap();
        assert_eq!(one.meta.as_ref().unwrap().valid_from, "2017-03-01");
        // Two visits may look the same.
        create(&mut client, visit(Outbound, "2017-03-01", "2017-03-04")).await.unwrap();
        create(&mut client, visit(Inbound, "2017-05-01", "")).await.unwrap();
        assert_eq!(refused(get(&mut client, &one.name, "2017-02-28").await), "NotFound RESOURCE_NOT_FOUND");
        let changed = update(&mut client, &one, &["leader"], changed_on("2017-04-01")).await;
        assert_eq!(refused(changed), "InvalidArgument CHANGE_KIND_UNSUPPORTED");
        let earlier = p::ExchangeVisit { starts_on: "2017-02-27".to_owned(), ..one.clone() };
        let moved = update(&mut client, &earlier, &["starts_on"], corrected("登记错误")).await.unwrap();
        assert_eq!(moved.meta.as_ref().unwrap().valid_from, "2017-02-27");
        assert_eq!(get(&mut client, &one.name, "2017-02-27").await.unwrap().etag, "2");

        let list = p::ListExchangeVisitsRequest {
            direction: Outbound.into(),
            ..p::ListExchangeVisitsRequest::default()
        };
        let found = client.list_exchange_visits(list).await.unwrap().into_inner().exchange_visits;
        assert_eq!(found.len(), 2);
        let request = p::WithdrawExchangeVisitRequest {
            request_id: request_id(),
            name: one.name.clone(),
            etag: "2".to_owned(),
            reason: "取消".to_owned(),
            ..p::WithdrawExchangeVisitRequest::default()
        };
        client.withdraw_exchange_visit(request).await.unwrap();
        let history = [(3, Withdrawn), (2, Corrected), (1, Created)];
        assert_eq!(versions(&harness, SERVICE, &one.name).await, history);
        let (all, _) = events(&harness, SERVICE, "").await;
        assert_eq!(told(&all, &one.name), [(1, Created), (2, Corrected), (3, Withdrawn)]);

        // A county's officer reads nothing of the prefecture's own.
        let county = harness.token("prefecture_office", &["222405"]);
        let mut county = ExchangeVisitServiceClient::new(harness.client(SERVICE, &county));
        let list =
            county.list_exchange_visits(p::ListExchangeVisitsRequest::default()).await.unwrap().into_inner();
        assert_eq!(list.exchange_visits, []);
        let told_of = create(&mut county, visit(Outbound, "2017-03-01", "")).await;
        assert_eq!(refused(told_of), "PermissionDenied AREA_FORBIDDEN");
    })
    .await;
}
