//! Passes a whole call on, body and trailers as they are.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TE};
use http::{HeaderMap, HeaderValue, Request, Response, Uri};
use http_body::{Body as HttpBody, Frame, SizeHint};
use kernel::failure::{Failure, Reason};
use runtime::context::Context;
use tonic::Status;
use tonic::body::Body;
use tower::Service;

use crate::Gateway;

/// The caller's deadline; what is left of it is sent on instead.
const TIMEOUT: &str = "grpc-timeout";

/// When a caller may try again after a service was lost.
const RETRY: Duration = Duration::from_secs(1);

/// Passes a call on to a service. Its answer comes back untouched; a service that cannot be reached, or is lost in the
/// middle of its answer, is `SERVICE_UNAVAILABLE`.
pub(super) async fn forward(
    gateway: &Gateway,
    service: &'static str,
    request: Request<Body>,
    context: &Context,
) -> Response<Body> {
    let mut outgoing = match gateway.channels().to(service, context) {
        Ok(outgoing) => outgoing,
        Err(failure) => return context.status(&failure).into_http(),
    };
    let (mut head, body) = request.into_parts();
    for name in [CONNECTION, CONTENT_LENGTH, HOST] {
        head.headers.remove(name);
    }
    if context.deadline.is_some() {
        head.headers.remove(TIMEOUT);
    }
    head.headers.insert(TE, HeaderValue::from_static("trailers"));
    if let Some(path) = head.uri.path_and_query() {
        head.uri = Uri::from(path.clone());
    }
    head.extensions = http::Extensions::new();
    match outgoing.call(Request::from_parts(head, body)).await {
        Ok(response) if response.body().is_end_stream() => response,
        Ok(response) => {
            let context = context.clone();
            response.map(|inner| Body::new(Watched { inner, service, context, ended: false }))
        }
        Err(status) => status.into_http(),
    }
}

/// The answer's body. Where it breaks off, trailers say so, so that the caller gets a reason.
struct Watched {
    inner: Body,
    service: &'static str,
    context: Context,
    ended: bool,
}

impl Watched {
    fn trailers(&self, broken: &Status) -> HeaderMap {
        let failure =
            Failure::new(Reason::ServiceUnavailable).with("service", self.service).retry_after(RETRY);
        let status = self.context.status(&failure.because(broken.message()));
        let mut trailers = HeaderMap::new();
        // A status that does not fit into headers still ends the call.
        if let Err(status) = status.add_header(&mut trailers) {
            tracing::error!(code = ?status.code(), "a status cannot be sent");
        }
        trailers
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        if let Poll::Ready(Some(Err(broken))) = &polled {
            let trailers = self.trailers(broken);
            self.ended = true;
            return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.ended { SizeHint::with_exact(0) } else { self.inner.size_hint() }
    }
}
