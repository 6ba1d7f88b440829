//! A report as a workbook: numbers are numbers, words are words and never formulas.

use kernel::failure::Failure;
use proto::xiuhua::gateway::v1::Report;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format as Style, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};
use unicode_width::UnicodeWidthStr;

use super::{Paper, PaperTable, Shown};

/// How numbers are shown; shares are in per cent already.
const WHOLE: &str = "#,##0";
const DECIMALS: &str = "#,##0.00";
const SHARE: &str = "0.0\"%\"";

/// Widths of columns, in letters.
const NARROW: f64 = 6.0;
const WIDE: f64 = 60.0;

/// Longest name of a sheet, in letters.
const SHEET_NAME: usize = 31;

/// The file.
///
/// # Errors
/// `INTERNAL` where it cannot be written.
pub(super) fn bytes(report: &Report, paper: &Paper) -> Result<Vec<u8>, Failure> {
    written(report, paper).map_err(Failure::internal_error)
}

fn written(report: &Report, paper: &Paper) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let composed = report.composed_at.map_or(0, |moment| moment.seconds);
    let made = ExcelDateTime::from_timestamp(composed)?;
    workbook.set_properties(&DocProperties::new().set_title(&paper.heading).set_creation_datetime(&made));
    let sheet = workbook.add_worksheet();
    sheet.set_name(sheet_name(&report.title))?;
    sheet.write_string_with_format(0, 0, &paper.heading, &Style::new().set_bold().set_font_size(14))?;
    let mut row = 2;
    for (index, table) in paper.tables.iter().enumerate() {
        if index == 0 {
            widths(sheet, table)?;
            sheet.set_freeze_panes(row + 1, 1)?;
        }
        row = rows(sheet, table, row)? + 1;
    }
    for note in &paper.notes {
        sheet.write_string_with_format(row, 0, note, &Style::new().set_italic())?;
        row += 1;
    }
    workbook.save_to_buffer()
}

/// Writes a table from a row on; gives the row below it.
fn rows(sheet: &mut Worksheet, table: &PaperTable, from: u32) -> Result<u32, XlsxError> {
    let head = Style::new().set_bold().set_border_bottom(FormatBorder::Thin);
    let mut row = from;
    for (column, title) in (0..).zip(&table.titles) {
        let style = if title.numbers { head.clone().set_align(FormatAlign::Right) } else { head.clone() };
        sheet.write_string_with_format(row, column, &title.text, &style)?;
    }
    let right = Style::new().set_align(FormatAlign::Right);
    for cells in &table.rows {
        row += 1;
        for (column, (cell, title)) in (0..).zip(cells.iter().zip(&table.titles)) {
            match cell {
                Shown::Text(text) => sheet.write_string(row, column, text)?,
                Shown::Number(value) => {
                    let style = if value.fract() == 0.0 { WHOLE } else { DECIMALS };
                    sheet.write_number_with_format(
                        row,
                        column,
                        *value,
                        &Style::new().set_num_format(style),
                    )?
                }
                Shown::Share(value) => sheet.write_number_with_format(
                    row,
                    column,
                    *value,
                    &Style::new().set_num_format(SHARE),
                )?,
                Shown::Nothing if title.numbers => {
                    sheet.write_string_with_format(row, column, cell.text(), &right)?
                }
                Shown::Nothing => sheet.write_string(row, column, cell.text())?,
            };
        }
    }
    Ok(row + 1)
}

/// As wide as what stands in them, within bounds.
fn widths(sheet: &mut Worksheet, table: &PaperTable) -> Result<(), XlsxError> {
    for (column, title) in table.titles.iter().enumerate() {
        let cells = table.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.text().width());
        let widest = cells.chain([title.text.width()]).max().unwrap_or_default();
        // A text of a million letters has no wider column than one of a hundred.
        let letters = u32::try_from(widest.min(100)).map_or(WIDE, f64::from);
        let column = u16::try_from(column).map_err(|_| XlsxError::RowColumnLimitError)?;
        sheet.set_column_width(column, (letters + 2.0).clamp(NARROW, WIDE))?;
    }
    Ok(())
}

/// A title without what may not stand in a sheet's name.
fn sheet_name(title: &str) -> String {
    let allowed = title.chars().filter(|letter| !"[]:*?/\\'".contains(*letter) && !letter.is_control());
    let name: String = allowed.take(SHEET_NAME).collect();
    if name.trim().is_empty() { "report".to_owned() } else { name }
}
