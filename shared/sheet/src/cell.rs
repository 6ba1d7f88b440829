//! Cells as files hold them, before anybody knows what they mean.

use kernel::date::CivilDate;

/// Numbers from here on have more than the 15 digits that spreadsheets keep: the last ones are lost.
pub(crate) const DIGITS_LOST_FROM: f64 = 1e15;

/// Most cells of one row.
pub(crate) const MOST_COLUMNS: usize = 512;

/// Most bytes of one row: a quote that never ends is found before the memory is.
pub(crate) const MOST_ROW_BYTES: usize = 1 << 20;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Text.
    Text(String),
    /// A number that is no date.
    Number(f64),
    /// An error such as `#N/A`.
    Error(String),
    /// A formula without a value: no spreadsheet has calculated it yet.
    NotCalculated,
}

impl Value {
    /// The value as a cell's text.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Error(text) => text.clone(),
            Self::Number(number) => number_text(*number),
            Self::NotCalculated => String::new(),
        }
    }

    /// How many bytes of memory its text takes.
    pub(crate) const fn bytes(&self) -> usize {
        match self {
            Self::Text(text) | Self::Error(text) => text.len(),
            Self::Number(_) | Self::NotCalculated => 0,
        }
    }

    pub(crate) fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }
}

/// A cell that is filled.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell {
    /// Its column, from 0.
    pub(crate) column: usize,
    pub(crate) value: Value,
    /// The value is the last result of a formula.
    pub(crate) formula: bool,
    /// The value stands in merged cells over several columns.
    pub(crate) across: bool,
}

impl Cell {
    pub(crate) fn plain(column: usize, value: Value) -> Self {
        Self { column, value, formula: false, across: false }
    }
}

/// The cell of a column among cells in the order of their columns.
pub(crate) fn cell_at(cells: &[Cell], column: usize) -> Option<&Cell> {
    let at = cells.partition_point(|cell| cell.column < column);
    cells.get(at).filter(|cell| cell.column == column)
}

/// A row with at least one filled cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    /// Its number as a spreadsheet shows it, from 1.
    pub(crate) number: i64,
    pub(crate) hidden: bool,
    /// Filled cells, in the order of their columns.
    pub(crate) cells: Vec<Cell>,
}

/// A number in plain digits, with the 15 significant ones that a spreadsheet keeps: 1302.1, not 1302.0999999999999.
pub(crate) fn number_text(number: f64) -> String {
    let rounded: f64 = format!("{number:.14e}").parse().unwrap_or(number);
    if rounded == 0.0 { "0".to_owned() } else { rounded.to_string() }
}

/// A day by its serial number, with the time of day where there is one. `None` outside of the calendar.
pub(crate) fn date_text(serial: f64, since_1904: bool) -> Option<String> {
    let days = serial.floor();
    if !(0.0..3_000_000.0).contains(&days) {
        return None;
    }
    #[allow(clippy::cast_possible_truncation, reason = "bounded above")]
    let whole = days as i32;
    let day = if since_1904 {
        CivilDate::new(1904, 1, 1)?.add_days(whole).to_string()
    } else if whole == 60 {
        // The calendar of spreadsheets has this day, the calendar of the world has not.
        "1900-02-29".to_owned()
    } else {
        let first = if whole < 60 { CivilDate::new(1899, 12, 31)? } else { CivilDate::new(1899, 12, 30)? };
        first.add_days(whole).to_string()
    };
    #[allow(clippy::cast_possible_truncation, reason = "a day has 86,400 seconds")]
    let seconds = ((serial - days) * 86_400.0).round() as i32;
    if seconds == 0 || seconds == 86_400 {
        return Some(day);
    }
    Some(format!("{day} {:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60))
}

/// A column as spreadsheets name it: A, B, … Z, AA.
#[must_use]
pub fn letters(column: usize) -> String {
    let mut rest = column + 1;
    let mut name = Vec::new();
    while rest > 0 {
        let letter = u8::try_from((rest - 1) % 26).unwrap_or_default();
        name.push(char::from(b'A' + letter));
        rest = (rest - 1) / 26;
    }
    name.iter().rev().collect()
}

/// Column (from 0) and row (from 1) of a reference such as `C4`; the row is 0 where there is none.
pub(crate) fn reference(text: &str) -> Option<(usize, i64)> {
    let split = text.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(text.len());
    let (letters, digits) = text.split_at(split);
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let number =
        |column: usize, letter: u8| column * 26 + usize::from(letter.to_ascii_uppercase() - b'A') + 1;
    let column = letters.bytes().fold(0, number) - 1;
    let row = if digits.is_empty() { 0 } else { digits.parse().ok().filter(|row| *row > 0)? };
    Some((column, row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_letters() {
        for (column, name) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16_383, "XFD")] {
            assert_eq!(letters(column), name);
            assert_eq!(reference(&format!("{name}17")), Some((column, 17)));
        }
        for text in ["", "7", "ABCD1", "A0", "A-1", "名1"] {
            assert_eq!(reference(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_have_their_fifteen_digits() {
        for (number, text) in [
            (2014.0, "2014"),
            (1302.1 - 1e-13, "1302.1"),
            (0.1 + 0.2, "0.3"),
            (-0.5, "-0.5"),
            (-0.0, "0"),
            (13_844_331_234.0, "13844331234"),
            (222_405_195_002_030_018.0, "222405195002030000"),
        ] {
            assert_eq!(number_text(number), text);
        }
    }

    #[test]
    fn serials_are_days_in_both_calendars() {
        for (serial, since_1904, text) in [
            (42_369.0, false, "2015-12-31"),
            (40_907.0, true, "2015-12-31"),
            (1.0, false, "1900-01-01"),
            (59.0, false, "1900-02-28"),
            (60.0, false, "1900-02-29"),
            (61.0, false, "1900-03-01"),
            (42_369.5, false, "2015-12-31 12:00:00"),
            (42_368.999_999_99, false, "2015-12-30"),
        ] {
            assert_eq!(date_text(serial, since_1904).as_deref(), Some(text), "{serial}");
        }
        assert_eq!(
            (date_text(-1.0, false), date_text(1e12, false), date_text(f64::NAN, false)),
            (None, None, None)
        );
    }
}
