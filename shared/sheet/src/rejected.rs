//! Rows of an error file: as they came in, with their number and what is wrong.

use proto::common::{Row, RowError};

use crate::flaw::flawed_text;
use crate::write::Form;

/// A rejected row as it stands in an error file of this form, which has the two columns of
/// [`Form::with_reasons`]. Flawed cells are written so that they read as flawed again.
#[must_use]
pub fn rejected_row(form: &Form, number: i64, row: &Row, errors: &[RowError]) -> Vec<String> {
    let mut cells = row.cells.clone();
    cells.resize(form.columns.len().saturating_sub(2), String::new());
    for flaw in &row.flaws {
        if let Some(cell) = usize::try_from(flaw.cell).ok().and_then(|at| cells.get_mut(at)) {
            *cell = flawed_text(flaw.kind(), cell);
        }
    }
    let reasons: Vec<String> = errors.iter().filter(|error| !error.warning).map(reason).collect();
    cells.extend([number.to_string(), reasons.join("\n")]);
    cells
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
