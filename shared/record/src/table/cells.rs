//! One cell: text as clerks write it into a value, and back.

use kernel::area::AreaCode;
use kernel::codes::CodeTables;
use kernel::date::CivilDate;
use kernel::failure::Reason;
use kernel::id_number;
use kernel::language::Language;
use kernel::mask;
use kernel::money::{Fen, Hundredths};
use kernel::text::{is_invisible, visible};

use crate::spec::{EnumWord, FormUnit, Format, Kind, Leaf, Sensitivity};
use crate::value::Value;

/// Text that clears a recorded value.
const CLEARS: [&str; 2] = ["(空)", "（空）"];
/// Most candidates shown for a word that is not in its table.
const CANDIDATES: usize = 10;

/// A cell, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Blank: nothing is said.
    Blank,
    /// `(空)`: the recorded value is to be cleared.
    Clear,
    /// A value.
    Value(Value),
}

/// Why a cell cannot be read, with words that would fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Why.
    pub reason: Reason,
    /// Words that would fit.
    pub candidates: Vec<String>,
}

fn unreadable(reason: Reason) -> Unreadable {
    Unreadable { reason, candidates: Vec::new() }
}

/// Reads a cell of a leaf in the column's unit.
pub fn parse_cell(codes: &CodeTables, leaf: &Leaf, unit: FormUnit, text: &str) -> Result<Cell, Unreadable> {
    let text = text.trim_matches(|letter: char| letter.is_whitespace() || is_invisible(letter));
    if text.is_empty() {
        return Ok(Cell::Blank);
    }
    if CLEARS.contains(&text) {
        return Ok(Cell::Clear);
    }
    let value = match leaf.kind {
        Kind::Text => text_value(codes, leaf, text)?,
        Kind::Texts => texts_value(codes, leaf, text)?,
        Kind::Date => {
            let date = CivilDate::parse_form(text).ok_or_else(|| unreadable(Reason::DateInvalid))?;
            Value::Text(date.to_string())
        }
        Kind::Integer => Value::Integer(integer(leaf, unit, text)?),
        Kind::Boolean => Value::Integer(i64::from(flag(text)?)),
        Kind::Enum => Value::Integer(i64::from(word(leaf, text)?)),
        Kind::Moment => return Ok(Cell::Blank),
    };
    Ok(Cell::Value(value))
}

/// Whether the cell holds a mask, which is compared with what is stored.
fn masked(leaf: &Leaf, text: &str) -> bool {
    leaf.sensitive != Sensitivity::Open && mask::is_masked(text)
}

fn text_value(codes: &CodeTables, leaf: &Leaf, text: &str) -> Result<Value, Unreadable> {
    if let Some(table) = leaf.codes.filter(|_| !masked(leaf, text)) {
        return code(codes, table, text).map(Value::Text);
    }
    Ok(Value::Text(match leaf.format {
        Format::IdNumber | Format::DisabilityCertificate => id_number::clean(text),
        Format::Phone | Format::Account => id_number::clean(text)
            .chars()
            .filter(|letter| !letter.is_whitespace() && *letter != '-')
            .collect(),
        Format::Area => match AreaCode::parse_form(text) {
            Some(area) => area.to_string(),
            None => return Err(unreadable(Reason::AreaUnknown)),
        },
        Format::Month => match CivilDate::parse_month(text) {
            Some(first) => first.to_string().chars().take(7).collect(),
            None => return Err(unreadable(Reason::MonthInvalid)),
        },
        // However a file ends its lines within a cell, a text has one end of them; and a name is the same whatever
        // nobody sees in it.
        Format::Plain | Format::Year | Format::FutureDate => {
            visible(text).replace("\r\n", "\n").replace('\r', "\n")
        }
    }))
}

fn texts_value(codes: &CodeTables, leaf: &Leaf, text: &str) -> Result<Value, Unreadable> {
    let text = visible(text);
    let parts = text.split(['、', '，', ',', '；', ';', '/']).map(str::trim).filter(|part| !part.is_empty());
    let mut texts = Vec::new();
    for part in parts {
        let found = match leaf.codes {
            Some(table) if !masked(leaf, part) => code(codes, table, part)?,
            Some(_) | None => part.to_owned(),
        };
        if !texts.contains(&found) {
            texts.push(found);
        }
    }
    Ok(Value::Texts(texts))
}

