//! Code tables as data: national and form codes with their labels in three languages, aliases, dates and
//! sources.
//!
//! The kernel ships the national tables that every service needs (`codes/*.toml`). A service adds its own
//! with [`CodeTables::with`]. The text form:
//!
//! ```toml
//! [[table]]
//! id = "sex"
//! title = { zh = "性别", ko = "성별", en = "Sex" }
//! source = "GB/T 2261.1-2003"
//!
//! [[table.entry]]
//! code = "1"
//! zh = "男性"
//! ko = "남성"
//! en = "male"
//! aliases = ["男"]
//! valid_from = "2003-12-01"  # and valid_to, both optional, half-open
//! source = "[M]"             # optional: where the entry is not from the table's source
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::date::CivilDate;
use crate::failure::{Failure, Reason};
use crate::language::Language;
use crate::text::half_width;

/// A text of a data file in up to three languages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// Chinese.
    pub zh: String,
    /// Korean, where translated.
    pub ko: Option<String>,
    /// English, where translated.
    pub en: Option<String>,
}

impl Title {
    /// The text in `language`, or the Chinese one where there is none.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        pick(&self.zh, self.ko.as_deref(), self.en.as_deref(), language)
    }
}

fn pick<'a>(zh: &'a str, ko: Option<&'a str>, en: Option<&'a str>, language: Language) -> &'a str {
    match language {
        Language::Zh => None,
        Language::Ko => ko,
        Language::En => en,
    }
    .unwrap_or(zh)
}

/// One code of a table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeEntry {
    /// The canonical code, which columns hold. For form lists without official codes it is the Chinese text
    /// itself.
    pub code: String,
    /// The Chinese label as on the form.
    pub zh: String,
    /// The Korean label, where translated.
    pub ko: Option<String>,
    /// The English label, where translated.
    pub en: Option<String>,
    /// Other texts that stand for the code in files: short and long forms, older names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The first day on which the code is in use.
    pub valid_from: Option<CivilDate>,
    /// The first day on which the code is no longer in use.
    pub valid_to: Option<CivilDate>,
    /// Where the entry comes from, if not from the table's source; carries the marks `[M]` and `[A]`.
    pub source: Option<String>,
}

impl CodeEntry {
    /// The label in `language`, or the Chinese one where there is none.
    #[must_use]
    pub fn label(&self, language: Language) -> &str {
        pick(&self.zh, self.ko.as_deref(), self.en.as_deref(), language)
    }

    /// Whether the code is in use on the day.
    #[must_use]
    pub fn is_valid_on(&self, date: CivilDate) -> bool {
        self.valid_from.is_none_or(|from| from <= date) && self.valid_to.is_none_or(|to| date < to)
    }

    fn overlaps(&self, other: &Self) -> bool {
        let begins_before = |from: Option<CivilDate>, to: Option<CivilDate>| match (from, to) {
            (Some(from), Some(to)) => from < to,
            _ => true,
        };
        begins_before(self.valid_from, other.valid_to) && begins_before(other.valid_from, self.valid_to)
    }
}

/// A code table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "TableText")]
pub struct CodeTable {
    /// The table's id, as the contract's field options name it.
    pub id: String,
    /// The title for people.
    pub title: Title,
    /// The standard or form that the codes come from.
    pub source: String,
    /// The codes in the order of the file.
    pub entries: Vec<CodeEntry>,
    /// Cleaned texts → positions in `entries`; several only for texts that changed their code over time.
    index: BTreeMap<String, Vec<usize>>,
}

/// A table as it stands in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableText {
    id: String,
    title: Title,
    source: String,
    #[serde(rename = "entry")]
    entries: Vec<CodeEntry>,
}

impl TryFrom<TableText> for CodeTable {
    type Error = String;

