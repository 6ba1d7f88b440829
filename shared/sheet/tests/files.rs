//! Files as offices send them, and files that nobody should be able to hurt with.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

#[path = "files/bad.rs"]
mod bad;
#[path = "files/dirty.rs"]
mod dirty;
#[path = "files/made.rs"]
mod made;
#[path = "files/rejected.rs"]
mod rejected;
#[path = "files/round_trip.rs"]
mod round_trip;
