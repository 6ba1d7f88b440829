//! A clerk's hour: a blank form, 200 rows filled in with seven mistakes, tried, imported, corrected, exported, reported.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

#[path = "command_line/files.rs"]
#[allow(dead_code, reason = "sheets of another test")]
mod files;
#[path = "command_line/office.rs"]
#[allow(dead_code, reason = "commands of another test")]
mod office;

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use suite::fixtures::id_number;
use suite::harness::backends;
use suite::tools::run_python;

use office::Office;

/// Sheets of the workbook with their numbers of rows: 200 in all.
const SHEETS: [(&str, i64); 3] = [("户信息", 60), ("成员信息", 85), ("收入信息", 55)];

/// Households with a head. On the two others, whose own rows are wrong, nothing rests.
const HEADS: u32 = 58;

/// The first households have a spouse as well.
const SPOUSES: u32 = 27;

/// The first households have no income: the rows of their spouses are wrong, and an income counts heads.
const WITHOUT_INCOME: u32 = 3;

fn household_no(number: u32) -> String {
    format!("222405100201{number:04}")
}

fn head_id(number: u32) -> String {
    id_number("1950-02-01", number)
}

/// The rows as they should be, by sheet.
fn right(number: u32, sheet: &str) -> Value {
    match sheet {
        "户信息" => json!({
            "县市": "龙井市", "乡镇": "朝阳川镇", "行政村": if number.is_multiple_of(2) { "龙岩村" } else { "光石村" },
            "户编号": household_no(number), "户主姓名": "金顺子", "户主证件号码": head_id(number),
            "联系电话": "13844331234", "贫困户属性": "一般贫困户", "主要致贫原因": "因病", "识别年度": 2014,
            "脱贫属性": "未脱贫", "耕地面积(亩)": 3.5,
        }),
        // The first are heads of their households, the others spouses.
        "成员信息" if number <= HEADS => json!({
            "户编号": household_no(number), "人编号": format!("r{number}"), "姓名": "金顺子", "证件号码": head_id(number),
            "出生日期": {"day": "1950-02-01"}, "民族": "朝鲜族", "与户主关系": "户主", "健康状况": "健康",
        }),
        "成员信息" => json!({
            "户编号": household_no(number - HEADS), "人编号": format!("r{number}"), "姓名": "朴大山", "性别": "男",
            "出生日期": "1949年3月1日", "民族": "汉族", "与户主关系": "配偶", "健康状况": "长期慢性病、残疾",
        }),
        _ => {
            let household = number + WITHOUT_INCOME;
            let heads = if household > SPOUSES { 1 } else { 2 };
            json!({
                "户编号": household_no(household), "年度": 2015, "起始月": "2014年10月", "截止月": "2015-09",
                "工资性收入": "1,200元", "生产经营性收入": 3000, "财产性收入": 0, "转移性收入": "0.15万元",
                "生产经营性支出": 500, "家庭纯收入": 5200, "人均纯收入": 5200 / heads,
            })
        }
    }
}

