//! A file of forms: its sheets, each the rows of a table.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use kernel::failure::{Failure, Reason, Violation};
use proto::common::{CellFlaw, Row, Table};

use crate::book::{Book, Lines, SheetName};
use crate::cell::{Line, MOST_COLUMNS, cell_at};
use crate::flaw;
use crate::header::{HEADER_ROWS, Header, NotedDay, Titles};
use crate::problem::{MOST_TOLD, all, one, place, unreadable};
use crate::write::WORDS_SHEET;
use crate::xlsx::Merges;

/// A file whose sheets were found and looked through once.
#[derive(Debug)]
pub struct FormFile {
    book: Arc<Book>,
    /// Its sheets in the order in which they are to be imported.
    pub parts: Vec<Part>,
    /// What was read in a way that its owner should know of, each with its place.
    pub notices: Vec<Violation>,
    /// Digest of the whole file, in hexadecimal digits.
    pub digest: String,
    /// Day for which the forms speak, ISO: the one that was given, or the one that a note above a header names.
    pub form_date: Option<String>,
}

/// A sheet that is a table's.
#[derive(Debug, Clone)]
pub struct Part {
    /// Identifier of the table.
    pub table: String,
    /// Title of the table's sheet.
    pub title: String,
    /// Titles of the columns that are imported, as they stand in the file.
    pub titles: Vec<String>,
    /// Number of the first row below the header.
    pub first_row: i64,
    /// Rows below the header that have a filled cell and are no footer.
    pub row_count: i64,
    sheet: usize,
    header: Arc<Header>,
    merges: Arc<Merges>,
    footers: Arc<[i64]>,
}

/// A row as it is imported, with its number.
pub type NumberedRow = (i64, Row);

impl FormFile {
    /// Reads a file once: finds out its kind and encoding, finds the sheets of these tables and their headers, and looks
    /// through all rows. A `form_date` that is given is stronger than what notes say.
    ///
    /// # Errors
    /// A file that cannot be read or is of another kind; a sheet without a header, with two, with titles twice, with cells
    /// below no title, or larger than may be; notes that name different days. All problems of the sheets at once, each with its place.
    pub fn open(path: &Path, tables: &[Table], form_date: Option<&str>) -> Result<Self, Failure> {
        let digest = digest(path)?;
        let book = Book::open(path)?;
        let mut file =
            Self { book: Arc::new(book), parts: Vec::new(), notices: Vec::new(), digest, form_date: None };
        let sheets = file.book.sheets();
        let found = chosen(&file.book, &sheets, tables)?;
        file.notices.extend(unread(&file.book, &sheets, tables, &found));
        let mut problems = Vec::new();
        for (table, sheet) in found {
            match file.part(table, sheet, &sheets[sheet]) {
                Ok(part) => file.parts.push(part),
                Err(told) => problems.extend(told),
            }
        }
        let names = sheets.iter().map(|sheet| sheet.name.as_str()).collect::<Vec<_>>();
        problems.extend(file.dated(form_date, &names));
        if problems.is_empty() { Ok(file) } else { Err(all(problems)) }
    }

    /// The rows of a part, from the first below the header on.
    ///
    /// # Errors
    /// A file that cannot be read any more; likewise each row.
    pub fn rows(&self, part: &Part) -> Result<PartRows, Failure> {
        let lines = self.book.lines(part.sheet, &part.merges)?;
        Ok(PartRows { lines, header: Arc::clone(&part.header), footers: Arc::clone(&part.footers) })
    }

    /// Whether the file is a csv in GB18030: who sends such a file likes to get one back.
    #[must_use]
    pub fn is_gb18030(&self) -> bool {
        matches!(self.book.as_ref(), Book::Text(text) if text.is_gb18030())
    }

    /// Finds the day for which the forms speak; notes that name different ones are problems where none is given.
    fn dated(&mut self, given: Option<&str>, sheets: &[&str]) -> Vec<Violation> {
        let (mut noted, mut unread) = (Vec::<(String, String)>::new(), Vec::new());
        for part in &self.parts {
            let Some(NotedDay { row, column, day }) = part.header.day.clone() else { continue };
            let at = place(sheets[part.sheet], row, Some(column));
            match day {
                Some(day) => noted.push((at, day)),
                None => unread.push(Violation::new(at, Reason::FormDateUnreadable)),
            }
        }
        if let Some(used) = given {
            self.form_date = Some(used.to_owned());
            let differing = noted.into_iter().filter(|(_, day)| day != used);
            self.notices.extend(differing.map(|(at, day)| {
                Violation::new(at, Reason::FormDateDiffers).with("noted", day).with("used", used)
            }));
            return Vec::new();
        }
        let Some((first, date)) = noted.first() else { return unread };
        self.form_date = Some(date.clone());
        self.notices.push(Violation::new("", Reason::FormDateRead).with("date", date));
        let other = noted.iter().filter(|(_, day)| day != date);
        let conflict = |(at, day): &(String, String)| {
            let problem = Violation::new(at, Reason::FormDatesConflict);
            problem.with("date", day).with("place", first).with("other", date)
        };
        unread.into_iter().chain(other.map(conflict)).collect()
    }

