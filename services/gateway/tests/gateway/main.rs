//! The gateway before services that answer what a test tells them to.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends by its panic")]

mod eligibility;
mod http;
mod profile;
mod report;
mod routing;
mod suite;
