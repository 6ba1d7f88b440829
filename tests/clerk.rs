//! A clerk's hour: a blank form, 200 rows filled in with seven mistakes, tried, imported, corrected, exported, reported.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

use std::path::Path;
use std::process::Command;

use suite::harness::backends;
use suite::tools::run_python;

use crate::command_line::office::Office;

/// What comes of each sheet: rows, and how many of them are rejected. 200 rows, as `clerk.py` fills them in.
const SHEETS: [(&str, i64, i64); 3] = [("户信息", 60, 2), ("成员信息", 85, 3), ("收入信息", 55, 2)];

/// The mistakes in them: sheet, row, column, and what the refusal says.
const MISTAKES: [(&str, u32, &str, &str); 7] = [
    ("户信息", 62, "户主证件号码", "校验码"),
    ("户信息", 63, "行政村", "没有的村"),
    ("成员信息", 62, "与户主关系", "邻居"),
    ("成员信息", 63, "出生日期", "日期不对"),
    ("成员信息", 64, "证件号码", "超过15位"),
    ("收入信息", 4, "工资性收入", "应填数字"),
    ("收入信息", 5, "转移性收入", "#N/A"),
];

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
    run_python("clerk.py", &["fill", &form]).await?;

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
    assert_eq!(done.out, dry.out.replace("(仅校验,未保存任何内容)", ""), "the dry run said otherwise");
    let lines = done.said.lines().filter(|line| line.contains(" 第")).count();
    assert_eq!(lines, MISTAKES.len(), "nothing but the mistakes is told: {}", done.said);
    for (sheet, row, column, why) in MISTAKES {
        let line = format!("{sheet} 第{row}行·{column}:");
        let told: Vec<&str> = done.said.lines().filter(|told| told.starts_with(&line)).collect();
        assert!(told.len() == 1 && told[0].contains(why), "{line} {why}: {}", done.said);
    }
    error_file(&rejected);

    run_python("clerk.py", &["correct", &rejected]).await?;
    let again = office.steward(&[&["import", "户主及成员信息", &rejected][..], &area].concat()).await;
    assert_eq!(again.code, 0, "{again:?}");
    for (_, _, count) in SHEETS {
        assert!(again.out.contains(&format!("收到 {count} 行,通过 {count} 行(未变 0")), "{}", again.out);
    }

    let out = office.path("导出.xlsx");
    let exported =
        office.steward(&["export", "户主及成员信息", "--as-of", "2015-12-31", "--out", &out]).await;
    assert_eq!(exported.code, 0, "{exported:?}");
    // The day stands in the file.
    let same = office.steward(&["import", "户主及成员信息", &out, "--area", "222405"]).await;
    assert_eq!(same.code, 0, "{same:?}");
    for (title, count, _) in SHEETS {
        let unchanged = format!("{title}:收到 {count} 行,通过 {count} 行(未变 {count},变更 0)");
        assert!(same.out.contains(&unchanged), "{}", same.out);
    }
    let figure = "registry.households_registered_2015";
    let report = office.reader(&["report", "--area", "222405", "--figure", figure, "--format", "csv"]).await;
    assert_eq!(crate::command_line::files::rows(&report.out)[1][3], "60", "{report:?}");
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
    for (sheet, _, rejected) in SHEETS {
        let range = calamine::Reader::worksheet_range(&mut book, sheet).unwrap();
        let header: Vec<String> = range.rows().nth(2).unwrap().iter().map(ToString::to_string).collect();
        assert!(header.ends_with(&["行号".to_owned(), "错误原因".to_owned()]), "{header:?}");
        assert_eq!(range.height(), 3 + usize::try_from(rejected).unwrap(), "{sheet}");
        assert!(range.rows().skip(3).all(|row| !row.last().unwrap().to_string().is_empty()));
    }
}
