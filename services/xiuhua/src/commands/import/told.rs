//! An import in words: its errors row by row, and at its end what became of the rows.

use std::path::PathBuf;

use kernel::failure::{Reason, Violation};
use kernel::language::Language;
use proto::common::{ImportSummary, RowError};

use super::error_file::ErrorFile;
use crate::client::import::DecidedRow;
use crate::exit::Stop;
use crate::{printable, words};

/// Most errors that are shown; all of them are in the error file and in the job.
const SHOWN: usize = 50;

/// What is told of rows while they are imported.
pub(super) struct Told {
    language: Language,
    /// Whether rows are told with the title of their sheet.
    several: bool,
    shown: Vec<String>,
    count: usize,
    errors: Option<ErrorFile>,
    /// The first row that could not be written to the error file.
    broken: Option<Stop>,
}

impl Told {
    pub(super) fn new(language: Language, several: bool, errors: Option<ErrorFile>) -> Self {
        Self { language, several, shown: Vec::new(), count: 0, errors, broken: None }
    }

    pub(super) fn row(&mut self, sheet: usize, title: &str, row: &DecidedRow) {
        for error in &row.errors {
            self.count += 1;
            if self.shown.len() < SHOWN {
                let line = error_line(error, self.language);
                self.shown.push(if self.several { format!("{title} {line}") } else { line });
            }
        }
        if let (Some(file), true, None) = (&mut self.errors, row.rejected(), &self.broken) {
            self.broken = file.write(sheet, row).err();
        }
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = self.shown.clone();
        if self.count > lines.len() {
            let more = self.count - lines.len();
            lines.push(words::MORE_ERRORS.fill(self.language, &[("count", &more)]));
        }
        lines
    }

    /// The error file, if there is one; `whole` says that the import came to its end.
    pub(super) fn finish(self, whole: bool) -> Result<Option<PathBuf>, Stop> {
        match (self.broken, self.errors) {
            (Some(stop), _) => Err(stop),
            (None, Some(file)) => file.finish(whole),
            (None, None) => Ok(None),
        }
    }
}

/// What was read of a file in a way that its owner should know of.
pub(super) fn notice_line(notice: &Violation, language: Language) -> String {
    let message = notice.message(language);
    let line = if notice.field.is_empty() { message } else { format!("{}: {message}", notice.field) };
    words::WARNING.fill(language, &[("line", &line)])
}

/// The numbers of an import in words.
pub(crate) fn summary_line(title: &str, summary: &ImportSummary, language: Language) -> String {
    let progress = summary.progress.clone().unwrap_or_default();
    let values: [(&str, &dyn std::fmt::Display); 7] = [
        ("title", &title),
        ("received", &(progress.accepted + progress.rejected)),
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

/// Below the numbers: which fields changed, why rows were rejected, and how many could not be told apart.
pub(super) fn details(summary: &ImportSummary, language: Language) -> Vec<String> {
    let mut lines = Vec::new();
    if !summary.changed_columns.is_empty() {
        let columns = summary.changed_columns.iter().map(|changed| {
            words::CHANGED_COLUMN.fill(language, &[("column", &changed.column), ("count", &changed.rows)])
        });
        let columns = columns.collect::<Vec<_>>().join("、");
        lines.push(format!("  {}", words::CHANGED_COLUMNS.fill(language, &[("columns", &columns)])));
    }
    for rejected in &summary.rejected_reasons {
        let column = if rejected.column.is_empty() { words::ROWS.text(language) } else { &rejected.column };
        let values: [(&str, &dyn std::fmt::Display); 3] =
            [("column", &column), ("message", &rejected.message), ("count", &rejected.count)];
        lines.push(format!("  {}", words::REJECTED_REASON.fill(language, &values)));
    }
    let ambiguous = [Reason::IdentityAmbiguous, Reason::PlaceAmbiguous, Reason::ReferenceAmbiguous];
    let ambiguous = ambiguous.map(Reason::as_str);
    let count: i64 = summary
        .rejected_reasons
        .iter()
        .filter(|rejected| ambiguous.contains(&rejected.reason.as_str()))
        .map(|rejected| rejected.count)
        .sum();
    if count > 0 {
        lines.push(format!("  {}", words::AMBIGUOUS.fill(language, &[("count", &count)])));
    }
    lines
}

/// An error in words: row, column, why, and what would fit.
pub(crate) fn error_line(error: &RowError, language: Language) -> String {
    let values: [(&str, &dyn std::fmt::Display); 3] =
        [("row", &error.row), ("column", &error.column), ("message", &error.message)];
    let words = if error.column.is_empty() { words::ROW_ERROR } else { words::CELL_ERROR };
    let mut line = words.fill(language, &values);
    if !error.cell.is_empty() {
        line.push_str(&format!(" [{}]", printable::part(&error.cell)));
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

#[cfg(test)]
mod tests {
    use proto::common::{ChangedColumn, ImportProgress, RejectedReason};

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
    fn a_cell_is_shown_on_one_line_and_not_obeyed() {
        let error = RowError { cell: "金\n\u{1b}[2J哲".to_owned(), ..error("姓名", false) };
        assert_eq!(error_line(&error, Language::Zh), "第7行·姓名:不对 [金 \\u001b[2J哲];可选:乙");
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
    fn the_end_tells_fields_and_reasons() {
        let changed = ChangedColumn { column: "联系电话".to_owned(), rows: 3 };
        let reason = |column: &str, reason: &str, count| RejectedReason {
            column: column.to_owned(),
            reason: reason.to_owned(),
            message: "不对".to_owned(),
            count,
        };
        let summary = ImportSummary {
            changed_columns: vec![changed],
            rejected_reasons: vec![reason("姓名", "FIELD_REQUIRED", 2), reason("", "IDENTITY_AMBIGUOUS", 1)],
            ..ImportSummary::default()
        };
        assert_eq!(
            details(&summary, Language::Zh),
            [
                "  变更的栏目:联系电话 3 行",
                "  退回:姓名:不对(2 处)",
                "  退回:行:不对(1 处)",
                "  其中对应多条记录、无法确定:1 行"
            ]
        );
    }
}
