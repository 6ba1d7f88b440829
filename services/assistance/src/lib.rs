//! Assistance: the programmes that help a household. It asks the registry over gRPC and reads nobody's tables; a
//! programme's slices join only tables of their own programme, so that a bureau can run its programme alone.

pub mod contract;
mod housing;
mod social_security;
#[cfg(test)]
mod world;

use std::collections::HashMap;
use std::sync::Arc;

use record::remote::Registry;
use record::service::{Host, Parts, Slice, assemble};
use runtime::error::StartError;
use runtime::server::Service;

/// Packages served here.
const PACKAGES: &[&str] = &["xiuhua.assistance."];

/// Defaults of the rules' parameters.
const PARAMETERS: &[&str] = &[include_str!("../parameters/housing.toml")];

/// The record kinds of all programmes.
pub fn slices() -> Vec<Slice> {
    vec![
        housing::house_appraisal::slice(),
        housing::renovation_case::slice(),
        housing::relocation_case::slice(),
        housing::water_work::slice(),
        housing::water_check::slice(),
        social_security::temporary_relief::slice(),
    ]
}

/// Assistance, ready to be served.
///
/// # Errors
/// Where its database cannot be migrated or its data files are broken.
pub async fn service(host: &Host) -> Result<Service, StartError> {
    let parts = Parts {
        service: "assistance",
        prefix: "assistance",
        packages: PACKAGES,
        slices: slices(),
        migrations: &[],
        sheets: Vec::new(),
        codes: &[include_str!("../codes/grade.toml"), include_str!("../codes/group.toml")],
        parameters: PARAMETERS,
        assurances: housing::assurances::ALL,
        indicators: &[],
        decorators: HashMap::new(),
        follows_registry: true,
        surroundings: Arc::new(Registry { channels: host.channels.clone() }),
    };
    let (service, _) = assemble(host, parts).await?;
    Ok(service)
}
