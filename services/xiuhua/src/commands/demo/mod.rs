//! `demo`: the whole suite in one process, loaded with the demonstration prefecture through its public gRPC.

mod farewell;
pub mod loading;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kernel::clock::{Clock, SystemClock};
use kernel::randomness::SystemRandomness;
use proto::common::AreaLevel;
use proto::xiuhua::gateway::v1::{CheckOutcome, GetReportRequest, Report};
use proto::xiuhua::registry::v1::ListDivisionsRequest;
use runtime::config::{DatabaseUrl, LogConfig, TelemetryConfig};
use runtime::keys::Keys;
use runtime::telemetry;
use runtime::token::{EVERYWHERE, Grant, Issuer};
use tempfile::TempDir;
use tokio::time::Instant;

use super::{Manner, print, print_line};
use crate::arguments::Demo;
use crate::client::{Connection, patient};
use crate::demonstration::Demonstration;
use crate::exit::{Exit, Stop};
use crate::progress::Progress;
use crate::report::{self, Compared};
use crate::suite::{Store, Suite, SuiteOptions, started};
use crate::words;
use loading::{Loading, Step};

/// Template and division of the report.
const TEMPLATE: &str = "prefecture-2017";
/// See [`TEMPLATE`].
const PREFECTURE: &str = "222400";

/// How long the ready-made tokens live.
const TOKEN_LIFETIME: Duration = Duration::from_secs(12 * 3600);

/// Starts, loads, prints the report and serves on.
pub(crate) async fn run(asked: Demo, manner: Manner) -> Result<(), Stop> {
    let log = LogConfig { filter: "warn".to_owned(), ..LogConfig::default() };
    telemetry::start(&log, &TelemetryConfig::default(), crate::suite::PROCESS)?;
    let stop = super::serve::stop_signal()?;
    let started = Instant::now();
    let place = Place::of(&asked)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut options = SuiteOptions::new(place.store.clone(), clock, place.keys.clone());
    options.config.listen.clone_from(&asked.listen);
    let suite = Suite::start(options).await?;
    suite.ready().await;
    let progress = Progress::new(manner.quiet);
    let language = manner.language;
    progress.say(&words::MADE_UP.fill(language, &[("seed", &asked.seed)]));
    let line = step_line(words::STARTING.text(language), None, started.elapsed(), manner);
    progress.say(&line);
    let outcome = tokio::select! {
        () = stop.cancelled() => Err(Stop::unavailable(words::STOPPED.text(language))),
        outcome = shown(&asked, &suite, &progress, manner) => outcome,
    };
    if outcome.is_ok() && !asked.exit {
        print(&farewell::lines(&suite, manner)?)?;
        tokio::select! {
            () = stop.cancelled() => {}
            () = suite.ended() => {}
        }
        progress.say(words::STOPPING.text(language));
    }
    let ended = suite.shutdown().await;
    let compared = outcome?;
    ended?;
    if compared.differ > 0 { Err(Stop { exit: Exit::Refused, lines: Vec::new() }) } else { Ok(()) }
}

/// Loads and prints the report.
async fn shown(asked: &Demo, suite: &Suite, progress: &Progress, manner: Manner) -> Result<Compared, Stop> {
    let language = manner.language;
    let issuer = suite.issuer()?;
    let connection = Connection::new(&suite.url(), None, language)?;
    refuse_records(&connection.with_token(&token(&issuer, "data_steward", EVERYWHERE)?)?, manner).await?;
    let started = Instant::now();
    let demonstration = Arc::new(Demonstration::new(asked.seed));
    let (issuer, connection) = (&issuer, &connection);
    let loading = Loading { issuer, connection, demonstration, county: None, progress, manner };
    let mut steps = loading.run().await?;
    let loaded = started.elapsed();
    let started = Instant::now();
    let office = connection.with_token(&token(issuer, "prefecture_office", PREFECTURE)?)?;
    let answer = report_of(&office, manner).await?;
    let title = words::REPORT.fill(language, &[("template", &TEMPLATE)]);
    progress.say(&step_line(&title, None, started.elapsed(), manner));
    steps.push(Step { table: title, rows: 0, warnings: 0, took: started.elapsed() });

    print(&(report::table(&on_paper(&answer), language).join("\n") + "\n\n"))?;
    let compared = Compared::of(&answer);
    print_line(&compared.line(language))?;
    if let Some(path) = &asked.json {
        write(path, &super::report::json(&answer, language)?)?;
    }
    if !manner.quiet {
        print(&farewell::sums(&steps, loaded, manner))?;
    }
    Ok(compared)
}

