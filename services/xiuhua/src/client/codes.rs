//! Words of codes, as the services' code tables have them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::future::join_all;
use kernel::language::Language;
use proto::common::{Label, ListCodesRequest, Table};

use super::Connection;
use crate::exit::Stop;

/// Words by code table and code.
#[derive(Debug, Default, Clone)]
pub struct Codes(BTreeMap<String, BTreeMap<String, String>>);

impl Codes {
    /// The words of these tables in the language of the connection. A table that cannot be read leaves its codes as they
    /// are: they are right, if less readable.
    pub async fn read(connection: &Connection, tables: BTreeSet<String>) -> Self {
        let read = tables.into_iter().map(|code_table| async move {
            let request = super::patient(ListCodesRequest { code_table: code_table.clone() });
            let codes = connection.tables().list_codes(request).await.ok()?.into_inner().codes;
            let words = codes
                .into_iter()
                .filter_map(|code| Some((code.code, word(&code.label?, connection.language()).to_owned())));
            Some((code_table, words.collect()))
        });
        Self(join_all(read).await.into_iter().flatten().collect())
    }

    /// The word of a code; the code itself where there is none.
    #[must_use]
    pub fn word<'c>(&'c self, table: &str, code: &'c str) -> &'c str {
        let found = self.0.get(table).and_then(|table| table.get(code));
        found.map_or(code, String::as_str)
    }

    /// With one more code, for tests.
    #[cfg(test)]
    pub(crate) fn with(mut self, table: &str, code: &str, word: &str) -> Self {
        self.0.entry(table.to_owned()).or_default().insert(code.to_owned(), word.to_owned());
        self
    }
}

/// The words that forms offer to choose from, by code table, in the order of their standard.
///
/// # Errors
/// A code table that cannot be read.
pub async fn of_tables(
    connection: &Connection,
    tables: &[Table],
) -> Result<HashMap<String, Vec<String>>, Stop> {
    let columns = tables.iter().flat_map(|table| &table.columns);
    let ids: BTreeSet<&str> =
        columns.map(|column| column.code_table.as_str()).filter(|table| !table.is_empty()).collect();
    let mut words = HashMap::new();
    for id in ids {
        let request = super::patient(ListCodesRequest { code_table: id.to_owned() });
        let codes = connection.tables().list_codes(request).await?.into_inner().codes;
        let labels = codes.into_iter().filter(|code| code.valid_to.is_empty()).filter_map(|code| code.label);
        words.insert(id.to_owned(), labels.map(|label| label.zh).collect());
    }
    Ok(words)
}

/// The label in a language; forms are Chinese, so that this is what there always is.
fn word(label: &Label, language: Language) -> &str {
    let own = match language {
        Language::Zh => &label.zh,
        Language::Ko => &label.ko,
        Language::En => &label.en,
    };
    if own.is_empty() { &label.zh } else { own }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_without_a_word_stands_for_itself() {
        let codes = Codes::default().with("kinship", "02", "户主");
        assert_eq!((codes.word("kinship", "02"), codes.word("kinship", "99")), ("户主", "99"));
        assert_eq!(codes.word("sex", "1"), "1");
    }

    #[test]
    fn a_missing_translation_is_the_forms_own_word() {
        let label = Label { zh: "户主".to_owned(), ko: "호주".to_owned(), en: String::new() };
        assert_eq!((word(&label, Language::Ko), word(&label, Language::En)), ("호주", "户主"));
    }
}
