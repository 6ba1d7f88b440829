//! A report as a file. Formats for people show the same [`Paper`]: the same columns, words and marks everywhere. Formats for
//! programs have everything, unrounded.
//!
//! A value that is not there is never a zero: it is a dash with the reason beside it, or an empty cell beside the name of
//! its availability.

mod csv;
mod html;
mod markdown;
mod paper;
mod xlsx;

pub use paper::{INCOMPLETE, Paper, PaperTable, Shown, Title, number};

use kernel::failure::Failure;
use kernel::language::Language;
use proto::xiuhua::gateway::v1::Report;

/// A format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Canonical proto3 JSON.
    Json,
    /// Comma-separated values in UTF-8, for programs.
    Csv,
    /// A workbook.
    Xlsx,
    /// Markdown.
    Markdown,
    /// A page by itself, which needs nothing from elsewhere.
    Html,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Json, Self::Csv, Self::Xlsx, Self::Markdown, Self::Html];

    /// What it is called, which is the end of its files' names as well.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Markdown => "md",
            Self::Html => "html",
        }
    }

    /// The format of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
        }
    }
}

/// The report in a format.
///
/// # Errors
/// `INTERNAL` where it cannot be written.
pub fn render(report: &Report, format: Format, language: Language) -> Result<Vec<u8>, Failure> {
    match format {
        Format::Json => Ok((crate::json::report_json(report)? + "\n").into_bytes()),
        Format::Csv => csv::bytes(report),
        Format::Xlsx => xlsx::bytes(report, &Paper::of(report, language)),
        Format::Markdown => Ok(markdown::text(&Paper::of(report, language)).into_bytes()),
        Format::Html => Ok(html::page(&Paper::of(report, language), language).into_bytes()),
    }
}

#[cfg(test)]
mod tests;
