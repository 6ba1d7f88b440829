//! The benchmark works: a hundredth of everything, on every database. How fast it was is not looked at.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

use benches::machine::Machine;
use benches::options::Options;
use benches::table::Table;
use suite::harness::backends;

#[tokio::test(flavor = "multi_thread")]
async fn every_line_is_measured_on_every_database() {
    let options = Options::of(["--smoke".to_owned()]).unwrap();
    let mut table = Table { machine: Machine::this(), lines: Vec::new() };
    let backends = backends();
    let measured = backends.iter().map(|backend| benches::measured(backend, &options));
    table.lines.extend(futures::future::join_all(measured).await.into_iter().flatten());
    let text = table.text();
    println!("{text}");
    for work in ["GetHousehold", "GetHouseholdProfile", "GetReport", "CreateHousehold", "ImportRows"] {
        let lines: Vec<_> = table.lines.iter().filter(|line| line.work == work).collect();
        assert_eq!(lines.len(), backends.len(), "{work}");
        for line in lines {
            let figures = [Some(line.suite), line.limit, line.ratio];
            assert!(figures.iter().all(|figure| figure.is_some_and(|figure| figure > 0.0)), "{line:?}");
            assert!(line.reached.is_some() && !line.beside.is_empty() && text.contains(&line.beside));
        }
    }
    let read: Table = serde_json::from_str(&table.json()).unwrap();
    assert_eq!(read.lines.len(), table.lines.len());
}

#[test]
fn options_that_are_not_known_are_refused() {
    for wrong in [&["--fast"][..], &["--only", "nothing"], &["--seconds", "soon"], &["--json"]] {
        assert!(Options::of(wrong.iter().map(|argument| (*argument).to_owned())).is_err(), "{wrong:?}");
    }
}
