//! Answer bodies that are watched, held in bounds, or ended early.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame, SizeHint};
use kernel::failure::{Failure, Reason};
use kernel::language::Language;
use tonic::body::Body;
use tonic::{Code, Status};
use tracing::Span;

use super::{Response, code_in};
use crate::status;

/// Runs `end` once, when the answer is over: with the code that the caller gets, or CANCELLED where it went away, and with
/// the headers or trailers in which it stood.
pub(crate) fn watch(
    response: Response,
    span: Span,
    end: impl FnOnce(Code, &HeaderMap) + Send + Unpin + 'static,
) -> Response {
    let known = code_in(response.headers());
    if known.is_some() || response.body().is_end_stream() {
        end(known.unwrap_or(Code::Unknown), response.headers());
        return response;
    }
    response.map(|inner| Body::new(Watched { inner, span, end: Some(end) }))
}

struct Watched<F: FnOnce(Code, &HeaderMap) + Unpin> {
    inner: Body,
    span: Span,
    end: Option<F>,
}

impl<F: FnOnce(Code, &HeaderMap) + Unpin> Watched<F> {
    fn finish(&mut self, code: Code, trailers: &HeaderMap) {
        if let Some(end) = self.end.take() {
            end(code, trailers);
        }
    }
}

impl<F: FnOnce(Code, &HeaderMap) + Unpin> HttpBody for Watched<F> {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let span = self.span.clone();
        let _entered = span.enter();
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.finish(code_in(trailers).unwrap_or(Code::Unknown), trailers);
                }
            }
            Poll::Ready(Some(Err(status))) => self.finish(status.code(), &HeaderMap::new()),
            Poll::Ready(None) => self.finish(Code::Unknown, &HeaderMap::new()),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl<F: FnOnce(Code, &HeaderMap) + Unpin> Drop for Watched<F> {
    fn drop(&mut self) {
        self.finish(Code::Cancelled, &HeaderMap::new());
    }
}

/// What ends a stream before its own end.
pub(crate) type Stop = Pin<Box<dyn Future<Output = Reason> + Send>>;

/// Ends the answer with the reason that `stop` gives, should it come first.
pub(crate) fn end_by(response: Response, stop: Stop, language: Language) -> Response {
    response.map(|inner| Body::new(Stoppable { inner, stop: Some(stop), language }))
}

struct Stoppable {
    inner: Body,
    /// Gone once the answer is over.
    stop: Option<Stop>,
    language: Language,
}

impl HttpBody for Stoppable {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(stop) = self.stop.as_mut() else { return Poll::Ready(None) };
        if let Poll::Ready(reason) = stop.as_mut().poll(context) {
            self.stop = None;
            self.inner = Body::empty();
            return Poll::Ready(Some(Ok(last_frame(reason, self.language))));
        }
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.stop.is_none() || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// The trailers that end a stream with a failure.
pub(crate) fn last_frame(reason: Reason, language: Language) -> Frame<Bytes> {
    let mut trailers = HeaderMap::new();
    let status = status::to_status(&Failure::new(reason), language);
    if status.add_header(&mut trailers).is_err() {
        trailers.insert(Status::GRPC_STATUS, http::HeaderValue::from(status.code() as i32));
    }
    Frame::trailers(trailers)
}
