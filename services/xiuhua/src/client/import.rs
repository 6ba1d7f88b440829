//! Sends sheets over `ImportRows`: batches with a bounded window, answers read while it sends, and the stream taken up
//! again under the same job where it broke. Sheets of one workbook go through one stream, so that a dry run of the second
//! knows what the first would have stored.
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
use sheet::{BatchReader, NumberedRow};

use crate::exit::Stop;
use crate::words;

/// Most batches that are sent and not yet decided.
const WINDOW: usize = 4;

/// Most tries in a row in which nothing was committed.
const MOST_TRIES: u32 = 6;

/// Wait before the second try; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// Most errors of one page.
const PAGE: i32 = 1000;

/// Rows with their numbers, cells in the order of the header's columns. Blank rows may be left out.
pub type Rows = Box<dyn Iterator<Item = Result<NumberedRow, Stop>> + Send>;

/// Numbers rows that follow each other.
pub fn numbered(first: i64, rows: impl Iterator<Item = Vec<String>> + Send + 'static) -> Rows {
    Box::new((first..).zip(rows).map(|(number, cells)| Ok((number, Row { cells, ..Row::default() }))))
}

/// A sheet to be imported.
pub struct Sheet {
    /// Opens the table; its job is kept over broken streams.
    pub header: ImportHeader,
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
    /// As it was sent.
    pub row: Row,
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
    let sheets = std::slice::from_ref(sheet);
    let mut summaries = import_all(connection, sheets, &mut |_, event| tell(event)).await?;
    summaries.pop().ok_or_else(|| Stop::unavailable("ImportRows: no summary"))
}

/// Imports sheets of one owner, one after another; tells what happens on the way, and of which sheet.
///
/// # Errors
/// As [`import`].
pub async fn import_all(
    connection: &Connection,
    sheets: &[Sheet],
    tell: &mut (dyn FnMut(usize, Event) + Send),
) -> Result<Vec<ImportSummary>, Stop> {
    let mut done = Done::default();
    let mut tries = 1;
    loop {
        let before = (done.summaries.len(), done.told_through);
        let status = match attempt(connection, sheets, &mut done, tell).await {
            Ok(()) => return Ok(done.summaries),
            Err(Broken::Stop(stop)) => return Err(stop),
            Err(Broken::Stream(status)) => status,
        };
        let further = (done.summaries.len(), done.told_through) > before;
        tries = if further { 1 } else { tries + 1 };
        let at = done.summaries.len();
        if tries > MOST_TRIES {
            let hint = words::TAKE_UP.fill(connection.language(), &[("job", &sheets[at].header.job)]);
            return Err(Stop::from(status).before(hint));
        }
        tell(at, Event::Resuming { after: done.told_through, message: status.message().to_owned() });
        tokio::time::sleep(FIRST_WAIT * 2_u32.pow(tries - 1)).await;
    }
}

/// How far it came, over all streams.
#[derive(Default)]
struct Done {
    /// Of the sheets that are through.
    summaries: Vec<ImportSummary>,
    /// The last row of the next one of which everything was told.
    told_through: i64,
}

/// The two directions of a stream.
struct Wire {
    sender: mpsc::Sender<ImportRowsRequest>,
    answers: Option<Streaming<ImportRowsResponse>>,
    receiver: Option<mpsc::Receiver<ImportRowsRequest>>,
}

impl Wire {
    /// Sends a header; the first one opens the stream. Returns the row through which the table is committed already.
    async fn open(&mut self, connection: &Connection, header: &ImportHeader) -> Result<i64, Broken> {
        send(&self.sender, Asked::Header(header.clone())).await?;
        if let Some(receiver) = self.receiver.take() {
            let answer = connection.tables().import_rows(ReceiverStream::new(receiver)).await?;
            self.answers = Some(answer.into_inner());
        }
        match next(self.answers.as_mut()).await? {
            Told::Accepted(accepted) => Ok(accepted.committed_through_row),
            _ => Err(out_of_order()),
        }
    }

    /// Reads to the end, so that the service sees a stream that ended and none that was cut off.
    async fn close(self) {
        drop(self.sender);
        if let Some(mut answers) = self.answers {
            while let Ok(Some(_)) = answers.message().await {}
        }
    }
}

/// One stream: the sheets that are not through yet, each from header to summary.
async fn attempt(
    connection: &Connection,
    sheets: &[Sheet],
    done: &mut Done,
    tell: &mut (dyn FnMut(usize, Event) + Send),
) -> Result<(), Broken> {
    // A dry run commits nothing: it begins anew, and so does what is told of it.
    if sheets.iter().any(|sheet| sheet.header.validate_only) {
        *done = Done::default();
    }
    let (sender, receiver) = mpsc::channel(WINDOW + 2);
    let mut wire = Wire { sender, answers: None, receiver: Some(receiver) };
    for (index, sheet) in sheets.iter().enumerate().skip(done.summaries.len()) {
        let mut tell = |event| tell(index, event);
        let summary = one(connection, &mut wire, sheet, &mut done.told_through, &mut tell).await?;
        done.summaries.push(summary);
        done.told_through = 0;
    }
    wire.close().await;
    Ok(())
}

/// One sheet from header to summary. `told_through` is the last row of which everything was told.
async fn one(
    connection: &Connection,
    wire: &mut Wire,
    sheet: &Sheet,
    told_through: &mut i64,
    tell: &mut (dyn FnMut(Event) + Send),
) -> Result<ImportSummary, Broken> {
    let committed = wire.open(connection, &sheet.header).await?;
    let missed = if committed > *told_through {
        missed_errors(connection, &sheet.header, *told_through, committed).await?
    } else {
        HashMap::new()
    };
    let sender = wire.sender.clone();
    let mut stream =
        Stream { sender, committed, missed, in_flight: VecDeque::new(), errors: BTreeMap::new() };
    let mut batches = Some(batches(sheet)?);
    let mut sent = 0;
    loop {
        let wanted = stream.in_flight.len() < WINDOW;
        tokio::select! {
            batch = async { batches.as_mut()?.next().await }, if wanted && batches.is_some() => match batch {
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
            told = next(wire.answers.as_mut()) => match told? {
                Told::Errors(errors) => stream.keep(errors.errors),
                Told::Progress(progress) => stream.decided(progress, told_through, tell),
                Told::Summary(summary) if batches.is_none() => return Ok(summary),
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
                tell(Event::Row(DecidedRow { number, row, errors }));
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
                    tell(Event::Row(DecidedRow { number, row, errors }));
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

async fn next(answers: Option<&mut Streaming<ImportRowsResponse>>) -> Result<Told, Broken> {
    let answer = match answers {
        Some(answers) => answers.message().await?,
        None => None,
    };
    let part = answer.and_then(|answer| answer.part);
    part.ok_or_else(|| Broken::Stream(Status::unavailable("the stream ended early")))
}

fn out_of_order() -> Broken {
    Broken::Stop(Stop::unavailable("ImportRows: the answers are out of order"))
}

/// Batches of the sheet.
fn batches(sheet: &Sheet) -> Result<BatchReader<Stop>, Stop> {
    let rows = (sheet.rows)()?;
    Ok(BatchReader::begin(move || Ok(rows), Stop::unavailable))
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
        ..ListImportErrorsRequest::default()
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
