//! Services in processes of their own: four of them tell what one tells, and say what they cannot tell while one is away.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use kernel::clock::SystemClock;
use proto::common::Unit;
use proto::xiuhua::gateway::v1::report_line::Availability;
use proto::xiuhua::gateway::v1::{Report, ReportLine};
use runtime::keys::Keys;
use runtime::token::Issuer;
use suite::binary::{Process, free_address, run};
use suite::demonstrated::{Demonstrated, Front, Place, SameLine, same};
use suite::fixtures::PREFECTURE;
use suite::harness::{Backend, backends};
use suite::wait::eventually;
use xiuhua::suite::Store;

/// The county whose sheets are loaded, the smallest one.
const YANJI: &str = "222401";

/// The services that own facts.
const FACTS: [&str; 3] = ["registry", "assistance", "partner-aid"];

#[tokio::test(flavor = "multi_thread")]
async fn four_processes_tell_what_one_tells() {
    let one = Demonstrated::start(&Backend::Sqlite, Some(YANJI)).await;
    let expected = same(&one.front.report(PREFECTURE, None).await);
    one.stop().await;
    for backend in backends() {
        println!("on {backend:?}");
        let place = Place::of(&backend).await;
        let keys = tempfile::tempdir().unwrap();
        let mut processes = Processes::start(&place, &keys.path().join("keys")).await;
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
        for name in ["gateway", "assistance", "partner-aid", "registry"] {
            processes.stop(name).await;
        }
        place.leave().await;
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

/// `xiuhua serve` four times, on one store.
struct Processes {
    addresses: BTreeMap<&'static str, String>,
    options: Vec<String>,
    running: BTreeMap<&'static str, Process>,
    keys: Keys,
}

impl Processes {
    async fn start(place: &Place, keys: &Path) -> Self {
        let folder = keys.to_str().unwrap();
        let made = run(&["keys", "init", folder]).await;
        assert_eq!(made.code, 0, "{made:?}");
        let names = FACTS.into_iter().chain(["gateway"]);
        let addresses: BTreeMap<_, _> = names.map(|name| (name, free_address())).collect();
        let mut options = vec!["--keys-dir".to_owned(), folder.to_owned()];
        options.extend(match &place.store {
            Store::Folder(folder) => ["--data-dir".to_owned(), folder.display().to_string()],
            Store::Postgres(url) => ["--database-url".to_owned(), url.reveal().to_owned()],
        });
        for name in FACTS {
            let key = name.replace('-', "_");
            options.extend(["--set".to_owned(), format!("services.{key}=http://{}", addresses[name])]);
        }
        let keys = Keys::load(keys).unwrap();
        let mut processes = Self { addresses, options, running: BTreeMap::new(), keys };
        // All at once: none needs another to start.
        for name in processes.addresses.clone().into_keys() {
            processes.spawn(name);
        }
        for process in processes.running.values() {
            process.ready().await;
        }
        processes
    }

    fn spawn(&mut self, name: &'static str) {
        let process = Process::serve(name, &self.addresses[name], &self.options);
        self.running.insert(name, process);
    }

    /// Starts one again, at its address, and waits until it is ready.
    async fn serve(&mut self, name: &'static str) {
        self.spawn(name);
        self.running[name].ready().await;
    }

    async fn stop(&mut self, name: &str) {
        let ended = self.running.remove(name).unwrap().stop().await;
        assert!(ended.success(), "{name}: {ended}");
    }

    fn front(&self) -> Front {
        let issuer = Issuer::new(self.keys.issuer().unwrap().clone(), Arc::new(SystemClock));
        Front::new(&format!("http://{}", self.addresses["gateway"]), issuer)
    }
}
