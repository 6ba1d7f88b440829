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
use kernel::failure::Failure;
use proto::xiuhua::gateway::v1::report_service_client::ReportServiceClient;
use proto::xiuhua::gateway::v1::{GetReportRequest, ListReportTemplatesRequest, Report};
use serde_json::Value;
use tonic::Status;

use crate::http::call::{Calling, Rpcs};
use crate::http::error;
use cube::Cube;
use message::Version;
use query::Query;

/// Who publishes.
const AGENCY: &str = "XIUHUA";

/// The addresses. Which part of a flow's address names its agency and version, a client may leave out.
pub(super) fn router(rpcs: &Rpcs) -> Router {
    Router::new()
        .route("/sdmx/data/{flow}", get(whole))
        .route("/sdmx/data/{flow}/{key}", get(part))
        .route("/sdmx/data/{flow}/{key}/{provider}", get(part_of_provider))
        .route("/sdmx/dataflow", get(flows))
        .route("/sdmx/dataflow/{*which}", get(flows))
        .with_state(rpcs.clone())
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
        Err(failure) => return error::of(&failure, headers),
    };
    let reports = match reports(&rpcs.on_behalf_of(headers), query.requests()).await {
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
async fn reports(calling: &Calling, requests: Vec<GetReportRequest>) -> Result<Vec<Report>, Status> {
    let asked = requests.into_iter().map(|request| {
        let mut client = ReportServiceClient::new(calling.clone());
        async move { Ok(client.get_report(request).await?.into_inner().report.unwrap_or_default()) }
    });
    try_join_all(asked).await
}

async fn flows(State(rpcs): State<Rpcs>, headers: HeaderMap) -> Response {
    let mut client = ReportServiceClient::new(rpcs.on_behalf_of(&headers));
    match client.list_report_templates(ListReportTemplatesRequest {}).await {
        Ok(answer) => {
            let language = runtime::language::of_headers(&headers);
            let flows = message::flows(&answer.into_inner().templates, language);
            answered(flows, HeaderValue::from_static("application/vnd.sdmx.structure+json;version=2.0.0"))
                .unwrap_or_else(|failure| error::of(&failure, &headers))
        }
        Err(status) => error::refused(&status),
    }
}

fn answered(message: Value, media_type: HeaderValue) -> Result<Response, Failure> {
    let body = serde_json::to_vec(&message).map_err(Failure::internal_error)?;
    let vary = HeaderValue::from_name(ACCEPT);
    Ok(([(CONTENT_TYPE, media_type), (VARY, vary)], body).into_response())
}
