//! The tests of the running suite, as one binary: `cargo test -p suite --test all registry::` runs one file.

mod access;
mod axes;
mod bad_input;
mod children;
mod clerk;
mod command_line;
mod deploy;
mod engineer;
mod events;
mod examples;
mod files;
mod imports;
mod json;
mod lifecycle;
mod lookups;
mod measures;
mod processes;
mod reflection;
mod refusals;
mod registry;
mod schema;
mod shapes;
mod statistics;
mod transitions;
mod writers;
