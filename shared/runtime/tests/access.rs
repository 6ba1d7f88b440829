//! Who may call what, and what a refusal looks like to a client.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use runtime::server::Service;
use runtime::shell::{Dressed, Shell};
use runtime::status::Problem;
use support::{Echo, Stage, Told, call, grant, issuer, request, shell, token, with_token};
use tonic::metadata::MetadataValue;
use tonic::{Code, Request};

fn dressed(shell: &Shell) -> (Dressed, Arc<Stage>) {
    let stage = Arc::new(Stage::default());
    (Service::new("test").add(Echo(Arc::clone(&stage))).dressed(shell), stage)
}

async fn problem(service: &Dressed, name: &str, request: Request<String>) -> Problem {
    Problem::of(&call(service.clone(), name, request).await.unwrap_err())
}

#[tokio::test]
async fn a_token_is_needed_and_must_be_ours() {
    let (service, stage) = dressed(&shell());
    let expired = issuer(1).issue(&support_grant(0)).unwrap();
    let foreign = issuer(2).issue(&grant("auditor")).unwrap();
    let cases = [
        (Request::new(String::new()), "AUTHENTICATION_REQUIRED"),
        (with_token("nonsense"), "TOKEN_MALFORMED"),
        (with_token(&foreign), "TOKEN_SIGNATURE"),
        (with_token(&expired), "TOKEN_EXPIRED"),
    ];
    for (request, reason) in cases {
        let problem = problem(&service, "Echo", request).await;
        assert_eq!((problem.code, problem.reason.as_str()), (Code::Unauthenticated, reason));
    }
    let mut basic = Request::new(String::new());
    basic.metadata_mut().insert("authorization", MetadataValue::from_static("Basic bGk6bWluZw=="));
    assert_eq!(problem(&service, "Echo", basic).await.reason, "TOKEN_MALFORMED");
    assert_eq!(stage.calls.load(Ordering::SeqCst), 0, "no handler was reached");
    let answer = call(service, "Echo", request("auditor")).await.unwrap();
    assert_eq!(answer.get_ref(), "auditor hello");
}

fn support_grant(seconds: u64) -> runtime::token::Grant {
    runtime::token::Grant { lifetime: Duration::from_secs(seconds), ..grant("auditor") }
}

#[tokio::test]
async fn public_rpcs_need_no_token_and_mind_no_bad_one() {
    let (service, _) = dressed(&shell());
    for request in [Request::new("hello".to_owned()), with_token("nonsense")] {
        let answer = call(service.clone(), "Open", request).await.unwrap();
        assert_eq!(answer.get_ref(), "public hello");
    }
    assert_eq!(call(service, "Open", request("auditor")).await.unwrap().get_ref(), "auditor hello");
}

#[tokio::test]
async fn the_permission_is_asked_for_and_refusals_are_told() {
    let told = Arc::new(Told::default());
    let mut shell = shell();
    shell.refusals = Some(told.clone());
    let (service, stage) = dressed(&shell);
    let missing = problem(&service, "Break", request("auditor")).await;
    assert_eq!((missing.code, missing.reason.as_str()), (Code::PermissionDenied, "PERMISSION_MISSING"));
    assert_eq!(missing.metadata["permission"], "household.write");
    let undeclared = problem(&service, "Undeclared", request("auditor")).await;
    assert_eq!(
        (undeclared.code, undeclared.reason.as_str()),
        (Code::PermissionDenied, "PERMISSION_UNDECLARED")
    );
    assert_eq!(stage.calls.load(Ordering::SeqCst), 0, "no handler was reached");
    let foreign = problem(&service, "Foreign", request("auditor")).await;
    assert_eq!((foreign.code, foreign.reason.as_str()), (Code::PermissionDenied, "AREA_FORBIDDEN"));
    problem(&service, "Echo", Request::new(String::new())).await;
    assert_eq!(
        *told.0.lock().unwrap(),
        [
            "li.ming xiuhua.test.v1.EchoService/Break PERMISSION_MISSING",
            "li.ming xiuhua.test.v1.EchoService/Undeclared PERMISSION_UNDECLARED",
            "li.ming xiuhua.test.v1.EchoService/Foreign AREA_FORBIDDEN",
        ]
    );
}

