//! Reports from services that have all, some or none of what is asked.

use std::time::Duration;

use bytes::Bytes;
use kernel::failure::{Failure, Reason};
use kernel::language::Language;
use prost::Message;
use prost_types::Timestamp;
use proto::common::value::Value as Exact;
use proto::common::{
    Additivity, AreaLevel, Availability as Answered, Cell, Evidence, Indicator, IndicatorKind, Label,
    ListEvidenceRequest, ListEvidenceResponse, ListIndicatorsResponse, MeasureRequest, MeasureResponse,
    Measurement, Period, Position, Ratio, Unit, Value, period,
};
use proto::xiuhua::gateway::v1::report_line::{Availability, FigureKind};
use proto::xiuhua::gateway::v1::report_service_client::ReportServiceClient;
use proto::xiuhua::gateway::v1::{
    CheckOutcome, GetReportRequest, ListReportEvidenceRequest, ListReportTemplatesRequest, Report,
    ReportLine, get_report_request,
};
use proto::xiuhua::registry::v1::{Division, ListDivisionsResponse, ListSnapshotsResponse, Snapshot};
use runtime::status::{Problem, to_status};
use tonic::{Code, Status};

use crate::suite::{Answer, Fake, Reply, Suite, collected, nobody, now};

const INDICATORS: &str = "/xiuhua.common.v1.ReportingService/ListIndicators";
const MEASURE: &str = "/xiuhua.common.v1.ReportingService/Measure";
const EVIDENCE: &str = "/xiuhua.common.v1.ReportingService/ListEvidence";
const SNAPSHOTS: &str = "/xiuhua.registry.v1.SnapshotService/ListSnapshots";
const DIVISIONS: &str = "/xiuhua.registry.v1.DivisionService/ListDivisions";

/// When the registered poor of 2015 were frozen.
const FROZEN: Timestamp = Timestamp { seconds: 1_506_787_200, nanos: 0 };
/// When the services read what is not pinned.
const READ: Timestamp = Timestamp { seconds: 1_507_510_000, nanos: 0 };

fn indicator(id: &str, unit: Unit, additivity: Additivity) -> Indicator {
    let kind = if id.ends_with("_planned") { IndicatorKind::Plan } else { IndicatorKind::Actual };
    Indicator {
        id: id.to_owned(),
        label: Some(Label { zh: format!("{id}标签"), ko: String::new(), en: format!("label of {id}") }),
        unit: unit.into(),
        kind: kind.into(),
        additivity: additivity.into(),
        definition: Some(Label {
            zh: "定义".to_owned(),
            ko: String::new(),
            en: "what is counted".to_owned(),
        }),
        ..Indicator::default()
    }
}

fn cell(area: &str, value: Exact) -> Cell {
    Cell {
        area: area.to_owned(),
        availability: Answered::Available.into(),
        value: Some(Value { value: Some(value) }),
    }
}

fn empty(availability: Answered) -> Cell {
    Cell { area: "222400".to_owned(), availability: availability.into(), value: None }
}

/// What a service counts for an indicator in the whole prefecture.
fn total(id: &str) -> Option<Cell> {
    let count = |number| Some(cell("222400", Exact::Count(number)));
    let ratio = |numerator, denominator| Some(cell("222400", Exact::Ratio(Ratio { numerator, denominator })));
    match id {
        "registry.national_poor_counties" => count(4),
        "registry.provincial_area_counties" => count(1),
        "registry.poor_villages" => count(304),
        "registry.poor_villages_share_of_province" => ratio(304, 1490),
        "registry.households_registered" => count(46_831),
        "registry.persons_registered" => count(85_102),
        "registry.persons_share_of_province" => Some(empty(Answered::Unavailable)),
        "registry.poverty_incidence" => ratio(85_102, 636_000),
        "registry.persons_exited" => count(30_877),
        "registry.annual_reduction_task_met" => Some(cell("222400", Exact::Flag(true))),
        "registry.persons_removed" => count(13_700),
        "registry.persons_remaining_forecast" => count(38_800),
        "registry.relapsed" => count(7),
        "housing.renovated" => count(3262),
        "housing.renovation_planned" => count(4987),
        "housing.renovation_started" => count(2000),
        "social_security.temp_relief_households" => count(0),
        "social_security.temp_relief_persons" => count(1241),
        "social_security.temp_relief_amount" => Some(cell("222400", Exact::Fen(109_012_345))),
        "partner_aid.mutual_visits" => count(11),
        _ => None,
    }
}

