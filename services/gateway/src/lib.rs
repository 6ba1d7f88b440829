//! The gateway: one address for the whole suite. It owns no facts.
//!
//! * [`report`]: published figures, laid out by templates from the indicators of all services;
//! * `profile`: a household's whole picture, composed of one call to each service;
//! * `eligibility`: whether somebody is registered, as the registry answers it;
//! * `files`: workbooks and csv in and out, by the tables of all services;
//! * `route`: calls of one service are passed on as they are; calls of the common services go to whoever owns what they are
//!   about, or to all;
//! * [`json`]: reports and profiles as canonical proto3 JSON; [`labels`]: the contract's own words;
//! * `http`: what is offered over plain HTTP, on the same port.

mod eligibility;
mod files;
mod http;
pub mod json;
mod kept;
pub mod labels;
mod profile;
mod refusals;
pub mod report;
mod route;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use kernel::clock::Clock;
use kernel::failure::{Failure, Kind, Reason};
use proto::common::access_service_server::AccessServiceServer;
use proto::common::change_feed_service_server::ChangeFeedServiceServer;
use proto::common::household_facts_service_server::HouseholdFactsServiceServer;
use proto::common::reporting_service_server::ReportingServiceServer;
use proto::xiuhua::gateway::v1::eligibility_service_server::EligibilityServiceServer;
use proto::xiuhua::gateway::v1::file_service_server::FileServiceServer;
use proto::xiuhua::gateway::v1::household_profile_service_server::HouseholdProfileServiceServer;
use proto::xiuhua::gateway::v1::report_service_server::ReportServiceServer;
use record::common::AccessApi;
use runtime::client::Channels;
use runtime::context::Context;
use runtime::error::StartError;
use runtime::policy::Policies;
use runtime::process::Process;
use runtime::roles::Roles;
use runtime::server::Service;
use tokio::sync::Semaphore;
use tower::service_fn;

use self::http::routes::Routes;
use report::known::Known;
use report::template::Templates;
use route::directory::Directory;

/// The service's name.
pub const SERVICE: &str = "gateway";

/// How long a source of a composed answer may take, where the caller has more time than that.
const PATIENCE: Duration = Duration::from_secs(20);

/// Most files that are read at a time; the texts of a workbook take up to 96 MiB.
const FILES_AT_ONCE: usize = 4;

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
    routes: Arc<Routes>,
    known: Known,
    patience: Duration,
    /// Files that may be read at a time.
    files: Arc<Semaphore>,
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
        let routes = Arc::new(Routes::of(json::pool()?)?);
        let files = Arc::new(Semaphore::new(FILES_AT_ONCE));
        let (known, patience) = (Known::default(), PATIENCE);
        Ok(Self(Arc::new(Inner { parts, directory, routes, known, patience, files })))
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
        let (gateway, pages) = (self.clone(), self.clone());
        let forwarding = service_fn(move |request: ::http::Request<axum::body::Body>| {
            let gateway = gateway.clone();
            async move { Ok::<_, Infallible>(route::answer(&gateway, request.map(tonic::body::Body::new)).await) }
        });
        Service::new(SERVICE)
            .add(ReportServiceServer::new(self.clone()))
            .add(HouseholdProfileServiceServer::new(self.clone()))
            .add(EligibilityServiceServer::new(self.clone()))
            .add(FileServiceServer::new(self.clone()))
            .add(ReportingServiceServer::new(self.clone()))
            .add(HouseholdFactsServiceServer::new(self.clone()))
            .add(ChangeFeedServiceServer::new(self.clone()))
            .add(AccessServiceServer::new(access))
            .fallback(forwarding, served.unwrap_or_default())
            .web(move |rpcs, shell| http::router(&pages, rpcs, shell))
            .refusals(Arc::new(refusals::PassedOn::new(self.0.parts.channels.clone())))
    }

    pub(crate) fn channels(&self) -> &Channels {
        &self.0.parts.channels
    }

    pub(crate) fn policies(&self) -> &Policies {
        &self.0.parts.policies
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

    /// The ways over HTTP to the RPCs of the contract.
    pub(crate) fn routes(&self) -> Arc<Routes> {
        Arc::clone(&self.0.routes)
    }

    pub(crate) fn known(&self) -> &Known {
        &self.0.known
    }

    pub(crate) fn files(&self) -> &Arc<Semaphore> {
        &self.0.files
    }

    /// How long a source may take: a tenth of the caller's time is kept for the answer itself.
    pub(crate) fn patience(&self, context: &Context) -> Duration {
        let left = context.remaining().map(|left| left / 10 * 9);
        left.map_or(self.0.patience, |left| left.min(self.0.patience))
    }
}

/// When a caller may try again after a service that the answer cannot do without was not reached.
const RETRY: Duration = Duration::from_secs(1);

/// The failure of a call that cannot be answered without a service: one that is late is not reached either, and a hint says
/// when to try again.
fn out_of_reach(failure: Failure, service: &str) -> Failure {
    match failure.kind() {
        Kind::DeadlineExceeded | Kind::Cancelled => Failure::new(Reason::ServiceUnavailable)
            .with("service", service)
            .retry_after(RETRY)
            .because(failure),
        Kind::Unavailable if failure.retry().is_none() => failure.retry_after(RETRY),
        _ => failure,
    }
}

/// Before all packages of the contract.
const PACKAGES: &str = "xiuhua.";

/// Services with handlers of their own.
const OWN: [&str; 8] = [
    "xiuhua.gateway.v1.ReportService",
    "xiuhua.gateway.v1.HouseholdProfileService",
    "xiuhua.gateway.v1.EligibilityService",
    "xiuhua.gateway.v1.FileService",
    "xiuhua.common.v1.ReportingService",
    "xiuhua.common.v1.HouseholdFactsService",
    "xiuhua.common.v1.ChangeFeedService",
    "xiuhua.common.v1.AccessService",
];
