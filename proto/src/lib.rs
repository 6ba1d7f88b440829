//! The contract: generated messages, clients and servers, and the descriptors with all their options.
//!
//! The `.proto` files below `proto/xiuhua` are the truth; nothing here is written by hand but this list of packages.
#![allow(missing_docs, clippy::all, clippy::disallowed_methods, unreachable_pub, reason = "generated")]

/// All files with their options, for reflection, policy and the JSON face.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

include!(concat!(env!("OUT_DIR"), "/packages.rs"));

/// `xiuhua.common.v1`, the messages and services that all fact-owning services share.
pub use xiuhua::common::v1 as common;
