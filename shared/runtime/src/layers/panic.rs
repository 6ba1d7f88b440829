//! A panic in a handler is that call's INTERNAL, and nobody else's.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures::FutureExt;
use http_body::{Body as HttpBody, Frame, SizeHint};
use kernel::failure::{Failure, Reason};
use kernel::language::Language;
use tonic::Status;
use tonic::body::Body;

use super::{Answer, Incoming, Middleware, Next, Request, at_once, body, refusal};

/// What the log says; where it happened is told by the panic hook ([`crate::telemetry`]).
const WHAT: &str = "a handler panicked";

/// Catches panics of handlers and of their streams.
#[derive(Debug, Clone)]
pub(crate) struct PanicGuard;

impl Middleware for PanicGuard {
    fn handle<S: Next>(&self, request: Request, next: &mut S) -> Answer {
        let incoming = Incoming::of(&request);
        let language = incoming.language;
        let panicked = move || refusal(&Failure::internal_error(WHAT), language);
        let Ok(answer) = catch_unwind(AssertUnwindSafe(|| next.call(request))) else {
            return at_once(panicked());
        };
        Box::pin(async move {
            match AssertUnwindSafe(answer).catch_unwind().await {
                Ok(Ok(response)) if incoming.streaming() => {
                    Ok(response.map(|inner| Body::new(Guarded { inner, ended: false, language })))
                }
                Ok(answer) => answer,
                Err(_) => Ok(panicked()),
            }
        })
    }
}

struct Guarded {
    inner: Body,
    ended: bool,
    language: Language,
}

impl HttpBody for Guarded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let inner = Pin::new(&mut self.inner);
        catch_unwind(AssertUnwindSafe(|| inner.poll_frame(context))).unwrap_or_else(|_| {
            tracing::error!(internal = WHAT, "internal failure in a stream");
            self.ended = true;
            Poll::Ready(Some(Ok(body::last_frame(Reason::Internal, self.language))))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.ended { SizeHint::with_exact(0) } else { self.inner.size_hint() }
    }
}
