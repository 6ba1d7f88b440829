//! The suite with the demonstration prefecture in it, and what is asked of its gateway.

use std::sync::Arc;
use std::time::Duration;

use kernel::clock::SystemClock;
use kernel::language::Language;
use kernel::randomness::SystemRandomness;
use proto::common::AreaLevel;
use proto::xiuhua::gateway::v1::get_report_request::Known;
use proto::xiuhua::gateway::v1::{GetReportRequest, Report, ReportLine};
use runtime::config::DatabaseUrl;
use runtime::keys::Keys;
use runtime::token::{Grant, Issuer};
use store::{Db, PostgresOptions};
use tempfile::TempDir;
use uuid::Uuid;
use xiuhua::client::{Connection, Signed, patient};
use xiuhua::commands::Manner;
use xiuhua::commands::demo::loading::{Loading, Step};
use xiuhua::demonstration::Demonstration;
use xiuhua::progress::Progress;
use xiuhua::suite::{Store, Suite, SuiteOptions};

use crate::fixtures::PREFECTURE;
use crate::harness::Backend;

/// The template of the published figures.
pub const TEMPLATE: &str = "prefecture-2017";

/// The number from which the prefecture is made.
const SEED: u64 = 20_171_001;

/// Messages and labels of tests, in which the language does not matter.
const MANNER: Manner = Manner { language: Language::En, quiet: true };

/// An empty store of a test's own.
pub struct Place {
    /// Where it is.
    pub store: Store,
    folder: Option<TempDir>,
    database: Option<Database>,
}

/// A database beside the one that the test command names.
struct Database {
    server: String,
    name: String,
}

impl Place {
    /// A folder, or a database.
    ///
    /// # Panics
    /// Where it cannot be made.
    pub async fn of(backend: &Backend) -> Self {
        match backend {
            Backend::Sqlite => {
                let folder = tempfile::tempdir().expect("a folder");
                let store = Store::Folder(folder.path().to_owned());
                Self { store, folder: Some(folder), database: None }
            }
            Backend::Postgres(server) => {
                let name = format!("test_{}", Uuid::new_v4().simple());
                let database = Database { server: server.clone(), name };
                database.tell("CREATE DATABASE", "").await;
                let (before, _) = server.rsplit_once('/').expect("a database in the URL");
                let store = Store::Postgres(DatabaseUrl::new(format!("{before}/{}", database.name)));
                Self { store, folder: None, database: Some(database) }
            }
        }
    }

    /// Takes it away.
    pub async fn leave(self) {
        drop(self.folder);
        if let Some(database) = self.database {
            database.tell("DROP DATABASE", "WITH (FORCE)").await;
        }
    }
}

impl Database {
    async fn tell(&self, what: &str, how: &str) {
        let options = PostgresOptions { schema: None, max_connections: 1, transaction_pooler: false };
        let db = Db::open_postgres(&self.server, options).await.expect("the database of the test command");
        db.all(&format!("{what} {} {how}", self.name), &[]).await.expect("a database");
        db.close().await;
    }
}

/// All services in this process, as `xiuhua demo` starts them.
pub struct Demonstrated {
    /// The services.
    pub suite: Suite,
    /// What is asked of the gateway.
    pub front: Front,
    place: Place,
}

impl Demonstrated {
    /// Starts them on an empty store, and loads the prefecture; with a county only, that one's own sheets.
    ///
    /// # Panics
    /// Where they do not start, or a row is refused.
    pub async fn start(backend: &Backend, county: Option<&str>) -> Self {
        let place = Place::of(backend).await;
        let keys = Keys::throw_away(&SystemRandomness).expect("keys");
        let suite = started(&place, &keys).await;
        let front = Front::new(&suite.url(), suite.issuer().expect("an issuer"));
        front.load(county).await;
        Self { suite, front, place }
    }

    /// Stops them and takes the store away.
    ///
    /// # Panics
    /// Where they do not end well.
    pub async fn stop(self) {
        self.suite.shutdown().await.expect("an end in order");
        self.place.leave().await;
    }
}

