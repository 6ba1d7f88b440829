//! SDMX for systems of statistics (REST as of SDMX 2.1): `GET /sdmx/data/{flow}/{key}` and `GET /sdmx/dataflow`.
//!
//! A flow is a template of reports. Its dimensions are FREQ, REF_AREA, INDICATOR and TIME_PERIOD (the year of the report).
//! An indicator is a figure's identifier with hyphens for its dots, since dots part a key. A figure that is not available
//! is an observation without a value whose OBS_STATUS says why.

mod cube;
mod message;
mod query;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::future::try_join_all;
use http::header::{ACCEPT, CONTENT_TYPE, VARY};
use http::{HeaderMap, HeaderValue, Uri};
use kernel::failure::{Failure, Reason};
use proto::common::GetCallerRequest;
use proto::common::access_service_client::AccessServiceClient;
use proto::xiuhua::gateway::v1::report_service_client::ReportServiceClient;
use proto::xiuhua::gateway::v1::{ListReportTemplatesRequest, Report, ReportTemplate};
use serde_json::{Value, json};
use tonic::Status;

use crate::http::call::{Calling, Rpcs};
use crate::http::error;
use crate::http::openapi::beside::{self, Reading};
use cube::Cube;
use message::Version;
use query::Query;

/// Who publishes.
const AGENCY: &str = "XIUHUA";

/// Where the flows are listed.
const FLOWS: &str = "/sdmx/dataflow";
/// The media type of data, that of its older form, and that of what data there is.
const DATA: &str = "application/vnd.sdmx.data+json;version=2.0.0";
const DRAFT: &str = "application/vnd.sdmx.draft-sdmx-json+json;version=1.0.0";
const STRUCTURE: &str = "application/vnd.sdmx.structure+json;version=2.0.0";

/// The addresses. Which part of a flow's address names its agency and version, a client may leave out.
pub(super) fn router(rpcs: &Rpcs) -> Router {
    Router::new()
        .route("/sdmx/data/{flow}", get(whole))
        .route("/sdmx/data/{flow}/{key}", get(part))
        .route("/sdmx/data/{flow}/{key}/{provider}", get(part_of_provider))
        .route(FLOWS, get(all_flows))
        .route("/sdmx/dataflow/{*which}", get(some_flows))
        .with_state(rpcs.clone())
}

/// What the OpenAPI document says of them.
pub(super) fn described() -> Value {
    let text = |place: &str, name: &str, example: &str, about: &str| {
        let schema =
            json!({"type": "string", "minLength": usize::from(place == "path"), "examples": [example]});
        beside::parameter(place, name, schema, about)
    };
    let flow =
        || text("path", "flow", "prefecture-2017", "A template of reports, or `agency,template,version`.");
    let key = || {
        let about = "`FREQ.REF_AREA.INDICATOR`, each empty for all, with `+` between several; or `all`. An indicator \
            has hyphens for the dots of its figure.";
        text("path", "key", "A.222405.registry-households_registered_2015", about)
    };
    let mut paths = json!({});
    for (path, id, own) in [
        ("/sdmx/data/{flow}", "GetAllStatistics", vec![flow()]),
        ("/sdmx/data/{flow}/{key}", "GetStatistics", vec![flow(), key()]),
    ] {
        let year = |name: &str, about: &str| {
            beside::parameter(
                "query",
                name,
                json!({"type": "string", "pattern": "^[0-9]{4}", "examples": ["2017"]}),
                about,
            )
        };
        let details = json!({"type": "string", "enum": query::DETAILS});
        let about = "`serieskeysonly` for no observations.";
        let common = [
            year(
                "startPeriod",
                "First year; the only one if no last is given, the template's own if neither is.",
            ),
            year("endPeriod", "Last year."),
            beside::parameter("query", "detail", details, about),
        ];
        let reading = Reading {
            id,
            tag: "ReportService",
            rpc: "xiuhua.gateway.v1.ReportService/GetReport",
            about: "Reads figures of reports as SDMX-JSON. A figure that is not available is an observation without a \
                value, whose `OBS_STATUS` says why. `accept: application/vnd.sdmx.draft-sdmx-json+json` is answered \
                in the older form.",
            parameters: own.into_iter().chain(common).collect(),
            answers: vec![
                (DATA, json!({"type": "object", "required": ["meta", "data"]})),
                (DRAFT, json!({"type": "object", "required": ["header", "structure", "dataSets"]})),
            ],
            headers: &[],
        };
        paths[path] = reading.described();
    }
    let flows = Reading {
        id: "ListStatistics",
        tag: "ReportService",
        rpc: "xiuhua.gateway.v1.ReportService/ListReportTemplates",
        about: "Lists the flows of statistics, as SDMX-JSON. Each is a template of reports.",
        parameters: Vec::new(),
        answers: vec![(STRUCTURE, json!({"type": "object", "required": ["meta", "data"]}))],
        headers: &[],
    };
    paths[FLOWS] = flows.described();
    paths
}

