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

/// What becomes of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    Taken,
    ReadOver,
    Untitled,
}

/// A file whose header was found.
#[derive(Debug, Clone)]
pub struct SheetFile {
    path: PathBuf,
    language: Language,
    header_row: usize,
    heads: Vec<Head>,
    /// Titles of the columns that are imported.
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
        let first = rows.by_ref().take(HEADER_ROWS).collect::<Result<Vec<_>, _>>()?;
        let Some(header) = header_among(&first, known) else {
            let file = path.display();
            let text = words::NO_HEADER.fill(language, &[("file", &file), ("titles", &known.join("、"))]);
            return Err(Stop::usage(text));
        };
        let heads: Vec<Head> = first[header].iter().map(|title| head_of(title)).collect();
        let titled = first[header].iter().zip(&heads).filter(|(_, head)| **head == Head::Taken);
        let titles = titled.map(|(title, _)| title.trim().to_owned()).collect();
        let mut row_count = (first.len() - header - 1) as i64;
        for row in rows {
            row?;
            row_count += 1;
        }
        Ok(Self { path: path.to_owned(), language, header_row: header + 1, heads, titles, row_count, digest })
    }

    /// Number of the first row below the header.
    #[must_use]
    pub const fn first_row(&self) -> i64 {
        self.header_row as i64 + 1
    }

    /// The rows below the header, in the columns of [`Self::titles`].
    ///
    /// # Errors
    /// A file that cannot be opened any more; each row on its own where it cannot be read.
    pub fn rows(&self) -> Result<impl Iterator<Item = Result<Vec<String>, Stop>> + Send + use<>, Stop> {
        let file = self.clone();
        let rows = Rows::open(&self.path, self.language)?.enumerate().skip(self.header_row);
        Ok(rows.map(move |(index, row)| file.taken_of(index + 1, row?)))
    }

    fn taken_of(&self, number: usize, row: Vec<String>) -> Result<Vec<String>, Stop> {
        let mut taken = Vec::with_capacity(self.titles.len());
        for (column, cell) in row.into_iter().enumerate() {
            match self.heads.get(column).unwrap_or(&Head::Untitled) {
                Head::Taken => taken.push(cell),
                Head::Untitled if !cell.trim().is_empty() => {
                    let values: [(&str, &dyn std::fmt::Display); 3] =
                        [("file", &self.path.display()), ("row", &number), ("column", &(column + 1))];
                    return Err(Stop::usage(words::NO_TITLE.fill(self.language, &values)));
                }
                Head::ReadOver | Head::Untitled => {}
            }
        }
        Ok(taken)
    }
}

fn head_of(title: &str) -> Head {
    match title.trim() {
        "" => Head::Untitled,
        ROW_TITLE | REASON_TITLE => Head::ReadOver,
        _ => Head::Taken,
    }
}

/// The row with the most titles that are known; at least half of its filled cells must be.
fn header_among(rows: &[Vec<String>], known: &[&str]) -> Option<usize> {
    let known: Vec<String> = known.iter().map(|title| plain(title)).collect();
    let scores = rows.iter().enumerate().map(|(index, row)| {
        let filled: Vec<String> =
            row.iter().map(|cell| plain(cell)).filter(|cell| !cell.is_empty()).collect();
        let hits = filled.iter().filter(|cell| known.contains(cell)).count();
        (index, hits, filled.len())
    });
    let likely = scores.filter(|(_, hits, filled)| *hits > 0 && hits * 2 >= *filled);
    likely.max_by_key(|(index, hits, _)| (*hits, std::cmp::Reverse(*index))).map(|(index, ..)| index)
}

/// A title without blanks and with half-width brackets.
fn plain(title: &str) -> String {
    let letters = title.chars().filter(|letter| !letter.is_whitespace());
    letters
        .map(|letter| match letter {
            '（' => '(',
            '）' => ')',
            '／' => '/',
            other => other,
        })
        .collect()
}

fn digest(path: &Path) -> Result<String, Stop> {
    let unreadable = |error| Stop::unreadable(path, error);
    let mut file = File::open(path).map_err(unreadable)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer).map_err(unreadable)? {
            0 => return Ok(hasher.finalize().to_hex().to_string()),
            read => hasher.update(&buffer[..read]),
        };
    }
}

/// Rows of a file, one after another.
struct Rows {
    reader: BufReader<File>,
    path: PathBuf,
    language: Language,
    number: usize,
    done: bool,
}

impl Rows {
    fn open(path: &Path, language: Language) -> Result<Self, Stop> {
        let file = File::open(path).map_err(|error| Stop::unreadable(path, error))?;
        let reader = BufReader::with_capacity(64 * 1024, file);
        Ok(Self { reader, path: path.to_owned(), language, number: 0, done: false })
    }

    fn problem(&self, words: words::Words) -> Stop {
        Stop::usage(words.fill(self.language, &[("file", &self.path.display()), ("row", &self.number)]))
    }