    fn part(&mut self, table: &Table, sheet: usize, name: &SheetName) -> Result<Part, Vec<Violation>> {
        let told = |failure: Failure| match failure.violation_list() {
            [] => vec![Violation::new(&name.name, failure.reason())],
            told => told.iter().map(|told| within(&name.name, told)).collect(),
        };
        let mut lines = self.book.lines(sheet, &Arc::default()).map_err(told)?;
        let header = header_of(table, &name.name, &mut lines).map_err(told)?;
        let (header, mut seen) = header;
        let mut look = Look { sheet: &name.name, header: &header, seen: &mut seen };
        for line in lines.by_ref() {
            look.line(&line.map_err(told)?);
        }
        let merges = Arc::new(lines.merges());
        let Seen { problems, rows, hidden, formulas, footers, .. } = seen;
        let problems: Vec<_> = header.doubled(&name.name).into_iter().chain(problems).collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        // What is refused is refused before the first row is imported.
        if merges.may_overfill() {
            let mut lines = self.book.lines(sheet, &merges).map_err(told)?;
            lines.try_for_each(|line| line.map(drop)).map_err(told)?;
        }
        if name.hidden {
            self.notices.push(Violation::new(&name.name, Reason::SheetHidden));
        }
        if let Some((first, count)) = hidden {
            self.notices.push(
                Violation::new(place(&name.name, first, None), Reason::RowsHidden).with("count", count),
            );
        }
        if let Some(first) = footers.first() {
            let notice = Violation::new(place(&name.name, *first, None), Reason::FootersNotRead);
            self.notices.push(notice.with("count", footers.len()));
        }
        for (column, first, count) in formulas {
            let at = place(&name.name, first, Some(column));
            self.notices.push(Violation::new(at, Reason::FormulasRead).with("count", count));
        }
        if let Some((first, count)) = merges.over_rows(header.row) {
            self.notices.push(
                Violation::new(place(&name.name, first, None), Reason::CellsRepeated).with("count", count),
            );
        }
        Ok(Part {
            table: table.id.clone(),
            title: table.sheet.clone(),
            titles: header.taken.iter().map(|(_, title)| title.clone()).collect(),
            first_row: header.row + 1,
            row_count: rows,
            sheet,
            header: Arc::new(header),
            merges,
            footers: footers.into(),
        })
    }
}

/// A problem's place, with the sheet's name before it.
fn within(sheet: &str, told: &Violation) -> Violation {
    let mut told = told.clone();
    if !sheet.is_empty() && told.field != sheet && !told.field.contains('!') && !told.field.contains('/') {
        told.field = if told.field.is_empty() { sheet.to_owned() } else { format!("{sheet}!{}", told.field) };
    }
    told
}

/// Which sheet is which table's, in the order of the tables.
fn chosen<'t>(
    book: &Book,
    sheets: &[SheetName],
    tables: &'t [Table],
) -> Result<Vec<(&'t Table, usize)>, Failure> {
    let named = |table: &Table| sheets.iter().position(|sheet| sheet.name.trim() == table.sheet);
    let by_name: Vec<_> = tables.iter().filter_map(|table| Some((table, named(table)?))).collect();
    if !by_name.is_empty() {
        return Ok(by_name);
    }
    if let ([table], [_]) = (tables, sheets) {
        return Ok(vec![(table, 0)]);
    }
    // Without a name, titles tell.
    let mut fitting = Vec::new();
    for index in 0..sheets.len() {
        let first = first_lines(&mut book.lines(index, &Arc::default())?)?;
        for table in tables {
            if let Some(header) = Titles::of(table).find(&first) {
                fitting.push((header.hits, table, index));
            }
        }
    }
    let best = fitting.iter().map(|(hits, ..)| *hits).max().unwrap_or_default();
    fitting.retain(|(hits, ..)| *hits == best);
    match fitting.as_slice() {
        [(_, table, index)] => Ok(vec![(table, *index)]),
        [] => {
            let names: Vec<&str> = tables.iter().map(|table| table.sheet.as_str()).collect();
            Err(one(Violation::new("", Reason::SheetMissing).with("sheet", names.join("、"))))
        }
        several => {
            let names =
                several.iter().map(|(_, table, index)| format!("{}{}", sheets[*index].name, table.sheet));
            let names: Vec<String> = names.collect();
            Err(one(Violation::new("", Reason::SheetAmbiguous).with("sheets", names.join("、"))))
        }
    }
}

/// Sheets with something in them that are none of the tables', and tables that have no sheet. What is hidden is no form.
fn unread(book: &Book, sheets: &[SheetName], tables: &[Table], found: &[(&Table, usize)]) -> Vec<Violation> {
    // Of a sheet that cannot be read it is not known that it is empty.
    let filled =
        |sheet: usize| book.lines(sheet, &Arc::default()).map_or(true, |mut lines| lines.next().is_some());
    let mut other: Vec<_> = sheets.iter().enumerate().collect();
    other.retain(|(_, sheet)| !sheet.hidden && sheet.name != WORDS_SHEET);
    other.retain(|(index, _)| found.iter().all(|(_, taken)| taken != index) && filled(*index));
    let other = other.into_iter().map(|(_, sheet)| Violation::new(&sheet.name, Reason::SheetNotRead));
    let absent = tables.iter().filter(|table| found.iter().all(|(taken, _)| taken.id != table.id));
    let absent = absent.map(|table| Violation::new("", Reason::SheetAbsent).with("sheet", &table.sheet));
    other.chain(absent).collect()
}

