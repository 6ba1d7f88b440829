//! Refusals of authenticated callers stand in the audit, one entry for each caller, RPC, reason and minute.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::collections::BTreeMap;
use std::time::Duration;

use proto::common::audit_service_client::AuditServiceClient;
use proto::common::{AuditEntry, AuditKind, ListAuditEntriesRequest};
use proto::xiuhua::gateway::v1 as gateway_api;
use proto::xiuhua::gateway::v1::report_service_client::ReportServiceClient;
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use suite::counties::{HOUSEHOLDS, LONGJING};
use suite::fixtures::{divisions, refused};
use suite::front;
use suite::harness::{Harness, on_each};
use suite::table::{header, import};
use suite::wait::eventually;

const MINUTE: Duration = Duration::from_secs(60);
const LIST: &str = "xiuhua.registry.v1.HouseholdService/ListHouseholds";
const IMPORT: &str = "xiuhua.common.v1.TableService/ImportRows";
const REPORT: &str = "xiuhua.gateway.v1.ReportService/GetReport";

async fn lists(harness: &Harness, via: &str, token: &str, area: &str) -> String {
    let request = p::ListHouseholdsRequest { area: area.to_owned(), ..p::ListHouseholdsRequest::default() };
    refused(HouseholdServiceClient::new(harness.client(via, token)).list_households(request).await)
}

/// The refusals that the registry's audit holds of somebody.
async fn audited(harness: &Harness, subject: &str) -> Vec<AuditEntry> {
    let token = harness.token_of("auditor", "auditor", &["222400"]);
    let request = ListAuditEntriesRequest {
        subject: subject.to_owned(),
        kind: AuditKind::Refusal.into(),
        ..ListAuditEntriesRequest::default()
    };
    let answer =
        AuditServiceClient::new(harness.client("registry", &token)).list_audit_entries(request).await;
    answer.unwrap().into_inner().entries
}

/// How often somebody was refused, by method and reason, and in how many entries.
fn told(entries: &[AuditEntry]) -> BTreeMap<(String, String), (i64, usize)> {
    let mut counts: BTreeMap<_, (i64, usize)> = BTreeMap::new();
    for entry in entries {
        let count = counts.entry((entry.method.clone(), entry.reason.clone())).or_default();
        count.0 += entry.count;
        count.1 += 1;
    }
    counts
}

fn wanted(lines: &[(&str, &str, i64, usize)]) -> BTreeMap<(String, String), (i64, usize)> {
    let line = |(method, reason, count, entries): &(&str, &str, i64, usize)| {
        (((*method).to_owned(), (*reason).to_owned()), (*count, *entries))
    };
    lines.iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minutes_refusals_are_one_entry_with_a_count() {
    on_each(async |harness| {
        divisions(&harness).await;
        let lacking = harness.token_of("li.ming", "security_admin", &[LONGJING.code]);
        let steward = harness.token_of("li.ming", "data_steward", &[LONGJING.code]);
        for _ in 0..3 {
            let missing = lists(&harness, "registry", &lacking, "").await;
            assert_eq!(missing, "PermissionDenied PERMISSION_MISSING");
        }
        for _ in 0..2 {
            let foreign = lists(&harness, "registry", &steward, "222406").await;
            assert_eq!(foreign, "PermissionDenied AREA_FORBIDDEN");
        }
        // One that comes in the trailers of a stream counts as well.
        let head = header("registry.households", "222406", "2015-12-31", HOUSEHOLDS);
        let import = import(harness.client("registry", &steward), head, &[]).await;
        assert_eq!(refused(import), "PermissionDenied AREA_FORBIDDEN");
        // Nobody in particular is metrics only; a request that is wrong is no refusal.
        assert_eq!(lists(&harness, "registry", "", "").await, "Unauthenticated AUTHENTICATION_REQUIRED");
        assert_eq!(lists(&harness, "registry", &steward, "?").await, "InvalidArgument AREA_UNKNOWN");

        harness.clock.advance(MINUTE);
        lists(&harness, "registry", &lacking, "").await;
        let first = wanted(&[
            (LIST, "PERMISSION_MISSING", 3, 1),
            (LIST, "AREA_FORBIDDEN", 2, 1),
            (IMPORT, "AREA_FORBIDDEN", 1, 1),
        ]);
        let entries = eventually("the first minute", async || {
            let entries = audited(&harness, "li.ming").await;
            (!entries.is_empty()).then_some(entries)
        })
        .await;
        assert_eq!(told(&entries), first);
        for entry in &entries {
            let data = (&entry.names, &entry.fields, entry.purpose.as_str(), entry.digest.as_str());
            assert_eq!(data, (&Vec::new(), &Vec::new(), "", ""));
        }

        harness.clock.advance(MINUTE);
        lists(&harness, "registry", &harness.token_of("else", "security_admin", &["222405"]), "").await;
        let both = wanted(&[
            (LIST, "PERMISSION_MISSING", 4, 2),
            (LIST, "AREA_FORBIDDEN", 2, 1),
            (IMPORT, "AREA_FORBIDDEN", 1, 1),
        ]);
        eventually("the second minute", async || {
            (told(&audited(&harness, "li.ming").await) == both).then_some(())
        })
        .await;
        assert_eq!(audited(&harness, "").await.iter().filter(|entry| entry.subject.is_empty()).count(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_gateway_refuses_is_audited_by_the_registry() {
    on_each(async |mut harness| {
        divisions(&harness).await;
        front::gateway(&mut harness).await;
        let lacking = harness.token_of("li.ming", "security_admin", &[LONGJING.code]);
        let steward = harness.token_of("li.ming", "data_steward", &[LONGJING.code]);
        let missing = "PermissionDenied PERMISSION_MISSING";
        assert_eq!(lists(&harness, "gateway", &lacking, "").await, missing);
        assert_eq!(lists(&harness, "gateway", &lacking, "").await, missing);
        // The gateway's own RPC, of which the registry has no handler.
        let mut reports = ReportServiceClient::new(harness.client("gateway", &lacking));
        assert_eq!(refused(reports.get_report(gateway_api::GetReportRequest::default()).await), missing);
        // Refused behind the gateway, and counted there once.
        let foreign = lists(&harness, "gateway", &steward, "222406").await;
        assert_eq!(foreign, "PermissionDenied AREA_FORBIDDEN");
        let counted = eventually("the refusals", async || {
            harness.clock.advance(MINUTE);
            lists(&harness, "registry", &harness.token_of("else", "security_admin", &["222405"]), "").await;
            let told = told(&audited(&harness, "li.ming").await);
            (told.values().map(|(count, _)| count).sum::<i64>() >= 4).then_some(told)
        })
        .await;
        let counts: Vec<(&str, &str, i64)> = counted
            .iter()
            .map(|((method, reason), (count, _))| (method.as_str(), reason.as_str(), *count))
            .collect();
        let wanted =
            [(REPORT, "PERMISSION_MISSING", 1), (LIST, "AREA_FORBIDDEN", 1), (LIST, "PERMISSION_MISSING", 2)];
        assert_eq!(counts, wanted);
    })
    .await;
}