#[tokio::test]
async fn what_the_contract_does_not_have_is_unimplemented_even_where_a_handler_waits() {
    let (service, stage) = dressed(&shell());
    let unknown = problem(&service, "NotInTheContract", request("auditor")).await;
    assert_eq!((unknown.code, unknown.reason.as_str()), (Code::Unimplemented, "UNIMPLEMENTED"));
    assert_eq!(stage.calls.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_refusal_tells_everything_in_the_callers_language_and_nothing_internal() {
    let (service, _) = dressed(&shell());
    let mut texts = Vec::new();
    for language in ["zh-CN", "ko", "en"] {
        let mut request = request("data_steward");
        request.metadata_mut().insert("accept-language", language.parse().unwrap());
        let status = call(service.clone(), "Break", request).await.unwrap_err();
        assert!(!format!("{status:?}").contains("secret"));
        let problem = Problem::of(&status);
        assert_eq!((problem.code, problem.reason.as_str()), (Code::InvalidArgument, "VALIDATION_FAILED"));
        assert_eq!((problem.domain.as_str(), problem.metadata["count"].as_str()), ("xiuhua", "2"));
        let fields: Vec<_> =
            problem.violations.iter().map(|field| (field.field.as_str(), field.reason.as_str())).collect();
        assert_eq!(fields, [("full_name", "FIELD_REQUIRED"), ("members[1].sex", "CODE_UNKNOWN")]);
        assert!(problem.violations[1].message.contains('9'), "{:?}", problem.violations[1]);
        texts.push((problem.message, problem.violations[0].message.clone()));
    }
    assert!(texts[0].0 != texts[1].0 && texts[1].0 != texts[2].0, "{texts:?}");
    assert!(texts[0].1 != texts[1].1 && texts[1].1 != texts[2].1, "{texts:?}");
}

#[tokio::test]
async fn many_violations_fit_into_the_headers_of_common_clients() {
    let (service, _) = dressed(&shell());
    let status = call(service.clone(), "Many", request("data_steward")).await.unwrap_err();
    assert!(status.details().len() < 10 * 1024, "{}", status.details().len());
    let problem = Problem::of(&status);
    assert_eq!(problem.metadata["violations_total"], "1000");
    assert!(problem.violations.len() > 10 && problem.violations[0].field == "rows[0]");
}

#[tokio::test]
async fn a_bare_status_gets_details_and_keeps_its_code() {
    let (service, _) = dressed(&shell());
    let bare = problem(&service, "Bare", request("auditor")).await;
    assert_eq!((bare.code, bare.domain.as_str()), (Code::FailedPrecondition, "xiuhua"));
    assert!(!bare.message.contains("library"));
}

#[tokio::test]
async fn the_request_id_is_taken_or_made_and_given_back() {
    let (service, stage) = dressed(&shell());
    let mut own = request("auditor");
    own.metadata_mut().insert("x-request-id", "desk-7".parse().unwrap());
    let answer = call(service.clone(), "Echo", own).await.unwrap();
    assert_eq!(answer.metadata().get("x-request-id").unwrap(), "desk-7");
    assert_eq!(&*stage.seen.lock().unwrap().as_ref().unwrap().request_id.0, "desk-7");
    let mut forged = request("auditor");
    forged.metadata_mut().insert("x-request-id", "a b\" level=error".parse().unwrap());
    let answer = call(service, "Echo", forged).await.unwrap();
    assert_eq!(answer.metadata().get("x-request-id").unwrap().len(), 36);
}

#[tokio::test]
async fn handlers_see_the_callers_token_which_is_never_printed() {
    let (service, stage) = dressed(&shell());
    let token = token("auditor");
    call(service, "Echo", with_token(&token)).await.unwrap();
    let seen = stage.seen.lock().unwrap().clone().unwrap();
    assert_eq!(&*seen.token.as_ref().unwrap().0, token);
    let printed = format!("{seen:?}");
    assert!(!printed.contains(&token) && !printed.contains("li.ming"), "{printed}");
}
