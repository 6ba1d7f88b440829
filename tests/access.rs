//! Who may call what, and whose records they see: every RPC of every service, taken from the descriptors.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::collections::BTreeMap;
use std::time::Duration;

use kernel::randomness::SystemRandomness;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MethodDescriptor, Value};
use proto::common::history_service_client::HistoryServiceClient;
use proto::common::reporting_service_client::ReportingServiceClient;
use proto::common::table_service_client::TableServiceClient;
use proto::common::{
    Availability, ExportRowsRequest, GetImportJobRequest, ListEvidenceRequest, ListImportErrorsRequest,
    ListVersionsRequest, MeasureItem, MeasureRequest, Period, export_rows_response, period,
};
use proto::xiuhua::assistance::housing::v1 as housing;
use proto::xiuhua::assistance::socialsecurity::v1 as social;
use proto::xiuhua::gateway::v1 as gateway_api;
use proto::xiuhua::registry::v1 as registry_api;
use runtime::keys::Keys;
use runtime::policy::{Access, Policies};
use runtime::roles::Roles;
use runtime::status::Problem;
use runtime::token::{Grant, Issuer};
use suite::counties::{self, HELONG, HOUSEHOLDS, LONGJING, RELIEFS};
use suite::dynamic::{call, contract, empty, label, methods, text, with};
use suite::fixtures::{divisions, refused};
use suite::front::{self, SERVICES};
use suite::harness::{Backend, Client, Harness, on_each, request_id};
use suite::table::{header, import};
use tonic::{Code, Status};

/// RPCs that need no token. Whoever opens another one writes it down here.
const PUBLIC: [&str; 0] = [];
/// RPCs whose permission every role holds.
const EVERYBODYS: [&str; 1] = ["xiuhua.common.v1.AccessService/GetCaller"];

const PATIENCE: Duration = Duration::from_secs(60);
/// For RPCs that may answer without an end.
const SHORT: Duration = Duration::from_millis(500);

type Methods = Vec<(MethodDescriptor, String)>;

/// Every RPC of the contract with the permission that it declares.
fn declared() -> Methods {
    let policies = Policies::contract().unwrap();
    methods(&contract())
        .into_iter()
        .filter_map(|method| {
            let path = format!("/{}", label(&method));
            match &policies.find(&path)?.access {
                Access::Permission(permission) => Some((method, permission.clone())),
                Access::Public | Access::Undeclared => None,
            }
        })
        .collect()
}

fn reason(answer: Result<Vec<DynamicMessage>, Status>) -> (Code, String) {
    match answer {
        Ok(_) => (Code::Ok, String::new()),
        Err(status) => {
            let problem = Problem::of(&status);
            (problem.code, problem.reason)
        }
    }
}

/// Roles by whether they hold a permission.
fn roles_with(permission: &str, held: bool) -> Vec<String> {
    let roles = Roles::standard().unwrap();
    let holds = |role: &str| roles.permissions(role, None).unwrap().contains(permission);
    roles.all().map(|(role, _)| role.to_owned()).filter(|role| holds(role) == held).collect()
}

#[test]
fn every_rpc_declares_what_it_needs() {
    let policies = Policies::contract().unwrap();
    let own = || policies.all().filter(|method| !method.shell);
    let undeclared: Vec<&str> =
        own().filter(|method| method.access == Access::Undeclared).map(|method| &*method.label).collect();
    assert_eq!(undeclared, Vec::<&str>::new());
    let public: Vec<&str> =
        own().filter(|method| method.access == Access::Public).map(|method| &*method.label).collect();
    assert_eq!(public, PUBLIC);
    assert_eq!(own().count(), methods(&contract()).len());
    let names = Roles::standard().unwrap().permission_names();
    for (method, permission) in declared() {
        assert!(names.contains(&permission), "{}: {permission} is no permission", label(&method));
    }
}

