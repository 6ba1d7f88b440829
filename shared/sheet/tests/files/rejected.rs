//! Rejected rows go back and come again: what nobody has corrected is rejected as before.

use std::fs::File;
use std::path::Path;

use proto::common::{CellFlawKind, ColumnType, Row, RowError, Table};
use sheet::{Form, FormFile, FormWriter, Format, rejected_row};

use crate::made::{Made, households, row, text};

const FORMATS: [Format; 3] = [Format::Xlsx, Format::Csv, Format::CsvGb18030];

/// One row for each kind of flaw, the flaw in a text column and in a column of amounts.
fn flawed() -> Made {
    let cells = [
        r#"<c r="C4"><v>222405195002030018</v></c><c r="E4"><v>-1234567890123456</v></c>"#.to_owned(),
        r#"<c r="C5" t="e"><v>#N/A</v></c><c r="E5" t="e"><v>Err:502</v></c>"#.to_owned(),
        r#"<c r="C6"><f>A1</f></c><c r="E6"><f>SUM(E4:E5)</f><v></v></c>"#.to_owned(),
        format!("{}{}", text("C7", "金顺子"), text("E7", "一")),
        text("C8", "没有错"),
    ];
    let rows = (4..).zip(cells).map(|(number, cells)| {
        format!(r#"<row r="{number}">{}{cells}</row>"#, text(&format!("A{number}"), "h1"))
    });
    let header = row(3, &["户编号", "户主姓名", "证件号码", "日期", "金额(元)"]);
    let behind = r#"<mergeCells><mergeCell ref="C7:D7"/><mergeCell ref="E7:F7"/></mergeCells>"#;
    Made::new().sheet("户信息", &(header + &rows.collect::<String>()), behind)
}

fn table() -> Table {
    let mut table = households();
    table.columns[4].r#type = ColumnType::Decimal.into();
    table
}

fn read(path: &Path) -> Vec<Row> {
    let file = FormFile::open(path, &[table()], None).unwrap();
    file.rows(&file.parts[0]).unwrap().map(|row| row.unwrap().1).collect()
}

fn flaws(rows: &[Row]) -> Vec<Vec<(i32, CellFlawKind)>> {
    rows.iter().map(|row| row.flaws.iter().map(|flaw| (flaw.cell, flaw.kind())).collect()).collect()
}

#[test]
fn an_error_file_that_nobody_has_touched_is_rejected_as_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("表.xlsx");
    std::fs::write(&path, flawed().bytes()).unwrap();
    let rows = read(&path);
    let wanted = flaws(&rows);
    for (at, kind) in [CellFlawKind::DigitsLost, CellFlawKind::ErrorValue, CellFlawKind::NotCalculated]
        .into_iter()
        .enumerate()
    {
        assert_eq!(wanted[at], [(2, kind), (4, kind)]);
    }
    let merged = CellFlawKind::MergedAcross;
    assert_eq!(wanted[3], [(2, merged), (4, merged)]);
    assert!(wanted[4].is_empty());
    let error = RowError { message: "不对".to_owned(), ..RowError::default() };
    for format in FORMATS {
        let mut sent = rows.clone();
        // A second time as well.
        for time in 0..2 {
            let path = folder.path().join(format!("退回{time}.{}", format.ending()));
            let titles = ["户编号", "户主姓名", "证件号码", "日期", "金额(元)"].map(str::to_owned);
            let form = Form::of_titles(&table(), &titles).with_reasons();
            let mut writer = FormWriter::new(format, Box::new(File::create(&path).unwrap()));
            writer.sheet(&form).unwrap();
            for (number, row) in (4..).zip(&sent) {
                writer.row(&rejected_row(&form, number, row, std::slice::from_ref(&error))).unwrap();
            }
            writer.finish().unwrap();
            sent = read(&path);
            assert_eq!(flaws(&sent), wanted, "{format:?}");
            assert_eq!(sent[3].cells, rows[3].cells, "{format:?}");
        }
    }
}
