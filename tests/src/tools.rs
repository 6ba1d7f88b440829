//! Python programs with the libraries of `tools.txt`, which `tests/run` installs below the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The interpreter that has them; `None`, said aloud, where they were not installed.
///
/// # Panics
/// Where this is a run of `tests/run`, which installs them first.
fn python() -> Option<PathBuf> {
    let test = std::env::current_exe().expect("the test that runs");
    let target = test.ancestors().nth(3).expect("the target folder");
    let python = target.join("tools/bin/python3");
    if python.exists() {
        return Some(python);
    }
    assert!(!target.join("tools").exists(), "no Python in {}", target.display());
    eprintln!("SKIPPED: {} is not there; tests/run install makes it", python.display());
    None
}

/// Runs a program of `tests/python` and gives what it printed; `None` where the tools were not installed.
///
/// # Panics
/// Where it fails: with what it said.
pub async fn run_python(program: &str, arguments: &[&str]) -> Option<String> {
    let python = python()?;
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(program);
    let mut command = Command::new(python);
    command.arg(program).args(arguments);
    let ran = tokio::task::spawn_blocking(move || command.output()).await.expect("a thread");
    let ran = ran.expect("a program that runs");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    Some(String::from_utf8(ran.stdout).expect("text"))
}
