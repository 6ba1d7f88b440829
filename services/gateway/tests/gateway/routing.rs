//! Calls reach the service that owns what they are about, and their answers come back as they were.

use std::time::Duration;

use crate::suite::{Answer, Fake, Reply, Suite, collected, nobody};
use kernel::failure::{Failure, Reason};
use kernel::language::Language;
use prost::Message;
use prost_types::Timestamp;
use proto::common::annual_plan_service_client::AnnualPlanServiceClient;
use proto::common::audit_service_client::AuditServiceClient;
use proto::common::change_feed_service_client::ChangeFeedServiceClient;
use proto::common::history_service_client::HistoryServiceClient;
use proto::common::table_service_client::TableServiceClient;
use proto::common::{
    AnnualPlan, AuditEntry, BatchGetAnnualPlansRequest, BatchGetAnnualPlansResponse, ExportRowsRequest,
    ExportRowsResponse, FeedEvent, GetHeadRequest, GetHeadResponse, ImportHeader, ImportRowsRequest,
    ImportRowsResponse, ListAnnualPlansRequest, ListAnnualPlansResponse, ListAuditEntriesRequest,
    ListAuditEntriesResponse, ListTablesRequest, ListTablesResponse, ListVersionsRequest,
    ListVersionsResponse, Position, Table, WatchRequest, WatchResponse, export_rows_response,
    import_rows_request,
};
use proto::xiuhua::partneraid::v1::exchange_visit_service_client::ExchangeVisitServiceClient;
use proto::xiuhua::partneraid::v1::{ExchangeVisit, GetExchangeVisitRequest, GetExchangeVisitResponse};
use runtime::status::{Problem, to_status};
use tonic::{Code, Status};

const GET_VISIT: &str = "/xiuhua.partneraid.v1.ExchangeVisitService/GetExchangeVisit";
const EXPORT: &str = "/xiuhua.common.v1.TableService/ExportRows";
const IMPORT: &str = "/xiuhua.common.v1.TableService/ImportRows";
const TABLES: &str = "/xiuhua.common.v1.TableService/ListTables";
const VERSIONS: &str = "/xiuhua.common.v1.HistoryService/ListVersions";
const PLANS: &str = "/xiuhua.common.v1.AnnualPlanService/ListAnnualPlans";
const BATCH: &str = "/xiuhua.common.v1.AnnualPlanService/BatchGetAnnualPlans";
const AUDIT: &str = "/xiuhua.common.v1.AuditService/ListAuditEntries";
const WATCH: &str = "/xiuhua.common.v1.ChangeFeedService/Watch";
const HEAD: &str = "/xiuhua.common.v1.ChangeFeedService/GetHead";

fn answer(answer: impl Fn(&[bytes::Bytes]) -> Reply + Send + Sync + 'static) -> Answer {
    Box::new(answer)
}

async fn three(fakes: [&Fake; 3]) -> Suite {
    let [registry, assistance, partner_aid] = fakes;
    Suite::before([registry.serve().await, assistance.serve().await, partner_aid.serve().await])
}

#[tokio::test]
async fn a_call_of_a_fact_service_is_passed_on_with_its_headers_and_trailers() {
    let visit = GetExchangeVisitResponse {
        exchange_visit: Some(ExchangeVisit {
            name: "exchangeVisits/1".to_owned(),
            ..ExchangeVisit::default()
        }),
    };
    let known = visit.clone();
    let partner_aid = Fake::new([(GET_VISIT, answer(move |_| Reply::message(&known)))]);
    let (registry, assistance) = (Fake::default(), Fake::default());
    let suite = three([&registry, &assistance, &partner_aid]).await;
    let mut request =
        suite.request(GetExchangeVisitRequest { name: "exchangeVisits/1".to_owned(), ..Default::default() });
    request.set_timeout(Duration::from_secs(60));
    let answer =
        ExchangeVisitServiceClient::new(suite.gateway.clone()).get_exchange_visit(request).await.unwrap();
    assert_eq!(answer.metadata().get("x-fake-trailer").unwrap(), "kept");
    assert_eq!(answer.into_inner(), visit);
    let seen = partner_aid.seen("GetExchangeVisit");
    let headers = &seen[0].headers;
    assert!(headers["authorization"].to_str().unwrap().starts_with("Bearer "));
    assert_eq!(
        (&headers["accept-language"], &headers["x-request-id"]),
        (&"en".parse().unwrap(), &"test-1".parse().unwrap())
    );
    let left: u64 = headers["grpc-timeout"].to_str().unwrap().strip_suffix('m').unwrap().parse().unwrap();
    assert!((1..=60_000).contains(&left), "{left}");
    let asked = GetExchangeVisitRequest::decode(seen[0].messages[0].clone()).unwrap();
    assert_eq!(asked.name, "exchangeVisits/1");
}