    fn try_from(text: TableText) -> Result<Self, String> {
        let TableText { id, title, source, entries } = text;
        let mut index: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (position, entry) in entries.iter().enumerate() {
            if entries[..position].iter().any(|other| other.code == entry.code) {
                return Err(format!("table {id}: code {} stands twice", entry.code));
            }
            for text in texts_of(entry) {
                let positions = index.entry(clean(text)).or_default();
                if positions.contains(&position) {
                    continue;
                }
                if let Some(other) = positions.iter().find(|other| entries[**other].overlaps(entry)) {
                    return Err(format!(
                        "table {id}: {text} means both {} and {}",
                        entries[*other].code, entry.code
                    ));
                }
                positions.push(position);
            }
        }
        // Spreadsheets drop leading zeros of codes that they take for numbers.
        for (position, entry) in entries.iter().enumerate() {
            let bare = entry.code.trim_start_matches('0');
            if bare.len() < entry.code.len()
                && !bare.is_empty()
                && bare.bytes().all(|byte| byte.is_ascii_digit())
            {
                index.entry(bare.to_owned()).or_insert_with(|| vec![position]);
            }
        }
        Ok(Self { id, title, source, entries, index })
    }
}

fn texts_of(entry: &CodeEntry) -> impl Iterator<Item = &str> {
    [Some(entry.code.as_str()), Some(entry.zh.as_str()), entry.ko.as_deref(), entry.en.as_deref()]
        .into_iter()
        .flatten()
        .chain(entry.aliases.iter().map(String::as_str))
}

/// The form in which texts are compared: half-width, without blanks at the ends, ASCII letters small.
fn clean(text: &str) -> String {
    half_width(text).trim().to_ascii_lowercase()
}

impl CodeTable {
    /// The canonical code for a code, a label in any language or an alias. Where a text changed its code over
    /// time, the last one in the file.
    #[must_use]
    pub fn lookup(&self, text: &str) -> Option<&str> {
        let position = *self.index.get(&clean(text))?.last()?;
        Some(&self.entries[position].code)
    }

    /// As [`Self::lookup`], among the codes that are in use on the day.
    #[must_use]
    pub fn lookup_on(&self, text: &str, date: CivilDate) -> Option<&str> {
        let positions = self.index.get(&clean(text))?;
        let position = positions.iter().find(|position| self.entries[**position].is_valid_on(date))?;
        Some(&self.entries[*position].code)
    }

    /// The entry of a canonical code.
    #[must_use]
    pub fn entry(&self, code: &str) -> Option<&CodeEntry> {
        self.entries.iter().find(|entry| entry.code == code)
    }

    /// The label of a canonical code in `language`.
    #[must_use]
    pub fn label(&self, code: &str, language: Language) -> Option<&str> {
        self.entry(code).map(|entry| entry.label(language))
    }
}

/// All code tables that a service knows.
#[derive(Debug, Clone, Default)]
pub struct CodeTables(BTreeMap<String, Arc<CodeTable>>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    #[serde(rename = "table", default)]
    tables: Vec<CodeTable>,
}

/// The national tables: file names and contents.
const SHIPPED: [&str; 3] = [
    include_str!("../codes/sex.toml"),
    include_str!("../codes/ethnicity.toml"),
    include_str!("../codes/kinship.toml"),
];

impl CodeTables {
    /// The national tables: `sex` (GB/T 2261.1), `ethnicity` (GB/T 3304) and `kinship` (GB/T 4761).
    #[must_use]
    pub fn shipped() -> Self {
        // The files are part of the crate and its tests read each of them.
        SHIPPED.into_iter().fold(Self::default(), |tables, text| tables.clone().with(text).unwrap_or(tables))
    }

    /// Adds the tables of a data file.
    ///
    /// # Errors
    /// `CONFIGURATION_INVALID` where the file cannot be read, or a table, code or text stands twice; the
    /// internal text says which.
    pub fn with(mut self, toml_text: &str) -> Result<Self, Failure> {
        let refuse = |internal: String| {
            Failure::new(Reason::ConfigurationInvalid).with("setting", "code tables").because(internal)
        };
        let file: FileText = toml::from_str(toml_text).map_err(|error| refuse(error.to_string()))?;
        for table in file.tables {
            let id = table.id.clone();
            if self.0.insert(id.clone(), Arc::new(table)).is_some() {
                return Err(refuse(format!("table {id} stands twice")));
            }
        }
        Ok(self)
    }

