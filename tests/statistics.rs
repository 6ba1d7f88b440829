//! Published figures for other systems: reports as files over HTTP, and as SDMX, read by a client of statistics agencies.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use gateway::report::formats::Format;
use proto::common::AreaLevel;
use proto::xiuhua::gateway::v1::report_line::{Availability, FigureKind};
use proto::xiuhua::gateway::v1::report_service_client::ReportServiceClient;
use proto::xiuhua::gateway::v1::{GetReportRequest, Report};
use serde_json::Value;
use suite::counties::{HOUSEHOLDS, LONGJING, load};
use suite::demonstrated::TEMPLATE;
use suite::fixtures::{PREFECTURE, VILLAGE, divisions, id_number};
use suite::front::gateway;
use suite::harness::{Harness, on_each};
use suite::tools::{example, output, python};
use suite::web::Web;

/// Households in a county, and nothing else: most lines of the report are missing.
async fn counted(harness: &mut Harness) -> Web {
    gateway(harness).await;
    divisions(harness).await;
    let rows = [1, 2, 3].map(|number| {
        let mut cells = LONGJING.household_row("", "");
        cells[3] = format!("{VILLAGE}{number:0>3}");
        cells[5] = id_number("1955-03-08", number);
        cells
    });
    let loaded = load(harness, &LONGJING, "registry", "registry.households", HOUSEHOLDS, &rows).await;
    assert_eq!(loaded.reasons(), []);
    for db in harness.databases.values() {
        db.closed_now().await.unwrap();
    }
    let token = harness.token("data_exchange", &[PREFECTURE]);
    Web::new(harness, &token)
}

async fn report(harness: &Harness) -> Report {
    let client = harness.client("gateway", &harness.token("data_exchange", &[PREFECTURE]));
    let request = GetReportRequest {
        template: TEMPLATE.to_owned(),
        group_by: AreaLevel::County.into(),
        ..GetReportRequest::default()
    };
    ReportServiceClient::new(client).get_report(request).await.unwrap().into_inner().report.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_comes_as_a_file_in_every_format() {
    on_each(async |mut harness| {
        let web = counted(&mut harness).await;
        let expected = report(&harness).await;
        for format in Format::ALL {
            let path = format!("/v1/reports/{TEMPLATE}/file?format={}&groupBy=county", format.name());
            let file = web.get_with(&path, &[]).await;
            assert_eq!(file.status, 200, "{file:?}");
            assert_eq!(file.header("content-type"), format.media_type());
            assert_eq!(file.header("x-xiuhua-complete"), "false");
            let name = format!("filename=\"{TEMPLATE}-222400-2017.{}\"", format.name());
            assert!(
                file.header("content-disposition").ends_with(&name),
                "{}",
                file.header("content-disposition")
            );
            match format {
                Format::Xlsx => {
                    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(file.body)).unwrap();
                    let sheet = book.worksheet_range_at(0).unwrap().unwrap();
                    let rows: Vec<&[Data]> = sheet.rows().skip(3).take(expected.lines.len()).collect();
                    for (row, line) in rows.iter().zip(&expected.lines) {
                        assert_eq!(row[0].to_string(), line.label);
                        let value = line.value.map_or(Data::String("—".to_owned()), Data::Float);
                        assert_eq!(row[1], value, "{}", line.figure_id);
                    }
                }
                Format::Json => {
                    assert_eq!(file.json()["lines"].as_array().unwrap().len(), expected.lines.len())
                }
                Format::Csv | Format::Markdown | Format::Html => {
                    let text = String::from_utf8(file.body.to_vec()).unwrap();
                    assert!(expected.lines.iter().all(|line| text.contains(&line.label)), "{text}");
                }
            }
        }
        for (query, status, reason) in [
            ("", 400, "VALIDATION_FAILED"),
            ("format=pdf", 400, "VALIDATION_FAILED"),
            ("format=csv&area=220100", 403, "AREA_FORBIDDEN"),
        ] {
            let refused = web.get(&format!("/v1/reports/{TEMPLATE}/file?{query}")).await;
            let told = refused.refusal();
            assert!(told.starts_with(&format!("{status} {reason}")), "{query}: {told}");
        }
        let unknown = web.get("/v1/reports/nothing/file?format=csv").await;
        assert_eq!(unknown.refusal(), "404 TEMPLATE_UNKNOWN");
    })
    .await;
}

/// Value, unit and status of each line and cell, by area and indicator.
type Table = BTreeMap<(String, String), (Option<f64>, String)>;

/// A row of what the client prints.
#[derive(serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Row {
    ref_area: String,
    indicator: String,
    time_period: String,
    #[serde(rename = "value")]
    value: Option<f64>,
    unit: String,
    obs_status: String,
}

impl Row {
    fn read(self) -> ((String, String), (Option<f64>, String)) {
        assert_eq!((self.time_period.as_str(), self.unit.is_empty()), ("2017", false));
        ((self.ref_area, self.indicator), (self.value, self.obs_status))
    }
}

