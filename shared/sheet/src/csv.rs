//! csv files as offices save them: UTF-8 with or without its mark, or GB18030.
//!
//! Rows are numbered as a spreadsheet shows them: from 1, blank ones counted, a cell with line breaks is one row.

mod quotes;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use encoding_rs::{Encoding, GB18030, UTF_8};
use kernel::failure::{Failure, Reason, Violation};

use crate::cell::{Cell, Line, MOST_COLUMNS, MOST_ROW_BYTES, Value};
use crate::defuse::undefused;
use crate::problem::{one, place, refused, row_too_large, unreadable};
use crate::xlsx::MOST_CELL;
use quotes::Quotes;

/// The mark before UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// From how many bytes on a text that reads as UTF-8 is no GB18030 by chance: four characters.
const CERTAIN_BYTES: usize = 12;

/// A csv file whose encoding is known.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    path: PathBuf,
    encoding: &'static Encoding,
}

impl Text {
    /// Reads the file once to find out its encoding.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let mut raw = Raw::open(path)?;
        let marked = raw.marked;
        let mut seen = Seen::default();
        while let Some(row) = raw.read()? {
            seen.row(raw.number, &row);
        }
        let encoding = match (seen.not_utf8, seen.utf8) {
            (None, _) => UTF_8,
            (Some(row), _) if marked => return Err(mixed(row, 1)),
            (Some(row), Some(other)) => return Err(mixed(row.max(other), row.min(other))),
            (Some(_), None) => GB18030,
        };
        Ok(Self { path: path.to_owned(), encoding })
    }

    /// Whether it is written in GB18030.
    pub(crate) fn is_gb18030(&self) -> bool {
        self.encoding == GB18030
    }

    /// Rows from the first on.
    pub(crate) fn rows(&self) -> Result<Rows, Failure> {
        Ok(Rows { raw: Raw::open(&self.path)?, encoding: self.encoding, done: false })
    }
}

fn mixed(row: i64, other: i64) -> Failure {
    one(Violation::new(place("", row, None), Reason::FileEncodingMixed).with("other", other))
}

/// What was seen of encodings.
#[derive(Default)]
struct Seen {
    /// The first row that is no UTF-8.
    not_utf8: Option<i64>,
    /// The first row that is certainly UTF-8.
    utf8: Option<i64>,
}

impl Seen {
    fn row(&mut self, number: i64, row: &[u8]) {
        if row.is_ascii() {
            return;
        }
        // Commas and quotes are no part of another character in either encoding.
        let mut wide = 0;
        for cell in row.split(|byte| matches!(byte, b',' | b'"' | b'\n')).filter(|cell| !cell.is_ascii()) {
            match std::str::from_utf8(cell) {
                Err(_) => {
                    self.not_utf8.get_or_insert(number);
                }
                Ok(_) => {
                    let bytes = cell.iter().filter(|byte| !byte.is_ascii()).count();
                    wide += bytes;
                    if bytes >= CERTAIN_BYTES {
                        self.utf8.get_or_insert(number);
                    }
                }
            }
        }
        if wide >= 2 * CERTAIN_BYTES && std::str::from_utf8(row).is_ok() {
            self.utf8.get_or_insert(number);
        }
    }
}

/// Rows as bytes.
struct Raw {
    reader: BufReader<File>,
    marked: bool,
    number: i64,
}

impl Raw {
    fn open(path: &Path) -> Result<Self, Failure> {
        let file = File::open(path).map_err(unreadable)?;
        let mut reader = BufReader::with_capacity(64 * 1024, file);
        let marked = reader.fill_buf().map_err(unreadable)?.starts_with(MARK);
        if marked {
            reader.consume(MARK.len());
        }
        Ok(Self { reader, marked, number: 0 })
    }

    /// The next row; lines are joined while a quote is open.
    fn read(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        self.number += 1;
        let mut row = Vec::new();
        let mut quotes = Quotes::default();
        loop {
            let (before, room) = (row.len(), (MOST_ROW_BYTES + 1).saturating_sub(row.len()));
            let mut rest = self.reader.by_ref().take(room as u64);
            let read = rest.read_until(b'\n', &mut row).map_err(unreadable)?;
            quotes.over(&row[before..]);
            let open = quotes.are_open();
            let at = || place("", self.number, None);
            if row.len() > MOST_ROW_BYTES {
                return Err(one(if open {
                    Violation::new(at(), Reason::QuoteOpen)
                } else {
                    self.too_long(&row)
                }));
            }
            if !open && (read > 0 || row.is_empty()) {
                return Ok((read > 0).then_some(row));
            }
            if read == 0 {
                return Err(one(Violation::new(at(), Reason::QuoteOpen)));
            }
        }
    }

