//! Known numbers of known people are nowhere in clear: not in a file, not in a table, not in a text for anybody.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use kernel::mask;
use proto::common::import_rows_request::Part as Asked;
use proto::common::import_rows_response::Part as Told;
use proto::common::table_service_client::TableServiceClient;
use proto::common::{ImportBatch, ImportEnd, ImportHeader, ImportRowsRequest, Row};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use proto::xiuhua::registry::v1::person_service_client::PersonServiceClient;
use runtime::telemetry;
use store::{Dialect, Value};
use suite::counties::{self, HOUSEHOLDS, LONGJING, MEMBERS, RELIEFS};
use suite::fixtures::{COUNTY, VILLAGE, divisions, id_number, meta, new_household};
use suite::harness::{Harness, on_each, request_id};
use suite::table::{header, row};
use tonic::Status;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

const PEOPLE: u32 = 1_000;

/// Everything that must not be found: ID numbers, their first 17 digits, certificates, telephones, accounts.
struct Known(Vec<String>);

impl Known {
    /// Those of everybody in this file.
    fn new() -> Self {
        let mut known = Vec::new();
        for person in 0..PEOPLE {
            let id = id_of(person);
            known.push(id[..17].to_owned());
            known.push(id);
            known.push(phone_of(person));
            known.push(account_of(person));
        }
        known.push(certificate());
        Self(known)
    }

    /// The first of them in some bytes, masked.
    fn first_in(&self, bytes: &[u8]) -> Option<String> {
        // Digits are rare in what is searched: only where a run of them is long enough can there be a number.
        let mut found = None;
        for run in bytes.split(|byte| !byte.is_ascii_digit() && *byte != b'X') {
            if run.len() >= 11 {
                let text = String::from_utf8_lossy(run);
                found = self.0.iter().find(|number| text.contains(number.as_str()));
            }
            if found.is_some() {
                break;
            }
        }
        found.map(|number| mask::id_number(number))
    }
}

fn id_of(person: u32) -> String {
    let day = format!("19{:02}-{:02}-{:02}", 40 + person % 50, 1 + person % 12, 1 + person % 28);
    id_number(&day, person)
}

fn phone_of(person: u32) -> String {
    format!("1384433{:04}", 1_000 + person * 7)
}

fn account_of(person: u32) -> String {
    format!("622202{:013}", 8_800_000_000_u64 + u64::from(person) * 7_919)
}

fn certificate() -> String {
    format!("{}43", id_of(3))
}

fn household_rows(people: std::ops::Range<u32>) -> Vec<Vec<String>> {
    people
        .map(|person| {
            let mut cells = LONGJING.household_row(&phone_of(person), &account_of(person));
            cells[3] = format!("h-{person}");
            cells[5] = id_of(person);
            cells
        })
        .collect()
}

fn member_rows(people: std::ops::Range<u32>) -> Vec<Vec<String>> {
    let cells = |person: u32| {
        let number = if person == 3 { certificate() } else { id_of(person) };
        row(&[
            &format!("h-{person}"),
            &format!("m-{person}"),
            "金某",
            "",
            &number,
            "",
            "户主",
            "残疾",
            "",
            "",
        ])
    };
    people.map(cells).collect()
}

fn relief_rows(people: std::ops::Range<u32>) -> Vec<Vec<String>> {
    let cells = |person: u32| {
        row(&[
            "龙井市",
            "朝阳川镇",
            "龙岩村",
            &format!("h-{person}"),
            "金某",
            &id_of(person),
            "火灾",
            "1",
            "否",
            "2017-03-01",
            "2017-03-02",
            "1200",
            "2017-03-20",
            "1200",
            &account_of(person),
        ])
    };
    people.map(cells).collect()
}

/// The log of the whole process, as its most talkative reader would have it.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Begins to listen; a second call hears nothing more than the first.
fn listening() -> Log {
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(move || writer.clone());
    let filter =
        tracing_subscriber::EnvFilter::new("debug,record=trace,store=trace,runtime=trace,registry=trace");
    tracing_subscriber::registry().with(filter).with(lines).try_init().unwrap();
    log
}