    /// The next row; lines are joined while a quote is open.
    fn read(&mut self) -> Result<Option<Vec<String>>, Stop> {
        let mut bytes = Vec::new();
        self.number += 1;
        loop {
            let read = self.reader.read_until(b'\n', &mut bytes);
            if read.map_err(|error| Stop::unreadable(&self.path, error))? == 0 {
                return if bytes.is_empty() { Ok(None) } else { Err(self.problem(words::OPEN_QUOTE)) };
            }
            let mut text = std::str::from_utf8(&bytes).map_err(|_| self.problem(words::NOT_UTF8))?;
            if self.number == 1 {
                text = text.strip_prefix('\u{feff}').unwrap_or(text);
            }
            if let Some(cells) = cells_of(text) {
                return Ok(Some(cells));
            }
            if bytes.len() > MOST_ROW_BYTES {
                return Err(self.problem(words::OPEN_QUOTE));
            }
        }
    }
}

impl Iterator for Rows {
    type Item = Result<Vec<String>, Stop>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let row = self.read().transpose();
        self.done = !matches!(row, Some(Ok(_)));
        row
    }
}

/// The cells of a row (RFC 4180, a quote inside of an unquoted cell is a quote); `None` while a quote is open.
fn cells_of(text: &str) -> Option<Vec<String>> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    let mut cells = Vec::new();
    let mut cell = String::new();
    let mut letters = text.chars().peekable();
    let mut quoted = false;
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            other => cell.push(other),
        }
    }
    cells.push(cell);
    (!quoted).then_some(cells)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use tempfile::NamedTempFile;

    use super::*;

    const KNOWN: [&str; 3] = ["户编号", "姓名", "面积(亩)"];

    fn file(bytes: &[u8]) -> NamedTempFile {
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn open(text: &str) -> (NamedTempFile, Result<SheetFile, Stop>) {
        let file = file(text.as_bytes());
        let opened = SheetFile::open(file.path(), &KNOWN, Language::En);
        (file, opened)
    }

    fn rows(sheet: &SheetFile) -> Vec<Vec<String>> {
        sheet.rows().unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn the_header_stands_below_titles_and_notes() {
        let (_file, sheet) = open(
            "\u{feff}户信息,,\r\n填报单位:,,姓名\r\n\r\n户编号,姓 名,面积（亩）\r\n1,金哲,2\r\n\r\n2,李明\r\n",
        );
        let sheet = sheet.unwrap();
        assert_eq!((sheet.first_row(), sheet.row_count), (5, 3));
        assert_eq!(sheet.titles, ["户编号", "姓 名", "面积（亩）"]);
        assert_eq!(rows(&sheet), [vec!["1", "金哲", "2"], vec![""], vec!["2", "李明"]]);
    }

    #[test]
    fn a_file_without_a_header_says_what_was_looked_for() {
        for text in ["", "a,b\n1,2\n", "\n\n\n\n\n户编号,姓名\n", "户编号,x,y,z\n"] {
            let stop = open(text).1.unwrap_err();
            assert_eq!(stop.exit, crate::exit::Exit::Usage);
            assert!(stop.lines[0].contains("户编号、姓名、面积(亩)"), "{stop:?}");
        }
    }

    #[test]
    fn an_error_file_can_be_read_again() {
        let (_file, sheet) = open("户编号,姓名,行号,错误原因\n1,金哲,7,\"姓名:太短, 请改\"\n");
        let sheet = sheet.unwrap();
        assert_eq!(sheet.titles, ["户编号", "姓名"]);
        assert_eq!(rows(&sheet), [["1", "金哲"]]);
    }

    #[test]
    fn cells_without_a_title_are_not_lost_silently() {
        let (_file, sheet) = open("户编号,姓名,\n1,金哲,\n2,李明,x\n");
        let read: Vec<_> = sheet.unwrap().rows().unwrap().collect();
        assert!(read[0].is_ok());
        assert!(read[1].as_ref().unwrap_err().lines[0].contains("row 3, column 3"), "{read:?}");
    }

    #[test]
    fn quotes_may_hold_line_breaks_and_must_end() {
        let (_file, sheet) = open("户编号,姓名\n1,\"金\n\"\"哲\"\"\"\n5\",x\n");
        let sheet = sheet.unwrap();
        assert_eq!(rows(&sheet), [["1", "金\n\"哲\""], ["5\"", "x"]]);
        let stop = open("户编号,姓名\n1,\"金哲\n").1.unwrap_err();
        assert!(stop.lines[0].contains("row 2"), "{stop:?}");
    }

    #[test]
    fn other_encodings_are_named() {
        let file = file(b"\xbb\xa7\xb1\xe0\xba\xc5,\xd0\xd5\xc3\xfb\n");
        let stop = SheetFile::open(file.path(), &KNOWN, Language::En).unwrap_err();
        assert!(stop.lines[0].contains("UTF-8"), "{stop:?}");
    }
}
