//! The database seam on both databases.
#![allow(clippy::unwrap_used, reason = "a test ends by its panic")]

mod commit;
mod common;
mod contention;
mod feed;
mod reads;
mod schema;
mod sqlite_compound;
