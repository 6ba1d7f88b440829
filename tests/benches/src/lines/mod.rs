//! What is measured.

pub(crate) mod create;
pub(crate) mod get;
pub(crate) mod import;
pub(crate) mod profile;
pub(crate) mod report;

/// Households that are asked for in turn.
fn samples(options: &crate::options::Options) -> usize {
    if options.smoke { 10 } else { 500 }
}
