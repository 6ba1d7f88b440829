//! The JSON face before services that answer what a test tells them to.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use kernel::failure::{Failure, Reason, Violation};
use kernel::language::Language;
use prost::Message;
use proto::common::{
    ExportBatch, ExportEnd, ExportHeader, ExportRowsRequest, ExportRowsResponse, ListTablesResponse, Table,
    export_rows_response,
};
use proto::xiuhua::registry::v1 as registry;
use runtime::status::to_status;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::suite::{Answer, Fake, Reply, Suite, nobody};

const GET: &str = "/xiuhua.registry.v1.HouseholdService/GetHousehold";
const LIST: &str = "/xiuhua.registry.v1.HouseholdService/ListHouseholds";
const UPDATE: &str = "/xiuhua.registry.v1.HouseholdService/UpdateHousehold";
const CASES: &str = "/xiuhua.registry.v1.HouseholdCaseService/ListHouseholdCases";
const TABLES: &str = "/xiuhua.common.v1.TableService/ListTables";
const EXPORT: &str = "/xiuhua.common.v1.TableService/ExportRows";

fn answer(answer: impl Fn(&[Bytes]) -> Reply + Send + Sync + 'static) -> Answer {
    Box::new(answer)
}

/// An answer over HTTP.
struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answered {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    fn lines(&self) -> Vec<Value> {
        self.body
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }

    fn detail(&self, name: &str) -> Value {
        let json = self.json();
        let name = format!("type.googleapis.com/google.rpc.{name}");
        let details = json["details"].as_array().unwrap();
        details.iter().find(|detail| detail["@type"] == name.as_str()).cloned().unwrap_or_default()
    }

    /// `status REASON field REASON …`
    fn refusal(&self) -> String {
        let mut said =
            format!("{} {}", self.status.as_u16(), self.detail("ErrorInfo")["reason"].as_str().unwrap());
        for violation in self.detail("BadRequest")["fieldViolations"].as_array().into_iter().flatten() {
            let text = |key: &str| violation[key].as_str().unwrap_or_default().to_owned();
            said += &format!(" {}={}", text("field"), text("reason"));
        }
        said
    }
}

async fn call(suite: &Suite, request: http::Request<Body>) -> Answered {
    let (head, body) = suite.pages.clone().oneshot(request).await.unwrap().into_parts();
    Answered { status: head.status, headers: head.headers, body: body.collect().await.unwrap().to_bytes() }
}

async fn get(suite: &Suite, path: &str) -> Answered {
    call(suite, suite.http("GET", path).body(Body::empty()).unwrap()).await
}

async fn send(suite: &Suite, method: &str, path: &str, body: impl Into<Body>) -> Answered {
    let request = suite.http(method, path).header("content-type", "application/json");
    call(suite, request.body(body.into()).unwrap()).await
}

async fn before(registry: &Fake) -> Suite {
    Suite::before([registry.serve().await, nobody().await, nobody().await])
}

#[tokio::test]
async fn path_and_parameters_become_the_request_and_the_answer_canonical_json() {
    let known = registry::GetHouseholdResponse {
        household: Some(registry::Household {
            name: "households/1".to_owned(),
            household_no: "222405100201001".to_owned(),
            identified_year: Some(2015),
            ..registry::Household::default()
        }),
    };
    let fake = Fake::new([
        (GET, answer(move |_| Reply::message(&known))),
        (LIST, answer(|_| Reply::message(&registry::ListHouseholdsResponse::default()))),
    ]);
    let suite = before(&fake).await;
    let found =
        get(&suite, "/v1/households/1?asOf=2016-12-31&reveal.fields=a&reveal.fields=b&reveal.legal_basis=x")
            .await;
    assert_eq!(found.status, StatusCode::OK);
    assert_eq!(
        (&found.headers["content-type"], &found.headers["cache-control"]),
        (&"application/json".parse().unwrap(), &"no-store".parse().unwrap())
    );
    let household = json!({"name": "households/1", "householdNo": "222405100201001", "identifiedYear": 2015});
    assert_eq!(found.json(), json!({"household": household}));
    let asked =
        registry::GetHouseholdRequest::decode(fake.seen("GetHousehold")[0].messages[0].clone()).unwrap();
    let reveal = asked.reveal.unwrap();
    assert_eq!(
        (asked.name.as_str(), asked.as_of.as_str(), reveal.fields, reveal.legal_basis.as_str()),
        ("households/1", "2016-12-31", vec!["a".to_owned(), "b".to_owned()], "x")
    );

    let listed =
        get(&suite, "/v1/households?state=HOUSEHOLD_STATUS_POOR&page_size=7&known_at=2017-09-30T00:00:00Z")
            .await;
    assert_eq!((listed.status, listed.json()), (StatusCode::OK, json!({})));
    let asked =
        registry::ListHouseholdsRequest::decode(fake.seen("ListHouseholds")[0].messages[0].clone()).unwrap();
    assert_eq!((asked.state, asked.page_size, asked.known_at.unwrap().seconds), (2, 7, 1_506_729_600));
}

