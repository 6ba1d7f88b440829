//! Workbooks put together by hand, part by part, so that they can hold what no library writes.

use std::io::Write;
use std::path::PathBuf;

use kernel::failure::Failure;
use proto::common::{Column, ColumnType, Label, Row, Table};
use sheet::FormFile;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A table of these columns.
pub(crate) fn table(id: &str, sheet: &str, columns: &[&str]) -> Table {
    let column = |zh: &&str| Column {
        title: Some(Label { zh: (*zh).to_owned(), ..Label::default() }),
        r#type: ColumnType::Text.into(),
        ..Column::default()
    };
    Table {
        id: id.to_owned(),
        file: "户主及成员信息".to_owned(),
        sheet: sheet.to_owned(),
        columns: columns.iter().map(column).collect(),
        ..Table::default()
    }
}

/// The table of most tests.
pub(crate) fn households() -> Table {
    table("registry.households", "户信息", &["户编号", "户主姓名", "证件号码", "日期", "金额(元)"])
}

pub(crate) fn members() -> Table {
    table("registry.members", "成员信息", &["户编号", "姓名"])
}

/// A workbook in the making.
pub(crate) struct Made {
    parts: Vec<(String, Vec<u8>)>,
    sheets: Vec<(String, &'static str)>,
}

/// Formats: 0 none, 1 a day of China, 2 a day of the workbook's own, 3 text.
const STYLES: &str = r#"<styleSheet><numFmts count="1"><numFmt numFmtId="176" formatCode="yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;;@"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="31"/><xf numFmtId="176"/><xf numFmtId="49"/></cellXfs></styleSheet>"#;

impl Made {
    pub(crate) fn new() -> Self {
        Self { parts: vec![("xl/styles.xml".to_owned(), STYLES.into())], sheets: Vec::new() }
    }

    /// A sheet with these rows, and what stands behind them.
    pub(crate) fn sheet(self, name: &str, rows: &str, behind: &str) -> Self {
        self.sheet_in(name, "visible", rows, behind)
    }

    pub(crate) fn sheet_in(mut self, name: &str, state: &'static str, rows: &str, behind: &str) -> Self {
        self.sheets.push((name.to_owned(), state));
        let text = format!("<worksheet><sheetData>{rows}</sheetData>{behind}</worksheet>");
        self.parts.push((format!("xl/worksheets/sheet{}.xml", self.sheets.len()), text.into_bytes()));
        self
    }

    pub(crate) fn part(mut self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.parts.push((name.to_owned(), bytes.into()));
        self
    }

    /// The file's bytes.
    pub(crate) fn bytes(self) -> Vec<u8> {
        let (mut sheets, mut related) = (String::new(), String::new());
        for (index, (name, state)) in self.sheets.iter().enumerate() {
            let number = index + 1;
            sheets +=
                &format!(r#"<sheet name="{name}" sheetId="{number}" state="{state}" r:id="r{number}"/>"#);
            related += &format!(
                r#"<Relationship Id="r{number}" Type="t/worksheet" Target="worksheets/sheet{number}.xml"/>"#
            );
        }
        related += r#"<Relationship Id="s" Type="t/styles" Target="/xl/styles.xml"/>"#;
        related += r#"<Relationship Id="t" Type="t/sharedStrings" Target="sharedStrings.xml"/>"#;
        let book = format!(r#"<workbook xmlns:r="x"><sheets>{sheets}</sheets></workbook>"#);
        let related = format!("<Relationships>{related}</Relationships>");
        let own = [("xl/workbook.xml".to_owned(), book), ("xl/_rels/workbook.xml.rels".to_owned(), related)];
        archive(own.map(|(name, text)| (name, text.into_bytes())).into_iter().chain(self.parts))
    }

    /// Opened for these tables.
    pub(crate) fn open(self, tables: &[Table]) -> Opened {
        opened("表.xlsx", &self.bytes(), tables)
    }
}

/// An archive of parts.
pub(crate) fn archive(parts: impl IntoIterator<Item = (String, Vec<u8>)>) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in parts {
        writer.start_file(name, options).unwrap();
        writer.write_all(&bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A file that was opened, and the folder it is in.
pub(crate) struct Opened {
    _folder: TempDir,
    pub(crate) file: Result<FormFile, Failure>,
}

pub(crate) fn opened(name: &str, bytes: &[u8], tables: &[Table]) -> Opened {
    opened_on(None, name, bytes, tables)
}

/// Opened with this day given for the forms.
pub(crate) fn opened_on(day: Option<&str>, name: &str, bytes: &[u8], tables: &[Table]) -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let file = FormFile::open(&path, tables, day);
    Opened { _folder: folder, file }
}

impl Opened {
    /// All rows of a part, with their numbers.
    pub(crate) fn rows(&self, part: usize) -> Vec<(i64, Row)> {
        let file = self.file.as_ref().unwrap();
        file.rows(&file.parts[part]).unwrap().map(Result::unwrap).collect()
    }

    /// Places and reasons of what is wrong.
    pub(crate) fn problems(&self) -> Vec<(String, &'static str)> {
        let failure = self.file.as_ref().unwrap_err();
        let told = failure.violation_list().iter();
        told.map(|told| (told.field.clone(), told.reason.as_str())).collect()
    }

    /// Places and reasons of what was read all the same.
    pub(crate) fn notices(&self) -> Vec<(String, &'static str)> {
        let notices = self.file.as_ref().unwrap().notices.iter();
        notices.map(|told| (told.field.clone(), told.reason.as_str())).collect()
    }
}

/// A text cell.
pub(crate) fn text(at: &str, text: &str) -> String {
    format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

/// A row of text cells from column A on.
pub(crate) fn row(number: i64, cells: &[&str]) -> String {
    let cells = cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty());
    let cells: String =
        cells.map(|(column, cell)| text(&format!("{}{number}", sheet::letters(column)), cell)).collect();
    format!(r#"<row r="{number}">{cells}</row>"#)
}
