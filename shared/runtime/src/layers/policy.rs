//! Whether this caller may call this RPC at all. Which rows it may see is decided where the rows are.

use std::sync::Arc;

use kernel::caller::Caller;
use kernel::failure::{Failure, Reason};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::{Answer, Incoming, Middleware, Next, Request, Response, at_once, code_in, refusal};
use crate::policy::{Access, Method};
use crate::shell::{Refusal, RefusalSink};

/// Asks for the RPC's permission and tells of refusals.
#[derive(Clone)]
pub(crate) struct Policy {
    pub(crate) refusals: Option<Arc<dyn RefusalSink>>,
}

impl Middleware for Policy {
    fn handle<S: Next>(&self, request: Request, next: &mut S) -> Answer {
        let incoming = Incoming::of(&request);
        let Some(method) = incoming.method else {
            return at_once(refusal(&Failure::new(Reason::Unimplemented), incoming.language));
        };
        let caller = request.extensions().get::<Caller>();
        if let Err(failure) = check(&method, caller) {
            if let (Some(sink), Some(caller)) = (&self.refusals, caller) {
                tell(sink.as_ref(), &caller.subject, &method, failure.reason().as_str());
            }
            return at_once(refusal(&failure, incoming.language));
        }
        let told = self.refusals.clone().zip(caller.map(|caller| caller.subject.clone()));
        let answer = next.call(request);
        let Some((sink, subject)) = told else { return Box::pin(answer) };
        Box::pin(async move {
            let Ok(response) = answer.await;
            if let Some(reason) = denied(&response) {
                tell(sink.as_ref(), &subject, &method, &reason);
            }
            Ok(response)
        })
    }
}

fn check(method: &Method, caller: Option<&Caller>) -> Result<(), Failure> {
    match &method.access {
        Access::Public => Ok(()),
        Access::Permission(permission) => {
            caller.ok_or_else(|| Failure::new(Reason::AuthenticationRequired))?.require(permission)
        }
        Access::Undeclared => Err(Failure::new(Reason::PermissionUndeclared).with("method", &method.label)),
    }
}

/// The reason of a handler's own PERMISSION_DENIED (an area or a programme outside the caller's scope).
fn denied(response: &Response) -> Option<String> {
    if code_in(response.headers()) != Some(Code::PermissionDenied) {
        return None;
    }
    let status = Status::from_header_map(response.headers())?;
    Some(status.get_details_error_info().map_or_else(|| "PERMISSION_DENIED".to_owned(), |info| info.reason))
}

fn tell(sink: &dyn RefusalSink, subject: &str, method: &Method, reason: &str) {
    if !subject.is_empty() {
        sink.refused(Refusal { subject, method: &method.label, reason });
    }
}