#[tokio::test]
async fn a_body_becomes_the_request_with_what_the_path_says() {
    let fake =
        Fake::new([(UPDATE, answer(|_| Reply::message(&registry::UpdateHouseholdResponse::default())))]);
    let suite = before(&fake).await;
    let body = json!({"requestId": "r", "household": {"headFullName": "金顺子", "etag": "3"},
        "updateMask": "headFullName", "change": {"kind": "CHANGE_KIND_CORRECTION", "reason": "误录"}});
    let done = send(&suite, "PATCH", "/v1/households/1", body.to_string()).await;
    assert_eq!((done.status, done.json()), (StatusCode::OK, json!({})));
    let asked = registry::UpdateHouseholdRequest::decode(fake.seen("UpdateHousehold")[0].messages[0].clone())
        .unwrap();
    let household = asked.household.unwrap();
    assert_eq!((household.name.as_str(), household.head_full_name.as_str()), ("households/1", "金顺子"));
    assert_eq!(asked.update_mask.unwrap().paths, ["head_full_name"]);

    let other = json!({"household": {"name": "households/2"}}).to_string();
    let refused = send(&suite, "PATCH", "/v1/households/1", other).await;
    assert_eq!(refused.refusal(), "400 VALUE_MALFORMED household.name=VALUE_MALFORMED");
    let refused = send(&suite, "PATCH", "/v1/households/1?validateOnly=true", "").await;
    assert_eq!(refused.refusal(), "400 FIELD_UNKNOWN validateOnly=FIELD_UNKNOWN");
    assert_eq!(fake.seen("UpdateHousehold").len(), 1);
}

#[tokio::test]
async fn what_is_no_request_is_refused_before_any_service_is_called() {
    let fake = Fake::default();
    let suite = before(&fake).await;
    let long = format!("/v1/households/{}", "x".repeat(9_000));
    let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    let cases = [
        (get(&suite, "/nothing").await, "404 PATH_UNKNOWN"),
        (get(&suite, &long).await, "414 PATH_TOO_LONG"),
        (
            get(&suite, "/v1/households?bogus=1&pageSize=x").await,
            "400 VALIDATION_FAILED bogus=FIELD_UNKNOWN page_size=INTEGER_INVALID",
        ),
        (
            get(&suite, "/v1/households?pageSize=1&page_size=2").await,
            "400 FIELD_REPEATED page_size=FIELD_REPEATED",
        ),
        (
            get(&suite, "/v1/households?pageSize=1&pageSize=2").await,
            "400 FIELD_REPEATED page_size=FIELD_REPEATED",
        ),
        (
            get(&suite, "/v1/households?reveal=x&reveal.bogus=1").await,
            "400 VALIDATION_FAILED reveal=VALUE_MALFORMED reveal=FIELD_REPEATED",
        ),
        (send(&suite, "POST", "/v1/households", "{\"a\": NaN}").await, "400 REQUEST_MALFORMED"),
        (send(&suite, "POST", "/v1/households", deep).await, "400 NESTED_TOO_DEEP"),
        (send(&suite, "POST", "/v1/households", "[]").await, "400 VALUE_MALFORMED =VALUE_MALFORMED"),
        (send(&suite, "POST", "/v1/households", vec![b' '; 5 << 20]).await, "413 MESSAGE_TOO_LARGE"),
        (
            send(
                &suite,
                "POST",
                "/v1/households",
                "{\"household\": {\"bogus\": 1, \"identifiedYear\": \"99999999999\"}}",
            )
            .await,
            "400 VALIDATION_FAILED household.bogus=FIELD_UNKNOWN household.identified_year=NUMBER_OUT_OF_RANGE",
        ),
    ];
    for (answered, expected) in cases {
        assert_eq!(answered.refusal(), expected);
        assert!(answered.headers.contains_key("x-request-id"), "{expected}");
    }
    let refused = send(&suite, "DELETE", "/v1/households/1", "").await;
    assert_eq!(
        (refused.refusal().as_str(), &refused.headers["allow"]),
        ("405 HTTP_METHOD_REFUSED", &"GET, PATCH".parse().unwrap())
    );
    assert_eq!(fake.seen("").len(), 0);
}

