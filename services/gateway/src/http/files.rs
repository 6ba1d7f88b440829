//! Files over HTTP: the bytes as they are, the rest in the query. `POST /v1/files:import` takes a file as its body and tells
//! of the import line by line as JSON; `GET /v1/files:export`, `/v1/files:template` and `/v1/files:errors` answer with a file.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use kernel::failure::{Failure, Reason, Violations};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use proto::common::ImportMode;
use proto::xiuhua::gateway::v1 as p;
use proto::xiuhua::gateway::v1::file_service_client::FileServiceClient;
use tonic::Status;

use super::call::{Calling, Rpcs};
use super::error;

/// What need not be escaped in a file name (RFC 5987).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Full name of the message of which a line of an import is made.
const LINE: &str = "xiuhua.gateway.v1.ImportFileResponse";

pub(crate) fn router(rpcs: Rpcs) -> Router {
    Router::new()
        .route("/v1/files:import", post(import))
        .route("/v1/files:export", get(export))
        .route("/v1/files:template", get(template))
        .route("/v1/files:errors", get(errors))
        .with_state(rpcs)
}

fn client(rpcs: &Rpcs, headers: &HeaderMap) -> FileServiceClient<Calling> {
    FileServiceClient::new(rpcs.on_behalf_of(headers))
}

async fn import(State(rpcs): State<Rpcs>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let mut query = Query::of(parts.uri.query());
    let header = p::ImportFileHeader {
        name: query.text("name"),
        job: query.text("job"),
        validate_only: query.flag("validateOnly"),
        form_date: query.text("formDate"),
        mode: query.word("mode", ImportMode::from_str_name).into(),
        area: query.text("area"),
        file_name: query.text("fileName"),
        document_no: query.text("documentNo"),
        reason: query.text("reason"),
    };
    if let Err(failure) = query.end() {
        return error::of(&failure, &parts.headers);
    }
    let part = |part| p::ImportFileRequest { part };
    let first = part(Some(p::import_file_request::Part::Header(header)));
    // A body that breaks off must not pass for a whole one: a piece that is none makes the RPC refuse it.
    let chunks = body.into_data_stream().map(move |bytes| match bytes {
        Ok(bytes) => part(Some(p::import_file_request::Part::Chunk(bytes.into()))),
        Err(_) => part(None),
    });
    let answer = client(&rpcs, &parts.headers).import_file(stream::iter([first]).chain(chunks)).await;
    let mut answers = match answer {
        Ok(answers) => answers.into_inner(),
        Err(status) => return error::refused(&status),
    };
    // What is refused before anything was told is refused as a whole.
    match answers.message().await {
        Err(status) => error::refused(&status),
        Ok(first) => {
            let lines = stream::iter(first.map(Ok)).chain(answers).map(|told| Ok::<_, Status>(line(told)));
            let json = HeaderValue::from_static("application/x-ndjson");
            ([(CONTENT_TYPE, json)], Body::from_stream(lines)).into_response()
        }
    }
}

/// A line of an import; a refusal in its midst is the last one.
fn line(told: Result<p::ImportFileResponse, Status>) -> String {
    let line = match told {
        Ok(told) => match crate::json::line_of(LINE, &told) {
            Ok(line) => line,
            Err(failure) => return line(Err(Status::internal(failure.reason().as_str()))),
        },
        Err(status) => serde_json::json!({"error": error::body(&status)}).to_string(),
    };
    line + "\n"
}

async fn export(State(rpcs): State<Rpcs>, request: Request) -> Response {
    use p::export_file_response::Part;
    let (parts, _) = request.into_parts();
    let mut query = Query::of(parts.uri.query());
    let asked = p::ExportFileRequest {
        name: query.text("name"),
        format: query.format(),
        area: query.text("area"),
        as_of: query.text("asOf"),
    };
    if let Err(failure) = query.end() {
        return error::of(&failure, &parts.headers);
    }
    let answer = client(&rpcs, &parts.headers).export_file(asked).await;
    download(answer, |answer| match answer.part {
        Some(Part::Head(head)) => Piece::Head(head),
        Some(Part::Chunk(bytes)) => Piece::Chunk(bytes),
        None => Piece::Chunk(Vec::new()),
    })
    .await
}

async fn template(State(rpcs): State<Rpcs>, request: Request) -> Response {
    use p::get_template_response::Part;
    let (parts, _) = request.into_parts();
    let mut query = Query::of(parts.uri.query());
    let asked = p::GetTemplateRequest { name: query.text("name"), format: query.format() };
    if let Err(failure) = query.end() {
        return error::of(&failure, &parts.headers);
    }
    let answer = client(&rpcs, &parts.headers).get_template(asked).await;
    download(answer, |answer| match answer.part {
        Some(Part::Head(head)) => Piece::Head(head),
        Some(Part::Chunk(bytes)) => Piece::Chunk(bytes),
        None => Piece::Chunk(Vec::new()),
    })
    .await
}

