//! What does not fit, and where.

use std::fmt;

use prost_reflect::{FieldDescriptor, MessageDescriptor, MethodDescriptor};

/// One thing that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Package of the element; empty where the whole set is meant.
    pub package: String,
    /// File: `xiuhua/registry/v1/household.proto`.
    pub file: String,
    /// Full name of the message, field or RPC.
    pub element: String,
    /// What is wrong with it.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [&self.file, &self.element] {
            if !part.is_empty() {
                write!(formatter, "{part}: ")?;
            }
        }
        formatter.write_str(&self.text)
    }
}

/// Everything that does not fit, found in one pass. Its `Debug` form is the readable list, because that is what
/// a build script prints when it ends with an error.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", list(.0))]
pub struct Errors(pub Vec<Problem>);

impl Errors {
    /// One error that belongs to no element of the contract.
    pub fn general(text: impl fmt::Display) -> Self {
        Errors(vec![Problem {
            package: String::new(),
            file: String::new(),
            element: String::new(),
            text: text.to_string(),
        }])
    }
}

impl fmt::Debug for Errors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&list(&self.0))
    }
}

fn list(problems: &[Problem]) -> String {
    let mut text = format!("the contract does not fit in {} place(s)", problems.len());
    for problem in problems {
        text.push_str("\n  ");
        text.push_str(&problem.to_string());
    }
    text
}

/// Where a problem lies.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    package: String,
    file: String,
    element: String,
}

impl From<&MessageDescriptor> for Place {
    fn from(message: &MessageDescriptor) -> Self {
        Place {
            package: message.package_name().to_owned(),
            file: message.parent_file().name().to_owned(),
            element: message.full_name().to_owned(),
        }
    }
}

impl From<&FieldDescriptor> for Place {
    fn from(field: &FieldDescriptor) -> Self {
        Place { element: field.full_name().to_owned(), ..Place::from(field.parent_message()) }
    }
}

impl From<&MethodDescriptor> for Place {
    fn from(method: &MethodDescriptor) -> Self {
        let service = method.parent_service();
        Place {
            package: service.package_name().to_owned(),
            file: service.parent_file().name().to_owned(),
            element: method.full_name().to_owned(),
        }
    }
}

impl Place {
    /// The place seen from the resource that embeds it, so that the right package is blamed.
    pub(crate) fn within(&self, owner: &Place) -> Self {
        if self.package == owner.package {
            return self.clone();
        }
        Place { element: format!("{} ({})", owner.element, self.element), ..owner.clone() }
    }
}

/// Collects problems.
#[derive(Default)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl Problems {
    pub(crate) fn at(&mut self, place: impl Into<Place>, text: impl fmt::Display) {
        let Place { package, file, element } = place.into();
        let problem = Problem { package, file, element, text: text.to_string() };
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }
}
