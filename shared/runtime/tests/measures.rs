//! Metrics are by RPC and code, and name nobody. Alone in its process, since metrics are the process's.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::sync::Arc;

use runtime::server::Service;
use runtime::telemetry;
use support::{Echo, Stage, call, request, shell};

#[tokio::test]
async fn calls_are_counted_by_rpc_and_code() {
    let metrics = telemetry::metrics().unwrap();
    let service = Service::new("test").add(Echo(Arc::new(Stage::default()))).dressed(&shell());
    call(service.clone(), "Echo", request("auditor")).await.unwrap();
    call(service.clone(), "Echo", request("auditor")).await.unwrap();
    call(service.clone(), "Break", request("auditor")).await.unwrap_err();
    call(service.clone(), "Made/Up", request("auditor")).await.unwrap_err();
    let text = metrics.render();
    let count = |rpc: &str, code: &str, number: u32| {
        let line =
            format!("xiuhua_rpc_calls_total{{service=\"test\",rpc=\"{rpc}\",code=\"{code}\"}} {number}");
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    };
    count("xiuhua.test.v1.EchoService/Echo", "OK", 2);
    count("xiuhua.test.v1.EchoService/Break", "PERMISSION_DENIED", 1);
    count("unknown", "UNIMPLEMENTED", 1);
    assert!(text.contains("xiuhua_rpc_seconds_bucket"), "{text}");
    assert!(text.lines().any(|line| line == "xiuhua_rpc_in_flight{service=\"test\"} 0"), "{text}");
    assert!(!text.contains("li.ming") && !text.contains("Made"));
}
