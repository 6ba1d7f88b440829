//! Services in processes of their own: four of them tell what one tells, and say what they cannot tell while one is away.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

use std::collections::BTreeMap;

use proto::common::Unit;
use proto::xiuhua::gateway::v1::report_line::Availability;
use proto::xiuhua::gateway::v1::{Report, ReportLine};
use proto::xiuhua::registry::v1::ListHouseholdsRequest;
use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use suite::apart::{FACTS, Processes};
use suite::binary::run;
use suite::demonstrated::{Demonstrated, Front, Place, SameLine, same};
use suite::fixtures::PREFECTURE;
use suite::harness::{Backend, backends};
use suite::wait::eventually;

/// The county whose sheets are loaded, the smallest one.
const YANJI: &str = "222401";

#[tokio::test(flavor = "multi_thread")]
async fn four_processes_tell_what_one_tells() {
    let one = Demonstrated::start(&Backend::Sqlite, Some(YANJI)).await;
    let expected = same(&one.front.report(PREFECTURE, None).await);
    one.stop().await;
    for backend in backends() {
        println!("on {backend:?}");
        let place = Place::of(&backend).await;
        let keys = tempfile::tempdir().unwrap();
        let mut processes = Processes::start(&place, &keys.path().join("keys"), &[]).await;
        let front = processes.front();
        front.load(Some(YANJI)).await;
        let whole = front.report(PREFECTURE, None).await;
        let counts = |line: &ReportLine| {
            let is_flag = line.measured_in() == Unit::Flag;
            line.value.is_some_and(|value| value > 0.0 || is_flag)
        };
        assert!(whole.complete && whole.lines.iter().all(counts), "{:?}", whole.lines);
        assert_eq!(same(&whole), expected);

        processes.stop("assistance").await;
        tells_what_is_missing(&front.report(PREFECTURE, None).await, &expected);
        prints_what_there_is(&front).await;
        // A gateway that has never seen the service says the same.
        processes.stop("gateway").await;
        processes.serve("gateway").await;
        tells_what_is_missing(&processes.front().report(PREFECTURE, None).await, &expected);

        processes.serve("assistance").await;
        let again = eventually("a whole report", async || {
            let report = processes.front().report(PREFECTURE, None).await;
            report.complete.then_some(report)
        });
        assert_eq!(same(&again.await), expected);
        processes.stop_all().await;
        place.leave().await;
    }
}

/// Commands print an answer that is not complete, and end with the code for what cannot be reached.
async fn prints_what_there_is(front: &Front) {
    let office = front.client("prefecture_office", PREFECTURE);
    let request = ListHouseholdsRequest { page_size: 1, ..ListHouseholdsRequest::default() };
    let found = HouseholdServiceClient::new(office).list_households(request).await.unwrap().into_inner();
    let number = &found.households[0].household_no;
    let token = front.token("prefecture_office", PREFECTURE);
    let whom = ["--address", &front.url, "--token", &token];
    for asked in [&["get", "household", number][..], &["report", "--area", PREFECTURE]] {
        let told = run(&[asked, &whom[..]].concat()).await;
        assert_eq!(told.code, 3, "{told:?}");
        assert!(told.out.lines().count() > 5 && told.said.lines().count() == 1, "{told:?}");
    }
}

/// Without assistance its lines are there and have no value; all others are what they were.
fn tells_what_is_missing(report: &Report, before: &[SameLine]) {
    assert!(!report.complete);
    let sources = report.sources.iter().map(|source| (source.service.as_str(), source.availability()));
    let sources: BTreeMap<_, _> = sources.collect();
    for service in FACTS {
        let away = service == "assistance";
        let expected = if away { Availability::Unavailable } else { Availability::Available };
        assert_eq!(sources[service], expected, "{service}");
    }
    let is_missing = |line: &ReportLine| {
        line.figure_id.starts_with("housing.") || line.figure_id.starts_with("social_security.")
    };
    let missing: Vec<&ReportLine> = report.lines.iter().filter(|line| is_missing(line)).collect();
    assert_eq!(missing.len(), 11);
    for line in missing {
        assert_eq!(line.availability(), Availability::Unavailable, "{}", line.figure_id);
        assert!(line.value.is_none() && line.exact.is_none() && line.cells.is_empty(), "{line:?}");
        assert!(!line.note.is_empty() && !line.label.is_empty(), "{line:?}");
    }
    let rest = Report {
        lines: report.lines.iter().filter(|line| !is_missing(line)).cloned().collect(),
        ..Report::default()
    };
    let left = before
        .iter()
        .filter(|line| !line.figure.starts_with("housing.") && !line.figure.starts_with("social_security."));
    assert_eq!(same(&rest), left.cloned().collect::<Vec<_>>());
}
