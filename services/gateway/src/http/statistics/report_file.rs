//! `GET /v1/reports/{template}/file`: a report as a file, `format` = json, csv, xlsx, md or html.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use kernel::failure::{Failure, Reason, Violation};
use kernel::language::Language;
use proto::common::AreaLevel;
use proto::xiuhua::gateway::v1::get_report_request::Known;
use proto::xiuhua::gateway::v1::report_service_client::ReportServiceClient;
use proto::xiuhua::gateway::v1::{GetReportRequest, Report};
use serde_json::{Value, json};

use crate::http::call::Rpcs;
use crate::http::error;
use crate::http::openapi::beside::{self, Reading};
use crate::http::parameters::Parameters;
use crate::report::asked::YEARS;
use crate::report::formats::{Format, render};

/// Years that are read as numbers; which of them can be asked for, the report says itself.
const NUMBERS: std::ops::RangeInclusive<u32> = 1..=9999;

/// Whether nothing is missing: a file does not say it everywhere.
const COMPLETE: HeaderName = HeaderName::from_static("x-xiuhua-complete");

/// Where it is.
const PATH: &str = "/v1/reports/{template}/file";

/// The address.
pub(super) fn router(rpcs: &Rpcs) -> Router {
    Router::new().route(PATH, get(file)).with_state(rpcs.clone())
}

/// What the OpenAPI document says of it.
pub(super) fn described() -> Value {
    let parameter = |name, schema, about| beside::parameter("query", name, schema, about);
    let text = || json!({"type": "string"});
    let formats = Format::ALL.map(Format::name);
    let mut wanted = parameter("format", json!({"type": "string", "enum": formats}), "Which format of file.");
    wanted["required"] = true.into();
    let reading = Reading {
        id: "GetReportFile",
        tag: "ReportService",
        rpc: "xiuhua.gateway.v1.ReportService/GetReport",
        about: "Reads a report as a file. A value that is not there is a dash or an empty cell with the reason beside \
            it, never a zero.",
        parameters: vec![
            beside::parameter(
                "path",
                "template",
                json!({"type": "string", "minLength": 1}),
                "The report's template.",
            ),
            wanted,
            parameter("area", text(), "Division; the caller's own if absent."),
            parameter(
                "year",
                json!({"type": "integer", "minimum": YEARS.start(), "maximum": YEARS.end()}),
                "Year of the report; the template's if absent.",
            ),
            parameter("asOf", text(), "Day up to which is counted, YYYY-MM-DD; the template's if absent."),
            parameter("snapshot", text(), "Snapshot whose knowledge is asked; that of now if absent."),
            parameter(
                "groupBy",
                text(),
                "Level of the divisions beside the whole, as `county`; none if absent.",
            ),
            parameter("language", text(), "Language of the file; that of the request if absent."),
            parameter("figureIds", text(), "Figures, with commas; all if absent."),
        ],
        answers: Format::ALL.map(|format| (bare(format), schema(format))).to_vec(),
        headers: &[
            ("content-disposition", "Name of the file."),
            ("x-xiuhua-complete", "`false` where a source was missing, else `true`."),
        ],
    };
    json!({PATH: reading.described()})
}

/// The media type without its parameters.
fn bare(format: Format) -> &'static str {
    format.media_type().split(';').next().unwrap_or_default()
}

fn schema(format: Format) -> Value {
    match format {
        Format::Json => beside::message("gateway.v1.Report"),
        // A file is no text of JSON: OpenAPI says so by an empty schema.
        Format::Xlsx => json!({}),
        Format::Csv | Format::Markdown | Format::Html => json!({"type": "string"}),
    }
}

async fn file(
    State(rpcs): State<Rpcs>,
    Path(template): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let (request, format) = match asked(template, &uri) {
        Ok(asked) => asked,
        Err(failure) => return rpcs.refused(&failure, &headers).await,
    };
    let mut reports = ReportServiceClient::new(rpcs.on_behalf_of(&headers));
    match reports.get_report(request).await {
        Ok(answer) => {
            let report = answer.into_inner().report.unwrap_or_default();
            answered(&report, format).unwrap_or_else(|failure| error::of(&failure, &headers))
        }
        Err(status) => error::refused(&status),
    }
}

/// The request that the address stands for; parameters are called as the fields of `GetReport` are in JSON.
fn asked(template: String, uri: &Uri) -> Result<(GetReportRequest, Format), Failure> {
    let mut given = Parameters::of(uri);
    let name = given.text("format");
    let format = Format::parse(&name);
    if format.is_none() {
        let reason = if name.is_empty() { Reason::FieldRequired } else { Reason::CodeUnknown };
        given.wrong(Violation::new("format", reason).with("code", &name).with("table", "format"));
    }
    let level = given.text("groupBy");
    let group_by = match level.as_str() {
        "" => Some(AreaLevel::Unspecified),
        level => AreaLevel::from_str_name(&format!("AREA_LEVEL_{}", level.to_uppercase())),
    };
    if group_by.is_none() {
        given.wrong(
            Violation::new("groupBy", Reason::CodeUnknown).with("code", &level).with("table", "groupBy"),
        );
    }
    let snapshot = given.text("snapshot");
    let request = GetReportRequest {
        template,
        area: given.text("area"),
        year: i32::try_from(given.number("year", NUMBERS, 0)).map_err(Failure::internal_error)?,
        as_of: given.text("asOf"),
        known: (!snapshot.is_empty()).then_some(Known::Snapshot(snapshot)),
        group_by: group_by.unwrap_or_default().into(),
        language: given.text("language"),
        figure_ids: given.list("figureIds"),
        ..GetReportRequest::default()
    };
    given.finish()?;
    // Without one it has been refused.
    Ok((request, format.unwrap_or(Format::Json)))
}

fn answered(report: &Report, format: Format) -> Result<Response, Failure> {
    let language = Language::parse(&report.language).unwrap_or_default();
    let name = format!("{}-{}-{}.{}", report.template, report.area, report.year, format.name());
    let shown = if format == Format::Html { "inline" } else { "attachment" };
    let disposition = HeaderValue::try_from(format!("{shown}; filename=\"{name}\""));
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(format.media_type())),
        (CONTENT_DISPOSITION, disposition.map_err(Failure::internal_error)?),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (COMPLETE, HeaderValue::from_static(if report.complete { "true" } else { "false" })),
    ];
    Ok((headers, render(report, format, language)?).into_response())
}
