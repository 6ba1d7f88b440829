//! A file into its tables: read as a whole, then sent row by row.

use std::sync::Arc;
use std::time::Duration;

use kernel::failure::{Failure, Reason};
use proto::common::import_rows_request::Part as Asked;
use proto::common::import_rows_response::Part as Told;
use proto::common::{ImportEnd, ImportHeader, ImportRowsRequest, ImportRowsResponse};
use proto::xiuhua::gateway::v1::import_file_response::Part;
use proto::xiuhua::gateway::v1::{FileNotice, ImportFileRequest, ImportFileResponse};
use runtime::context::Context;
use sheet::{BatchReader, FormFile};
use tempfile::NamedTempFile;
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::{tables, upload};
use crate::Gateway;
use crate::route::directory::service_of_id;

type Teller = mpsc::Sender<Result<ImportFileResponse, Status>>;

/// How long an answer waits for a caller who does not read. An import has its turn until its last answer is told: who does
/// not listen would keep all others waiting.
const PATIENCE: Duration = Duration::from_secs(60);

/// Imports a file and tells of it.
pub(super) async fn run(
    gateway: &Gateway,
    context: &Context,
    mut incoming: Streaming<ImportFileRequest>,
    told: &Teller,
) -> Result<(), Status> {
    let Some(mut asked) = incoming.message().await? else {
        return Err(context.status(&Failure::new(Reason::StreamProtocol).with("expected", "name")));
    };
    let found = tables::find(gateway, context, &asked.name).await?;
    let received = upload::received(context, std::mem::take(&mut asked.chunk), &mut incoming).await?;
    let turn = turn(gateway.files(), told).await?;
    let path = received.path().to_owned();
    let day = Some(asked.form_date.clone()).filter(|day| !day.is_empty());
    let opened = tokio::task::spawn_blocking(move || FormFile::open(&path, &found, day.as_deref())).await;
    let opened = opened.map_err(Failure::internal_error).and_then(|opened| opened);
    let file = opened.map_err(|failure| context.status(&failure))?;
    let file = Arc::new(Kept { file, _received: received, _turn: turn });
    let language = context.caller.language;
    for notice in &file.file.notices {
        let reason = notice.reason.as_str().to_owned();
        let told_of = FileNotice { place: notice.field.clone(), reason, message: notice.message(language) };
        tell(context, told, Part::Notice(told_of)).await?;
    }
    let job = if asked.job.is_empty() { record::engine::new_id() } else { asked.job.clone() };
    let parts = &file.file.parts;
    // Sheets of one service are one stream, so that a dry run knows what went before.
    let mut at = 0;
    for group in parts.chunk_by(|one, other| service_of_id(&one.table) == service_of_id(&other.table)) {
        let mut stream = Stream::open(gateway, context, told, &group[0].table)?;
        for part in at..at + group.len() {
            stream.sheet(&file, part, &header_of(&asked, &file.file, part, &job)).await?;
        }
        at += group.len();
        stream.close().await;
    }
    Ok(())
}

/// A file that is read, the temporary file that it is in, and its turn.
struct Kept {
    file: FormFile,
    _received: NamedTempFile,
    _turn: OwnedSemaphorePermit,
}

fn header_of(asked: &ImportFileRequest, file: &FormFile, part: usize, job: &str) -> ImportHeader {
    let part = &file.parts[part];
    ImportHeader {
        table: part.table.clone(),
        job: job.to_owned(),
        columns: part.titles.clone(),
        file_digest: file.digest.clone(),
        row_count: 0,
        validate_only: asked.validate_only,
        form_date: file.form_date.clone().unwrap_or_default(),
        mode: asked.mode,
        area: asked.area.clone(),
        form_title: asked.file_name.clone(),
        document_no: asked.document_no.clone(),
        reason: asked.reason.clone(),
    }
}

/// Tells the caller, who must listen.
async fn tell(context: &Context, told: &Teller, part: Part) -> Result<(), Status> {
    let answer = Ok(ImportFileResponse { part: Some(part) });
    told.send_timeout(answer, PATIENCE).await.map_err(|error| match error {
        SendTimeoutError::Closed(_) => Status::cancelled(""),
        SendTimeoutError::Timeout(_) => {
            context.status(&Failure::new(Reason::DeadlineExceeded).because("the caller does not read"))
        }
    })
}

/// A stream of `ImportRows` to one service, batch by batch.
struct Stream<'s> {
    context: &'s Context,
    told: &'s Teller,
    client: tables::Tables,
    sender: mpsc::Sender<ImportRowsRequest>,
    receiver: Option<mpsc::Receiver<ImportRowsRequest>>,
    answers: Option<Streaming<ImportRowsResponse>>,
}

impl<'s> Stream<'s> {
    fn open(gateway: &Gateway, context: &'s Context, told: &'s Teller, table: &str) -> Result<Self, Status> {
        let client = tables::of_table(gateway, context, table)?;
        let (sender, receiver) = mpsc::channel(2);
        Ok(Self { context, told, client, sender, receiver: Some(receiver), answers: None })
    }