async fn errors(State(rpcs): State<Rpcs>, request: Request) -> Response {
    use p::get_error_file_response::Part;
    let (parts, _) = request.into_parts();
    let mut query = Query::of(parts.uri.query());
    let asked = p::GetErrorFileRequest { job: query.text("job"), format: query.format() };
    if let Err(failure) = query.end() {
        return error::of(&failure, &parts.headers);
    }
    let answer = client(&rpcs, &parts.headers).get_error_file(asked).await;
    download(answer, |answer| match answer.part {
        Some(Part::Head(head)) => Piece::Head(head),
        Some(Part::Chunk(bytes)) => Piece::Chunk(bytes),
        None => Piece::Chunk(Vec::new()),
    })
    .await
}

/// What a download's messages bring.
enum Piece {
    Head(p::FileHead),
    Chunk(Vec<u8>),
}

/// The answer with a file.
async fn download<T: Send + 'static>(
    answer: Result<tonic::Response<tonic::Streaming<T>>, Status>,
    piece: fn(T) -> Piece,
) -> Response {
    let mut answers = match answer {
        Ok(answers) => answers.into_inner(),
        Err(status) => return error::refused(&status),
    };
    match answers.message().await.map(|first| first.map(piece)) {
        Ok(Some(Piece::Head(head))) => file(&head, bytes(answers, piece)),
        Ok(_) => error::refused(&Status::internal("")),
        Err(status) => error::refused(&status),
    }
}

fn bytes<T: Send + 'static>(
    answers: tonic::Streaming<T>,
    piece: fn(T) -> Piece,
) -> impl Stream<Item = Result<Bytes, Status>> {
    answers.map_ok(move |answer| match piece(answer) {
        Piece::Chunk(bytes) => bytes.into(),
        Piece::Head(_) => Bytes::new(),
    })
}

fn file(head: &p::FileHead, bytes: impl Stream<Item = Result<Bytes, Status>> + Send + 'static) -> Response {
    let mut answer = Body::from_stream(bytes).into_response();
    let headers = answer.headers_mut();
    for (name, value) in [(CONTENT_TYPE, head.media_type.clone()), (CONTENT_DISPOSITION, disposition(&head.file_name))] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    answer
}

/// A file's name for a browser: in its own letters, and without them for those that know no better.
fn disposition(name: &str) -> String {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    format!("attachment; filename=\"file.{ending}\"; filename*=UTF-8''{}", utf8_percent_encode(name, PLAIN))
}

/// Parameters of a request; those that are not known are refused, all at once.
struct Query {
    given: Vec<(String, String)>,
    problems: Violations,
}

impl Query {
    fn of(query: Option<&str>) -> Self {
        let given = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
        Self { given, problems: Violations::new() }
    }

    /// A parameter, by its JSON name or the contract's own.
    fn text(&mut self, name: &str) -> String {
        let own: String = name
            .chars()
            .flat_map(|letter| letter.is_ascii_uppercase().then_some('_').into_iter().chain([letter.to_ascii_lowercase()]))
            .collect();
        let at = self.given.iter().position(|(key, _)| key == name || *key == own);
        at.map(|at| self.given.remove(at).1).unwrap_or_default()
    }

    fn flag(&mut self, name: &str) -> bool {
        match self.text(name).as_str() {
            "" | "false" => false,
            "true" => true,
            _ => {
                self.problems.push(name, Reason::BooleanInvalid);
                false
            }
        }
    }

    /// A word of an enumeration, with or without its prefix.
    fn word<E: Default>(&mut self, name: &str, parse: fn(&str) -> Option<E>) -> E {
        let text = self.text(name).to_ascii_uppercase();
        if text.is_empty() {
            return E::default();
        }
        let prefixes = ["", "IMPORT_MODE_", "FILE_FORMAT_"];
        let found = prefixes.iter().find_map(|prefix| parse(&format!("{prefix}{text}")));
        if found.is_none() {
            self.problems.push(name, Reason::CodeUnknown).add("code", &text).add("table", name);
        }
        found.unwrap_or_default()
    }

    fn format(&mut self) -> i32 {
        self.word("format", p::FileFormat::from_str_name).into()
    }

    fn end(mut self) -> Result<(), Failure> {
        for (name, _) in &self.given {
            self.problems.push(name, Reason::FieldUnknown);
        }
        self.problems.into_result()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_travels_in_its_own_letters() {
        let told = disposition("户信息.xlsx");
        assert_eq!(
            told,
            "attachment; filename=\"file.xlsx\"; filename*=UTF-8''%E6%88%B7%E4%BF%A1%E6%81%AF.xlsx"
        );
        assert!(HeaderValue::from_str(&told).is_ok());
        assert!(!disposition("a\"\r\nb.csv").contains(['\r', '\n']));
    }

    #[test]
    fn parameters_are_read_by_both_names_and_unknown_ones_told_at_once() {
        let mut query = Query::of(Some("name=%E6%88%B7&form_date=2015-12-31&validateOnly=true&mode=correction"));
        assert_eq!((query.text("name").as_str(), query.text("formDate").as_str()), ("户", "2015-12-31"));
        assert!(query.flag("validateOnly"));
        assert_eq!(query.word("mode", ImportMode::from_str_name), ImportMode::Correction);
        assert!(query.end().is_ok());
        let mut query = Query::of(Some("nam=1&format=odt&validateOnly=maybe"));
        query.flag("validateOnly");
        query.format();
        let failure = query.end().unwrap_err();
        let told: Vec<_> = failure.violation_list().iter().map(|told| told.field.as_str()).collect();
        assert_eq!(told, ["validateOnly", "format", "nam"]);
    }
}
