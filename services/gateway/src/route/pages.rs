//! A list of all services, page by page: one service after the other, each in the order that was asked for.

use bytes::Bytes;
use kernel::failure::{Failure, Reason};
use kernel::page::{self, PageToken};
use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use tonic::Status;

use super::common::Call;

/// Fields of every list.
pub(super) const PAGE_TOKEN: &str = "page_token";
pub(super) const NEXT_PAGE_TOKEN: &str = "next_page_token";

/// The next page. Its token names the service and that service's own token, which guards the rest of the request.
pub(super) async fn next(call: &Call, message: &Bytes) -> Result<Bytes, Status> {
    let mut request = call.request(message)?;
    let services = call.services();
    let (mut index, mut token) = position(call, &services, &text(&request, PAGE_TOKEN))?;
    loop {
        let Some(service) = services.get(index).copied() else { return Ok(Bytes::new()) };
        request.set_field_by_name(PAGE_TOKEN, Value::String(token));
        let answer = call.ask(service, request.encode_to_vec().into()).await?;
        let mut answer = answered(call, service, answer)?;
        let own = text(&answer, NEXT_PAGE_TOKEN);
        let (next, next_token) = if own.is_empty() { (index + 1, String::new()) } else { (index, own) };
        answer.clear_field_by_name(NEXT_PAGE_TOKEN);
        let empty = answer.fields().next().is_none();
        if let Some(following) = services.get(next).filter(|_| !empty || next == index) {
            answer.set_field_by_name(
                NEXT_PAGE_TOKEN,
                Value::String(named(call, following, next_token.clone())),
            );
        }
        if !empty || services.get(next).is_none() {
            return Ok(answer.encode_to_vec().into());
        }
        (index, token) = (next, next_token);
    }
}

/// Which service a token is about, and its own token.
fn position(call: &Call, services: &[&'static str], token: &str) -> Result<(usize, String), Status> {
    if token.is_empty() {
        return Ok((0, String::new()));
    }
    let token = page::decode(token, &digest(call)).map_err(|failure| call.status(&failure))?;
    let [service, own] = token.position.as_slice() else { return Err(invalid(call)) };
    let index = services.iter().position(|known| known == service).ok_or_else(|| invalid(call))?;
    Ok((index, own.clone()))
}

fn named(call: &Call, service: &str, token: String) -> String {
    page::encode(&PageToken { query_digest: digest(call), position: vec![service.to_owned(), token] })
}

/// What tokens of a method belong to. The rest of the request is guarded by the tokens within.
pub(super) fn digest(call: &Call) -> String {
    page::query_digest(&[call.method.full_name()])
}

pub(super) fn invalid(call: &Call) -> Status {
    call.status(&Failure::new(Reason::PageTokenInvalid))
}

/// A service's answer, decoded.
pub(super) fn answered(call: &Call, service: &'static str, answer: Bytes) -> Result<DynamicMessage, Status> {
    DynamicMessage::decode(call.method.output(), answer).map_err(|error| {
        call.status(&Failure::new(Reason::AnswerUnexpected).with("service", service).because(error))
    })
}

/// A field of text.
pub(super) fn text(message: &DynamicMessage, field: &str) -> String {
    let value = message.get_field_by_name(field);
    value.as_deref().and_then(Value::as_str).unwrap_or_default().to_owned()
}
