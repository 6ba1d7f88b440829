//! Whether this caller may call this RPC at all. Which rows it may see is decided where the rows are.

use std::sync::Arc;

use http::HeaderMap;
use kernel::caller::Caller;
use kernel::failure::{Failure, Reason};
use tonic::{Code, Status};
use tonic_types::StatusExt;
use tracing::Span;

use super::{Answer, Incoming, Middleware, Next, Request, at_once, body, refusal};
use crate::context::{CallerToken, RequestId};
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
        let request_id = incoming.request_id;
        let who = caller.filter(|caller| !caller.subject.is_empty());
        let who = who.map(|caller| Who::of(caller, request_id));
        let told = self.refusals.clone().zip(who);
        if let Err(failure) = check(&method, caller) {
            if let Some((sink, who)) = told {
                let token = request.extensions().get::<CallerToken>();
                sink.refused(who.refusal(&method, failure.reason().as_str(), token));
            }
            return at_once(refusal(&failure, incoming.language));
        }
        let answer = next.call(request);
        let Some((sink, who)) = told else { return Box::pin(answer) };
        Box::pin(async move {
            let Ok(response) = answer.await;
            Ok(body::watch(response, Span::none(), move |code, headers| {
                if code == Code::PermissionDenied {
                    sink.refused(who.refusal(&method, &reason_in(headers), None));
                }
            }))
        })
    }
}

/// The caller as the audit names it, kept until the answer is over.
struct Who {
    subject: String,
    on_behalf_of: Option<String>,
    role: String,
    request_id: RequestId,
}

impl Who {
    fn of(caller: &Caller, request_id: RequestId) -> Self {
        Self {
            subject: caller.subject.clone(),
            on_behalf_of: caller.on_behalf_of.clone(),
            role: caller.role.clone(),
            request_id,
        }
    }

    fn refusal<'a>(
        &'a self,
        method: &'a Method,
        reason: &'a str,
        token: Option<&'a CallerToken>,
    ) -> Refusal<'a> {
        Refusal {
            subject: &self.subject,
            on_behalf_of: self.on_behalf_of.as_deref(),
            role: &self.role,
            method: &method.label,
            reason,
            request_id: &self.request_id,
            token,
        }
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
fn reason_in(headers: &HeaderMap) -> String {
    let info = Status::from_header_map(headers).and_then(|status| status.get_details_error_info());
    info.map_or_else(|| "PERMISSION_DENIED".to_owned(), |info| info.reason)
}
