//! The glue of the resources that every service shares: annual plans and parameters. Written by the build step.
#![allow(missing_docs, clippy::all, reason = "generated")]

include!(concat!(env!("OUT_DIR"), "/contract.rs"));