fn indicators(prefixes: &[&str]) -> Vec<Indicator> {
    let ids = [
        ("registry.national_poor_counties", Unit::County, Additivity::Additive),
        ("registry.provincial_area_counties", Unit::County, Additivity::Additive),
        ("registry.poor_villages", Unit::Village, Additivity::Additive),
        ("registry.poor_villages_share_of_province", Unit::Percent, Additivity::Ratio),
        ("registry.households_registered", Unit::Household, Additivity::Additive),
        ("registry.persons_registered", Unit::Person, Additivity::Additive),
        ("registry.persons_share_of_province", Unit::Percent, Additivity::Ratio),
        ("registry.poverty_incidence", Unit::Percent, Additivity::Ratio),
        ("registry.persons_exited", Unit::Person, Additivity::Additive),
        ("registry.annual_reduction_task_met", Unit::Flag, Additivity::None),
        ("registry.persons_removed", Unit::Person, Additivity::Additive),
        ("registry.persons_remaining_forecast", Unit::Person, Additivity::None),
        ("registry.relapsed", Unit::Household, Additivity::Additive),
        ("housing.renovated", Unit::Household, Additivity::Distinct),
        ("housing.renovation_planned", Unit::Household, Additivity::Additive),
        ("housing.renovation_started", Unit::Household, Additivity::Distinct),
        ("social_security.temp_relief_households", Unit::Household, Additivity::Distinct),
        ("social_security.temp_relief_persons", Unit::Person, Additivity::Distinct),
        ("social_security.temp_relief_amount", Unit::Yuan, Additivity::Additive),
        ("partner_aid.mutual_visits", Unit::Visit, Additivity::Additive),
    ];
    let own = |id: &str| prefixes.iter().any(|prefix| id.starts_with(prefix));
    ids.into_iter()
        .filter(|(id, _, _)| own(id))
        .map(|(id, unit, additivity)| indicator(id, unit, additivity))
        .collect()
}

/// One of two counties, and the prefecture's own row, of an additive count.
fn parts(whole: &Cell) -> (Vec<Cell>, Option<Cell>) {
    let number = match whole.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Exact::Count(number)) => *number,
        _ => return (Vec::new(), None),
    };
    let count = |area, number| cell(area, Exact::Count(number));
    (vec![count("222405", number / 2), count("222406", number - number / 2)], Some(count("222400", 0)))
}

fn measured(messages: &[Bytes]) -> Reply {
    let request = MeasureRequest::decode(messages[0].clone()).unwrap();
    let measurements = request.items.iter().map(|item| {
        let whole = total(&item.indicator).unwrap_or_else(|| empty(Answered::Unavailable));
        let grouped = request.group_by != i32::from(AreaLevel::Unspecified);
        let (divisions, own) = if grouped { parts(&whole) } else { (Vec::new(), None) };
        let note = if whole.value.is_none() { "no denominator".to_owned() } else { String::new() };
        Measurement {
            indicator: item.indicator.clone(),
            total: Some(whole),
            divisions,
            own,
            known_at: Some(item.known_at.unwrap_or(READ)),
            as_of: item.as_of.clone(),
            note,
        }
    });
    Reply::message(&MeasureResponse {
        measurements: measurements.collect(),
        known_at: Some(READ),
        position: Some(Position { token: "41.0".to_owned(), at: Some(READ) }),
        rests_on: Vec::new(),
    })
}

