//! Runs a service on a listener: its RPCs inside the middleware, health, reflection, and a shutdown that loses nothing.

mod health;
mod incoming;
mod switch;

pub use health::Readiness;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use kernel::failure::Failure;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::Routes;
use tower::Service as TowerService;

use crate::error::StartError;
use crate::shell::{Dressed, RefusalSink, Shell, dress};
use switch::Switch;

/// Says whether a service can do its work: database reachable, migrations done, followers caught up.
pub type ReadyCheck = Arc<dyn Fn() -> BoxFuture<'static, Result<(), Failure>> + Send + Sync>;

/// A service that is ready to be served.
#[derive(Clone)]
pub struct Service {
    name: &'static str,
    routes: Routes,
    served: Vec<String>,
    descriptors: &'static [u8],
    ready: ReadyCheck,
    readiness: Readiness,
    refusals: Option<Arc<dyn RefusalSink>>,
    web: Option<Web>,
}

/// Makes the pages of a service out of its RPCs inside the middleware, and of the shell's bounds.
type Web = Arc<dyn Fn(Dressed, &Shell) -> axum::Router + Send + Sync>;

impl std::fmt::Debug for Service {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Service")
            .field("name", &self.name)
            .field("served", &self.served)
            .field("web", &self.web.is_some())
            .finish_non_exhaustive()
    }
}

impl Service {
    /// A service (`registry`) without RPCs yet, always ready, described by the suite's contract.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            routes: Routes::default(),
            served: Vec::new(),
            descriptors: proto::FILE_DESCRIPTOR_SET,
            ready: Arc::new(|| Box::pin(std::future::ready(Ok(())))),
            readiness: Readiness::new(),
            refusals: None,
            web: None,
        }
    }

    /// Adds a gRPC service, as the generated `…Server` types are.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "nobody takes a service for a number")]
    pub fn add<S>(mut self, service: S) -> Self
    where
        S: TowerService<http::Request<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Response: axum::response::IntoResponse,
        S::Future: Send + 'static,
    {
        self.served.push(S::NAME.to_owned());
        self.routes = self.routes.add_service(service);
        self
    }

    /// Handles every RPC of the contract that has no handler of its own here; the middleware has asked for its
    /// permission. For a service that forwards.
    #[must_use]
    pub fn fallback<S>(mut self, service: S, served: impl IntoIterator<Item = String>) -> Self
    where
        S: TowerService<http::Request<axum::body::Body>, Error = Infallible> + Clone + Send + Sync + 'static,
        S::Response: axum::response::IntoResponse,
        S::Future: Send + 'static,
    {
        self.served.extend(served);
        self.routes = Routes::from(self.routes.into_axum_router().fallback_service(service));
        self
    }

    /// Says when the service is ready.
    #[must_use]
    pub fn ready(mut self, check: ReadyCheck) -> Self {
        self.ready = check;
        self
    }

    /// Is told of refusals, instead of whom the shell names.
    #[must_use]
    pub fn refusals(mut self, sink: Arc<dyn RefusalSink>) -> Self {
        self.refusals = Some(sink);
        self
    }

    /// Describes the service by other descriptors than the suite's (an encoded `FileDescriptorSet`).
    #[must_use]
    pub fn described_by(mut self, descriptors: &'static [u8]) -> Self {
        self.descriptors = descriptors;
        self
    }

    /// Serves everything that is no gRPC call (a JSON face, web pages) on the same port. The router is made once, of the
    /// service's own RPCs inside the middleware: what it calls there is authenticated, allowed and audited as any call.
    #[must_use]
    pub fn web(mut self, router: impl Fn(Dressed, &Shell) -> axum::Router + Send + Sync + 'static) -> Self {
        self.web = Some(Arc::new(router));
        self
    }

    /// The service's pages over its RPCs, to be called in this process; none if it has none.
    #[must_use]
    pub fn pages(&self, shell: &Shell) -> Option<axum::Router> {
        self.web.as_ref().map(|web| web(self.dressed(shell), shell))
    }

    /// The service's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Full names of the gRPC services in it.
    #[must_use]
    pub fn served(&self) -> &[String] {
        &self.served
    }

    /// Follows whether it is ready.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        self.readiness.clone()
    }

    /// The service's RPCs inside the middleware, to be called in this process.
    #[must_use]
    pub fn dressed(&self, shell: &Shell) -> Dressed {
        let refusals = self.told_of_refusals(shell);
        dress(self.name, self.routes.clone(), shell, refusals, CancellationToken::new())
    }

    fn told_of_refusals(&self, shell: &Shell) -> Option<Arc<dyn RefusalSink>> {
        self.refusals.clone().or_else(|| shell.refusals.clone())
    }
}

