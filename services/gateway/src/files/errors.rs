//! Rows that an import rejected, in the form that they came in.

use kernel::failure::{Failure, Reason};
use proto::common::{
    CellFlaw, CellFlawKind, GetImportJobRequest, ImportJob, ListImportErrorsRequest, Row, RowError, Table,
};
use proto::xiuhua::gateway::v1::{FileFormat, GetErrorFileRequest};
use runtime::context::Context;
use sheet::{Form, rejected_row};
use tonic::{Code, Status};

use super::download::{Download, Writing};
use super::tables::{self, Tables};
use crate::Gateway;

/// Most errors of one page.
const PAGE: i32 = 1000;

pub(super) async fn run(
    gateway: &Gateway,
    context: &Context,
    asked: GetErrorFileRequest,
) -> Result<Download, Status> {
    let (mut client, job) = job(gateway, context, &asked.job).await?;
    let rejected: Vec<_> = job.tables.iter().filter(|table| table.rejected > 0).collect();
    let one_only = !matches!(asked.format(), FileFormat::Unspecified | FileFormat::Xlsx);
    let shown = if one_only { &rejected[..rejected.len().min(1)] } else { &rejected[..] };
    let first = shown.first().or(job.tables.first().as_ref()).map(|table| table.table.clone());
    let first = first.ok_or_else(|| not_found(context))?;
    let writing = Writing::begin(tables::format(context, asked.format(), 1)?);
    let mut title = String::new();
    for progress in shown {
        let table = tables::find(gateway, context, &progress.table).await?.remove(0);
        title.clone_from(if shown.len() > 1 { &table.file } else { &table.sheet });
        rows(&mut client, &job, &table, &writing).await?;
    }
    if shown.is_empty() {
        let table = tables::find(gateway, context, &first).await?.remove(0);
        title.clone_from(&table.sheet);
        writing.sheet(Form::of_titles(&table, &[]).on(&job.form_date).with_reasons()).await;
    }
    writing.end(context, &format!("{title}-退回")).await
}

fn not_found(context: &Context) -> Status {
    context.status(&Failure::new(Reason::JobNotFound))
}

/// The job, and the service that has it.
async fn job(gateway: &Gateway, context: &Context, id: &str) -> Result<(Tables, ImportJob), Status> {
    let mut refused = None;
    for service in gateway.channels().services() {
        let mut client = tables::of_service(gateway, context, service)?;
        match client.get_import_job(GetImportJobRequest { job: id.to_owned() }).await {
            Ok(answer) => {
                let job = answer.into_inner().job.ok_or_else(|| not_found(context))?;
                return Ok((client, job));
            }
            Err(status) if status.code() == Code::NotFound => {}
            Err(status) => refused = Some(status),
        }
    }
    Err(refused.unwrap_or_else(|| not_found(context)))
}

/// Writes the rejected rows of a table, page by page.
async fn rows(client: &mut Tables, job: &ImportJob, table: &Table, writing: &Writing) -> Result<(), Status> {
    let mut request = ListImportErrorsRequest {
        job: job.job.clone(),
        table: table.id.clone(),
        page_size: PAGE,
        page_token: String::new(),
        with_cells: true,
    };
    let mut open: Option<Rejected> = None;
    let mut form: Option<Form> = None;
    loop {
        let page = client.list_import_errors(request.clone()).await?.into_inner();
        for error in page.errors.into_iter().filter(|error| !error.warning) {
            match &mut open {
                Some(row) if row.number == error.row => row.errors.push(error),
                _ => {
                    if let Some(row) = open.replace(Rejected::of(error)) {
                        row.write(job, table, writing, &mut form).await;
                    }
                }
            }
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    if let Some(row) = open {
        row.write(job, table, writing, &mut form).await;
    }
    Ok(())
}

/// A rejected row with all that is wrong with it.
struct Rejected {
    number: i64,
    titles: Vec<String>,
    row: Row,
    errors: Vec<RowError>,
}

impl Rejected {
    /// The row of its first error, which has its cells.
    fn of(mut error: RowError) -> Self {
        let (mut titles, mut row) = (Vec::new(), Row::default());
        for (at, cell) in (0..).zip(std::mem::take(&mut error.cells)) {
            if cell.flaw() != CellFlawKind::Unspecified {
                row.flaws.push(CellFlaw { cell: at, kind: cell.flaw });
            }
            titles.push(cell.column);
            row.cells.push(cell.cell);
        }
        Self { number: error.row, titles, row, errors: vec![error] }
    }

    async fn write(self, job: &ImportJob, table: &Table, writing: &Writing, form: &mut Option<Form>) {
        let begun = form.is_some();
        let form = form
            .get_or_insert_with(|| Form::of_titles(table, &self.titles).on(&job.form_date).with_reasons());
        if !begun {
            writing.sheet(form.clone()).await;
        }
        writing.row(rejected_row(form, self.number, &self.row, &self.errors)).await;
    }
}