#[tokio::test]
async fn a_refusal_keeps_its_details() {
    let refused = || {
        let failure = Failure::new(Reason::DateOrder).with("earlier", "starts_on").with("later", "ends_on");
        to_status(
            &failure.violations(vec![kernel::failure::Violation::new("ends_on", Reason::DateOrder)]),
            Language::En,
        )
    };
    let partner_aid = Fake::new([(GET_VISIT, answer(move |_| Reply::status(refused())))]);
    let suite = three([&Fake::default(), &Fake::default(), &partner_aid]).await;
    let request = suite.request(GetExchangeVisitRequest::default());
    let status =
        ExchangeVisitServiceClient::new(suite.gateway.clone()).get_exchange_visit(request).await.unwrap_err();
    assert_eq!(Problem::of(&status), Problem::of(&refused()));
}

#[tokio::test]
async fn a_service_that_is_not_there_is_named() {
    let suite = Suite::before([nobody().await, nobody().await, nobody().await]);
    let request = suite.request(GetExchangeVisitRequest::default());
    let status =
        ExchangeVisitServiceClient::new(suite.gateway.clone()).get_exchange_visit(request).await.unwrap_err();
    let problem = Problem::of(&status);
    assert_eq!((problem.code, problem.reason.as_str()), (Code::Unavailable, "SERVICE_UNAVAILABLE"));
    assert_eq!(problem.metadata["service"], "partner-aid");
    assert!(problem.retry_after.is_some() && !problem.message.is_empty());
}

#[tokio::test]
async fn an_answer_that_breaks_off_ends_with_a_reason() {
    let partner_aid = Fake::new([(
        GET_VISIT,
        answer(|_| Reply {
            breaks: true,
            ..Reply::messages([GetExchangeVisitResponse::default().encode_to_vec()])
        }),
    )]);
    let suite = three([&Fake::default(), &Fake::default(), &partner_aid]).await;
    let request = suite.request(GetExchangeVisitRequest::default());
    let status =
        ExchangeVisitServiceClient::new(suite.gateway.clone()).get_exchange_visit(request).await.unwrap_err();
    assert_eq!(Problem::of(&status).reason, "SERVICE_UNAVAILABLE");
}

fn exported(rows: i64) -> Vec<u8> {
    let end = export_rows_response::Part::End(proto::common::ExportEnd { row_count: rows });
    ExportRowsResponse { part: Some(end) }.encode_to_vec()
}

#[tokio::test]
async fn streams_go_by_the_table_and_keep_how_they_end() {
    let behind = || {
        Failure::new(Reason::DatabaseUnavailable)
            .with("service", "assistance")
            .retry_after(Duration::from_secs(2))
    };
    let ended = to_status(&behind(), Language::En);
    let assistance = Fake::new([(
        EXPORT,
        answer(move |_| Reply { status: Some(ended.clone()), ..Reply::messages([exported(1), exported(2)]) }),
    )]);
    let (registry, partner_aid) = (Fake::default(), Fake::default());
    let suite = three([&registry, &assistance, &partner_aid]).await;
    let request =
        ExportRowsRequest { table: "social_security.temporary_reliefs".to_owned(), ..Default::default() };
    let stream =
        TableServiceClient::new(suite.gateway.clone()).export_rows(suite.request(request)).await.unwrap();
    let (rows, status) = collected(stream.into_inner()).await;
    assert_eq!(rows.iter().map(Message::encode_to_vec).collect::<Vec<_>>(), [exported(1), exported(2)]);
    let problem = Problem::of(&status.unwrap());
    assert_eq!(
        (problem.reason.as_str(), problem.retry_after),
        ("DATABASE_UNAVAILABLE", Some(Duration::from_secs(2)))
    );
    assert!(registry.seen("").is_empty() && partner_aid.seen("").is_empty());
}

