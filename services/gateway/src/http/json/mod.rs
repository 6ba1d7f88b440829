//! The JSON face: every RPC with `google.api.http`, in canonical proto3 JSON.
//!
//! Where a body or an answer is a file, its bytes travel as they are ([`file`]).
//!
//! A request is found ([`super::routes`]), read as it stands ([`tree`], [`query`]), read again as the RPC's message
//! ([`read`]: all that is wrong at once), and answered by the RPC itself ([`answer`]). Nothing here knows a record.

mod answer;
mod body;
pub(crate) mod file;
mod query;
mod read;
mod scalar;
mod tree;

pub(crate) use answer::NDJSON;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::request::Parts;
use http::{HeaderMap, Method};
use kernel::failure::{Failure, Reason, Violation};
use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Value};
use runtime::shell::Shell;
use tonic::Status;

use super::call::Rpcs;
use super::error;
use super::routes::{Body, Found, Route, Routes};
use read::{Reader, below};
use tree::Node;

/// The JSON face; cheap to clone.
#[derive(Clone)]
pub(crate) struct Face {
    routes: Arc<Routes>,
    rpcs: Rpcs,
    body_bytes: usize,
}

/// Why a request has no answer of its own.
enum Refusal {
    /// It was not understood.
    Failure(Failure),
    /// The RPC refuses it.
    Status(Status),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl Face {
    pub(crate) fn new(routes: Arc<Routes>, rpcs: Rpcs, shell: &Shell) -> Self {
        Self { routes, rpcs, body_bytes: shell.limits.message_bytes }
    }

    async fn answered(&self, head: &Parts, body: axum::body::Body) -> Result<Response, Refusal> {
        let (route, texts) = self.route(head)?;
        let sent = match file::uploaded(route) {
            Some(field) => body::may_be_a_file(&head.headers)
                .and_then(|()| message(route, texts, head.uri.query(), None))
                .map(|first| file::messages(&first, field, body).boxed()),
            None => self
                .read(route, texts, head, body)
                .await
                .map(|message| stream::iter([Bytes::from(message.encode_to_vec())]).boxed()),
        };
        match sent {
            Ok(sent) => answer::of(self.rpcs.on_behalf_of(&head.headers), route, sent).await,
            Err(failure) => {
                self.rpcs.known(&head.headers).await?;
                Err(failure.into())
            }
        }
    }

    async fn read(
        &self,
        route: &Route,
        texts: Vec<String>,
        head: &Parts,
        body: axum::body::Body,
    ) -> Result<DynamicMessage, Failure> {
        let said = match route.body {
            Body::None => None,
            Body::Whole | Body::Field(_) => body::read(&head.headers, body, self.body_bytes).await?,
        };
        let message = message(route, texts, head.uri.query(), said)?;
        if route.rpc.is_client_streaming() {
            return Err(Failure::new(Reason::Unimplemented));
        }
        Ok(message)
    }

    fn route(&self, head: &Parts) -> Result<(&Route, Vec<String>), Failure> {
        // The server leaves the body away.
        let method = if head.method == Method::HEAD { &Method::GET } else { &head.method };
        match self.routes.find(method, head.uri.path()) {
            Found::Route(route, texts) => Ok((route, texts)),
            Found::Methods(methods) => {
                let allowed = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
                Err(Failure::new(Reason::HttpMethodRefused).with("allowed", allowed))
            }
            Found::Nothing => Err(Failure::new(Reason::PathUnknown)),
        }
    }
}

/// Answers what no other router has answered.
pub(crate) async fn answer(State(face): State<Face>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    match face.answered(&head, body).await {
        Ok(response) => response,
        Err(Refusal::Failure(failure)) => error::of(&failure, &head.headers),
        Err(Refusal::Status(status)) => error::refused(&status),
    }
}

/// The RPC's message: what the body says, then the parameters, then the path.
fn message(
    route: &Route,
    texts: Vec<String>,
    query: Option<&str>,
    said: Option<Node>,
) -> Result<DynamicMessage, Failure> {
    let mut message = DynamicMessage::new(route.rpc.input());
    let mut reader = Reader::default();
    let parameters = query::members(query)?;
    match (&route.body, said) {
        (Body::Whole, Some(Node::Object(members))) => reader.fill(&mut message, members, ""),
        (Body::Whole, Some(_)) => reader.note("", scalar::expected("object")),
        (Body::Field(field), Some(node)) => {
            if let Some(value) = reader.field(field, node, field.name()) {
                message.set_field(field, value);
            }
        }
        (_, None) | (Body::None, _) => {}
    }
    if route.body == Body::Whole {
        for (key, _) in parameters {
            reader.note(&scalar::shown(&key), Violation::new("", Reason::FieldUnknown));
        }
    } else {
        reader.fill(&mut message, parameters, "");
    }
    for (fields, text) in route.bound.iter().zip(texts) {
        bind(&mut reader, &mut message, fields, text, "");
    }
    reader.wrong().into_result()?;
    Ok(message)
}

/// Puts a text of the path into its field. One that the body says as well has to be the same.
fn bind(
    reader: &mut Reader,
    message: &mut DynamicMessage,
    fields: &[FieldDescriptor],
    text: String,
    at: &str,
) {
    match fields {
        [] => {}
        [field] => {
            let same = message.get_field(field).as_str() == Some(text.as_str());
            if message.has_field(field) && !same {
                reader.note(&below(at, field.name()), scalar::expected(&scalar::shown(&text)));
            }
            message.set_field(field, Value::String(text));
        }
        [field, rest @ ..] => {
            let at = below(at, field.name());
            if let Some(inner) = message.get_field_mut(field).as_message_mut() {
                bind(reader, inner, rest, text, &at);
            }
        }
    }
}

/// Whether the headers say that the body is JSON of UTF-8.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) else {
        return false;
    };
    let mut parts = kind.split(';').map(|part| part.trim().to_ascii_lowercase());
    parts.next().as_deref() == Some("application/json")
        && parts.all(|parameter| match parameter.strip_prefix("charset=") {
            Some(charset) => charset.trim_matches('"') == "utf-8",
            None => true,
        })
}
