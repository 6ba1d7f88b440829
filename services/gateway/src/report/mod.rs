//! Reports: published figures laid out from the indicators of all services.

pub(crate) mod asked;
mod check;
mod compose;
mod divisions;
mod evidence;
pub mod formats;
pub mod identity;
pub(crate) mod known;
mod line;
pub mod period;
mod plan;
pub mod precision;
mod service;
pub mod template;
pub(crate) mod value;