/// Serves until `shutdown` is cancelled, then stops in two steps: it says NOT_SERVING for a while, so that balancers turn
/// away, then accepts no more connections and lets calls finish; what is not finished by then is cut off.
///
/// # Errors
/// Where descriptors cannot be served or the listener breaks.
pub async fn serve(
    service: Service,
    listener: TcpListener,
    shell: Shell,
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    let (draining, cut) = (CancellationToken::new(), CancellationToken::new());
    let (reporter, health) = tonic_health::server::health_reporter();
    let routes = add_reflection(service.routes.clone().add_service(health), &service)?;
    let refusals = service.told_of_refusals(&shell);
    let rpc = dress(service.name, routes, &shell, refusals.clone(), draining.clone());
    let web = service.web.as_ref().map(|web| web(rpc.clone(), &shell));
    let switch = Switch::new(rpc, web);
    let interval = Duration::from_millis(shell.shutdown.ready_interval_milliseconds);
    let watching = tokio::spawn(health::watch(
        service.readiness.clone(),
        Arc::clone(&service.ready),
        reporter,
        service.served.clone(),
        interval,
        shutdown.clone(),
    ));
    let incoming = incoming::connections(listener, &shell.connections, cut.clone());
    let served = builder(&shell, service.web.is_some()).serve_with_incoming_shutdown(
        switch,
        incoming,
        draining.clone().cancelled_owned(),
    );
    tracing::info!(service = service.name, "serving");
    let stopping = stop(&shell, &shutdown, &draining, &cut);
    tokio::pin!(served, stopping);
    let outcome = tokio::select! {
        outcome = &mut served => outcome,
        () = &mut stopping => timeout(CUT, &mut served).await.unwrap_or(Ok(())),
    };
    shutdown.cancel();
    cut.cancel();
    // The health task ends by itself on shutdown; its panic would be a fault of ours and is logged by the hook.
    let _ended = watching.await;
    if let Some(refusals) = refusals {
        refusals.flush().await;
    }
    tracing::info!(service = service.name, "stopped");
    outcome.map_err(|error| StartError::Listener(error.to_string()))
}

/// How long connections that were cut off may take to notice.
const CUT: Duration = Duration::from_secs(1);

/// The steps of stopping; returns when everything that still runs was cut off.
async fn stop(
    shell: &Shell,
    shutdown: &CancellationToken,
    draining: &CancellationToken,
    cut: &CancellationToken,
) {
    shutdown.cancelled().await;
    sleep(Duration::from_millis(shell.shutdown.announce_milliseconds)).await;
    draining.cancel();
    sleep(Duration::from_millis(shell.shutdown.drain_milliseconds)).await;
    tracing::warn!("calls are cut off");
    cut.cancel();
}

fn builder(shell: &Shell, web: bool) -> tonic::transport::Server {
    let connections = &shell.connections;
    let server = tonic::transport::Server::builder()
        .accept_http1(web)
        .http2_keepalive_interval(Some(Duration::from_secs(connections.keepalive_seconds)))
        .http2_keepalive_timeout(Some(Duration::from_secs(connections.keepalive_timeout_seconds)));
    // tonic's own grace would skip the polite part and cut at once; `incoming` cuts after the grace instead.
    match connections.max_age_seconds {
        0 => server,
        age => server.max_connection_age(Duration::from_secs(age)),
    }
}

/// Adds reflection, in the version of today and in the one before, which clients such as Python's still speak.
fn add_reflection(routes: Routes, service: &Service) -> Result<Routes, StartError> {
    let builder = || {
        let mut builder = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(service.descriptors)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .with_service_name("grpc.health.v1.Health")
            .with_service_name("grpc.reflection.v1.ServerReflection");
        for name in &service.served {
            builder = builder.with_service_name(name);
        }
        builder
    };
    let failed = |error: tonic_reflection::server::Error| StartError::Service(format!("reflection: {error}"));
    let (today, before) = (builder().build_v1().map_err(failed)?, builder().build_v1alpha().map_err(failed)?);
    Ok(routes.add_service(today).add_service(before))
}
