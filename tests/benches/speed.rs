//! Prints how fast the suite is beside what this machine can do. See `--help`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark ends by its panic")]

use std::process::{Command, ExitCode, Stdio};

use benches::machine::Machine;
use benches::options::{Options, USAGE, database};
use benches::table::{Line, Table};
use suite::harness::{Backend, backends};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let options = match Options::of(arguments.clone()) {
        Ok(options) => options,
        Err(wrong) => {
            eprintln!("{wrong}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let table = Table { machine: Machine::this(), lines: lines(&options, &arguments) };
    println!("{}", table.text());
    if let Some(path) = &options.json
        && let Err(error) = std::fs::write(path, table.json())
    {
        eprintln!("{}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Each database is measured by a process of its own, so that one's memory is not the other's.
fn lines(options: &Options, arguments: &[String]) -> Vec<Line> {
    let chosen: Vec<Backend> =
        backends().into_iter().filter(|backend| options.wants_database(backend)).collect();
    match chosen.as_slice() {
        [only] => {
            let runtime = tokio::runtime::Runtime::new().expect("threads");
            runtime.block_on(benches::measured(only, options))
        }
        several => several.iter().flat_map(|backend| apart(database(backend), arguments)).collect(),
    }
}

/// The lines of one database, by this program once more. Of two options of a name the last one counts.
fn apart(database: &str, arguments: &[String]) -> Vec<Line> {
    eprintln!("measuring on {database}");
    let file = tempfile::NamedTempFile::new().expect("a file");
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(arguments).args(["--database", database, "--json"]).arg(file.path()).stdout(Stdio::null());
    assert!(command.status().expect("this program").success(), "{database} could not be measured");
    let text = std::fs::read_to_string(file.path()).expect("a table");
    serde_json::from_str::<Table>(&text).expect("a table").lines
}
