//! Partner aid: the collaboration with the partner city.

pub mod contract;
mod exchange_visit;

use std::collections::HashMap;
use std::sync::Arc;

use proto::xiuhua::partneraid::v1 as p;
use record::Registered;
use record::remote::Registry;
use record::service::{Host, Parts, common_services, engine};
use runtime::error::StartError;
use runtime::server::Service;
use store::Migration;

use crate::contract as c;

/// Packages served here.
const PACKAGES: &[&str] = &["xiuhua.partneraid.v1"];

/// Partner aid's own migrations, one a record kind.
pub const MIGRATIONS: &[Migration] = &[Migration {
    name: "partner_aid/exchange_visit",
    sql: include_str!("../migrations/exchange_visit.sql"),
}];

/// Partner aid's resources.
pub fn resources() -> Vec<Registered> {
    vec![Registered::of::<c::ExchangeVisits>()]
}

/// Partner aid, ready to be served.
///
/// # Errors
/// Where its database cannot be migrated or its data files are broken.
pub async fn service(host: &Host) -> Result<Service, StartError> {
    let parts = Parts {
        service: "partner-aid",
        prefix: "partner_aid",
        packages: PACKAGES,
        resources: resources(),
        sheets: Vec::new(),
        indicators: exchange_visit::indicators::ALL.to_vec(),
        codes: &[],
        parameters: &[],
        migrations: MIGRATIONS,
        decorators: HashMap::new(),
        surroundings: Arc::new(Registry { channels: host.channels.clone() }),
    };
    let engine = engine(host, parts).await?;
    Ok(common_services(Service::new("partner-aid"), &engine, host, PACKAGES).add(
        p::exchange_visit_service_server::ExchangeVisitServiceServer::new(c::ExchangeVisitApi(
            engine.clone(),
        )),
    ))
}
