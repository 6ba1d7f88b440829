//! Refusals in the audit. The gateway keeps none: it owns no facts, and no database to write to.
//!
//! A call that a service refused behind the gateway is audited there. One that the gateway's own shell refused is shown to
//! the registry as well, empty, with the caller's token and under the same identifier: its shell knows the whole contract,
//! refuses before any handler, and audits it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kernel::language::Language;
use runtime::client::Channels;
use runtime::context::{Context, anonymous};
use runtime::shell::{Refusal, RefusalSink};
use tokio::sync::Semaphore;
use tonic::Code;

use crate::route::raw;

/// Who audits what the gateway itself refuses.
const AUDITOR: &str = "registry";
/// Most refusals on their way; beyond it the audit counts fewer than there were.
const ON_THE_WAY: usize = 64;
/// How long the registry may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Has the registry audit refusals.
pub(crate) struct PassedOn {
    channels: Channels,
    on_the_way: Arc<Semaphore>,
}

impl PassedOn {
    pub(crate) fn new(channels: Channels) -> Self {
        Self { channels, on_the_way: Arc::new(Semaphore::new(ON_THE_WAY)) }
    }
}

impl RefusalSink for PassedOn {
    fn refused(&self, refusal: Refusal<'_>) {
        let Some(token) = refusal.token else { return };
        let Ok(permit) = Arc::clone(&self.on_the_way).try_acquire_owned() else {
            tracing::warn!(method = refusal.method, "too many refusals at once: one is not audited");
            return;
        };
        let caller = anonymous(Language::default());
        let context = Context::background(caller, Some(token.clone()), refusal.request_id.clone());
        let context = context.within(PATIENCE);
        let path = format!("/{}", refusal.method);
        match self.channels.to(AUDITOR, &context) {
            Ok(outgoing) => {
                tokio::spawn(async move {
                    let _on_the_way = permit;
                    let code =
                        raw::unary(outgoing, &path, Bytes::new()).await.err().map(|status| status.code());
                    if code != Some(Code::PermissionDenied) {
                        tracing::warn!(?code, path, "a refusal is not audited");
                    }
                });
            }
            Err(failure) => tracing::warn!(%failure, "a refusal is not audited"),
        }
    }
}
