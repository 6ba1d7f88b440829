//! What the suite's tests share: services on ports of their own, each test with databases of its own, tokens of any role.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

pub mod apart;
pub mod binary;
pub mod collector;
pub mod counties;
pub mod demonstrated;
pub mod dynamic;
pub mod engine;
pub mod fixtures;
pub mod front;
pub mod harness;
pub mod table;
pub mod tools;
pub mod wait;
pub mod web;
