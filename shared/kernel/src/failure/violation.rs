//! What is wrong field by field, all of it at once.

use std::fmt;

use super::{Failure, Kind, Reason, message};
use crate::language::Language;

/// One thing that is wrong with one field, or a warning about it. Carries no personal value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The path of the field relative to the resource (`living.floor_area_sqm_x100`, `members[2].id_number`),
    /// or empty for the whole.
    pub field: String,
    /// Why.
    pub reason: Reason,
    /// The arguments of the reason ([`Reason::arguments`]).
    pub arguments: Vec<(&'static str, String)>,
}

impl Violation {
    /// A violation without arguments.
    #[must_use]
    pub fn new(field: impl Into<String>, reason: Reason) -> Self {
        Self { field: field.into(), reason, arguments: Vec::new() }
    }

    /// Adds an argument of the reason.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl ToString) -> Self {
        self.arguments.push((key, value.to_string()));
        self
    }

    /// Adds an argument of the reason in place, as it is needed after [`Violations::push`].
    pub fn add(&mut self, key: &'static str, value: impl ToString) -> &mut Self {
        self.arguments.push((key, value.to_string()));
        self
    }

    /// The text for people in `language`.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        message::of(self.reason, &self.arguments, language)
    }
}

impl fmt::Display for Violation {
    /// `field: REASON`, for logs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.field, self.reason)
    }
}

/// Collects violations, so that all are told at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds one and gives it back, so that arguments can be added ([`Violation::add`]).
    pub fn push(&mut self, field: impl Into<String>, reason: Reason) -> &mut Violation {
        let index = self.0.len();
        self.0.push(Violation::new(field, reason));
        &mut self.0[index]
    }

    /// Adds one that is complete.
    pub fn add(&mut self, violation: Violation) {
        self.0.push(violation);
    }

    /// Adds all of `other`, each path below `prefix` (`members[2]`) unless the prefix is empty.
    pub fn extend_below(&mut self, prefix: &str, other: Self) {
        self.0.extend(other.0.into_iter().map(|mut violation| {
            if !prefix.is_empty() {
                let dot = if violation.field.is_empty() { "" } else { "." };
                violation.field = format!("{prefix}{dot}{}", violation.field);
            }
            violation
        }));
    }

    /// Whether there is none, not even a warning.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are, warnings included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them in the order in which they were added.
    pub fn iter(&self) -> std::slice::Iter<'_, Violation> {
        self.0.iter()
    }

    /// All of them.
    #[must_use]
    pub fn into_vec(self) -> Vec<Violation> {
        self.0
    }

    /// Whether one of them is an error rather than a warning.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|violation| !violation.reason.is_warning())
    }

    /// Errors and warnings apart.
    #[must_use]
    pub fn split(self) -> (Vec<Violation>, Vec<Violation>) {
        self.0.into_iter().partition(|violation| !violation.reason.is_warning())
    }

    /// Fails where there is an error; warnings alone pass and are dropped.
    ///
    /// # Errors
    /// With exactly one error, a failure for that very reason, with its arguments and its `field`. With
    /// several, `VALIDATION_FAILED` where at least one is the request's own fault (kind invalid argument),
    /// else `RULES_BROKEN`.
    pub fn into_result(self) -> Result<(), Failure> {
        let (errors, _) = self.split();
        let failure = match errors.as_slice() {
            [] => return Ok(()),
            [only] => {
                let failure = Failure::new(only.reason).with("field", &only.field);
                only.arguments.iter().fold(failure, |failure, (key, value)| failure.with(key, value))
            }
            several => {
                let own_fault =
                    several.iter().any(|violation| violation.reason.kind() == Kind::InvalidArgument);
                let reason = if own_fault { Reason::ValidationFailed } else { Reason::RulesBroken };
                Failure::new(reason).with("count", several.len())
            }
        };
        Err(failure.violations(errors))
    }
}

impl From<Vec<Violation>> for Violations {
    fn from(violations: Vec<Violation>) -> Self {
        Self(violations)
    }
}

impl IntoIterator for Violations {
    type Item = Violation;
    type IntoIter = std::vec::IntoIter<Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Violations {
    type Item = &'a Violation;
    type IntoIter = std::slice::Iter<'a, Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_error_keeps_its_own_reason() {
        let mut violations = Violations::new();
        violations.push("standard", Reason::CodeUnknown).add("code", "9").add("table", "standard");
        let failure = violations.into_result().unwrap_err();
        assert_eq!(failure.reason(), Reason::CodeUnknown);
        assert_eq!(failure.metadata()[0], ("field", "standard".to_owned()));
        assert_eq!(failure.metadata()[1], ("code", "9".to_owned()));
        assert_eq!(failure.violation_list().len(), 1);
    }

    #[test]
    fn several_errors_are_told_at_once() {
        let mut violations = Violations::new();
        violations.push("", Reason::StateRefuses);
        violations.push("etag", Reason::EtagStale);
        let failure = violations.clone().into_result().unwrap_err();
        assert_eq!((failure.reason(), failure.kind()), (Reason::RulesBroken, Kind::FailedPrecondition));
        violations.push("full_name", Reason::FieldRequired);
        let failure = violations.into_result().unwrap_err();
        assert_eq!((failure.reason(), failure.kind()), (Reason::ValidationFailed, Kind::InvalidArgument));
        assert_eq!(failure.metadata(), [("count", "3".to_owned())]);
    }

    #[test]
    fn warnings_pass() {
        let mut violations = Violations::new();
        violations.push("area", Reason::AreaDiffers);
        assert!(!violations.is_empty() && !violations.has_errors());
        assert_eq!(violations.clone().split().1.len(), 1);
        assert!(violations.into_result().is_ok());
    }

    #[test]
    fn paths_are_put_below_a_prefix() {
        let mut inner = Violations::new();
        inner.push("id_number", Reason::IdNumberChecksum);
        inner.push("", Reason::StateRefuses);
        let mut outer = Violations::new();
        outer.extend_below("members[2]", inner);
        let fields: Vec<&str> = outer.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["members[2].id_number", "members[2]"]);
    }
}
