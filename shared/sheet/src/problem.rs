//! What is wrong with a file, and where: `户信息!C4` names sheet, column and row as a spreadsheet shows them.

use kernel::failure::{Failure, Reason, Violation, Violations};

use crate::cell::{MOST_ROW_BYTES, letters};

/// Most problems of one kind that are told at once.
pub(crate) const MOST_TOLD: usize = 10;

/// The place of a cell; of a row or a sheet where there is no column or row.
pub(crate) fn place(sheet: &str, row: i64, column: Option<usize>) -> String {
    let cell = match (row, column) {
        (0, _) => return sheet.to_owned(),
        (row, Some(column)) => format!("{}{row}", letters(column)),
        (row, None) => row.to_string(),
    };
    if sheet.is_empty() { cell } else { format!("{sheet}!{cell}") }
}

/// A row with more in it than is kept at once.
pub(crate) fn row_too_large(sheet: &str, row: i64) -> Violation {
    Violation::new(place(sheet, row, None), Reason::RowTooLarge).with("limit", MOST_ROW_BYTES >> 10)
}

/// A single problem of a whole file.
pub(crate) fn refused(reason: Reason) -> Failure {
    one(Violation::new("", reason))
}

/// A single problem.
pub(crate) fn one(violation: Violation) -> Failure {
    all(vec![violation])
}

/// All problems at once.
pub(crate) fn all(violations: Vec<Violation>) -> Failure {
    match Violations::from(violations).into_result() {
        Err(failure) => failure,
        Ok(()) => Failure::internal_error("a file was refused without a reason"),
    }
}

/// A file that the system does not give.
pub(crate) fn unreadable(error: impl std::fmt::Display) -> Failure {
    refused(Reason::FileUnreadable).because(error)
}
