//! The command line as people and scripts use it: the binary against a suite on loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

#[path = "command_line/files.rs"]
pub(crate) mod files;
#[path = "command_line/office.rs"]
pub(crate) mod office;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use calamine::{Data, Reader, Xlsx};
use clap::CommandFactory;
use gateway::report::formats;
use kernel::language::Language;
use serde_json::Value;
use suite::binary::{free_address, run};
use suite::harness::backends;

use files::Sheet;
use office::Office;

const HOUSEHOLDS: &str = "registry.households_registered_2015";

/// The ways of printing a report.
const FORMATS: [&str; 5] = ["table", "json", "csv", "md", "html"];

#[tokio::test(flavor = "multi_thread")]
async fn every_command_tells_how_it_is_used() {
    let mut commands = vec![(Vec::<String>::new(), xiuhua::arguments::Arguments::command())];
    let mut seen = BTreeSet::new();
    while let Some((path, command)) = commands.pop() {
        let arguments: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let told = run(&arguments).await;
        assert_eq!((told.code, told.said.as_str()), (0, ""), "{arguments:?}");
        assert!(
            told.out.contains("Usage: xiuhua") && told.out.lines().count() > 5,
            "{arguments:?}: {}",
            told.out
        );
        let below = command.get_subcommands().filter(|below| below.get_name() != "help");
        commands.extend(below.map(|below| {
            let path = path.iter().cloned().chain([below.get_name().to_owned()]).collect();
            (path, below.clone())
        }));
        seen.insert(path.join(" "));
    }
    for command in
        ["demo", "serve", "import", "export", "report", "evidence", "snapshot create", "token issue"]
    {
        assert!(seen.contains(command), "{command} is not among {seen:?}");
    }
    assert!(run(&["--version"]).await.out.starts_with("xiuhua "));
    for wrong in [&["nothing"][..], &[], &["report", "--lang", "fr"], &["import", "户信息"]] {
        let told = run(wrong).await;
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{wrong:?}");
        assert!(!told.said.is_empty(), "{wrong:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_made_once_and_sign_tokens() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let path = keys.to_str().unwrap();
    let made = run(&["keys", "init", path, "--lang", "en"]).await;
    assert_eq!(made.code, 0, "{made:?}");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let contents = || {
        let files = std::fs::read_dir(&keys).unwrap().map(|file| file.unwrap().path());
        files.map(|file| (file.clone(), std::fs::read(file).unwrap())).collect::<BTreeSet<_>>()
    };
    let before = contents();
    assert_eq!((mode(&keys), before.len()), (0o700, 5));
    for (file, _) in &before {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
    let again = run(&["keys", "init", path]).await;
    assert_eq!((again.code, again.out.as_str()), (2, ""), "{again:?}");
    assert_eq!(contents(), before);

    let issue = [
        "token",
        "issue",
        "--keys-dir",
        path,
        "--role",
        "auditor",
        "--area",
        "222405",
        "--subject",
        "li.ming",
    ];
    let token = run(&issue).await;
    assert_eq!((token.code, token.said.as_str()), (0, ""), "{token:?}");
    assert_eq!((token.out.lines().count(), token.out.trim().split('.').count()), (1, 3));
    let wrong = ["token", "issue", "--keys-dir", path, "--role", "emperor", "--area", "22", "--subject", "x"];
    let told = run(&wrong).await;
    assert_eq!((told.code, told.out.as_str(), told.said.lines().count()), (2, "", 2), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_in_and_comes_out() {
    for backend in backends() {
        let office = Office::open(&backend).await;
        a_file_with_mistakes(&office).await;
        what_a_terminal_would_obey(&office).await;
        out_and_in_again(&office).await;
        reports(&office).await;
        rows_behind_a_figure(&office).await;
        a_snapshot(&office).await;
        strangers_are_refused(&office).await;
        office.close().await;
    }
}

/// Titles and notes above the header, two rows with a mistake each: the dry run and the import say the same, the right
/// rows are stored, the others come back in a file that can be imported once it is put right.
async fn a_file_with_mistakes(office: &Office) {
    let sheet = Sheet::of_households();
    let path = office.file("户信息.csv", &sheet.as_saved());
    let import = ["import", "户信息", &path, "--form-date", "2015-12-31", "--area", "222405"];

    let dry = office.steward(&[&import[..], &["--validate-only"]].concat()).await;
    assert_eq!(dry.code, 1, "{dry:?}");
    assert!(dry.out.contains("收到 4 行,通过 2 行") && dry.out.contains("退回 2 行"), "{}", dry.out);
    assert!(dry.out.contains("未保存"), "{}", dry.out);
    assert_eq!(office.exported("registry.households").await.len(), 1, "a dry run stores nothing");

    let rejected = office.path("退回.csv");
    let done = office.steward(&[&import[..], &["--errors", &rejected]].concat()).await;
    assert_eq!(done.code, 1, "{done:?}");
    let verdicts = |said: &str| -> Vec<String> {
        said.lines().filter(|line| line.contains("行·")).map(str::to_owned).collect()
    };
    assert_eq!(verdicts(&done.said), verdicts(&dry.said), "the dry run said otherwise");
    assert_eq!(verdicts(&done.said).len(), 2, "{}", done.said);

    error_files_that_cannot_be(office, &import, &path).await;

    let text = std::fs::read_to_string(&rejected).unwrap();
    assert!(text.starts_with('\u{feff}'));
    let rows = files::rows(&text);
    assert!(rows[0].ends_with(&["行号".to_owned(), "错误原因".to_owned()]), "{rows:?}");
    let told: Vec<(&str, &str)> =
        rows[1..].iter().map(|row| (row[row.len() - 2].as_str(), row.last().unwrap().as_str())).collect();
    assert_eq!(
        told.iter().map(|(row, _)| *row).collect::<Vec<_>>(),
        ["5", "7"],
        "rows as a spreadsheet counts them"
    );
    assert!(told[0].1.starts_with("户主证件号码: ") && told[1].1.starts_with("行政村: "), "{told:?}");

    let again = ["import", "户信息", &rejected, "--form-date", "2015-12-31", "--area", "222405"];
    let untouched = office.steward(&again).await;
    assert!(untouched.code == 1 && untouched.out.contains("退回 2 行"), "{untouched:?}");
    std::fs::write(&rejected, text.replace(files::WRONG_ID, files::RIGHT_ID).replace("没有的村", "光石村"))
        .unwrap();
    let again = office.steward(&again).await;
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.out.contains("收到 2 行,通过 2 行"), "{}", again.out);
}

/// Error files of no known kind, over the file itself, or of a name that is not complete: refused before anything is read.
async fn error_files_that_cannot_be(office: &Office, import: &[&str], path: &str) {
    let before = std::fs::read(path).unwrap();
    let dotted = office.path("./户信息.csv");
    let other = office.path("退回.xls");
    for (errors, why) in
        [(path, "不能写入所导入的文件"), (&dotted, "不能写入所导入的文件"), (&other, ".xlsx 或 .csv")]
    {
        let refused = office.steward(&[import, &["--errors", errors]].concat()).await;
        assert_eq!((refused.code, refused.out.as_str()), (2, ""), "{refused:?}");
        assert!(refused.said.contains(why), "{refused:?}");
    }
    assert_eq!(std::fs::read(path).unwrap(), before);
    // A header that is refused leaves what an earlier import has written.
    let kept = office.file("旧退回.csv", "旧");
    let refused = office.steward(&["import", "户信息", path, "--area", "222405", "--errors", &kept]).await;
    assert_eq!(refused.code, 1, "without a day: {refused:?}");
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "旧");
    let folder = Path::new(&kept).parent().unwrap();
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let partial = names.filter(|name| name.to_string_lossy().ends_with(".part")).collect::<Vec<_>>();
    assert!(partial.is_empty(), "{partial:?}");
}

/// A cell that is rejected is told as it is, and not obeyed.
async fn what_a_terminal_would_obey(office: &Office) {
    let steering = Sheet::of_households().as_saved().replace("没有的村", "没有的村\u{1b}[2J");
    let path = office.file("转义.csv", &steering);
    let import = ["import", "户信息", &path, "--form-date", "2015-12-31", "--area", "222405"];
    let told = office.steward(&[&import[..], &["--validate-only"]].concat()).await;
    assert_eq!(told.code, 1, "{told:?}");
    assert!(told.said.contains("没有的村\\u001b[2J") && !told.said.contains('\u{1b}'), "{told:?}");
}

/// What is exported and imported again says nothing new.
async fn out_and_in_again(office: &Office) {
    let members = office.file("成员信息.csv", &Sheet::of_members().as_saved());
    let done = office
        .steward(&["import", "成员信息", &members, "--form-date", "2015-12-31", "--area", "222405"])
        .await;
    assert_eq!(done.code, 0, "{done:?}");
    for (table, count) in [("户信息", 4), ("成员信息", 5)] {
        let out = office.path(&format!("{table}-导出.csv"));
        let exported = office.steward(&["export", table, "--as-of", "2015-12-31", "--out", &out]).await;
        assert_eq!(exported.code, 0, "{exported:?}");
        let again =
            office.steward(&["import", table, &out, "--form-date", "2015-12-31", "--area", "222405"]).await;
        assert_eq!(again.code, 0, "{again:?}");
        let unchanged = format!("收到 {count} 行,通过 {count} 行(未变 {count},变更 0)");
        assert!(again.out.contains(&unchanged), "{}", again.out);
    }
}

/// Every format in every language, all with the same number.
async fn reports(office: &Office) {
    let mut titles = BTreeSet::new();
    for language in Language::ALL.map(Language::as_str) {
        for format in FORMATS {
            let asked = [
                "report",
                "--area",
                "222400",
                "--group-by",
                "county",
                "--format",
                format,
                "--lang",
                language,
            ];
            let told = office.reader(&asked).await;
            // Households only: the lines of everything else are missing, which is said, and the rest is printed.
            let why = formats::INCOMPLETE.in_language(Language::parse(language).unwrap());
            assert_eq!((told.code, told.said.trim()), (3, why), "{format} {language}");
            match format {
                "json" => {
                    let report: Value = serde_json::from_str(&told.out).unwrap();
                    let lines = report["lines"].as_array().unwrap();
                    let line = lines.iter().find(|line| line["figureId"] == HOUSEHOLDS).unwrap();
                    assert_eq!((&line["value"], &line["kind"]), (&Value::from(4.0), &Value::from("ACTUAL")));
                    assert_eq!(line["cells"][0]["area"], "222405");
                    assert_eq!(report["language"], language);
                    titles.insert(line["label"].as_str().unwrap().to_owned());
                }
                "csv" => {
                    let rows = files::rows(&told.out);
                    let row = rows.iter().find(|row| row[0] == HOUSEHOLDS).unwrap();
                    assert_eq!(row[3], "4");
                    assert!(rows[0].contains(&"222405".to_owned()) && rows.len() > 15, "{rows:?}");
                }
                "html" => assert!(told.out.contains("<td class=\"number\">4</td>"), "{}", told.out),
                "md" => assert!(told.out.starts_with("# ") && told.out.contains("| ---: |"), "{}", told.out),
                _ => assert!(told.out.contains('—') && told.out.lines().count() > 17, "{}", told.out),
            }
        }
    }
    assert_eq!(titles.len(), 3, "{titles:?}");
    let one = office.reader(&["report", "--area", "222405", "--figure", HOUSEHOLDS, "--format", "csv"]).await;
    assert_eq!((one.code, files::rows(&one.out).len()), (0, 2), "{one:?}");
    let file = office.path("report.xlsx");
    let one = ["report", "--area", "222405", "--figure", HOUSEHOLDS, "--format", "xlsx", "--out", &file];
    let one = office.reader(&one).await;
    assert_eq!((one.code, one.out.as_str(), one.said.as_str()), (0, "", ""), "{one:?}");
    let mut book: Xlsx<_> = calamine::open_workbook(&file).unwrap();
    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
    assert_eq!(sheet.get_value((3, 1)), Some(&Data::Float(4.0)));
    let wrong = office.reader(&["report", "--area", "222405", "--figure", "registry.nothing"]).await;
    assert_eq!((wrong.code, wrong.out.as_str()), (1, ""), "{wrong:?}");
    assert!(wrong.said.contains("FIGURE_UNKNOWN"), "{}", wrong.said);
}

async fn rows_behind_a_figure(office: &Office) {
    let told = office.reader(&["evidence", HOUSEHOLDS, "--area", "222400", "--format", "csv"]).await;
    assert_eq!(told.code, 0, "{told:?}");
    let rows = files::rows(&told.out);
    assert_eq!(
        (rows.len(), &rows[0][..4]),
        (5, &["resource", "area", "label", "contribution"].map(str::to_owned)[..])
    );
    for row in &rows[1..] {
        assert!(row[1].starts_with("222405") && row[3] == "1" && row[5] == "NUMERATOR", "{row:?}");
    }
    let paper = office.reader(&["evidence", HOUSEHOLDS, "--area", "222400", "--limit", "3"]).await;
    assert!(paper.code == 0 && paper.out.contains("共 4 条,只显示前 3 条"), "{paper:?}");
}

async fn a_snapshot(office: &Office) {
    let asked = ["snapshot", "create", "registered-2015", "--as-of", "2015-12-31", "--title", "2015年末"];
    let made = office.steward_of("222400", &asked).await;
    assert!(made.code == 0 && made.out.contains("registered-2015"), "{made:?}");
    let again = office.steward_of("222400", &asked).await;
    assert_eq!(again.code, 1, "{again:?}");
    let report =
        office.reader(&["report", "--area", "222400", "--format", "json", "--figure", HOUSEHOLDS]).await;
    let report: Value = serde_json::from_str(&report.out).unwrap();
    assert_eq!(report["lines"][0]["pinned"], true);
}

/// Exit code 1 for what a service refuses, whoever asks; nothing of it on standard output.
async fn strangers_are_refused(office: &Office) {
    let area = office.reader(&["report", "--area", "220100"]).await;
    assert_eq!((area.code, area.out.as_str()), (1, ""), "{area:?}");
    let forged = run(&["report", "--address", &office.url, "--token", "a.b.c", "--lang", "en"]).await;
    assert_eq!((forged.code, forged.out.as_str()), (1, ""), "{forged:?}");
    let nobody = run(&["report", "--address", &office.url]).await;
    assert_eq!((nobody.code, nobody.out.as_str()), (2, ""), "{nobody:?}");
    let table = office.reader(&["export", "没有的表"]).await;
    assert!(table.code == 2 && table.said.contains("registry.households"), "{table:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_tells_all_problems_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let broken = write(
        "broken.toml",
        "listen = \"nowhere\"\nlisten_too = 1\n[limits]\nconcurrency = -1\n[database]\nmax_connections = 0\n",
    );
    let told = run(&["check", "registry", "--config", &broken, "--lang", "en"]).await;
    assert_eq!(told.code, 2, "{told:?}");
    for problem in ["listen_too", "concurrency"] {
        assert!(told.said.contains(problem) || told.out.contains(problem), "{problem}: {told:?}");
    }

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (taken_address, nobody) = (taken.local_addr().unwrap().to_string(), free_address());
    let away = format!(
        "listen = \"{taken_address}\"\nkeys_dir = \"{0}/none\"\n[database]\nurl = \"postgres://somebody:very-secret@{nobody}/none\"\n\
         [services]\nregistry = \"http://{nobody}\"\n",
        folder.path().display()
    );
    let away = write("away.toml", &away);
    let told = run(&["check", "assistance", "--config", &away, "--lang", "en"]).await;
    assert_eq!(told.code, 2, "missing keys are a mistake of the configuration: {told:?}");
    let wrong: Vec<&str> = told.out.lines().filter(|line| !line.ends_with(": fine")).collect();
    assert_eq!(wrong.len(), 4, "keys, address, database, registry: {wrong:?}");
    assert!(!told.out.contains("very-secret") && !told.said.contains("very-secret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_reached_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    let keys = keys.to_str().unwrap();
    assert_eq!(run(&["keys", "init", keys]).await.code, 0);
    let nobody = free_address();
    let database = format!("postgres://somebody:very-secret@{nobody}/none");
    let gateway = format!("http://{nobody}");
    for command in [
        &["demo", "--exit", "--database-url", &database][..],
        &["serve", "--listen", "127.0.0.1:0", "--keys-dir", keys, "--database-url", &database],
        &["check", "--listen", "127.0.0.1:0", "--keys-dir", keys, "--database-url", &database],
        &["database", "init", &database],
        &["report", "--address", &gateway, "--token", "a.b.c"],
        &["export", "户信息", "--address", &gateway, "--token", "a.b.c"],
    ] {
        let told = run(command).await;
        assert_eq!(told.code, 3, "{command:?}: {told:?}");
        let all = told.out + &told.said;
        assert!(!all.is_empty() && !all.contains("very-secret"), "{command:?}: {all}");
    }
    // Without a database there is nothing to serve on, and without keys nobody to believe.
    for wrong in [
        &["serve", "--listen", "127.0.0.1:0"][..],
        &["serve", "--listen", "127.0.0.1:0", "--database-url", &database],
    ] {
        let told = run(wrong).await;
        assert_eq!(told.code, 2, "{wrong:?}: {told:?}");
    }
}
