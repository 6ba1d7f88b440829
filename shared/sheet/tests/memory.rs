//! Memory does not grow with a file. The only test of its process, so that the process's peak is its own.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

use std::collections::HashMap;
use std::fs::File;

use proto::common::{Column, ColumnType, Label, Table};
use sheet::{Form, FormFile, FormWriter, Format};

/// Rows of the larger file: as many as the prefecture has persons.
const ROWS: usize = 85_000;

const TITLES: [&str; 8] = ["户编号", "户主姓名", "证件号码", "日期", "地址", "原因", "备注", "电话"];

fn table() -> Table {
    let column = |zh: &str| Column {
        title: Some(Label { zh: zh.to_owned(), ..Label::default() }),
        r#type: ColumnType::Text.into(),
        ..Column::default()
    };
    Table {
        id: "a.b".to_owned(),
        sheet: "户信息".to_owned(),
        columns: TITLES.map(column).to_vec(),
        ..Table::default()
    }
}

/// The most memory that this process has taken, MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

/// Writes a file and reads it again; how many rows came back.
fn there_and_back(format: Format, rows: usize) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("表.{}", format.ending()));
    let mut writer = FormWriter::new(format, Box::new(File::create(&path).unwrap()));
    writer.sheet(&Form::of_table(&table(), &HashMap::new())).unwrap();
    for number in 0..rows {
        let cells = TITLES.map(|title| format!("{title}{number:018}"));
        writer.row(&cells).unwrap();
    }
    writer.finish().unwrap();
    let file = FormFile::open(&path, &[table()], None).unwrap();
    file.rows(&file.parts[0]).unwrap().map(Result::unwrap).count()
}

#[test]
fn memory_does_not_grow_with_the_file() {
    for format in [Format::Xlsx, Format::Csv, Format::CsvGb18030] {
        assert_eq!(there_and_back(format, 1000), 1000);
    }
    let small = peak();
    for format in [Format::Xlsx, Format::Csv] {
        assert_eq!(there_and_back(format, ROWS), ROWS);
    }
    let large = peak();
    println!("peak: {small} MiB with 1,000 rows, {large} MiB with {ROWS}");
    assert!(large < small + 24, "{small} MiB became {large}");
}