    /// The table with this id.
    #[must_use]
    pub fn table(&self, id: &str) -> Option<&CodeTable> {
        self.0.get(id).map(Arc::as_ref)
    }

    /// All tables by id.
    pub fn iter(&self) -> impl Iterator<Item = &CodeTable> {
        self.0.values().map(Arc::as_ref)
    }

    /// The canonical code for a code, label or alias of a table.
    #[must_use]
    pub fn lookup(&self, table: &str, text: &str) -> Option<&str> {
        self.table(table)?.lookup(text)
    }

    /// The label of a canonical code in `language`.
    #[must_use]
    pub fn label(&self, table: &str, code: &str, language: Language) -> Option<&str> {
        self.table(table)?.label(code, language)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = r#"
        [[table]]
        id = "attribute"
        title = { zh = "贫困户属性" }
        source = "form"
        [[table.entry]]
        code = "01"
        zh = "五保户"
        aliases = ["五保"]
        valid_to = "2016-02-10"
        [[table.entry]]
        code = "02"
        zh = "特困供养贫困户"
        en = "TEKUN"
        aliases = ["五保"]
        valid_from = "2016-02-10"
    "#;

    fn reason(text: &str) -> Failure {
        CodeTables::default().with(text).unwrap_err()
    }

    #[test]
    fn every_shipped_file_is_read() {
        for text in SHIPPED {
            CodeTables::default().with(text).unwrap();
        }
        let tables = CodeTables::shipped();
        assert_eq!(tables.iter().count(), SHIPPED.len());
        for table in tables.iter() {
            for entry in &table.entries {
                assert!(entry.ko.is_some() && entry.en.is_some(), "{}: {}", table.id, entry.code);
            }
        }
    }

    #[test]
    fn national_codes_are_found_by_code_label_and_alias() {
        let tables = CodeTables::shipped();
        for text in ["10", "朝鲜族", "朝鲜", "조선족", "CS", "cs", " 朝鲜族 "] {
            assert_eq!(tables.lookup("ethnicity", text), Some("10"), "{text}");
        }
        assert_eq!(tables.lookup("ethnicity", "1"), Some("01"));
        assert_eq!(tables.lookup("sex", "女"), Some("2"));
        assert_eq!(tables.lookup("kinship", "户主"), Some("02"));
        assert_eq!(tables.lookup("kinship", "之子"), Some("20"));
        assert_eq!(tables.lookup("kinship", "没有"), None);
        assert_eq!(tables.lookup("unknown", "1"), None);
        assert_eq!(tables.label("ethnicity", "11", Language::Ko), Some("만족"));
        let national =
            tables.table("ethnicity").unwrap().entries.iter().filter(|entry| *entry.code < *"97").count();
        assert_eq!(national, 56);
    }

    #[test]
    fn a_text_may_change_its_code_over_time() {
        let tables = CodeTables::shipped().with(SAMPLE).unwrap();
        let table = tables.table("attribute").unwrap();
        assert_eq!(table.lookup("五保"), Some("02"));
        assert_eq!(table.lookup_on("五保", CivilDate::parse("2015-12-31").unwrap()), Some("01"));
        assert_eq!(table.lookup_on("五保", CivilDate::parse("2016-02-10").unwrap()), Some("02"));
        assert_eq!(table.lookup_on("五保户", CivilDate::parse("2016-02-10").unwrap()), None);
        assert_eq!(table.label("01", Language::En), Some("五保户"));
        assert_eq!(table.title.in_language(Language::Ko), "贫困户属性");
    }

    #[test]
    fn what_stands_twice_is_refused() {
        let failure = reason(&SAMPLE.replace("valid_to", "valid_from"));
        assert_eq!(failure.reason(), Reason::ConfigurationInvalid);
        assert!(failure.internal().unwrap().contains("五保"));
        assert!(reason(&SAMPLE.replace("\"02\"", "\"01\"")).internal().unwrap().contains("twice"));
        assert!(
            reason(&format!("{SAMPLE}\n{SAMPLE}"))
                .internal()
                .unwrap()
                .contains("table attribute stands twice")
        );
        assert!(reason(&SAMPLE.replace("aliases", "alias")).internal().unwrap().contains("alias"));
    }
}