fn boxed(answer: impl Fn(&[Bytes]) -> Reply + Send + Sync + 'static) -> Answer {
    Box::new(answer)
}

fn reporting(prefixes: &'static [&'static str]) -> Vec<(&'static str, Answer)> {
    let listed = boxed(move |_| Reply::message(&ListIndicatorsResponse { indicators: indicators(prefixes) }));
    vec![(INDICATORS, listed), (MEASURE, boxed(measured))]
}

fn registry() -> Fake {
    let snapshot =
        Snapshot { code: "registered-2015".to_owned(), known_at: Some(FROZEN), ..Snapshot::default() };
    let snapshots = ListSnapshotsResponse { snapshots: vec![snapshot], next_page_token: String::new() };
    let division = |code: &str, zh: &str, ko: &str| Division {
        code: code.to_owned(),
        name_zh: zh.to_owned(),
        name_ko: ko.to_owned(),
        ..Division::default()
    };
    let divisions = vec![
        division("222401", "延吉市", "연길시"),
        division("222405", "龙井市", "룡정시"),
        division("222406", "和龙市", "화룡시"),
    ];
    let divisions = ListDivisionsResponse { divisions, next_page_token: String::new() };
    let mut answers = reporting(&["registry."]);
    answers.push((SNAPSHOTS, boxed(move |_| Reply::message(&snapshots))));
    answers.push((DIVISIONS, boxed(move |_| Reply::message(&divisions))));
    Fake::new(answers)
}

fn assistance() -> Fake {
    Fake::new(reporting(&["housing.", "social_security."]))
}

fn partner_aid() -> Fake {
    Fake::new(reporting(&["partner_aid."]))
}

fn asked() -> GetReportRequest {
    GetReportRequest { template: "prefecture-2017".to_owned(), ..GetReportRequest::default() }
}

async fn report(suite: &Suite, request: GetReportRequest) -> Result<Report, Status> {
    let mut client = ReportServiceClient::new(suite.gateway.clone());
    client.get_report(suite.request(request)).await.map(|answer| answer.into_inner().report.unwrap())
}

fn line<'r>(report: &'r Report, figure: &str) -> &'r ReportLine {
    report
        .lines
        .iter()
        .find(|line| line.figure_id == figure)
        .unwrap_or_else(|| panic!("{figure}: {report:?}"))
}