#[tokio::test]
async fn a_body_of_another_kind_is_told_what_would_do() {
    let fake = Fake::default();
    let suite = before(&fake).await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=gb18030"] {
        let request =
            suite.http("POST", "/v1/households").header("content-type", kind).body(Body::from("{}"));
        let refused = call(&suite, request.unwrap()).await;
        assert_eq!(refused.refusal(), "415 CONTENT_TYPE_UNSUPPORTED", "{kind}");
        assert_eq!(refused.headers["accept"], "application/json");
    }
    let import = "/v1/files:import?name=registry.households";
    for (path, header, value, reason, (hint, taken)) in [
        (
            import,
            "content-type",
            "multipart/form-data; boundary=b",
            "CONTENT_TYPE_UNSUPPORTED",
            ("accept", "application/octet-stream"),
        ),
        (import, "content-encoding", "gzip", "CONTENT_ENCODING_UNSUPPORTED", ("accept-encoding", "identity")),
        (
            "/v1/households",
            "content-encoding",
            "gzip",
            "CONTENT_ENCODING_UNSUPPORTED",
            ("accept-encoding", "identity"),
        ),
    ] {
        let request = suite.http("POST", path).header(header, value).body(Body::from("{}"));
        let refused = call(&suite, request.unwrap()).await;
        assert_eq!(
            (refused.refusal(), &refused.headers[hint]),
            (format!("415 {reason}"), &taken.parse().unwrap())
        );
    }
    assert_eq!(fake.seen("").len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let suite =
        Suite::before(["http://127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1"].map(str::to_owned));
    let first =
        futures::stream::iter([Ok::<_, std::convert::Infallible>(http_body::Frame::data(Bytes::from("{")))]);
    let never = futures::StreamExt::chain(first, futures::stream::pending());
    let answered = send(&suite, "POST", "/v1/households", Body::new(StreamBody::new(never))).await;
    assert_eq!(answered.refusal(), "408 BODY_TOO_SLOW");
}

#[tokio::test]
async fn a_file_that_breaks_off_is_told_to_be_incomplete() {
    let table = Table { id: "registry.households".to_owned(), ..Table::default() };
    let tables = ListTablesResponse { tables: vec![table], ..ListTablesResponse::default() };
    let suite = before(&Fake::new([(TABLES, answer(move |_| Reply::message(&tables)))])).await;
    let gone = Err(std::io::Error::other("gone"));
    let pieces = futures::stream::iter([Ok("县市,"), Ok(""), Ok("乡镇"), gone]);
    let answered =
        send(&suite, "POST", "/v1/files:import?name=registry.households", Body::from_stream(pieces)).await;
    assert_eq!(answered.refusal(), "400 FILE_INCOMPLETE");
}

