//! A contract of fixtures: the real options and common messages, and files of `tests/fixtures`.

use std::fs;
use std::io::Result;
use std::path::{Path, PathBuf};

/// The folder of the real contract.
pub(crate) fn contract_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto")
}

/// A folder with these fixtures as `xiuhua/fixture/v1/…`.
#[allow(clippy::expect_used, reason = "a test ends by its panic")]
pub(crate) fn root(fixtures: &[&str]) -> tempfile::TempDir {
    written(fixtures).expect("a temporary folder can be written")
}

fn written(fixtures: &[&str]) -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    let real = contract_folder();
    copy(&real.join("vendor"), &folder.path().join("vendor"))?;
    let common = folder.path().join("xiuhua/common/v1");
    fs::create_dir_all(&common)?;
    for name in ["options.proto", "record.proto"] {
        fs::copy(real.join("xiuhua/common/v1").join(name), common.join(name))?;
    }
    let own = folder.path().join("xiuhua/fixture/v1");
    fs::create_dir_all(&own)?;
    for name in fixtures {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
        fs::copy(from, own.join(name))?;
    }
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let to = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &to)?;
        } else {
            fs::copy(&path, &to)?;
        }
    }
    Ok(())
}
