//! Calls of the gateway's own RPCs in this process, on behalf of an HTTP request.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::response::Response;
use futures::future::BoxFuture;
use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION};
use http::{HeaderMap, HeaderName};
use kernel::failure::Failure;
use proto::common::GetCallerRequest;
use proto::common::access_service_client::AccessServiceClient;
use runtime::shell::Dressed;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Service, ServiceExt};

use super::error;

/// Headers of an HTTP request that its RPCs get as well: who calls, in which language, under which identifier, as part of
/// which trace, by when.
const PASSED_ON: [HeaderName; 6] = [
    AUTHORIZATION,
    ACCEPT_LANGUAGE,
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("grpc-timeout"),
];

/// The gateway's RPCs in their middleware; cheap to clone.
#[derive(Clone)]
pub(crate) struct Rpcs(Dressed);

impl Rpcs {
    pub(crate) fn new(dressed: Dressed) -> Self {
        Self(dressed)
    }

    /// What the generated clients call through, as the caller of an HTTP request:
    /// `ReportServiceClient::new(rpcs.on_behalf_of(&headers))`.
    pub(crate) fn on_behalf_of(&self, headers: &HeaderMap) -> Calling {
        let mut passed = HeaderMap::new();
        for name in &PASSED_ON {
            if let Some(value) = headers.get(name) {
                passed.insert(name, value.clone());
            }
        }
        Calling { rpcs: self.0.clone(), headers: Arc::new(passed) }
    }

    /// Who cannot say who they are are told that, and not what is wrong with what they ask.
    pub(crate) async fn known(&self, headers: &HeaderMap) -> Result<(), Status> {
        let mut access = AccessServiceClient::new(self.on_behalf_of(headers));
        match access.get_caller(GetCallerRequest {}).await {
            Err(status) if status.code() == Code::Unauthenticated => Err(status),
            _ => Ok(()),
        }
    }

    /// The answer to a request that is wrong, to whoever is known.
    pub(crate) async fn refused(&self, failure: &Failure, headers: &HeaderMap) -> Response {
        match self.known(headers).await {
            Ok(()) => error::of(failure, headers),
            Err(status) => error::refused(&status),
        }
    }
}

/// RPCs with the headers of an HTTP request.
#[derive(Clone)]
pub(crate) struct Calling {
    rpcs: Dressed,
    headers: Arc<HeaderMap>,
}

impl Service<http::Request<Body>> for Calling {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        for (name, value) in self.headers.iter() {
            request.headers_mut().insert(name, value.clone());
        }
        Box::pin(self.rpcs.clone().oneshot(request))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tower::service_fn;
    use tower::util::BoxCloneSyncService;

    use super::*;

    #[tokio::test]
    async fn an_rpc_is_called_as_the_requests_caller_and_as_nobody_else() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        let rpcs = Rpcs::new(BoxCloneSyncService::new(service_fn(move |request: http::Request<Body>| {
            kept.lock().unwrap().push((request.uri().path().to_owned(), request.headers().clone()));
            async { Ok(Status::not_found("?").into_http()) }
        })));
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, "Bearer t".parse().unwrap());
        headers.insert("x-request-id", "r-1".parse().unwrap());
        headers.insert("cookie", "c".parse().unwrap());
        let mut client = AccessServiceClient::new(rpcs.on_behalf_of(&headers));
        let refused = client.get_caller(GetCallerRequest {}).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::NotFound);
        let seen = seen.lock().unwrap();
        let (path, headers) = &seen[0];
        assert_eq!(path, "/xiuhua.common.v1.AccessService/GetCaller");
        assert_eq!(
            (&headers["authorization"], &headers["x-request-id"]),
            (&"Bearer t".parse().unwrap(), &"r-1".parse().unwrap())
        );
        assert!(!headers.contains_key("cookie") && !headers.contains_key("accept-language"));
    }
}
