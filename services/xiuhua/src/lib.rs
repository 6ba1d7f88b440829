//! The one binary that runs the suite in one process, and its command line.
//!
//! * [`suite`] starts services; [`demonstration`] makes the demonstration prefecture.
//! * [`client`] is how the command line reaches records: over the public gRPC of a gateway, never in a database.
//! * [`arguments`] is what the command line understands, [`commands`] what it does.
//! * [`exit`], [`words`], [`aligned`], [`printable`], [`progress`]: how it speaks to people and scripts.

pub mod aligned;
pub mod arguments;
pub mod client;
pub mod commands;
pub mod demonstration;
pub mod exit;
pub mod printable;
pub mod progress;
pub mod report;
pub mod suite;
pub mod words;

use std::process::ExitCode;

use clap::Parser;

use arguments::Arguments;
use exit::{Exit, Stop};

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Where even the help cannot be printed, the exit code is all that is left.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    let outcome = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(commands::run(arguments)),
        Err(error) => Err(Stop::unavailable(error)),
    };
    match outcome {
        Ok(()) => Exit::Done.into(),
        Err(stop) => {
            stop.lines.iter().for_each(|line| eprintln!("{}", printable::lines(line)));
            stop.exit.into()
        }
    }
}
