//! The glue of the registry's resources. Written by the build step.
#![allow(missing_docs, clippy::all, reason = "generated")]

include!(concat!(env!("OUT_DIR"), "/contract.rs"));
