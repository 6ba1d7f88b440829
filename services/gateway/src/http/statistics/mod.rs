//! Published figures for other systems: reports as files, and as SDMX for systems of statistics. Both are made of what
//! `ReportService.GetReport` answers to the caller.

mod report_file;
mod sdmx;

use axum::Router;

use super::call::Rpcs;

/// The addresses.
pub(super) fn router(rpcs: &Rpcs) -> Router {
    report_file::router(rpcs).merge(sdmx::router(rpcs))
}
