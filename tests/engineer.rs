//! An engineer's hour, as the README tells it: somebody of another system has the binary, curl, Python and the examples
//! beside the contract, reads what there is, looks people up, follows changes and takes figures over.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;
use suite::binary::{Process, Ran, free_address, run};
use suite::counties::{HOUSEHOLDS, LONGJING, MEMBERS};
use suite::demonstrated::TEMPLATE;
use suite::fixtures::id_number;
use suite::tools::{example, output, python, stubs};
use tempfile::TempDir;

const DIVISIONS: &str = "\
区划代码,级别,名称,朝文名称,上级区划代码,是否农村,起始日期
220000,省,吉林省,길림성,,否,1949-10-01
222400,市州,延边朝鲜族自治州,연변,220000,否,1952-09-03
222405,县市,龙井市,룡정시,222400,否,1988-07-01
222405100,乡镇,朝阳川镇,,222405,是,1988-07-01
222405100201,行政村,龙岩村,,222405100,是,1988-07-01
";

/// A suite on a folder of its own, and how one calls it.
struct Desk {
    folder: TempDir,
    address: String,
    suite: Process,
}

impl Desk {
    async fn open() -> Self {
        let (folder, address) = (tempfile::tempdir().unwrap(), free_address());
        let data = ["--data-dir".to_owned(), folder.path().join("data").display().to_string()];
        let suite = Process::serve("all", &address, &data);
        suite.ready().await;
        Self { folder, address, suite }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `xiuhua token issue`.
    async fn token(&self, role: &str, area: &str) -> String {
        let data = self.folder.path().join("data").display().to_string();
        let issue =
            ["token", "issue", "--data-dir", &data, "--role", role, "--area", area, "--subject", "it"];
        let token = run(&issue).await;
        assert_eq!(token.code, 0, "{token:?}");
        token.out.trim().to_owned()
    }

    /// `xiuhua import`, as the data steward of a division.
    async fn import(&self, table: &str, area: &str, text: &str, options: &[&str]) -> Ran {
        let file = self.folder.path().join("file.csv").display().to_string();
        std::fs::write(&file, text).unwrap();
        let (token, url) = (self.token("data_steward", area).await, self.url());
        let import =
            ["import", table, &file, "--area", area, "--address", &url, "--token", &token, "--quiet"];
        let done = run(&[&import[..], options].concat()).await;
        assert_eq!(done.code, 0, "{done:?}");
        done
    }

    /// What curl reads at a path, without a token.
    async fn curl(&self, path: &str) -> String {
        let mut command = example("curl", &self.url(), "");
        command.args(["--silent", "--show-error", "--fail", &format!("{}{path}", self.url())]);
        output(command, "").await
    }

    /// A program beside the contract.
    async fn program(&self, name: &str, token: &str, arguments: &[&str]) -> Option<String> {
        let mut command: Command = example(python()?, &self.url(), token);
        command.arg(name).args(arguments);
        Some(output(command, "").await)
    }
}

fn csv(columns: &[&str], rows: &[Vec<String>]) -> String {
    let lines = rows.iter().map(|row| row.join(","));
    std::iter::once(columns.join(",")).chain(lines).map(|line| line + "\n").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engineers_hour() {
    let desk = Desk::open().await;
    let on = ["--form-date", "2015-12-31"];
    desk.import("registry.divisions", "220000", DIVISIONS, &[]).await;
    desk.import("户信息", "222405", &csv(HOUSEHOLDS, &[LONGJING.household_row("", "")]), &on).await;
    desk.import("成员信息", "222405", &csv(MEMBERS, &[LONGJING.head_row()]), &on).await;

    let document: Value = serde_json::from_str(&desk.curl("/openapi.json").await).unwrap();
    for path in ["/v1/eligibility:check", "/v1/eligibility:batchCheck"] {
        assert!(document["paths"][path]["post"].is_object(), "{path}");
    }
    for path in ["/v1/events", "/sdmx/data/{flow}/{key}", "/v1/reports/{template}/file"] {
        assert!(document["paths"][path]["get"].is_object(), "{path}");
    }
    assert!(desk.curl("/docs").await.contains("/v1/events"));

    people(&desk).await;
    changes(&desk).await;
    figures(&desk).await;
    assert!(desk.suite.stop().await.success());
}

/// One person by curl, several by Python: only to a department, and no more than is asked.
async fn people(desk: &Desk) {
    let department = desk.token("department_system", "222400").await;
    let mut command = example("sh", &desk.url(), &department);
    command.args(["look_up.sh", &LONGJING.head_id()]);
    let told = output(command, "").await;
    let answer: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!(answer["answer"]["outcome"], "ELIGIBILITY_OUTCOME_REGISTERED_POOR", "{told}");

    let Some(python) = python() else { return };
    let made = desk.folder.path().join("stubs");
    std::fs::create_dir(&made).unwrap();
    stubs(&python, &made).await;
    let mut command = example(python, &desk.address, &department);
    command.arg("batch.py").env("PYTHONPATH", made);
    let numbers = format!("{}\n{}\n", LONGJING.head_id(), id_number("1960-01-01", 999));
    let told = output(command, &numbers).await;
    let outcomes = ["REGISTERED_POOR", "NOT_REGISTERED"];
    let expected = [1, 2].map(|number| format!("{number}\tELIGIBILITY_OUTCOME_{}", outcomes[number - 1]));
    assert_eq!(told.lines().collect::<Vec<_>>(), expected);
}

/// What changes, once each: everything first, then what is new.
async fn changes(desk: &Desk) {
    let exchange = desk.token("data_exchange", "222405").await;
    let cursor = desk.folder.path().join("cursor.txt").display().to_string();
    let arguments = [cursor.as_str()];
    let follow = || desk.program("follow.py", &exchange, &arguments);
    let Some(first) = follow().await else { return };
    assert!(first.contains("\txiuhua.households.created\t") && first.contains("\txiuhua.persons.created\t"));
    let mut another = LONGJING.household_row("", "");
    another[3] = format!("{}-2", LONGJING.village_code);
    another[5] = id_number("1960-01-01", 999);
    desk.import("户信息", "222405", &csv(HOUSEHOLDS, &[another]), &["--form-date", "2015-12-31"]).await;
    let second = follow().await.unwrap();
    let of_households = |told: &str| told.matches("\txiuhua.households.created\t").count();
    assert_eq!((of_households(&first), of_households(&second)), (1, 1), "{second}");
    assert!(second.lines().all(|line| !first.contains(line.split('\t').nth(1).unwrap())), "{second}");
}

/// The county's figure: the same by SDMX and as a file.
async fn figures(desk: &Desk) {
    const FIGURE: &str = "registry.households_registered_2015";
    let exchange = desk.token("data_exchange", "222405").await;
    let mut command = example("curl", &desk.url(), "");
    let file = format!("{}/v1/reports/{TEMPLATE}/file?format=csv&area=222405", desk.url());
    let bearer = format!("authorization: Bearer {exchange}");
    command.args(["--silent", "--show-error", "--fail", "--header", &bearer, &file]);
    let file = output(command, "").await;
    let in_file = column(&file, "value");
    assert_eq!(in_file.get(FIGURE).map(String::as_str), Some("2"), "{file}");

    let Some(told) = desk.program("figures.py", &exchange, &[TEMPLATE, "2017", "REF_AREA=222405"]).await
    else {
        return;
    };
    let told = column(&told, "value");
    let numbers = |all: BTreeMap<String, String>| -> BTreeMap<String, Option<f64>> {
        all.into_iter().map(|(figure, value)| (figure.replace('-', "."), value.parse().ok())).collect()
    };
    assert!(told.len() > 20);
    assert_eq!(numbers(told), numbers(in_file));
}

/// A column of a csv text by its figures.
fn column(text: &str, name: &str) -> BTreeMap<String, String> {
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers().unwrap().clone();
    let place = |names: &[&str]| header.iter().position(|title| names.contains(&title)).unwrap();
    let (figure, value) = (place(&["figure_id", "INDICATOR"]), place(&[name]));
    reader.records().map(Result::unwrap).map(|row| (row[figure].to_owned(), row[value].to_owned())).collect()
}
