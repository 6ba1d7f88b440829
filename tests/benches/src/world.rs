//! The suite under measurement: its services in this process, each on a listener of its own, and what is in them.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use kernel::clock::{Clock, SystemClock};
use kernel::randomness::SystemRandomness;
use runtime::config::Addresses;
use runtime::keys::Keys;
use runtime::token::Issuer;
use store::{Db, Value};
use suite::demonstrated::{Front, Place};
use suite::fixtures::PREFECTURE;
use suite::harness::Backend;
use xiuhua::client::Signed;
use xiuhua::suite::{Common, Fact, Running, Store, SuiteOptions, listener};

use crate::bare::{Pool, Statement};
use crate::lines::import;
use crate::machine::{forget_peak, peak_megabytes};
use crate::options::Options;

/// How the gateway is called among the services.
pub(crate) const GATEWAY: &str = "gateway";

/// The role of somebody who reads everything.
const READER: &str = "auditor";

/// Services, running.
pub(crate) struct Services {
    /// The database of each.
    pub(crate) databases: BTreeMap<&'static str, Db>,
    /// The clock of all.
    pub(crate) clock: Arc<dyn Clock>,
    /// The keys of all.
    pub(crate) keys: Keys,
    urls: BTreeMap<&'static str, String>,
    running: Vec<Running>,
}

impl Services {
    /// Starts services on a store, and a gateway where they are all. It is what `xiuhua serve` does, but for the handles
    /// of the databases, which tell how many statements a call costs.
    pub(crate) async fn start(store: &Store, facts: &[Fact]) -> Self {
        let keys = Keys::throw_away(&SystemRandomness).expect("keys");
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let config = SuiteOptions::new(store.clone(), Arc::clone(&clock), keys.clone()).config;
        let (mut addresses, mut urls, mut listeners) = (Addresses::default(), BTreeMap::new(), Vec::new());
        for fact in facts {
            let listener = on_loopback().await;
            let url = format!("http://{}", listener.local_addr().expect("an address"));
            *fact.address_in(&mut addresses) = Some(url.clone());
            urls.insert(fact.name(), url);
            listeners.push(listener);
        }
        let common = Common::new(&config, &addresses, &keys, &clock).expect("what services share");
        let (mut running, mut databases) = (Vec::new(), BTreeMap::new());
        for (fact, listener) in facts.iter().zip(listeners) {
            let (service, db) = common.fact(*fact, store).await.expect("a service");
            databases.insert(fact.name(), db.clone());
            running.push(Running::start(service, listener, common.shell.clone(), Some(db)));
        }
        if facts.len() == Fact::ALL.len() {
            let listener = on_loopback().await;
            urls.insert(GATEWAY, format!("http://{}", listener.local_addr().expect("an address")));
            let service = common.gateway(None).expect("a gateway");
            // The first to be stopped.
            running.insert(0, Running::start(service, listener, common.shell.clone(), None));
        }
        for one in &running {
            one.readiness.ready().await;
        }
        Self { databases, clock, keys, urls, running }
    }

    /// What is asked of a service, by its name.
    pub(crate) fn front(&self, service: &str) -> Front {
        self.front_at(&self.urls[service])
    }

    /// What is asked at an address, with the same tokens.
    pub(crate) fn front_at(&self, url: &str) -> Front {
        let key = self.keys.issuer().expect("an issuer's key").clone();
        Front::new(url, Issuer::new(key, Arc::clone(&self.clock)))
    }

    /// A channel to an address for somebody who reads everything of the prefecture.
    pub(crate) fn reader(&self, url: &str) -> Signed {
        self.front_at(url).client(READER, PREFECTURE)
    }

    /// Where a service listens.
    pub(crate) fn url(&self, service: &str) -> &str {
        &self.urls[service]
    }

    /// Statements that a call costs in a service's database: the fewest of several tries, for followers ask now and
    /// then.
    pub(crate) async fn cost(&self, service: &str, call: impl AsyncFn()) -> u64 {
        let db = &self.databases[service];
        let mut fewest = u64::MAX;
        for _ in 0..5 {
            let before = db.statements();
            call().await;
            fewest = fewest.min(db.statements() - before);
        }
        fewest
    }

    /// Stops them.
    pub(crate) async fn stop(self) {
        for one in self.running {
            one.stop().await.expect("an end in order");
        }
    }
}

async fn on_loopback() -> tokio::net::TcpListener {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).to_string();
    listener(&any).await.expect("a port")
}

/// The suite with the demonstration in it.
pub(crate) struct World {
    /// Its services.
    pub(crate) services: Services,
    /// Where its records are.
    pub(crate) place: Place,
    /// Which database it is.
    pub(crate) database: &'static str,
    /// The most memory that loading took.
    pub(crate) loading_megabytes: Option<f64>,
}

impl World {
    /// Starts it and loads the demonstration, or for a smoke test a hundredth of its register.
    pub(crate) async fn start(backend: &Backend, options: &Options) -> Self {
        let place = Place::of(backend).await;
        let services = Services::start(&place.store, &Fact::ALL).await;
        forget_peak();
        if options.smoke {
            import::load(&services, &import::sheets(true)).await;
        } else {
            services.front(GATEWAY).load(None).await;
        }
        let loading_megabytes = peak_megabytes();
        let registry = Pool::open(&place.store, Fact::Registry).await;
        registry.settle().await;
        registry.close().await;
        Self { services, place, database: named(backend), loading_megabytes }
    }

    /// Bare connections to the database of one of its services.
    pub(crate) async fn pool(&self, fact: Fact) -> Pool {
        Pool::open(&self.place.store, fact).await
    }

    /// Identifiers of households of today, from all over the register.
    pub(crate) async fn households(&self, registry: &Pool, most: usize) -> Vec<String> {
        let sql = "SELECT id FROM household WHERE superseded_at = $1 AND valid_to = $2 ORDER BY id";
        let arguments = vec![Value::Integer(record::codec::CURRENT), Value::from(record::codec::FOREVER)];
        let all = registry.texts(&Statement::new(sql, arguments)).await;
        let step = (all.len() / most).max(1);
        all.into_iter().step_by(step).take(most).collect()
    }

    /// Stops it and takes its records away.
    pub(crate) async fn stop(self) {
        self.services.stop().await;
        self.place.leave().await;
    }
}

/// How a database is called.
pub(crate) fn named(backend: &Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "SQLite",
        Backend::Postgres(_) => "PostgreSQL",
    }
}
