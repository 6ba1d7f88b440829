//! The suite over HTTP: a record's life in JSON, scope and refusals, and three protocols on one port.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use http::StatusCode;
use prost::Message;
use proto::common::access_service_client::AccessServiceClient;
use proto::common::{GetCallerRequest, GetCallerResponse};
use proto::xiuhua::registry::v1 as registry;
use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use serde_json::json;
use suite::fixtures::{COUNTY, FOREIGN_VILLAGE, PREFECTURE, VILLAGE, divisions, household};
use suite::front;
use suite::harness::{Harness, on_each, request_id};
use suite::web::Web;

const NUMBER: &str = "222405100201001";

async fn started(harness: &mut Harness) {
    divisions(harness).await;
    front::gateway(harness).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_lives_in_json_as_it_does_in_grpc() {
    on_each(async |mut harness| {
        started(&mut harness).await;
        let token = harness.token("data_steward", &[COUNTY]);
        let web = Web::new(&harness, &token);
        let body = json!({"requestId": request_id(), "household": {
            "householdNo": NUMBER, "headFullName": "金顺子", "identifiedYear": 2015,
            "meta": {"area": VILLAGE, "validFrom": "2015-12-31"}}});
        let created = web.json("POST", "/v1/households", &body).await;
        assert_eq!(created.status, StatusCode::OK, "{}", created.json());
        let stored = created.json()["household"].clone();
        let name = stored["name"].as_str().unwrap();
        assert_eq!((&stored["householdNo"], &stored["meta"]["area"]), (&json!(NUMBER), &json!(VILLAGE)));
        assert_eq!(web.json("POST", "/v1/households", &body).await.json(), created.json(), "a repetition");

        let change = json!({"requestId": request_id(), "updateMask": "headFullName",
            "household": {"etag": stored["etag"], "headFullName": "金顺女"},
            "change": {"kind": "CHANGE_KIND_CORRECTION", "reason": "误录"}});
        let changed = web.json("PATCH", &format!("/v1/{name}"), &change).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.json());
        let stale = json!({"requestId": request_id(), "updateMask": "headFullName",
            "household": {"etag": stored["etag"], "headFullName": "x"},
            "change": {"kind": "CHANGE_KIND_CORRECTION", "reason": "误录"}});
        assert!(web.json("PATCH", &format!("/v1/{name}"), &stale).await.refusal().contains("ETAG_STALE"));

        let mut client = HouseholdServiceClient::new(harness.client("gateway", &token));
        let asked = registry::GetHouseholdRequest { name: name.to_owned(), ..Default::default() };
        let known = client.get_household(asked).await.unwrap().into_inner().household.unwrap();
        let found = web.get(&format!("/v1/{name}")).await.json()["household"].clone();
        assert_eq!((known.head_full_name.as_str(), &found["headFullName"]), ("金顺女", &json!("金顺女")));
        assert_eq!(known.etag, found["etag"].as_str().unwrap());
        let before = web.get(&format!("/v1/{name}?asOf=2015-01-01")).await;
        assert_eq!(before.status, StatusCode::NOT_FOUND);
        let listed =
            web.get(&format!("/v1/households?area={VILLAGE}&household_no={NUMBER}&pageSize=5")).await;
        assert_eq!(listed.json()["households"].as_array().map(Vec::len), Some(1));

        let lines = web.get("/v1/tables/registry.households:export").await.lines();
        let rows = lines.iter().filter_map(|line| line["batch"]["rows"].as_array()).flatten();
        assert_eq!(rows.filter(|row| row.to_string().contains("金顺女")).count(), 1);
        assert!(lines.last().unwrap()["end"].is_object());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_and_rules_are_those_of_the_rpcs() {
    on_each(async |mut harness| {
        started(&mut harness).await;
        let steward = harness.token("data_steward", &[PREFECTURE]);
        let abroad =
            household(harness.client("registry", &steward), "9", FOREIGN_VILLAGE, "2015-12-31").await;
        let web = Web::new(&harness, &harness.token("data_steward", &[COUNTY]));
        let hidden = web.get(&format!("/v1/{}", abroad.name)).await;
        assert_eq!(hidden.refusal(), "404 RESOURCE_NOT_FOUND");
        let outside = web.get(&format!("/v1/households?area={FOREIGN_VILLAGE}")).await;
        assert_eq!(outside.refusal(), "403 AREA_FORBIDDEN");
        let empty = json!({"requestId": request_id(), "household": {"meta": {"area": VILLAGE}}});
        let refused = web.json("POST", "/v1/households", &empty).await;
        assert!(refused.refusal().contains("household_no=FIELD_REQUIRED"), "{}", refused.refusal());
        let stranger = Web::new(&harness, "").get(&format!("/v1/{}", abroad.name)).await;
        assert_eq!(stranger.refusal(), "401 AUTHENTICATION_REQUIRED");
        let wrong = "/v1/households?pageSize=many";
        assert_eq!(Web::new(&harness, "").get(wrong).await.refusal(), "401 AUTHENTICATION_REQUIRED");
        assert_eq!(web.get(wrong).await.refusal(), "400 INTEGER_INVALID page_size=INTEGER_INVALID");
        let hospital = Web::new(&harness, &harness.token("department_system", &[PREFECTURE]));
        let denied = hospital.get("/v1/households").await;
        assert_eq!(denied.refusal(), "403 PERMISSION_MISSING");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_protocols_and_two_pages_share_a_port() {
    on_each(async |mut harness| {
        started(&mut harness).await;
        let token = harness.token("data_steward", &[COUNTY]);
        let mut client = AccessServiceClient::new(harness.client("gateway", &token));
        let told = client.get_caller(GetCallerRequest {}).await.unwrap().into_inner().caller.unwrap();
        let web = Web::new(&harness, &token);
        let json = web.get("/v1/caller").await.json();
        assert_eq!(json["caller"]["subject"], told.subject.as_str());

        let path = "/xiuhua.common.v1.AccessService/GetCaller";
        let answer = web.send("POST", path, "application/grpc-web+proto", vec![0; 5]).await;
        assert_eq!(answer.headers["content-type"], "application/grpc-web+proto");
        let length = u32::from_be_bytes(answer.body[1..5].try_into().unwrap()) as usize;
        let message = GetCallerResponse::decode(&answer.body[5..5 + length]).unwrap();
        assert_eq!(message.caller.unwrap().subject, told.subject);
        let trailers = &answer.body[5 + length..];
        assert_eq!(trailers[0], 0x80);
        assert!(String::from_utf8_lossy(trailers).contains("grpc-status:0"));

        let public = Web::new(&harness, "");
        assert_eq!(public.get("/openapi.json").await.json()["openapi"], "3.1.0");
        let page = public.get("/docs").await;
        assert_eq!(
            (page.status, &page.headers["content-type"]),
            (StatusCode::OK, &"text/html; charset=utf-8".parse().unwrap())
        );
        assert_eq!(public.get("/nothing").await.refusal(), "404 PATH_UNKNOWN");
    })
    .await;
}
