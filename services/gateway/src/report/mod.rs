//! Reports: published figures laid out from the indicators of all services.

mod asked;
mod check;
mod compose;
mod evidence;
pub(crate) mod known;
mod line;
pub mod period;
pub mod precision;
mod service;
pub mod template;
pub(crate) mod value;