#[tokio::test]
async fn a_report_asks_each_service_once_and_compares_what_was_published() {
    let fakes = [registry(), assistance(), partner_aid()];
    let suite = Suite::before([fakes[0].serve().await, fakes[1].serve().await, fakes[2].serve().await]);
    let report_of = report(&suite, asked()).await.unwrap();
    assert_eq!(report_of.lines.len(), 30);
    assert_eq!(
        (report_of.area.as_str(), report_of.year, report_of.as_of.as_str()),
        ("222400", 2017, "2017-09-30")
    );

    let households = line(&report_of, "registry.households_registered_2015");
    assert_eq!((households.value, households.agrees, households.pinned), (Some(46_831.0), Some(true), true));
    assert_eq!((households.known_at, households.snapshot.as_str()), (Some(FROZEN), "registered-2015"));
    let incidence = line(&report_of, "registry.poverty_incidence_2015");
    assert!((incidence.value.unwrap() - 13.3808).abs() < 0.0001 && incidence.agrees == Some(true));
    let started = line(&report_of, "housing.renovation_started_2017");
    assert_eq!((started.agrees, started.pinned), (Some(false), false));
    assert_eq!((started.plan, started.plan_id.as_str()), (Some(4987.0), "housing.renovation_planned_2017"));
    assert!((started.rate.unwrap() - 40.1043).abs() < 0.0001);
    let met = line(&report_of, "registry.annual_reduction_task_met_2016");
    assert_eq!((met.value, met.unit.as_str(), met.agrees), (Some(1.0), "flag", Some(true)));
    assert_eq!((met.plan, met.rate, met.plan_id.as_str()), (None, None, ""));
    let paid = line(&report_of, "social_security.temp_relief_amount_2017");
    assert_eq!((paid.value, paid.unit.as_str(), paid.agrees), (Some(1_090_123.45), "CNY", Some(true)));
    assert_eq!(line(&report_of, "housing.renovation_planned_2017").kind(), FigureKind::Plan);
    let share = line(&report_of, "registry.persons_share_of_province_2015");
    assert_eq!((share.availability(), share.value, share.agrees), (Availability::Unavailable, None, None));
    assert_eq!(share.note, "no denominator");
    let further = report_of.lines.last().unwrap();
    assert_eq!(
        (further.figure_id.as_str(), further.section.as_str(), further.value),
        ("registry.relapsed", "further", Some(7.0))
    );
    assert_eq!((further.label.as_str(), further.unit.as_str()), ("label of registry.relapsed", "household"));
    assert!(!report_of.complete);
    let checks: Vec<_> =
        report_of.checks.iter().map(|check| (check.id.as_str(), check.outcome(), check.gap)).collect();
    assert_eq!(checks[0], ("R2", CheckOutcome::Broken, Some(1725.0)));
    assert_eq!((checks[1].0, checks[1].1), ("R3", CheckOutcome::Holds));
    assert_eq!(checks[2], ("R4", CheckOutcome::NotCheckable, None));
    assert_eq!((checks[3].0, checks[3].1, checks.len()), ("R5", CheckOutcome::Holds, 4));

    report(&suite, asked()).await.unwrap();
    for fake in &fakes {
        assert_eq!((fake.seen("ListIndicators").len(), fake.seen("Measure").len()), (1, 2));
    }
    // `published-2017` does not exist yet, so that it is asked for again.
    assert_eq!(fakes[0].seen("ListSnapshots").len(), 2);
    let measure = MeasureRequest::decode(fakes[1].seen("Measure")[0].messages[0].clone()).unwrap();
    let times: Vec<_> =
        measure.items.iter().map(|item| (item.period.clone().unwrap(), item.as_of.as_str())).collect();
    assert_eq!(times[0], (Period { period: Some(period::Period::Year(2016)) }, "2016-12-31"));
    assert_eq!(times[1], (Period { period: Some(period::Period::Year(2017)) }, "2017-09-30"));
    assert_eq!(times[2].1, "2017-06-30");
    // The plan to which it belongs is measured beside it, in the plan's own time.
    assert_eq!((measure.items[3].indicator.as_str(), &times[3]), ("housing.renovation_planned", &times[1]));
    assert_eq!(fakes[1].seen("Measure")[0].headers["x-request-id"], "test-1");
}

#[tokio::test]
async fn cells_have_names_and_add_up() {
    let suite =
        Suite::before([registry().serve().await, assistance().serve().await, partner_aid().serve().await]);
    let request =
        GetReportRequest { group_by: AreaLevel::County.into(), language: "ko".to_owned(), ..asked() };
    let report = report(&suite, request).await.unwrap();
    let villages = line(&report, "registry.poor_villages");
    let cells: Vec<_> =
        villages.cells.iter().map(|cell| (cell.area.as_str(), cell.label.as_str(), cell.value)).collect();
    // A county without rows is a zero; of ratios and plans nothing is known there.
    let counted = [
        ("222401", "연길시", Some(0.0)),
        ("222405", "룡정시", Some(152.0)),
        ("222406", "화룡시", Some(152.0)),
    ];
    assert_eq!(cells, counted);
    assert!(line(&report, "registry.poverty_incidence_2015").cells.is_empty());
    assert_eq!(villages.own.as_ref().unwrap().label, "본급");
    let outcome = |figure: &str| {
        report.checks.iter().find(|check| check.figure_ids == [figure]).map(|check| check.outcome())
    };
    assert_eq!(outcome("registry.poor_villages"), Some(CheckOutcome::Holds));
    assert_eq!(outcome("housing.renovated_2016"), None);
    assert_eq!(outcome("social_security.temp_relief_amount_2017"), Some(CheckOutcome::Broken));
}