fn code(codes: &CodeTables, table: &str, text: &str) -> Result<String, Unreadable> {
    codes.lookup(table, text).map(str::to_owned).ok_or_else(|| Unreadable {
        reason: Reason::CodeUnknown,
        candidates: codes
            .table(table)
            .map(|table| table.entries.iter().take(CANDIDATES).map(|entry| entry.zh.clone()).collect())
            .unwrap_or_default(),
    })
}

fn integer(leaf: &Leaf, unit: FormUnit, text: &str) -> Result<i64, Unreadable> {
    match unit {
        FormUnit::Yuan => Fen::parse_yuan(text).map(Fen::fen).map_err(|problem| unreadable(problem.reason())),
        FormUnit::WanYuan => {
            Fen::parse_wan_yuan(text).map(Fen::fen).map_err(|problem| unreadable(problem.reason()))
        }
        FormUnit::Hundredths => {
            Hundredths::parse(text).map(|number| number.0).map_err(|problem| unreadable(problem.reason()))
        }
        FormUnit::Same => {
            let plain = id_number::clean(text).replace([',', '，'], "");
            let plain = plain.strip_suffix('年').filter(|_| leaf.format == Format::Year).unwrap_or(&plain);
            plain.parse().map_err(|_| unreadable(Reason::IntegerInvalid))
        }
    }
}

fn flag(text: &str) -> Result<bool, Unreadable> {
    match text {
        "是" | "有" | "√" | "1" | "Y" | "y" | "true" | "TRUE" => Ok(true),
        "否" | "无" | "×" | "0" | "N" | "n" | "false" | "FALSE" => Ok(false),
        _ => Err(Unreadable {
            reason: Reason::BooleanInvalid,
            candidates: vec!["是".to_owned(), "否".to_owned()],
        }),
    }
}

fn word(leaf: &Leaf, text: &str) -> Result<i32, Unreadable> {
    let plain = half_width_brackets(text);
    let means = |word: &&EnumWord| {
        let labels = [word.label.zh, word.label.ko, word.label.en, word.name];
        word.number != 0
            && (labels.iter().any(|label| !label.is_empty() && half_width_brackets(label) == plain)
                || word.aliases.iter().any(|alias| half_width_brackets(alias) == plain))
    };
    leaf.words.iter().find(means).map(|word| word.number).ok_or_else(|| Unreadable {
        reason: Reason::CodeUnknown,
        candidates: leaf
            .words
            .iter()
            .filter(|word| word.number != 0)
            .take(CANDIDATES)
            .map(|word| word.label.zh.to_owned())
            .collect(),
    })
}

fn half_width_brackets(text: &str) -> String {
    text.replace('（', "(").replace('）', ")").replace('·', "")
}

/// Writes a value as the form shows it.
pub fn format_cell(
    codes: &CodeTables,
    leaf: &Leaf,
    unit: FormUnit,
    value: &Value,
    language: Language,
) -> String {
    match value {
        Value::Null => String::new(),
        Value::Text(text) => label(codes, leaf, text, language),
        Value::Texts(texts) => {
            let labels: Vec<String> = texts.iter().map(|text| label(codes, leaf, text, language)).collect();
            labels.join("、")
        }
        Value::Integer(number) => match (leaf.kind, unit) {
            (Kind::Boolean, _) => if *number == 1 { "是" } else { "否" }.to_owned(),
            (Kind::Enum, _) => i32::try_from(*number)
                .ok()
                .and_then(|number| leaf.word(number))
                .map(|word| word.label.in_language(language).to_owned())
                .unwrap_or_default(),
            (_, FormUnit::Yuan) => Fen(*number).to_string(),
            (_, FormUnit::WanYuan) => Fen(*number).to_wan_yuan(),
            (_, FormUnit::Hundredths) => Hundredths(*number).to_string(),
            (_, FormUnit::Same) => number.to_string(),
        },
    }
}

fn label(codes: &CodeTables, leaf: &Leaf, text: &str, language: Language) -> String {
    match leaf.codes {
        Some(table) => codes.label(table, text, language).unwrap_or(text).to_owned(),
        None => text.to_owned(),
    }
}
