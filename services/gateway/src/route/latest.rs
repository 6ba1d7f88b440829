//! A list of all services in one order of time, the latest first, page by page.

use std::cmp::Reverse;
use std::collections::VecDeque;

use bytes::Bytes;
use kernel::page::{self, PageToken};
use prost::Message;
use prost_reflect::{DynamicMessage, ReflectMessage, Value};
use tonic::Status;

use super::common::Call;
use super::pages::{NEXT_PAGE_TOKEN, PAGE_TOKEN, answered, digest, invalid, text};

/// Field with the number of items asked for.
const PAGE_SIZE: &str = "page_size";

/// How a list tells its items and their times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Latest {
    /// Field of the answer with the items.
    pub(super) items: &'static str,
    /// Field of an item with its moment.
    pub(super) moment: &'static str,
    /// Field of the request with the moment before which items are shown. It is fixed with the first page, so that what
    /// is added meanwhile moves nothing.
    pub(super) before: Option<&'static str>,
}

/// Where the list of one service stands.
struct Position {
    service: &'static str,
    /// Token of the page that is being shown.
    token: String,
    /// How many items of it have been shown.
    shown: usize,
    /// Its further items.
    items: VecDeque<Value>,
    /// Token of the page after it; `None` while it has not been read.
    next: Option<String>,
}

impl Position {
    fn at(service: &'static str, token: String, shown: usize) -> Self {
        Self { service, token, shown, items: VecDeque::new(), next: None }
    }

    /// Reads on until there is an item, or nothing more.
    async fn fill(&mut self, call: &Call, latest: Latest, request: &DynamicMessage) -> Result<(), Status> {
        while self.items.is_empty() {
            match self.next.take() {
                Some(next) if next.is_empty() => {
                    self.next = Some(next);
                    return Ok(());
                }
                Some(next) => (self.token, self.shown) = (next, 0),
                None => {}
            }
            let mut request = request.clone();
            request.set_field_by_name(PAGE_TOKEN, Value::String(self.token.clone()));
            let answer = call.ask(self.service, request.encode_to_vec().into()).await?;
            let answer = answered(call, self.service, answer)?;
            let items = answer
                .get_field_by_name(latest.items)
                .and_then(|items| items.as_list().map(<[Value]>::to_vec));
            let items = items.unwrap_or_default();
            // With another page size than before, what was shown may reach beyond the page.
            let passed = self.shown.min(items.len());
            self.items = items.into_iter().skip(passed).collect();
            let next = text(&answer, NEXT_PAGE_TOKEN);
            if self.items.is_empty() && !next.is_empty() {
                (self.token, self.shown) = (next, self.shown - passed);
            } else {
                self.next = Some(next);
            }
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.items.is_empty() && self.next.as_ref().is_some_and(String::is_empty)
    }

    fn moment(&self, latest: Latest) -> Option<(i64, i32)> {
        moment(self.items.front()?, latest.moment)
    }
}

/// The next page.
pub(super) async fn page(call: &Call, latest: Latest, message: &Bytes) -> Result<Bytes, Status> {
    let mut request = call.request(message)?;
    let asked = request.get_field_by_name(PAGE_SIZE).and_then(|size| size.as_i32()).unwrap_or_default();
    let size = page::size(asked).map_err(|failure| call.status(&failure))?;
    let mut positions = positions(call, latest, &mut request)?;
    let mut items = Vec::new();
    while items.len() < size as usize {
        for position in &mut positions {
            position.fill(call, latest, &request).await?;
        }
        positions.retain(|position| !position.is_over());
        let first = positions.iter_mut().min_by_key(|position| Reverse(position.moment(latest)));
        let Some(first) = first else { break };
        items.extend(first.items.pop_front());
        first.shown += 1;
    }
    let mut answer = DynamicMessage::new(call.method.output());
    answer.set_field_by_name(latest.items, Value::List(items));
    positions.retain(|position| !position.is_over());
    if !positions.is_empty() {
        let token = token(call, latest, &request, &positions);
        answer.set_field_by_name(NEXT_PAGE_TOKEN, Value::String(token));
    }
    Ok(answer.encode_to_vec().into())
}

/// Where each service stands, by the request's token: what the first page fixed, and then service, token and number for
/// each that has more.
fn positions(call: &Call, latest: Latest, request: &mut DynamicMessage) -> Result<Vec<Position>, Status> {
    let given = text(request, PAGE_TOKEN);
    if given.is_empty() {
        if let Some(before) = latest.before.filter(|field| !request.has_field_by_name(field)) {
            let now = call.gateway.clock().now().seconds_and_nanos();
            set_moment(request, before, now);
        }
        let services = call.services().into_iter();
        return Ok(services.map(|service| Position::at(service, String::new(), 0)).collect());
    }
    let token = page::decode(&given, &digest(call)).map_err(|failure| call.status(&failure))?;
    let (fixed, rest) = token.position.split_first().ok_or_else(|| invalid(call))?;
    if let (Some(before), Some((seconds, nanos))) = (latest.before, fixed.split_once('.')) {
        let (seconds, nanos) = seconds.parse().ok().zip(nanos.parse().ok()).ok_or_else(|| invalid(call))?;
        set_moment(request, before, (seconds, nanos));
    }
    let services = call.services();
    rest.chunks(3)
        .map(|part| {
            let [service, token, shown] = part else { return Err(invalid(call)) };
            let service = services.iter().find(|known| *known == service).ok_or_else(|| invalid(call))?;
            let shown = shown.parse().map_err(|_| invalid(call))?;
            Ok(Position::at(service, token.clone(), shown))
        })
        .collect()
}

fn token(call: &Call, latest: Latest, request: &DynamicMessage, positions: &[Position]) -> String {
    let fixed = latest.before.and_then(|before| moment_of(request, before));
    let fixed = fixed.map(|(seconds, nanos)| format!("{seconds}.{nanos}")).unwrap_or_default();
    let positions = positions.iter().flat_map(|position| {
        [position.service.to_owned(), position.token.clone(), position.shown.to_string()]
    });
    page::encode(&PageToken {
        query_digest: digest(call),
        position: std::iter::once(fixed).chain(positions).collect(),
    })
}

fn moment(item: &Value, field: &str) -> Option<(i64, i32)> {
    moment_of(item.as_message()?, field)
}

fn moment_of(message: &DynamicMessage, field: &str) -> Option<(i64, i32)> {
    let value = message.get_field_by_name(field)?;
    let moment = value.as_message()?;
    let seconds = moment.get_field_by_name("seconds")?.as_i64()?;
    Some((seconds, moment.get_field_by_name("nanos")?.as_i32()?))
}

fn set_moment(message: &mut DynamicMessage, field: &str, (seconds, nanos): (i64, i32)) {
    let Some(descriptor) = message.descriptor().get_field_by_name(field) else { return };
    let Some(kind) = descriptor.kind().as_message().cloned() else { return };
    let mut moment = DynamicMessage::new(kind);
    moment.set_field_by_name("seconds", Value::I64(seconds));
    moment.set_field_by_name("nanos", Value::I32(nanos));
    message.set_field(&descriptor, Value::Message(moment));
}
