//! `import`: a file of forms into its tables.

mod error_file;
mod told;

use std::path::Path;
use std::sync::Arc;

use kernel::language::Language;
use proto::common::{ImportHeader, ImportMode, ImportSummary, Table};
use sheet::{FormFile, Part};

use super::unfinished::writes_over;
use super::{Manner, format_of, print_line};
use crate::arguments::Import;
use crate::client::import::{Event, Rows, Sheet, import_all};
use crate::client::{Connection, table};
use crate::exit::{Exit, Stop};
use crate::progress::Progress;
use crate::{printable, words};
use error_file::ErrorFile;
use told::{Told, details};
pub(crate) use told::{error_line, summary_line};

/// Imports a file.
pub(crate) async fn run(asked: Import, manner: Manner) -> Result<(), Stop> {
    if let Some(path) = &asked.errors {
        may_be_written(path, &asked, manner.language)?;
    }
    let connection = Connection::of_arguments(&asked.client, manner.language).await?;
    let tables = table::named(&connection, &asked.name).await?;
    let file = Arc::new(opened(&asked, &tables, manner.language).await?);
    let progress = Progress::new(manner.quiet);
    for notice in &file.notices {
        progress.say(&told::notice_line(notice, manner.language));
    }
    let day = file.form_date.clone().unwrap_or_default();
    let job = asked.job.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let errors = match &asked.errors {
        Some(path) => {
            // Who sends GB18030 likes to get it back.
            let (gb18030, sheets) = (file.is_gb18030(), file.parts.len());
            let format = format_of(Some(path), gb18030, &asked.name, sheets, manner.language)?;
            Some(ErrorFile::begin(path, format, &tables, &file.parts, &day)?)
        }
        None => None,
    };
    let mut told = Told::new(manner.language, file.parts.len() > 1, errors);
    let mut summaries = Vec::new();
    let mut outcome = Ok(());
    // Sheets of one service are one stream, so that a dry run knows what went before.
    for parts in file.parts.chunk_by(|one, other| owner(one) == owner(other)) {
        let first = summaries.len();
        let sheets: Vec<Sheet> = parts.iter().map(|part| sheet_of(&asked, &file, part, &job, &day)).collect();
        match streamed(&connection, parts, &sheets, &mut told, first, &progress, manner).await {
            Ok(done) => summaries.extend(done),
            Err(stop) => {
                outcome = Err(stop);
                break;
            }
        }
    }
    for line in told.lines() {
        eprintln!("{}", printable::lines(&line));
    }
    let written = told.finish(outcome.is_ok());
    for (part, summary) in file.parts.iter().zip(&summaries) {
        print_line(&summary_line(&part.title, summary, manner.language))?;
        for line in details(summary, manner.language) {
            print_line(&line)?;
        }
    }
    if let Ok(Some(path)) = &written {
        progress.say(&words::ERRORS_WRITTEN.fill(manner.language, &[("file", &path.display())]));
    }
    outcome?;
    written?;
    let rejected =
        |summary: &ImportSummary| summary.progress.as_ref().is_some_and(|progress| progress.rejected > 0);
    if summaries.iter().any(rejected) { Err(Stop { exit: Exit::Refused, lines: Vec::new() }) } else { Ok(()) }
}

/// Refuses an error file of no known format, and one that would be written over the file that is imported.
fn may_be_written(path: &Path, asked: &Import, language: Language) -> Result<(), Stop> {
    format_of(Some(path), false, &asked.name, 1, language)?;
    if writes_over(path, &asked.file) {
        return Err(Stop::usage(words::ERRORS_ONTO_INPUT.fill(language, &[("file", &path.display())])));
    }
    Ok(())
}

/// The service of a part's table, by the identifier's prefix.
fn owner(part: &Part) -> &str {
    part.table.split('.').next().unwrap_or_default()
}

/// Imports the sheets of one service, with a bar for each.
async fn streamed(
    connection: &Connection,
    parts: &[Part],
    sheets: &[Sheet],
    told: &mut Told,
    first: usize,
    progress: &Progress,
    manner: Manner,
) -> Result<Vec<ImportSummary>, Stop> {
    let bars: Vec<_> = parts
        .iter()
        .map(|part| progress.bar(&part.title, u64::try_from(part.row_count).unwrap_or_default()))
        .collect();
    let done = import_all(connection, sheets, &mut |index, event| match event {
        Event::Progress(at) => {
            let decided = at.accepted + at.rejected;
            bars[index].set_position(u64::try_from(decided).unwrap_or_default());
        }
        Event::Row(row) => told.row(first + index, &parts[index].title, &row),
        Event::Resuming { after, message } => {
            let values: [(&str, &dyn std::fmt::Display); 2] = [("row", &after), ("message", &message)];
            progress.say(&words::RESUMING.fill(manner.language, &values));
        }
    })
    .await;
    bars.iter().for_each(indicatif::ProgressBar::finish_and_clear);
    done
}

/// Opens a file and finds the sheets of these tables in it.
async fn opened(asked: &Import, tables: &[Table], language: Language) -> Result<FormFile, Stop> {
    let (path, tables, day) = (asked.file.clone(), tables.to_vec(), asked.form_date.clone());
    let read = tokio::task::spawn_blocking(move || FormFile::open(&path, &tables, day.as_deref()));
    let read = read.await.map_err(Stop::unavailable)?;
    read.map_err(|failure| Stop::of_file(&asked.file, &failure, language))
}

fn sheet_of(asked: &Import, file: &Arc<FormFile>, part: &Part, job: &str, day: &str) -> Sheet {
    let mode = if asked.correct { ImportMode::Correction } else { ImportMode::Change };
    let title = asked.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let header = ImportHeader {
        table: part.table.clone(),
        job: job.to_owned(),
        columns: part.titles.clone(),
        file_digest: file.digest.clone(),
        // How many blank rows go along is not known yet.
        row_count: 0,
        validate_only: asked.validate_only,
        form_date: day.to_owned(),
        mode: mode.into(),
        area: asked.area.clone().unwrap_or_default(),
        form_title: title.unwrap_or_default(),
        document_no: asked.document.clone().unwrap_or_default(),
        reason: asked.reason.clone().unwrap_or_default(),
    };
    let (file, part) = (Arc::clone(file), part.clone());
    let rows = move || {
        let rows = file.rows(&part).map_err(|failure| Stop::usage(&failure))?;
        Ok(Box::new(rows.map(|row| row.map_err(|failure| Stop::usage(&failure)))) as Rows)
    };
    Sheet { header, rows: Box::new(rows) }
}