/// Mistakes: sheet, number of the row, column, what the clerk wrote, and what the refusal says.
fn mistakes() -> [(&'static str, u32, &'static str, Value, &'static str); 7] {
    [
        ("户信息", 59, "户主证件号码", json!(files::WRONG_ID), "证件号码"),
        ("户信息", 60, "行政村", json!("没有的村"), "行政村"),
        ("成员信息", 59, "与户主关系", json!("邻居"), "与户主关系"),
        ("成员信息", 60, "出生日期", json!("1949-02-30"), "出生日期"),
        ("成员信息", 61, "证件号码", json!(222_405_194_903_010_018_i64), "超过15位"),
        ("收入信息", 1, "工资性收入", json!("一千"), "工资性收入"),
        ("收入信息", 2, "转移性收入", json!("#N/A"), "错误值"),
    ]
}

/// The rows as they are filled in.
fn filled() -> Value {
    let mut sheets = serde_json::Map::new();
    for (sheet, count) in SHEETS {
        let rows = (1..=u32::try_from(count).unwrap()).map(|number| {
            let mut cells = right(number, sheet);
            for (_, _, column, wrong, _) in
                mistakes().iter().filter(|found| (found.0, found.1) == (sheet, number))
            {
                cells[*column] = wrong.clone();
            }
            json!({"row": number + 3, "cells": cells})
        });
        sheets.insert(sheet.to_owned(), Value::Array(rows.collect()));
    }
    Value::Object(sheets)
}

/// What the clerk puts right in the file of rejected rows.
fn corrected() -> Value {
    let mut sheets = serde_json::Map::new();
    for (sheet, number, column, ..) in mistakes() {
        let right = right(number, sheet).get(column).cloned().unwrap_or(json!(""));
        let rows = sheets.entry(sheet).or_insert_with(|| json!([])).as_array_mut().unwrap();
        rows.push(json!({"of": number + 3, "cells": {column: right}}));
    }
    Value::Object(sheets)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clerks_hour() {
    for backend in backends() {
        let office = Office::open(&backend).await;
        if hour(&office).await.is_none() {
            return office.close().await;
        }
        office.close().await;
    }
}

/// `None` where no other program is there to fill in a form.
async fn hour(office: &Office) -> Option<()> {
    let form = office.path("户主及成员信息.xlsx");
    let blank = office.steward(&["template", "户主及成员信息", "--out", &form]).await;
    assert_eq!(blank.code, 0, "{blank:?}");
    let cells = office.file("填写.json", &filled().to_string());
    assert_eq!(run_python("fill_form.py", &[&form, &cells]).await?.trim(), "200");

    let form = saved_by_libreoffice(office, form).await;

    let area = ["--form-date", "2015-12-31", "--area", "222405"];
    let import = [&["import", "户主及成员信息", &form][..], &area].concat();
    let dry = office.steward(&[&import[..], &["--validate-only"]].concat()).await;
    assert_eq!(dry.code, 1, "{dry:?}");
    assert_eq!(dry.out.matches("未保存").count(), 3, "{}", dry.out);
    assert_eq!(office.exported("registry.households").await.len(), 1, "a dry run stores nothing");

    let rejected = office.path("退回.xlsx");
    let done = office.steward(&[&import[..], &["--errors", &rejected]].concat()).await;
    assert_eq!(done.code, 1, "{done:?}");
    assert_eq!(
        done.out.replace(",未保存", ""),
        dry.out.replace("(仅校验,未保存任何内容)", ""),
        "the dry run said otherwise"
    );
    for (sheet, number, column, _, why) in mistakes() {
        let line = format!("{sheet} 第{}行·{column}:", number + 3);
        let told: Vec<&str> = done.said.lines().filter(|told| told.starts_with(&line)).collect();
        assert!(told.len() == 1 && told[0].contains(why), "{line} {why}: {}", done.said);
    }
    error_file(&rejected);

    let cells = office.file("更正.json", &corrected().to_string());
    assert_eq!(run_python("fill_form.py", &[&rejected, &cells]).await?.trim(), "7");
    let again = office.steward(&[&["import", "户主及成员信息", &rejected][..], &area].concat()).await;
    assert_eq!(again.code, 0, "{again:?}");
    for count in [2, 3, 2] {
        assert!(again.out.contains(&format!("收到 {count} 行,通过 {count} 行(未变 0")), "{}", again.out);
    }

    let out = office.path("导出.xlsx");
    let exported =
        office.steward(&["export", "户主及成员信息", "--as-of", "2015-12-31", "--out", &out]).await;
    assert_eq!(exported.code, 0, "{exported:?}");
    // The day stands in the file.
    let same = office.steward(&["import", "户主及成员信息", &out, "--area", "222405"]).await;
    assert_eq!(same.code, 0, "{same:?}");
    for (title, count) in SHEETS {
        let unchanged = format!("{title}:收到 {count} 行,通过 {count} 行(未变 {count},变更 0)");
        assert!(same.out.contains(&unchanged), "{}", same.out);
    }
    let figure = "registry.households_registered_2015";
    let report = office.reader(&["report", "--area", "222405", "--figure", figure, "--format", "csv"]).await;
    assert_eq!(files::rows(&report.out)[1][3], "60", "{report:?}");
    Some(())
}

/// The workbook as LibreOffice saves it; as it is where there is no LibreOffice.
async fn saved_by_libreoffice(office: &Office, form: String) -> String {
    let folder = office.path("libreoffice");
    let mut command = Command::new("soffice");
    command.args(["--headless", "--convert-to", "xlsx", "--outdir", &folder, &form]);
    command.arg(format!("-env:UserInstallation=file://{folder}/profile"));
    match tokio::task::spawn_blocking(move || command.output()).await.unwrap() {
        Ok(ran) => {
            assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
            let saved = Path::new(&folder).join(Path::new(&form).file_name().unwrap());
            assert!(saved.exists(), "{}", String::from_utf8_lossy(&ran.stdout));
            saved.to_str().unwrap().to_owned()
        }
        Err(missing) => {
            assert_eq!(missing.kind(), std::io::ErrorKind::NotFound);
            eprintln!("not opened by LibreOffice: there is no soffice");
            form
        }
    }
}

/// The file of rejected rows is the form with two columns more.
fn error_file(path: &str) {
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(path).unwrap();
    for ((sheet, _), rejected) in SHEETS.iter().zip([2, 3, 2]) {
        let range = calamine::Reader::worksheet_range(&mut book, sheet).unwrap();
        let header: Vec<String> = range.rows().nth(2).unwrap().iter().map(ToString::to_string).collect();
        assert!(header.ends_with(&["行号".to_owned(), "错误原因".to_owned()]), "{header:?}");
        assert_eq!(range.height(), 3 + rejected, "{sheet}");
        assert!(range.rows().skip(3).all(|row| !row.last().unwrap().to_string().is_empty()));
    }
}
