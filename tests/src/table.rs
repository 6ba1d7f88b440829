//! Imports in tests: rows in, verdicts out.

use proto::common::import_rows_request::Part as Asked;
use proto::common::import_rows_response::Part as Told;
use proto::common::table_service_client::TableServiceClient;
use proto::common::{ImportBatch, ImportEnd, ImportHeader, ImportRowsRequest, ImportSummary, Row, RowError};
use tonic::Status;

use crate::harness::Client;

/// What an import told.
#[derive(Debug, Default)]
pub struct Imported {
    /// Errors and warnings.
    pub errors: Vec<RowError>,
    /// The end.
    pub summary: ImportSummary,
}

impl Imported {
    /// Row, column and reason of each error, warnings aside.
    pub fn reasons(&self) -> Vec<(i64, &str, &str)> {
        let errors = self.errors.iter().filter(|error| !error.warning);
        errors.map(|error| (error.row, error.column.as_str(), error.reason.as_str())).collect()
    }
    /// Numbers of rows: accepted, unchanged, changed, rejected.
    pub fn counts(&self) -> (i64, i64, i64, i64) {
        let progress = self.summary.progress.clone().unwrap_or_default();
        (progress.accepted, progress.unchanged, progress.changed, progress.rejected)
    }
}

/// A header for a table with these columns.
pub fn header(table: &str, area: &str, form_date: &str, columns: &[&str]) -> ImportHeader {
    ImportHeader {
        table: table.to_owned(),
        job: record::engine::new_id(),
        columns: columns.iter().map(|title| (*title).to_owned()).collect(),
        file_digest: "00".to_owned(),
        form_date: form_date.to_owned(),
        area: area.to_owned(),
        ..ImportHeader::default()
    }
}

/// Imports rows in one stream.
pub async fn import(client: Client, header: ImportHeader, rows: &[Vec<String>]) -> Result<Imported, Status> {
    let mut messages = vec![message(Asked::Header(header))];
    for (index, chunk) in rows.chunks(200).enumerate() {
        let rows = chunk.iter().map(|cells| Row { cells: cells.clone(), ..Row::default() }).collect();
        messages.push(message(Asked::Batch(ImportBatch { first_row: index as i64 * 200 + 1, rows })));
    }
    messages
        .push(message(Asked::End(ImportEnd { row_count: rows.len() as i64, file_digest: String::new() })));
    let mut stream =
        TableServiceClient::new(client).import_rows(tokio_stream::iter(messages)).await?.into_inner();
    let mut imported = Imported::default();
    while let Some(answer) = stream.message().await? {
        match answer.part {
            Some(Told::Errors(errors)) => imported.errors.extend(errors.errors),
            Some(Told::Summary(summary)) => imported.summary = summary,
            Some(Told::Accepted(_) | Told::Progress(_)) | None => {}
        }
    }
    Ok(imported)
}

fn message(part: Asked) -> ImportRowsRequest {
    ImportRowsRequest { part: Some(part) }
}

/// Cells of a row.
pub fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}
