//! What is written is read again, by this crate and by another.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use calamine::{Reader, Xlsx, open_workbook};
use proptest::prelude::*;
use proto::common::{ColumnType, Label, Table};
use sheet::{Form, FormFile, FormWriter, Format};

use crate::made::{households, members};

const FORMATS: [Format; 3] = [Format::Xlsx, Format::Csv, Format::CsvGb18030];

fn write(path: &Path, format: Format, sheets: &[(Form, Vec<Vec<String>>)]) {
    let mut writer = FormWriter::new(format, Box::new(File::create(path).unwrap()));
    for (form, rows) in sheets {
        writer.sheet(form).unwrap();
        rows.iter().for_each(|row| writer.row(row).unwrap());
    }
    writer.finish().unwrap();
}

fn form(table: &Table) -> Form {
    Form::of_table(table, &HashMap::new())
}

fn amounts() -> Table {
    let mut table = households();
    table.columns[4].r#type = ColumnType::Decimal.into();
    table
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn rows_come_back_as_they_were(rows in proptest::collection::vec(
        ("[a-z0-9]{1,8}", "[=+@'金哲,\"\n 乙-]{0,6}", "[0-9]{17}[0-9X]", "[0-9]{4}-[0-9]{2}-[0-9]{2}", -9999i64..99_999_999),
        1..20,
    )) {
        let table = amounts();
        let rows: Vec<Vec<String>> = rows
            .into_iter()
            .map(|(number, name, id, day, amount)| vec![number, name.trim().to_owned(), id, day, amount.to_string()])
            .collect();
        let folder = tempfile::tempdir().unwrap();
        for format in FORMATS {
            let path = folder.path().join(format!("表.{}", format.ending()));
            write(&path, format, &[(form(&table), rows.clone())]);
            let file = FormFile::open(&path, std::slice::from_ref(&table), None).unwrap();
            let read: Vec<Vec<String>> = file
                .rows(&file.parts[0])
                .unwrap()
                .map(|row| row.unwrap().1)
                .inspect(|row| assert!(row.flaws.is_empty(), "{row:?}"))
                .map(|row| row.cells)
                .collect();
            prop_assert_eq!(&read, &rows, "{:?}", format);
        }
    }
}

#[test]
fn a_form_opens_in_other_programs_and_says_what_it_should() {
    let mut table = amounts();
    table.columns[0].required = true;
    let words = |count: usize| (0..count).map(|number| format!("词{number}")).collect::<Vec<_>>();
    for (column, own) in [(1, "short"), (2, "long")] {
        table.columns[column].r#type = ColumnType::Code.into();
        table.columns[column].code_table = own.to_owned();
    }
    table.columns[3].r#type = ColumnType::Boolean.into();
    let lists = HashMap::from([("short".to_owned(), words(3)), ("long".to_owned(), words(80))]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("空白表.xlsx");
    write(
        &path,
        Format::Xlsx,
        &[(Form::of_table(&table, &lists), Vec::new()), (form(&members()), Vec::new())],
    );
    let mut book: Xlsx<_> = open_workbook(&path).unwrap();
    assert_eq!(book.sheet_names(), ["户信息", "成员信息", "代码表"]);
    let range = book.worksheet_range("户信息").unwrap();
    let cell = |row, column| range.get_value((row, column)).map(ToString::to_string).unwrap_or_default();
    assert_eq!((cell(0, 0).as_str(), cell(1, 0).as_str()), ("户主及成员信息 · 户信息", "填报日期:"));
    assert_eq!((cell(2, 0).as_str(), cell(2, 4).as_str()), ("户编号", "金额(元)"));
    assert_eq!(book.worksheet_range("代码表").unwrap().height(), 80);
    let mut text = String::new();
    let mut archive = zip::ZipArchive::new(File::open(&path).unwrap()).unwrap();
    std::io::Read::read_to_string(&mut archive.by_name("xl/worksheets/sheet1.xml").unwrap(), &mut text)
        .unwrap();
    for rule in ["\"词0,词1,词2\"", "代码表!$A$1:$A$80", "\"是,否\""] {
        assert!(text.contains(rule), "{rule}: {text}");
    }
    let read = FormFile::open(&path, &[table, members()], None).unwrap();
    assert_eq!((read.parts.len(), read.parts[0].row_count, read.notices), (2, 0, Vec::new()));
}

#[test]
fn the_same_rows_make_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let rows = vec![vec!["h1".to_owned(), "=1+1".to_owned()]];
    let bytes = ["甲.xlsx", "乙.xlsx"].map(|name| {
        let path = folder.path().join(name);
        write(&path, Format::Xlsx, &[(form(&households()).on("2015-12-31"), rows.clone())]);
        let read = FormFile::open(&path, &[households()], None).unwrap();
        assert_eq!(read.form_date.as_deref(), Some("2015-12-31"));
        std::fs::read(path).unwrap()
    });
    assert!(bytes[0] == bytes[1]);
    // A text that begins like a formula is a text, for other programs as well.
    let mut book: Xlsx<_> = open_workbook(folder.path().join("甲.xlsx")).unwrap();
    assert_eq!(book.worksheet_formula("户信息").unwrap().cells().count(), 0);
    assert_eq!(book.worksheet_range("户信息").unwrap().get_value((3, 1)).unwrap().to_string(), "=1+1");
}

#[test]
fn a_csv_file_has_one_sheet_and_a_header_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("表.csv");
    let mut writer = FormWriter::new(Format::Csv, Box::new(File::create(&path).unwrap()));
    let with_ko = Label { zh: "姓名".to_owned(), ko: "이름".to_owned(), en: "name".to_owned() };
    let mut table = members();
    table.columns[1].title = Some(with_ko);
    writer.sheet(&form(&table)).unwrap();
    assert!(writer.sheet(&form(&households())).is_err());
    writer.finish().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "\u{feff}户编号,姓名\n");
}
