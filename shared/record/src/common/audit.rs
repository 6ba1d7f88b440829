//! AuditService: who did what, with which power and for which purpose.

use kernel::failure::{Failure, Reason};
use kernel::page::{self, PageToken};
use proto::common as p;
use store::{AuditEntry, AuditQuery};
use tonic::{Request, Response, Status};

use crate::call::{Call, open, reply};
use crate::engine::Engine;
use crate::value::{microseconds, timestamp};

/// The service.
pub struct AuditApi(pub Engine);

#[tonic::async_trait]
impl p::audit_service_server::AuditService for AuditApi {
    async fn list_audit_entries(
        &self,
        request: Request<p::ListAuditEntriesRequest>,
    ) -> Result<Response<p::ListAuditEntriesResponse>, Status> {
        let (call, message) = open(request, "/xiuhua.common.v1.AuditService/ListAuditEntries")?;
        let answer = self.entries(&call, &message).await;
        reply(&call, answer, |answer| answer)
    }
}

impl AuditApi {
    async fn entries(
        &self,
        call: &Call,
        message: &p::ListAuditEntriesRequest,
    ) -> Result<p::ListAuditEntriesResponse, Failure> {
        let size = page::size(message.page_size)?;
        let digest =
            page::query_digest(&["audit", &message.subject, &message.name, &message.kind.to_string()]);
        let before = match message.page_token.as_str() {
            "" => None,
            token => {
                let position = page::decode(token, &digest)?.position;
                let numbers: Vec<i64> = position.iter().filter_map(|part| part.parse().ok()).collect();
                match numbers.as_slice() {
                    [transaction, ordinal] => Some((*transaction, *ordinal)),
                    _ => return Err(Failure::new(Reason::PageTokenInvalid)),
                }
            }
        };
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        let scope = &call.caller().scope;
        let query = AuditQuery {
            subject: some(&message.subject),
            resource: some(&message.name),
            ranges: (!scope.is_everything() && !call.caller().may("audit.read"))
                .then(|| scope.ranges.clone()),
            from: message.from.as_ref().map(microseconds),
            to: message.to.as_ref().map(microseconds),
            before,
            limit: size + 1,
        };
        let found = self.0.db().audit_entries(&query).await?;
        let more = found.len() > size as usize;
        let shown = &found[..found.len().min(size as usize)];
        let next_page_token = match shown.last() {
            Some(last) if more => page::encode(&PageToken {
                query_digest: digest,
                position: vec![last.position.0.to_string(), last.position.1.to_string()],
            }),
            _ => String::new(),
        };
        let entries = shown
            .iter()
            .map(told)
            .filter(|entry| message.kind() == p::AuditKind::Unspecified || entry.kind == message.kind)
            .collect();
        Ok(p::ListAuditEntriesResponse { entries, next_page_token })
    }
}

fn told(found: &AuditEntry) -> p::AuditEntry {
    let entry = &found.entry;
    let kind = match (entry.outcome.as_str(), entry.action.as_str()) {
        ("REFUSED", _) => p::AuditKind::Refusal,
        (_, "reveal") => p::AuditKind::Reveal,
        (_, "exchange") => p::AuditKind::Exchange,
        (_, "export") => p::AuditKind::Export,
        _ => p::AuditKind::Write,
    };
    let fields: Vec<String> =
        entry.fields.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    p::AuditEntry {
        id: format!("{}.{}", found.position.0, found.position.1),
        at: Some(timestamp(found.recorded_at)),
        subject: entry.subject.clone(),
        on_behalf_of: entry.on_behalf_of.clone().unwrap_or_default(),
        kind: kind.into(),
        method: entry.method.trim_start_matches('/').to_owned(),
        names: entry.resource.iter().cloned().collect(),
        fields,
        reason: entry.reason.clone().unwrap_or_default(),
        purpose: entry.purpose.clone().unwrap_or_default(),
        legal_basis: entry.legal_basis.clone().unwrap_or_default(),
        count: entry.count,
        source: entry.source.clone().unwrap_or_default(),
        digest: entry.digest.clone().unwrap_or_default(),
    }
}
