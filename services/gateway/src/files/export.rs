//! Tables as a file.

use std::collections::HashMap;

use kernel::failure::{Failure, Reason};
use proto::common::export_rows_response::Part;
use proto::common::{ExportRowsRequest, Table};
use proto::xiuhua::gateway::v1::ExportFileRequest;
use runtime::context::Context;
use sheet::Form;
use tonic::Status;

use super::download::{Download, Writing};
use super::tables;
use crate::Gateway;

pub(super) async fn run(
    gateway: &Gateway,
    context: &Context,
    asked: ExportFileRequest,
) -> Result<Download, Status> {
    let found = tables::find(gateway, context, &asked.name).await?;
    let format = tables::format(context, asked.format(), found.len())?;
    let writing = Writing::begin(format);
    for table in &found {
        one(gateway, context, &asked, table, &writing).await?;
    }
    writing.end(context, &title_of(&found)).await
}

/// What the file of these tables is called.
pub(super) fn title_of(tables: &[Table]) -> String {
    match tables {
        [table] => table.sheet.clone(),
        several => several.first().map(|table| table.file.clone()).unwrap_or_default(),
    }
}

/// Writes one table; an export without its end is none.
async fn one(
    gateway: &Gateway,
    context: &Context,
    asked: &ExportFileRequest,
    table: &Table,
    writing: &Writing,
) -> Result<(), Status> {
    let request = ExportRowsRequest {
        table: table.id.clone(),
        area: asked.area.clone(),
        as_of: asked.as_of.clone(),
        ..ExportRowsRequest::default()
    };
    let mut answers = tables::of_table(gateway, context, &table.id)?.export_rows(request).await?.into_inner();
    while let Some(answer) = answers.message().await? {
        match answer.part {
            Some(Part::Header(header)) => {
                let table = Table { columns: header.columns, ..table.clone() };
                writing.sheet(Form::of_table(&table, &HashMap::new()).on(&header.as_of)).await;
            }
            Some(Part::Batch(batch)) => {
                for row in batch.rows {
                    writing.row(row.cells).await;
                }
            }
            Some(Part::End(_)) => return Ok(()),
            None => {}
        }
    }
    Err(context.status(&Failure::new(Reason::AnswerUnexpected).with("service", "table")))
}
