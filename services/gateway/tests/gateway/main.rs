//! The gateway before services that answer what a test tells them to.

mod report;
mod routing;
mod suite;
