//! Rows of a sheet, one after another, and its merged cells.

use std::collections::HashMap;
use std::sync::Arc;

use kernel::failure::{Failure, Reason, Violation};
use quick_xml::events::BytesStart;

use super::Shared;
use super::strings::unescaped;
use super::xml::{Events, MOST_CELL, Piece, attribute, flag};
use crate::cell::{Cell, Line, MOST_COLUMNS, MOST_ROW_BYTES, Value, date_text, reference};
use crate::problem::{one, place, row_too_large};

/// Most merged ranges that are kept.
const MOST_MERGES: usize = 1 << 20;

/// Merged cells of a sheet, by their first row.
#[derive(Debug, Default, Clone)]
pub(crate) struct Merges(Vec<Merge>);

#[derive(Debug, Clone, Copy)]
struct Merge {
    first: i64,
    last: i64,
    from: usize,
    to: usize,
}

impl Merges {
    fn add(&mut self, range: &str) {
        let (from, to) = range.split_once(':').unwrap_or((range, range));
        let (Some((from, first)), Some((to, last))) = (reference(from), reference(to)) else { return };
        if self.0.len() < MOST_MERGES && (first, from) != (last, to) {
            self.0.push(Merge { first, last, from, to });
        }
    }

    /// Ranges of one column over several rows below the header: the first row of one, and how many there are.
    pub(crate) fn over_rows(&self, header: i64) -> Option<(i64, usize)> {
        let repeats = |merge: &&Merge| merge.from == merge.to && merge.first > header;
        let first = self.0.iter().find(repeats)?.first;
        Some((first, self.0.iter().filter(repeats).count()))
    }

    fn in_order(mut self) -> Self {
        self.0.sort_by_key(|merge| (merge.first, merge.from));
        // A cell is the first one of a single range.
        self.0.dedup_by_key(|merge| (merge.first, merge.from));
        self
    }
}

/// Rows that have a filled cell.
pub(crate) struct Rows {
    events: Events,
    sheet: String,
    shared: Arc<Shared>,
    /// Merged cells, known from an earlier pass: they stand behind the rows.
    merges: Arc<Merges>,
    next_merge: usize,
    /// Cells of ranges over several rows or columns, by their columns, each with the last row of its range.
    carried: HashMap<usize, (i64, Cell)>,
    row: i64,
    column: usize,
    found: Merges,
    done: bool,
}

impl Rows {
    pub(super) fn of(events: Events, sheet: String, shared: Arc<Shared>, merges: Arc<Merges>) -> Self {
        let (next_merge, carried, found) = (0, HashMap::new(), Merges::default());
        Self { events, sheet, shared, merges, next_merge, carried, row: 0, column: 0, found, done: false }
    }

    /// The sheet's merged cells, once all rows were read.
    pub(crate) fn merges(self) -> Merges {
        self.found.in_order()
    }

    fn read(&mut self) -> Result<Option<Line>, Failure> {
        loop {
            let line = match self.events.next()? {
                Piece::Start(start) => match start.local_name().as_ref() {
                    "row" => {
                        let stated = attribute(&start, "r").and_then(|text| text.parse().ok());
                        let number = stated.filter(|row| *row > self.row).unwrap_or(self.row + 1);
                        let hidden = flag(&start, "hidden");
                        self.row = number;
                        self.column = 0;
                        Some(hidden)
                    }
                    "mergeCell" => {
                        self.found.add(&attribute(&start, "ref").unwrap_or_default());
                        None
                    }
                    _ => None,
                },
                Piece::Eof => return Ok(None),
                _ => None,
            };
            let Some(hidden) = line else { continue };
            let cells = self.cells()?;
            let cells = self.merged(cells);
            self.bounded(cells.iter().map(|cell| cell.value.bytes()).sum())?;
            // A row of which only repeated values are left is a blank one; what is a guess is none.
            if cells.iter().any(|cell| (cell.across || !cell.carried) && !cell.value.is_blank()) {
                return Ok(Some(Line { number: self.row, hidden, cells }));
            }
        }
    }

    /// Filled cells up to the end of the row.
    fn cells(&mut self) -> Result<Vec<Cell>, Failure> {
        let (mut cells, mut filled, mut bytes) = (Vec::new(), 0, 0);
        loop {
            match self.events.next()? {
                Piece::Start(start) if start.local_name().as_ref() == "c" => {
                    let stated = attribute(&start, "r").and_then(|text| reference(&text));
                    let column = stated.map_or(self.column, |(column, _)| column);
                    let kind = Kind::of(&start);
                    self.column = column + 1;
                    if let Some(cell) = self.cell(column, &kind)? {
                        filled += 1;
                        bytes += cell.value.bytes();
                        self.bounded(bytes)?;
                        // The others are counted, to be told.
                        if filled <= MOST_COLUMNS {
                            cells.push(cell);
                        }
                    }
                }
                Piece::End(name) if name.is("row") && filled > MOST_COLUMNS => {
                    let problem = Violation::new(place(&self.sheet, self.row, None), Reason::ColumnsTooMany);
                    return Err(one(problem.with("limit", MOST_COLUMNS).with("found", filled)));
                }
                Piece::End(name) if name.is("row") => {
                    cells.sort_by_key(|cell: &Cell| cell.column);
                    return Ok(cells);
                }
                Piece::Eof => return Ok(cells),
                _ => {}
            }
        }
    }

