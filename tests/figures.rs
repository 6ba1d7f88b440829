//! The published figures come out of the rows of the demonstration, at full size, on both databases: each within its
//! precision, by county and in total, each opening to its rows, each staying what it was when it was published.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

#[path = "figures/evidence.rs"]
mod evidence;
#[path = "figures/known.rs"]
mod known;

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;
use proto::common::reporting_service_client::ReportingServiceClient;
use proto::common::{Additivity, ListIndicatorsRequest, value::Value};
use proto::xiuhua::gateway::v1::report_line::{Availability, FigureKind};
use proto::xiuhua::gateway::v1::{CheckOutcome, Report, ReportCell, ReportCheck, ReportLine};
use runtime::telemetry;
use suite::demonstrated::{Demonstrated, Front, SameLine, line, same};
use suite::fixtures::{COUNTY, PREFECTURE};
use suite::harness::{Backend, backends};

/// Identifier, value and precision of the published figures.
const PUBLISHED: &str = include_str!("data/figures.csv");

/// The counties and cities of the prefecture.
const COUNTIES: [&str; 8] = ["222401", "222402", "222403", "222404", "222405", "222406", "222424", "222426"];

#[tokio::test(flavor = "multi_thread")]
async fn the_published_figures_come_out_of_the_rows() {
    // Side by side: neither database keeps all cores busy.
    let done = join_all(backends().iter().map(on)).await;
    let mut reports = Vec::new();
    for (demonstrated, report) in done {
        services_are_asked_once(&demonstrated.front).await;
        demonstrated.stop().await;
        reports.push(report);
    }
    for other in &reports[1..] {
        assert_eq!(&reports[0], other, "the databases differ");
    }
}

/// The demonstration on a database, and what its report says.
async fn on(backend: &Backend) -> (Demonstrated, Vec<SameLine>) {
    println!("on {backend:?}");
    let demonstrated = Demonstrated::start(backend, None).await;
    let front = &demonstrated.front;
    let report = front.report(PREFECTURE, None).await;
    figures_agree(&report);
    divisions_add_up(&report);
    counties_are_counted_again(front, &report).await;
    every_indicator_has_a_line(front, &report).await;
    evidence::adds_up_to_every_line(front, PREFECTURE, &report).await;
    let county = front.report(COUNTY, None).await;
    evidence::adds_up_to_every_line(front, COUNTY, &county).await;
    evidence::goes_on_where_it_broke(front, COUNTY).await;
    known::what_was_published_stays(front, &report).await;
    let report = same(&report);
    (demonstrated, report)
}

/// Half the width of the range for which a published value stands.
fn tolerance(precision: &str) -> f64 {
    precision.split(';').fold(0.0, |width, word| match word.strip_prefix("rounded:±") {
        Some(rounded) => rounded.parse().unwrap(),
        None => {
            let word = word.split('(').next().unwrap_or_default();
            let known = ["exact", "plan", "approx", "claim", "structural", "forecast"];
            assert!(known.contains(&word), "{word} is no precision");
            width
        }
    })
}

fn figures_agree(report: &Report) {
    let mut published = BTreeMap::new();
    for row in PUBLISHED.lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        let [id, value, precision] = cells.try_into().unwrap();
        let value: f64 = value.parse().unwrap();
        let line = line(report, id);
        let measured = line.value.unwrap_or_else(|| panic!("{id} is not there: {}", line.note));
        // What is published with a digit more than the measured value has is no other value.
        let distance = (measured - value).abs();
        assert!(distance <= tolerance(precision) + 1e-9, "{id}: {measured}, published {value} ({precision})");
        assert_eq!(line.agrees, Some(true), "{id}");
        assert_eq!(line.published_value, Some(value), "{id}");
        assert!(line.pinned, "{id} is read at now");
        let kind = match precision.split(['(', ';']).next() {
            Some("plan") => FigureKind::Plan,
            Some("forecast") => FigureKind::Forecast,
            Some("structural") => FigureKind::Narrative,
            _ => FigureKind::Actual,
        };
        assert_eq!(line.kind(), kind, "{id}");
        published.insert(id, precision);
    }
    assert_eq!(published.len(), 29);
    let named = report.lines.iter().filter(|line| line.section != "further");
    let named: BTreeSet<&str> = named.map(|line| line.figure_id.as_str()).collect();
    assert_eq!(named, published.into_keys().collect(), "lines of the template");
    assert!(report.complete);
}

/// The number that may be added up.
pub(crate) fn number(value: Option<&Value>) -> i64 {
    match value {
        Some(Value::Count(number) | Value::Fen(number)) => *number,
        other => panic!("{other:?} cannot be added up"),
    }
}

fn exact(cell: &ReportCell) -> Option<&Value> {
    cell.exact.as_ref().and_then(|exact| exact.value.as_ref())
}

