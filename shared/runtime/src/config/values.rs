//! Values of a configuration that must not be printed as they are.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// What is printed in place of a secret.
const HIDDEN: &str = "(hidden)";

/// A secret text. Printed and serialised, it is hidden.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct SecretText(String);

impl SecretText {
    /// A secret.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(HIDDEN)
    }
}

impl Serialize for SecretText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}

/// Address of a database. Printed and serialised, its password and options are hidden.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// An address.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The address itself, with its password.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether it names a PostgreSQL database.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        ["postgres://", "postgresql://"].iter().any(|scheme| self.0.starts_with(scheme))
    }

    /// The address without password and options.
    #[must_use]
    pub fn printed(&self) -> String {
        let Some((scheme, rest)) = self.0.split_once("://") else { return HIDDEN.to_owned() };
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let Some((user, place)) = rest.rsplit_once('@') else { return format!("{scheme}://{rest}") };
        let user = user.split(':').next().unwrap_or_default();
        format!("{scheme}://{user}:{HIDDEN}@{place}")
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.printed())
    }
}

impl Serialize for DatabaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.printed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_wherever_they_are_printed() {
        let url = DatabaseUrl::new("postgres://office:s3cret:@db.example:5432/xiuhua?sslkey=abc");
        assert_eq!(url.printed(), "postgres://office:(hidden)@db.example:5432/xiuhua");
        assert_eq!(DatabaseUrl::new("postgres://db/xiuhua").printed(), "postgres://db/xiuhua");
        assert_eq!(DatabaseUrl::new("s3cret").printed(), "(hidden)");
        let printed = format!("{url:?} {:?}", SecretText::new("s3cret"));
        assert!(!printed.contains("s3cret"), "{printed}");
    }
}