/// Where the demonstration lives, and its keys.
struct Place {
    store: Store,
    keys: Keys,
    /// A temporary folder goes when this does.
    _temporary: Option<TempDir>,
}

impl Place {
    fn of(asked: &Demo) -> Result<Self, Stop> {
        let given = match (&asked.place.database_url, &asked.place.data_dir) {
            (Some(url), _) => Some(Store::Postgres(DatabaseUrl::new(url))),
            (None, Some(folder)) => Some(Store::Folder(folder.clone())),
            (None, None) => None,
        };
        let keys_dir = asked.keys_dir.clone().or_else(|| Some(asked.place.data_dir.as_ref()?.join("keys")));
        let keys = match &keys_dir {
            Some(folder) => Keys::load_or_create(folder, &SystemRandomness)?,
            None => Keys::throw_away(&SystemRandomness)?,
        };
        if let Some(store) = given {
            return Ok(Self { store, keys, _temporary: None });
        }
        let folder = tempfile::Builder::new().prefix("xiuhua-demo-").tempdir().map_err(Stop::unavailable)?;
        Ok(Self { store: Store::Folder(folder.path().to_owned()), keys, _temporary: Some(folder) })
    }
}

/// The demonstration mixes with nothing.
async fn refuse_records(connection: &Connection, manner: Manner) -> Result<(), Stop> {
    let request = ListDivisionsRequest { page_size: 1, ..ListDivisionsRequest::default() };
    let answer = connection.divisions().list_divisions(patient(request)).await?.into_inner();
    if answer.divisions.is_empty() {
        Ok(())
    } else {
        Err(Stop::refused(words::NOT_EMPTY.text(manner.language)))
    }
}

/// A token of a role for a division.
fn token(issuer: &Issuer, role: &str, area: &str) -> Result<String, Stop> {
    let grant = Grant {
        subject: format!("demo.{role}"),
        role: role.to_owned(),
        areas: vec![area.to_owned()],
        programmes: None,
        on_behalf_of: None,
        lifetime: TOKEN_LIFETIME,
    };
    Ok(issuer.issue(&grant).map_err(started)?)
}

async fn report_of(connection: &Connection, manner: Manner) -> Result<Report, Stop> {
    let request = GetReportRequest {
        template: TEMPLATE.to_owned(),
        area: PREFECTURE.to_owned(),
        group_by: AreaLevel::County.into(),
        language: manner.language.as_str().to_owned(),
        ..GetReportRequest::default()
    };
    super::report::get(connection, request).await
}

/// What fits on a page: the whole prefecture, and the sums that do not hold.
fn on_paper(report: &Report) -> Report {
    let mut report = report.clone();
    for line in &mut report.lines {
        line.cells.clear();
        line.own = None;
    }
    report.checks.retain(|check| check.outcome() != CheckOutcome::Holds);
    report
}

fn step_line(title: &str, rows: Option<i64>, took: Duration, manner: Manner) -> String {
    let seconds = seconds(took);
    match rows {
        Some(rows) => {
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("title", &title), ("rows", &rows), ("seconds", &seconds)];
            words::STEP.fill(manner.language, &values)
        }
        None => words::STEP_PLAIN.fill(manner.language, &[("title", &title), ("seconds", &seconds)]),
    }
}

fn seconds(took: Duration) -> String {
    format!("{:.2}", took.as_secs_f64())
}

fn write(path: &Path, text: &str) -> Result<(), Stop> {
    std::fs::write(path, format!("{text}\n")).map_err(|error| Stop::unwritable(path, error))
}
