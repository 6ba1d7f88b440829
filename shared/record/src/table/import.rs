//! What a file's header fills, and what is told of refused rows.

use kernel::failure::{Reason, Violation, Violations};
use kernel::language::Language;
use proto::common::{CellFlawKind, Row, RowCell, RowError};
use store::ImportError;

use crate::engine::{Engine, Outcome, Verdict};
use crate::masks::masked;
use crate::spec::Sensitivity;
use crate::table::layout::{Layout, Target};
use crate::table::row::{Form, Header};

impl Engine {
    /// The form of a table.
    pub(crate) fn form(&self, table: &str) -> Option<Form> {
        let inner = self.inner();
        let sheet = inner.sheets.iter().find(|sheet| sheet.spec.form.id == table).copied().map(Form::Sheet);
        sheet.or_else(|| {
            let has = |form: &crate::spec::FormTable| self.table_id(form.id) == table;
            let found =
                inner.resources.values().find(|registered| registered.spec.form.as_ref().is_some_and(has));
            found.copied().map(Form::Resource)
        })
    }

    /// Forms of common resources stand in every service: their tables carry the service's prefix.
    pub(crate) fn table_id(&self, declared: &str) -> String {
        if declared.contains('.') {
            declared.to_owned()
        } else {
            format!("{}.{declared}", self.inner().service)
        }
    }
}

/// Finds what each column of a file fills; unknown, doubled and missing titles are all told.
pub(crate) fn header_of(form: Form, titles: &[String], violations: &mut Violations) -> Header {
    let layout = match form {
        Form::Resource(registered) => Layout::of_resource(registered.spec),
        Form::Sheet(sheet) => Some(Layout::of_sheet(sheet.spec)),
    };
    let Some(layout) = layout else {
        violations.push("header.table", Reason::TableUnknown);
        return Header { form, layout: Layout::empty(), columns: Vec::new() };
    };
    let mut columns = Vec::with_capacity(titles.len());
    for title in titles {
        let plain = title.trim();
        match layout.titled(plain) {
            None => {
                violations.push("header.columns", Reason::ColumnUnknown).add("column", plain);
            }
            Some(column) if columns.contains(&column) => {
                violations.push("header.columns", Reason::ColumnDuplicate).add("column", plain);
            }
            Some(column) => columns.push(column),
        }
    }
    for (index, column) in layout.columns.iter().enumerate() {
        let required = match column.target {
            Target::Leaf(_) => column.leaf.is_some_and(|leaf| leaf.required),
            Target::First(..) | Target::Pivot(..) | Target::Ordinal | Target::Place(_) | Target::Name => {
                false
            }
        };
        if required && !columns.contains(&index) {
            violations.push("header.columns", Reason::ColumnMissing).add("column", column.title.zh);
        }
    }
    Header { form, layout, columns }
}

/// Errors and warnings of a batch's rows, in the caller's language.
pub(crate) fn errors_of(
    header: &Header,
    table: &str,
    outcomes: &[Outcome],
    numbers: &[i64],
    rows: &[Row],
    language: Language,
) -> Vec<RowError> {
    let mut errors = Vec::new();
    for ((outcome, number), row) in outcomes.iter().zip(numbers).zip(rows) {
        for (violation, warning) in told(header, outcome) {
            let place = place_of(header, violation, &row.cells);
            errors.push(RowError {
                table: table.to_owned(),
                row: *number,
                column: place.title.clone(),
                field: if place.title == violation.field { String::new() } else { violation.field.clone() },
                reason: violation.reason.as_str().to_owned(),
                message: violation.message(language),
                cell: place.shown,
                candidates: candidates(violation),
                warning,
                cells: Vec::new(),
            });
        }
    }
    errors
}

/// The errors of a batch as they are kept, what may be personal sealed.
pub(crate) fn kept_errors(
    engine: &Engine,
    header: &Header,
    outcomes: &[Outcome],
    numbers: &[i64],
    rows: &[Row],
    expires_at: i64,
) -> Vec<ImportError> {
    let cipher = &engine.inner().secrets.cipher;
    let seal = |text: &str| cipher.encrypt("import_error.cell", text).ok();
    let mut errors = Vec::new();
    for ((outcome, number), sent) in outcomes.iter().zip(numbers).zip(rows) {
        let mut whole = Some(sent);
        for (ordinal, (violation, warning)) in (0_i64..).zip(told(header, outcome)) {
            let place = place_of(header, violation, &sent.cells);
            let row = if warning { None } else { whole.take() };
            let arguments = serde_json::to_string(&Kept {
                warning,
                arguments: violation
                    .arguments
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), value.clone()))
                    .collect(),
                row: row.map(|row| titled(header, &row.cells)).unwrap_or_default(),
                flaws: row
                    .map(|row| row.flaws.iter().map(|flaw| (flaw.cell, flaw.kind)).collect())
                    .unwrap_or_default(),
            });
            errors.push(ImportError {
                row: *number,
                ordinal,
                column_title: Some(place.title).filter(|title| !title.is_empty()),
                field: Some(violation.field.clone()).filter(|field| !field.is_empty()),
                reason: violation.reason.as_str().to_owned(),
                arguments: arguments.ok().and_then(|text| seal(&text)),
                cell: seal(&place.shown),
                expires_at,
            });
        }
    }
    errors
}

