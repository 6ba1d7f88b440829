//! ChangeFeedService: events in order, from a position on, within the caller's area.

use std::pin::Pin;
use std::str::FromStr;
use std::time::Duration;

use futures::Stream;
use kernel::area::AreaCode;
use kernel::failure::{Failure, Reason, Violation, Violations};
use proto::common::{
    FeedEvent, FeedLink, GetHeadRequest, GetHeadResponse, Position, VersionAction, WatchRequest,
    WatchResponse,
};
use store::{Event, FeedPosition};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::call::{Call, open, reply};
use crate::engine::Engine;
use crate::stage::EventDetail;

/// The token of the position before all events of a service's feed: an empty one asks GetHead for no count.
#[must_use]
pub fn beginning() -> String {
    FeedPosition::START.to_string()
}

/// Most events in one message.
const PAGE: u32 = 500;
/// Most events that are counted to tell how far a position is behind.
const COUNTED: u32 = 100_000;
/// How long the feed waits for news before it looks whether the caller is still there.
const WAIT: Duration = Duration::from_secs(5);

/// The service.
pub struct ChangeFeedApi(pub Engine);

#[tonic::async_trait]
impl proto::common::change_feed_service_server::ChangeFeedService for ChangeFeedApi {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<WatchResponse, Status>> + Send>>;

    async fn watch(&self, request: Request<WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        let (call, message) = open(request, "/xiuhua.common.v1.ChangeFeedService/Watch")?;
        let from = position(&message.position).map_err(|failure| call.refuse(&failure))?;
        let (sender, receiver) = mpsc::channel(4);
        let engine = self.0.clone();
        tokio::spawn(async move {
            if let Err(failure) = watch(&engine, &call, from, &message, &sender).await {
                // A caller that is gone needs no answer.
                let _ = sender.send(Err(call.refuse(&failure))).await;
            }
        });
        Ok(Response::new(Box::pin(ReceiverStream::new(receiver))))
    }

    async fn get_head(&self, request: Request<GetHeadRequest>) -> Result<Response<GetHeadResponse>, Status> {
        let (call, message) = open(request, "/xiuhua.common.v1.ChangeFeedService/GetHead")?;
        let at = crate::value::timestamp(self.0.inner().clock.now().micros());
        reply(&call, head(&self.0, &call, &message).await, |(head, behind)| GetHeadResponse {
            head: Some(Position { token: head.to_string(), at: Some(at) }),
            behind,
        })
    }
}

/// The head, and how many events lie between a position and it.
async fn head(
    engine: &Engine,
    call: &Call,
    message: &GetHeadRequest,
) -> Result<(FeedPosition, i64), Failure> {
    // Counted first: what is recorded meanwhile is not missed by somebody who takes the head for what was counted.
    let behind = match message.after.as_str() {
        "" => 0,
        token => {
            let ranges = ranges(call, "")?;
            let db = engine.db();
            db.feed_behind(position(token)?, COUNTED, &message.collections, ranges.as_deref()).await?
        }
    };
    Ok((engine.db().feed_head().await?, behind))
}

/// A collection that is misspelt would be a feed that stands still for ever.
fn refuse_unknown(engine: &Engine, collections: &[String]) -> Result<(), Failure> {
    let mut violations = Violations::new();
    for (index, collection) in collections.iter().enumerate() {
        if engine.registered(collection).is_none() {
            let violation = violations.push(format!("collections[{index}]"), Reason::CodeUnknown);
            violation.add("code", collection);
            violation.add("table", "collections");
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(crate::refusal(violations)) }
}

/// What a caller may see of the feed, within a division where one is named; all of it if `None`.
fn ranges(call: &Call, area: &str) -> Result<Option<Vec<(String, String)>>, Failure> {
    let scope = &call.caller().scope;
    if area.is_empty() {
        return Ok((!scope.is_everything()).then(|| scope.ranges.clone()));
    }
    let unknown = || vec![Violation::new("area", Reason::AreaUnknown).with("area", area)];
    let code = AreaCode::parse(area).ok_or_else(|| crate::refusal(unknown().into()))?;
    call.caller().require_area(&code)?;
    Ok(Some(vec![code.range()]))
}

async fn watch(
    engine: &Engine,
    call: &Call,
    mut at: FeedPosition,
    message: &WatchRequest,
    sender: &mpsc::Sender<Result<WatchResponse, Status>>,
) -> Result<(), Failure> {
    refuse_unknown(engine, &message.collections)?;
    let ranges = ranges(call, &message.area)?;
    let draining = &call.context.draining;
    let service = engine.inner().name;
    loop {
        let page = engine.db().feed(Some(at), PAGE, &message.collections, ranges.as_deref()).await?;
        let moved = page.next != at;
        at = page.next;
        if moved {
            let known = page.events.last().map(|event| crate::value::timestamp(event.recorded_at));
            let answer = WatchResponse {
                events: page.events.into_iter().map(|event| told(service, event)).collect(),
                position: Some(Position { token: at.to_string(), at: known }),
            };
            if sender.send(Ok(answer)).await.is_err() {
                return Ok(());
            }
        }
        if moved {
            continue;
        }
        if message.until_head || draining.is_cancelled() || sender.is_closed() {
            return Ok(());
        }
        tokio::select! {
            () = engine.db().feed_changed(&at, WAIT) => {}
            () = draining.cancelled() => return Ok(()),
            () = sender.closed() => return Ok(()),
        }
    }
}

fn position(token: &str) -> Result<FeedPosition, Failure> {
    if token.is_empty() {
        return Ok(FeedPosition::START);
    }
    FeedPosition::from_str(token).map_err(|_| Failure::new(Reason::ResumeTokenInvalid))
}

fn told(service: &str, event: Event) -> FeedEvent {
    let detail: EventDetail =
        event.detail.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let action = event.kind.parse::<i32>().ok().and_then(|number| VersionAction::try_from(number).ok());
    FeedEvent {
        position: event.position.to_string(),
        service: service.to_owned(),
        name: format!("{}/{}", event.collection, event.id),
        collection: event.collection,
        version: event.version,
        action: action.unwrap_or_default().into(),
        recorded_at: Some(crate::value::timestamp(event.recorded_at)),
        area: event.area,
        links: detail.links.into_iter().map(|(field, value)| FeedLink { field, value }).collect(),
        changed_fields: detail.fields,
    }
}
