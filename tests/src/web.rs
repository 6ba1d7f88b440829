//! A client of plain HTTP/1.1, a connection for each request.

use http::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, HOST};
use http::request::Builder;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::harness::Harness;

/// Somebody who speaks HTTP with a service.
#[derive(Debug, Clone)]
pub struct Web {
    /// `host:port`.
    pub address: String,
    token: String,
}

/// An answer.
#[derive(Debug)]
pub struct Answered {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its whole body.
    pub body: Vec<u8>,
}

impl Web {
    /// A client of the harness's gateway; without a token where it is empty.
    ///
    /// # Panics
    /// Where the harness has no gateway.
    pub fn new(harness: &Harness, token: &str) -> Self {
        Self::at(harness.addresses.get("gateway").expect("a gateway"), token)
    }

    /// A client of an address.
    pub fn at(address: &str, token: &str) -> Self {
        Self { address: address.to_owned(), token: token.to_owned() }
    }

    /// Reads.
    ///
    /// # Panics
    /// Where there is no answer.
    pub async fn get(&self, path: &str) -> Answered {
        self.send("GET", path, "", Vec::new()).await
    }

    /// Reads with these headers besides the token, and no others.
    ///
    /// # Panics
    /// Where there is no answer.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answered {
        let mut request = self.request("GET", path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.answered(request, Vec::new()).await
    }

    /// Sends JSON.
    ///
    /// # Panics
    /// Where there is no answer.
    pub async fn json(&self, method: &str, path: &str, body: &Value) -> Answered {
        self.send(method, path, "application/json", body.to_string().into_bytes()).await
    }

    /// Sends a body of any type; of none where it is empty.
    ///
    /// # Panics
    /// Where there is no answer.
    pub async fn send(&self, method: &str, path: &str, kind: &str, body: Vec<u8>) -> Answered {
        let mut request = self.request(method, path).header(ACCEPT_LANGUAGE, "en");
        if !kind.is_empty() {
            request = request.header(CONTENT_TYPE, kind);
        }
        self.answered(request, body).await
    }

    fn request(&self, method: &str, path: &str) -> Builder {
        let request = Request::builder().method(method).uri(path).header(HOST, &self.address);
        if self.token.is_empty() {
            return request;
        }
        request.header(AUTHORIZATION, format!("Bearer {}", self.token))
    }

    async fn answered(&self, request: Builder, body: Vec<u8>) -> Answered {
        let request = request.body(Full::new(prost::bytes::Bytes::from(body))).expect("a request");
        let stream = TcpStream::connect(&self.address).await.expect("a connection");
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await.expect("a connection");
        tokio::spawn(connection);
        let (head, body) = sender.send_request(request).await.expect("an answer").into_parts();
        let body = body.collect().await.expect("a whole answer").to_bytes().to_vec();
        Answered { status: head.status, headers: head.headers, body }
    }
}

impl Answered {
    /// A header; empty where it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// Where it is none.
    pub fn json(&self) -> Value {
        let read = serde_json::from_slice(&self.body);
        read.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The lines of the body, each as JSON.
    ///
    /// # Panics
    /// Where one is none.
    pub fn lines(&self) -> Vec<Value> {
        let lines = self.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        lines.map(|line| serde_json::from_slice(line).expect("JSON")).collect()
    }

    /// A detail of a refusal; `null` where it has none of this type.
    ///
    /// # Panics
    /// Where the body is no refusal.
    pub fn detail(&self, name: &str) -> Value {
        let json = self.json();
        let name = format!("type.googleapis.com/google.rpc.{name}");
        let details = json["details"].as_array().expect("a refusal");
        details.iter().find(|detail| detail["@type"] == name.as_str()).cloned().unwrap_or_default()
    }

    /// A refusal as `status REASON field=REASON …`.
    ///
    /// # Panics
    /// Where the body is none.
    pub fn refusal(&self) -> String {
        let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let mut said = format!("{} {}", self.status.as_u16(), text(&self.detail("ErrorInfo"), "reason"));
        for wrong in self.detail("BadRequest")["fieldViolations"].as_array().into_iter().flatten() {
            said += &format!(" {}={}", text(wrong, "field"), text(wrong, "reason"));
        }
        said
    }
}
