//! Compiles the contract without a protoc: descriptors (options included) and the Rust types.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts by the environment")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed={}", root.join("xiuhua").display());
    println!("cargo:rerun-if-changed={}", root.join("vendor").display());
    let mut files = Vec::new();
    collect(&root.join("xiuhua"), &mut files)?;
    files.sort();
    // Named by no file of ours, but what errors over HTTP and their descriptions are made of.
    files
        .extend(["status", "error_details"].map(|name| root.join(format!("vendor/google/rpc/{name}.proto"))));
    let mut compiler = protox::Compiler::new([root.clone(), root.join("vendor")])?;
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(&files)?;
    // Encoded by protox itself: a set that passes through prost-types loses the options.
    fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set())?;
    tonic_prost_build::configure()
        .include_file("packages.rs")
        .compile_well_known_types(false)
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            files.push(path);
        }
    }
    Ok(())
}
