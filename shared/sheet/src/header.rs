//! The header of a sheet: the row with the titles of the table's columns, in any order, below titles and notes.

use kernel::date::CivilDate;
use kernel::failure::{Reason, Violation};
use proto::common::Table;

use crate::cell::{Cell, Line};
use crate::footer::is_footer;
use crate::problem::place;

/// In how many rows the header is looked for.
pub(crate) const HEADER_ROWS: i64 = 5;

/// Columns that an error file adds; they are read over, so that a corrected error file can be imported.
pub const ROW_TITLE: &str = "行号";
/// See [`ROW_TITLE`].
pub const REASON_TITLE: &str = "错误原因";

/// What stands before the day for which a form speaks, in a note above the header.
const DAY_TITLES: [&str; 2] = ["填报日期", "填表日期"];

/// A header that was found.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) row: i64,
    /// Titles of the columns that are imported, with their columns in the sheet.
    pub(crate) taken: Vec<(usize, String)>,
    /// Columns that are read over.
    over: Vec<usize>,
    /// The note above that names the day of the form.
    pub(crate) day: Option<NotedDay>,
    /// How many titles are the table's.
    pub(crate) hits: usize,
}

/// A note of the day for which a form speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotedDay {
    pub(crate) row: i64,
    pub(crate) column: usize,
    /// ISO; nothing where what stands there was meant for a day and is none.
    pub(crate) day: Option<String>,
}

/// Titles of a table as they are compared.
pub(crate) struct Titles(Vec<String>);

impl Titles {
    pub(crate) fn of(table: &Table) -> Self {
        let titles = table.columns.iter().filter_map(|column| column.title.as_ref());
        Self(titles.map(|title| plain(&title.zh)).collect())
    }

    fn has(&self, title: &str) -> bool {
        let title = plain(title);
        let bare = |title: &str| title.split('(').next().unwrap_or_default().to_owned();
        !title.is_empty() && self.0.iter().any(|known| *known == title || bare(known) == title)
    }

    /// The header among the first rows of a sheet: the row with the most of these titles; at least half of its filled cells
    /// must be of them.
    pub(crate) fn find(&self, first: &[Line]) -> Option<Header> {
        let scores = first.iter().filter(|line| line.number <= HEADER_ROWS).map(|line| {
            let hits = line.cells.iter().filter(|cell| self.has(&cell.value.text())).count();
            (line, hits)
        });
        let likely = scores.filter(|(line, hits)| *hits > 0 && hits * 2 >= line.cells.len());
        let (line, hits) = likely.max_by_key(|(line, hits)| (*hits, std::cmp::Reverse(line.number)))?;
        let notes = || first.iter().filter(|above| above.number < line.number).filter_map(day_of);
        let day = notes().find(|note| note.day.is_some()).or_else(|| notes().next());
        let title = |cell: &Cell| cell.value.text().trim().to_owned();
        let (over, taken): (Vec<_>, Vec<_>) = line
            .cells
            .iter()
            .map(|cell| (cell.column, title(cell)))
            .partition(|(_, title)| title == ROW_TITLE || title == REASON_TITLE);
        let over = over.into_iter().map(|(column, _)| column).collect();
        Some(Header { row: line.number, taken, over, day, hits })
    }
}

impl Header {
    /// Titles that stand twice, each at its second place.
    pub(crate) fn doubled(&self, sheet: &str) -> Vec<Violation> {
        let twice = self.taken.iter().enumerate().filter(|(index, (_, title))| {
            self.taken[..*index].iter().any(|(_, earlier)| plain(earlier) == plain(title))
        });
        twice
            .map(|(_, (column, title))| {
                Violation::new(place(sheet, self.row, Some(*column)), Reason::ColumnDuplicate)
                    .with("column", title)
            })
            .collect()
    }

    /// Whether a row says the header once more, as on each printed page.
    pub(crate) fn is_said_by(&self, line: &Line) -> bool {
        let says = |cell: &Cell| {
            let own = self.taken.iter().find(|(column, _)| *column == cell.column);
            own.is_some_and(|(_, title)| plain(title) == plain(&cell.value.text()))
        };
        line.cells.len() >= 2 && line.cells.iter().all(says)
    }

    /// Whether a row below it is none of a record: sums, signatures or a note.
    pub(crate) fn is_followed_by(&self, line: &Line) -> bool {
        let titled = self.over.iter().chain(self.taken.iter().map(|(column, _)| column));
        titled.min().is_some_and(|first| is_footer(line, *first))
    }

    /// Whether a column has a title.
    pub(crate) fn titled(&self, column: usize) -> bool {
        self.over.contains(&column) || self.taken.iter().any(|(taken, _)| *taken == column)
    }
}

/// A title without blanks and with half-width brackets.
fn plain(title: &str) -> String {
    let letters = title.chars().filter(|letter| !letter.is_whitespace() && *letter != '\u{feff}');
    letters
        .map(|letter| match letter {
            '（' => '(',
            '）' => ')',
            '／' => '/',
            other => other,
        })
        .collect()
}