    /// Of a row that is too long: whether it is a cell, the number of cells, or all of them together.
    fn too_long(&self, row: &[u8]) -> Violation {
        let cells: Vec<&[u8]> = row.split(|byte| *byte == b',').collect();
        // A character has at most four bytes.
        if let Some(column) = cells.iter().position(|cell| cell.len() > 4 * MOST_CELL) {
            let at = place("", self.number, Some(column));
            return Violation::new(at, Reason::CellTooLarge).with("limit", MOST_CELL);
        }
        if cells.len() > MOST_COLUMNS {
            return too_wide(self.number, cells.len());
        }
        row_too_large("", self.number)
    }
}

fn too_wide(number: i64, found: usize) -> Violation {
    let problem = Violation::new(place("", number, None), Reason::ColumnsTooMany);
    problem.with("limit", MOST_COLUMNS).with("found", found)
}

/// The cells of a row (RFC 4180, a quote inside of an unquoted cell is a quote).
fn cells_of(text: &str) -> Vec<String> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    let mut cells = Vec::new();
    let mut cell = String::new();
    let mut letters = text.chars().peekable();
    let (mut quoted, mut at_start) = (false, true);
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if at_start => quoted = true,
            ',' if !quoted => {
                cells.push(std::mem::take(&mut cell));
                at_start = true;
                continue;
            }
            other => cell.push(other),
        }
        at_start = false;
    }
    cells.push(cell);
    cells
}

/// Rows that have a filled cell.
pub(crate) struct Rows {
    raw: Raw,
    encoding: &'static Encoding,
    done: bool,
}

impl Rows {
    fn read(&mut self) -> Result<Option<Line>, Failure> {
        loop {
            let Some(row) = self.raw.read()? else { return Ok(None) };
            let number = self.raw.number;
            let at = |column| place("", number, column);
            let Some(text) = self.encoding.decode_without_bom_handling_and_without_replacement(&row) else {
                return Err(one(Violation::new(at(None), Reason::FileEncoding)));
            };
            let cells = cells_of(&text);
            if cells.len() > MOST_COLUMNS {
                return Err(one(too_wide(number, cells.len())));
            }
            if let Some(column) = cells.iter().position(|cell| cell.chars().count() > MOST_CELL) {
                let problem = Violation::new(at(Some(column)), Reason::CellTooLarge);
                return Err(one(problem.with("limit", MOST_CELL)));
            }
            let filled =
                cells.into_iter().enumerate().map(|(column, cell)| Cell::plain(column, value(&cell)));
            let cells: Vec<Cell> = filled.filter(|cell| !cell.value.is_blank()).collect();
            if !cells.is_empty() {
                return Ok(Some(Line { number, hidden: false, cells }));
            }
        }
    }
}

/// A cell's text, as it was before it was written into a file: `="01"` is how a spreadsheet is told that it is text.
fn value(cell: &str) -> Value {
    let quoted = cell.trim().strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    match quoted.filter(|inner| !inner.contains('"')) {
        Some(inner) => Value::Text(inner.to_owned()),
        None => Value::Text(undefused(cell).to_owned()),
    }
}

impl Iterator for Rows {
    type Item = Result<Line, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let line = self.read().transpose();
        self.done = !matches!(line, Some(Ok(_)));
        line
    }
}

