//! Answers as canonical proto3 JSON: camelCase names, enum names, 64-bit integers as text, absent values left out.

use std::sync::OnceLock;

use kernel::failure::Failure;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use proto::xiuhua::gateway::v1::{HouseholdProfile, Report};

/// Full names of the messages.
const REPORT: &str = "xiuhua.gateway.v1.Report";
const PROFILE: &str = "xiuhua.gateway.v1.HouseholdProfile";

/// A report as JSON, indented.
///
/// A line's `value` is a number in the unit of the published figures (yuan for money, per cent for ratios) and absent
/// exactly when the line is not available.
///
/// # Errors
/// `INTERNAL` where the embedded descriptors do not describe the message.
pub fn report_json(report: &Report) -> Result<String, Failure> {
    json_of(REPORT, report)
}

/// A household's profile as JSON, indented; masked as it was answered.
///
/// # Errors
/// `INTERNAL` where the embedded descriptors do not describe the message.
pub fn profile_json(profile: &HouseholdProfile) -> Result<String, Failure> {
    json_of(PROFILE, profile)
}

fn json_of(name: &str, message: &impl Message) -> Result<String, Failure> {
    serde_json::to_string_pretty(&dynamic(name, message)?).map_err(Failure::internal_error)
}

/// A message of this full name as a value of JSON.
///
/// # Errors
/// `INTERNAL` where the embedded descriptors do not describe the message.
pub(crate) fn value_of(name: &str, message: &impl Message) -> Result<serde_json::Value, Failure> {
    serde_json::to_value(dynamic(name, message)?).map_err(Failure::internal_error)
}

fn dynamic(name: &str, message: &impl Message) -> Result<DynamicMessage, Failure> {
    let descriptor = pool()?
        .get_message_by_name(name)
        .ok_or_else(|| Failure::internal_error(format!("the descriptors have no {name}")))?;
    DynamicMessage::decode(descriptor, message.encode_to_vec().as_slice()).map_err(Failure::internal_error)
}

/// The contract's descriptors, read once.
///
/// # Errors
/// `INTERNAL` where they cannot be read.
pub(crate) fn pool() -> Result<&'static DescriptorPool, Failure> {
    static POOL: OnceLock<DescriptorPool> = OnceLock::new();
    if let Some(pool) = POOL.get() {
        return Ok(pool);
    }
    let pool = DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET).map_err(Failure::internal_error)?;
    Ok(POOL.get_or_init(|| pool))
}