    /// One sheet from its header to its summary.
    async fn sheet(&mut self, file: &Arc<Kept>, part: usize, header: &ImportHeader) -> Result<(), Status> {
        self.send(Asked::Header(header.clone())).await?;
        if let Some(receiver) = self.receiver.take() {
            let answers = self.client.import_rows(ReceiverStream::new(receiver)).await?;
            self.answers = Some(answers.into_inner());
        }
        let Told::Accepted(accepted) = self.next().await? else { return Err(self.out_of_order()) };
        let committed = accepted.committed_through_row;
        self.tell(Part::Accepted(accepted)).await?;
        let mut batches = batches(Arc::clone(file), part);
        let mut sent = 0;
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(|failure| self.context.status(&failure))?;
            let rows = i64::try_from(batch.rows.len()).unwrap_or_default();
            let last = batch.first_row + rows - 1;
            sent += rows;
            self.send(Asked::Batch(batch)).await?;
            // Of rows that an earlier stream has stored nothing more is told.
            if last > committed {
                self.decided().await?;
            }
        }
        self.send(Asked::End(ImportEnd { row_count: sent, file_digest: header.file_digest.clone() })).await?;
        let Told::Summary(summary) = self.next().await? else { return Err(self.out_of_order()) };
        self.tell(Part::Summary(summary)).await
    }

    /// Passes on what is told of a batch.
    async fn decided(&mut self) -> Result<(), Status> {
        loop {
            match self.next().await? {
                Told::Errors(errors) => self.tell(Part::Errors(errors)).await?,
                Told::Progress(progress) => return self.tell(Part::Progress(progress)).await,
                Told::Accepted(_) | Told::Summary(_) => return Err(self.out_of_order()),
            }
        }
    }

    async fn tell(&mut self, part: Part) -> Result<(), Status> {
        tell(self.context, self.told, part).await
    }

    async fn send(&mut self, part: Asked) -> Result<(), Status> {
        let sent = self.sender.send(ImportRowsRequest { part: Some(part) }).await;
        match (sent, &mut self.answers) {
            (Ok(()), _) => Ok(()),
            // The service has ended the stream: its answer says why.
            (Err(_), Some(answers)) => match answers.message().await {
                Err(status) => Err(status),
                Ok(_) => Err(self.out_of_order()),
            },
            (Err(_), None) => Err(self.out_of_order()),
        }
    }

    async fn next(&mut self) -> Result<Told, Status> {
        let answer = match &mut self.answers {
            Some(answers) => answers.message().await?,
            None => None,
        };
        answer.and_then(|answer| answer.part).ok_or_else(|| self.out_of_order())
    }

    /// Reads to the end, so that the service sees a stream that ended and none that was cut off.
    async fn close(self) {
        drop(self.sender);
        if let Some(mut answers) = self.answers {
            while let Ok(Some(_)) = answers.message().await {}
        }
    }

    fn out_of_order(&self) -> Status {
        self.context.status(&Failure::new(Reason::AnswerUnexpected).with("service", "table"))
    }
}

/// Batches of a part.
fn batches(file: Arc<Kept>, part: usize) -> BatchReader<Failure> {
    BatchReader::begin(move || file.file.rows(&file.file.parts[part]), Failure::internal_error)
}

/// Waits until a file may be read. Each that is takes memory, so only a few are at a time. What was sent already is not
/// refused, but waits for its turn, as long as its caller does.
async fn turn(files: &Arc<Semaphore>, told: &Teller) -> Result<OwnedSemaphorePermit, Status> {
    tokio::select! {
        permit = Arc::clone(files).acquire_owned() => permit.map_err(|_| Status::cancelled("")),
        () = told.closed() => Err(Status::cancelled("")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_are_read_in_turns_and_not_for_callers_that_are_gone() {
        let files = Arc::new(Semaphore::new(1));
        let (told, receiver) = mpsc::channel(1);
        let first = turn(&files, &told).await.unwrap();
        let mut second = Box::pin(turn(&files, &told));
        assert!(futures::poll!(&mut second).is_pending());
        drop(first);
        let second = second.await.unwrap();
        let mut third = Box::pin(turn(&files, &told));
        assert!(futures::poll!(&mut third).is_pending());
        drop(receiver);
        assert_eq!(third.await.unwrap_err().code(), tonic::Code::Cancelled);
        drop(second);
        assert_eq!(files.available_permits(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_listen_does_not_keep_the_turn() {
        let context = Context::of(&tonic::Request::new(()));
        let notice = || Part::Notice(FileNotice::default());
        let (told, mut receiver) = mpsc::channel(1);
        tell(&context, &told, notice()).await.unwrap();
        let late = async {
            let nothing = std::future::pending::<()>();
            assert!(tokio::time::timeout(PATIENCE - Duration::from_secs(1), nothing).await.is_err());
            receiver.recv().await
        };
        let (heard, read) = tokio::join!(tell(&context, &told, notice()), late);
        assert!(heard.is_ok() && read.is_some_and(|answer| answer.is_ok()));
        let begun = tokio::time::Instant::now();
        let ended = tell(&context, &told, notice()).await.unwrap_err();
        assert_eq!(
            (ended.code(), begun.elapsed().as_secs()),
            (tonic::Code::DeadlineExceeded, PATIENCE.as_secs())
        );
        drop(receiver);
        assert_eq!(tell(&context, &told, notice()).await.unwrap_err().code(), tonic::Code::Cancelled);
    }
}
