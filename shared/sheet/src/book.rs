//! A file as sheets of rows, whichever kind it is.

use std::path::Path;
use std::sync::Arc;

use kernel::failure::Failure;

use crate::cell::Line;
use crate::kind::{Kind, kind_of};
use crate::{csv, xlsx};

/// A file that is open.
#[derive(Debug)]
pub(crate) enum Book {
    Workbook(xlsx::Book),
    Text(csv::Text),
}

/// A sheet of a file; a csv file is one sheet without a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SheetName {
    pub(crate) name: String,
    pub(crate) hidden: bool,
}

/// Rows of a sheet.
pub(crate) enum Lines {
    Workbook(Box<xlsx::Rows>),
    Text(Box<csv::Rows>),
}

impl Book {
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        match kind_of(path)? {
            Kind::Workbook(package) => xlsx::Book::of(package).map(Self::Workbook),
            Kind::Text => csv::Text::open(path).map(Self::Text),
        }
    }

    pub(crate) fn sheets(&self) -> Vec<SheetName> {
        match self {
            Self::Workbook(book) => {
                let names = book.sheets().iter();
                names.map(|sheet| SheetName { name: sheet.name.clone(), hidden: sheet.hidden }).collect()
            }
            Self::Text(_) => vec![SheetName { name: String::new(), hidden: false }],
        }
    }

    /// Rows of a sheet from the first on.
    pub(crate) fn lines(&self, sheet: usize, merges: &Arc<xlsx::Merges>) -> Result<Lines, Failure> {
        Ok(match self {
            Self::Workbook(book) => Lines::Workbook(Box::new(book.rows(sheet, Arc::clone(merges))?)),
            Self::Text(text) => Lines::Text(Box::new(text.rows()?)),
        })
    }
}

impl Lines {
    /// Merged cells, once all rows were read.
    pub(crate) fn merges(self) -> xlsx::Merges {
        match self {
            Self::Workbook(rows) => rows.merges(),
            Self::Text(_) => xlsx::Merges::default(),
        }
    }
}

impl Iterator for Lines {
    type Item = Result<Line, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Self::Workbook(rows) => rows.next(),
            Self::Text(rows) => rows.next(),
        }
    }
}