/// The day that a note names: behind its title in the same cell, or in the cell after it. A number behind a colon was meant
/// for one; anything else is a blank that nobody has filled, or a word about the day.
fn day_of(line: &Line) -> Option<NotedDay> {
    let (index, told) = line.cells.iter().enumerate().find_map(|(index, cell)| {
        let text = cell.value.text();
        let found =
            DAY_TITLES.iter().find_map(|title| text.split_once(title).map(|(_, told)| told.to_owned()))?;
        Some((index, found))
    })?;
    let rest = told.trim_start_matches([':', '：', ' ', '\u{3000}']).trim();
    let first = rest.split_whitespace().next().unwrap_or_default();
    let beside = line.cells.get(index + 1).map(|cell| cell.value.text()).unwrap_or_default();
    let day = [rest, first, beside.trim()].iter().find_map(|text| CivilDate::parse_form(text));
    let meant = told.trim_start().starts_with([':', '：'])
        && rest.starts_with(|letter: char| letter.is_numeric() || "零一二三四五六七八九".contains(letter));
    (day.is_some() || meant).then(|| NotedDay {
        row: line.number,
        column: line.cells[index].column,
        day: day.map(|day| day.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use proto::common::{Column, Label};

    use super::*;
    use crate::cell::Value;

    fn line(number: i64, cells: &[&str]) -> Line {
        let cells = cells.iter().enumerate().filter(|(_, text)| !text.is_empty());
        let cells =
            cells.map(|(column, text)| Cell::plain(column, Value::Text((*text).to_owned()))).collect();
        Line { number, hidden: false, cells }
    }

    fn titles() -> Titles {
        let column = |zh: &&str| Column {
            title: Some(Label { zh: (*zh).to_owned(), ..Label::default() }),
            ..Column::default()
        };
        Titles::of(&Table {
            columns: ["户编号", "姓名", "面积(亩)"].iter().map(column).collect(),
            ..Table::default()
        })
    }

    #[test]
    fn the_header_stands_below_titles_and_notes() {
        let first = [
            line(1, &["户信息"]),
            line(2, &["填报日期：2015年12月31日  单位:龙井市", "", "姓名"]),
            line(4, &["姓 名", "", "户编号", "面积（亩）", "错误原因"]),
            line(5, &["金哲", "", "1", "2"]),
        ];
        let header = titles().find(&first).unwrap();
        assert_eq!(
            (header.row, header.hits, header.day.clone()),
            (4, 3, Some(NotedDay { row: 2, column: 0, day: Some("2015-12-31".to_owned()) }))
        );
        let taken: Vec<_> = header.taken.iter().map(|(column, title)| (*column, title.as_str())).collect();
        assert_eq!(taken, [(0, "姓 名"), (2, "户编号"), (3, "面积（亩）")]);
        assert!(header.titled(4) && !header.titled(1) && header.doubled("户信息").is_empty());
        assert!(header.is_said_by(&line(60, &["姓名", "", "户编号"])) && !header.is_said_by(&first[3]));
    }

    #[test]
    fn a_note_with_a_day_is_stronger_than_one_without() {
        let first =
            [line(1, &["填报日期：2015-13-31"]), line(2, &["填报日期：2015-12-31"]), line(3, &["姓名"])];
        let day = titles().find(&first).unwrap().day.unwrap();
        assert_eq!((day.row, day.day.as_deref()), (2, Some("2015-12-31")));
    }

    #[test]
    fn rows_with_other_titles_are_no_header() {
        for first in [line(1, &["a", "b"]), line(6, &["户编号", "姓名"]), line(2, &["户编号", "x", "y"])]
        {
            assert!(titles().find(std::slice::from_ref(&first)).is_none(), "{first:?}");
        }
    }

    #[test]
    fn titles_that_stand_twice_are_told_with_their_place() {
        let header = titles().find(&[line(2, &["户编号", "姓名", "姓  名"])]).unwrap();
        let told = header.doubled("户信息");
        assert_eq!((told.len(), told[0].field.as_str()), (1, "户信息!C2"));
    }

    #[test]
    fn the_day_of_a_form_is_read_from_a_note() {
        for (cells, day) in [
            (vec!["填报日期:2015-12-31"], Some(Some("2015-12-31"))),
            (vec!["填报单位", "填报日期", "2015.12.31"], Some(Some("2015-12-31"))),
            (vec!["填表日期: 20151231 盖章"], Some(Some("2015-12-31"))),
            (vec!["填报日期:2015-13-31 盖章"], Some(None)),
            (vec!["填报日期：二〇一五年十二月三十一日"], Some(None)),
            (vec!["填报日期:"], None),
            (vec!["填报日期:", "2015年度"], None),
            (vec!["填报日期：    年  月  日"], None),
            (vec!["填表日期12月31日前报送"], None),
            (vec!["日期 2015-12-31"], None),
        ] {
            let found = day_of(&line(2, &cells)).map(|noted| noted.day);
            let found = found.as_ref().map(|day| day.as_deref());
            assert_eq!(found, day, "{cells:?}");
        }
    }
}
