//! The middleware of every service: one list that reads from top to bottom.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use kernel::clock::Clock;
use kernel::failure::Failure;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::service::Routes;
use tower::ServiceBuilder;
use tower::util::BoxCloneSyncService;

use crate::config::{ConnectionConfig, LimitsConfig, ServiceConfig, ShutdownConfig};
use crate::context::{CallerToken, RequestId};
use crate::keys::Keys;
use crate::layers::Middle;
use crate::layers::authentication::Authentication;
use crate::layers::deadline::Deadlines;
use crate::layers::details::Details;
use crate::layers::limit::Limit;
use crate::layers::measure::Measure;
use crate::layers::message::MessageSize;
use crate::layers::panic::PanicGuard;
use crate::layers::policy::Policy;
use crate::layers::trace::Trace;
use crate::policy::Policies;
use crate::roles::Roles;
use crate::token::{Authenticator, Verifier};

/// A refusal of an authenticated caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal<'a> {
    /// The caller's subject.
    pub subject: &'a str,
    /// For whom a service called.
    pub on_behalf_of: Option<&'a str>,
    /// The caller's role.
    pub role: &'a str,
    /// The RPC: `xiuhua.registry.v1.HouseholdService/GetHousehold`.
    pub method: &'a str,
    /// The reason, such as `PERMISSION_MISSING`.
    pub reason: &'a str,
    /// Identifier of the request.
    pub request_id: &'a RequestId,
    /// The caller's token where the shell itself refused, so that no handler has seen the call; absent where a handler
    /// refused.
    pub token: Option<&'a CallerToken>,
}

/// Is told of refusals, so that they are audited by subject, method, reason and minute.
pub trait RefusalSink: Send + Sync {
    /// An authenticated caller was refused. Must not wait.
    fn refused(&self, refusal: Refusal<'_>);

    /// Keeps for good what it was told. Called when the service stops.
    fn flush(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// What the middleware of a service needs.
#[derive(Clone)]
pub struct Shell {
    /// Which permission each RPC needs.
    pub policies: Arc<Policies>,
    /// Turns tokens into callers.
    pub authenticator: Arc<Authenticator>,
    /// Bounds of size, number and time.
    pub limits: LimitsConfig,
    /// Age and care of connections.
    pub connections: ConnectionConfig,
    /// How long stopping takes.
    pub shutdown: ShutdownConfig,
    /// Who is told of refusals, where the service does not name somebody itself.
    pub refusals: Option<Arc<dyn RefusalSink>>,
}

impl fmt::Debug for Shell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Shell")
            .field("limits", &self.limits)
            .field("connections", &self.connections)
            .field("shutdown", &self.shutdown)
            .field("audits_refusals", &self.refusals.is_some())
            .finish_non_exhaustive()
    }
}

impl Shell {
    /// A shell with the usual bounds.
    #[must_use]
    pub fn new(policies: Arc<Policies>, authenticator: Arc<Authenticator>) -> Self {
        Self {
            policies,
            authenticator,
            limits: LimitsConfig::default(),
            connections: ConnectionConfig::default(),
            shutdown: ShutdownConfig::default(),
            refusals: None,
        }
    }
}

impl Shell {
    /// The shell that a configuration asks for: the suite's contract and roles, and these keys' issuers.
    ///
    /// # Errors
    /// `INTERNAL` where what is embedded cannot be read.
    pub fn of_config(config: &ServiceConfig, keys: &Keys, clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        let authenticator = Authenticator::new(Verifier::new(keys.believed()), Roles::standard()?, clock);
        Ok(Self {
            limits: config.limits.clone(),
            connections: config.connections.clone(),
            shutdown: config.shutdown.clone(),
            ..Self::new(Arc::new(Policies::contract()?), Arc::new(authenticator))
        })
    }
}

/// A router inside its middleware; can be called in the same process without a socket.
pub type Dressed = BoxCloneSyncService<http::Request<Body>, http::Response<Body>, Infallible>;

/// Puts the middleware around a service's router. `refusals` is told of refusals; `draining` is cancelled when the service
/// is about to stop.
#[must_use]
pub fn dress(
    service: &'static str,
    routes: Routes,
    shell: &Shell,
    refusals: Option<Arc<dyn RefusalSink>>,
    draining: CancellationToken,
) -> Dressed {
    let layers = ServiceBuilder::new()
        .layer(Middle(Trace { service, policies: Arc::clone(&shell.policies) }))
        .layer(Middle(Measure { service }))
        .layer(Middle(Details))
        .layer(Middle(PanicGuard))
        .layer(Middle(Limit::new(shell.limits.concurrency, shell.limits.streams)))
        .layer(Middle(Deadlines {
            usual: Duration::from_secs(shell.limits.deadline_default_seconds),
            longest: Duration::from_secs(shell.limits.stream_max_seconds),
            draining,
        }))
        .layer(Middle(Authentication { authenticator: Arc::clone(&shell.authenticator) }))
        .layer(Middle(Policy { refusals }))
        .layer(Middle(MessageSize { limit: shell.limits.message_bytes }));
    BoxCloneSyncService::new(layers.service(routes.prepare()))
}
