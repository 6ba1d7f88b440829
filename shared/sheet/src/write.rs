//! Files written: exports, error files and blank forms, as `.xlsx` or csv.
//!
//! Rows go out as they come; a workbook's wait in temporary files, so that memory does not grow with them.

mod form;
mod text;
mod workbook;

use std::io::{self, Write};
use std::path::Path;

pub use form::{Form, FormColumn};
pub(crate) use workbook::WORDS_SHEET;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A workbook.
    Xlsx,
    /// csv in UTF-8 with its mark, as spreadsheets read it.
    Csv,
    /// csv in GB18030.
    CsvGb18030,
}

impl Format {
    /// The format that a file's name ends in (`.xlsx`, `.csv`); `None` for others.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "xlsx" => Some(Self::Xlsx),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    /// What a file's name ends in.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Xlsx => "xlsx",
            Self::Csv | Self::CsvGb18030 => "csv",
        }
    }

    /// The media type, as HTTP names it.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8",
            Self::CsvGb18030 => "text/csv; charset=gb18030",
        }
    }
}

/// Writes a file of forms: one sheet after another, each with its rows. A csv file has one sheet.
pub struct FormWriter(Inner);

enum Inner {
    Workbook(Box<workbook::Workbook>),
    Text(Box<text::Text>),
}

impl FormWriter {
    /// A file of this format.
    #[must_use]
    pub fn new(format: Format, out: Box<dyn Write + Send>) -> Self {
        Self(match format {
            Format::Xlsx => Inner::Workbook(Box::new(workbook::Workbook::new(out))),
            Format::Csv => Inner::Text(Box::new(text::Text::new(out, false))),
            Format::CsvGb18030 => Inner::Text(Box::new(text::Text::new(out, true))),
        })
    }

    /// Begins a sheet: its title and notes, and the header.
    ///
    /// # Errors
    /// A file that cannot be written; a second sheet of a csv file.
    pub fn sheet(&mut self, form: &Form) -> io::Result<()> {
        match &mut self.0 {
            Inner::Workbook(book) => book.sheet(form).map_err(io::Error::other),
            Inner::Text(text) => text.sheet(form),
        }
    }

    /// Writes a row of the last sheet.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn row(&mut self, cells: &[String]) -> io::Result<()> {
        match &mut self.0 {
            Inner::Workbook(book) => book.row(cells).map_err(io::Error::other),
            Inner::Text(text) => text.row(cells),
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn finish(self) -> io::Result<()> {
        match self.0 {
            Inner::Workbook(book) => book.finish().map_err(io::Error::other),
            Inner::Text(text) => text.finish(),
        }
    }
}
