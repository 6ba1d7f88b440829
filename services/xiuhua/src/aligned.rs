//! Tables of text whose columns line up on a terminal, where Chinese and Korean letters take two places.

use unicode_width::UnicodeWidthStr;

use crate::printable;

/// On which side a column's cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// What stands between two columns.
const GAP: &str = "  ";

/// A table.
#[derive(Debug, Clone)]
pub struct Aligned {
    sides: Vec<Side>,
    rows: Vec<Row>,
}

#[derive(Debug, Clone)]
enum Row {
    Cells(Vec<String>),
    Rule,
    Line(String),
}

/// Places that a text takes on a terminal.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

impl Aligned {
    /// A table with these titles.
    #[must_use]
    pub fn new(titles: &[(&str, Side)]) -> Self {
        let sides = titles.iter().map(|(_, side)| *side).collect();
        let head = titles.iter().map(|(title, _)| (*title).to_owned()).collect();
        Self { sides, rows: vec![Row::Cells(head), Row::Rule] }
    }

    /// Adds a row; cells beyond the titles are dropped. A cell is a part of its line, whatever stands in it.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(Row::Cells(cells.iter().map(|cell| printable::part(cell).into_owned()).collect()));
    }

    /// Adds a line that runs over all columns.
    pub fn line(&mut self, text: impl Into<String>) {
        self.rows.push(Row::Line(text.into()));
    }

    /// The lines, without blanks at their ends.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let widths = self.widths();
        let whole = widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1);
        self.rows.iter().map(|row| self.printed(row, &widths, whole)).collect()
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths = vec![0; self.sides.len()];
        for row in &self.rows {
            if let Row::Cells(cells) = row {
                for (most, cell) in widths.iter_mut().zip(cells) {
                    *most = (*most).max(width(cell));
                }
            }
        }
        widths
    }

    fn printed(&self, row: &Row, widths: &[usize], whole: usize) -> String {
        let cells = match row {
            Row::Rule => return "-".repeat(whole),
            Row::Line(text) => return text.clone(),
            Row::Cells(cells) => cells,
        };
        let padded = widths.iter().zip(&self.sides).enumerate().map(|(index, (most, side))| {
            let cell = cells.get(index).map_or("", String::as_str);
            let blanks = " ".repeat(most - width(cell).min(*most));
            match side {
                Side::Left => format!("{cell}{blanks}"),
                Side::Right => format!("{blanks}{cell}"),
            }
        });
        padded.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_letters() {
        let mut table = Aligned::new(&[("指标", Side::Left), ("值", Side::Right), ("unit", Side::Left)]);
        table.row(vec!["建档立卡贫困户".to_owned(), "46,831".to_owned(), "户".to_owned()]);
        table.row(vec!["빈곤촌".to_owned(), "304".to_owned()]);
        table.row(vec!["villages".to_owned(), "7".to_owned(), "v".to_owned(), "dropped".to_owned()]);
        table.row(vec!["a\nb".to_owned(), "\u{1b}".to_owned()]);
        table.line("over all");
        assert_eq!(
            table.lines(),
            [
                "指标                值  unit",
                "----------------------------",
                "建档立卡贫困户  46,831  户",
                "빈곤촌             304",
                "villages             7  v",
                "a b             \\u001b",
                "over all",
            ]
        );
    }
}
