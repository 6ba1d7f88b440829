//! Every call has a deadline: the caller's (`grpc-timeout`), else the service's own.
//!
//! tonic's own timeout answers CANCELLED. It cannot be switched off for `grpc-timeout`, but stands outside of this piece,
//! which is a little earlier, so that the answer is DEADLINE_EXCEEDED and has time to travel.

use std::time::Duration;

use http::HeaderMap;
use kernel::failure::{Failure, Reason};
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

use super::body::{self, Stop};
use super::{Answer, Incoming, Middleware, Next, Request, refusal};
use crate::context::{Deadline, Draining};

/// Header with the caller's deadline.
pub(crate) const TIMEOUT_HEADER: &str = "grpc-timeout";

/// Most time that is kept back for the answer's way to the caller.
const MARGIN: Duration = Duration::from_millis(5);

/// Bounds the time of calls and streams.
#[derive(Debug, Clone)]
pub(crate) struct Deadlines {
    /// For calls without a deadline of their own.
    pub(crate) usual: Duration,
    /// Longest life of a stream, and longest deadline of a call.
    pub(crate) longest: Duration,
    /// Announces that the service is about to stop.
    pub(crate) draining: CancellationToken,
}

impl Middleware for Deadlines {
    fn handle<S: Next>(&self, mut request: Request, next: &mut S) -> Answer {
        let incoming = Incoming::of(&request);
        let language = incoming.language;
        if incoming.shell() {
            return self.until_draining(request, next, incoming);
        }
        let own = if incoming.streaming() { self.longest } else { self.usual };
        let asked = requested(request.headers()).map(|asked| asked - MARGIN.min(asked / 10));
        let at = Instant::now() + asked.unwrap_or(own).min(self.longest);
        request.extensions_mut().insert(Deadline(at));
        request.extensions_mut().insert(Draining(self.draining.clone()));
        // Polled after the handler and made before tonic's own timer: see the module's comment.
        let answer = timeout_at(at, next.call(request));
        Box::pin(async move {
            match answer.await {
                Ok(Ok(response)) if incoming.streaming() => {
                    let stop: Stop = Box::pin(async move {
                        sleep_until(at).await;
                        Reason::DeadlineExceeded
                    });
                    Ok(body::end_by(response, stop, language))
                }
                Ok(answer) => answer,
                Err(_) => Ok(refusal(&Failure::new(Reason::DeadlineExceeded), language)),
            }
        })
    }
}

impl Deadlines {
    /// Health is watched for as long as anybody likes, but must not keep a service from stopping.
    fn until_draining<S: Next>(&self, request: Request, next: &mut S, incoming: Incoming) -> Answer {
        let answer = next.call(request);
        if !incoming.streaming() {
            return Box::pin(answer);
        }
        let draining = self.draining.clone();
        Box::pin(async move {
            let Ok(response) = answer.await;
            let stop: Stop = Box::pin(async move {
                draining.cancelled().await;
                Reason::ShuttingDown
            });
            Ok(body::end_by(response, stop, incoming.language))
        })
    }
}

/// The caller's deadline: up to 8 digits and a unit, as gRPC over HTTP/2 has it. What cannot be read is none.
fn requested(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(TIMEOUT_HEADER)?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(number * 3600)),
        "M" => Some(Duration::from_secs(number * 60)),
        "S" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_millis(number)),
        "u" => Some(Duration::from_micros(number)),
        "n" => Some(Duration::from_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_read_as_grpc_writes_them() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(TIMEOUT_HEADER, text.parse().unwrap());
            requested(&headers)
        };
        assert_eq!(read("2H"), Some(Duration::from_secs(7200)));
        assert_eq!(read("15S"), Some(Duration::from_secs(15)));
        assert_eq!(read("250m"), Some(Duration::from_millis(250)));
        assert_eq!(read("99999999n"), Some(Duration::from_nanos(99_999_999)));
        for broken in ["", "S", "1", "1s", "-1S", "123456789S", "1.5S", "1é"] {
            assert_eq!(
                requested(&{
                    let mut headers = HeaderMap::new();
                    headers.insert(TIMEOUT_HEADER, http::HeaderValue::from_bytes(broken.as_bytes()).unwrap());
                    headers
                }),
                None,
                "{broken}"
            );
        }
        assert_eq!(requested(&HeaderMap::new()), None);
    }
}
