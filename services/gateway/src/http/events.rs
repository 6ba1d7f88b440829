//! `GET /v1/events`: the change feed as batches of CloudEvents 1.0, for systems that ask instead of listening.
//!
//! A consumer keeps the cursor of the last event with which it is done, or of the batch, and asks on from there. It may be
//! stopped anywhere: what it has seen but not kept comes again under the same `source` and `id`, and nothing is left out.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, LINK};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use kernel::clock::Moment;
use kernel::failure::Failure;
use proto::common::change_feed_service_client::ChangeFeedServiceClient;
use proto::common::{FeedEvent, VersionAction, WatchRequest};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};
use tonic::Status;

use super::call::{Calling, Rpcs};
use super::error;
use super::openapi::beside::{self, Reading};
use super::parameters::Parameters;

/// Where it is.
const PATH: &str = "/v1/events";
/// The media type of a batch.
const BATCH: HeaderValue = HeaderValue::from_static("application/cloudevents-batch+json");
/// The message that is the data of an event.
const EVENT: &str = "xiuhua.common.v1.FeedEvent";
/// Most and usual events in a batch.
const LIMIT: (u32, u32) = (1_000, 100);
/// Longest wait for news, in seconds.
const LONGEST_WAIT: u32 = 60;

/// The address.
pub(super) fn router(rpcs: &Rpcs) -> Router {
    Router::new().route(PATH, get(events)).with_state(rpcs.clone())
}

/// What the OpenAPI document says of it.
pub(super) fn described() -> Value {
    let parameter = |name, schema, about| beside::parameter("query", name, schema, about);
    let (most, usual) = LIMIT;
    let reading = Reading {
        id: "ListEvents",
        tag: "ChangeFeedService",
        rpc: "xiuhua.common.v1.ChangeFeedService/Watch",
        about: "Reads the change feed as a batch of CloudEvents 1.0. `source` and `id` together tell a repeat; the \
            `cursor` of an event, or the address in `link`, goes on behind it. An empty batch says that there is no \
            more yet.",
        parameters: vec![
            parameter("cursor", json!({"type": "string"}), "Where to go on; from the beginning if absent."),
            parameter(
                "collections",
                json!({"type": "string", "examples": ["households,persons"]}),
                "Collections of records, with commas; all if absent.",
            ),
            parameter(
                "area",
                json!({"type": "string", "examples": ["222405"]}),
                "Division whose records are wanted; all that the caller may see if absent.",
            ),
            parameter(
                "limit",
                json!({"type": "integer", "minimum": 1, "maximum": most, "default": usual}),
                "Most events of the batch.",
            ),
            parameter(
                "wait",
                json!({"type": "integer", "minimum": 0, "maximum": LONGEST_WAIT, "default": 0}),
                "Seconds to wait for an event where there is none yet.",
            ),
        ],
        answers: vec![(
            "application/cloudevents-batch+json",
            json!({"type": "array", "maxItems": most, "items": event_schema()}),
        )],
        headers: &[("link", "The address of what comes next: `<…>; rel=\"next\"`.")],
    };
    json!({PATH: reading.described()})
}

/// A CloudEvent of the feed.
fn event_schema() -> Value {
    let text =
        |about: &str, example: &str| json!({"type": "string", "description": about, "examples": [example]});
    let mut data = json!({"description": "The event without its place in the feed."});
    data["allOf"] = json!([beside::message("common.v1.FeedEvent")]);
    let properties = json!({
        "specversion": {"type": "string", "const": "1.0"},
        "id": text("The version of the record.", "households/…/versions/2"),
        "source": text("The service that recorded it.", "urn:xiuhua:registry"),
        "type": text("What was done in which collection.", "xiuhua.households.corrected"),
        "subject": text("The record.", "households/…"),
        "time": {"type": "string", "format": "date-time", "description": "When it was recorded."},
        "datacontenttype": {"type": "string", "const": "application/json"},
        "area": text("The division of the record.", "222405100201"),
        "cursor": text("Where to go on behind this event.", "…"),
        "data": data,
    });
    let required: Vec<&String> = properties.as_object().into_iter().flat_map(serde_json::Map::keys).collect();
    json!({"type": "object", "properties": properties, "required": required})
}