fn table(report: &Report) -> Table {
    let mut table = Table::new();
    let status = |forecast: bool, availability, value: Option<f64>| match (availability, value) {
        (Availability::Available, Some(_)) if forecast => "F",
        (Availability::Available, Some(_)) => "A",
        (Availability::Forbidden, _) => "Q",
        (Availability::NotAtLevel, _) => "M",
        _ => "O",
    };
    for line in &report.lines {
        let indicator = line.figure_id.replace('.', "-");
        let own = (report.area.clone(), line.value, line.availability());
        let cells = line.cells.iter().map(|cell| (cell.area.clone(), cell.value, cell.availability()));
        for (area, value, availability) in std::iter::once(own).chain(cells) {
            let forecast = line.kind() == FigureKind::Forecast;
            let status = status(forecast, availability, value).to_owned();
            table.insert((area, indicator.clone()), (value, status));
        }
    }
    table
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_statistics_reads_the_report() {
    on_each(async |mut harness| {
        let web = counted(&mut harness).await;
        let expected = table(&report(&harness).await);
        let token = harness.token("data_exchange", &[PREFECTURE]);
        let Some(python) = python() else { return };
        let read = async |wanted: &[&str]| -> Table {
            let mut command = example(&python, &format!("http://{}", web.address), &token);
            command.args(["figures.py", TEMPLATE, "2017"]).args(wanted);
            let printed = output(command, "").await;
            let mut rows = csv::Reader::from_reader(printed.as_bytes());
            rows.deserialize().map(|row| row.unwrap()).map(Row::read).collect()
        };
        let everything = read(&[]).await;
        assert_eq!(everything, expected);
        let households = ("222405".to_owned(), "registry-households_registered_2015".to_owned());
        assert_eq!(everything[&households], (Some(3.0), "A".to_owned()));
        let missing = everything.values().filter(|(value, _)| value.is_none()).count();
        assert!(missing > 5, "{missing}");
        assert!(
            everything.values().all(|(value, status)| value.is_some() == (status == "A" || status == "F"))
        );
        // Who takes figures over sees no record, and not which were counted.
        for path in ["/v1/households", &format!("/v1/reports/{TEMPLATE}:evidence")] {
            assert_eq!(web.get(path).await.refusal(), "403 PERMISSION_MISSING", "{path}");
        }

        // A key by names of dimensions is checked by the client against the keys that it asks for first.
        let (area, indicator) = &households;
        let one = Table::from([(households.clone(), everything[&households].clone())]);
        let wanted = [format!("REF_AREA={area}"), format!("INDICATOR={indicator}")];
        assert_eq!(read(&wanted.each_ref().map(String::as_str)).await, one);
        let key =
            web.get(&format!("/sdmx/data/{TEMPLATE}/A.{area}.{indicator}?startPeriod=2017")).await.json();
        let series = &key["data"]["dataSets"][0]["series"];
        assert_eq!(series["0:0:0"]["observations"]["0"][0], 3.0, "{series}");
        assert_eq!(series.as_object().unwrap().len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_form_is_the_usual_one_and_flows_are_listed() {
    on_each(async |mut harness| {
        let web = counted(&mut harness).await;
        let data = web.get(&format!("/sdmx/data/{TEMPLATE}/all")).await;
        assert_eq!(data.status, 200, "{data:?}");
        assert_eq!(data.header("content-type"), "application/vnd.sdmx.data+json;version=2.0.0");
        let message = data.json();
        let structure = &message["data"]["structures"][0];
        let ids = |part: &Value| -> Vec<String> {
            part.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids(&structure["dimensions"]["series"]), ["FREQ", "REF_AREA", "INDICATOR"]);
        assert_eq!(ids(&structure["dimensions"]["observation"]), ["TIME_PERIOD"]);
        assert_eq!(ids(&structure["measures"]["observation"]), ["OBS_VALUE"]);
        let observations: usize = message["data"]["dataSets"][0]["series"]
            .as_object()
            .unwrap()
            .values()
            .map(|series| series["observations"].as_object().unwrap().len())
            .sum();
        assert_eq!(observations, table(&report(&harness).await).len());

        let keys =
            web.get(&format!("/sdmx/data/XIUHUA,{TEMPLATE},1.0/..?detail=serieskeysonly")).await.json();
        let series = keys["data"]["dataSets"][0]["series"].as_object().unwrap();
        assert!(
            !series.is_empty()
                && series.values().all(|series| series["observations"] == serde_json::json!({}))
        );

        let flows = web.get("/sdmx/dataflow/XIUHUA/all/latest").await.json();
        assert_eq!(flows["data"]["dataflows"][0]["id"], TEMPLATE);
        let one = web.get(&format!("/sdmx/dataflow/XIUHUA/{TEMPLATE}")).await.json();
        assert_eq!(one["data"]["dataflows"].as_array().unwrap().len(), 1);
        for (path, status) in [
            ("/sdmx/dataflow/XIUHUA/nothing/latest".to_owned(), 404),
            ("/sdmx/data/%FF/all".to_owned(), 404),
            (format!("/sdmx/data/{TEMPLATE}/M.."), 400),
            (format!("/sdmx/data/{TEMPLATE}/A.220100."), 403),
            ("/sdmx/data/nothing/all".to_owned(), 404),
        ] {
            assert_eq!(web.get(&path).await.status.as_u16(), status, "{path}");
        }
    })
    .await;
}
