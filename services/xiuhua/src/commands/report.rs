//! `report`.

use std::io::{IsTerminal, stdout};

use gateway::report::formats::{self, INCOMPLETE, render};
use kernel::language::Language;
use proto::common::AreaLevel;
use proto::xiuhua::gateway::v1::get_report_request::Known;
use proto::xiuhua::gateway::v1::{GetReportRequest, Report as Answer};

use super::{Manner, print_bytes, whole};
use crate::arguments::{Format, GroupBy, Reading, Report};
use crate::client::{Connection, patient};
use crate::exit::Stop;
use crate::report;
use crate::words;

/// Prints a report.
pub(crate) async fn run(asked: Report, manner: Manner) -> Result<(), Stop> {
    let connection = Connection::of_arguments(&asked.client, manner.language).await?;
    let mut request = request_of(&asked.reading, manner.language);
    request.group_by = asked.group_by.map_or(AreaLevel::Unspecified, level).into();
    request.figure_ids = asked.figures;
    let answer = get(&connection, request).await?;
    let bytes = written(&answer, asked.format, manner.language)?;
    match &asked.out {
        Some(path) => std::fs::write(path, bytes).map_err(|error| Stop::unwritable(path, error))?,
        None if asked.format == Format::Xlsx && stdout().is_terminal() => {
            return Err(Stop::usage(words::NO_TERMINAL.text(manner.language)));
        }
        None => print_bytes(&bytes)?,
    }
    whole(answer.complete, INCOMPLETE.in_language(manner.language))
}

fn written(answer: &Answer, format: Format, language: Language) -> Result<Vec<u8>, Stop> {
    let format = match format {
        Format::Table => return Ok((report::table(answer, language).join("\n") + "\n").into_bytes()),
        Format::Json => formats::Format::Json,
        Format::Csv => formats::Format::Csv,
        Format::Xlsx => formats::Format::Xlsx,
        Format::Md => formats::Format::Markdown,
        Format::Html => formats::Format::Html,
    };
    render(answer, format, language).map_err(|failure| Stop::of_failure(&failure, language))
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
