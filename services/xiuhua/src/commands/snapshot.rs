//! `snapshot create`.

use kernel::clock::Moment;
use proto::xiuhua::registry::v1::{CreateSnapshotRequest, Snapshot};

use super::{Manner, print_line};
use crate::arguments::Client;
use crate::client::{Connection, patient};
use crate::exit::Stop;
use crate::words;

/// A snapshot to be made.
pub(crate) struct Wanted {
    /// Code by which templates name it.
    pub(crate) code: String,
    /// Day that is read.
    pub(crate) as_of: String,
    /// Title for people.
    pub(crate) title: String,
    /// What it is for.
    pub(crate) purpose: String,
}

/// Makes a snapshot and says at which moment.
pub(crate) async fn create(wanted: Wanted, client: &Client, manner: Manner) -> Result<(), Stop> {
    let connection = Connection::of_arguments(client, manner.language).await?;
    let snapshot = freeze(&connection, wanted).await?;
    let known_at = snapshot.known_at.and_then(|at| Moment::from_seconds_and_nanos(at.seconds, at.nanos));
    let known_at = known_at.map(|moment| moment.to_string()).unwrap_or_default();
    let values: [(&str, &dyn std::fmt::Display); 3] =
        [("code", &snapshot.code), ("as_of", &snapshot.as_of), ("known_at", &known_at)];
    print_line(&words::FROZEN.fill(manner.language, &values))
}

/// Makes a snapshot.
pub(crate) async fn freeze(connection: &Connection, wanted: Wanted) -> Result<Snapshot, Stop> {
    let Wanted { code, as_of, title, purpose } = wanted;
    let request = CreateSnapshotRequest {
        request_id: uuid::Uuid::new_v4().to_string(),
        snapshot: Some(Snapshot { code, as_of, title, purpose, ..Snapshot::default() }),
        ..CreateSnapshotRequest::default()
    };
    let answer = connection.snapshots().create_snapshot(patient(request)).await?;
    Ok(answer.into_inner().snapshot.unwrap_or_default())
}
