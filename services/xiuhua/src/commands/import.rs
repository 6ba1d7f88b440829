//! `import`: a csv file into a table.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kernel::language::Language;
use proto::common::{ImportHeader, ImportMode, ImportSummary, RowError, Table};

use super::{Manner, print_line};
use crate::arguments::Import;
use crate::client::import::{DecidedRow, Event, Rows, Sheet, import};
use crate::client::{Connection, table};
use crate::exit::{Exit, Stop};
use crate::progress::Progress;
use crate::sheet_file::{REASON_TITLE, ROW_TITLE, SheetFile};
use crate::words;

/// Most errors that are shown; all of them are in the error file and in the job.
const SHOWN: usize = 50;

/// Imports a file.
pub(crate) async fn run(asked: Import, manner: Manner) -> Result<(), Stop> {
    let connection = Connection::of_arguments(&asked.client, manner.language).await?;
    let table = table::named(&connection, &asked.name).await?;
    let file = opened(&asked.file, &table, manner.language).await?;
    let titles = file.titles.clone();
    let rows = file.row_count;
    let errors = ErrorFile::create(asked.errors.clone(), &titles)?;
    let sheet = sheet_of(&asked, &table, file);
    let progress = Progress::new(manner.quiet);
    let bar = progress.bar(&table.sheet, u64::try_from(rows).unwrap_or_default());
    let mut told = Told { language: manner.language, shown: Vec::new(), count: 0, errors, broken: None };
    let outcome = import(&connection, &sheet, &mut |event| match event {
        Event::Progress(at) => {
            let done = at.committed_through_row - sheet.first_row + 1;
            bar.set_position(u64::try_from(done).unwrap_or_default());
        }
        Event::Row(row) => told.row(&row),
        Event::Resuming { after, message } => {
            let values: [(&str, &dyn std::fmt::Display); 2] = [("row", &after), ("message", &message)];
            progress.say(&words::RESUMING.fill(manner.language, &values));
        }
    })
    .await;
    bar.finish_and_clear();
    for line in told.lines() {
        eprintln!("{line}");
    }
    let written = told.finish();
    let summary = outcome?;
    print_line(&summary_line(&table.sheet, &summary, manner.language))?;
    if let Some(path) = written? {
        progress.say(&words::ERRORS_WRITTEN.fill(manner.language, &[("file", &path.display())]));
    }
    let rejected = summary.progress.is_some_and(|progress| progress.rejected > 0);
    if rejected { Err(Stop { exit: Exit::Refused, lines: Vec::new() }) } else { Ok(()) }
}

async fn opened(path: &Path, table: &Table, language: Language) -> Result<SheetFile, Stop> {
    let known: Vec<String> = table
        .columns
        .iter()
        .filter_map(|column| column.title.as_ref())
        .map(|title| title.zh.clone())
        .collect();
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        SheetFile::open(&path, &known, language)
    });
    read.await.map_err(Stop::unavailable)?
}

fn sheet_of(asked: &Import, table: &Table, file: SheetFile) -> Sheet {
    let file = Arc::new(file);
    let mode = if asked.correct { ImportMode::Correction } else { ImportMode::Change };
    let header = ImportHeader {
        table: table.id.clone(),
        job: asked.job.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
        columns: file.titles.clone(),
        file_digest: file.digest.clone(),
        row_count: file.row_count,
        validate_only: asked.validate_only,
        form_date: asked.form_date.clone().unwrap_or_default(),
        mode: mode.into(),
        area: asked.area.clone().unwrap_or_default(),
        form_title: asked
            .file
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default(),
        document_no: asked.document.clone().unwrap_or_default(),
        reason: asked.reason.clone().unwrap_or_default(),
    };
    Sheet { header, first_row: file.first_row(), rows: Box::new(move || Ok(Box::new(file.rows()?) as Rows)) }
}

/// The numbers of an import in words.
pub(crate) fn summary_line(title: &str, summary: &ImportSummary, language: Language) -> String {
    let progress = summary.progress.clone().unwrap_or_default();
    let values: [(&str, &dyn std::fmt::Display); 7] = [
        ("title", &title),
        ("received", &summary.row_count),
        ("accepted", &progress.accepted),
        ("unchanged", &progress.unchanged),
        ("changed", &progress.changed),
        ("rejected", &progress.rejected),
        ("warnings", &progress.warnings),
    ];
    let mut line = words::IMPORTED.fill(language, &values);
    if summary.blanks_kept > 0 {
        line.push_str(", ");
        line.push_str(&words::BLANKS.fill(language, &[("count", &summary.blanks_kept)]));
    }
    if summary.validate_only { format!("{line}({})", words::DRY_RUN.text(language)) } else { line }
}

/// An error in words: row, column, why, and what would fit.
pub(crate) fn error_line(error: &RowError, language: Language) -> String {
    let values: [(&str, &dyn std::fmt::Display); 3] =
        [("row", &error.row), ("column", &error.column), ("message", &error.message)];
    let words = if error.column.is_empty() { words::ROW_ERROR } else { words::CELL_ERROR };
    let mut line = words.fill(language, &values);
    if !error.cell.is_empty() {
        line.push_str(&format!(" [{}]", error.cell));
    }
    line.push_str(&candidates(error, language));
    if error.warning { words::WARNING.fill(language, &[("line", &line)]) } else { line }
}

