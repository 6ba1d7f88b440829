//! One call: who asks, in which language, and how its answer or failure goes back.

use kernel::caller::Caller;
use kernel::failure::Failure;
use runtime::context::Context;
use tonic::{Request, Response, Status};

/// The circumstances of one call.
#[derive(Clone)]
pub struct Call {
    /// What the shell knows of it: caller, token, language, deadline.
    pub context: Context,
    /// Full path of the RPC.
    pub method: &'static str,
}

impl Call {
    /// The call of an incoming request.
    pub fn of<M>(request: &Request<M>, method: &'static str) -> Self {
        Self { context: Context::of(request), method }
    }
    /// Who asks.
    pub fn caller(&self) -> &Caller {
        &self.context.caller
    }
    /// The failure as a status in the caller's language.
    pub fn refuse(&self, failure: &Failure) -> Status {
        self.context.status(failure)
    }
}

/// Takes a request apart. Used by generated code and by the common services.
pub fn open<M>(request: Request<M>, method: &'static str) -> Result<(Call, M), Status> {
    let call = Call::of(&request, method);
    Ok((call, request.into_inner()))
}

/// Puts an answer together. Used by generated code and by the common services.
pub fn reply<T, R>(
    call: &Call,
    answer: Result<T, Failure>,
    wrap: impl FnOnce(T) -> R,
) -> Result<Response<R>, Status> {
    match answer {
        Ok(found) => Ok(Response::new(wrap(found))),
        Err(failure) => Err(call.refuse(&failure)),
    }
}
