//! Named pairs of a day and a known time, by which published figures stay reproducible.

use kernel::failure::{Failure, Reason, Violations};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::snapshot_service_server::SnapshotServiceServer;
use record::Registered;
use record::call::Call;
use record::engine::Engine;
use record::resource::into_typed;
use record::rules::{Act, Rules};
use record::service::Slice;
use record::value::{microseconds, timestamp};
use record::verbs::Write;
use store::Migration;

use crate::contract::{SnapshotApi, SnapshotHandlers, Snapshots};

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<Snapshots>(),
        migration: Migration { name: "registry/snapshot", sql: include_str!("../migrations/snapshot.sql") },
        indicators: &[],
        facts: None,
        serve: |service, engine| service.add(SnapshotServiceServer::new(SnapshotApi(engine))),
    }
}

impl Rules for Snapshots {}

#[tonic::async_trait]
impl SnapshotHandlers for Snapshots {
    /// Waits until the moment is closed, so that no later commit can belong to it.
    async fn create_snapshot(
        engine: &Engine,
        call: &Call,
        message: p::CreateSnapshotRequest,
    ) -> Result<p::CreateSnapshotResponse, Failure> {
        let digest = prost::Message::encode_to_vec(&message);
        let Some(mut snapshot) = message.snapshot else {
            let mut violations = Violations::default();
            violations.push("snapshot", Reason::FieldRequired);
            return Err(record::refusal(violations));
        };
        let closed = engine.db().closed_now().await?;
        let known_at = match snapshot.known_at.as_ref().map(microseconds) {
            Some(asked) if asked > closed => return Err(Failure::new(Reason::KnownAtNotClosed)),
            Some(asked) => asked,
            None => closed,
        };
        snapshot.known_at = Some(timestamp(known_at));
        let meta = snapshot.meta.get_or_insert_default();
        if meta.area.is_empty() {
            let areas = call.caller().scope.ranges.iter();
            let widest = areas.filter_map(|(from, _)| kernel::area::AreaCode::from_prefix(from)).next();
            meta.area = widest.map(|area| area.to_string()).unwrap_or_default();
        }
        let act = Act::create::<Snapshots>(None, snapshot).needing("snapshot.freeze");
        let act = Act { prefix: "snapshot.".to_owned(), ..act };
        let write = Write::of(&message.request_id, message.validate_only, &digest, "create");
        let written = engine.write(call, vec![act], write).await?.pop();
        Ok(p::CreateSnapshotResponse { snapshot: written.and_then(into_typed::<Snapshots>) })
    }
}
