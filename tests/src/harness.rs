//! Real servers on port 0, each test with its own databases, on SQLite and, where one is given, on PostgreSQL.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use kernel::clock::{Clock, ManualClock};
use kernel::date::CivilDate;
use kernel::randomness::SystemRandomness;
use record::service::Host;
use runtime::client::{Channels, Identity};
use runtime::config::{Addresses, ServiceConfig};
use runtime::keys::Keys;
use runtime::policy::Policies;
use runtime::roles::Roles;
use runtime::server::{Service, serve};
use runtime::shell::Shell;
use runtime::token::{Authenticator, Grant, Issuer, Verifier};
use store::{Db, PostgresOptions};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use uuid::Uuid;

/// Where PostgreSQL is, for tests that run on both databases.
const POSTGRES: &str = "XIUHUA_TEST_POSTGRES_URL";

/// A database to test on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backend {
    /// Files in a folder of the test's own.
    Sqlite,
    /// A schema of the test's own at this address.
    Postgres(String),
}

/// The databases to test on: SQLite always, PostgreSQL where the test command has started one.
pub fn backends() -> Vec<Backend> {
    #[expect(clippy::disallowed_methods, reason = "the test command says so by the environment")]
    let postgres = std::env::var(POSTGRES).ok().map(Backend::Postgres);
    std::iter::once(Backend::Sqlite).chain(postgres).collect()
}

/// Fact-owning services in this process, each with a listener of its own.
pub struct Harness {
    /// Where each service listens.
    pub addresses: BTreeMap<&'static str, String>,
    /// The clock, which tests move.
    pub clock: Arc<ManualClock>,
    /// The keys.
    pub keys: Keys,
    /// Each service's database.
    pub databases: BTreeMap<&'static str, Db>,
    /// What ends the services.
    pub shutdown: CancellationToken,
    /// On PostgreSQL the beginning of each service's schema: `{schema}_registry`.
    pub schema: String,
    issuer: Issuer,
    folder: TempDir,
}

/// A client's channel with a token.
pub type Client = InterceptedService<Channel, Token>;

/// Puts a token, and a language where one is wanted, into every call.
#[derive(Clone)]
pub struct Token {
    token: String,
    language: Option<&'static str>,
}

impl Token {
    /// A token without a language.
    #[must_use]
    pub fn new(token: &str) -> Self {
        Self { token: token.to_owned(), language: None }
    }
}

impl Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if !self.token.is_empty() {
            let value: MetadataValue<_> = format!("Bearer {}", self.token)
                .parse()
                .map_err(|_| Status::internal("the token is no header"))?;
            request.metadata_mut().insert("authorization", value);
        }
        if let Some(language) = self.language {
            request.metadata_mut().insert("accept-language", MetadataValue::from_static(language));
        }
        Ok(request)
    }
}

/// Everybody's day in tests, unless they move the clock.
pub const TODAY: &str = "2017-10-15";

impl Harness {
    /// Starts registry, assistance and partner aid on databases of their own.
    pub async fn start(backend: &Backend) -> Self {
        Self::with_keys(backend, Keys::throw_away(&SystemRandomness).expect("keys")).await
    }

    /// Another one with the same keys: what is found by a keyed index is found by the same one.
    pub async fn twin(&self, backend: &Backend) -> Self {
        Self::with_keys(backend, self.keys.clone()).await
    }

    async fn with_keys(backend: &Backend, keys: Keys) -> Self {
        let clock = Arc::new(ManualClock::at_noon(CivilDate::parse(TODAY).expect("a date")));
        let issuer = Issuer::new(keys.issuer().expect("an issuer").clone(), clock.clone());
        let folder = tempfile::tempdir().expect("a folder");
        let shutdown = CancellationToken::new();
        let schema = format!("test_{}", Uuid::new_v4().simple());
        let mut harness = Self {
            addresses: BTreeMap::new(),
            clock,
            keys,
            databases: BTreeMap::new(),
            shutdown,
            schema: schema.clone(),
            issuer,
            folder,
        };
        harness.add("registry", backend, &schema, async |host| registry::service(host).await).await;
        harness.add("assistance", backend, &schema, async |host| assistance::service(host).await).await;
        harness.add("partner-aid", backend, &schema, async |host| partner_aid::service(host).await).await;
        harness
    }