#[tokio::test]
async fn an_import_goes_by_its_first_header() {
    let assistance = Fake::new([(
        IMPORT,
        answer(|messages| {
            Reply::messages(messages.iter().map(|_| ImportRowsResponse::default().encode_to_vec()))
        }),
    )]);
    let registry = Fake::default();
    let suite = three([&registry, &assistance, &Fake::default()]).await;
    let header = |table: &str| ImportRowsRequest {
        part: Some(import_rows_request::Part::Header(ImportHeader {
            table: table.to_owned(),
            ..Default::default()
        })),
    };
    let sent = vec![
        header("housing.renovation_cases"),
        ImportRowsRequest::default(),
        header("assistance.annual_plans"),
    ];
    let messages = futures::stream::iter(sent.clone());
    let request = suite.request_of("data_steward", &["222400"], messages);
    let stream = TableServiceClient::new(suite.gateway.clone()).import_rows(request).await.unwrap();
    let (answers, status) = collected(stream.into_inner()).await;
    assert_eq!((answers.len(), status.map(|status| status.code())), (3, None));
    let seen = assistance.seen("ImportRows");
    let arrived: Vec<ImportRowsRequest> =
        seen[0].messages.iter().map(|message| ImportRowsRequest::decode(message.clone()).unwrap()).collect();
    assert_eq!(arrived, sent);
    assert!(registry.seen("").is_empty());
}

#[tokio::test]
async fn lists_of_all_services_are_one() {
    let tables = |ids: &'static [&'static str]| {
        let tables = ids.iter().map(|id| Table { id: (*id).to_owned(), ..Table::default() }).collect();
        Fake::new([(
            TABLES,
            answer(move |_| {
                Reply::message(&ListTablesResponse { tables: Vec::clone(&tables), ..Default::default() })
            }),
        )])
    };
    let registry = tables(&["registry.divisions", "registry.households"]);
    let (assistance, partner_aid) = (tables(&["housing.renovation_cases"]), tables(&[]));
    let suite = three([&registry, &assistance, &partner_aid]).await;
    let request = suite.request(ListTablesRequest::default());
    let answer =
        TableServiceClient::new(suite.gateway.clone()).list_tables(request).await.unwrap().into_inner();
    let mut ids: Vec<&str> = answer.tables.iter().map(|table| table.id.as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["housing.renovation_cases", "registry.divisions", "registry.households"]);
}

