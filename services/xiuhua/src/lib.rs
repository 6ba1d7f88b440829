//! The one binary that runs the suite in one process, and its command line.

pub mod demonstration;