/// The rows among which a header may be, and the one after them.
fn first_lines(lines: &mut Lines) -> Result<Vec<Line>, Failure> {
    let mut first: Vec<Line> = Vec::new();
    while first.last().is_none_or(|line| line.number <= HEADER_ROWS) {
        match lines.next() {
            Some(line) => first.push(line?),
            None => break,
        }
    }
    Ok(first)
}

/// The header of a sheet, and what was seen of the rows that were read to find it.
fn header_of(table: &Table, sheet: &str, lines: &mut Lines) -> Result<(Header, Seen), Failure> {
    let first = first_lines(lines)?;
    if first.is_empty() {
        return Err(one(Violation::new(sheet, Reason::SheetEmpty)));
    }
    let Some(header) = Titles::of(table).find(&first) else {
        let columns = table.columns.iter().filter(|column| !column.unprinted && !column.output_only);
        let titles: Vec<&str> =
            columns.filter_map(|column| column.title.as_ref()).map(|title| title.zh.as_str()).collect();
        return Err(one(Violation::new(sheet, Reason::HeaderMissing).with("columns", titles.join("、"))));
    };
    let mut seen = Seen::default();
    let mut look = Look { sheet, header: &header, seen: &mut seen };
    first.iter().filter(|line| line.number > header.row).for_each(|line| look.line(line));
    Ok((header, seen))
}

/// What was seen of a sheet's rows.
#[derive(Default)]
struct Seen {
    problems: Vec<Violation>,
    rows: i64,
    /// The first hidden row, and how many there are.
    hidden: Option<(i64, i64)>,
    /// Columns with formulas: the first row with one, and how many there are.
    formulas: Vec<(usize, i64, i64)>,
    /// Rows that are footers, in order. Judged before merged cells repeat what they say in the rows of records.
    footers: Vec<i64>,
    untitled: usize,
}

/// A look at each row.
struct Look<'l> {
    sheet: &'l str,
    header: &'l Header,
    seen: &'l mut Seen,
}

impl Look<'_> {
    fn line(&mut self, line: &Line) {
        if self.header.is_followed_by(line) {
            self.seen.footers.push(line.number);
            return;
        }
        self.seen.rows += 1;
        if line.hidden {
            let (_, count) = self.seen.hidden.get_or_insert((line.number, 0));
            *count += 1;
        }
        if self.header.is_said_by(line) && self.seen.problems.len() < MOST_TOLD {
            let at = place(self.sheet, line.number, None);
            self.seen.problems.push(Violation::new(at, Reason::HeaderTwice).with("row", self.header.row));
        }
        for cell in &line.cells {
            if cell.formula {
                self.formula(cell.column, line.number);
            }
            if !self.header.titled(cell.column) && self.seen.untitled < MOST_TOLD {
                self.seen.untitled += 1;
                let at = place(self.sheet, line.number, Some(cell.column));
                self.seen.problems.push(if cell.column < MOST_COLUMNS {
                    Violation::new(at, Reason::ColumnUntitled)
                } else {
                    let problem = Violation::new(at, Reason::ColumnsTooMany);
                    problem.with("limit", MOST_COLUMNS).with("found", cell.column + 1)
                });
            }
        }
    }

    fn formula(&mut self, column: usize, row: i64) {
        match self.seen.formulas.iter_mut().find(|(known, ..)| *known == column) {
            Some((.., count)) => *count += 1,
            None => self.seen.formulas.push((column, row, 1)),
        }
    }
}

/// Rows of a part.
pub struct PartRows {
    lines: Lines,
    header: Arc<Header>,
    footers: Arc<[i64]>,
}

impl PartRows {
    fn row(&self, line: &Line) -> NumberedRow {
        let mut row = Row::default();
        for (index, (column, _)) in self.header.taken.iter().enumerate() {
            let Some(cell) = cell_at(&line.cells, *column) else { continue };
            row.cells.resize(index, String::new());
            let (text, flaw) = flaw::read(cell);
            row.cells.push(text);
            if let Some(kind) = flaw {
                let cell = i32::try_from(index).unwrap_or_default();
                row.flaws.push(CellFlaw { cell, kind: kind.into() });
            }
        }
        (line.number, row)
    }
}

impl Iterator for PartRows {
    type Item = Result<NumberedRow, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.lines.next()? {
                Ok(line) if line.number <= self.header.row => {}
                Ok(line) if self.footers.binary_search(&line.number).is_ok() => {}
                Ok(line) => return Some(Ok(self.row(&line))),
                Err(failure) => return Some(Err(failure)),
            }
        }
    }
}

fn digest(path: &Path) -> Result<String, Failure> {
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