#[tokio::test]
async fn a_services_refusal_comes_with_its_details_in_the_callers_language() {
    let refused = || {
        let violation = Violation::new("household.attribute", Reason::FieldRequired);
        let failure =
            Failure::new(Reason::Overloaded).violations(vec![violation]).retry_after(Duration::from_secs(3));
        Reply::status(to_status(&failure, Language::Ko))
    };
    let fake = Fake::new([(GET, answer(move |_| refused()))]);
    let suite = before(&fake).await;
    let answered = get(&suite, "/v1/households/1").await;
    assert_eq!(answered.refusal(), "429 OVERLOADED household.attribute=FIELD_REQUIRED");
    assert_eq!(answered.headers["retry-after"], "3");
    assert_eq!(answered.detail("RetryInfo")["retryDelay"], "3s");
    assert_eq!(answered.detail("LocalizedMessage")["locale"], "ko");
    assert_eq!(answered.json()["code"], 8);

    let request = http::Request::get("/v1/households/1").header("x-request-id", "mine-1");
    let stranger = call(&suite, request.header("accept-language", "ko").body(Body::empty()).unwrap()).await;
    assert_eq!(stranger.refusal(), "401 AUTHENTICATION_REQUIRED");
    assert_eq!(
        (&stranger.headers["www-authenticate"], &stranger.headers["x-request-id"]),
        (&"Bearer".parse().unwrap(), &"mine-1".parse().unwrap())
    );
    assert_eq!(stranger.detail("LocalizedMessage")["locale"], "ko");

    let nobody = get(&suite, "/v1/exchangeVisits/1").await;
    assert_eq!(nobody.refusal(), "503 SERVICE_UNAVAILABLE");
    assert!(nobody.headers.contains_key("retry-after"));
}

fn exported() -> Vec<Vec<u8>> {
    let part = |part| ExportRowsResponse { part: Some(part) }.encode_to_vec();
    vec![
        part(export_rows_response::Part::Header(ExportHeader::default())),
        part(export_rows_response::Part::Batch(ExportBatch {
            resume_token: "t".to_owned(),
            ..ExportBatch::default()
        })),
        part(export_rows_response::Part::End(ExportEnd { row_count: 1 })),
    ]
}

#[tokio::test]
async fn a_stream_is_a_line_for_each_message_and_says_how_it_was_refused() {
    let broken = || Reply {
        status: Some(to_status(&Failure::new(Reason::ShuttingDown), Language::En)),
        ..Reply::messages(exported())
    };
    let registry = Fake::new([(EXPORT, answer(|_| Reply::messages(exported())))]);
    let assistance = Fake::new([(EXPORT, answer(move |_| broken()))]);
    let partner_aid = Fake::new([(
        EXPORT,
        answer(|_| Reply::status(to_status(&Failure::new(Reason::TableUnknown), Language::En))),
    )]);
    let suite = Suite::before([registry.serve().await, assistance.serve().await, partner_aid.serve().await]);
    let whole = get(&suite, "/v1/tables/registry.households:export?asOf=2017-09-30").await;
    assert_eq!(
        (whole.status, &whole.headers["content-type"]),
        (StatusCode::OK, &"application/x-ndjson".parse().unwrap())
    );
    assert_eq!(
        whole.lines(),
        [json!({"header": {}}), json!({"batch": {"resumeToken": "t"}}), json!({"end": {"rowCount": "1"}})]
    );
    let asked = ExportRowsRequest::decode(registry.seen("ExportRows")[0].messages[0].clone()).unwrap();
    assert_eq!((asked.table.as_str(), asked.as_of.as_str()), ("registry.households", "2017-09-30"));

    let broken = get(&suite, "/v1/tables/housing.renovation_cases:export").await;
    let lines = broken.lines();
    assert_eq!((broken.status, lines.len(), &lines[3]["error"]["code"]), (StatusCode::OK, 4, &json!(14)));
    let refused = get(&suite, "/v1/tables/partner_aid.exchange_visits:export").await;
    assert_eq!(refused.refusal(), "404 TABLE_UNKNOWN");
}

#[tokio::test]
async fn the_only_detail_of_a_panic_is_that_there_was_one() {
    let fake = Fake::new([(CASES, answer(|_| Reply::messages([b"\xff\xff".to_vec()])))]);
    let suite = before(&fake).await;
    let answered = get(&suite, "/v1/householdCases").await;
    assert_eq!(answered.refusal(), "500 INTERNAL");
}