    async fn add<F>(&mut self, name: &'static str, backend: &Backend, schema: &str, build: F)
    where
        F: AsyncFn(&Host) -> Result<Service, runtime::error::StartError>,
    {
        let db = match backend {
            Backend::Sqlite => {
                let path = self.folder.path().join(format!("{name}.db"));
                Db::open_sqlite(&path, self.clock.clone()).await.expect("a database")
            }
            Backend::Postgres(url) => {
                let schema = format!("{schema}_{}", name.replace('-', "_"));
                let options =
                    PostgresOptions { schema: Some(schema), max_connections: 8, transaction_pooler: false };
                Db::open_postgres(url, options).await.expect("a database")
            }
        };
        let policies = Arc::new(Policies::contract().expect("policies"));
        let addresses = Addresses {
            registry: self.addresses.get("registry").map(|address| format!("http://{address}")),
            ..Addresses::default()
        };
        let host = Host {
            db: db.clone(),
            clock: self.clock.clone(),
            keys: self.keys.clone(),
            channels: Channels::new(&addresses, policies.clone()).expect("channels"),
            policies: policies.clone(),
            roles: Arc::new(Roles::standard().expect("roles")),
            identity: Some(Arc::new(Identity::of_service(
                name,
                &self.keys,
                &ServiceConfig::default(),
                self.clock.clone(),
            ))),
        };
        let service = build(&host).await.expect("a service");
        let authenticator = Authenticator::new(
            Verifier::new(self.keys.believed()),
            Roles::standard().expect("roles"),
            self.clock.clone(),
        );
        let shell = Shell::new(policies, Arc::new(authenticator));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        self.addresses.insert(name, listener.local_addr().expect("an address").to_string());
        self.databases.insert(name, db);
        tokio::spawn(serve(service, listener, shell, self.shutdown.clone()));
    }

    /// A token of a role for areas.
    pub fn token(&self, role: &str, areas: &[&str]) -> String {
        self.token_of("tester", role, areas)
    }

    /// A token of somebody.
    pub fn token_of(&self, subject: &str, role: &str, areas: &[&str]) -> String {
        self.issued(subject, role, areas, None)
    }

    /// A token of a bureau that runs a programme.
    pub fn bureau(&self, subject: &str, programme: &str, areas: &[&str]) -> String {
        self.issued(subject, "bureau", areas, Some(vec![programme.to_owned()]))
    }

    fn issued(&self, subject: &str, role: &str, areas: &[&str], programmes: Option<Vec<String>>) -> String {
        self.issuer
            .issue(&Grant {
                subject: subject.to_owned(),
                role: role.to_owned(),
                areas: areas.iter().map(|area| (*area).to_owned()).collect(),
                programmes,
                on_behalf_of: None,
                lifetime: Duration::from_secs(3600),
            })
            .expect("a token")
    }

    /// A client's channel to a service.
    pub fn client(&self, service: &str, token: &str) -> Client {
        let address = self.addresses.get(service).expect("a service of this name");
        let channel = Endpoint::from_shared(format!("http://{address}")).expect("an address").connect_lazy();
        InterceptedService::new(channel, Token::new(token))
    }

    /// A client's channel to a service, whose answers are wanted in a language.
    pub fn client_in(&self, language: &'static str, service: &str, token: &str) -> Client {
        let address = self.addresses.get(service).expect("a service of this name");
        let channel = Endpoint::from_shared(format!("http://{address}")).expect("an address").connect_lazy();
        InterceptedService::new(channel, Token { token: token.to_owned(), language: Some(language) })
    }

    /// The folder of the embedded databases.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Now, by the test's clock.
    pub fn now(&self) -> kernel::clock::Moment {
        self.clock.now()
    }
}

impl Drop for Harness {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// A new identity for a write.
pub fn request_id() -> String {
    Uuid::new_v4().to_string()
}

/// Runs a test on every database there is.
pub async fn on_each<F, R>(test: F)
where
    F: Fn(Harness) -> R,
    R: Future<Output = ()>,
{
    for backend in backends() {
        println!("on {}", if backend == Backend::Sqlite { "SQLite" } else { "PostgreSQL" });
        test(Harness::start(&backend).await).await;
    }
}
