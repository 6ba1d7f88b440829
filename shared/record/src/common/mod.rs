//! What every fact-owning service has in common beside its own slices.

mod access;
mod annual_plan;
mod audit;
mod change_feed;
mod history;
mod household_facts;
mod parameter;

pub use access::AccessApi;
pub use audit::AuditApi;
pub use change_feed::{ChangeFeedApi, beginning};
pub use history::HistoryApi;
pub use household_facts::HouseholdFactsApi;

use crate::service::Slice;

/// The record kinds that every service has.
pub fn slices() -> Vec<Slice> {
    vec![annual_plan::slice(), parameter::slice()]
}