/// All files below a folder with what is in them.
fn scan(folder: &Path, known: &Known, scanned: &mut usize) {
    // What another test's dry run takes away meanwhile is none of ours.
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            scan(&path, known, scanned);
        } else if let Ok(bytes) = std::fs::read(&path) {
            *scanned += bytes.len();
            assert_eq!(known.first_in(&bytes), None, "{}", path.display());
        }
    }
}

/// Every cell of every table of a service, as text.
async fn scan_tables(harness: &Harness, service: &str, known: &Known) {
    let db = &harness.databases[service];
    let sqlite = db.dialect() == Dialect::Sqlite;
    let tables = if sqlite {
        db.all("SELECT name FROM sqlite_master WHERE type = 'table'", &[]).await.unwrap()
    } else {
        let schema = format!("{}_{service}", harness.schema);
        let sql = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = $1";
        db.all(sql, &[Value::from(schema.as_str())]).await.unwrap()
    };
    assert!(tables.len() > 8, "{}", tables.len());
    let mut rows = 0;
    for table in tables {
        let name = table.text(0).to_owned();
        let sql = if sqlite {
            format!("SELECT * FROM \"{name}\"")
        } else {
            format!("SELECT t::text FROM \"{name}\" t")
        };
        for row in db.all(&sql, &[]).await.unwrap() {
            rows += 1;
            let text = row.values.iter().fold(String::new(), |mut text, value| {
                let _written = write!(text, "{value:?}|");
                text
            });
            assert_eq!(known.first_in(text.as_bytes()), None, "{service} {name}");
        }
    }
    assert!(rows > 100, "{service}: {rows}");
}

fn assert_silent(known: &Known, what: &str, status: &Status) {
    let text = format!("{status:?}");
    assert_eq!(known.first_in(text.as_bytes()), None, "{what}");
    assert_eq!(known.first_in(status.details()), None, "{what}");
}

/// Refusals of calls that carry numbers: none of them repeats one.
async fn provoke(harness: &Harness, known: &Known) {
    let client = || harness.client("registry", &harness.token("data_steward", &[COUNTY]));
    let person = |id: String, birth: &str| p::CreatePersonRequest {
        request_id: request_id(),
        person: Some(p::Person {
            meta: meta(VILLAGE, "2015-01-01"),
            full_name: "金某".to_owned(),
            id_number: id,
            birth_date: birth.to_owned(),
            ..p::Person::default()
        }),
        ..p::CreatePersonRequest::default()
    };
    let mut wrong = id_of(7);
    wrong.pop();
    let cases = [person(id_of(5), ""), person(id_of(160), "1999-01-01"), person(format!("{wrong}?"), "")];
    for request in cases {
        let status = PersonServiceClient::new(client()).create_person(request).await.unwrap_err();
        assert_silent(known, "a person", &status);
    }
    let household = p::Household {
        head_id_number: format!("{}9", id_of(8)),
        phone: format!("{}*", phone_of(8)),
        bank_account: format!("*{}", account_of(8)),
        ..new_household("h-1", VILLAGE, "2015-01-01")
    };
    let create = p::CreateHouseholdRequest {
        request_id: request_id(),
        household: Some(household),
        ..p::CreateHouseholdRequest::default()
    };
    let status = HouseholdServiceClient::new(client()).create_household(create).await.unwrap_err();
    assert_silent(known, "a household", &status);
    let name = format!("persons/{}", id_of(9));
    let get = p::GetPersonRequest { name, ..p::GetPersonRequest::default() };
    let status = PersonServiceClient::new(client()).get_person(get).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::NotFound);
}

/// Rows that are refused, with the numbers of people.
async fn refused_rows(harness: &Harness, known: &Known) {
    let mut rows = member_rows(0..3);
    rows[0][3] = "不明".to_owned();
    rows[1][5] = "1901-01-01".to_owned();
    rows[2][4] = format!("{}1", id_of(2));
    let token = harness.token("data_steward", &[COUNTY]);
    let head = header("registry.members", COUNTY, "2015-12-31", MEMBERS);
    let done = suite::table::import(harness.client("registry", &token), head, &rows).await.unwrap();
    assert_eq!(done.counts().3, 3, "{:?}", done.reasons());
    for error in &done.errors {
        assert_eq!(known.first_in(format!("{error:?}").as_bytes()), None, "row {}", error.row);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "dry runs keep their files where the system keeps temporary ones"
)]
fn temporary() -> std::path::PathBuf {
    std::env::temp_dir()
}