fn divisions_add_up(report: &Report) {
    let mut added = 0;
    for line in &report.lines {
        let areas: Vec<&str> = line.cells.iter().map(|cell| cell.area.as_str()).collect();
        assert!(areas.is_sorted(), "{}: {areas:?}", line.figure_id);
        let total = line.exact.as_ref().and_then(|exact| exact.value.as_ref());
        let parts = || line.cells.iter().chain(&line.own).map(|cell| number(exact(cell))).sum::<i64>();
        match line.additivity() {
            Additivity::Additive => {
                assert!(line.own.is_some(), "{}: no row of its own level", line.figure_id);
                assert_eq!(parts(), number(total), "{}", line.figure_id);
                added += 1;
            }
            // A household that is counted in two counties is one household of the prefecture.
            Additivity::Distinct => assert!(parts() >= number(total), "{}", line.figure_id),
            Additivity::Ratio | Additivity::None => {}
            Additivity::Unspecified => panic!("{}: does it add up?", line.figure_id),
        }
    }
    // Households and persons registered, persons and money of the relief, visits.
    assert!(added >= 5, "only {added} lines add up");
    let (sums, others): (Vec<&ReportCheck>, Vec<&ReportCheck>) =
        report.checks.iter().partition(|check| check.id.starts_with("sum."));
    assert!(sums.iter().all(|check| check.outcome() == CheckOutcome::Holds), "{sums:?}");
    assert_eq!(sums.len(), added);
    let told: Vec<(&str, CheckOutcome, Option<f64>)> =
        others.iter().map(|check| (check.id.as_str(), check.outcome(), check.gap)).collect();
    // What was published leaves 1,725 persons unexplained, and the report says so.
    assert!(told.contains(&("R2", CheckOutcome::Broken, Some(1_725.0))), "{told:?}");
    for id in ["R3", "R4", "R5"] {
        assert!(told.iter().any(|(of, outcome, _)| *of == id && *outcome == CheckOutcome::Holds), "{told:?}");
    }
}

/// What stands for a county in the prefecture's report is the total of the county's own report: sums, distinct counts and
/// ratios alike.
async fn counties_are_counted_again(front: &Front, report: &Report) {
    for county in COUNTIES {
        let own = front.report(county, None).await;
        for whole in &report.lines {
            let line = line(&own, &whole.figure_id);
            let cell = whole.cells.iter().find(|cell| cell.area == county);
            match (cell, line.availability()) {
                (Some(cell), _) => {
                    let told = (cell.value, cell.availability(), &cell.exact);
                    let counted = (line.value, line.availability(), &line.exact);
                    assert_eq!(told, counted, "{} in {county}", whole.figure_id);
                }
                // Without a row of a county's own nothing is told of it, and never a zero.
                (None, Availability::NotAtLevel | Availability::Unavailable) => {}
                (None, _) => assert_eq!(line.value, Some(0.0), "{} in {county}", whole.figure_id),
            }
        }
    }
}

async fn every_indicator_has_a_line(front: &Front, report: &Report) {
    let mut client = ReportingServiceClient::new(front.client("prefecture_office", PREFECTURE));
    let answer = client.list_indicators(ListIndicatorsRequest::default()).await.unwrap().into_inner();
    let known: BTreeSet<String> = answer.indicators.into_iter().map(|indicator| indicator.id).collect();
    let mut shown: BTreeSet<String> = report.lines.iter().map(|line| line.indicator_id.clone()).collect();
    // The task of a year stands beside the exits of that year.
    shown.extend(
        report.lines.iter().filter(|line| known.contains(&line.plan_id)).map(|line| line.plan_id.clone()),
    );
    assert!(known.len() > 30, "{known:?}");
    assert_eq!(known, shown);
}

/// Calls of each service's RPC since the process began.
fn calls(rpc: &str) -> BTreeMap<String, f64> {
    let text = telemetry::metrics().unwrap().render();
    let lines = text.lines().filter(|line| line.starts_with("xiuhua_rpc_calls_total{"));
    let mut found = BTreeMap::new();
    for line in lines.filter(|line| line.contains(&format!("/{rpc}\""))) {
        let service = line.split("service=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let count: f64 = line.rsplit(' ').next().unwrap().parse().unwrap();
        *found.entry(service.to_owned()).or_default() += count;
    }
    found
}

/// A report is one Measure of each service; indicators, snapshots and names are kept from the report before.
async fn services_are_asked_once(front: &Front) {
    let rpcs = ["Measure", "ListIndicators", "ListSnapshots", "ListDivisions"];
    front.report(PREFECTURE, None).await;
    let before = rpcs.map(calls);
    front.report(PREFECTURE, None).await;
    let after = rpcs.map(calls);
    for service in ["registry", "assistance", "partner-aid"] {
        let more = |at: usize| {
            let count = |calls: &BTreeMap<String, f64>| calls.get(service).copied().unwrap_or_default();
            count(&after[at]) - count(&before[at])
        };
        assert_eq!([0, 1, 2, 3].map(more), [1.0, 0.0, 0.0, 0.0], "{service}: {rpcs:?}");
    }
}

/// Whether a figure exists at the level of an area.
pub(crate) fn is_of_level(line: &ReportLine) -> bool {
    line.availability() != Availability::NotAtLevel
}