#[tokio::test]
async fn a_line_asked_for_alone_has_its_plan_and_no_more() {
    let suite = Suite::before([registry().serve().await, assistance().serve().await, nobody().await]);
    let started = "housing.renovation_started_2017";
    let request = GetReportRequest { figure_ids: vec![started.to_owned()], ..asked() };
    let alone = report(&suite, request).await.unwrap();
    assert_eq!((alone.lines.len(), alone.lines[0].plan), (1, Some(4987.0)));
    // No check has all its figures here.
    assert!(alone.complete && alone.checks.is_empty());
    // In another year nothing was published that would imply a base.
    let of_2016 = report(&suite, GetReportRequest { year: 2016, ..asked() }).await.unwrap();
    let ids: Vec<&str> = of_2016.checks.iter().map(|check| check.id.as_str()).collect();
    assert_eq!(ids, ["R2"]);
    assert!(of_2016.checks[0].label.starts_with("registered 2014"), "{}", of_2016.checks[0].label);
}

#[tokio::test]
async fn a_missing_and_a_silent_service_are_said_so() {
    let silent = Fake::new([(INDICATORS, boxed(|_| Reply { never: true, ..Reply::default() }))]);
    let suite = Suite::before([registry().serve().await, silent.serve().await, nobody().await]);
    let mut request = suite.request(asked());
    request.set_timeout(Duration::from_secs(4));
    let mut client = ReportServiceClient::new(suite.gateway.clone());
    let report = client.get_report(request).await.unwrap().into_inner().report.unwrap();
    assert!(!report.complete);
    for figure in
        ["housing.renovated_2016", "social_security.temp_relief_amount_2017", "partner_aid.mutual_visits"]
    {
        let line = line(&report, figure);
        assert_eq!(
            (line.availability(), line.value, line.agrees),
            (Availability::Unavailable, None, None),
            "{figure}"
        );
        assert!(
            !line.note.is_empty() && !line.label.is_empty() && line.kind() != FigureKind::Unspecified,
            "{figure}"
        );
    }
    assert_eq!(line(&report, "registry.poor_villages").value, Some(304.0));
    let told: Vec<_> =
        report.sources.iter().map(|source| (source.service.as_str(), source.availability())).collect();
    assert_eq!(
        told,
        [
            ("assistance", Availability::Unavailable),
            ("partner-aid", Availability::Unavailable),
            ("registry", Availability::Available),
        ]
    );
}

#[tokio::test]
async fn without_the_registry_the_others_are_read_at_now() {
    let suite = Suite::before([nobody().await, assistance().serve().await, partner_aid().serve().await]);
    let report =
        report(&suite, GetReportRequest { group_by: AreaLevel::County.into(), ..asked() }).await.unwrap();
    let renovated = line(&report, "housing.renovated_2016");
    assert_eq!((renovated.value, renovated.pinned), (Some(3262.0), false));
    // Nobody knows the names of the counties.
    assert_eq!(renovated.cells[0].label, "222405");
    assert_eq!(line(&report, "registry.poor_villages").availability(), Availability::Unavailable);
}

#[tokio::test]
async fn what_the_caller_may_not_see_is_forbidden() {
    let mut answers = reporting(&["housing.", "social_security."]);
    let refused = to_status(
        &Failure::new(Reason::PermissionMissing).with("permission", "indicator.read"),
        Language::En,
    );
    answers[1].1 = boxed(move |_| Reply::status(refused.clone()));
    let suite = Suite::before([
        registry().serve().await,
        Fake::new(answers).serve().await,
        partner_aid().serve().await,
    ]);
    let report = report(&suite, asked()).await.unwrap();
    let renovated = line(&report, "housing.renovated_2016");
    assert_eq!((renovated.availability(), renovated.value), (Availability::Forbidden, None));
    assert!(renovated.note.contains("indicator.read") && !report.complete);
}

