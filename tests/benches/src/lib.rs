//! How fast the suite is, as ratios: every figure of the suite stands beside the limit of the same machine, measured in
//! the same run, in turns. Nothing here is ever a gate; what comes out is printed as it is.
//!
//! * `world`: the suite with the demonstration prefecture in it;
//! * `bare`: what the limits are made of: sqlx and tonic with nothing around them;
//! * `statements`: the SQL that the suite runs for a household, made of the same declarations;
//! * `turns`: suite and limit in turns, so that both see the same machine;
//! * `lines`: what is measured, one module a line or two;
//! * `table`: what is printed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark ends by its panic")]

mod bare;
mod lines;
pub mod machine;
pub mod options;
mod statements;
pub mod table;
mod turns;
mod world;

use suite::harness::Backend;

use crate::options::{Only, Options};
use crate::table::Line;
use crate::world::World;

/// Measures everything that the options ask for on one database.
///
/// # Panics
/// Where something does not work; slow is never a reason.
pub async fn measured(backend: &Backend, options: &Options) -> Vec<Line> {
    let world = World::start(backend, options).await;
    let mut lines = Vec::new();
    if options.wants(Only::Get) {
        lines.push(lines::get::line(&world, options).await);
    }
    if options.wants(Only::Profile) {
        lines.push(lines::profile::line(&world, options).await);
    }
    if options.wants(Only::Report) {
        lines.push(lines::report::line(&world, options).await);
    }
    if options.wants(Only::Create) {
        lines.push(lines::create::line(&world, backend, options).await);
    }
    let loading = lines::import::memory(&world);
    world.stop().await;
    if options.wants(Only::Import) {
        lines.push(lines::import::line(backend, options).await);
        lines.extend(loading);
    }
    lines
}
