//! What others would use: Python with the libraries of `tools.txt`, which `tests/run` installs below the target folder, and
//! the examples beside the contract.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The interpreter that has them; `None`, said aloud, where they were not installed.
///
/// # Panics
/// Where this is a run of `tests/run`, which installs them first.
pub fn python() -> Option<PathBuf> {
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
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(program);
    let mut command = Command::new(python()?);
    command.arg(program).args(arguments);
    Some(output(command, "").await)
}

/// The folder of the contract.
pub fn contract() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../proto")
}

/// A program that is told of an example beside the contract, with the address of a gateway and a token.
pub fn example(program: impl AsRef<OsStr>, gateway: &str, token: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(contract().join("examples")).env("GATEWAY", gateway).env("TOKEN", token);
    // Answers in Chinese are written as UTF-8 wherever the test runs.
    command
        .env("PYTHONUTF8", "1")
        .env_remove("http_proxy")
        .env_remove("https_proxy")
        .env("no_proxy", "127.0.0.1");
    command
}

/// What a command prints that is told something; it must end well.
///
/// # Panics
/// Where it does not: with what it said.
pub async fn output(mut command: Command, said: &str) -> String {
    let said = said.to_owned();
    let run = move || {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("a command that runs");
        child.stdin.take().expect("its input").write_all(said.as_bytes()).expect("its input");
        child.wait_with_output().expect("its end")
    };
    let ended = tokio::task::spawn_blocking(run).await.expect("a thread");
    let [out, err] = [ended.stdout, ended.stderr].map(|text| String::from_utf8(text).expect("text"));
    assert!(ended.status.success(), "{out}{err}");
    out
}

/// Makes Python's stubs of the contract in a folder.
///
/// # Panics
/// Where the compiler refuses it.
pub async fn stubs(python: &Path, folder: &Path) {
    let mut files = Vec::new();
    contracts(&contract(), Path::new("xiuhua"), &mut files);
    let mut compiler = Command::new(python);
    compiler.current_dir(contract()).args(["-m", "grpc_tools.protoc", "-I.", "-Ivendor"]);
    compiler.args(["--python_out", "--grpc_python_out"].map(|kind| format!("{kind}={}", folder.display())));
    compiler.args(files);
    output(compiler, "").await;
}

/// The contract's files, as a compiler is told of them.
fn contracts(root: &Path, below: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(root.join(below)).expect("a folder") {
        let path = below.join(entry.expect("a file").file_name());
        if root.join(&path).is_dir() {
            contracts(root, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path);
        }
    }
}