async fn events(State(rpcs): State<Rpcs>, uri: Uri, headers: HeaderMap) -> Response {
    let asked = match Asked::of(&uri) {
        Ok(asked) => asked,
        Err(failure) => return rpcs.refused(&failure, &headers).await,
    };
    match batch(&rpcs.on_behalf_of(&headers), &asked).await {
        Ok(batch) => batch.answer(&asked).unwrap_or_else(|failure| error::of(&failure, &headers)),
        Err(status) => error::refused(&status),
    }
}

/// What is asked.
#[derive(Debug)]
struct Asked {
    cursor: String,
    collections: Vec<String>,
    area: String,
    limit: usize,
    wait: Duration,
}

impl Asked {
    fn of(uri: &Uri) -> Result<Self, Failure> {
        let mut given = Parameters::of(uri);
        let (most, usual) = LIMIT;
        let asked = Self {
            cursor: given.text("cursor"),
            collections: given.list("collections"),
            area: given.text("area"),
            limit: usize::try_from(given.number("limit", 1..=most, usual))
                .map_err(Failure::internal_error)?,
            wait: Duration::from_secs(u64::from(given.number("wait", 0..=LONGEST_WAIT, 0))),
        };
        given.finish()?;
        Ok(asked)
    }

    /// The address of what comes after a cursor.
    fn next(&self, cursor: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("cursor", cursor);
        if !self.collections.is_empty() {
            query.append_pair("collections", &self.collections.join(","));
        }
        if !self.area.is_empty() {
            query.append_pair("area", &self.area);
        }
        query.append_pair("limit", &self.limit.to_string());
        if !self.wait.is_zero() {
            query.append_pair("wait", &self.wait.as_secs().to_string());
        }
        format!("{PATH}?{}", query.finish())
    }
}

/// Events, and where it goes on after them.
#[derive(Debug, Default)]
struct Batch {
    events: Vec<FeedEvent>,
    cursor: String,
}

impl Batch {
    fn answer(self, asked: &Asked) -> Result<Response, Failure> {
        let next = format!("<{}>; rel=\"next\"", asked.next(&self.cursor));
        let next = HeaderValue::try_from(next).map_err(Failure::internal_error)?;
        let events: Vec<Value> = self.events.into_iter().map(cloud_event).collect::<Result<_, Failure>>()?;
        let body = serde_json::to_vec(&events).map_err(Failure::internal_error)?;
        let headers: [(HeaderName, HeaderValue); 3] =
            [(CONTENT_TYPE, BATCH), (LINK, next), (CACHE_CONTROL, HeaderValue::from_static("no-store"))];
        Ok((headers, body).into_response())
    }
}

/// What there is; where there is nothing yet, what comes while the caller is willing to wait.
async fn batch(calling: &Calling, asked: &Asked) -> Result<Batch, Status> {
    let until = Instant::now() + asked.wait;
    let mut batch = Batch { events: Vec::new(), cursor: asked.cursor.clone() };
    read(calling, asked, true, &mut batch).await?;
    if batch.events.is_empty() && !asked.wait.is_zero() {
        // Where nothing came in time, an empty batch is the answer.
        timeout_at(until, read(calling, asked, false, &mut batch)).await.unwrap_or(Ok(()))?;
    }
    Ok(batch)
}

