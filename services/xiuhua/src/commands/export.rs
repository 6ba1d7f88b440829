//! `export`: tables as a file of forms.

use std::collections::HashMap;
use std::io::{BufWriter, Write};

use proto::common::export_rows_response::Part;
use proto::common::{ExportRowsRequest, Table};
use sheet::{Form, FormWriter};
use tonic::Code;

use super::unfinished::Unfinished;
use super::{Manner, format_of};
use crate::arguments::Export;
use crate::client::{Connection, table};
use crate::exit::{Exit, Stop};
use crate::progress::Progress;
use crate::words;

/// How often in a row a broken stream is taken up without a further row.
const MOST_TRIES: u32 = 5;

/// Exports a table, or the tables of a workbook. A file that is not complete is removed.
pub(crate) async fn run(asked: Export, manner: Manner) -> Result<(), Stop> {
    let connection = Connection::of_arguments(&asked.client, manner.language).await?;
    let tables = table::named(&connection, &asked.name).await?;
    let format = format_of(asked.out.as_deref(), asked.gb18030, &asked.name, tables.len(), manner.language)?;
    let progress = Progress::new(manner.quiet || asked.out.is_none());
    let bar = progress.bar(&asked.name, 0);
    let writer = |out: Box<dyn Write + Send>| FormWriter::new(format, Box::new(BufWriter::new(out)));
    let counts = match &asked.out {
        None => written(&connection, &asked, &tables, writer(Box::new(std::io::stdout())), &bar).await,
        Some(path) => match Unfinished::begin(path) {
            Ok((file, out)) => {
                let counts = written(&connection, &asked, &tables, writer(out), &bar).await;
                counts.and_then(|counts| file.complete().map(|_| counts))
            }
            Err(stop) => Err(stop),
        },
    };
    match counts {
        Ok(counts) => {
            bar.finish_and_clear();
            for (table, count) in tables.iter().zip(counts) {
                let values: [(&str, &dyn std::fmt::Display); 2] =
                    [("title", &table.sheet), ("count", &count)];
                progress.say(&words::EXPORTED.fill(manner.language, &values));
            }
            Ok(())
        }
        Err(stop) => {
            bar.finish_and_clear();
            if stop.exit == Exit::Done {
                return Err(stop);
            }
            Err(stop.before(words::EXPORT_INCOMPLETE.text(manner.language)))
        }
    }
}

/// Writes the tables one after another; how many rows each has.
async fn written(
    connection: &Connection,
    asked: &Export,
    tables: &[Table],
    mut writer: FormWriter,
    bar: &indicatif::ProgressBar,
) -> Result<Vec<i64>, Stop> {
    let mut counts = Vec::new();
    for table in tables {
        let request = ExportRowsRequest {
            table: table.id.clone(),
            area: asked.area.clone().unwrap_or_default(),
            as_of: asked.as_of.clone().unwrap_or_default(),
            ..ExportRowsRequest::default()
        };
        counts.push(exported(connection, table, request, &mut writer, bar).await?);
    }
    writer.finish().map_err(Stop::output)?;
    Ok(counts)
}

/// Writes header and rows of a table; the rows exported.
async fn exported(
    connection: &Connection,
    table: &Table,
    mut request: ExportRowsRequest,
    writer: &mut FormWriter,
    bar: &indicatif::ProgressBar,
) -> Result<i64, Stop> {
    let mut opened = false;
    let mut tries = 1;
    loop {
        match stream(connection, table, &mut request, writer, &mut opened, bar).await {
            Ok(count) => return Ok(count),
            Err(Broken::Stop(stop)) => return Err(stop),
            Err(Broken::Stream { status, further }) => {
                tries = if further { 1 } else { tries + 1 };
                if tries > MOST_TRIES {
                    return Err(status.into());
                }
                tokio::time::sleep(std::time::Duration::from_millis(500) * tries).await;
            }
        }
    }
}

/// Why a stream ended without its end.
enum Broken {
    Stop(Stop),
    Stream { status: tonic::Status, further: bool },
}

impl From<Stop> for Broken {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// One stream; `request` then goes on after the last batch that was written.
async fn stream(
    connection: &Connection,
    table: &Table,
    request: &mut ExportRowsRequest,
    writer: &mut FormWriter,
    opened: &mut bool,
    bar: &indicatif::ProgressBar,
) -> Result<i64, Broken> {
    let mut further = false;
    let broken = |status: tonic::Status, further| match status.code() {
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unknown => {
            Broken::Stream { status, further }
        }
        _ => Broken::Stop(status.into()),
    };
    let answer = connection.tables().export_rows(request.clone()).await;
    let mut answers = answer.map_err(|status| broken(status, further))?.into_inner();
    loop {
        let early = || tonic::Status::unavailable("the stream ended early");
        let answer = answers.message().await.and_then(|answer| answer.ok_or_else(early));
        match answer.map_err(|status| broken(status, further))?.part {
            // Taken up again, a stream repeats its header; as-of and known time must stay the first ones.
            Some(Part::Header(header)) if !*opened => {
                *opened = true;
                request.as_of = header.as_of;
                request.known_at = header.known_at;
                // All columns that are exported stand in the header, those beside the form's own as well.
                let table = Table { columns: header.columns, ..table.clone() };
                let form = Form::of_table(&table, &HashMap::new()).on(&request.as_of);
                writer.sheet(&form).map_err(Stop::output)?;
            }
            Some(Part::Batch(batch)) => {
                for row in &batch.rows {
                    writer.row(&row.cells).map_err(Stop::output)?;
                }
                bar.inc(batch.rows.len() as u64);
                request.resume_token = batch.resume_token;
                further = true;
            }
            Some(Part::End(end)) => return Ok(end.row_count),
            Some(Part::Header(_)) | None => {}
        }
    }
}
