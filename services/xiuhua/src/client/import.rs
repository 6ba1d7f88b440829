//! Sends a sheet over `ImportRows`: batches with a bounded window, answers read while it sends, and the stream taken up
//! again under the same job where it broke.
//!
//! After a break all rows are sent once more. The service reads over those that are committed: it needs them to number
//! rows that are alike and to find doubles, and so does the error file.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use proto::common::import_rows_request::Part as Asked;
use proto::common::import_rows_response::Part as Told;
use proto::common::{
    ImportBatch, ImportEnd, ImportHeader, ImportProgress, ImportRowsRequest, ImportRowsResponse,
    ImportSummary, ListImportErrorsRequest, Row, RowError,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

use super::Connection;
use crate::exit::Stop;
use crate::words;

/// Rows of one batch, and so of one commit.
pub const BATCH_ROWS: usize = 500;

/// Most batches that are sent and not yet decided.
const WINDOW: usize = 4;

/// Most tries in a row in which nothing was committed.
const MOST_TRIES: u32 = 6;

/// Wait before the second try; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// Most errors of one page.
const PAGE: i32 = 1000;

/// Rows as they stand in the sheet, in the order of the header's columns.
pub type Rows = Box<dyn Iterator<Item = Result<Vec<String>, Stop>> + Send>;

/// A sheet to be imported.
pub struct Sheet {
    /// Opens the table; its job is kept over broken streams.
    pub header: ImportHeader,
    /// Number of the first row, as the person sees it.
    pub first_row: i64,
    /// The rows from the first on, again with each call.
    pub rows: Box<dyn Fn() -> Result<Rows, Stop> + Send + Sync>,
}

/// What is told while a sheet is imported.
#[derive(Debug)]
pub enum Event {
    /// How far it has come.
    Progress(ImportProgress),
    /// A row with its errors and warnings. Nothing of it is stored if one of them is no warning.
    Row(DecidedRow),
    /// The stream broke; it goes on after this row.
    Resuming {
        /// The last row that is committed.
        after: i64,
        /// Why it broke.
        message: String,
    },
}

/// A row of which something was told.
#[derive(Debug, Clone)]
pub struct DecidedRow {
    /// Its number.
    pub number: i64,
    /// Its cells.
    pub cells: Vec<String>,
    /// Errors and warnings, in the order of the service.
    pub errors: Vec<RowError>,
}

impl DecidedRow {
    /// Whether nothing of it was stored.
    #[must_use]
    pub fn rejected(&self) -> bool {
        self.errors.iter().any(|error| !error.warning)
    }
}

/// Why one stream ended without a summary.
enum Broken {
    /// It may be taken up.
    Stream(Status),
    /// It makes no sense to go on.
    Stop(Stop),
}

impl From<Stop> for Broken {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl From<Status> for Broken {
    fn from(status: Status) -> Self {
        if may_go_on(&status) { Self::Stream(status) } else { Self::Stop(status.into()) }
    }
}

/// Whether another try may succeed: the service was not reached, its time was up, or the connection broke (which tonic
/// tells as UNKNOWN or INTERNAL without a reason of ours).
fn may_go_on(status: &Status) -> bool {
    let named = !runtime::status::Problem::of(status).domain.is_empty();
    match status.code() {
        Code::Unavailable | Code::DeadlineExceeded | Code::Aborted | Code::Cancelled => true,
        Code::Unknown | Code::Internal => !named,
        _ => false,
    }
}

/// Imports a sheet and returns the numbers of the whole table; tells what happens on the way.
///
/// # Errors
/// What the service refuses as a whole (a header, a right); rows that cannot be read; a service that stays away.
pub async fn import(
    connection: &Connection,
    sheet: &Sheet,
    tell: &mut (dyn FnMut(Event) + Send),
) -> Result<ImportSummary, Stop> {
    let mut told_through = 0;
    let mut tries = 1;
    loop {
        let before = told_through;
        let status = match attempt(connection, sheet, &mut told_through, tell).await {
            Ok(summary) => return Ok(summary),
            Err(Broken::Stop(stop)) => return Err(stop),
            Err(Broken::Stream(status)) => status,
        };
        tries = if told_through > before { 1 } else { tries + 1 };
        if tries > MOST_TRIES {
            let hint = words::TAKE_UP.fill(connection.language(), &[("job", &sheet.header.job)]);
            return Err(Stop::from(status).before(hint));
        }
        tell(Event::Resuming { after: told_through, message: status.message().to_owned() });
        tokio::time::sleep(FIRST_WAIT * 2_u32.pow(tries - 1)).await;
    }
}

/// One stream from header to summary. `told_through` is the last row of which everything was told.
async fn attempt(
    connection: &Connection,
    sheet: &Sheet,
    told_through: &mut i64,
    tell: &mut (dyn FnMut(Event) + Send),
) -> Result<ImportSummary, Broken> {
    let (sender, receiver) = mpsc::channel(WINDOW + 2);
    send(&sender, Asked::Header(sheet.header.clone())).await?;
    let answer = connection.tables().import_rows(ReceiverStream::new(receiver)).await?;
    let mut answers = answer.into_inner();
    let committed = match next(&mut answers).await? {
        Told::Accepted(accepted) => accepted.committed_through_row,
        _ => return Err(out_of_order()),
    };
    // A dry run commits nothing: it begins anew, and so does what is told of it.
    if sheet.header.validate_only {
        *told_through = 0;
    }
    let missed = if committed > *told_through {
        missed_errors(connection, &sheet.header, *told_through, committed).await?
    } else {
        HashMap::new()
    };
    let mut stream =
        Stream { sender, committed, missed, in_flight: VecDeque::new(), errors: BTreeMap::new() };
    let mut batches = Some(batches(sheet)?);
    let mut sent = 0;
    loop {
        let wanted = stream.in_flight.len() < WINDOW;
        tokio::select! {
            batch = async { batches.as_mut()?.recv().await }, if wanted && batches.is_some() => match batch {
                Some(batch) => {
                    let batch = batch?;
                    sent += batch.rows.len() as i64;
                    stream.send(batch, told_through, tell).await?;
                }
                None => {
                    batches = None;
                    let end = ImportEnd { row_count: sent, file_digest: sheet.header.file_digest.clone() };
                    send(&stream.sender, Asked::End(end)).await?;
                }
            },
            told = next(&mut answers) => match told? {
                Told::Errors(errors) => stream.keep(errors.errors),
                Told::Progress(progress) => stream.decided(progress, told_through, tell),
                Told::Summary(summary) if batches.is_none() => {
                    drop(stream);
                    // Read to its end, so that the service sees a stream that ended and none that was cut off.
                    while let Ok(Some(_)) = answers.message().await {}
                    return Ok(summary);
                }
                Told::Summary(_) | Told::Accepted(_) => return Err(out_of_order()),
            },
        }
    }
}

/// A stream that was accepted.
struct Stream {
    sender: mpsc::Sender<ImportRowsRequest>,
    /// Last row that was committed before this stream.
    committed: i64,
    /// Errors of rows that an earlier stream committed, but did not tell.
    missed: HashMap<i64, Vec<RowError>>,
    in_flight: VecDeque<ImportBatch>,
    /// Errors of batches in flight.
    errors: BTreeMap<i64, Vec<RowError>>,
}

impl Stream {
    async fn send(
        &mut self,
        batch: ImportBatch,
        told_through: &mut i64,
        tell: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(), Broken> {
        let last = last_row(&batch);
        send(&self.sender, Asked::Batch(batch.clone())).await?;
        if last > self.committed {
            self.in_flight.push_back(batch);
            return Ok(());
        }
        for (number, row) in (batch.first_row..).zip(batch.rows) {
            if let Some(errors) = self.missed.remove(&number) {
                tell(Event::Row(DecidedRow { number, cells: row.cells, errors }));
            }
        }
        *told_through = (*told_through).max(last);
        Ok(())
    }

    fn keep(&mut self, errors: Vec<RowError>) {
        for error in errors {
            self.errors.entry(error.row).or_default().push(error);
        }
    }

    /// Tells everything of the batches that are decided, and forgets them.
    fn decided(
        &mut self,
        progress: ImportProgress,
        told_through: &mut i64,
        tell: &mut (dyn FnMut(Event) + Send),
    ) {
        let through = progress.committed_through_row;
        while let Some(batch) = self.in_flight.pop_front_if(|batch| last_row(batch) <= through) {
            for (number, row) in (batch.first_row..).zip(batch.rows) {
                if let Some(errors) = self.errors.remove(&number) {
                    tell(Event::Row(DecidedRow { number, cells: row.cells, errors }));
                }
            }
        }
        *told_through = (*told_through).max(through);
        tell(Event::Progress(progress));
    }
}

fn last_row(batch: &ImportBatch) -> i64 {
    batch.first_row + batch.rows.len() as i64 - 1
}

async fn send(sender: &mpsc::Sender<ImportRowsRequest>, part: Asked) -> Result<(), Broken> {
    let closed = |_| Broken::Stream(Status::unavailable("the stream was closed"));
    sender.send(ImportRowsRequest { part: Some(part) }).await.map_err(closed)
}

async fn next(answers: &mut Streaming<ImportRowsResponse>) -> Result<Told, Broken> {
    let answer = answers.message().await?;
    let part = answer.and_then(|answer| answer.part);
    part.ok_or_else(|| Broken::Stream(Status::unavailable("the stream ended early")))
}

fn out_of_order() -> Broken {
    Broken::Stop(Stop::unavailable("ImportRows: the answers are out of order"))
}

/// Batches of the sheet, made on a thread of their own while others are under way.
fn batches(sheet: &Sheet) -> Result<mpsc::Receiver<Result<ImportBatch, Stop>>, Stop> {
    let mut rows = (sheet.rows)()?;
    let mut first_row = sheet.first_row;
    let (sender, receiver) = mpsc::channel(2);
    tokio::task::spawn_blocking(move || {
        loop {
            let taken: Result<Vec<Row>, Stop> =
                rows.by_ref().take(BATCH_ROWS).map(|cells| Ok(Row { cells: cells? })).collect();
            let batch = match taken {
                Ok(rows) if rows.is_empty() => return,
                Ok(rows) => Ok(ImportBatch { first_row, rows }),
                Err(stop) => Err(stop),
            };
            first_row += BATCH_ROWS as i64;
            let last = batch.is_err();
            // Nobody takes them any more when the stream broke.
            if sender.blocking_send(batch).is_err() || last {
                return;
            }
        }
    });
    Ok(receiver)
}

/// Errors of the rows after `after` up to `through`, which were committed without our hearing of it.
async fn missed_errors(
    connection: &Connection,
    header: &ImportHeader,
    after: i64,
    through: i64,
) -> Result<HashMap<i64, Vec<RowError>>, Broken> {
    let mut missed: HashMap<i64, Vec<RowError>> = HashMap::new();
    let mut request = ListImportErrorsRequest {
        job: header.job.clone(),
        table: header.table.clone(),
        page_size: PAGE,
        page_token: String::new(),
    };
    loop {
        let page = connection.tables().list_import_errors(request.clone()).await?.into_inner();
        for error in page.errors {
            if error.row > after && error.row <= through {
                missed.entry(error.row).or_default().push(error);
            }
        }
        if page.next_page_token.is_empty() {
            return Ok(missed);
        }
        request.page_token = page.next_page_token;
    }
}