#[tokio::test]
async fn tables_of_services_that_answer_are_listed_beside_the_names_of_the_others() {
    let listed = || {
        let table = Table { id: "registry.households".to_owned(), ..Table::default() };
        let tables = ListTablesResponse { tables: vec![table], ..Default::default() };
        Fake::new([(TABLES, answer(move |_| Reply::message(&tables)))])
    };
    let fails = |code| Fake::new([(TABLES, answer(move |_| Reply::status(Status::new(code, ""))))]);
    let asked = async |fakes: [&Fake; 3]| {
        let suite = three(fakes).await;
        let request = suite.request(ListTablesRequest::default());
        TableServiceClient::new(suite.gateway.clone()).list_tables(request).await
    };
    let (listed, down) = (listed(), fails(Code::Unavailable));
    let answer = asked([&listed, &down, &listed]).await.unwrap().into_inner();
    assert_eq!(
        (answer.tables.len(), answer.missing_services.as_slice()),
        (2, &["assistance".to_owned()][..])
    );
    assert_eq!(asked([&down, &down, &down]).await.unwrap_err().code(), Code::Unavailable);
    let refused = asked([&listed, &fails(Code::PermissionDenied), &listed]).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_history_goes_by_the_collection() {
    let registry = Fake::new([(VERSIONS, answer(|_| Reply::message(&ListVersionsResponse::default())))]);
    let suite = three([&registry, &Fake::default(), &Fake::default()]).await;
    let name = "households/0192f0c1-2345-7abc-8def-0123456789ab".to_owned();
    let request = suite.request(ListVersionsRequest { name, ..Default::default() });
    HistoryServiceClient::new(suite.gateway.clone()).list_versions(request).await.unwrap();
    assert_eq!(registry.seen("ListVersions").len(), 1);
}

fn plans(names: &[&str], next: &str) -> ListAnnualPlansResponse {
    let annual_plans =
        names.iter().map(|name| AnnualPlan { name: (*name).to_owned(), ..AnnualPlan::default() });
    ListAnnualPlansResponse { annual_plans: annual_plans.collect(), next_page_token: next.to_owned() }
}

#[tokio::test]
async fn pages_run_through_one_service_after_the_other() {
    let assistance = Fake::new([(
        PLANS,
        answer(|messages| {
            let asked = ListAnnualPlansRequest::decode(messages[0].clone()).unwrap();
            let page =
                if asked.page_token.is_empty() { plans(&["a1", "a2"], "more") } else { plans(&["a3"], "") };
            Reply::message(&page)
        }),
    )]);
    let partner_aid = Fake::new([(PLANS, answer(|_| Reply::message(&plans(&[], ""))))]);
    let registry = Fake::new([(PLANS, answer(|_| Reply::message(&plans(&["r1"], ""))))]);
    let suite = three([&registry, &assistance, &partner_aid]).await;
    let mut client = AnnualPlanServiceClient::new(suite.gateway.clone());
    let mut pages = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = suite.request(ListAnnualPlansRequest { page_token, ..Default::default() });
        let page = client.list_annual_plans(request).await.unwrap().into_inner();
        pages.push(page.annual_plans.iter().map(|plan| plan.name.clone()).collect::<Vec<_>>());
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(pages, [vec!["a1", "a2"], vec!["a3"], vec!["r1"]]);
    let request = ListAnnualPlansRequest { indicator: "housing.renovated".to_owned(), ..Default::default() };
    let page = client.list_annual_plans(suite.request(request)).await.unwrap().into_inner();
    assert_eq!((page.annual_plans.len(), page.next_page_token.as_str()), (2, "more"));
    let made_up = ListAnnualPlansRequest { page_token: "more".to_owned(), ..Default::default() };
    let status = client.list_annual_plans(suite.request(made_up)).await.unwrap_err();
    assert_eq!(Problem::of(&status).reason, "PAGE_TOKEN_INVALID");
}

#[tokio::test]
async fn a_batch_may_lie_with_several_services() {
    let knowing = |known: &'static str| {
        Fake::new([(
            BATCH,
            answer(move |messages| {
                let asked = BatchGetAnnualPlansRequest::decode(messages[0].clone()).unwrap();
                if asked.names.iter().all(|name| name == known) {
                    let annual_plans = plans(&[known], "").annual_plans;
                    Reply::message(&BatchGetAnnualPlansResponse { annual_plans })
                } else {
                    Reply::status(to_status(&Failure::new(Reason::ResourceNotFound), Language::En))
                }
            }),
        )])
    };
    let (registry, assistance, partner_aid) =
        (knowing("annualPlans/r"), knowing("annualPlans/a"), knowing("annualPlans/p"));
    let suite = three([&registry, &assistance, &partner_aid]).await;
    let mut client = AnnualPlanServiceClient::new(suite.gateway.clone());
    let names = ["annualPlans/p", "annualPlans/r", "annualPlans/a"].map(str::to_owned).to_vec();
    let request = suite.request(BatchGetAnnualPlansRequest { names: names.clone(), ..Default::default() });
    let found = client.batch_get_annual_plans(request).await.unwrap().into_inner();
    assert_eq!(found.annual_plans.into_iter().map(|plan| plan.name).collect::<Vec<_>>(), names);
    let unknown = BatchGetAnnualPlansRequest {
        names: vec![names[0].clone(), "annualPlans/x".to_owned()],
        ..Default::default()
    };
    let status = client.batch_get_annual_plans(suite.request(unknown)).await.unwrap_err();
    assert_eq!(Problem::of(&status).reason, "RESOURCE_NOT_FOUND");
}

/// A log whose entries were written at these seconds, two a page.
fn log(seconds: &'static [i64]) -> Fake {
    Fake::new([(
        AUDIT,
        answer(move |messages| {
            let asked = ListAuditEntriesRequest::decode(messages[0].clone()).unwrap();
            let before = asked.to.expect("a fixed end").seconds;
            let from: usize = asked.page_token.parse().unwrap_or_default();
            let shown: Vec<AuditEntry> = seconds
                .iter()
                .filter(|second| **second < before)
                .skip(from)
                .take(2)
                .map(|second| AuditEntry {
                    at: Some(Timestamp { seconds: *second, nanos: 0 }),
                    ..AuditEntry::default()
                })
                .collect();
            let next = from + shown.len();
            let next_page_token = if next < seconds.len() { next.to_string() } else { String::new() };
            Reply::message(&ListAuditEntriesResponse { entries: shown, next_page_token })
        }),
    )])
}

