//! What is read of every shape: its versions, its events.

use proto::common::change_feed_service_client::ChangeFeedServiceClient;
use proto::common::history_service_client::HistoryServiceClient;
use proto::common::{FeedEvent, ListVersionsRequest, VersionAction, WatchRequest};
use suite::harness::Harness;

/// Version and action of each row of a record's history, the newest first.
pub(crate) async fn versions(harness: &Harness, service: &str, name: &str) -> Vec<(i64, VersionAction)> {
    let token = harness.token("auditor", &["222400"]);
    let mut client = HistoryServiceClient::new(harness.client(service, &token));
    let request = ListVersionsRequest { name: name.to_owned(), ..ListVersionsRequest::default() };
    let answer = client.list_versions(request).await.unwrap().into_inner();
    answer.versions.iter().map(|version| (version.version, version.action())).collect()
}

/// All events from a position to the head, and where they end.
pub(crate) async fn events(harness: &Harness, service: &str, from: &str) -> (Vec<FeedEvent>, String) {
    // Other tests write to the same PostgreSQL: what is committed is told once their transactions before it are over.
    harness.databases[service].closed_now().await.unwrap();
    let token = harness.token("internal", &["222400"]);
    let mut client = ChangeFeedServiceClient::new(harness.client(service, &token));
    let request = WatchRequest { position: from.to_owned(), until_head: true, ..WatchRequest::default() };
    let mut stream = client.watch(request).await.unwrap().into_inner();
    let (mut events, mut position) = (Vec::new(), from.to_owned());
    while let Some(answer) = stream.message().await.unwrap() {
        events.extend(answer.events);
        position = answer.position.unwrap().token;
    }
    (events, position)
}

/// Version and action of each event of a record, in the order of the feed.
pub(crate) fn told(events: &[FeedEvent], name: &str) -> Vec<(i64, VersionAction)> {
    let own = events.iter().filter(|event| event.name == name);
    own.map(|event| (event.version, event.action())).collect()
}
