//! The files of the repository.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::rust::Source;

/// A file that people write.
pub(crate) struct File {
    /// Path from the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    pub(crate) fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|own| own == extension)
    }

    /// The folder directly below `services/` or `shared/`, or the first one: what a crate is called by.
    pub(crate) fn home(&self) -> &str {
        let mut parts = self.path.split('/');
        let first = parts.next().unwrap_or_default();
        if matches!(first, "services" | "shared") { parts.next().unwrap_or_default() } else { first }
    }
}

/// What is written by others, by tools or by a build.
const SKIPPED: [&str; 4] = ["target", ".git", "node_modules", "proto/vendor"];

/// Everything else; texts only.
pub(crate) static FILES: LazyLock<Vec<File>> = LazyLock::new(|| {
    let mut files = Vec::new();
    walk(&root(), "", &mut files);
    files.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(files.iter().any(|file| file.path == "Cargo.toml"), "no workspace at {}", root().display());
    files
});

/// The Rust among them, taken apart.
pub(crate) static SOURCES: LazyLock<Vec<Source>> =
    LazyLock::new(|| FILES.iter().filter(|file| file.has_extension("rs")).map(Source::of).collect());

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this crate stands in the workspace").to_owned()
}

/// A file that a rule cannot do without.
pub(crate) fn file(path: &str) -> &'static File {
    FILES.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path} is missing"))
}

/// Names of what stands directly in a folder, sorted.
pub(crate) fn names_in(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder)).expect("is a folder");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("can be listed").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn walk(folder: &Path, prefix: &str, files: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("is a folder") {
        let entry = entry.expect("can be listed");
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if SKIPPED.contains(&path.as_str()) {
            continue;
        }
        // A file that goes while it is looked for is nobody's concern.
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), files);
        } else if kind.is_file()
            && let Some(text) = fs::read(entry.path()).ok().and_then(|bytes| String::from_utf8(bytes).ok())
        {
            files.push(File { path, text });
        }
    }
}
