//! Partner aid: the collaboration with the partner city.

mod agreement;
mod aid_benefit_link;
mod aid_fund;
mod aid_project;
pub mod contract;
mod exchange_visit;
mod partner_pairing;
#[cfg(test)]
mod testing;

use std::collections::HashMap;
use std::sync::Arc;

use record::remote::Registry;
use record::service::{Host, Parts, Slice, assemble};
use record::table::Sheet;
use runtime::error::StartError;
use runtime::server::Service;

/// Packages served here.
const PACKAGES: &[&str] = &["xiuhua.partneraid.v1"];

/// Partner aid's record kinds, in the order of their tables.
pub fn slices() -> Vec<Slice> {
    vec![
        agreement::slice(),
        partner_pairing::slice(),
        aid_fund::slice(),
        aid_project::slice(),
        aid_benefit_link::slice(),
        exchange_visit::slice(),
    ]
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
        slices: slices(),
        migrations: &[],
        sheets: vec![Sheet::of::<contract::AidBenefitSheet>()],
        codes: &[],
        parameters: &[],
        assurances: &[],
        indicators: &[],
        decorators: HashMap::new(),
        follows_registry: true,
        surroundings: Arc::new(Registry { channels: host.channels.clone() }),
    };
    let (service, _) = assemble(host, parts).await?;
    Ok(service)
}
