//! How a command ends: an exit code for scripts, lines for people.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

use kernel::failure::{Failure, Kind};
use kernel::language::Language;
use runtime::error::StartError;
use runtime::status::Problem;
use tonic::{Code, Status};

/// Exit codes; they are documented in `--help` and are a promise to scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// 0: done.
    Done,
    /// 1: refused, or some rows were rejected.
    Refused,
    /// 2: the command line, a file or a configuration is wrong.
    Usage,
    /// 3: something that is needed cannot be reached or does not work; what was printed, if anything, is not complete.
    Unavailable,
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Unavailable => 3,
        }
    }

    /// How a command ends that a service answered with this code.
    #[must_use]
    pub const fn of_code(code: Code) -> Self {
        match code {
            Code::Ok => Self::Done,
            Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Cancelled
            | Code::ResourceExhausted
            | Code::Internal
            | Code::Unknown
            | Code::DataLoss
            | Code::Unimplemented => Self::Unavailable,
            Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::PermissionDenied
            | Code::FailedPrecondition
            | Code::Aborted
            | Code::OutOfRange
            | Code::Unauthenticated => Self::Refused,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command did not do what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The exit code.
    pub exit: Exit,
    /// What is printed on standard error.
    pub lines: Vec<String>,
}

impl Stop {
    /// Ends with this code and text; a text of several lines is printed as such.
    #[must_use]
    pub fn new(exit: Exit, text: impl Display) -> Self {
        Self { exit, lines: text.to_string().lines().map(str::to_owned).collect() }
    }

    /// Refused.
    #[must_use]
    pub fn refused(text: impl Display) -> Self {
        Self::new(Exit::Refused, text)
    }

    /// Wrong usage.
    #[must_use]
    pub fn usage(text: impl Display) -> Self {
        Self::new(Exit::Usage, text)
    }

    /// Something does not work.
    #[must_use]
    pub fn unavailable(text: impl Display) -> Self {
        Self::new(Exit::Unavailable, text)
    }

    /// A file that cannot be read.
    #[must_use]
    pub fn unreadable(path: &Path, error: impl Display) -> Self {
        Self::usage(format_args!("{}: {error}", path.display()))
    }

    /// A file that is not what it should be, with the place of each problem.
    #[must_use]
    pub fn of_file(path: &Path, failure: &Failure, language: Language) -> Self {
        let told = failure.violation_list().iter();
        let mut lines: Vec<String> =
            told.map(|problem| field_line(&problem.field, &problem.message(language))).collect();
        if lines.len() <= 1 {
            let line = lines.pop().unwrap_or_else(|| failure.message(language));
            return Self {
                exit: Exit::Usage,
                lines: vec![format!("{}: {}", path.display(), line.trim_start())],
            };
        }
        lines.insert(0, format!("{}:", path.display()));
        Self { exit: Exit::Usage, lines }
    }

    /// A file that cannot be written.
    #[must_use]
    pub fn unwritable(path: &Path, error: impl Display) -> Self {
        Self::unavailable(format_args!("{}: {error}", path.display()))
    }

    /// Output that cannot be written. A reader that went away (`| head`) has seen enough: that ends the command quietly.
    #[must_use]
    pub fn output(error: impl Into<std::io::Error>) -> Self {
        let error = error.into();
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self { exit: Exit::Done, lines: Vec::new() },
            _ => Self::unavailable(error),
        }
    }

    /// A refusal with its message and, below it, every broken field with its path.
    #[must_use]
    pub fn of_failure(failure: &Failure, language: Language) -> Self {
        let exit = match failure.kind() {
            Kind::Unavailable | Kind::DeadlineExceeded | Kind::Internal => Exit::Unavailable,
            _ => Exit::Refused,
        };
        let mut lines = vec![failure.message(language)];
        let fields = failure.violation_list().iter();
        lines.extend(fields.map(|field| field_line(&field.field, &field.message(language))));
        Self { exit, lines }
    }

    /// The same lines after another one.
    #[must_use]
    pub fn after(mut self, line: impl Display) -> Self {
        self.lines.insert(0, line.to_string());
        self
    }

    /// The same lines before another one.
    #[must_use]
    pub fn before(mut self, line: impl Display) -> Self {
        self.lines.push(line.to_string());
        self
    }
}

fn field_line(field: &str, message: &str) -> String {
    if field.is_empty() { format!("  {message}") } else { format!("  {field}: {message}") }
}

impl From<Status> for Stop {
    /// The service's own words in the language of the call, with the path of every broken field.
    fn from(status: Status) -> Self {
        let problem = Problem::of(&status);
        let reason = if problem.domain.is_empty() { String::new() } else { format!(" [{}]", problem.reason) };
        let mut lines = vec![format!("{}{reason}", problem.message)];
        let more = problem.violations.iter().filter(|field| {
            problem.violations.len() > 1 || !field.field.is_empty() || field.message != problem.message
        });
        lines.extend(more.map(|field| field_line(&field.field, &field.message)));
        Self { exit: Exit::of_code(problem.code), lines }
    }
}

impl From<StartError> for Stop {
    fn from(error: StartError) -> Self {
        let exit = match &error {
            StartError::Configuration(_) | StartError::Keys { .. } => Exit::Usage,
            StartError::Telemetry(_) | StartError::Listener(_) | StartError::Service(_) => Exit::Unavailable,
        };
        Self::new(exit, error)
    }
}

#[cfg(test)]
mod tests {
    use kernel::failure::{Reason, Violation};
    use runtime::status::to_status;

    use super::*;

    #[test]
    fn exit_codes_are_a_promise() {
        let codes = [Exit::Done, Exit::Refused, Exit::Usage, Exit::Unavailable].map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3]);
        assert_eq!(Exit::of_code(Code::PermissionDenied), Exit::Refused);
        assert_eq!(Exit::of_code(Code::InvalidArgument), Exit::Refused);
        assert_eq!(Exit::of_code(Code::Unavailable), Exit::Unavailable);
        assert_eq!(Stop::from(StartError::Configuration(Vec::new())).exit, Exit::Usage);
        assert_eq!(Stop::from(StartError::Listener(String::new())).exit, Exit::Unavailable);
    }

    #[test]
    fn a_reader_that_went_away_is_no_error() {
        let gone = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert_eq!(Stop::output(gone).exit, Exit::Done);
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        assert_eq!(Stop::output(full).exit, Exit::Unavailable);
    }

    #[test]
    fn a_refusal_is_told_in_the_language_with_its_fields() {
        let failure = Failure::new(Reason::FieldRequired)
            .violations(vec![Violation::new("header.area", Reason::FieldRequired)]);
        for language in Language::ALL {
            let stop = Stop::from(to_status(&failure, language));
            assert_eq!(stop.exit, Exit::Refused);
            assert!(stop.lines[0].contains(&failure.message(language)), "{stop:?}");
            assert!(stop.lines[1].starts_with("  header.area: "), "{stop:?}");
        }
    }
}
