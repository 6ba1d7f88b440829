//! The gateway before services that answer what a test tells them to.
#![allow(clippy::unwrap_used, reason = "a test ends by its panic")]

mod report;
mod routing;
mod suite;
