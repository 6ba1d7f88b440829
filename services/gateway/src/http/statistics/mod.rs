//! Published figures for other systems: reports as files, and as SDMX for systems of statistics. Both are made of what
//! `ReportService.GetReport` answers to the caller.

mod report_file;
mod sdmx;

use axum::Router;
use serde_json::Value;

use super::call::Rpcs;

/// The addresses.
pub(super) fn router(rpcs: &Rpcs) -> Router {
    report_file::router(rpcs).merge(sdmx::router(rpcs))
}

/// What the OpenAPI document says of them.
pub(super) fn described() -> Value {
    let mut paths = report_file::described();
    for (path, item) in sdmx::described().as_object().into_iter().flatten() {
        paths[path] = item.clone();
    }
    paths
}