#[tokio::test]
async fn the_request_itself_is_checked() {
    let suite =
        Suite::before([registry().serve().await, assistance().serve().await, partner_aid().serve().await]);
    let known = |code: &str| Some(get_report_request::Known::Snapshot(code.to_owned()));
    for (request, reason) in [
        (GetReportRequest { template: "nothing".to_owned(), ..asked() }, "TEMPLATE_UNKNOWN"),
        (GetReportRequest { area: "2224".to_owned(), ..asked() }, "AREA_UNKNOWN"),
        (GetReportRequest { area: "220000".to_owned(), ..asked() }, "AREA_FORBIDDEN"),
        (GetReportRequest { as_of: "2017-02-30".to_owned(), ..asked() }, "DATE_INVALID"),
        (GetReportRequest { language: "fr".to_owned(), year: 17, ..asked() }, "VALIDATION_FAILED"),
        (GetReportRequest { figure_ids: vec!["registry.unicorns".to_owned()], ..asked() }, "FIGURE_UNKNOWN"),
        (GetReportRequest { known: known("never-made"), ..asked() }, "SNAPSHOT_UNKNOWN"),
        (
            GetReportRequest { min_feed_positions: vec!["registry".to_owned()], ..asked() },
            "RESUME_TOKEN_INVALID",
        ),
    ] {
        let status = report(&suite, request.clone()).await.unwrap_err();
        assert_eq!(Problem::of(&status).reason, reason, "{request:?}");
    }
    let mut client = ReportServiceClient::new(suite.gateway.clone());
    let status =
        client.get_report(suite.request_of("village_cadre", &["222405100201"], asked())).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
}

#[tokio::test]
async fn another_year_or_snapshot_is_another_report() {
    let registry = registry();
    let suite =
        Suite::before([registry.serve().await, assistance().serve().await, partner_aid().serve().await]);
    let of_2016 = report(&suite, GetReportRequest { year: 2016, ..asked() }).await.unwrap();
    assert_eq!(of_2016.as_of, "2016-12-31");
    let households = line(&of_2016, "registry.households_registered_2014");
    assert_eq!((households.published_value, households.agrees, households.pinned), (None, None, false));
    let known = Some(get_report_request::Known::Snapshot("registered-2015".to_owned()));
    let frozen = report(&suite, GetReportRequest { known, ..asked() }).await.unwrap();
    assert!(frozen.lines.iter().all(|line| line.pinned && line.known_at == Some(FROZEN)));
    assert_eq!(frozen.snapshot, "registered-2015");
}

