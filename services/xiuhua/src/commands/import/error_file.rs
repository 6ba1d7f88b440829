//! The rejected rows in the form that they came in, with their number and what is wrong.

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use proto::common::Table;
use sheet::{Form, FormWriter, Format, Part, rejected_row};

use crate::client::import::DecidedRow;
use crate::commands::unfinished::Unfinished;
use crate::exit::Stop;

/// See the module.
pub(super) struct ErrorFile {
    path: PathBuf,
    file: Unfinished,
    writer: FormWriter,
    forms: Vec<Form>,
    /// Which sheet was begun last.
    begun: Option<usize>,
}

impl ErrorFile {
    /// Begins the file, in this format.
    pub(super) fn begin(
        path: &Path,
        format: Format,
        tables: &[Table],
        parts: &[Part],
        day: &str,
    ) -> Result<Self, Stop> {
        let form = |part: &Part| {
            let table = tables.iter().find(|table| table.id == part.table).cloned().unwrap_or_default();
            Form::of_titles(&table, &part.titles).on(day).with_reasons()
        };
        let (file, out) = Unfinished::begin(path)?;
        let writer = FormWriter::new(format, Box::new(BufWriter::new(out)));
        let forms = parts.iter().map(form).collect();
        Ok(Self { path: path.to_owned(), file, writer, forms, begun: None })
    }

    /// Writes a rejected row of a sheet; sheets come one after another.
    pub(super) fn write(&mut self, sheet: usize, row: &DecidedRow) -> Result<(), Stop> {
        self.begin_sheet(sheet)?;
        let cells = rejected_row(&self.forms[sheet], row.number, &row.row, &row.errors);
        self.writer.row(&cells).map_err(|error| Stop::unwritable(&self.path, error))
    }

    fn begin_sheet(&mut self, sheet: usize) -> Result<(), Stop> {
        if self.begun != Some(sheet) {
            self.begun = Some(sheet);
            self.writer.sheet(&self.forms[sheet]).map_err(|error| Stop::unwritable(&self.path, error))?;
        }
        Ok(())
    }

    /// Ends the file; without a rejected row it is a header and nothing else. Of an import that broke off before any row was
    /// rejected there is none: what stood under its name stays.
    pub(super) fn finish(mut self, whole: bool) -> Result<Option<PathBuf>, Stop> {
        if self.begun.is_none() {
            if !whole {
                return Ok(None);
            }
            if !self.forms.is_empty() {
                self.begin_sheet(0)?;
            }
        }
        self.writer.finish().map_err(|error| Stop::unwritable(&self.path, error))?;
        self.file.complete().map(Some)
    }
}

#[cfg(test)]
mod tests {
    use proto::common::{CellFlaw, CellFlawKind, Column, Label, Row, RowError};
    use sheet::FormFile;

    use super::*;

    fn table() -> Table {
        let column = |zh: &&str| Column {
            title: Some(Label { zh: (*zh).to_owned(), ..Label::default() }),
            ..Column::default()
        };
        let columns = ["户编号", "姓名"].iter().map(column).collect();
        Table { id: "a.b".to_owned(), sheet: "户信息".to_owned(), columns, ..Table::default() }
    }

    fn error(column: &str, warning: bool) -> RowError {
        RowError {
            column: column.to_owned(),
            message: "不对".to_owned(),
            candidates: vec!["乙".to_owned()],
            warning,
            ..RowError::default()
        }
    }

    #[test]
    fn the_error_file_is_the_file_with_reasons_and_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("户信息.csv");
        std::fs::write(&from, "姓名,户编号\n金哲,1\n").unwrap();
        let parts = FormFile::open(&from, &[table()], None).unwrap().parts;
        let begun = |name: &str, format: Format| {
            let path = folder.path().join(name);
            let file = ErrorFile::begin(&path, format, &[table()], &parts, "2015-12-31").unwrap();
            (path, file)
        };
        for (name, format) in
            [("国标.csv", Format::CsvGb18030), ("退回.csv", Format::Csv), ("退回.xlsx", Format::Xlsx)]
        {
            let (path, mut file) = begun(name, format);
            let flaw = CellFlaw { cell: 1, kind: CellFlawKind::DigitsLost.into() };
            let cells = ["=金", "222405195002030000"].map(str::to_owned).to_vec();
            let row = Row { cells, flaws: vec![flaw] };
            let row = DecidedRow { number: 7, row, errors: vec![error("姓名", false), error("", true)] };
            file.write(0, &row).unwrap();
            assert_eq!(file.finish(false).unwrap(), Some(path.clone()));
            let again = FormFile::open(&path, &[table()], None).unwrap();
            assert_eq!(again.parts[0].titles, ["姓名", "户编号"], "{name}");
            let rows: Vec<_> = again.rows(&again.parts[0]).unwrap().map(Result::unwrap).collect();
            let cells = ["=金", "2.2240519500203E+17"].map(str::to_owned).to_vec();
            let row = Row { cells, flaws: vec![flaw] };
            assert_eq!(rows.into_iter().map(|(_, row)| row).collect::<Vec<_>>(), [row], "{name}");
        }
        let text = std::fs::read_to_string(folder.path().join("退回.csv")).unwrap();
        assert_eq!(text, "\u{feff}姓名,户编号,行号,错误原因\n'=金,2.2240519500203E+17,7,姓名: 不对 (乙)\n");
        // Where nothing was rejected, a broken import leaves what is there, and a whole one says that there is nothing.
        let (path, file) = begun("退回.csv", Format::Csv);
        assert_eq!(file.finish(false).unwrap(), None);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        let (path, file) = begun("退回.csv", Format::Csv);
        assert_eq!(file.finish(true).unwrap(), Some(path.clone()));
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1);
    }
}
