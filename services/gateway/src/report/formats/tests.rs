//! The same report in every format.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use proto::xiuhua::gateway::v1::report_line::{Availability, FigureKind};
use proto::xiuhua::gateway::v1::{CheckOutcome, ReportCell, ReportCheck, ReportLine, ReportSource};

use super::*;

fn line(label: &str, value: Option<f64>, published: Option<f64>, agrees: Option<bool>) -> ReportLine {
    let availability = if value.is_some() { Availability::Available } else { Availability::Unavailable };
    ReportLine {
        figure_id: format!("registry.{label}"),
        label: label.to_owned(),
        unit: "household".to_owned(),
        measured_in: 1,
        kind: FigureKind::Actual.into(),
        availability: availability.into(),
        value,
        published_value: published,
        agrees,
        ..ReportLine::default()
    }
}

fn report() -> Report {
    let mut first = line("贫困户", Some(46_831.0), Some(46_831.0), Some(true));
    first.cells = vec![ReportCell {
        area: "222405".to_owned(),
        label: "龙井市".to_owned(),
        value: Some(7000.5),
        ..ReportCell::default()
    }];
    Report {
        title: "报告".to_owned(),
        area: "222400".to_owned(),
        year: 2017,
        as_of: "2017-09-30".to_owned(),
        lines: vec![
            first,
            line("zero", Some(0.0), Some(1.0), Some(false)),
            line("a|b", None, None, None),
            line("=HYPERLINK(\"http://x\")", Some(2.5), None, None),
        ],
        ..Report::default()
    }
}

/// The words of a format's file.
fn text(report: &Report, format: Format) -> String {
    String::from_utf8(render(report, format, Language::Zh).unwrap()).unwrap()
}

fn rows(report: &Report) -> Vec<Vec<String>> {
    let paper = Paper::of(report, Language::Zh);
    paper
        .tables
        .iter()
        .flat_map(|table| &table.rows)
        .map(|row| row.iter().map(Shown::text).collect())
        .collect()
}

#[test]
fn numbers_are_grouped_and_rounded_for_people() {
    let cases = [
        (0.0, "0"),
        (-0.001, "0"),
        (46_831.0, "46,831"),
        (1_234_567.891, "1,234,567.89"),
        (20.4, "20.4"),
        (-1_000.0, "-1,000"),
        (999.999, "1,000"),
    ];
    for (value, text) in cases {
        assert_eq!(number(value), text);
    }
}

#[test]
fn a_missing_value_is_never_a_zero() {
    let rows = rows(&report());
    assert_eq!(rows[0][..6], ["贫困户", "46,831", "户", "46,831", "✓", "7,000.5"]);
    assert_eq!(rows[1][..5], ["zero", "0", "户", "1", "✗"]);
    assert_eq!(rows[2], ["a|b", "—", "户", "", "", "—", "—", "不可用"]);
    assert!(Paper::of(&report(), Language::Zh).notes.last().unwrap().contains("不完整"));
}

#[test]
fn a_source_that_is_away_is_named() {
    let source = ReportSource {
        service: "assistance".to_owned(),
        availability: Availability::Unavailable.into(),
        note: "服务不可用".to_owned(),
        ..ReportSource::default()
    };
    let report = Report { sources: vec![source], ..report() };
    for format in [Format::Markdown, Format::Html] {
        assert!(text(&report, format).contains("assistance: 服务不可用"));
    }
}

#[test]
fn a_plan_stands_beside_the_lines_that_have_one() {
    let mut report = report();
    let titles = |report: &Report| Paper::of(report, Language::Zh).tables.remove(0).titles;
    assert!(titles(&report).iter().all(|title| title.text != "计划数"));
    report.lines[0] = ReportLine {
        plan: Some(4_987.0),
        rate: Some(55.304_8),
        plan_id: "housing.renovation_planned_2017".to_owned(),
        ..report.lines[0].clone()
    };
    report.lines[3].plan_id = "housing.nowhere".to_owned();
    assert_eq!([&titles(&report)[5].text, &titles(&report)[6].text], ["计划数", "完成率"]);
    let rows = rows(&report);
    // Of what belongs to no plan nothing is told, of a plan that is missing that it is.
    assert_eq!([&rows[0][5..7], &rows[1][5..7], &rows[3][5..7]], [["4,987", "55.3%"], ["", ""], ["—", "—"]]);
    assert!(text(&report, Format::Markdown).contains("| ✓ | 4,987 | 55.3% |"));
    assert!(text(&report, Format::Csv).lines().nth(1).unwrap().contains(",true,4987,55.3048,"));
}

