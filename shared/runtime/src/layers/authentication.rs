//! Who calls. A public RPC may be called by nobody in particular; all others need a token.

use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use kernel::caller::Caller;
use kernel::failure::{Failure, Reason};

use super::{Answer, Incoming, Middleware, Next, Request, at_once, refusal};
use crate::context::{self, CallerToken};
use crate::policy::Access;
use crate::token::Authenticator;

/// Puts the caller, and the caller's token, beside the request.
#[derive(Debug, Clone)]
pub(crate) struct Authentication {
    pub(crate) authenticator: Arc<Authenticator>,
}

impl Middleware for Authentication {
    fn handle<S: Next>(&self, mut request: Request, next: &mut S) -> Answer {
        let incoming = Incoming::of(&request);
        // What the contract does not have is refused by the next piece, whoever calls.
        let open = incoming.method.as_ref().is_none_or(|method| method.access == Access::Public);
        match self.caller(request.headers(), &incoming) {
            Ok((caller, token)) => {
                request.extensions_mut().insert(caller);
                request.extensions_mut().insert(token);
            }
            Err(_) if open => {
                request.extensions_mut().insert(context::anonymous(incoming.language));
            }
            Err(failure) => return at_once(refusal(&failure, incoming.language)),
        }
        Box::pin(next.call(request))
    }
}

impl Authentication {
    fn caller(&self, headers: &HeaderMap, incoming: &Incoming) -> Result<(Caller, CallerToken), Failure> {
        let header =
            headers.get(AUTHORIZATION).ok_or_else(|| Failure::new(Reason::AuthenticationRequired))?;
        let malformed = || Failure::new(Reason::TokenMalformed);
        let (scheme, token) =
            header.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(malformed)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(malformed());
        }
        let token = token.trim();
        let caller = self.authenticator.authenticate(token, incoming.language)?;
        Ok((caller, CallerToken(token.into())))
    }
}
