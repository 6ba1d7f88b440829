//! TableService over an engine.

use std::pin::Pin;

use futures::{Stream, StreamExt};
use kernel::failure::{Failure, Reason};
use kernel::page::{self, PageToken};
use proto::common as p;
use proto::common::import_rows_request::Part as Asked;
use proto::common::import_rows_response::Part as Told;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use crate::call::{Call, open, reply};
use crate::engine::Engine;
use crate::masks::Clear;
use crate::table::describe;
use crate::table::export::Export;
use crate::table::import::Kept;
use crate::table::session::Session;

/// Most errors in one message.
const ERRORS_A_MESSAGE: usize = 200;

/// The service.
pub struct TableApi(pub Engine);

type Stream_<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl p::table_service_server::TableService for TableApi {
    async fn list_tables(
        &self,
        request: Request<p::ListTablesRequest>,
    ) -> Result<Response<p::ListTablesResponse>, Status> {
        let (call, message) = open(request, "/xiuhua.common.v1.TableService/ListTables")?;
        let mut tables = describe::tables(&self.0);
        if !message.file.is_empty() {
            tables.retain(|table| table.file == message.file);
        }
        reply(&call, Ok(tables), |tables| p::ListTablesResponse { tables, ..Default::default() })
    }

    async fn get_table(
        &self,
        request: Request<p::GetTableRequest>,
    ) -> Result<Response<p::GetTableResponse>, Status> {
        let (call, message) = open(request, "/xiuhua.common.v1.TableService/GetTable")?;
        let table = self
            .0
            .form(&message.table)
            .and_then(|form| describe::table(&self.0, form))
            .ok_or_else(|| Failure::new(Reason::TableUnknown).with("table", &message.table));
        reply(&call, table, |table| p::GetTableResponse { table: Some(table) })
    }

    async fn list_codes(
        &self,
        request: Request<p::ListCodesRequest>,
    ) -> Result<Response<p::ListCodesResponse>, Status> {
        let (call, message) = open(request, "/xiuhua.common.v1.TableService/ListCodes")?;
        let codes = self
            .0
            .inner()
            .codes
            .table(&message.code_table)
            .map(|table| table.entries.iter().map(describe::code).collect())
            .ok_or_else(|| Failure::new(Reason::TableUnknown).with("table", &message.code_table));
        reply(&call, codes, |codes| p::ListCodesResponse { codes })
    }

    type ImportRowsStream = Stream_<p::ImportRowsResponse>;

    async fn import_rows(
        &self,
        request: Request<Streaming<p::ImportRowsRequest>>,
    ) -> Result<Response<Self::ImportRowsStream>, Status> {
        let (call, incoming) = open(request, "/xiuhua.common.v1.TableService/ImportRows")?;
        let (sender, receiver) = mpsc::channel(4);
        let engine = self.0.clone();
        tokio::spawn(async move {
            if let Err(failure) = import(engine, &call, incoming, &sender).await {
                // A caller that is gone needs no answer.
                let _ = sender.send(Err(failure)).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    type ExportRowsStream = Stream_<p::ExportRowsResponse>;

    async fn export_rows(
        &self,
        request: Request<p::ExportRowsRequest>,
    ) -> Result<Response<Self::ExportRowsStream>, Status> {
        let (call, message) = open(request, "/xiuhua.common.v1.TableService/ExportRows")?;
        let export = self.export(&call, &message).await.map_err(|failure| call.refuse(&failure))?;
        let (sender, receiver) = mpsc::channel(4);
        tokio::spawn(async move {
            let call = export.call.clone();
            if let Err(failure) = send_export(export, message, &sender).await {
                let _ = sender.send(Err(call.refuse(&failure))).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn get_import_job(
        &self,
        request: Request<p::GetImportJobRequest>,
    ) -> Result<Response<p::GetImportJobResponse>, Status> {
        let (call, message) = open(request, "/xiuhua.common.v1.TableService/GetImportJob")?;
        let job = self.job(&call, &message.job).await;
        reply(&call, job, |job| p::GetImportJobResponse { job: Some(job) })
    }

    async fn list_import_jobs(
        &self,
        request: Request<p::ListImportJobsRequest>,
    ) -> Result<Response<p::ListImportJobsResponse>, Status> {
        let (call, message) = open(request, "/xiuhua.common.v1.TableService/ListImportJobs")?;
        let answer = self.jobs(&call, &message).await;
        reply(&call, answer, |answer| answer)
    }

    async fn list_import_errors(
        &self,
        request: Request<p::ListImportErrorsRequest>,
    ) -> Result<Response<p::ListImportErrorsResponse>, Status> {
        let (call, message) = open(request, "/xiuhua.common.v1.TableService/ListImportErrors")?;
        let answer = self.errors(&call, &message).await;
        reply(&call, answer, |answer| answer)
    }
}

async fn import(
    engine: Engine,
    call: &Call,
    mut incoming: Streaming<p::ImportRowsRequest>,
    sender: &mpsc::Sender<Result<p::ImportRowsResponse, Status>>,
) -> Result<(), Status> {
    let mut session = Session::new(engine, call.clone());
    while let Some(message) = incoming.next().await {
        let answers = match message?.part {
            None => Err(Failure::new(Reason::StreamProtocol)),
            Some(Asked::Header(header)) => {
                session.header(header).await.map(|accepted| vec![Told::Accepted(accepted)])
            }
            Some(Asked::End(end)) => session.end(end).await.map(|summary| vec![Told::Summary(summary)]),
            Some(Asked::Batch(batch)) => session.batch(batch).await.map(|(progress, errors)| {
                let mut answers: Vec<Told> = errors
                    .chunks(ERRORS_A_MESSAGE)
                    .map(|errors| Told::Errors(p::RowErrors { errors: errors.to_vec() }))
                    .collect();
                answers.extend(progress.map(Told::Progress));
                answers
            }),
        };
        for part in answers.map_err(|failure| call.refuse(&failure))? {
            let answer = p::ImportRowsResponse { part: Some(part) };
            if sender.send(Ok(answer)).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

async fn send_export(
    mut export: Export,
    message: p::ExportRowsRequest,
    sender: &mpsc::Sender<Result<p::ExportRowsResponse, Status>>,
) -> Result<(), Failure> {
    use p::export_rows_response::Part;
    let language = export.call.caller().language;
    let header = p::ExportHeader {
        table: message.table.clone(),
        columns: export.printed().iter().map(describe::column).collect(),
        as_of: export.at.as_of.clone(),
        known_at: export.at.known_at.map(crate::value::timestamp),
    };
    let told = |part| Ok(p::ExportRowsResponse { part: Some(part) });
    if sender.send(told(Part::Header(header))).await.is_err() {
        return Ok(());
    }
    while let Some(rows) = export.next(language).await? {
        let position = vec![export.after.clone(), export.ordinal.to_string()];
        let resume_token = page::encode(&PageToken { query_digest: message.table.clone(), position });
        if sender.send(told(Part::Batch(p::ExportBatch { rows, resume_token }))).await.is_err() {
            return Ok(());
        }
    }
    let row_count = export.ordinal;
    // A caller that is gone needs no end.
    let _ = sender.send(told(Part::End(p::ExportEnd { row_count }))).await;
    Ok(())
}

impl TableApi {
    async fn export(&self, call: &Call, message: &p::ExportRowsRequest) -> Result<Export, Failure> {
        let form = self
            .0
            .form(&message.table)
            .ok_or_else(|| Failure::new(Reason::TableUnknown).with("table", &message.table))?;
        let at = self.0.at(&message.as_of, message.known_at.as_ref()).await?;
        let clear = match &message.reveal {
            Some(reveal) => self.0.reveal_table(call, form, reveal).await?,
            None => Clear::Nothing,
        };
        let mut export = Export::new(&self.0, call, form, &message.area, at, clear)?;
        if !message.resume_token.is_empty() {
            let token = page::decode(&message.resume_token, &message.table)
                .map_err(|_| Failure::new(Reason::ResumeTokenInvalid))?;
            if let [after, ordinal] = token.position.as_slice() {
                export.after.clone_from(after);
                export.ordinal = ordinal.parse().unwrap_or_default();
            }
        }
        Ok(export)
    }

    async fn job(&self, call: &Call, id: &str) -> Result<p::ImportJob, Failure> {
        let known = self.0.db().import_jobs_of(&format!("{id}:")).await?;
        let own: Vec<_> = known.into_iter().filter(|job| job.subject == call.caller().subject).collect();
        job(&own).ok_or_else(|| Failure::new(Reason::JobNotFound))
    }

    async fn jobs(
        &self,
        call: &Call,
        message: &p::ListImportJobsRequest,
    ) -> Result<p::ListImportJobsResponse, Failure> {
        let size = page::size(message.page_size)?;
        let query = page::query_digest(&["import_jobs", &call.caller().subject]);
        let before = match message.page_token.as_str() {
            "" => None,
            token => page::decode(token, &query)?.position.into_iter().next(),
        };
        let found =
            self.0.db().import_jobs(Some(&call.caller().subject), before.as_deref(), size + 1).await?;
        let more = found.len() > size as usize;
        let shown = &found[..found.len().min(size as usize)];
        let next_page_token = match shown.last() {
            Some(last) if more => {
                page::encode(&PageToken { query_digest: query, position: vec![last.id.clone()] })
            }
            _ => String::new(),
        };
        let jobs = shown.chunk_by(|one, other| job_id(one) == job_id(other)).filter_map(job).collect();
        Ok(p::ListImportJobsResponse { jobs, next_page_token })
    }

    async fn errors(
        &self,
        call: &Call,
        message: &p::ListImportErrorsRequest,
    ) -> Result<p::ListImportErrorsResponse, Failure> {
        self.job(call, &message.job).await?;
        let size = page::size(message.page_size)?;
        let id = format!("{}:{}", message.job, message.table);
        let query = page::query_digest(&["import_errors", &id]);
        let after = match message.page_token.as_str() {
            "" => None,
            token => {
                let position = page::decode(token, &query)?.position;
                let numbers: Vec<i64> = position.iter().filter_map(|part| part.parse().ok()).collect();
                numbers.first().copied().zip(numbers.get(1).copied())
            }
        };
        let found = self.0.db().import_errors(&id, after, size + 1).await?;
        let more = found.len() > size as usize;
        let shown = &found[..found.len().min(size as usize)];
        let next_page_token = match shown.last() {
            Some(last) if more => page::encode(&PageToken {
                query_digest: query,
                position: vec![last.row.to_string(), last.ordinal.to_string()],
            }),
            _ => String::new(),
        };
        let errors = shown.iter().map(|error| self.row_error(call, message, error)).collect();
        Ok(p::ListImportErrorsResponse { errors, next_page_token })
    }

    fn row_error(
        &self,
        call: &Call,
        message: &p::ListImportErrorsRequest,
        error: &store::ImportError,
    ) -> p::RowError {
        let cipher = &self.0.inner().secrets.cipher;
        let unseal = |text: &Option<String>| {
            text.as_deref()
                .and_then(|text| cipher.decrypt("import_error.cell", text).ok())
                .unwrap_or_default()
        };
        let kept: Kept = serde_json::from_str(&unseal(&error.arguments)).unwrap_or(Kept {
            warning: false,
            arguments: Vec::new(),
            row: Vec::new(),
            flaws: Vec::new(),
        });
        let reason = Reason::parse(&error.reason).unwrap_or(Reason::Internal);
        let mut violation = kernel::failure::Violation::new(error.field.clone().unwrap_or_default(), reason);
        for (name, value) in &kept.arguments {
            if let Some(name) = reason.argument(name) {
                violation.add(name, value);
            }
        }
        p::RowError {
            table: message.table.clone(),
            row: error.row,
            column: error.column_title.clone().unwrap_or_default(),
            field: error.field.clone().unwrap_or_default(),
            reason: error.reason.clone(),
            message: violation.message(call.caller().language),
            cell: unseal(&error.cell),
            candidates: super::import::candidates(&violation),
            warning: kept.warning,
            cells: if message.with_cells { kept.cells() } else { Vec::new() },
        }
    }
}

fn job_id(job: &store::ImportJob) -> &str {
    job.id.split(':').next().unwrap_or_default()
}

fn job(tables: &[store::ImportJob]) -> Option<p::ImportJob> {
    let first = tables.first()?;
    let done = tables.iter().all(|table| table.state == 2);
    Some(p::ImportJob {
        job: job_id(first).to_owned(),
        state: if done { p::ImportJobState::Completed } else { p::ImportJobState::Open }.into(),
        form_title: String::new(),
        file_digest: first.digest.clone(),
        form_date: first.form_date.clone().unwrap_or_default(),
        mode: i32::try_from(first.mode).unwrap_or_default(),
        area: first.area.clone(),
        validate_only: first.validate_only,
        tables: tables
            .iter()
            .map(|table| p::ImportProgress {
                table: table.table_id.clone(),
                committed_through_row: table.committed_through_row,
                accepted: table.accepted,
                unchanged: table.unchanged,
                changed: table.changed,
                rejected: table.rejected,
                warnings: 0,
            })
            .collect(),
        opened_at: Some(crate::value::timestamp(first.started_at)),
        completed_at: done.then(|| crate::value::timestamp(first.updated_at)),
        opened_by: first.subject.clone(),
    })
}
