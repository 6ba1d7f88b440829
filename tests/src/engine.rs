//! An engine beside a service, on the same database, for what is not asked over gRPC.

use std::collections::HashMap;
use std::sync::Arc;

use record::engine::Engine;
use record::remote::Registry;
use record::service::{Host, Parts, Slice, assemble};
use runtime::client::Channels;
use runtime::config::Addresses;
use runtime::policy::Policies;
use runtime::roles::Roles;

use crate::harness::Harness;

/// An engine that counts what a service counts, on that service's database.
///
/// # Panics
/// Where it cannot be made.
pub async fn engine(harness: &Harness, service: &'static str, slices: Vec<Slice>) -> Engine {
    let policies = Arc::new(Policies::contract().expect("policies"));
    let channels = Channels::new(&Addresses::default(), Arc::clone(&policies)).expect("channels");
    let host = Host {
        db: harness.databases[service].clone(),
        clock: harness.clock.clone(),
        keys: harness.keys.clone(),
        channels: channels.clone(),
        policies,
        roles: Arc::new(Roles::standard().expect("roles")),
        identity: None,
    };
    let parts = Parts {
        service,
        prefix: "counting",
        packages: &[],
        slices,
        migrations: &[],
        sheets: Vec::new(),
        codes: &[],
        parameters: &[],
        indicators: &[],
        assurances: &[],
        follows_registry: false,
        decorators: HashMap::new(),
        surroundings: Arc::new(Registry { channels }),
    };
    assemble(&host, parts).await.expect("an engine").1
}
