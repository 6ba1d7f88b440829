//! Just enough of a `Cargo.toml` to see who depends on whom.

use std::collections::BTreeMap;

use crate::tree::{FILES, File};

/// A crate of the workspace.
pub(crate) struct Manifest {
    pub(crate) file: &'static File,
    pub(crate) name: &'static str,
    /// By table: `dependencies`, `dev-dependencies`, `build-dependencies`.
    pub(crate) uses: BTreeMap<&'static str, Vec<&'static str>>,
    /// Dependencies that do not take their version from the workspace.
    pub(crate) strays: Vec<&'static str>,
    /// Whether it takes the workspace's lints.
    pub(crate) lints: bool,
}

/// All crates, in the order of their folders.
pub(crate) fn all() -> Vec<Manifest> {
    FILES.iter().filter(|file| file.path.ends_with("/Cargo.toml")).map(read).collect()
}

fn read(file: &'static File) -> Manifest {
    let mut manifest = Manifest { file, name: "", uses: BTreeMap::new(), strays: Vec::new(), lints: false };
    let mut table = "";
    for line in file.text.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            table = header.trim_matches(['[', ']']);
            let (kind, name) = table.split_once('.').unwrap_or((table, ""));
            if kind.ends_with("dependencies") && !name.is_empty() {
                manifest.uses.entry(kind).or_default().push(name);
                manifest.strays.push(name);
            }
            continue;
        }
        let Some((key, value)) = line.split_once('=').map(|(key, value)| (key.trim(), value.trim())) else {
            continue;
        };
        match table {
            "package" if key == "name" => manifest.name = value.trim_matches('"'),
            "lints" if key == "workspace" => manifest.lints = value == "true",
            "dependencies" | "dev-dependencies" | "build-dependencies" => {
                let name = key.split('.').next().unwrap_or(key);
                manifest.uses.entry(table).or_default().push(name);
                if !key.ends_with(".workspace") && !value.contains("workspace = true") {
                    manifest.strays.push(name);
                }
            }
            _ => {}
        }
    }
    manifest
}