#[tokio::test]
async fn audit_logs_are_merged_by_time() {
    let (registry, assistance, partner_aid) = (log(&[90, 70, 60, 10]), log(&[80, 50, 40, 30, 20]), log(&[]));
    let suite = three([&registry, &assistance, &partner_aid]).await;
    let mut client = AuditServiceClient::new(suite.gateway.clone());
    for size in [1, 2, 4, 100] {
        let (mut seconds, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = ListAuditEntriesRequest { page_token, page_size: size, ..Default::default() };
            let page = client.list_audit_entries(suite.request(request)).await.unwrap().into_inner();
            assert!(page.entries.len() <= usize::try_from(size).unwrap());
            seconds.extend(page.entries.iter().map(|entry| entry.at.unwrap().seconds));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!(seconds, [90, 80, 70, 60, 50, 40, 30, 20, 10], "pages of {size}");
    }
}

/// A feed of one event, or of nothing after it.
fn feed(collection: &'static str) -> Fake {
    let position = || Some(Position { token: "1.0".to_owned(), at: None });
    let watched = answer(move |messages| {
        let asked = WatchRequest::decode(messages[0].clone()).unwrap();
        if asked.position == "1.0" {
            return Reply::default();
        }
        let event = FeedEvent { collection: collection.to_owned(), ..FeedEvent::default() };
        Reply::message(&WatchResponse { events: vec![event], position: position() })
    });
    let head = answer(move |messages| {
        let asked = GetHeadRequest::decode(messages[0].clone()).unwrap();
        let after = (!asked.after.is_empty()).then(|| asked.after.parse::<f64>().is_ok_and(|at| at >= 1.0));
        let behind = after.map_or(0, |seen| i64::from(!seen));
        Reply::message(&GetHeadResponse { head: position(), behind })
    });
    Fake::new([(WATCH, watched), (HEAD, head)])
}

#[tokio::test]
async fn a_feed_of_all_services_is_resumed_where_each_was() {
    let (registry, assistance, partner_aid) =
        (feed("households"), feed("renovationCases"), feed("exchangeVisits"));
    let suite = three([&registry, &assistance, &partner_aid]).await;
    let mut client = ChangeFeedServiceClient::new(suite.gateway.clone());
    let request = |request| suite.request_of("internal", &["*"], request);
    let all = WatchRequest { until_head: true, ..WatchRequest::default() };
    let (answers, status) = collected(client.watch(request(all.clone())).await.unwrap().into_inner()).await;
    assert!(status.is_none(), "{status:?}");
    let mut collections: Vec<&str> =
        answers.iter().flat_map(|answer| &answer.events).map(|event| event.collection.as_str()).collect();
    collections.sort_unstable();
    assert_eq!(collections, ["exchangeVisits", "households", "renovationCases"]);
    let position = answers.last().unwrap().position.clone().unwrap().token;
    let again = WatchRequest { position, ..all.clone() };
    let (answers, _) = collected(client.watch(request(again)).await.unwrap().into_inner()).await;
    assert!(answers.is_empty());
    let one = WatchRequest { collections: vec!["households".to_owned()], ..all };
    let (answers, _) = collected(client.watch(request(one)).await.unwrap().into_inner()).await;
    assert_eq!(answers.len(), 1);
    assert_eq!((registry.seen("Watch").len(), assistance.seen("Watch").len()), (3, 2));
}

#[tokio::test]
async fn a_service_of_which_a_position_says_nothing_is_counted_from_its_beginning() {
    let (registry, assistance, partner_aid) =
        (feed("households"), feed("renovationCases"), feed("exchangeVisits"));
    let suite = three([&registry, &assistance, &partner_aid]).await;
    let mut client = ChangeFeedServiceClient::new(suite.gateway.clone());
    let request = |request| suite.request_of("internal", &["*"], request);
    let households = vec!["households".to_owned()];
    let one = WatchRequest { until_head: true, collections: households.clone(), ..WatchRequest::default() };
    let one = suite.request_of("internal", &["*"], one);
    let (answers, _) = collected(client.watch(one).await.unwrap().into_inner()).await;
    let after = answers.last().unwrap().position.clone().unwrap().token;
    let mut behind = async |after: &str, collections: &[String]| {
        let asked = GetHeadRequest { after: after.to_owned(), collections: collections.to_vec() };
        client.get_head(request(asked)).await.unwrap().into_inner()
    };
    let all = behind(&after, &[]).await;
    assert_eq!(all.behind, 2, "one event of each of the others");
    assert_eq!(behind(&after, &households).await.behind, 0);
    let head = all.head.unwrap().token;
    assert_eq!(behind(&head, &[]).await.behind, 0);
    assert_eq!(behind("", &[]).await.behind, 0, "without a position nothing is counted");
}
