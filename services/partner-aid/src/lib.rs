//! Partner aid: the collaboration with the partner city.

pub mod contract;
mod exchange_visit;

use std::collections::HashMap;
use std::sync::Arc;

use record::remote::Registry;
use record::service::{Host, Parts, Slice, assemble};
use runtime::error::StartError;
use runtime::server::Service;

/// Packages served here.
const PACKAGES: &[&str] = &["xiuhua.partneraid.v1"];

/// Partner aid's record kinds.
pub fn slices() -> Vec<Slice> {
    vec![exchange_visit::slice()]
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
        sheets: Vec::new(),
        codes: &[],
        parameters: &[],
        decorators: HashMap::new(),
        surroundings: Arc::new(Registry { channels: host.channels.clone() }),
    };
    let (service, _) = assemble(host, parts).await?;
    Ok(service)
}
