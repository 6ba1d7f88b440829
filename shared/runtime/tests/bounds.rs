//! Bounds of number, time and size, and a handler that panics.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use runtime::server::Service;
use runtime::shell::{Dressed, Shell};
use runtime::status::Problem;
use support::{Echo, Stage, call, call_stream, request, shell};
use tokio::time::Instant;
use tokio_stream::StreamExt;
use tonic::Code;

fn dressed(shell: &Shell) -> (Dressed, Arc<Stage>) {
    let stage = Arc::new(Stage::default());
    (Service::new("test").add(Echo(Arc::clone(&stage))).dressed(shell), stage)
}

#[tokio::test]
async fn what_is_too_much_is_refused_at_once_and_what_runs_is_not_hurt() {
    let mut shell = shell();
    shell.limits.concurrency = 1;
    let (service, stage) = dressed(&shell);
    let held = tokio::spawn(call(service.clone(), "Hold", request("auditor")));
    stage.entered.notified().await;
    let problem = Problem::of(&call(service.clone(), "Echo", request("auditor")).await.unwrap_err());
    assert_eq!((problem.code, problem.reason.as_str()), (Code::ResourceExhausted, "OVERLOADED"));
    assert!(problem.retry_after.is_some());
    stage.release.notify_one();
    assert_eq!(held.await.unwrap().unwrap().get_ref(), "held");
    assert!(call(service, "Echo", request("auditor")).await.is_ok());
}

#[tokio::test]
async fn open_streams_have_a_bound_of_their_own() {
    let mut shell = shell();
    shell.limits.concurrency = 1;
    shell.limits.streams = 1;
    let (service, _) = dressed(&shell);
    let mut open =
        call_stream(service.clone(), "StreamForever", request("auditor")).await.unwrap().into_inner();
    assert_eq!(open.next().await.unwrap().unwrap(), "first");
    let refused = call_stream(service.clone(), "StreamOne", request("auditor")).await.unwrap_err();
    assert_eq!(Problem::of(&refused).reason, "OVERLOADED");
    assert!(call(service.clone(), "Echo", request("auditor")).await.is_ok());
    drop(open);
    let mut one = call_stream(service, "StreamOne", request("auditor")).await.unwrap().into_inner();
    assert_eq!(one.next().await.unwrap().unwrap(), "first");
    assert!(one.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_never_ends_is_over_at_its_deadline() {
    let (service, _) = dressed(&shell());
    let begun = Instant::now();
    let problem = Problem::of(&call(service.clone(), "Never", request("auditor")).await.unwrap_err());
    assert_eq!((problem.code, problem.reason.as_str()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
    assert_eq!(begun.elapsed().as_secs(), 30);
    let begun = Instant::now();
    let mut own = request("auditor");
    own.set_timeout(Duration::from_secs(2));
    let problem = Problem::of(&call(service.clone(), "Never", own).await.unwrap_err());
    assert_eq!(problem.reason, "DEADLINE_EXCEEDED");
    assert_eq!(begun.elapsed().as_millis(), 1995, "a little is kept for the answer's way");
    let begun = Instant::now();
    let mut endless = request("auditor");
    endless.set_timeout(Duration::from_secs(1_000_000));
    call(service, "Never", endless).await.unwrap_err();
    assert_eq!(begun.elapsed().as_secs(), 3600);
}

#[tokio::test(start_paused = true)]
async fn a_stream_may_live_longer_than_a_call_but_not_forever() {
    let (service, _) = dressed(&shell());
    let begun = Instant::now();
    let mut stream = call_stream(service, "StreamForever", request("auditor")).await.unwrap().into_inner();
    assert_eq!(stream.next().await.unwrap().unwrap(), "first");
    let problem = Problem::of(&stream.next().await.unwrap().unwrap_err());
    assert_eq!((problem.code, problem.reason.as_str()), (Code::DeadlineExceeded, "DEADLINE_EXCEEDED"));
    assert_eq!(begun.elapsed().as_secs(), 3600);
}

#[tokio::test]
async fn a_panic_is_one_calls_internal_error() {
    let (service, _) = dressed(&shell());
    let problem = Problem::of(&call(service.clone(), "Panic", request("auditor")).await.unwrap_err());
    assert_eq!((problem.code, problem.reason.as_str()), (Code::Internal, "INTERNAL"));
    assert!(!problem.message.contains("panic"), "{}", problem.message);
    assert!(call(service, "Echo", request("auditor")).await.is_ok());
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_with_its_reason() {
    let mut shell = shell();
    shell.limits.message_bytes = 1000;
    let (service, _) = dressed(&shell);
    let sized = |length: usize| {
        let mut request = request("auditor");
        *request.get_mut() = "x".repeat(length);
        request
    };
    // A text of so many bytes is 3 bytes longer on the wire.
    assert!(call(service.clone(), "Echo", sized(997)).await.is_ok());
    let problem = Problem::of(&call(service, "Echo", sized(998)).await.unwrap_err());
    assert_eq!((problem.code, problem.reason.as_str()), (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"));
    assert_eq!((problem.metadata["bytes"].as_str(), problem.metadata["limit"].as_str()), ("1001", "1000"));
}