/// Tokens that are none, with the reason of their refusal.
fn bad_tokens(harness: &Harness) -> Vec<(String, &'static str)> {
    let grant = Grant {
        subject: "li.ming".to_owned(),
        role: "data_steward".to_owned(),
        areas: vec!["222400".to_owned()],
        programmes: None,
        on_behalf_of: None,
        lifetime: Duration::from_secs(3600),
    };
    let issuer = |keys: &Keys| Issuer::new(keys.issuer().unwrap().clone(), harness.clock.clone());
    let own = issuer(&harness.keys);
    let foreign = issuer(&Keys::throw_away(&SystemRandomness).unwrap());
    let expired = own.issue(&Grant { lifetime: Duration::ZERO, ..grant.clone() }).unwrap();
    let unknown_role = own.issue(&Grant { role: "emperor".to_owned(), ..grant.clone() }).unwrap();
    let valid = own.issue(&grant).unwrap();
    let (signed, signature) = valid.rsplit_once('.').unwrap();
    let cut = format!("{signed}.{}", &signature[..signature.len() - 4]);
    vec![
        (String::new(), "AUTHENTICATION_REQUIRED"),
        (expired, "TOKEN_EXPIRED"),
        (foreign.issue(&grant).unwrap(), "TOKEN_SIGNATURE"),
        ("nonsense".to_owned(), "TOKEN_MALFORMED"),
        (cut, "TOKEN_MALFORMED"),
        (unknown_role, "TOKEN_MALFORMED"),
    ]
}

