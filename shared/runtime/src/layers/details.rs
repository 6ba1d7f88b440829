//! Every refusal carries details, also those that a library made.

use tonic::{Code, Status};

use super::{Answer, Incoming, Middleware, Next, Request, Response};
use crate::status;

/// Header with the encoded details.
const DETAILS_HEADER: &str = "grpc-status-details-bin";

/// Adds what is missing to statuses without details.
#[derive(Debug, Clone)]
pub(crate) struct Details;

impl Middleware for Details {
    fn handle<S: Next>(&self, request: Request, next: &mut S) -> Answer {
        let language = Incoming::of(&request).language;
        let answer = next.call(request);
        Box::pin(async move {
            let Ok(response) = answer.await;
            Ok(match bare(&response) {
                Some(status) => status::completed(status, language).into_http(),
                None => response,
            })
        })
    }
}

/// The status of a refusal without details.
fn bare(response: &Response) -> Option<Status> {
    let headers = response.headers();
    if headers.contains_key(DETAILS_HEADER) {
        return None;
    }
    Status::from_header_map(headers).filter(|status| status.code() != Code::Ok)
}
