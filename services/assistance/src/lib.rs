//! Assistance: the programmes that help a household. It asks the registry over gRPC and reads nobody's tables; a
//! programme's slices join only tables of their own programme, so that a bureau can run its programme alone.

pub mod contract;
mod housing;
mod social_security;

use std::collections::HashMap;
use std::sync::Arc;

use proto::xiuhua::assistance::housing::v1 as housing_api;
use proto::xiuhua::assistance::socialsecurity::v1 as social_security_api;
use record::Registered;
use record::remote::Registry;
use record::service::{Host, Parts, common_services, engine};
use runtime::error::StartError;
use runtime::server::Service;
use store::Migration;

use crate::contract as c;

/// Packages served here.
const PACKAGES: &[&str] = &["xiuhua.assistance."];

/// Assistance's own migrations, one a record kind.
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        name: "housing/renovation_case",
        sql: include_str!("../migrations/housing_renovation_case.sql"),
    },
    Migration {
        name: "social_security/temporary_relief",
        sql: include_str!("../migrations/social_security_temporary_relief.sql"),
    },
];

/// The resources of all programmes.
pub fn resources() -> Vec<Registered> {
    vec![Registered::of::<c::RenovationCases>(), Registered::of::<c::TemporaryReliefs>()]
}

/// Assistance, ready to be served.
///
/// # Errors
/// Where its database cannot be migrated or its data files are broken.
pub async fn service(host: &Host) -> Result<Service, StartError> {
    let indicators =
        [housing::renovation_case::indicators::ALL, social_security::temporary_relief::indicators::ALL];
    let parts = Parts {
        service: "assistance",
        prefix: "assistance",
        packages: PACKAGES,
        resources: resources(),
        sheets: Vec::new(),
        indicators: indicators.concat(),
        codes: &[include_str!("../codes/grade.toml"), include_str!("../codes/group.toml")],
        parameters: &[include_str!("../parameters/housing.toml")],
        migrations: MIGRATIONS,
        decorators: HashMap::new(),
        surroundings: Arc::new(Registry { channels: host.channels.clone() }),
    };
    let engine = engine(host, parts).await?;
    let renovations = c::RenovationCaseApi(engine.clone());
    let reliefs = c::TemporaryReliefApi(engine.clone());
    Ok(common_services(Service::new("assistance"), &engine, host, PACKAGES)
        .add(housing_api::renovation_case_service_server::RenovationCaseServiceServer::new(renovations))
        .add(social_security_api::temporary_relief_service_server::TemporaryReliefServiceServer::new(
            reliefs,
        )))
}