/// A dry run that is held open after its rows were decided, so that its own files can be looked at.
async fn dry_run(harness: &Harness, known: &Known) {
    let token = harness.token("data_steward", &[COUNTY]);
    let part = |part| ImportRowsRequest { part: Some(part) };
    let (sender, receiver) = tokio::sync::mpsc::channel(4);
    let head = ImportHeader {
        validate_only: true,
        ..header("registry.households", COUNTY, "2015-12-31", HOUSEHOLDS)
    };
    sender.send(part(Asked::Header(head))).await.unwrap();
    let rows = household_rows(100..PEOPLE).into_iter().map(|cells| Row { cells, ..Row::default() }).collect();
    sender.send(part(Asked::Batch(ImportBatch { first_row: 1, rows }))).await.unwrap();
    let asked = tokio_stream::wrappers::ReceiverStream::new(receiver);
    let mut service = TableServiceClient::new(harness.client("registry", &token));
    let mut answers = service.import_rows(asked).await.unwrap().into_inner();
    while let Some(told) = answers.message().await.unwrap() {
        if let Some(Told::Progress(progress)) = told.part {
            assert_eq!(progress.accepted, i64::from(PEOPLE - 100));
            break;
        }
    }
    let mut scanned = 0;
    for entry in std::fs::read_dir(temporary()).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with("xiuhua-dry-run-") {
            scan(&entry.path(), known, &mut scanned);
        }
    }
    assert!(scanned > 100_000, "{scanned} bytes of a dry run");
    sender.send(part(Asked::End(ImportEnd::default()))).await.unwrap();
    drop(sender);
    while answers.message().await.unwrap().is_some() {}
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let known = Known::new();
    assert_eq!(known.0.len() as u32, PEOPLE * 4 + 1);
    for text in [id_of(7), phone_of(8), account_of(9), certificate(), id_of(3)[..17].to_owned()] {
        assert!(
            known.first_in(format!("\u{1}…{text}\u{0}x").as_bytes()).is_some(),
            "{}",
            mask::id_number(&text)
        );
    }
    assert_eq!(known.first_in(b"22240519390101000 2017-10-15 12345678901"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_number_of_anybody_is_in_clear_anywhere() {
    let known = Known::new();
    let log = listening();
    let metrics = telemetry::metrics().unwrap();
    on_each(async |harness| {
        divisions(&harness).await;
        let half = 0..PEOPLE / 2;
        for (service, table, columns, rows) in [
            ("registry", "registry.households", HOUSEHOLDS, household_rows(half.clone())),
            ("registry", "registry.members", MEMBERS, member_rows(half.clone())),
            ("assistance", "social_security.temporary_reliefs", RELIEFS, relief_rows(half.clone())),
        ] {
            let done = counties::load(&harness, &LONGJING, service, table, columns, &rows).await;
            assert_eq!((done.reasons(), done.counts().0), (vec![], i64::from(half.end)), "{table}");
        }
        provoke(&harness, &known).await;
        refused_rows(&harness, &known).await;
        dry_run(&harness, &known).await;
        let mut scanned = 0;
        scan(harness.folder(), &known, &mut scanned);
        if harness.databases["registry"].dialect() == Dialect::Sqlite {
            assert!(scanned > 500_000, "{scanned} bytes of databases");
        }
        for service in ["registry", "assistance"] {
            scan_tables(&harness, service, &known).await;
        }
    })
    .await;
    let text = metrics.render();
    assert!(text.contains("xiuhua_rpc_calls_total") && text.contains("CreatePerson"));
    assert_eq!(known.first_in(text.as_bytes()), None, "metrics");
    let log = log.0.lock().unwrap_or_else(PoisonError::into_inner);
    let said = String::from_utf8_lossy(&log);
    assert!(said.contains("answered") && said.contains("refused"), "the log was heard");
    assert_eq!(known.first_in(&log), None, "log");
}