/// What is sealed of an error's message.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct Kept {
    pub(crate) warning: bool,
    pub(crate) arguments: Vec<(String, String)>,
    /// The whole row, at its first error.
    #[serde(default)]
    pub(crate) row: Vec<(String, String)>,
    /// Which of its cells are not as they were written, and why.
    #[serde(default)]
    pub(crate) flaws: Vec<(i32, i32)>,
}

impl Kept {
    /// The row's cells, with their columns.
    pub(crate) fn cells(self) -> Vec<RowCell> {
        let flaws = self.flaws;
        let flaw = |at: usize| {
            let own = flaws.iter().find(|(cell, _)| usize::try_from(*cell) == Ok(at));
            own.map_or(CellFlawKind::Unspecified.into(), |(_, kind)| *kind)
        };
        let cells = self.row.into_iter().enumerate();
        cells.map(|(at, (column, cell))| RowCell { column, cell, flaw: flaw(at) }).collect()
    }
}

/// The cells of a row with the titles of their columns.
fn titled(header: &Header, cells: &[String]) -> Vec<(String, String)> {
    let titles = header.columns.iter().map(|column| header.layout.columns[*column].title.zh.to_owned());
    let cells = cells.iter().cloned().chain(std::iter::repeat_with(String::new));
    titles.zip(cells).collect()
}

/// What is told of a row. A cell that could not be read is told once: what rules make of its absence is not news. Nor is what
/// several of the row's records say of one column.
fn told<'o>(header: &Header, outcome: &'o Outcome) -> Vec<(&'o Violation, bool)> {
    let refused: Vec<&Violation> = match &outcome.verdict {
        Verdict::Refused(violations) => violations.iter().collect(),
        Verdict::Accepted(_) | Verdict::Unchanged => Vec::new(),
    };
    let column = |violation: &Violation| {
        header.layout.columns.iter().map(|column| column.title.zh).find(|title| *title == violation.field)
    };
    let unread: Vec<&str> = refused.iter().filter_map(|violation| column(violation)).collect();
    let told_as_unread = |violation: &Violation| {
        header.layout.title_of(&violation.field).is_some_and(|title| unread.contains(&title))
    };
    // That a sum differs of which a cell may be missing: one of its kind could not be read.
    let kind_of = |title: &str| {
        let column = header.layout.columns.iter().find(|column| column.title.zh == title)?;
        Some((column.leaf?.kind, column.unit))
    };
    let incomplete = |violation: &Violation| {
        let sum = header.title_of(&violation.field).and_then(kind_of);
        violation.reason == Reason::SumDiffers && unread.iter().any(|title| kind_of(title) == sum)
    };
    // That a place is missing which is not known.
    let explained = |violation: &Violation| {
        let mut same = refused.iter().filter(|other| other.field == violation.field);
        violation.reason == Reason::FieldRequired && same.any(|other| other.reason != Reason::FieldRequired)
    };
    let mut errors: Vec<(&Violation, bool)> = Vec::new();
    let mut said = Vec::new();
    for violation in refused.iter().copied() {
        let place = header.title_of(&violation.field).unwrap_or(&violation.field);
        let what = (place, violation.reason, &violation.arguments);
        let old = told_as_unread(violation)
            || incomplete(violation)
            || explained(violation)
            || said.contains(&what);
        if column(violation).is_some() || !old {
            errors.push((violation, false));
        }
        said.push(what);
    }
    errors.extend(outcome.warnings.iter().map(|violation| (violation, true)));
    errors
}

struct ErrorPlace {
    title: String,
    shown: String,
}

fn place_of(header: &Header, violation: &Violation, cells: &[String]) -> ErrorPlace {
    let title = header
        .layout
        .titled(&violation.field)
        .map(|column| header.layout.columns[column].title.zh)
        .or_else(|| header.title_of(&violation.field))
        .unwrap_or_default();
    let at = header.columns.iter().position(|column| header.layout.columns[*column].title.zh == title);
    let cell = at.and_then(|at| cells.get(at)).map(|cell| cell.trim()).unwrap_or_default();
    let leaf = at.and_then(|at| header.layout.columns[header.columns[at]].leaf);
    let shown = match leaf {
        Some(leaf) if leaf.sensitive != Sensitivity::Open && !cell.is_empty() => masked(leaf, cell),
        _ => cell.to_owned(),
    };
    ErrorPlace { title: title.to_owned(), shown }
}

/// Words or names that would fit.
pub(crate) fn candidates(violation: &Violation) -> Vec<String> {
    violation
        .arguments
        .iter()
        .find(|(name, _)| *name == "candidates")
        .map(|(_, list)| list.split('、').filter(|entry| !entry.is_empty()).map(str::to_owned).collect())
        .unwrap_or_default()
}