/// Starts all services on a store and waits until they are ready.
///
/// # Panics
/// Where they do not start.
pub async fn started(place: &Place, keys: &Keys) -> Suite {
    let options = SuiteOptions::new(place.store.clone(), Arc::new(SystemClock), keys.clone());
    let suite = Suite::start(options).await.expect("the suite");
    suite.ready().await;
    suite
}

/// A gateway, and who signs tokens that it believes.
pub struct Front {
    /// `http://host:port`.
    pub url: String,
    issuer: Issuer,
    connection: Connection,
}

impl Front {
    /// A gateway at an address; it is called when something is asked.
    ///
    /// # Panics
    /// Where the address is none.
    pub fn new(url: &str, issuer: Issuer) -> Self {
        let connection = Connection::new(url, None, Language::En).expect("an address");
        Self { url: url.to_owned(), issuer, connection }
    }

    /// Loads the demonstration through the public import, as `xiuhua demo` does; with a county only, that one's own
    /// sheets besides those of the whole prefecture.
    ///
    /// # Panics
    /// Where a row is refused.
    pub async fn load(&self, county: Option<&str>) -> Vec<Step> {
        let loading = Loading {
            issuer: &self.issuer,
            connection: &self.connection,
            demonstration: Arc::new(Demonstration::new(SEED)),
            county,
            progress: &Progress::new(true),
            manner: MANNER,
        };
        loading.run().await.expect("all rows of the demonstration")
    }

    /// A token of a role for an area.
    ///
    /// # Panics
    /// Where it cannot be signed.
    pub fn token(&self, role: &str, area: &str) -> String {
        let grant = Grant {
            subject: format!("tester.{role}"),
            role: role.to_owned(),
            areas: vec![area.to_owned()],
            programmes: None,
            on_behalf_of: None,
            lifetime: Duration::from_secs(3600),
        };
        self.issuer.issue(&grant).expect("a token")
    }

    /// The connection of the command line as a role for an area.
    ///
    /// # Panics
    /// Where the token is none.
    pub fn connection(&self, role: &str, area: &str) -> Connection {
        self.connection.with_token(&self.token(role, area)).expect("a token")
    }

    /// The connection of the office of the prefecture.
    pub fn office(&self) -> Connection {
        self.connection("prefecture_office", PREFECTURE)
    }

    /// A channel to the gateway as a role for an area.
    pub fn client(&self, role: &str, area: &str) -> Signed {
        self.connection(role, area).signed()
    }

    /// The report of an area, by counties where it is the prefecture.
    ///
    /// # Panics
    /// Where it is refused.
    pub async fn report(&self, area: &str, known: Option<Known>) -> Report {
        let group_by = if area == PREFECTURE { AreaLevel::County } else { AreaLevel::Unspecified };
        let request = GetReportRequest {
            template: TEMPLATE.to_owned(),
            area: area.to_owned(),
            group_by: group_by.into(),
            known,
            ..GetReportRequest::default()
        };
        let answer = self.office().reports().get_report(patient(request)).await.expect("a report");
        answer.into_inner().report.expect("a report")
    }
}

/// A line of a report.
///
/// # Panics
/// Where it has none for the figure.
pub fn line<'r>(report: &'r Report, figure: &str) -> &'r ReportLine {
    report.lines.iter().find(|line| line.figure_id == figure).expect("a line")
}

/// What must be equal in two reports of the same records: figure, value, kind and availability, and the same of each
/// division. Names of records, moments and positions differ from one store to another.
#[derive(Debug, Clone, PartialEq)]
pub struct SameLine {
    /// The figure.
    pub figure: String,
    /// Its value.
    pub value: Option<f64>,
    /// Its kind and its availability, by their names in JSON.
    pub words: [&'static str; 2],
    /// Code, value and availability of each division.
    pub cells: Vec<(String, Option<f64>, &'static str)>,
}

/// The lines of a report, as far as they must be equal.
pub fn same(report: &Report) -> Vec<SameLine> {
    let lines = report.lines.iter().map(|line| SameLine {
        figure: line.figure_id.clone(),
        value: line.value,
        words: [line.kind().as_str_name(), line.availability().as_str_name()],
        cells: line
            .cells
            .iter()
            .map(|cell| (cell.area.clone(), cell.value, cell.availability().as_str_name()))
            .collect(),
    });
    lines.collect()
}