/// All services, the gateway among them.
fn everywhere() -> impl Iterator<Item = &'static str> {
    SERVICES.into_iter().chain(["gateway"])
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_valid_token_no_rpc_of_any_service_answers() {
    let mut harness = Harness::start(&Backend::Sqlite).await;
    front::gateway(&mut harness).await;
    for (token, refused) in bad_tokens(&harness) {
        for service in everywhere() {
            let client = harness.client(service, &token);
            for (method, _) in declared() {
                let answer = call(client.clone(), &method, empty(&method), PATIENCE).await;
                let told = reason(answer);
                assert_eq!(told, (Code::Unauthenticated, refused.to_owned()), "{service} {}", label(&method));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_the_permission_is_refused_by_every_rpc_of_every_service() {
    let mut harness = Harness::start(&Backend::Sqlite).await;
    front::gateway(&mut harness).await;
    let mut clients: BTreeMap<(&str, String), Client> = BTreeMap::new();
    let mut everybodys = Vec::new();
    for (method, permission) in declared() {
        let lacking = roles_with(&permission, false);
        if lacking.is_empty() {
            everybodys.push(label(&method));
        }
        for role in lacking {
            for service in everywhere() {
                let token = || harness.token(&role, &["222400"]);
                let client = clients
                    .entry((service, role.clone()))
                    .or_insert_with(|| harness.client(service, &token()));
                let answer = call(client.clone(), &method, empty(&method), PATIENCE).await;
                let problem = Problem::of(&answer.expect_err("a refusal"));
                let told = (problem.code, problem.reason.as_str(), problem.metadata["permission"].as_str());
                let wanted = (Code::PermissionDenied, "PERMISSION_MISSING", permission.as_str());
                assert_eq!(told, wanted, "{service} {role} {}", label(&method));
            }
        }
    }
    assert_eq!(everybodys, EVERYBODYS);
}

/// The services that have an RPC; the gateway has all.
fn served(method: &MethodDescriptor) -> Vec<&'static str> {
    let package = method.parent_service().package_name().to_owned();
    let owner = match package.split('.').nth(1) {
        Some("registry") => vec!["registry"],
        Some("assistance") => vec!["assistance"],
        Some("partneraid") => vec!["partner-aid"],
        Some("common") => SERVICES.to_vec(),
        _ => Vec::new(),
    };
    owner.into_iter().chain(["gateway"]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_permission_every_rpc_has_a_handler_that_stands_an_empty_message() {
    on_each(async |mut harness| {
        front::gateway(&mut harness).await;
        for (method, permission) in declared() {
            let holder = roles_with(&permission, true).into_iter().next().expect("a role that holds it");
            let token = harness.token(&holder, &["222400"]);
            for service in served(&method) {
                let client = harness.client(service, &token);
                let deadline = if method.is_server_streaming() { SHORT } else { PATIENCE };
                let (code, reason) = reason(call(client, &method, empty(&method), deadline).await);
                let fine = [
                    Code::Ok,
                    Code::InvalidArgument,
                    Code::NotFound,
                    Code::FailedPrecondition,
                    Code::DeadlineExceeded,
                    Code::Cancelled,
                ];
                assert!(fine.contains(&code), "{service} {}: {code:?} {reason}", label(&method));
            }
        }
    })
    .await;
}

/// A resource of the contract with its RPCs.
struct Kept {
    collection: String,
    /// Readable outside the caller's area.
    everywhere: bool,
    service: &'static str,
    list: MethodDescriptor,
    /// The field of the page in List's answer.
    page: FieldDescriptor,
    others: Vec<MethodDescriptor>,
}

/// Collection and openness of a resource's message.
fn resource_of(field: &FieldDescriptor) -> Option<(String, bool)> {
    let Kind::Message(message) = field.kind() else { return None };
    let extension = message.parent_pool().get_extension_by_name("xiuhua.common.v1.resource").unwrap();
    let options = message.options();
    if !options.has_extension(&extension) {
        return None;
    }
    let option = options.get_extension(&extension).as_message()?.clone();
    let everywhere = option.get_field_by_name("everywhere").and_then(|value| value.as_bool());
    Some((text(&option, "collection"), everywhere == Some(true)))
}

/// All resources that can be listed.
fn resources() -> Vec<Kept> {
    let all = methods(&contract());
    let mut found = Vec::new();
    for list in all.iter().filter(|method| method.name().starts_with("List")) {
        let page = list.output().fields().find(|field| field.is_list() && resource_of(field).is_some());
        let Some(page) = page else { continue };
        let (collection, everywhere) = resource_of(&page).unwrap();
        let same = |method: &&MethodDescriptor| {
            method.parent_service() == list.parent_service() && method.name() != list.name()
        };
        found.push(Kept {
            collection,
            everywhere,
            service: if served(list).len() > 2 { "assistance" } else { served(list)[0] },
            list: list.clone(),
            page,
            others: all.iter().filter(same).cloned().collect(),
        });
    }
    found
}

/// A client of a service with a role that holds what the RPC needs, in one area.
fn able(harness: &Harness, service: &str, method: &MethodDescriptor, area: &str) -> Client {
    let policies = Policies::contract().unwrap();
    let Access::Permission(permission) = &policies.find(&format!("/{}", label(method))).unwrap().access
    else {
        panic!("{} is public", label(method));
    };
    let mut holders = roles_with(permission, true);
    holders.sort_by_key(|role| role != "data_steward");
    harness.client(service, &harness.token(&holders[0], &[area]))
}

/// Names and areas of what a caller of an area lists.
async fn listed(
    harness: &Harness,
    service: &str,
    kept: &Kept,
    area: &str,
    narrowed: &str,
) -> Result<Vec<(String, String)>, Status> {
    let client = able(harness, service, &kept.list, area);
    let answers = call(client, &kept.list, with(empty(&kept.list), &[("area", narrowed)]), PATIENCE).await?;
    let page = answers[0].get_field(&kept.page);
    let records = page.as_list().unwrap().iter().filter_map(Value::as_message);
    Ok(records.map(|record| (text(record, "name"), text(record, "meta.area"))).collect())
}

/// The request of an RPC about a record of this name, as complete as the descriptors tell.
fn about(method: &MethodDescriptor, name: &str) -> DynamicMessage {
    let id = request_id();
    let fields = [
        ("name", name),
        ("request_id", id.as_str()),
        ("etag", "1"),
        ("reason", "核对"),
        ("note", "核对"),
        ("decided_by", "县扶贫办"),
        ("occurred_on", "2017-10-01"),
    ];
    let mut message = with(empty(method), &fields);
    for field in method.input().fields() {
        match field.kind() {
            Kind::String if field.name() == "names" => {
                message.set_field(&field, Value::List(vec![Value::String(name.to_owned())]));
            }
            Kind::Message(record) if resource_of(&field).is_some() && !field.is_list() => {
                let record = with(DynamicMessage::new(record), &[("name", name), ("etag", "1")]);
                message.set_field(&field, Value::Message(record));
            }
            Kind::Message(change) if field.name() == "change" => {
                let mut change = with(DynamicMessage::new(change), &[("reason", "核对")]);
                change.set_field_by_name("kind", Value::EnumNumber(2));
                message.set_field(&field, Value::Message(change));
            }
            Kind::Int64 => message.set_field(&field, Value::I64(100)),
            _ => {}
        }
    }
    message
}

/// Whether an RPC is about one named record: it is no look-up, no list, and makes nothing new.
fn is_about_one(method: &MethodDescriptor) -> bool {
    let creates = ["Create", "BatchCreate"].iter().any(|verb| method.name().starts_with(verb));
    let names = ["name", "names", "etag"].iter().any(|name| method.input().get_field_by_name(name).is_some());
    let updates = method.name().starts_with("Update");
    !creates && (names || updates)
}

async fn two_counties(harness: &Harness) {
    divisions(harness).await;
    counties::enter(harness, &LONGJING).await;
    counties::enter(harness, &HELONG).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_countys_records_are_neither_listed_nor_found_nor_written() {
    on_each(async |mut harness| {
        front::gateway(&mut harness).await;
        two_counties(&harness).await;
        let scoped: Vec<Kept> = resources().into_iter().filter(|kept| !kept.everywhere).collect();
        assert!(scoped.len() >= 8, "{}", scoped.len());
        for kept in scoped {
            for service in [kept.service, "gateway"] {
                let what = format!("{service} {}", kept.collection);
                let own = listed(&harness, service, &kept, LONGJING.code, "").await.unwrap();
                assert!(!own.is_empty(), "{what}: the fixtures have none");
                assert!(own.iter().all(|(_, area)| area.starts_with(LONGJING.code)), "{what}: {own:?}");
                let others = listed(&harness, service, &kept, HELONG.code, "").await.unwrap();
                assert!(!others.is_empty(), "{what}");
                assert!(others.iter().all(|(_, area)| area.starts_with(HELONG.code)), "{what}: {others:?}");
                let narrowed = listed(&harness, service, &kept, HELONG.code, LONGJING.code).await;
                let refused = Problem::of(&narrowed.unwrap_err());
                let told = (refused.code, refused.reason.as_str(), refused.metadata["area"].as_str());
                assert_eq!(told, (Code::PermissionDenied, "AREA_FORBIDDEN", LONGJING.code), "{what}");
                let name = own[0].0.clone();
                for method in kept.others.iter().filter(|method| is_about_one(method)) {
                    let what = format!("{what} {}", method.name());
                    let foreign = able(&harness, service, method, HELONG.code);
                    let (code, reason) = reason(call(foreign, method, about(method, &name), PATIENCE).await);
                    assert_eq!((code, reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"), "{what}");
                }
                // The same words find the record where it is.
                let gets = |method: &&MethodDescriptor| method.name().starts_with("Get");
                let get = kept.others.iter().find(gets).expect("a Get");
                let client = able(&harness, service, get, LONGJING.code);
                assert!(call(client, get, about(get, &name), PATIENCE).await.is_ok(), "{what}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_created_in_another_county() {
    let harness = Harness::start(&Backend::Sqlite).await;
    two_counties(&harness).await;
    let mut tried = 0;
    for kept in resources().into_iter().filter(|kept| !kept.everywhere) {
        let verbs = kept.others.iter().filter(|method| method.name().starts_with("Create"));
        for method in verbs {
            let before = listed(&harness, kept.service, &kept, LONGJING.code, "").await.unwrap().len();
            let field = method.input().fields().find(|field| resource_of(field).is_some()).unwrap();
            let Kind::Message(record) = field.kind() else { panic!("no record") };
            let Kind::Message(meta) = record.get_field_by_name("meta").unwrap().kind() else {
                panic!("no head")
            };
            let meta = with(DynamicMessage::new(meta), &[("area", LONGJING.village_code)]);
            let mut record = with(DynamicMessage::new(record), &[("division", LONGJING.code)]);
            record.set_field_by_name("meta", Value::Message(meta));
            let mut message = with(empty(method), &[("request_id", &request_id())]);
            message.set_field(&field, Value::Message(record));
            let client = able(&harness, kept.service, method, HELONG.code);
            let problem = Problem::of(&call(client, method, message, PATIENCE).await.unwrap_err());
            assert_eq!(problem.code, Code::PermissionDenied, "{}: {problem:?}", label(method));
            let area = format!("{}.meta.area", field.name());
            let told = problem.violations.iter().any(|broken| {
                (broken.field.as_str(), broken.reason.as_str()) == (area.as_str(), "AREA_FORBIDDEN")
            });
            assert!(told, "{}: {problem:?}", label(method));
            let after = listed(&harness, kept.service, &kept, LONGJING.code, "").await.unwrap().len();
            assert_eq!(before, after);
            tried += 1;
        }
    }
    assert!(tried >= 7, "{tried}");
}

const FOREIGN: &str = "PermissionDenied AREA_FORBIDDEN";
const NOT_FOUND: &str = "NotFound RESOURCE_NOT_FOUND";
const LACKING: &str = "PermissionDenied PERMISSION_MISSING";

fn measured(indicator: &str) -> MeasureItem {
    let period = Some(Period { period: Some(period::Period::Year(2017)) });
    MeasureItem { indicator: indicator.to_owned(), period, ..MeasureItem::default() }
}

/// The rows of an export.
async fn exported(client: Client, table: &str, area: &str) -> Result<Vec<Vec<String>>, Status> {
    let request =
        ExportRowsRequest { table: table.to_owned(), area: area.to_owned(), ..ExportRowsRequest::default() };
    let mut stream = TableServiceClient::new(client).export_rows(request).await?.into_inner();
    let mut rows = Vec::new();
    while let Some(answer) = stream.message().await? {
        if let Some(export_rows_response::Part::Batch(batch)) = answer.part {
            rows.extend(batch.rows.into_iter().map(|row| row.cells));
        }
    }
    Ok(rows)
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_history_figures_and_evidence_stay_within_the_area() {
    on_each(async |mut harness| {
        front::gateway(&mut harness).await;
        two_counties(&harness).await;
        let token = |role: &str| harness.token_of("helong", role, &[HELONG.code]);
        for via in ["registry", "gateway"] {
            let client = |role: &str| harness.client(via, &token(role));
            let steward = || client("data_steward");
            let head = header("registry.households", LONGJING.code, "2015-12-31", HOUSEHOLDS);
            let row = LONGJING.household_row("", "");
            assert_eq!(refused(import(steward(), head, std::slice::from_ref(&row)).await), FOREIGN, "{via}");
            // Within the own header, a place of the other county is unknown, and nothing is written.
            let head = header("registry.households", HELONG.code, "2015-12-31", HOUSEHOLDS);
            let done = import(steward(), head, &[row]).await.unwrap();
            assert!(done.reasons().contains(&(1, "行政村", "PLACE_UNKNOWN")), "{via}: {:?}", done.reasons());
            assert_eq!(done.counts(), (0, 0, 0, 1));
            let abroad = exported(steward(), "registry.households", LONGJING.code).await;
            assert_eq!(refused(abroad), FOREIGN, "{via}");
            let own = exported(steward(), "registry.households", "").await.unwrap();
            assert_eq!(own.len(), 1);
            assert!(own[0].contains(&HELONG.village.to_owned()), "{own:?}");

            let owner = harness.client(via, &harness.token("data_steward", &[LONGJING.code]));
            let mut households = registry_api::household_service_client::HouseholdServiceClient::new(owner);
            let list = registry_api::ListHouseholdsRequest::default();
            let name =
                households.list_households(list).await.unwrap().into_inner().households[0].name.clone();
            let asked = ListVersionsRequest { name, ..ListVersionsRequest::default() };
            let versions = HistoryServiceClient::new(client("auditor")).list_versions(asked).await;
            assert_eq!(refused(versions), NOT_FOUND, "{via}");
            let number = LONGJING.household_no();
            let asked = registry_api::LookupHouseholdsRequest {
                household_nos: vec![number],
                ..registry_api::LookupHouseholdsRequest::default()
            };
            let mut households =
                registry_api::household_service_client::HouseholdServiceClient::new(steward());
            let answer = households.lookup_households(asked).await.unwrap().into_inner().answers.remove(0);
            assert_eq!(
                (answer.outcome(), answer.household.as_str()),
                (proto::xiuhua::registry::v1::LookupOutcome::NotFound, "")
            );

            let mut figures = ReportingServiceClient::new(steward());
            let items = vec![measured("registry.households_registered")];
            let area = LONGJING.code.to_owned();
            let asked = MeasureRequest { items, area: area.clone(), ..MeasureRequest::default() };
            assert_eq!(refused(figures.measure(asked).await), FOREIGN, "{via}");
            let item = Some(measured("registry.households_registered"));
            let asked = ListEvidenceRequest { item, area: area.clone(), ..ListEvidenceRequest::default() };
            let evidence = match figures.list_evidence(asked).await {
                Ok(stream) => stream.into_inner().message().await.map(|_| ()),
                Err(status) => Err(status),
            };
            assert_eq!(refused(evidence), FOREIGN, "{via}");
        }
        let mut reports = gateway_api::report_service_client::ReportServiceClient::new(
            harness.client("gateway", &token("data_steward")),
        );
        let asked = gateway_api::GetReportRequest {
            template: "prefecture-2017".to_owned(),
            area: LONGJING.code.to_owned(),
            ..gateway_api::GetReportRequest::default()
        };
        assert_eq!(refused(reports.get_report(asked).await), FOREIGN);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_job_is_its_callers_alone() {
    on_each(async |harness| {
        divisions(&harness).await;
        let steward = |subject: &str| {
            harness.client("registry", &harness.token_of(subject, "data_steward", &[LONGJING.code]))
        };
        let head = header("registry.households", LONGJING.code, "2015-12-31", HOUSEHOLDS);
        import(steward("first"), head.clone(), &[LONGJING.household_row("", "")]).await.unwrap();
        let job = head.job.clone();
        let mut other = TableServiceClient::new(steward("second"));
        let asked = GetImportJobRequest { job: job.clone() };
        assert_eq!(refused(other.get_import_job(asked.clone()).await), "NotFound JOB_NOT_FOUND");
        let errors = ListImportErrorsRequest { job, table: head.table.clone(), ..Default::default() };
        assert_eq!(refused(other.list_import_errors(errors).await), "NotFound JOB_NOT_FOUND");
        let again = import(steward("second"), head, &[LONGJING.household_row("", "")]).await;
        assert_eq!(refused(again), "NotFound JOB_NOT_FOUND");
        assert!(TableServiceClient::new(steward("first")).get_import_job(asked).await.is_ok());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bureau_sees_and_enters_its_own_programme_only() {
    on_each(async |mut harness| {
        front::gateway(&mut harness).await;
        two_counties(&harness).await;
        let bureau = harness.bureau("housing-bureau", "housing", &[LONGJING.code]);
        for via in ["assistance", "gateway"] {
            let client = || harness.client(via, &bureau);
            let mut cases =
                housing::renovation_case_service_client::RenovationCaseServiceClient::new(client());
            let list = housing::ListRenovationCasesRequest::default();
            assert_eq!(
                cases.list_renovation_cases(list).await.unwrap().into_inner().renovation_cases.len(),
                1
            );
            let mut reliefs =
                social::temporary_relief_service_client::TemporaryReliefServiceClient::new(client());
            let list = social::ListTemporaryReliefsRequest::default();
            assert_eq!(refused(reliefs.list_temporary_reliefs(list).await), LACKING, "{via}");

            let table = "social_security.temporary_reliefs";
            assert_eq!(refused(exported(client(), table, "").await), LACKING, "{via}");
            assert_eq!(exported(client(), "housing.renovation_cases", "").await.unwrap().len(), 1);
            let head = header(table, LONGJING.code, "", RELIEFS);
            let cells = "龙井市 朝阳川镇 龙岩村 - 朴大山 - 火灾 1 否 2017-05-01 2017-05-02 100 - - -";
            let row: Vec<String> = cells.split(' ').map(|cell| cell.trim_matches('-').to_owned()).collect();
            let done = import(client(), head, &[row]).await.unwrap();
            let lacks = |found: &(i64, &str, &str)| found.2 == "PERMISSION_MISSING";
            assert!(done.reasons().iter().any(lacks), "{via}: {:?}", done.reasons());
            assert_eq!(done.counts(), (0, 0, 0, 1), "{via}");

            let mut figures = ReportingServiceClient::new(client());
            let area = LONGJING.code.to_owned();
            let asked = |id: &str| MeasureRequest {
                items: vec![measured(id)],
                area: area.clone(),
                ..MeasureRequest::default()
            };
            // A figure that is not the caller's to see does not keep a report's other figures from being told.
            let mut shown = async |id: &str| {
                let measured = figures.measure(asked(id)).await.unwrap().into_inner().measurements.remove(0);
                let total = measured.total.unwrap();
                (total.availability(), total.value.is_some())
            };
            let foreign = shown("social_security.temp_relief_households").await;
            assert_eq!(foreign, (Availability::Forbidden, false), "{via}");
            let own = shown("housing.renovation_started").await;
            assert_eq!(own, (Availability::Available, true), "{via}");
            let item = Some(measured("social_security.temp_relief_households"));
            let asked = ListEvidenceRequest { item, area: area.clone(), ..ListEvidenceRequest::default() };
            let evidence = match ReportingServiceClient::new(client()).list_evidence(asked).await {
                Ok(stream) => stream.into_inner().message().await.map(|_| ()),
                Err(status) => Err(status),
            };
            assert_eq!(refused(evidence), "PermissionDenied PROGRAMME_FORBIDDEN", "{via}");
        }
    })
    .await;
}