/// Whether the beginning of a file is that of a text.
pub(crate) fn is_text(beginning: &[u8]) -> Result<(), Failure> {
    if beginning.contains(&0) {
        return Err(refused(Reason::FileEncoding));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use tempfile::NamedTempFile;

    use super::*;

    fn file(bytes: &[u8]) -> NamedTempFile {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn read(bytes: &[u8]) -> Result<Vec<(i64, Vec<String>)>, Failure> {
        let file = file(bytes);
        let rows = Text::open(file.path())?.rows()?;
        rows.map(|line| {
            let line = line?;
            let mut cells = vec![String::new(); line.cells.last().map_or(0, |cell| cell.column + 1)];
            for cell in &line.cells {
                cells[cell.column] = cell.value.text();
            }
            Ok((line.number, cells))
        })
        .collect()
    }

    fn row(number: i64, cells: &[&str]) -> (i64, Vec<String>) {
        (number, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    fn refusal(bytes: &[u8]) -> (String, Reason) {
        let failure = read(bytes).unwrap_err();
        (
            failure.violation_list().first().map(|told| told.field.clone()).unwrap_or_default(),
            failure.reason(),
        )
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_shows_them() {
        let text =
            "\u{feff}户信息,\r\n\r\n户编号,姓名\r\n1,\"金\n\"\"哲\"\"\"\r\n,,\r\n5\",'=x\r\n\"\",=\"007\"";
        let wanted = vec![
            row(1, &["户信息"]),
            row(3, &["户编号", "姓名"]),
            row(4, &["1", "金\n\"哲\""]),
            row(6, &["5\"", "=x"]),
            row(7, &["", "007"]),
        ];
        assert_eq!(read(text.as_bytes()).unwrap(), wanted);
        let (bytes, _, _) = GB18030.encode(&text[3..]);
        assert_eq!(read(&bytes).unwrap(), wanted);
    }

    #[test]
    fn encodings_that_are_mixed_are_refused_with_their_rows() {
        let utf8 = "户编号,户主姓名,联系电话\n1,金哲金哲,2\n";
        let (other, _, _) = GB18030.encode("3,朴大山,4\n");
        let both = [utf8.as_bytes(), &other].concat();
        assert_eq!(refusal(&both), ("3".to_owned(), Reason::FileEncodingMixed));
        let both = [&other, utf8.as_bytes()].concat();
        assert_eq!(refusal(&both), ("2".to_owned(), Reason::FileEncodingMixed));
        let marked = [MARK, "户编号\n".as_bytes(), &other].concat();
        assert_eq!(refusal(&marked), ("2".to_owned(), Reason::FileEncodingMixed));
        assert_eq!(refusal(b"a,b\n1,\xff\xff\n"), ("2".to_owned(), Reason::FileEncoding));
    }

    #[test]
    fn what_never_ends_is_refused_before_it_fills_the_memory() {
        let long = "x".repeat(2 << 20);
        let cell = ("2".to_owned(), Reason::QuoteOpen);
        assert_eq!(refusal(format!("a,b\n1,\"{long}").as_bytes()), cell);
        assert_eq!(refusal(b"a,b\n1,\"x\n"), cell);
        let cell = ("B2".to_owned(), Reason::CellTooLarge);
        assert_eq!(refusal(format!("a,b\n1,{long}\n").as_bytes()), cell);
        assert_eq!(refusal(format!("a,b\n1,{}\n", &long[..40_000]).as_bytes()), cell);
        let wide = ",".repeat(10_000);
        assert_eq!(refusal(format!("{wide}\n").as_bytes()), ("1".to_owned(), Reason::ColumnsTooMany));
        let wide = ",".repeat(2 << 20);
        assert_eq!(refusal(wide.as_bytes()), ("1".to_owned(), Reason::ColumnsTooMany));
    }

    #[test]
    fn a_quote_over_many_lines_is_one_cell() {
        let inside = "a\"\"b,\n".repeat((1 << 20) / 8);
        let text = format!("x,\"{inside}\",y\nz\n");
        assert!(text.len() < MOST_ROW_BYTES);
        let file = file(text.as_bytes());
        let mut raw = Raw::open(file.path()).unwrap();
        let row = raw.read().unwrap().unwrap();
        let cells = cells_of(std::str::from_utf8(&row).unwrap());
        assert_eq!(cells, ["x".to_owned(), inside.replace("\"\"", "\""), "y".to_owned()]);
        assert_eq!((raw.read().unwrap().as_deref(), raw.read().unwrap()), (Some(&b"z\n"[..]), None));
    }

    #[test]
    fn a_row_is_bounded_as_a_whole() {
        // 400 cells, each of which may stand.
        let cell = format!("{},", "x".repeat(3000));
        assert_eq!(refusal(cell.repeat(400).as_bytes()), ("1".to_owned(), Reason::RowTooLarge));
        assert!(read(cell.repeat(300).as_bytes()).is_ok());
    }
}
