//! The services that own facts.

use std::sync::Arc;

use kernel::clock::Clock;
use record::service::Host;
use runtime::config::{Addresses, DatabaseConfig};
use runtime::error::StartError;
use runtime::server::Service;
use store::{Db, PostgresOptions};

use super::Store;

/// A service that owns facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// The registry.
    Registry,
    /// Assistance.
    Assistance,
    /// The paired collaboration.
    PartnerAid,
}

impl Fact {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Registry, Self::Assistance, Self::PartnerAid];

    /// Name, as in `xiuhua serve`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Assistance => "assistance",
            Self::PartnerAid => "partner-aid",
        }
    }

    /// Schema in a database that all services share, and the name of the role that owns it.
    #[must_use]
    pub const fn schema(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Assistance => "assistance",
            Self::PartnerAid => "partner_aid",
        }
    }

    /// Its place in a list of addresses.
    pub const fn address_in(self, addresses: &mut Addresses) -> &mut Option<String> {
        match self {
            Self::Registry => &mut addresses.registry,
            Self::Assistance => &mut addresses.assistance,
            Self::PartnerAid => &mut addresses.partner_aid,
        }
    }

    /// Opens its database: a file of its name in a folder, or its schema in a PostgreSQL database.
    ///
    /// # Errors
    /// A database that cannot be opened.
    pub async fn open(
        self,
        store: &Store,
        config: &DatabaseConfig,
        clock: &Arc<dyn Clock>,
    ) -> Result<Db, StartError> {
        let opened = match store {
            Store::Folder(folder) => {
                Db::open_sqlite(&folder.join(format!("{}.db", self.name())), Arc::clone(clock)).await
            }
            Store::Postgres(url) => {
                let options = PostgresOptions {
                    schema: Some(config.schema.clone().unwrap_or_else(|| self.schema().to_owned())),
                    max_connections: config.max_connections,
                    transaction_pooler: config.transaction_pooler,
                };
                Db::open_postgres(url.reveal(), options).await
            }
        };
        opened.map_err(|error| StartError::Service(format!("{}: {error}", self.name())))
    }

    /// The service on what the process gives it.
    ///
    /// # Errors
    /// A database that cannot be migrated; broken data files.
    pub async fn service(self, host: &Host) -> Result<Service, StartError> {
        match self {
            Self::Registry => registry::service(host).await,
            Self::Assistance => assistance::service(host).await,
            Self::PartnerAid => partner_aid::service(host).await,
        }
    }
}
