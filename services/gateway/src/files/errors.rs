//! Rows that an import rejected, in the form that they came in.

use kernel::failure::{Failure, Reason};
use proto::common::{GetImportJobRequest, ImportJob, ListImportErrorsRequest, RowError, Table};
use proto::xiuhua::gateway::v1::{FileFormat, GetErrorFileRequest};
use runtime::context::Context;
use sheet::Form;
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
    let mut begun = false;
    loop {
        let page = client.list_import_errors(request.clone()).await?.into_inner();
        for error in page.errors.into_iter().filter(|error| !error.warning) {
            match &mut open {
                Some(row) if row.number == error.row => row.reasons.push(reason(&error)),
                _ => {
                    if let Some(row) = open.replace(Rejected::of(error)) {
                        row.write(job, table, writing, &mut begun).await;
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
        row.write(job, table, writing, &mut begun).await;
    }
    Ok(())
}

/// A rejected row with all that is wrong with it.
struct Rejected {
    number: i64,
    titles: Vec<String>,
    cells: Vec<String>,
    reasons: Vec<String>,
}

impl Rejected {
    fn of(error: RowError) -> Self {
        let reasons = vec![reason(&error)];
        let (titles, cells) = error.cells.into_iter().map(|cell| (cell.column, cell.cell)).unzip();
        Self { number: error.row, titles, cells, reasons }
    }

    async fn write(mut self, job: &ImportJob, table: &Table, writing: &Writing, begun: &mut bool) {
        if !std::mem::replace(begun, true) {
            writing.sheet(Form::of_titles(table, &self.titles).on(&job.form_date).with_reasons()).await;
        }
        self.cells.extend([self.number.to_string(), self.reasons.join("\n")]);
        writing.row(self.cells).await;
    }
}

/// What is wrong, where, and what would fit.
fn reason(error: &RowError) -> String {
    let place = if error.column.is_empty() { String::new() } else { format!("{}: ", error.column) };
    let fits = match error.candidates.as_slice() {
        [] => String::new(),
        candidates => format!(" ({})", candidates.join("、")),
    };
    format!("{place}{}{fits}", error.message)
}
