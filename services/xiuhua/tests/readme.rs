//! The README's commands are ones that the binary understands, and its two commands are there.

#![allow(clippy::expect_used, reason = "a test ends by its panic")]

use std::path::Path;

use clap::Parser;
use xiuhua::arguments::Arguments;

fn readme() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join("README.md")).expect("README.md")
}

/// Commands of indented blocks: what follows `xiuhua`, without comments and redirections.
fn commands(text: &str) -> Vec<String> {
    let indented = text.lines().filter_map(|line| line.strip_prefix("    "));
    let plain = indented.map(|line| line.split(" #").next().unwrap_or_default().trim());
    let own = plain.filter_map(|line| {
        let line = line.strip_prefix("$ ").unwrap_or(line);
        let inner = line.split_once("$(").map_or(line, |(_, inner)| inner.trim_end_matches(')'));
        inner.starts_with("xiuhua ").then(|| inner.to_owned())
    });
    own.collect()
}

#[test]
fn every_command_of_the_readme_is_understood() {
    let commands = commands(&readme());
    assert!(commands.len() >= 9, "{commands:?}");
    for command in commands {
        let parsed = Arguments::try_parse_from(command.split_whitespace());
        assert!(
            parsed.is_ok(),
            "{command}: {}",
            parsed.err().map(|error| error.to_string()).unwrap_or_default()
        );
    }
}

#[test]
fn the_two_commands_are_there() {
    let readme = readme();
    assert!(readme.contains("\n    cargo run --release --bin xiuhua -- demo "));
    assert!(readme.contains("\n    tests/run "));
}
