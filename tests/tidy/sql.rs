//! Just enough of SQL to tell it from other texts and to see the tables that it names.

use crate::rust::words;
use crate::tree::{FILES, SOURCES};

const MARKS: [&str; 10] = [
    "SELECT",
    "INSERT INTO",
    "DELETE FROM",
    "CREATE TABLE",
    "CREATE INDEX",
    "CREATE UNIQUE INDEX",
    "ALTER TABLE",
    "DROP TABLE",
    "ORDER BY",
    "UNION ALL",
];

/// Whether a text is a statement, or the greater part of one.
pub(crate) fn is_sql(text: &str) -> bool {
    let has = |word| words(text, word).next().is_some();
    MARKS.into_iter().any(has)
        || (has("UPDATE") && has("SET"))
        || ((has("FROM") || has("JOIN")) && has("WHERE"))
}

/// Its first words.
pub(crate) fn head(text: &str) -> String {
    text.split_whitespace().take(8).collect::<Vec<_>>().join(" ")
}

/// Names that stand where a table is named.
pub(crate) fn named(text: &str) -> Vec<String> {
    let places = ["FROM", "JOIN", "INTO", "UPDATE"]
        .into_iter()
        .flat_map(|word| words(text, word).map(move |at| text[at + word.len()..].trim_start()));
    let name = |rest: &str| {
        rest.trim_start_matches(['\\', '"']).chars().take_while(|next| crate::rust::is_word(*next)).collect()
    };
    places.map(name).filter(|name: &String| !name.is_empty()).collect()
}

/// Every table that a migration makes, with the crate that has it and its file.
pub(crate) fn tables() -> Vec<(String, String, String)> {
    let files = FILES.iter().filter(|file| file.has_extension("sql")).map(|file| (file, file.text.as_str()));
    let texts =
        SOURCES.iter().flat_map(|source| source.texts.iter().map(|text| (source.file, text.text.as_str())));
    let services = files.chain(texts).filter(|(file, _)| file.path.starts_with("services/"));
    let mut tables = Vec::new();
    for (file, text) in services {
        for (at, mark) in text.match_indices("CREATE TABLE ") {
            let name: String =
                text[at + mark.len()..].chars().take_while(|next| crate::rust::is_word(*next)).collect();
            tables.push((name, file.home().to_owned(), file.path.clone()));
        }
    }
    tables
}

mod tests {
    use super::*;

    #[test]
    fn statements_are_told_from_other_texts() {
        for text in ["SELECT 1", "UPDATE t SET a = 1", "x FROM t WHERE", "\n  INSERT INTO t VALUES (1)"] {
            assert!(is_sql(text), "{text}");
        }
        for text in ["UPDATE", "RESET SELECTED", "select a file", "message FROM a user"] {
            assert!(!is_sql(text), "{text}");
        }
    }

    #[test]
    fn tables_of_a_statement_are_seen() {
        assert_eq!(
            named("SELECT a FROM one t JOIN \\\"two\\\" u ON x, (SELECT 1 FROM {rows})"),
            ["one", "two"]
        );
    }
}
