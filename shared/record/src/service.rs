//! A fact-owning service out of its list: resources, sheets, indicators, codes, migrations.

use std::collections::HashMap;
use std::sync::Arc;

use kernel::clock::Clock;
use kernel::codes::CodeTables;
use kernel::failure::Failure;
use kernel::randomness::SystemRandomness;
use proto::common as p;
use runtime::client::{Channels, Identity};
use runtime::error::StartError;
use runtime::keys::Keys;
use runtime::policy::Policies;
use runtime::process::Process;
use runtime::roles::Roles;
use runtime::server::Service;
use store::{Db, Migration, PostgresOptions};

use crate::codec::Secrets;
use crate::common::{AccessApi, AuditApi, ChangeFeedApi, HistoryApi, HouseholdFactsApi};
use crate::engine::{Engine, Inner};
use crate::facts::{Assures, Facts};
use crate::follow::{self, Followed};
use crate::indicator::{Indicator, ReportingApi};
use crate::lag;
use crate::parameters::Defaults;
use crate::read::Decorator;
use crate::refusals::Refusals;
use crate::rules::Registered;
use crate::surroundings::Surroundings;
use crate::table::{Sheet, TableApi};

/// What a process gives each service that runs in it.
#[derive(Clone)]
pub struct Host {
    /// The service's own database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The keys.
    pub keys: Keys,
    /// Channels to the other services.
    pub channels: Channels,
    /// Permissions of the contract.
    pub policies: Arc<Policies>,
    /// Roles.
    pub roles: Arc<Roles>,
    /// As whom the service works in the background; it follows nobody without one.
    pub identity: Option<Arc<Identity>>,
}

impl Host {
    /// The host of a service in a process of its own: its database as the configuration says.
    ///
    /// # Errors
    /// Where the database cannot be opened.
    pub async fn of(service: &'static str, process: &Process) -> Result<Self, StartError> {
        let started = |error: &dyn std::fmt::Display| StartError::Service(format!("{service}: {error}"));
        let database = &process.config.database;
        let db = match (&database.url, &database.data_dir) {
            (Some(url), _) => {
                let options = PostgresOptions {
                    schema: database.schema.clone(),
                    max_connections: database.max_connections,
                    transaction_pooler: database.transaction_pooler,
                };
                Db::open_postgres(url.reveal(), options).await.map_err(|error| started(&error))?
            }
            (None, Some(folder)) => {
                std::fs::create_dir_all(folder).map_err(|error| started(&error))?;
                let path = folder.join(format!("{service}.db"));
                Db::open_sqlite(&path, process.clock.clone()).await.map_err(|error| started(&error))?
            }
            (None, None) => {
                let missing = "database: url or data_dir must be given".to_owned();
                return Err(StartError::Configuration(vec![missing]));
            }
        };
        Ok(Self {
            db,
            clock: process.clock.clone(),
            keys: process.keys.clone(),
            channels: process.channels.clone(),
            policies: process.policies.clone(),
            roles: process.roles.clone(),
            identity: Some(Arc::new(process.identity(service))),
        })
    }
}

/// One record kind of a service: what is declared of it, its rules, its table, what it counts, its RPCs.
#[derive(Clone, Copy)]
pub struct Slice {
    /// The resource with its rules.
    pub registered: Registered,
    /// Its table.
    pub migration: Migration,
    /// What it counts.
    pub indicators: &'static [&'static Indicator],
    /// What it tells of a household, if anything.
    pub facts: Option<&'static Facts>,
    /// Adds its RPCs to the service.
    pub serve: fn(Service, Engine) -> Service,
}

/// What a service lists.
pub struct Parts {
    /// Name as in `kernel::names`: `partner-aid`.
    pub service: &'static str,
    /// Prefix of its common tables: `partner_aid`.
    pub prefix: &'static str,
    /// Packages it serves, for the list of policies.
    pub packages: &'static [&'static str],
    /// Its record kinds.
    pub slices: Vec<Slice>,
    /// What came into its schema after the tables of its record kinds.
    pub migrations: &'static [Migration],
    /// Its form sheets.
    pub sheets: Vec<Sheet>,
    /// Its code tables, as TOML.
    pub codes: &'static [&'static str],
    /// Defaults of its rules' parameters, as TOML.
    pub parameters: &'static [&'static str],
    /// Indicators that are no record kind's: constants of published texts.
    pub indicators: &'static [&'static Indicator],
    /// What it can tell of a household's assurances.
    pub assurances: &'static [Assures],
    /// What fills records with what they show of others.
    pub decorators: HashMap<&'static str, Arc<dyn Decorator>>,
    /// It keeps what the registry knows in its facts, and follows it.
    pub follows_registry: bool,
    /// How it asks the world outside.
    pub surroundings: Arc<dyn Surroundings>,
}