#[tokio::test]
async fn followers_are_awaited() {
    let mut answers = reporting(&["housing.", "social_security."]);
    let looks = std::sync::atomic::AtomicI64::new(0);
    answers[1].1 = boxed(move |messages| {
        let reply = measured(messages);
        let mut answer = MeasureResponse::decode(reply.messages[0].as_slice()).unwrap();
        let token = format!("{}.0", 8 + looks.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
        let position = Some(Position { token, at: None });
        answer.rests_on = vec![proto::common::FeedPosition { service: "registry".to_owned(), position }];
        Reply::message(&answer)
    });
    let assistance = Fake::new(answers);
    let suite =
        Suite::before([registry().serve().await, assistance.serve().await, partner_aid().serve().await]);
    let floors = vec!["registry=10.0".to_owned()];
    let report = report(&suite, GetReportRequest { min_feed_positions: floors, ..asked() }).await.unwrap();
    assert_eq!(line(&report, "housing.renovated_2016").value, Some(3262.0));
    let source = report.sources.iter().find(|source| source.service == "assistance").unwrap();
    assert_eq!(source.rests_on[0].position.as_ref().unwrap().token, "10.0");
    assert_eq!(assistance.seen("Measure").len(), 3);
}

#[tokio::test]
async fn evidence_is_of_the_very_item_that_is_measured() {
    let mut answers = reporting(&["registry."]);
    let snapshot =
        Snapshot { code: "registered-2015".to_owned(), known_at: Some(FROZEN), ..Snapshot::default() };
    let snapshots = ListSnapshotsResponse { snapshots: vec![snapshot], next_page_token: String::new() };
    answers.push((SNAPSHOTS, boxed(move |_| Reply::message(&snapshots))));
    let page = |contribution, token: &str| {
        let evidence = vec![Evidence { contribution, ..Evidence::default() }];
        ListEvidenceResponse { evidence, resume_token: token.to_owned(), known_at: Some(FROZEN) }
            .encode_to_vec()
    };
    answers.push((EVIDENCE, boxed(move |_| Reply::messages([page(1, "a"), page(2, "b")]))));
    let registry = Fake::new(answers);
    let suite = Suite::before([registry.serve().await, nobody().await, nobody().await]);
    let request = ListReportEvidenceRequest {
        template: "prefecture-2017".to_owned(),
        figure_id: "registry.persons_registered_2015".to_owned(),
        resume_token: "0".to_owned(),
        ..ListReportEvidenceRequest::default()
    };
    let mut client = ReportServiceClient::new(suite.gateway.clone());
    let stream = client.list_report_evidence(suite.request(request.clone())).await.unwrap();
    let (pages, status) = collected(stream.into_inner()).await;
    assert!(status.is_none(), "{status:?}");
    assert_eq!(pages.iter().map(|page| page.resume_token.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    report(&suite, asked()).await.unwrap();
    let measure = MeasureRequest::decode(registry.seen("Measure")[0].messages[0].clone()).unwrap();
    let item = measure.items.into_iter().find(|item| item.indicator == "registry.persons_registered");
    let evidence = ListEvidenceRequest::decode(registry.seen("ListEvidence")[0].messages[0].clone()).unwrap();
    assert_eq!((evidence.item, evidence.resume_token.as_str()), (item, "0"));
    let unknown = ListReportEvidenceRequest { figure_id: "unicorns".to_owned(), ..request };
    let status = client.list_report_evidence(suite.request(unknown)).await.unwrap_err();
    assert_eq!(Problem::of(&status).reason, "FIGURE_UNKNOWN");
}

#[tokio::test]
async fn templates_are_told() {
    let suite = Suite::before([nobody().await, nobody().await, nobody().await]);
    let mut client = ReportServiceClient::new(suite.gateway.clone());
    let answer = client.list_report_templates(suite.request(ListReportTemplatesRequest {})).await.unwrap();
    let template = &answer.into_inner().templates[0];
    assert_eq!((template.id.as_str(), template.figure_ids.len()), ("prefecture-2017", 29));
    assert!(template.figure_ids.contains(&"partner_aid.mutual_visits".to_owned()));
}

#[tokio::test]
async fn the_json_of_a_report_is_a_promise() {
    let suite = Suite::before([registry().serve().await, assistance().serve().await, nobody().await]);
    let figures = [
        "registry.households_registered_2015",
        "registry.poverty_incidence_2015",
        "social_security.temp_relief_households_2017",
        "social_security.temp_relief_amount_2017",
        "partner_aid.mutual_visits",
    ];
    let request = GetReportRequest { figure_ids: figures.map(str::to_owned).to_vec(), ..asked() };
    let report = report(&suite, request).await.unwrap();
    let (seconds, nanos) = now().seconds_and_nanos();
    assert_eq!(report.composed_at, Some(Timestamp { seconds, nanos }));
    let json = gateway::json::report_json(&report).unwrap();
    assert_eq!(json, include_str!("golden/report.json").trim_end());
    let read: serde_json::Value = serde_json::from_str(&json).unwrap();
    for line in read["lines"].as_array().unwrap() {
        assert_eq!(line["availability"] == "AVAILABLE", line["value"].is_number(), "{line}");
        assert!(
            line["figureId"].is_string() && line["unit"].is_string() && line["kind"].is_string(),
            "{line}"
        );
    }
}
