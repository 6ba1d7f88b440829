//! Migrations: portable texts, applied once each and remembered by name and digest.

use std::collections::HashMap;

use crate::error::StoreError;
use crate::value::Row;

/// A step of the schema's history. Once it is released its text never changes.
///
/// The text is DDL that both databases read, with the types TEXT and BIGINT alone, so that one text serves both. On
/// PostgreSQL the word `TEXT` becomes `TEXT COLLATE "C"`: keys and codes are ordered by bytes, as on SQLite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Name, unique within a database.
    pub name: &'static str,
    /// Statements.
    pub sql: &'static str,
}

/// The table of what was applied. It is made here and by no migration.
pub(crate) const TABLE: &str = "CREATE TABLE IF NOT EXISTS migration \
     (name TEXT NOT NULL PRIMARY KEY, digest TEXT NOT NULL, applied_at BIGINT NOT NULL)";
pub(crate) const APPLIED: &str = "SELECT name, digest FROM migration";
pub(crate) const REMEMBER: &str = "INSERT INTO migration (name, digest, applied_at) VALUES ($1, $2, $3)";

impl Migration {
    /// Digest of the text as it is written, the same on both databases.
    pub(crate) fn digest(&self) -> String {
        blake3::hash(self.sql.as_bytes()).to_hex().to_string()
    }
}

/// Those that are not applied yet, in order.
pub(crate) fn pending<'a>(
    migrations: &'a [Migration],
    applied: &[Row],
) -> Result<Vec<&'a Migration>, StoreError> {
    let applied: HashMap<&str, &str> = applied.iter().map(|row| (row.text(0), row.text(1))).collect();
    let mut pending = Vec::new();
    for migration in migrations {
        match applied.get(migration.name) {
            None => pending.push(migration),
            Some(digest) if *digest == migration.digest() => {}
            Some(_) => {
                return Err(StoreError::Other(format!(
                    "migration {} was applied with another text",
                    migration.name
                )));
            }
        }
    }
    Ok(pending)
}

/// The text for PostgreSQL.
pub(crate) fn for_postgres(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len() + 128);
    let mut word = String::new();
    let mut quoted: Option<char> = None;
    for character in sql.chars().chain(std::iter::once('\n')) {
        if quoted.is_none() && (character.is_ascii_alphanumeric() || character == '_') {
            word.push(character);
            continue;
        }
        text.push_str(if word == "TEXT" { "TEXT COLLATE \"C\"" } else { &word });
        word.clear();
        text.push(character);
        quoted = match quoted {
            Some(quote) if quote == character => None,
            None if matches!(character, '\'' | '"') => Some(character),
            other => other,
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_ordered_by_bytes_on_postgres() {
        let sql = "CREATE TABLE t (\"TEXT\" TEXT NOT NULL, context TEXT DEFAULT 'TEXT')";
        let expected = "CREATE TABLE t (\"TEXT\" TEXT COLLATE \"C\" NOT NULL, context TEXT COLLATE \"C\" DEFAULT 'TEXT')\n";
        assert_eq!(for_postgres(sql), expected);
    }
}
