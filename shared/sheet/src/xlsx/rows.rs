//! Rows of a sheet, one after another.

use std::sync::Arc;

use kernel::failure::{Failure, Reason, Violation};
use quick_xml::events::BytesStart;

use super::Shared;
use super::merges::{Carried, Merges};
use super::strings::unescaped;
use super::xml::{Events, MOST_CELL, Piece, attribute, flag};
use crate::cell::{Cell, Line, MOST_COLUMNS, MOST_ROW_BYTES, Value, date_text, reference};
use crate::problem::{one, place, row_too_large};

/// Rows that have a filled cell.
pub(crate) struct Rows {
    events: Events,
    sheet: String,
    shared: Arc<Shared>,
    /// By merged cells that are known from an earlier pass: they stand behind the rows.
    carried: Carried,
    row: i64,
    column: usize,
    found: Merges,
    /// Bytes of the largest cell and of the largest row.
    largest: (usize, usize),
    done: bool,
}

impl Rows {
    pub(super) fn of(events: Events, sheet: String, shared: Arc<Shared>, merges: Arc<Merges>) -> Self {
        let (carried, found) = (Carried::of(merges), Merges::default());
        Self { events, sheet, shared, carried, row: 0, column: 0, found, largest: (0, 0), done: false }
    }

    /// The sheet's merged cells, once all rows were read.
    pub(crate) fn merges(self) -> Merges {
        let (cell, row) = self.largest;
        self.found.complete(cell, row)
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
            let own = self.cells()?;
            // A row of which only repeated values are left is a blank one.
            if own.is_empty() {
                continue;
            }
            let Some(cells) = self.carried.laid_over(self.row, own) else { return Err(self.row_too_large()) };
            return Ok(Some(Line { number: self.row, hidden, cells }));
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
                        if bytes > MOST_ROW_BYTES {
                            return Err(self.row_too_large());
                        }
                        self.largest = (self.largest.0.max(cell.value.bytes()), self.largest.1.max(bytes));
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

    fn row_too_large(&self) -> Failure {
        one(row_too_large(&self.sheet, self.row))
    }

    fn too_large(&self, column: usize) -> Failure {
        too_large(&self.sheet, self.row, column)
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
