//! Bounds how much is done at a time; what is too much is refused at once, since a queue only makes everyone late.

use std::sync::Arc;
use std::time::Duration;

use kernel::failure::{Failure, Reason};
use tokio::sync::Semaphore;
use tracing::Span;

use super::{Answer, Incoming, Middleware, Next, Request, at_once, body, refusal};

/// When a refused caller should come again.
const RETRY: Duration = Duration::from_millis(250);

/// Two bounds: calls at a time, and open streams, which may live long and must not use up the calls.
#[derive(Debug, Clone)]
pub(crate) struct Limit {
    calls: Arc<Semaphore>,
    streams: Arc<Semaphore>,
}

impl Limit {
    /// At most so many calls and so many open streams at a time.
    pub(crate) fn new(calls: usize, streams: usize) -> Self {
        let bounded = |count: usize| Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)));
        Self { calls: bounded(calls), streams: bounded(streams) }
    }
}

impl Middleware for Limit {
    fn handle<S: Next>(&self, request: Request, next: &mut S) -> Answer {
        let incoming = Incoming::of(&request);
        // Health and reflection say how a busy service is doing; they cost nothing.
        if incoming.shell() {
            return Box::pin(next.call(request));
        }
        let streaming = incoming.streaming();
        let bound = if streaming { &self.streams } else { &self.calls };
        let Ok(permit) = Arc::clone(bound).try_acquire_owned() else {
            let failure = Failure::new(Reason::Overloaded).retry_after(RETRY);
            return at_once(refusal(&failure, incoming.language));
        };
        let answer = next.call(request);
        Box::pin(async move {
            let Ok(response) = answer.await;
            if streaming {
                // The permit goes back when the stream ends.
                return Ok(body::watch(response, Span::none(), move |_, _| drop(permit)));
            }
            drop(permit);
            Ok(response)
        })
    }
}
