//! What the commands do.

mod check;
mod database;
pub mod demo;
mod evidence;
mod export;
mod get;
mod import;
mod keys;
mod report;
mod serve;
mod snapshot;
mod template;
mod token;

use std::io::Write;
use std::path::Path;

use kernel::language::Language;
use sheet::Format;

use crate::arguments::{Arguments, Command, Database, Get, Keys, Snapshot, Token};
use crate::exit::Stop;
use crate::{printable, words};

/// What every command is told.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// Language of messages and reports.
    pub language: Language,
    /// Results and errors only.
    pub quiet: bool,
}

/// Does what the command line says.
///
/// # Errors
/// Why it could not be done, with the exit code.
pub async fn run(arguments: Arguments) -> Result<(), Stop> {
    let manner = Manner { language: arguments.lang, quiet: arguments.quiet };
    match arguments.command {
        Command::Demo(asked) => demo::run(asked, manner).await,
        Command::Serve(asked) => serve::run(asked.configured).await,
        Command::Import(asked) => import::run(asked, manner).await,
        Command::Export(asked) => export::run(asked, manner).await,
        Command::Template(asked) => template::run(asked, manner).await,
        Command::Get(Get::Household { id, getting }) => get::household(id, getting, manner).await,
        Command::Report(asked) => report::run(asked, manner).await,
        Command::Evidence(asked) => evidence::run(asked, manner).await,
        Command::Snapshot(Snapshot::Create { code, as_of, title, purpose, client }) => {
            snapshot::create(snapshot::Wanted { code, as_of, title, purpose }, &client, manner).await
        }
        Command::Token(asked @ Token::Issue { .. }) => token::issue(asked, manner),
        Command::Keys(Keys::Init { dir }) => keys::init(&dir, manner),
        Command::Database(Database::Init { url }) => database::init(url, manner).await,
        Command::Check(asked) => check::run(asked, manner).await,
    }
}

/// The format in which a file of forms is written: as its name says; csv on standard output.
///
/// # Errors
/// A name that says no format; several sheets for a csv file.
fn format_of(
    out: Option<&Path>,
    gb18030: bool,
    name: &str,
    sheets: usize,
    language: Language,
) -> Result<Format, Stop> {
    let format = match out {
        None => Format::Csv,
        Some(path) => Format::of_path(path)
            .ok_or_else(|| Stop::usage(words::NO_FORMAT.fill(language, &[("file", &path.display())])))?,
    };
    match format {
        Format::Csv if sheets > 1 => {
            Err(Stop::usage(words::NEEDS_WORKBOOK.fill(language, &[("name", &name)])))
        }
        Format::Csv if gb18030 => Ok(Format::CsvGb18030),
        format => Ok(format),
    }
}

/// Prints a result on standard output, without what a terminal would obey.
///
/// # Errors
/// Where standard output cannot be written.
fn print(text: &str) -> Result<(), Stop> {
    print_bytes(printable::lines(text).as_bytes())
}

/// Prints a file on standard output.
///
/// # Errors
/// Where standard output cannot be written.
fn print_bytes(bytes: &[u8]) -> Result<(), Stop> {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(Stop::output)
}

/// Ends a command whose answer was printed: well where the answer was complete, else by saying that it was not.
///
/// # Errors
/// Where it was not, with the exit code for what could not be reached.
fn whole(complete: bool, why_not: &str) -> Result<(), Stop> {
    if complete { Ok(()) } else { Err(Stop::unavailable(why_not)) }
}

/// Prints a line on standard output.
///
/// # Errors
/// Where standard output cannot be written.
fn print_line(line: &str) -> Result<(), Stop> {
    print(&format!("{line}\n"))
}
