//! What a service's build script calls.

use std::path::PathBuf;
use std::{env, fs};

use crate::contract::Contract;
use crate::generate::generate;
use crate::problem::Errors;

/// Writes the source for these packages as `file` in `OUT_DIR`. The contract is looked for at `../../proto` from
/// the crate's folder.
///
/// # Errors
/// What does not fit in these packages or in the common one, and what cannot be read or written. Mistakes in
/// other packages are those of their own services.
pub fn build(packages: &[&str], file: &str) -> Result<(), Errors> {
    let root = folder("CARGO_MANIFEST_DIR")?.join("../../proto");
    for part in ["xiuhua", "vendor"] {
        println!("cargo:rerun-if-changed={}", root.join(part).display());
    }
    let (contract, mut problems) = Contract::read(&root)?;
    problems.retain(|problem| {
        problem.package == "xiuhua.common.v1" || packages.contains(&problem.package.as_str())
    });
    if !problems.is_empty() {
        return Err(Errors(problems));
    }
    let path = folder("OUT_DIR")?.join(file);
    fs::write(&path, generate(&contract, packages)?)
        .map_err(|error| Errors::general(format!("{}: {error}", path.display())))
}

#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts by the environment")]
fn folder(variable: &str) -> Result<PathBuf, Errors> {
    env::var_os(variable)
        .map(PathBuf::from)
        .ok_or_else(|| Errors::general(format!("{variable} is not set: this runs in a build script")))
}
