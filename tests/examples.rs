//! The examples beside the contract, run as somebody else would: by curl and by Python, with nothing of the suite's own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use suite::counties::{self, LONGJING};
use suite::fixtures::{PREFECTURE, divisions, id_number};
use suite::front;
use suite::harness::{Backend, Harness};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto")
}

/// The Python that `tests/run install` keeps beside the builds, with what the examples import.
fn python() -> PathBuf {
    let test = std::env::current_exe().expect("the test that runs");
    let python = test.ancestors().nth(3).expect("the folder of builds").join("tools/bin/python");
    assert!(python.exists(), "{} is made by tests/run install", python.display());
    python
}

/// What a command prints; it must end well.
async fn run(mut command: Command, said: &str) -> String {
    let said = said.to_owned();
    let run = move || {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("a command that runs");
        child.stdin.take().expect("its input").write_all(said.as_bytes()).expect("its input");
        child.wait_with_output().expect("its end")
    };
    let ended = tokio::task::spawn_blocking(run).await.expect("a thread");
    let [out, err] = [ended.stdout, ended.stderr].map(|text| String::from_utf8(text).expect("text"));
    assert!(ended.status.success(), "{out}{err}");
    out
}

fn example(program: impl AsRef<std::ffi::OsStr>, gateway: &str, token: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder().join("examples")).env("GATEWAY", gateway).env("TOKEN", token);
    // Answers in Chinese are written as UTF-8 wherever the test runs.
    command
        .env("PYTHONUTF8", "1")
        .env_remove("http_proxy")
        .env_remove("https_proxy")
        .env("no_proxy", "127.0.0.1");
    command
}

/// A gateway before one poor household.
async fn started() -> Harness {
    let mut harness = Harness::start(&Backend::Sqlite).await;
    divisions(&harness).await;
    counties::enter(&harness, &LONGJING).await;
    front::gateway(&mut harness).await;
    harness
}

#[tokio::test(flavor = "multi_thread")]
async fn a_department_looks_somebody_up_by_curl() {
    let harness = started().await;
    let token = harness.token("department_system", &[PREFECTURE]);
    let gateway = format!("http://{}", harness.addresses["gateway"]);
    for (number, outcome) in [
        (LONGJING.head_id(), "ELIGIBILITY_OUTCOME_REGISTERED_POOR"),
        (id_number("1960-01-01", 999), "ELIGIBILITY_OUTCOME_NOT_REGISTERED"),
    ] {
        let mut command = example("sh", &gateway, &token);
        command.args(["look_up.sh", &number]);
        let out = run(command, "").await;
        assert!(out.contains("\"subject\":\"tester\"") && out.contains(outcome), "{out}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_looked_up_by_pythons_stubs() {
    let harness = started().await;
    let stubs = tempfile::tempdir().expect("a folder");
    let mut files = Vec::new();
    contracts(&folder(), Path::new("xiuhua"), &mut files);
    let mut compiler = Command::new(python());
    compiler.current_dir(folder()).args(["-m", "grpc_tools.protoc", "-I.", "-Ivendor"]);
    compiler
        .args(["--python_out", "--grpc_python_out"].map(|kind| format!("{kind}={}", stubs.path().display())));
    run(
        {
            compiler.args(files);
            compiler
        },
        "",
    )
    .await;

    let token = harness.token("department_system", &[PREFECTURE]);
    let mut command = example(python(), &harness.addresses["gateway"], &token);
    command.arg("batch.py").env("PYTHONPATH", stubs.path());
    let said = format!("{}\n{}\n", id_number("1960-01-01", 999), LONGJING.head_id());
    let out = run(command, &said).await;
    let outcomes = ["ELIGIBILITY_OUTCOME_NOT_REGISTERED", "ELIGIBILITY_OUTCOME_REGISTERED_POOR"];
    assert_eq!(
        out.lines().collect::<Vec<_>>(),
        [format!("1\t{}", outcomes[0]), format!("2\t{}", outcomes[1])]
    );
}

/// The contract's files, as a compiler is told of them.
fn contracts(root: &Path, below: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(root.join(below)).expect("a folder") {
        let path = below.join(entry.expect("a file").file_name());
        if root.join(&path).is_dir() {
            contracts(root, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_read_by_reflection_alone() {
    let harness = started().await;
    let token = harness.token("prefecture_office", &[PREFECTURE]);
    let mut command = example(python(), &harness.addresses["gateway"], &token);
    command.args(["report.py", PREFECTURE]);
    let out = run(command, "").await;
    let line = out.lines().find(|line| line.starts_with("registry.households_registered_2015\t"));
    let cells: Vec<&str> = line.unwrap_or_else(|| panic!("{out}")).split('\t').collect();
    assert_eq!((cells.len(), cells[2].parse::<f64>()), (4, Ok(1.0)), "{cells:?}");
}

/// They are read by people: short, and each says how it is run.
#[test]
fn examples_are_short() {
    for entry in std::fs::read_dir(folder().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.lines().count() < 40 && text.contains("GATEWAY="), "{}", path.display());
    }
}