fn candidates(error: &RowError, language: Language) -> String {
    if error.candidates.is_empty() {
        return String::new();
    }
    words::CANDIDATES.fill(language, &[("candidates", &error.candidates.join("、"))])
}

/// What is told of rows while they are imported.
struct Told {
    language: Language,
    shown: Vec<String>,
    count: usize,
    errors: Option<ErrorFile>,
    /// The first row that could not be written to the error file.
    broken: Option<Stop>,
}

impl Told {
    fn row(&mut self, row: &DecidedRow) {
        for error in &row.errors {
            self.count += 1;
            if self.shown.len() < SHOWN {
                self.shown.push(error_line(error, self.language));
            }
        }
        if let (Some(file), true, None) = (&mut self.errors, row.rejected(), &self.broken) {
            self.broken = file.write(row, self.language).err();
        }
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = self.shown.clone();
        if self.count > lines.len() {
            let more = self.count - lines.len();
            lines.push(words::MORE_ERRORS.fill(self.language, &[("count", &more)]));
        }
        lines
    }

    /// The error file, if rows were written to it.
    fn finish(self) -> Result<Option<PathBuf>, Stop> {
        match (self.broken, self.errors) {
            (Some(stop), _) => Err(stop),
            (None, Some(file)) => file.finish().map(Some),
            (None, None) => Ok(None),
        }
    }
}

/// The rejected rows in the file's own columns, with their number and what is wrong.
struct ErrorFile {
    path: PathBuf,
    columns: usize,
    writer: csv::Writer<BufWriter<File>>,
}

impl ErrorFile {
    fn create(path: Option<PathBuf>, titles: &[String]) -> Result<Option<Self>, Stop> {
        let Some(path) = path else { return Ok(None) };
        let file = File::create(&path).map_err(|error| Stop::unwritable(&path, error))?;
        let mut writer = csv::Writer::from_writer(BufWriter::new(file));
        let added = [ROW_TITLE, REASON_TITLE];
        // The mark tells spreadsheets that this is UTF-8.
        let titles = titles.iter().map(String::as_str).chain(added).enumerate();
        let marked = titles
            .map(|(index, title)| if index == 0 { format!("\u{feff}{title}") } else { title.to_owned() });
        let marked: Vec<String> = marked.collect();
        writer.write_record(&marked).map_err(|error| Stop::unwritable(&path, error))?;
        Ok(Some(Self { path, columns: marked.len() - added.len(), writer }))
    }

    fn write(&mut self, row: &DecidedRow, language: Language) -> Result<(), Stop> {
        let reasons = row.errors.iter().filter(|error| !error.warning).map(|error| {
            let column = if error.column.is_empty() { String::new() } else { format!("{}: ", error.column) };
            format!("{column}{}{}", error.message, candidates(error, language))
        });
        let mut cells = row.cells.clone();
        cells.resize(self.columns, String::new());
        cells.extend([row.number.to_string(), reasons.collect::<Vec<_>>().join("\n")]);
        self.writer.write_record(&cells).map_err(|error| Stop::unwritable(&self.path, error))
    }

    fn finish(mut self) -> Result<PathBuf, Stop> {
        self.writer.flush().map_err(|error| Stop::unwritable(&self.path, error))?;
        Ok(self.path)
    }
}

#[cfg(test)]
mod tests {
    use proto::common::ImportProgress;

    use super::*;

    fn error(column: &str, warning: bool) -> RowError {
        RowError {
            row: 7,
            column: column.to_owned(),
            message: "不对".to_owned(),
            cell: "甲".to_owned(),
            candidates: vec!["乙".to_owned()],
            warning,
            ..RowError::default()
        }
    }

    #[test]
    fn errors_name_row_column_and_what_fits() {
        assert_eq!(error_line(&error("姓名", false), Language::Zh), "第7行·姓名:不对 [甲];可选:乙");
        assert_eq!(error_line(&error("", true), Language::Zh), "(提示)第7行:不对 [甲];可选:乙");
    }

    #[test]
    fn a_dry_run_says_so() {
        let progress = Some(ImportProgress { accepted: 2, rejected: 1, ..ImportProgress::default() });
        let summary =
            ImportSummary { progress, row_count: 3, validate_only: true, ..ImportSummary::default() };
        let line = summary_line("户信息", &summary, Language::En);
        assert!(
            line.starts_with("户信息: 3 rows received, 2 accepted") && line.contains("nothing was stored"),
            "{line}"
        );
    }

    #[test]
    fn the_error_file_has_the_columns_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("errors.csv");
        let titles = ["户编号", "姓名"].map(str::to_owned);
        let mut file = ErrorFile::create(Some(path.clone()), &titles).unwrap().unwrap();
        let cells = vec!["1".to_owned()];
        let row = DecidedRow { number: 7, cells, errors: vec![error("姓名", false), error("", true)] };
        file.write(&row, Language::Zh).unwrap();
        file.finish().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "\u{feff}户编号,姓名,行号,错误原因\n1,,7,姓名: 不对;可选:乙\n");
        let read = SheetFile::open(&path, &["户编号", "姓名"], Language::Zh).unwrap();
        assert_eq!(read.rows().unwrap().next().unwrap().unwrap(), ["1", ""]);
    }
}
