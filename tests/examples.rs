//! The examples beside the contract, run as somebody else would: by curl and by Python, with nothing of the suite's own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::path::PathBuf;

use suite::counties::{self, LONGJING};
use suite::fixtures::{PREFECTURE, divisions, id_number};
use suite::front;
use suite::harness::{Backend, Harness};
use suite::tools::{self, example, output};

/// The Python that `tests/run install` keeps beside the builds, with what the examples import.
fn python() -> PathBuf {
    tools::python().expect("made by tests/run install")
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
        let out = output(command, "").await;
        assert!(out.contains("\"subject\":\"tester\"") && out.contains(outcome), "{out}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_looked_up_by_pythons_stubs() {
    let harness = started().await;
    let stubs = tempfile::tempdir().expect("a folder");
    tools::stubs(&python(), stubs.path()).await;

    let token = harness.token("department_system", &[PREFECTURE]);
    let mut command = example(python(), &harness.addresses["gateway"], &token);
    command.arg("batch.py").env("PYTHONPATH", stubs.path());
    let said = format!("{}\n{}\n", id_number("1960-01-01", 999), LONGJING.head_id());
    let out = output(command, &said).await;
    let outcomes = ["ELIGIBILITY_OUTCOME_NOT_REGISTERED", "ELIGIBILITY_OUTCOME_REGISTERED_POOR"];
    assert_eq!(
        out.lines().collect::<Vec<_>>(),
        [format!("1\t{}", outcomes[0]), format!("2\t{}", outcomes[1])]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_read_by_reflection_alone() {
    let harness = started().await;
    let token = harness.token("prefecture_office", &[PREFECTURE]);
    let mut command = example(python(), &harness.addresses["gateway"], &token);
    command.args(["report.py", PREFECTURE]);
    let out = output(command, "").await;
    let line = out.lines().find(|line| line.starts_with("registry.households_registered_2015\t"));
    let cells: Vec<&str> = line.unwrap_or_else(|| panic!("{out}")).split('\t').collect();
    assert_eq!((cells.len(), cells[2].parse::<f64>()), (4, Ok(1.0)), "{cells:?}");
}

/// They are read by people: short, and each says how it is run.
#[test]
fn examples_are_short() {
    for entry in std::fs::read_dir(tools::contract().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.lines().count() < 40 && text.contains("GATEWAY="), "{}", path.display());
    }
}
