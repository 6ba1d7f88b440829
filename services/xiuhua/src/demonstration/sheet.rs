//! What sheets are put together from: the frame of a form, and texts of cells.

use std::sync::Arc;

use super::SheetLoad;
use super::places::{PREFECTURE, Places};
use super::words::lines;

/// A printed form.
pub(super) struct Form {
    /// Table of the import.
    pub(super) table: &'static str,
    /// Title, without the county's name.
    pub(super) title: &'static str,
    /// Titles of the columns, as on the form, between spaces.
    pub(super) columns: &'static str,
    /// Day for which the sheet speaks, where its table asks for one.
    pub(super) form_date: Option<&'static str>,
}

impl Form {
    /// The sheet of the county at this position; `rows` is called when the first row is taken.
    pub(super) fn of_county<I>(
        &self,
        places: &Arc<Places>,
        county: usize,
        rows: impl FnOnce(Arc<Places>) -> I + Send + 'static,
    ) -> SheetLoad
    where
        I: IntoIterator<Item = Vec<String>> + 'static,
        I::IntoIter: Send,
    {
        let shared = Arc::clone(places);
        let county = &places.counties[county];
        self.sheet(county.code, format!("{} {}(演示数据)", county.name, self.title), move || rows(shared))
    }

    /// The sheet of the whole prefecture; `rows` is called when the first row is taken.
    pub(super) fn of_prefecture<I>(&self, rows: impl FnOnce() -> I + Send + 'static) -> SheetLoad
    where
        I: IntoIterator<Item = Vec<String>> + 'static,
        I::IntoIter: Send,
    {
        self.sheet(PREFECTURE, format!("{}(演示数据)", self.title), rows)
    }

    fn sheet<I>(
        &self,
        area: &'static str,
        title: String,
        rows: impl FnOnce() -> I + Send + 'static,
    ) -> SheetLoad
    where
        I: IntoIterator<Item = Vec<String>> + 'static,
        I::IntoIter: Send,
    {
        SheetLoad {
            table: self.table,
            title,
            area,
            form_date: self.form_date,
            columns: self.columns.split_whitespace().collect(),
            rows: Box::new(std::iter::once_with(rows).flatten()),
        }
    }
}

/// Lines of a data file, each split at `|`; `-` stands for an empty part.
pub(super) fn records(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    lines(text).map(|line| line.split('|').map(|part| if part == "-" { "" } else { part }).collect())
}

/// 是 or 否.
pub(super) fn yes_no(holds: bool) -> String {
    if holds { "是" } else { "否" }.to_owned()
}

/// A number of hundredths as a decimal number, with a fraction only where there is one.
pub(super) fn decimal(hundredths: i32) -> String {
    match (hundredths / 100, hundredths % 100) {
        (whole, 0) => whole.to_string(),
        (whole, part) => format!("{whole}.{part:02}"),
    }
}

/// Cells from texts of any kind.
pub(super) fn cells<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}
