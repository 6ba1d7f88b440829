//! Bounds the size of every message of a request.
//!
//! tonic bounds it as well, per generated service, and answers OUT_OF_RANGE without details. This piece reads the length
//! that stands before each message and refuses before the message is taken into memory.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http_body::{Body as HttpBody, Frame, SizeHint};
use kernel::failure::{Failure, Reason};
use kernel::language::Language;
use tonic::Status;
use tonic::body::Body;

use super::{Answer, Incoming, Middleware, Next, Request};
use crate::status;

/// Bytes before a message: a flag and the length.
const PREFIX: usize = 5;

/// Bounds messages.
#[derive(Debug, Clone)]
pub(crate) struct MessageSize {
    /// Most bytes of one message.
    pub(crate) limit: usize,
}

impl Middleware for MessageSize {
    fn handle<S: Next>(&self, request: Request, next: &mut S) -> Answer {
        let language = Incoming::of(&request).language;
        let lengths = Lengths { limit: self.limit, prefix: Vec::with_capacity(PREFIX), ahead: 0 };
        Box::pin(next.call(request.map(|inner| Body::new(Bounded { inner, lengths, language }))))
    }
}

struct Bounded {
    inner: Body,
    lengths: Lengths,
    language: Language,
}

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
            && let Some(length) = self.lengths.over(data.clone())
        {
            let failure =
                Failure::new(Reason::MessageTooLarge).with("bytes", length).with("limit", self.lengths.limit);
            return Poll::Ready(Some(Err(status::to_status(&failure, self.language))));
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

/// Follows the prefixes through the pieces in which a body arrives.
struct Lengths {
    limit: usize,
    /// What has come of a prefix.
    prefix: Vec<u8>,
    /// Bytes of the message that are still to come.
    ahead: usize,
}

impl Lengths {
    /// The length of the first message that is over the limit.
    fn over(&mut self, mut data: Bytes) -> Option<usize> {
        while data.has_remaining() {
            let passed = self.ahead.min(data.remaining());
            data.advance(passed);
            self.ahead -= passed;
            if self.ahead > 0 || !data.has_remaining() {
                break;
            }
            let missing = (PREFIX - self.prefix.len()).min(data.remaining());
            self.prefix.extend_from_slice(&data.split_to(missing));
            if let [_, length @ ..] = self.prefix.as_slice()
                && let Ok(length) = <[u8; 4]>::try_from(length)
            {
                self.prefix.clear();
                self.ahead = u32::from_be_bytes(length) as usize;
                if self.ahead > self.limit {
                    return Some(self.ahead);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: u32) -> Vec<u8> {
        let mut bytes = vec![0];
        bytes.extend(length.to_be_bytes());
        bytes.resize(PREFIX + length as usize, 7);
        bytes
    }

    #[test]
    fn lengths_are_followed_through_pieces_of_any_size() {
        let bytes: Vec<u8> = [message(3), message(0), message(10), message(11), message(1)].concat();
        for size in 1..=bytes.len() {
            let mut lengths = Lengths { limit: 10, prefix: Vec::new(), ahead: 0 };
            let found: Vec<usize> =
                bytes.chunks(size).filter_map(|piece| lengths.over(Bytes::copy_from_slice(piece))).collect();
            assert_eq!(found.first(), Some(&11), "pieces of {size}");
        }
        let mut lengths = Lengths { limit: 11, prefix: Vec::new(), ahead: 0 };
        assert_eq!(lengths.over(Bytes::from(bytes)), None);
    }
}
