//! Failures: one documented reason, public arguments, and an internal text that no caller sees.

use std::fmt::{self, Display};
use std::time::Duration;

use crate::language::Language;

mod message;
mod reason;
mod violation;

pub use reason::{Kind, Reason};
pub use violation::{Violation, Violations};

/// Why something was refused or did not work. As small as one pointer; cheap to return.
///
/// Arguments and violations go to the caller: they carry codes, names of records and counts, never personal
/// values. The text given to [`Failure::because`] goes to the log only, and must not carry personal values
/// either.
#[derive(Clone)]
pub struct Failure(Box<Inner>);

#[derive(Clone)]
struct Inner {
    reason: Reason,
    metadata: Vec<(&'static str, String)>,
    violations: Vec<Violation>,
    retry: Option<Duration>,
    internal: Option<String>,
}

impl Failure {
    /// A failure for `reason`; its kind follows from the reason.
    #[must_use]
    pub fn new(reason: Reason) -> Self {
        Self(Box::new(Inner {
            reason,
            metadata: Vec::new(),
            violations: Vec::new(),
            retry: None,
            internal: None,
        }))
    }

    /// `INTERNAL` with a text for the log.
    #[must_use]
    pub fn internal_error(internal: impl Display) -> Self {
        Self::new(Reason::Internal).because(internal)
    }

    /// Adds a public argument of the reason ([`Reason::arguments`]) or further metadata.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl ToString) -> Self {
        self.0.metadata.push((key, value.to_string()));
        self
    }

    /// Adds what is wrong field by field.
    #[must_use]
    pub fn violations(mut self, violations: Vec<Violation>) -> Self {
        self.0.violations.extend(violations);
        self
    }

    /// Says that the same request may work after `delay`.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.0.retry = Some(delay);
        self
    }

    /// Adds a text for the log; no caller sees it.
    #[must_use]
    pub fn because(mut self, internal: impl Display) -> Self {
        self.0.internal = Some(match self.0.internal.take() {
            Some(earlier) => format!("{earlier}: {internal}"),
            None => internal.to_string(),
        });
        self
    }

    /// The kind, which decides the gRPC code.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.reason.kind()
    }

    /// The documented reason.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.0.reason
    }

    /// The public arguments in the order in which they were given.
    #[must_use]
    pub fn metadata(&self) -> &[(&'static str, String)] {
        &self.0.metadata
    }

    /// What is wrong field by field.
    #[must_use]
    pub fn violation_list(&self) -> &[Violation] {
        &self.0.violations
    }

    /// After what time a retry may help.
    #[must_use]
    pub fn retry(&self) -> Option<Duration> {
        self.0.retry
    }

    /// The text for the log.
    #[must_use]
    pub fn internal(&self) -> Option<&str> {
        self.0.internal.as_deref()
    }

    /// The text for people in `language`.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        message::of(self.0.reason, &self.0.metadata, language)
    }
}

impl Display for Failure {
    /// The reason and its public arguments, for logs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.reason.as_str())?;
        for (key, value) in &self.0.metadata {
            write!(formatter, " {key}={value:?}")?;
        }
        for violation in &self.0.violations {
            write!(formatter, " {violation}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")?;
        match &self.0.internal {
            Some(internal) => write!(formatter, " (internal: {internal})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Self {
        Self::new(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_as_small_as_a_pointer() {
        assert_eq!(size_of::<Result<(), Failure>>(), size_of::<usize>());
    }

    #[test]
    fn the_internal_text_stays_inside() {
        let failure = Failure::new(Reason::DatabaseUnavailable)
            .with("service", "registry")
            .retry_after(Duration::from_secs(2))
            .because("connection refused")
            .because("pool");
        assert_eq!(failure.kind(), Kind::Unavailable);
        assert_eq!(failure.internal(), Some("connection refused: pool"));
        assert_eq!(failure.retry(), Some(Duration::from_secs(2)));
        assert_eq!(failure.to_string(), "DATABASE_UNAVAILABLE service=\"registry\"");
        for language in Language::ALL {
            assert!(!failure.message(language).contains("refused"));
        }
    }

    #[test]
    fn messages_carry_their_arguments() {
        let failure = Failure::new(Reason::PermissionMissing).with("permission", "person.reveal");
        for language in Language::ALL {
            assert!(failure.message(language).contains("person.reveal"));
        }
    }
}