    fn cell(&mut self, column: usize, kind: &Kind) -> Result<Option<Cell>, Failure> {
        let (mut value, mut formula, mut has_value) = (String::new(), false, false);
        let (mut inside, mut phonetic) = (false, false);
        let mut letters = 0;
        loop {
            match placed(self.events.next(), &self.sheet, self.row, column)? {
                Piece::Start(start) => match start.local_name().as_ref() {
                    "f" => formula = true,
                    "v" | "t" if !phonetic => {
                        inside = true;
                        has_value = true;
                    }
                    "rPh" => phonetic = true,
                    _ => {}
                },
                Piece::Text(text) if inside => {
                    letters += text.chars().count();
                    if letters > MOST_CELL {
                        return Err(self.too_large(column));
                    }
                    value.push_str(&text);
                }
                Piece::End(name) if name.is("v") || name.is("t") => inside = false,
                Piece::End(name) if name.is("rPh") => phonetic = false,
                Piece::End(name) if name.is("c") => break,
                Piece::Eof => break,
                _ => {}
            }
        }
        // Programs that calculate nothing write an empty value; an empty text is a result all the same.
        if !has_value || (formula && kind.of_value != "str" && value.trim().is_empty()) {
            return Ok(formula.then(|| Cell { formula, ..Cell::plain(column, Value::NotCalculated) }));
        }
        let value = self.value(column, kind, &value)?;
        Ok((!value.is_blank()).then(|| Cell { formula, ..Cell::plain(column, value) }))
    }

    fn value(&self, column: usize, kind: &Kind, text: &str) -> Result<Value, Failure> {
        Ok(match kind.of_value.as_str() {
            "s" => {
                let shared = text.trim().parse().ok().and_then(|number| self.shared.strings.get(number));
                let shared = shared.ok_or_else(|| super::broken(&self.sheet))?;
                if shared.chars().count() > MOST_CELL {
                    return Err(self.too_large(column));
                }
                Value::Text(unescaped(shared))
            }
            "b" => Value::Text(if text.trim() == "1" { "TRUE" } else { "FALSE" }.to_owned()),
            "e" => Value::Error(text.trim().to_owned()),
            "str" | "inlineStr" => Value::Text(unescaped(text)),
            "d" => Value::Text(text.to_owned()),
            _ => match text.trim().parse::<f64>() {
                Ok(number) if self.shared.styles.is_day(kind.style) => {
                    date_text(number, self.shared.since_1904).map_or(Value::Number(number), Value::Text)
                }
                Ok(number) if number.is_finite() => Value::Number(number),
                _ => Value::Text(text.to_owned()),
            },
        })
    }

    /// Refuses a row with more in it than is kept at once.
    fn bounded(&self, bytes: usize) -> Result<(), Failure> {
        if bytes > MOST_ROW_BYTES { Err(one(row_too_large(&self.sheet, self.row))) } else { Ok(()) }
    }

    fn too_large(&self, column: usize) -> Failure {
        too_large(&self.sheet, self.row, column)
    }

    /// Repeats values of cells merged over several rows, and marks all cells of those merged over several columns: which
    /// of the columns the value belongs to would be a guess in each of the rows.
    fn merged(&mut self, mut cells: Vec<Cell>) -> Vec<Cell> {
        let row = self.row;
        self.carried.retain(|_, (last, _)| *last >= row);
        while let Some(merge) = self.merges.0.get(self.next_merge).filter(|merge| merge.first <= row).copied()
        {
            self.next_merge += 1;
            let filled = |cell: &&Cell| cell.column == merge.from && !cell.value.is_blank();
            let Some(first) = cells.iter().find(filled).filter(|_| merge.first == row) else { continue };
            let across = merge.to > merge.from;
            let first = Cell { across, carried: true, ..first.clone() };
            for column in merge.from + 1..=merge.to.min(MOST_COLUMNS) {
                let blank = Cell::plain(column, Value::Text(String::new()));
                self.carried.insert(column, (merge.last, Cell { across, carried: true, ..blank }));
            }
            self.carried.insert(merge.from, (merge.last, first));
        }
        for (column, (_, carried)) in &self.carried {
            match cells.iter_mut().find(|cell| cell.column == *column) {
                Some(cell) => cell.across |= carried.across,
                None => cells.push(carried.clone()),
            }
        }
        cells.sort_by_key(|cell| cell.column);
        cells
    }
}

fn too_large(sheet: &str, row: i64, column: usize) -> Failure {
    one(Violation::new(place(sheet, row, Some(column)), Reason::CellTooLarge).with("limit", MOST_CELL))
}

/// A piece of a cell; one that is too large is told with the cell's place.
fn placed<'e>(
    piece: Result<Piece<'e>, Failure>,
    sheet: &str,
    row: i64,
    column: usize,
) -> Result<Piece<'e>, Failure> {
    piece.map_err(|failure| {
        if failure.reason() == Reason::CellTooLarge { too_large(sheet, row, column) } else { failure }
    })
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

/// How the text of a cell's value is to be read.
struct Kind {
    of_value: String,
    style: usize,
}

impl Kind {
    fn of(start: &BytesStart<'_>) -> Self {
        let style = attribute(start, "s").and_then(|text| text.parse().ok()).unwrap_or_default();
        Self { of_value: attribute(start, "t").unwrap_or_default(), style }
    }
}
