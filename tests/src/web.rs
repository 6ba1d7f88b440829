//! A plain HTTP client, as other systems have one.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

/// A client of one address.
pub struct Web {
    client: Client<HttpConnector, Full<Bytes>>,
    /// `http://host:port`.
    pub root: String,
    token: String,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Web {
    /// A client with a token; an empty one is not sent.
    pub fn new(root: &str, token: &str) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client, root: root.to_owned(), token: token.to_owned() }
    }

    /// Gets what is at a path with these headers besides the token.
    ///
    /// # Panics
    /// Where there is no answer.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::get(format!("{}{path}", self.root));
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::default()).expect("a request");
        let answer = self.client.request(request).await.expect("an answer");
        let (head, body) = answer.into_parts();
        let body = body.collect().await.expect("a body").to_bytes();
        Answer { status: head.status, headers: head.headers, body }
    }

    /// Gets what is at a path.
    ///
    /// # Panics
    /// Where there is no answer.
    pub async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }
}

impl Answer {
    /// A header; empty where it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// Where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// The reason of a refusal.
    ///
    /// # Panics
    /// Where it is none.
    pub fn reason(&self) -> String {
        let status = self.json();
        let details = status["details"].as_array().expect("details of a refusal");
        let reason = details.iter().find_map(|detail| detail["reason"].as_str());
        reason.expect("a reason").to_owned()
    }
}
