//! Workbooks out: a title, a note, the header, rows; text columns for everything that only looks like a number, lists to
//! choose from where a column has its words.

use std::io::Write;

use rust_xlsxwriter as xlsx;
use rust_xlsxwriter::{
    DataValidation, DataValidationErrorStyle, DocProperties, ExcelDateTime, FormatAlign, Formula, XlsxError,
};

use super::{Form, FormColumn};

/// Name of the hidden sheet with the words of long lists.
pub(crate) const WORDS_SHEET: &str = "代码表";

/// Rows above the header: title and note.
const HEADER_ROW: u32 = 2;

/// The last row that a sheet can have, from 0.
const LAST_ROW: u32 = 1_048_575;

/// Most characters of a list that stands in the rule itself.
const MOST_IN_RULE: usize = 255;

/// What stands in the note row; forms are Chinese.
const NOTE: &str = "红色标题为必填项，灰色标题由系统填写；编号、证件号码、电话、账号、日期各列为文本格式；有下拉列表的请从列表中选取";

/// A workbook on its way out.
pub(super) struct Workbook {
    book: xlsx::Workbook,
    out: Box<dyn Write + Send>,
    sheets: usize,
    numbers: Vec<bool>,
    next_row: u32,
    /// Lists that are too long for a rule.
    lists: Vec<Vec<String>>,
    text: xlsx::Format,
    title: String,
}

impl Workbook {
    pub(super) fn new(out: Box<dyn Write + Send>) -> Self {
        let text = xlsx::Format::new().set_num_format("@");
        let (book, lists, title) = (xlsx::Workbook::new(), Vec::new(), String::new());
        Self { book, out, sheets: 0, numbers: Vec::new(), next_row: 0, lists, text, title }
    }

    pub(super) fn sheet(&mut self, form: &Form) -> Result<(), XlsxError> {
        let rules = self.rules(form)?;
        let text = self.text.clone();
        let sheet = self.book.add_worksheet_with_constant_memory()?;
        sheet.set_name(form.sheet.clone())?;
        for (column, own) in (0_u16..).zip(&form.columns) {
            let wide = own.title.chars().count().max(4) * 2 + 2;
            let wide = if own.is_number() { wide } else { wide.max(14) };
            sheet.set_column_width(column, f64::from(u32::try_from(wide.min(60)).unwrap_or(60)))?;
            if !own.is_number() {
                sheet.set_column_format(column, &text)?;
            }
        }
        for (column, rule) in rules {
            sheet.add_data_validation(HEADER_ROW + 1, column, LAST_ROW, column, &rule)?;
        }
        sheet.set_freeze_panes(HEADER_ROW + 1, 0)?;
        let title = xlsx::Format::new().set_bold().set_font_size(14).set_num_format("@");
        sheet.write_string_with_format(0, 0, &form.title, &title)?;
        let grey = xlsx::Format::new().set_font_color(xlsx::Color::Gray).set_num_format("@");
        sheet.write_string_with_format(1, 0, format!("填报日期:{}", form.day), &text)?;
        sheet.write_string_with_format(1, 3, NOTE, &grey)?;
        for (column, own) in (0_u16..).zip(&form.columns) {
            sheet.write_string_with_format(HEADER_ROW, column, &own.title, &heading(own))?;
        }
        self.numbers = form.columns.iter().map(FormColumn::is_number).collect();
        self.next_row = HEADER_ROW + 1;
        self.sheets += 1;
        self.title.clone_from(&form.title);
        Ok(())
    }

    /// The lists to choose from, by column.
    fn rules(&mut self, form: &Form) -> Result<Vec<(u16, DataValidation)>, XlsxError> {
        let mut rules = Vec::new();
        for (column, own) in (0_u16..).zip(&form.columns).filter(|(_, own)| !own.words.is_empty()) {
            let rule = DataValidation::new().set_error_style(DataValidationErrorStyle::Warning);
            let characters: usize = own.words.iter().map(|word| word.encode_utf16().count() + 1).sum();
            let rule = if characters <= MOST_IN_RULE && own.words.iter().all(|word| !word.contains(',')) {
                rule.allow_list_strings(&own.words)?
            } else {
                let known = self.lists.iter().position(|list| *list == own.words);
                let at = known.unwrap_or_else(|| {
                    self.lists.push(own.words.clone());
                    self.lists.len() - 1
                });
                let letters = crate::cell::letters(at);
                let range = format!("={WORDS_SHEET}!${letters}$1:${letters}${}", own.words.len());
                rule.allow_list_formula(Formula::new(range))
            };
            rules.push((column, rule));
        }
        Ok(rules)
    }

    pub(super) fn row(&mut self, cells: &[String]) -> Result<(), XlsxError> {
        let row = self.next_row;
        let sheet = self.book.worksheet_from_index(self.sheets - 1)?;
        for (column, cell) in (0_u16..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            let number = self.numbers.get(usize::from(column)).copied().unwrap_or_default();
            match number.then(|| number_of(cell)).flatten() {
                Some(number) => sheet.write_number(row, column, number)?,
                None => sheet.write_string_with_format(row, column, cell, &self.text)?,
            };
        }
        self.next_row += 1;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<(), XlsxError> {
        if !self.lists.is_empty() {
            let sheet = self.book.add_worksheet();
            sheet.set_name(WORDS_SHEET)?.set_hidden(true);
            for (column, list) in (0_u16..).zip(&self.lists) {
                for (row, word) in (0_u32..).zip(list) {
                    sheet.write_string(row, column, word)?;
                }
            }
        }
        // The same rows make the same file, whenever they are written.
        let properties = DocProperties::new().set_title(&self.title);
        let properties = properties.set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?);
        self.book.set_properties(&properties);
        self.book.save_to_writer(&mut self.out)?;
        self.out.flush()?;
        Ok(())
    }
}

fn heading(column: &FormColumn) -> xlsx::Format {
    let format =
        xlsx::Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Center).set_num_format("@");
    match (column.required, column.output_only) {
        (true, _) => format.set_font_color(xlsx::Color::Red),
        (false, true) => format.set_font_color(xlsx::Color::Gray),
        (false, false) => format,
    }
}

/// A number that a spreadsheet keeps as it is written: plain digits, at most 15 of them.
fn number_of(cell: &str) -> Option<f64> {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && digits.len() <= 15;
    cell.parse().ok().filter(|_| plain && digits.starts_with(|letter: char| letter.is_ascii_digit()))
}
