//! A gateway before the services of a test.

use std::sync::Arc;

use gateway::report::template::Templates;
use gateway::{Gateway, Parts};
use runtime::client::Channels;
use runtime::config::Addresses;
use runtime::policy::Policies;
use runtime::roles::Roles;
use runtime::server::serve;
use runtime::shell::Shell;
use runtime::token::{Authenticator, Verifier};
use tokio::net::TcpListener;

use crate::harness::Harness;

/// The services behind the gateway, by name.
pub const SERVICES: [&str; 3] = ["registry", "assistance", "partner-aid"];

/// Starts a gateway; from then on the harness knows it as `gateway`.
///
/// # Panics
/// Where it does not start.
pub async fn gateway(harness: &mut Harness) {
    let policies = Arc::new(Policies::contract().expect("policies"));
    let address = |name: &str| harness.addresses.get(name).map(|address| format!("http://{address}"));
    let addresses = Addresses {
        registry: address("registry"),
        assistance: address("assistance"),
        partner_aid: address("partner-aid"),
    };
    let roles = || Roles::standard().expect("roles");
    let gateway = Gateway::new(Parts {
        channels: Channels::new(&addresses, Arc::clone(&policies)).expect("channels"),
        policies: Arc::clone(&policies),
        roles: Arc::new(roles()),
        templates: Templates::standard().expect("templates"),
        clock: harness.clock.clone(),
    });
    let verifier = Verifier::new(harness.keys.believed());
    let authenticator = Authenticator::new(verifier, roles(), harness.clock.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let shell = Shell::new(policies, Arc::new(authenticator));
    let service = gateway.expect("a gateway").service();
    tokio::spawn(serve(service, listener, shell, harness.shutdown.clone()));
    harness.addresses.insert("gateway", address);
}
