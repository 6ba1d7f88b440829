//! `report`.

use kernel::language::Language;
use proto::common::AreaLevel;
use proto::xiuhua::gateway::v1::get_report_request::Known;
use proto::xiuhua::gateway::v1::{GetReportRequest, Report as Answer};

use super::{Manner, print};
use crate::arguments::{Format, GroupBy, Reading, Report};
use crate::client::{Connection, patient};
use crate::exit::Stop;
use crate::report;

/// Prints a report.
pub(crate) async fn run(asked: Report, manner: Manner) -> Result<(), Stop> {
    let connection = Connection::of_arguments(&asked.client, manner.language).await?;
    let mut request = request_of(&asked.reading, manner.language);
    request.group_by = asked.group_by.map_or(AreaLevel::Unspecified, level).into();
    request.figure_ids = asked.figures;
    let answer = get(&connection, request).await?;
    let text = match asked.format {
        Format::Table => report::table(&answer, manner.language).join("\n") + "\n",
        Format::Md => report::markdown(&answer, manner.language),
        Format::Csv => report::csv(&answer)?,
        Format::Json => json(&answer, manner.language)? + "\n",
    };
    print(&text)
}

/// The request for what is read.
pub(crate) fn request_of(reading: &Reading, language: Language) -> GetReportRequest {
    GetReportRequest {
        template: reading.template.clone(),
        area: reading.area.clone().unwrap_or_default(),
        year: reading.period.unwrap_or_default(),
        as_of: reading.as_of.clone().unwrap_or_default(),
        known: reading.snapshot.clone().map(Known::Snapshot),
        language: language.as_str().to_owned(),
        ..GetReportRequest::default()
    }
}

/// Asks for a report.
pub(crate) async fn get(connection: &Connection, request: GetReportRequest) -> Result<Answer, Stop> {
    let answer = connection.reports().get_report(patient(request)).await?;
    Ok(answer.into_inner().report.unwrap_or_default())
}

/// The report as canonical proto3 JSON.
pub(crate) fn json(answer: &Answer, language: Language) -> Result<String, Stop> {
    gateway::json::report_json(answer).map_err(|failure| Stop::of_failure(&failure, language))
}

const fn level(group_by: GroupBy) -> AreaLevel {
    match group_by {
        GroupBy::Prefecture => AreaLevel::Prefecture,
        GroupBy::County => AreaLevel::County,
        GroupBy::Township => AreaLevel::Township,
        GroupBy::Village => AreaLevel::Village,
    }
}
