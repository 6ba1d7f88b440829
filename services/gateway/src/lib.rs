//! The gateway: one address for the whole suite. It owns no facts.
//!
//! * [`report`]: published figures, laid out by templates from the indicators of all services;
//! * `route`: calls of one service are passed on as they are; calls of the common services go to whoever owns what they are
//!   about, or to all;
//! * [`json`]: reports as canonical proto3 JSON.

pub mod json;
mod kept;
mod refusals;
pub mod report;
mod route;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use kernel::clock::Clock;
use kernel::failure::Failure;
use proto::common::access_service_server::AccessServiceServer;
use proto::common::change_feed_service_server::ChangeFeedServiceServer;
use proto::common::reporting_service_server::ReportingServiceServer;
use proto::xiuhua::gateway::v1::report_service_server::ReportServiceServer;
use record::common::AccessApi;
use runtime::client::Channels;
use runtime::context::Context;
use runtime::error::StartError;
use runtime::policy::Policies;
use runtime::process::Process;
use runtime::roles::Roles;
use runtime::server::Service;
use tower::service_fn;

use report::known::Known;
use report::template::Templates;
use route::directory::Directory;

/// The service's name.
pub const SERVICE: &str = "gateway";

/// How long a source of a report may take, where the caller has more time than that.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a gateway is made of.
#[derive(Clone)]
pub struct Parts {
    /// Channels to the fact-owning services. One that is not configured is a source that cannot be reached.
    pub channels: Channels,
    /// What every RPC asks for.
    pub policies: Arc<Policies>,
    /// What every role may do.
    pub roles: Arc<Roles>,
    /// Templates of reports.
    pub templates: Templates,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

/// The gateway; cheap to clone.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    parts: Parts,
    directory: Directory,
    known: Known,
    patience: Duration,
}

/// The gateway of a process, with these templates or those that ship with the suite.
///
/// # Errors
/// Templates or descriptors that cannot be read.
pub fn service(process: &Process, templates: Option<Templates>) -> Result<Service, StartError> {
    let gateway = Gateway::new(Parts {
        channels: process.channels.clone(),
        policies: Arc::clone(&process.policies),
        roles: Arc::clone(&process.roles),
        templates: templates.map_or_else(Templates::standard, Ok)?,
        clock: Arc::clone(&process.clock),
    });
    gateway.map(|gateway| gateway.service()).map_err(|failure| StartError::Service(failure.to_string()))
}

impl Gateway {
    /// A gateway before these services.
    ///
    /// # Errors
    /// `INTERNAL` where the embedded contract cannot be read.
    pub fn new(parts: Parts) -> Result<Self, Failure> {
        let directory = Directory::of(json::pool()?)?;
        Ok(Self(Arc::new(Inner { parts, directory, known: Known::default(), patience: PATIENCE })))
    }

    /// The gateway as a service to be served: its own RPCs, and every other RPC of the contract passed on. Reflection shows
    /// all of them.
    #[must_use]
    pub fn service(&self) -> Service {
        let served = json::pool().map(|pool| {
            let names = pool.services().map(|service| service.full_name().to_owned());
            names.filter(|name| !OWN.contains(&name.as_str())).collect::<Vec<_>>()
        });
        let access = AccessApi {
            policies: Arc::clone(&self.0.parts.policies),
            roles: Arc::clone(&self.0.parts.roles),
            packages: vec![PACKAGES.to_owned()],
        };
        let gateway = self.clone();
        let forwarding = service_fn(move |request: http::Request<axum::body::Body>| {
            let gateway = gateway.clone();
            async move { Ok::<_, Infallible>(route::answer(&gateway, request.map(tonic::body::Body::new)).await) }
        });
        Service::new(SERVICE)
            .add(ReportServiceServer::new(self.clone()))
            .add(ReportingServiceServer::new(self.clone()))
            .add(ChangeFeedServiceServer::new(self.clone()))
            .add(AccessServiceServer::new(access))
            .fallback(forwarding, served.unwrap_or_default())
            .refusals(Arc::new(refusals::PassedOn::new(self.0.parts.channels.clone())))
    }

    pub(crate) fn channels(&self) -> &Channels {
        &self.0.parts.channels
    }

    pub(crate) fn templates(&self) -> &Templates {
        &self.0.parts.templates
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.0.parts.clock.as_ref()
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.0.directory
    }

    pub(crate) fn known(&self) -> &Known {
        &self.0.known
    }

    /// How long a source may take: a tenth of the caller's time is kept for the answer itself.
    pub(crate) fn patience(&self, context: &Context) -> Duration {
        let left = context.remaining().map(|left| left / 10 * 9);
        left.map_or(self.0.patience, |left| left.min(self.0.patience))
    }
}

/// Before all packages of the contract.
const PACKAGES: &str = "xiuhua.";

/// Services with handlers of their own.
const OWN: [&str; 4] = [
    "xiuhua.gateway.v1.ReportService",
    "xiuhua.common.v1.ReportingService",
    "xiuhua.common.v1.ChangeFeedService",
    "xiuhua.common.v1.AccessService",
];