#[test]
fn checks_stand_below_with_both_sides_and_the_gap() {
    let checks = vec![
        ReportCheck {
            id: "R2".to_owned(),
            label: "期初 − 脱贫 − 清退 = 预计剩余".to_owned(),
            outcome: CheckOutcome::Broken.into(),
            left: Some(40_525.0),
            right: Some(38_800.0),
            gap: Some(1_725.0),
            note: "差额没有记录可以说明".to_owned(),
            ..ReportCheck::default()
        },
        ReportCheck {
            id: "R4".to_owned(),
            outcome: CheckOutcome::NotCheckable.into(),
            ..ReportCheck::default()
        },
    ];
    let report = Report { checks, complete: true, ..report() };
    let rows = rows(&report);
    let words = "期初 − 脱贫 − 清退 = 预计剩余 · 差额没有记录可以说明";
    assert_eq!(rows[4], ["✗", "R2", "40,525", "38,800", "1,725", words]);
    assert_eq!(rows[5], ["—", "R4", "—", "—", "—", ""]);
    assert!(text(&report, Format::Markdown).contains("| ✗ | R2 | 40,525 | 38,800 | 1,725 | 期初"));
    assert!(text(&report, Format::Html).contains("<td class=\"number\">1,725</td>"));
    assert!(Paper::of(&report, Language::Zh).notes.is_empty());
}

#[test]
fn other_programs_get_it_unrounded() {
    let text = text(&report(), Format::Csv);
    let rows: Vec<&str> = text.lines().collect();
    assert!(rows[0].ends_with("note,222405"), "{text}");
    assert!(
        rows[1].starts_with("registry.贫困户,,贫困户,46831,household,ACTUAL,AVAILABLE,46831,,true,,,"),
        "{text}"
    );
    assert!(rows[1].ends_with(",7000.5"), "{text}");
    assert!(rows[3].contains(",,household,ACTUAL,UNAVAILABLE,,"), "{text}");
}

#[test]
fn markup_in_words_stays_words() {
    let mut report = report();
    report.lines[2].note = "<script>alert(1)</script>".to_owned();
    assert!(text(&report, Format::Markdown).contains("| a\\|b | — |"));
    let page = text(&report, Format::Html);
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"), "{page}");
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"zh\">"), "{page}");
    // No file of it is taken from elsewhere.
    assert!(!page.contains("src=") && !page.contains("href="), "{page}");
    // Nor does a spreadsheet calculate what somebody called a figure.
    assert!(text(&report, Format::Csv).contains(",\"'=HYPERLINK(\"\"http://x\"\")\","));
}

#[test]
fn a_workbook_holds_numbers_as_numbers_and_words_as_words() {
    let report = Report { title: "延边州[脱贫]:情况".to_owned(), ..report() };
    let bytes = render(&report, Format::Xlsx, Language::Zh).unwrap();
    assert_eq!(bytes, render(&report, Format::Xlsx, Language::Zh).unwrap(), "no clock is in it");
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let name = book.sheet_names()[0].clone();
    assert_eq!(name, "延边州脱贫情况");
    let sheet = book.worksheet_range(&name).unwrap();
    let cell = |row: u32, column: u32| sheet.get_value((row, column)).cloned().unwrap_or(Data::Empty);
    let words = |text: &str| Data::String(text.to_owned());
    assert_eq!((cell(2, 0), cell(2, 1), cell(2, 5)), (words("指标"), words("数值"), words("龙井市")));
    assert_eq!((cell(3, 0), cell(3, 1), cell(3, 4)), (words("贫困户"), Data::Float(46_831.0), words("✓")));
    assert_eq!(cell(3, 5), Data::Float(7000.5));
    assert_eq!(cell(4, 1), Data::Float(0.0));
    assert_eq!((cell(5, 1), cell(5, 7)), (words("—"), words("不可用")));
    assert_eq!(cell(6, 0), words("=HYPERLINK(\"http://x\")"));
    assert_eq!(book.worksheet_formula(&name).unwrap().used_cells().count(), 0);
}

#[test]
fn every_format_is_found_by_its_name() {
    for format in Format::ALL {
        assert_eq!(Format::parse(format.name()), Some(format));
    }
    assert_eq!((Format::parse("pdf"), Format::parse("")), (None, None));
}
