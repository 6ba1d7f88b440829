//! What every fact-owning service has in common beside its own slices.

mod access;
mod annual_plan;
mod audit;
mod change_feed;
mod history;
mod parameter;

pub use access::AccessApi;
pub use annual_plan::plan_resource;
pub use audit::AuditApi;
pub use change_feed::ChangeFeedApi;
pub use history::HistoryApi;
pub use parameter::parameter_resource;
