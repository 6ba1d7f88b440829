//! What every fact-owning service has in common beside its own slices.

mod access;
mod annual_plan;
mod audit;
mod change_feed;
mod history;
mod parameter;

pub use access::AccessApi;
pub use audit::AuditApi;
pub use change_feed::ChangeFeedApi;
pub use history::HistoryApi;

use crate::service::Slice;

/// The record kinds that every service has.
pub fn slices() -> Vec<Slice> {
    vec![annual_plan::slice(), parameter::slice()]
}
