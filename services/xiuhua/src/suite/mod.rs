//! Services in this process: all of them together, each on a listener of its own, or one alone.
//!
//! Services speak gRPC with each other here as they do on machines of their own. Only the gateway's address is meant for
//! others; the rest listen on loopback, on ports that the system chooses.

mod fact;
mod running;

pub use fact::Fact;
pub use running::{Running, started};

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use gateway::Gateway;
use gateway::report::template::Templates;
use kernel::clock::Clock;
use kernel::failure::Failure;
use record::service::Host;
use runtime::client::{Channels, Identity};
use runtime::config::{Addresses, DatabaseUrl, ServiceConfig};
use runtime::error::StartError;
use runtime::keys::Keys;
use runtime::policy::Policies;
use runtime::roles::Roles;
use runtime::server::Service;
use runtime::shell::Shell;
use runtime::token::{Grant, Issuer};
use tokio::net::TcpListener;

/// What a process of the whole suite is called where its traces go.
pub const PROCESS: &str = "xiuhua";

/// Where the records of a suite are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Store {
    /// SQLite, a file for each service in this folder.
    Folder(PathBuf),
    /// PostgreSQL, a schema for each service in this database.
    Postgres(DatabaseUrl),
}

impl Store {
    /// The store that a configuration names.
    ///
    /// # Errors
    /// Where it names none.
    pub fn of_config(config: &ServiceConfig) -> Result<Self, StartError> {
        match (&config.database.url, &config.database.data_dir) {
            (Some(url), _) => Ok(Self::Postgres(url.clone())),
            (None, Some(folder)) => Ok(Self::Folder(folder.clone())),
            (None, None) => {
                let problem = "database: neither url nor data_dir is given (--database-url, --data-dir)";
                Err(StartError::Configuration(vec![problem.to_owned()]))
            }
        }
    }
}

/// What a suite is started with.
#[derive(Clone)]
pub struct SuiteOptions {
    /// Where records are kept.
    pub store: Store,
    /// The clock. On PostgreSQL, known time is the database's.
    pub clock: Arc<dyn Clock>,
    /// The keys of all services.
    pub keys: Keys,
    /// Bounds, connections, stopping; `listen` is the gateway's address. Its database and its addresses are not used.
    pub config: ServiceConfig,
    /// Templates of reports; those that ship if absent.
    pub templates: Option<Templates>,
}

impl SuiteOptions {
    /// A suite with the usual bounds on a port of 127.0.0.1 that the system chooses, which stops without announcing it.
    #[must_use]
    pub fn new(store: Store, clock: Arc<dyn Clock>, keys: Keys) -> Self {
        let mut config = ServiceConfig { listen: "127.0.0.1:0".to_owned(), ..ServiceConfig::default() };
        config.shutdown.announce_milliseconds = 0;
        config.shutdown.drain_milliseconds = 5_000;
        Self { store, clock, keys, config, templates: None }
    }
}

/// All services, running.
pub struct Suite {
    /// Address of the gateway.
    pub gateway_address: SocketAddr,
    /// Addresses of the services behind it (`http://127.0.0.1:port`).
    pub addresses: Addresses,
    keys: Keys,
    clock: Arc<dyn Clock>,
    gateway: Running,
    facts: Vec<Running>,
}

