//! csv files as offices save them: UTF-8, perhaps with a byte order mark, perhaps with titles and notes above the
//! header.
//!
//! Rows are numbered as a spreadsheet shows them: from 1, blank ones counted, a cell with line breaks is one row.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use kernel::language::Language;

use crate::exit::Stop;
use crate::words;

/// In how many rows the header is looked for.
const HEADER_ROWS: usize = 5;

/// Most bytes of one row: a quote that never ends is found before the memory is.
const MOST_ROW_BYTES: usize = 1024 * 1024;

/// Columns that an error file adds; they are read over, so that a corrected error file can be imported.
pub const ROW_TITLE: &str = "行号";
/// See [`ROW_TITLE`].
pub const REASON_TITLE: &str = "错误原因";

/// A file whose header was found.
#[derive(Debug, Clone)]
pub struct SheetFile {
    path: PathBuf,
    language: Language,
    header_row: i64,
    /// Positions of the columns that are imported.
    taken: Vec<usize>,
    /// Their titles.
    pub titles: Vec<String>,
    /// Rows below the header, blank ones included.
    pub row_count: i64,
    /// Digest of the whole file, in hexadecimal digits.
    pub digest: String,
}

impl SheetFile {
    /// Reads the file once: finds the header by the titles that are known, counts the rows below it and takes the
    /// digest.
    ///
    /// # Errors
    /// A file that cannot be read, is no UTF-8 or has no header.
    pub fn open(path: &Path, known: &[&str], language: Language) -> Result<Self, Stop> {
        let digest = digest(path)?;
        let mut rows = Rows::open(path, language)?;
        let mut first = Vec::new();
        for row in rows.by_ref().take(HEADER_ROWS) {
            first.push(row?);
        }
        let Some(header) = header_among(&first, known) else {
            let file = path.display();
            let text = words::NO_HEADER.fill(language, &[("file", &file), ("titles", &known.join("、"))]);
            return Err(Stop::usage(text));
        };
        let (taken, titles) = columns(&first[header]);
        let mut row_count = (first.len() - header - 1) as i64;
        for row in rows {
            row?;
            row_count += 1;
        }
        let header_row = header as i64 + 1;
        Ok(Self { path: path.to_owned(), language, header_row, taken, titles, row_count, digest })
    }

    /// Number of the first row below the header.
    #[must_use]
    pub const fn first_row(&self) -> i64 {
        self.header_row + 1
    }

    /// The rows below the header, in the columns of [`Self::titles`].
    ///
    /// # Errors
    /// A file that cannot be opened any more; each row on its own where it cannot be read.
    pub fn rows(&self) -> Result<impl Iterator<Item = Result<Vec<String>, Stop>> + Send + use<>, Stop> {
        let file = self.clone();
        let rows = Rows::open(&self.path, self.language)?.enumerate().skip(self.header_row as usize);
        Ok(rows.map(move |(index, row)| file.taken_of(index + 1, row?)))
    }

    fn taken_of(&self, number: usize, mut row: Vec<String>) -> Result<Vec<String>, Stop> {
        let stray = row.iter().enumerate().find(|(column, cell)| {
            let beyond = self.taken.last().is_none_or(|last| column > last);
            beyond && !cell.trim().is_empty() && !self.titled(*column)
        });
        if let Some((column, _)) = stray {
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("file", &self.path.display()), ("row", &number), ("column", &(column + 1))];
            return Err(Stop::usage(words::NO_TITLE.fill(self.language, &values)));
        }
        Ok(self.taken.iter().map(|column| row.get_mut(*column).map(std::mem::take).unwrap_or_default()).collect())
    }
}
