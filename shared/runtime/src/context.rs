//! What the shell knows of a call, as handlers and composed calls need it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kernel::area::Scope;
use kernel::caller::Caller;
use kernel::clock::Moment;
use kernel::failure::Failure;
use kernel::language::Language;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::status;
use crate::traces::Trace;

/// Identifier of a request, for logs and for the caller; taken from `x-request-id` or made. Not the `request_id` of
/// a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub Arc<str>);

/// The caller's own token, kept so that a composed call runs with the caller's own rights. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct CallerToken(pub Arc<str>);

impl fmt::Debug for CallerToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CallerToken(redacted)")
    }
}

/// The moment by which a call must be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(pub Instant);

/// Is cancelled when the service begins to drain: an endless stream should end itself then.
#[derive(Debug, Clone)]
pub struct Draining(pub CancellationToken);

/// Everything the shell knows of a call.
#[derive(Debug, Clone)]
pub struct Context {
    /// Who calls; nobody on public RPCs without a token.
    pub caller: Caller,
    /// The caller's token, if one was sent.
    pub token: Option<CallerToken>,
    /// The caller's language.
    pub language: Language,
    /// Identifier of the request.
    pub request_id: RequestId,
    /// The trace to which the call belongs.
    pub trace: Trace,
    /// When the answer is due.
    pub deadline: Option<Deadline>,
    /// Announces that the service is about to stop.
    pub draining: CancellationToken,
}

impl Context {
    /// The context of a call that came through the shell's layers. Outside of them (a unit test of a handler) it is
    /// that of an unknown caller without rights.
    #[must_use]
    pub fn of<T>(request: &tonic::Request<T>) -> Self {
        let extensions = request.extensions();
        let language = crate::language::of_metadata(request.metadata());
        Self {
            caller: extensions.get::<Caller>().cloned().unwrap_or_else(|| anonymous(language)),
            token: extensions.get::<CallerToken>().cloned(),
            language,
            request_id: extensions.get::<RequestId>().cloned().unwrap_or_else(RequestId::none),
            trace: extensions.get::<Trace>().cloned().unwrap_or_default(),
            deadline: extensions.get::<Deadline>().copied(),
            draining: extensions.get::<Draining>().map(|draining| draining.0.clone()).unwrap_or_default(),
        }
    }

    /// The context of background work (followers, polling), which no call started.
    #[must_use]
    pub fn background(caller: Caller, token: Option<CallerToken>, request_id: RequestId) -> Self {
        Self {
            caller,
            token,
            language: Language::default(),
            request_id,
            trace: Trace::default(),
            deadline: None,
            draining: CancellationToken::new(),
        }
    }

    /// The same call with a nearer deadline: `limit` from now, or the one it has if that is nearer.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        let at = Instant::now() + limit;
        let nearer = self.deadline.map_or(at, |deadline| deadline.0.min(at));
        Self { deadline: Some(Deadline(nearer)), ..self.clone() }
    }

    /// Time left until the deadline; `None` where there is none.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.0.saturating_duration_since(Instant::now()))
    }

    /// The answer to this caller for a failure.
    #[must_use]
    pub fn status(&self, failure: &Failure) -> Status {
        status::to_status(failure, self.language)
    }
}

/// The caller of a public RPC who showed no token: nobody, without any right, anywhere.
#[must_use]
pub fn anonymous(language: Language) -> Caller {
    Caller {
        subject: String::new(),
        role: "public".to_owned(),
        permissions: Arc::default(),
        scope: Scope::nothing(),
        programmes: Some(BTreeSet::new()),
        language,
        token_expires: Moment::OPEN,
        on_behalf_of: None,
    }
}

impl RequestId {
    /// Longest identifier taken from a caller, in bytes.
    pub const MAX_LENGTH: usize = 64;

    /// The identifier of work that no request started.
    #[must_use]
    pub fn none() -> Self {
        Self("-".into())
    }

    /// A new identifier.
    #[must_use]
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4().to_string().into())
    }

    /// An identifier from outside: letters, digits, `-`, `_` and `.` only, so that it may stand in a log line.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= Self::MAX_LENGTH;
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        (fits && plain).then(|| Self(text.into()))
    }
}
