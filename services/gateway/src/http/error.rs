//! Refusals over HTTP: `google.rpc.Status` as canonical proto3 JSON, under the HTTP status that belongs to its code.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, ACCEPT_ENCODING, ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use kernel::failure::{Failure, Reason};
use prost::Message;
use prost_reflect::DynamicMessage;
use runtime::status::{Problem, to_status};
use serde_json::{Value, json};
use tonic::{Code, Status};

/// The message that a refusal is.
pub(crate) const STATUS: &str = "google.rpc.Status";

/// Arguments of refusals that a header of the answer says as well.
const WHAT_WOULD_DO: [(Reason, &str, HeaderName); 3] = [
    (Reason::HttpMethodRefused, "allowed", ALLOW),
    (Reason::ContentTypeUnsupported, "expected", ACCEPT),
    (Reason::ContentEncodingUnsupported, "expected", ACCEPT_ENCODING),
];

/// The answer for a failure, in the language of the request's headers.
pub(crate) fn of(failure: &Failure, headers: &HeaderMap) -> Response {
    refused(&to_status(failure, runtime::language::of_headers(headers)))
}

/// The answer for an RPC's refusal.
pub(crate) fn refused(status: &Status) -> Response {
    let problem = Problem::of(status);
    let body = body(status).to_string();
    let json = HeaderValue::from_static("application/json");
    let mut answer = (http_status(&problem), [(CONTENT_TYPE, json)], body).into_response();
    let headers = answer.headers_mut();
    if problem.code == Code::Unauthenticated {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(delay) = problem.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(delay)));
    }
    for (reason, argument, header) in WHAT_WOULD_DO {
        if is(&problem, reason)
            && let Some(value) = problem.metadata.get(argument)
            && let Ok(value) = HeaderValue::from_str(value)
        {
            headers.insert(header, value);
        }
    }
    answer
}

/// The refusal as JSON, details included: they travel as an encoded `google.rpc.Status` already.
pub(crate) fn body(status: &Status) -> Value {
    let details = crate::json::pool()
        .ok()
        .and_then(|pool| pool.get_message_by_name(STATUS))
        .and_then(|descriptor| DynamicMessage::decode(descriptor, status.details()).ok())
        .filter(|details| details.encoded_len() > 0)
        // A detail of a type that the contract does not know cannot be written as JSON.
        .and_then(|details| serde_json::to_value(details).ok());
    details.unwrap_or_else(|| json!({"code": status.code() as i32, "message": status.message()}))
}

fn is(problem: &Problem, reason: Reason) -> bool {
    problem.reason == reason.as_str()
}

/// The HTTP status: that of the code, as `google.rpc.Code` says it, unless the reason is HTTP's own.
fn http_status(problem: &Problem) -> StatusCode {
    match Reason::parse(&problem.reason) {
        Some(Reason::HttpMethodRefused) => StatusCode::METHOD_NOT_ALLOWED,
        Some(Reason::PathTooLong) => StatusCode::URI_TOO_LONG,
        Some(Reason::ContentTypeUnsupported | Reason::ContentEncodingUnsupported) => {
            StatusCode::UNSUPPORTED_MEDIA_TYPE
        }
        Some(Reason::MessageTooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
        Some(Reason::BodyTooSlow) => StatusCode::REQUEST_TIMEOUT,
        _ => of_code(problem.code),
    }
}

/// The HTTP status of a gRPC code.
fn of_code(code: Code) -> StatusCode {
    match code {
        Code::Ok => StatusCode::OK,
        Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::PermissionDenied => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::AlreadyExists | Code::Aborted => StatusCode::CONFLICT,
        Code::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        // nginx's number for a caller who has gone away; HTTP itself has none.
        Code::Cancelled => StatusCode::from_u16(499).unwrap_or(StatusCode::BAD_REQUEST),
        Code::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        Code::Unknown | Code::Internal | Code::DataLoss => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn whole_seconds(delay: Duration) -> u64 {
    delay.as_secs() + u64::from(delay.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use kernel::failure::Violation;
    use kernel::language::Language;

    use super::*;

    #[test]
    fn details_stay_with_the_refusal() {
        let failure = Failure::new(Reason::ServiceUnavailable)
            .with("service", "registry")
            .violations(vec![Violation::new("members[2].sex", Reason::FieldRequired)])
            .retry_after(Duration::from_millis(1500));
        let status = to_status(&failure, Language::En);
        let found = body(&status);
        assert_eq!(found["code"], 14);
        assert_eq!(found["message"], failure.message(Language::En));
        let detail = |name: &str| {
            let wanted = format!("type.googleapis.com/google.rpc.{name}");
            let details = found["details"].as_array().unwrap();
            details.iter().find(|detail| detail["@type"] == wanted.as_str()).unwrap().clone()
        };
        assert_eq!(detail("ErrorInfo")["reason"], "SERVICE_UNAVAILABLE");
        assert_eq!(detail("ErrorInfo")["metadata"], json!({"service": "registry"}));
        assert_eq!(detail("RetryInfo")["retryDelay"], "1.500s");
        let violation = &detail("BadRequest")["fieldViolations"][0];
        assert_eq!(violation["field"], "members[2].sex");
        assert_eq!(violation["localizedMessage"]["locale"], "en");
        let answer = refused(&status);
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[RETRY_AFTER], "2");
    }

    #[test]
    fn what_is_https_own_has_its_own_status() {
        let of = |failure: Failure| of(&failure, &HeaderMap::new());
        let refused = of(Failure::new(Reason::HttpMethodRefused).with("allowed", "GET, PATCH"));
        assert_eq!(
            (refused.status().as_u16(), &refused.headers()[ALLOW]),
            (405, &"GET, PATCH".parse().unwrap())
        );
        let cases = [
            (Reason::PathTooLong, 414),
            (Reason::ContentTypeUnsupported, 415),
            (Reason::ContentEncodingUnsupported, 415),
            (Reason::MessageTooLarge, 413),
            (Reason::BodyTooSlow, 408),
            (Reason::PathUnknown, 404),
            (Reason::Overloaded, 429),
            (Reason::Cancelled, 499),
        ];
        for (reason, status) in cases {
            assert_eq!(of(Failure::new(reason)).status().as_u16(), status, "{reason}");
        }
        assert_eq!(of(Failure::new(Reason::AuthenticationRequired)).headers()[WWW_AUTHENTICATE], "Bearer");
    }

    #[test]
    fn a_refusal_without_details_is_one_too() {
        assert_eq!(body(&Status::not_found("?")), json!({"code": 5, "message": "?"}));
    }
}
