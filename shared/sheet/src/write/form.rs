//! What a sheet looks like before its rows.

use std::collections::HashMap;

use proto::common::{Column, ColumnType, Table};

use crate::header::{REASON_TITLE, ROW_TITLE};

/// A sheet on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Title above everything, as on the paper.
    pub title: String,
    /// Name of the sheet.
    pub sheet: String,
    /// Day for which the form speaks, ISO; empty where it is left to be filled in.
    pub day: String,
    /// Its columns.
    pub columns: Vec<FormColumn>,
}

/// A column on its way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormColumn {
    /// Title.
    pub title: String,
    /// What stands in it.
    pub kind: ColumnType,
    /// Must be filled.
    pub required: bool,
    /// Filled by the system.
    pub output_only: bool,
    /// Words to choose from; any text where there are none.
    pub words: Vec<String>,
}

impl Form {
    /// The form of a table with the columns that are printed; `words` has the words of code tables by their identifier.
    #[must_use]
    pub fn of_table(table: &Table, words: &HashMap<String, Vec<String>>) -> Self {
        let printed = table.columns.iter().filter(|column| !column.unprinted);
        Self::of(table, printed.map(|column| FormColumn::of(column, words)).collect())
    }

    /// The form of a table with the columns that a file has, in the file's order.
    #[must_use]
    pub fn of_titles(table: &Table, titles: &[String]) -> Self {
        let none = HashMap::new();
        let column = |title: &String| {
            let own = table.columns.iter().find(|column| zh(column) == title.trim());
            own.map_or_else(|| FormColumn::text(title), |own| FormColumn::of(own, &none))
        };
        Self::of(table, titles.iter().map(column).collect())
    }

    /// With two columns more: the number of each row in the file that it came from, and what is wrong with it.
    #[must_use]
    pub fn with_reasons(mut self) -> Self {
        let number = FormColumn { kind: ColumnType::Integer, ..FormColumn::text(ROW_TITLE) };
        self.columns.extend([number, FormColumn::text(REASON_TITLE)]);
        self
    }

    /// For this day.
    #[must_use]
    pub fn on(mut self, day: &str) -> Self {
        day.clone_into(&mut self.day);
        self
    }

    fn of(table: &Table, columns: Vec<FormColumn>) -> Self {
        let title = if table.file == table.sheet {
            table.file.clone()
        } else {
            format!("{} · {}", table.file, table.sheet)
        };
        Self { title, sheet: table.sheet.clone(), day: String::new(), columns }
    }
}

impl FormColumn {
    fn of(column: &Column, words: &HashMap<String, Vec<String>>) -> Self {
        let own: Vec<String> = column.words.iter().map(|word| word.zh.clone()).collect();
        let words = match column.r#type() {
            ColumnType::Code if own.is_empty() => words.get(&column.code_table).cloned().unwrap_or_default(),
            ColumnType::Code => own,
            ColumnType::Boolean => ["是", "否"].map(str::to_owned).to_vec(),
            _ => Vec::new(),
        };
        let output_only = column.output_only || column.r#type() == ColumnType::Name;
        Self {
            title: zh(column).to_owned(),
            kind: column.r#type(),
            required: column.required,
            output_only,
            words,
        }
    }

    fn text(title: &str) -> Self {
        let title = title.trim().to_owned();
        Self { title, kind: ColumnType::Text, required: false, output_only: false, words: Vec::new() }
    }

    /// Whether its cells are numbers; all others are texts, so that no spreadsheet takes digits away.
    pub(crate) const fn is_number(&self) -> bool {
        matches!(self.kind, ColumnType::Integer | ColumnType::Decimal | ColumnType::Ordinal)
    }
}

fn zh(column: &Column) -> &str {
    column.title.as_ref().map_or("", |title| title.zh.as_str())
}