/// Reads on from the batch's cursor: to the head, or until there are events.
async fn read(calling: &Calling, asked: &Asked, until_head: bool, batch: &mut Batch) -> Result<(), Status> {
    let request = WatchRequest {
        position: batch.cursor.clone(),
        collections: asked.collections.clone(),
        until_head,
        area: asked.area.clone(),
    };
    let mut client = ChangeFeedServiceClient::new(calling.clone()).max_decoding_message_size(usize::MAX);
    let mut feed = client.watch(request).await?.into_inner();
    loop {
        let answer = match feed.message().await {
            Ok(Some(answer)) => answer,
            Ok(None) => return Ok(()),
            // What was read stands; who goes on from there hears of it.
            Err(_) if !batch.events.is_empty() => return Ok(()),
            Err(status) => return Err(status),
        };
        let room = asked.limit - batch.events.len();
        let full = answer.events.len() >= room;
        if answer.events.len() > room {
            batch.events.extend(answer.events.into_iter().take(room));
            batch.cursor = batch.events.last().map(|event| event.position.clone()).unwrap_or_default();
        } else {
            batch.events.extend(answer.events);
            batch.cursor = answer.position.unwrap_or_default().token;
        }
        if full || (!until_head && !batch.events.is_empty()) {
            return Ok(());
        }
    }
}

/// An event as CloudEvents has it. A version of a record is recorded once, so its name and number tell a repeat.
fn cloud_event(event: FeedEvent) -> Result<Value, Failure> {
    let recorded = event.recorded_at.unwrap_or_default();
    let time = Moment::from_seconds_and_nanos(recorded.seconds, recorded.nanos)
        .ok_or_else(|| Failure::internal_error("an event of no time"))?;
    let data = FeedEvent { position: String::new(), service: String::new(), ..event.clone() };
    Ok(json!({
        "specversion": "1.0",
        "id": format!("{}/versions/{}", event.name, event.version),
        "source": format!("urn:xiuhua:{}", event.service),
        "type": format!("xiuhua.{}.{}", event.collection, verb(event.action())),
        "subject": event.name,
        "time": time.to_string(),
        "datacontenttype": "application/json",
        "area": event.area,
        "cursor": event.position,
        "data": crate::json::value_of(EVENT, &data)?,
    }))
}

/// What was done, in small letters: `created`.
fn verb(action: VersionAction) -> String {
    let name = action.as_str_name();
    name.strip_prefix("VERSION_ACTION_").unwrap_or(name).to_lowercase()
}

#[cfg(test)]
mod tests {
    use prost_types::Timestamp;

    use super::*;

    #[test]
    fn an_event_is_one_of_cloudevents() {
        let event = FeedEvent {
            collection: "households".to_owned(),
            name: "households/018f".to_owned(),
            version: 3,
            action: VersionAction::Corrected.into(),
            recorded_at: Some(Timestamp { seconds: 1_506_729_600, nanos: 5_000 }),
            area: "222405100201".to_owned(),
            changed_fields: vec!["phone".to_owned()],
            position: "p-1".to_owned(),
            service: "registry".to_owned(),
            ..FeedEvent::default()
        };
        assert_eq!(
            cloud_event(event).unwrap(),
            json!({
                "specversion": "1.0",
                "id": "households/018f/versions/3",
                "source": "urn:xiuhua:registry",
                "type": "xiuhua.households.corrected",
                "subject": "households/018f",
                "time": "2017-09-30T00:00:00.000005Z",
                "datacontenttype": "application/json",
                "area": "222405100201",
                "cursor": "p-1",
                "data": {
                    "collection": "households",
                    "name": "households/018f",
                    "version": "3",
                    "action": "VERSION_ACTION_CORRECTED",
                    "recordedAt": "2017-09-30T00:00:00.000005Z",
                    "area": "222405100201",
                    "changedFields": ["phone"],
                },
            })
        );
    }

    #[test]
    fn the_next_address_asks_the_same() {
        let uri = "/v1/events?collections=persons&collections=households&area=222405&limit=5&wait=3";
        let asked = Asked::of(&uri.parse().unwrap()).unwrap();
        let next = "/v1/events?cursor=a%2Bb&collections=persons%2Chouseholds&area=222405&limit=5&wait=3";
        assert_eq!(asked.next("a+b"), next);
        assert_eq!(Asked::of(&next.parse().unwrap()).unwrap().cursor, "a+b");
        assert!(Asked::of(&"/v1/events?limit=0&from=x".parse().unwrap()).is_err());
    }
}
