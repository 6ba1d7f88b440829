//! Who calls: what the token says, as rules need it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::area::{AreaCode, Scope};
use crate::clock::Moment;
use crate::failure::{Failure, Reason};
use crate::language::Language;

/// The permission that stands for all permissions; only the internal role has it.
const EVERY_PERMISSION: &str = "*";

/// An authenticated caller.
#[derive(Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token's subject. May tell who a person is: never for logs.
    pub subject: String,
    /// The role, such as `data_steward`.
    pub role: String,
    /// The permissions, such as `case.transcribe`.
    pub permissions: Arc<BTreeSet<String>>,
    /// Where the caller may look and write.
    pub scope: Scope,
    /// The programmes whose records the caller may see; `None` is all.
    pub programmes: Option<BTreeSet<String>>,
    /// The language for messages.
    pub language: Language,
    /// When the token ends.
    pub token_expires: Moment,
    /// For a service that acts in a person's stead: that person's subject.
    pub on_behalf_of: Option<String>,
}

impl Caller {
    /// A part of the suite itself, such as a follower: every permission, everywhere.
    #[must_use]
    pub fn internal(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            role: "internal".to_owned(),
            permissions: Arc::new(BTreeSet::from([EVERY_PERMISSION.to_owned()])),
            scope: Scope::everything(),
            programmes: None,
            language: Language::default(),
            token_expires: Moment::OPEN,
            on_behalf_of: None,
        }
    }

    /// Whether the caller has the permission.
    #[must_use]
    pub fn may(&self, permission: &str) -> bool {
        self.permissions.contains(permission) || self.permissions.contains(EVERY_PERMISSION)
    }

    /// Asks for a permission.
    ///
    /// # Errors
    /// `PERMISSION_MISSING` with the permission's name.
    pub fn require(&self, permission: &str) -> Result<(), Failure> {
        if self.may(permission) {
            Ok(())
        } else {
            Err(Failure::new(Reason::PermissionMissing).with("permission", permission))
        }
    }

    /// Asks that an area which the caller named lie in the scope.
    ///
    /// # Errors
    /// `AREA_FORBIDDEN` with the area.
    pub fn require_area(&self, area: &AreaCode) -> Result<(), Failure> {
        if self.scope.allows(area) {
            Ok(())
        } else {
            Err(Failure::new(Reason::AreaForbidden).with("area", area))
        }
    }

    /// Whether the caller may see the programme's records; records of no programme (empty) are everyone's.
    #[must_use]
    pub fn sees_programme(&self, programme: &str) -> bool {
        programme.is_empty()
            || self.programmes.as_ref().is_none_or(|programmes| programmes.contains(programme))
    }

    /// Asks for a programme.
    ///
    /// # Errors
    /// `PROGRAMME_FORBIDDEN` with the programme.
    pub fn require_programme(&self, programme: &str) -> Result<(), Failure> {
        if self.sees_programme(programme) {
            Ok(())
        } else {
            Err(Failure::new(Reason::ProgrammeForbidden).with("programme", programme))
        }
    }
}

impl fmt::Debug for Caller {
    /// Role and rights without the subjects.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Caller")
            .field("role", &self.role)
            .field("permissions", &self.permissions.len())
            .field("scope", &self.scope.ranges)
            .field("programmes", &self.programmes)
            .field("language", &self.language)
            .field("on_behalf", &self.on_behalf_of.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clerk() -> Caller {
        Caller {
            role: "data_steward".to_owned(),
            permissions: Arc::new(BTreeSet::from(["household.read".to_owned()])),
            scope: Scope::of(&[AreaCode::parse("222405").unwrap()]),
            programmes: Some(BTreeSet::from(["housing".to_owned()])),
            on_behalf_of: Some("kim.cheolsu".to_owned()),
            ..Caller::internal("li.ming")
        }
    }

    #[test]
    fn rights_are_what_the_token_says() {
        let clerk = clerk();
        assert!(clerk.require("household.read").is_ok());
        let refused = clerk.require("person.reveal").unwrap_err();
        assert_eq!(refused.reason(), Reason::PermissionMissing);
        assert_eq!(refused.metadata(), [("permission", "person.reveal".to_owned())]);
        assert!(clerk.require_area(&AreaCode::parse("222405100").unwrap()).is_ok());
        let refused = clerk.require_area(&AreaCode::parse("222400").unwrap()).unwrap_err();
        assert_eq!(refused.reason(), Reason::AreaForbidden);
        assert!(clerk.sees_programme("housing") && clerk.sees_programme(""));
        assert_eq!(clerk.require_programme("health").unwrap_err().reason(), Reason::ProgrammeForbidden);
    }

    #[test]
    fn the_suite_itself_may_everything() {
        let caller = Caller::internal("follower");
        assert!(caller.may("anything") && caller.sees_programme("health") && caller.scope.is_everything());
    }

    #[test]
    fn debug_names_nobody() {
        let text = format!("{:?}", clerk());
        assert!(
            text.contains("data_steward") && !text.contains("li.ming") && !text.contains("kim"),
            "{text}"
        );
    }
}
