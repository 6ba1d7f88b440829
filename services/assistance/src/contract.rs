//! The glue of the resources of assistance. Written by the build step.
#![allow(missing_docs, clippy::all, reason = "generated")]

include!(concat!(env!("OUT_DIR"), "/contract.rs"));