impl Suite {
    /// Starts all services: opens or makes their databases, migrates them, and serves.
    ///
    /// # Errors
    /// The first thing that keeps one of them from starting. Nothing is left running then.
    pub async fn start(options: SuiteOptions) -> Result<Self, StartError> {
        let SuiteOptions { store, clock, keys, config, templates } = options;
        if let Store::Folder(folder) = &store {
            std::fs::create_dir_all(folder).map_err(|error| {
                StartError::Configuration(vec![format!("database.data_dir: {}: {error}", folder.display())])
            })?;
        }
        let front = listener(&config.listen).await?;
        let gateway_address = address_of(&front)?;
        let mut listeners = Vec::new();
        let mut addresses = Addresses::default();
        for fact in Fact::ALL {
            let listener = listener(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).to_string()).await?;
            *fact.address_in(&mut addresses) = Some(format!("http://{}", address_of(&listener)?));
            listeners.push(listener);
        }
        let common = Common::new(&config, &addresses, &keys, &clock)?;
        let opened = Fact::ALL.map(|fact| common.fact(fact, &store));
        let services = futures::future::try_join_all(opened).await?;
        // Only the gateway calls them, and it has stopped by the time they do: nobody is to be told.
        let mut behind = common.shell.clone();
        behind.shutdown.announce_milliseconds = 0;
        let mut facts = Vec::new();
        for ((service, db), listener) in services.into_iter().zip(listeners) {
            facts.push(Running::start(service, listener, behind.clone(), Some(db)));
        }
        let service = common.gateway(templates)?;
        let gateway = Running::start(service, front, common.shell.clone(), None);
        Ok(Self { gateway_address, addresses, keys, clock, gateway, facts })
    }

    /// Address of the gateway as clients write it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.gateway_address)
    }

    /// The keys of all services.
    #[must_use]
    pub const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Who signs tokens that the services believe.
    ///
    /// # Errors
    /// Where the keys do not hold the issuer's.
    pub fn issuer(&self) -> Result<Issuer, StartError> {
        let key = self.keys.issuer();
        let key = key.ok_or_else(|| StartError::Service("the issuer's key is not here".to_owned()))?;
        Ok(Issuer::new(key.clone(), Arc::clone(&self.clock)))
    }

    /// Signs a token that the services believe.
    ///
    /// # Errors
    /// Where the keys do not hold the issuer's.
    pub fn token(&self, grant: &Grant) -> Result<String, StartError> {
        self.issuer()?.issue(grant).map_err(started)
    }

    /// All services, the gateway first.
    pub fn running(&self) -> impl Iterator<Item = &Running> {
        std::iter::once(&self.gateway).chain(&self.facts)
    }

    /// Waits until every service says that it is ready.
    pub async fn ready(&self) {
        futures::future::join_all(self.running().map(|running| running.readiness.ready())).await;
    }

    /// Waits until one of the services ends by itself.
    pub async fn ended(&self) {
        let ends = self.running().map(|running| Box::pin(running.stopping.cancelled()));
        futures::future::select_all(ends).await;
    }

    /// Stops in order: first the gateway, so that its calls can finish, then the services behind it.
    ///
    /// # Errors
    /// The first service that did not end well.
    pub async fn shutdown(self) -> Result<(), StartError> {
        let gateway = self.gateway.stop().await;
        let facts = futures::future::join_all(self.facts.into_iter().map(Running::stop)).await;
        facts.into_iter().fold(gateway, Result::and)
    }
}

/// What all services of a process share.
pub struct Common {
    /// The middleware.
    pub shell: Shell,
    config: ServiceConfig,
    keys: Keys,
    clock: Arc<dyn Clock>,
    channels: Channels,
    policies: Arc<Policies>,
    roles: Arc<Roles>,
}

impl Common {
    /// As a configuration asks for, with the services at these addresses.
    ///
    /// # Errors
    /// An address that is none; embedded data that cannot be read.
    pub fn new(
        config: &ServiceConfig,
        addresses: &Addresses,
        keys: &Keys,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        let shell = Shell::of_config(config, keys, Arc::clone(clock)).map_err(started)?;
        let policies = Arc::clone(&shell.policies);
        let channels = Channels::new(addresses, Arc::clone(&policies))?;
        let roles = Arc::new(Roles::standard().map_err(started)?);
        let (config, keys, clock) = (config.clone(), keys.clone(), Arc::clone(clock));
        Ok(Self { shell, config, keys, clock, channels, policies, roles })
    }

    /// One of the services that own facts, on its database.
    ///
    /// # Errors
    /// A database that cannot be opened or migrated.
    pub async fn fact(&self, fact: Fact, store: &Store) -> Result<(Service, store::Db), StartError> {
        let db = fact.open(store, &self.config.database, &self.clock).await?;
        let host = Host {
            db: db.clone(),
            clock: Arc::clone(&self.clock),
            keys: self.keys.clone(),
            channels: self.channels.clone(),
            policies: Arc::clone(&self.policies),
            roles: Arc::clone(&self.roles),
            identity: Some(Arc::new(Identity::of_service(
                fact.name(),
                &self.keys,
                &self.config,
                Arc::clone(&self.clock),
            ))),
        };
        Ok((fact.service(&host).await?, db))
    }

    /// The gateway.
    ///
    /// # Errors
    /// Templates or descriptors that cannot be read.
    pub fn gateway(&self, templates: Option<Templates>) -> Result<Service, StartError> {
        let templates = templates.map_or_else(Templates::standard, Ok)?;
        let parts = gateway::Parts {
            channels: self.channels.clone(),
            policies: Arc::clone(&self.policies),
            roles: Arc::clone(&self.roles),
            templates,
            clock: Arc::clone(&self.clock),
        };
        Gateway::new(parts).map(|gateway| gateway.service()).map_err(started)
    }
}

/// Opens a listener.
///
/// # Errors
/// An address that is taken or none of this machine's.
pub async fn listener(address: &str) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|error| StartError::Listener(format!("{address}: {error}")))
}

fn address_of(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|error| StartError::Listener(error.to_string()))
}

/// A failure while starting, with its internal text: it is told to the person who starts.
fn told(failure: &Failure) -> String {
    let message = failure.message(kernel::language::Language::En);
    failure.internal().map_or_else(|| message.clone(), |internal| format!("{message} ({internal})"))
}
