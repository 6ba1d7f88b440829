//! Imports: whole, killed and resumed, tried dry, repeated, and back from an export.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

#[path = "imports/compare.rs"]
mod compare;
#[path = "imports/dirty.rs"]
mod dirty;
#[path = "imports/mistakes.rs"]
mod mistakes;
#[path = "imports/modes.rs"]
mod modes;
#[path = "imports/resumed.rs"]
mod resumed;
#[path = "imports/round_trip.rs"]
mod round_trip;
#[path = "imports/sheets.rs"]
mod sheets;
#[path = "imports/stream.rs"]
mod stream;