/// The service: its database migrated, everything common and its slices' RPCs served. What is not a record kind's is
/// added by the caller, with the engine that is given back.
///
/// # Errors
/// Where the database cannot be migrated or a data file is broken.
pub async fn assemble(host: &Host, parts: Parts) -> Result<(Service, Engine), StartError> {
    let slices: Vec<Slice> =
        crate::common::slices().into_iter().chain(parts.slices.iter().copied()).collect();
    let (name, packages, assurances) = (parts.service, parts.packages, parts.assurances);
    let identity = host.identity.clone().filter(|_| parts.follows_registry);
    let (followed, written) = match &identity {
        Some(_) => {
            let (followed, written) = Followed::registry();
            (followed, Some(written))
        }
        None => (Followed::nobody(), None),
    };
    let engine = engine(host, parts, &slices, followed).await?;
    if let (Some(identity), Some(written)) = (identity, written) {
        follow::start(&engine, host.channels.clone(), Arc::clone(&identity), written);
        lag::start(&engine, host.channels.clone(), identity);
    }
    let common = common_services(Service::new(name), &engine, host, packages);
    let facts = HouseholdFactsApi {
        engine: engine.clone(),
        kinds: slices.iter().filter_map(|slice| Some((slice.registered.spec, slice.facts?))).collect(),
        assurances,
    };
    let common = common.add(p::household_facts_service_server::HouseholdFactsServiceServer::new(facts));
    let service = slices.iter().fold(common, |service, slice| (slice.serve)(service, engine.clone()));
    Ok((service, engine))
}

/// Migrates the database and makes the engine.
async fn engine(
    host: &Host,
    parts: Parts,
    slices: &[Slice],
    followed: Followed,
) -> Result<Engine, StartError> {
    let start = |failure: Failure| StartError::Service(format!("{}: {failure}", parts.service));
    let mut codes = CodeTables::shipped();
    for text in parts.codes {
        codes = codes.with(text).map_err(start)?;
    }
    let mut migrations: Vec<Migration> = store::MIGRATIONS.to_vec();
    migrations.extend(slices.iter().map(|slice| slice.migration));
    migrations.extend_from_slice(parts.migrations);
    host.db.migrate(&migrations).await.map_err(|error| start(error.into()))?;
    let cipher = host.keys.column_cipher(parts.service, Arc::new(SystemRandomness))?;
    let resources = slices.iter().map(|slice| (slice.registered.spec.collection, slice.registered)).collect();
    Ok(Engine::new(Inner {
        name: parts.service,
        service: parts.prefix,
        db: host.db.clone(),
        clock: host.clock.clone(),
        secrets: Secrets { cipher, index: host.keys.blind_index(), digest: host.keys.keyed_digest() },
        resources,
        sheets: parts.sheets,
        decorators: parts.decorators,
        indicators: slices
            .iter()
            .flat_map(|slice| slice.indicators)
            .chain(parts.indicators)
            .copied()
            .collect(),
        codes,
        defaults: Defaults::read(parts.parameters).map_err(start)?,
        followed,
        surroundings: parts.surroundings,
        migrations,
    }))
}

/// The service with everything that is common; the slices' own RPCs are added by the caller.
fn common_services(service: Service, engine: &Engine, host: &Host, packages: &[&str]) -> Service {
    let access = AccessApi {
        policies: host.policies.clone(),
        roles: host.roles.clone(),
        packages: packages.iter().map(|package| (*package).to_owned()).collect(),
    };
    let db = engine.db().clone();
    service
        .add(p::table_service_server::TableServiceServer::new(TableApi(engine.clone())))
        .add(p::reporting_service_server::ReportingServiceServer::new(ReportingApi(engine.clone())))
        .add(p::history_service_server::HistoryServiceServer::new(HistoryApi(engine.clone())))
        .add(p::change_feed_service_server::ChangeFeedServiceServer::new(ChangeFeedApi(engine.clone())))
        .add(p::audit_service_server::AuditServiceServer::new(AuditApi(engine.clone())))
        .add(p::access_service_server::AccessServiceServer::new(access))
        .refusals(Arc::new(Refusals::start(db.clone(), host.clock.clone())))
        .ready(Arc::new(move || {
            let db = db.clone();
            Box::pin(async move { db.ping().await.map_err(Failure::from) })
        }))
}