async fn whole(state: State<Rpcs>, Path(flow): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    data(state, &flow, "all", &uri, &headers).await
}

async fn part(
    state: State<Rpcs>,
    Path((flow, key)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    data(state, &flow, &key, &uri, &headers).await
}

async fn part_of_provider(
    state: State<Rpcs>,
    Path((flow, key, _)): Path<(String, String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    data(state, &flow, &key, &uri, &headers).await
}

async fn data(State(rpcs): State<Rpcs>, flow: &str, key: &str, uri: &Uri, headers: &HeaderMap) -> Response {
    let query = match Query::of(flow, key, uri) {
        Ok(query) => query,
        Err(failure) => return rpcs.refused(&failure, headers).await,
    };
    let reports = match reports(&rpcs.on_behalf_of(headers), &query).await {
        Ok(reports) => reports,
        Err(status) => return error::refused(&status),
    };
    let version = Version::accepted(headers);
    let language = runtime::language::of_headers(headers);
    let cube = Cube::of(&reports, language);
    answered(message::data(&cube, version, language, query.keys_only), version.media_type())
        .unwrap_or_else(|failure| error::of(&failure, headers))
}

/// All of them or the first refusal: a table from which an area is missing would be read as one that has none.
async fn reports(calling: &Calling, query: &Query) -> Result<Vec<Report>, Status> {
    let mut own = Vec::new();
    if query.of_all_areas() {
        let told = AccessServiceClient::new(calling.clone()).get_caller(GetCallerRequest {}).await?;
        own = told.into_inner().caller.unwrap_or_default().areas;
    }
    let asked = query.requests(&own).into_iter().map(|request| {
        let mut client = ReportServiceClient::new(calling.clone());
        async move { Ok(client.get_report(request).await?.into_inner().report.unwrap_or_default()) }
    });
    try_join_all(asked).await
}

async fn all_flows(state: State<Rpcs>, headers: HeaderMap) -> Response {
    flows(state, "", &headers).await
}

async fn some_flows(state: State<Rpcs>, Path(which): Path<String>, headers: HeaderMap) -> Response {
    flows(state, &which, &headers).await
}

/// The flows of `agency/id/version`, of which the last two may be missing.
async fn flows(State(rpcs): State<Rpcs>, which: &str, headers: &HeaderMap) -> Response {
    let mut client = ReportServiceClient::new(rpcs.on_behalf_of(headers));
    let mut templates = match client.list_report_templates(ListReportTemplatesRequest {}).await {
        Ok(answer) => answer.into_inner().templates,
        Err(status) => return error::refused(&status),
    };
    let mut parts = which.split('/').map(|part| Some(part).filter(|part| !["", "all", "*"].contains(part)));
    let (agency, id) = (parts.next().flatten(), parts.next().flatten());
    let known = |template: &ReportTemplate| id.is_none_or(|id| id == template.id);
    templates.retain(|template| agency.is_none_or(|agency| agency == AGENCY) && known(template));
    if templates.is_empty() {
        return error::of(
            &Failure::new(Reason::TemplateUnknown).with("template", id.unwrap_or(which)),
            headers,
        );
    }
    let flows = message::flows(&templates, runtime::language::of_headers(headers));
    answered(flows, HeaderValue::from_static(STRUCTURE))
        .unwrap_or_else(|failure| error::of(&failure, headers))
}

fn answered(message: Value, media_type: HeaderValue) -> Result<Response, Failure> {
    let body = serde_json::to_vec(&message).map_err(Failure::internal_error)?;
    let vary = HeaderValue::from_name(ACCEPT);
    Ok(([(CONTENT_TYPE, media_type), (VARY, vary)], body).into_response())
}
