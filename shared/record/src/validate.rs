//! What the declaration alone says of a record's fields: presence, form, codes, protection.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use kernel::area::AreaCode;
use kernel::codes::CodeTables;
use kernel::date::CivilDate;
use kernel::failure::{Reason, Violations};
use kernel::id_number::{self, IdNumber};
use kernel::mask;
use kernel::text::is_plain;
use proto::common::Source;

use crate::masks::WHOLE;
use crate::resource::AnyRecord;
use crate::spec::{Child, Format, Kind, Leaf, Sensitivity};
use crate::value::Value;

/// Longest text a field may hold, in characters.
pub(crate) const TEXT_LIMIT: usize = 2_000;
/// Most elements a repeated field may hold.
const ELEMENT_LIMIT: usize = 5_000;

/// What validation needs to know.
pub struct Validation<'v> {
    /// Code tables.
    pub codes: &'v CodeTables,
    /// Today, ISO.
    pub today: &'v str,
    /// Prefix of field paths.
    pub prefix: &'v str,
}

/// Where a leaf stands. Written out only where something is wrong: a prefecture has millions of leaves.
#[derive(Clone, Copy)]
struct Place<'p> {
    prefix: &'p str,
    /// Path of the child, and the element.
    element: Option<(&'p str, usize)>,
    path: &'p str,
}

impl From<Place<'_>> for String {
    fn from(Place { prefix, element, path }: Place<'_>) -> Self {
        match element {
            Some((child, element)) => format!("{prefix}{child}[{element}].{path}"),
            None => format!("{prefix}{path}"),
        }
    }
}

impl Validation<'_> {
    /// Checks every leaf and every element that is new or differs from `old`, and the presence of all that are required.
    pub fn record(&self, record: &dyn AnyRecord, old: Option<&dyn AnyRecord>, violations: &mut Violations) {
        let spec = record.spec();
        self.source(record, old, violations);
        for (index, leaf) in spec.leaves.iter().enumerate() {
            let value = record.get(index);
            if let Some(old) = old {
                let before = old.get(index);
                if before == value {
                    continue;
                }
                if leaf.immutable && !before.is_null() {
                    violations.push(self.place(leaf.path), Reason::FieldImmutable);
                    continue;
                }
            }
            self.leaf(leaf, &value, self.place(leaf.path), violations);
        }
        for (index, child) in spec.children.iter().enumerate() {
            let count = record.child_count(index);
            if count > ELEMENT_LIMIT {
                violations.push(self.place(child.path), Reason::ItemsTooMany).add("limit", ELEMENT_LIMIT);
                continue;
            }
            self.elements(record, old, index, violations);
        }
    }

    /// Checks the elements that `old` does not have: what stands is not refused for a rule that came after it.
    fn elements(
        &self,
        record: &dyn AnyRecord,
        old: Option<&dyn AnyRecord>,
        index: usize,
        violations: &mut Violations,
    ) {
        let child = &record.spec().children[index];
        let stand = old.map(|old| standing_elements(old, index)).unwrap_or_default();
        for element in 0..record.child_count(index) {
            let values = element_of(record, child, index, element);
            if stand.contains(&values) {
                continue;
            }
            for (leaf, value) in child.leaves.iter().zip(&values) {
                let place = Place { element: Some((child.path, element)), ..self.place(leaf.path) };
                self.leaf(leaf, value, place, violations);
            }
        }
    }

    /// What a caller says of where the words come from.
    fn source(&self, record: &dyn AnyRecord, old: Option<&dyn AnyRecord>, violations: &mut Violations) {
        let Some(stated) = source_of(record) else { return };
        let stands = old.and_then(source_of).map(texts_of);
        for (position, (field, text)) in texts_of(stated).into_iter().enumerate() {
            let stood = stands.is_some_and(|texts| texts[position].1 == text);
            if !stood && !is_plain(text, false) {
                violations.push(self.place(&format!("meta.source.{field}")), Reason::TextInvalid);
            }
        }
    }

    fn place<'p>(&'p self, path: &'p str) -> Place<'p> {
        Place { prefix: self.prefix, element: None, path }
    }

    /// Checks one value.
    fn leaf(&self, leaf: &Leaf, value: &Value, place: Place<'_>, violations: &mut Violations) {
        match value {
            Value::Null => {
                if leaf.required {
                    violations.push(place, Reason::FieldRequired);
                }
            }
            Value::Integer(number) => self.number(leaf, *number, place, violations),
            Value::Text(text) => self.text(leaf, text, place, violations),
            Value::Texts(texts) => {
                for text in texts {
                    self.text(leaf, text, place, violations);
                }
            }
        }
    }

    fn number(&self, leaf: &Leaf, number: i64, place: Place<'_>, violations: &mut Violations) {
        if leaf.kind == Kind::Enum {
            if leaf.word(i32::try_from(number).unwrap_or(-1)).is_none() {
                violations.push(place, Reason::CodeUnknown).add("code", number).add("table", leaf.column);
            }
        } else if leaf.kind == Kind::Integer && number < 0 && !leaf.negative {
            violations.push(place, Reason::NumberNegative);
        } else if leaf.format == Format::Year && !(1900..=2100).contains(&number) {
            violations.push(place, Reason::YearInvalid);
        }
    }

    fn text(&self, leaf: &Leaf, text: &str, place: Place<'_>, violations: &mut Violations) {
        if text.chars().count() > TEXT_LIMIT {
            violations.push(place, Reason::TextTooLong).add("limit", TEXT_LIMIT);
            return;
        }
        if text == WHOLE || (leaf.sensitive != Sensitivity::Open && mask::is_masked(text)) {
            violations.push(place, Reason::ValueMasked);
            return;
        }
        if leaf.kind == Kind::Date {
            self.date(leaf, text, place, violations);
            return;
        }
        if let Some(table) = leaf.codes {
            if self.codes.lookup(table, text).is_none_or(|code| code != text) {
                violations.push(place, Reason::CodeUnknown).add("code", text).add("table", table);
            }
            return;
        }
        match leaf.format {
            Format::IdNumber => {
                if let Err(problem) = IdNumber::parse(text) {
                    violations.push(place, problem.reason());
                }
            }
            Format::DisabilityCertificate => {
                if id_number::split_disability(text).is_none() {
                    violations.push(place, Reason::DisabilityCertificateInvalid);
                }
            }
            Format::Area => {
                if AreaCode::parse(text).is_none() {
                    violations.push(place, Reason::AreaUnknown).add("area", text);
                }
            }
            Format::Month => {
                let whole = CivilDate::parse(&format!("{text}-01"));
                if whole.is_none() {
                    violations.push(place, Reason::MonthInvalid);
                }
            }
            Format::Plain | Format::Phone | Format::Account | Format::Year | Format::FutureDate => {
                if !is_plain(text, has_several_lines(leaf)) {
                    violations.push(place, Reason::TextInvalid);
                }
            }
        }
    }

    fn date(&self, leaf: &Leaf, text: &str, place: Place<'_>, violations: &mut Violations) {
        match CivilDate::parse(text) {
            None => {
                violations.push(place, Reason::DateInvalid);
            }
            Some(_) if leaf.format != Format::FutureDate && text > self.today => {
                violations.push(place, Reason::DateInFuture);
            }
            Some(_) => {}
        }
    }
}

fn source_of(record: &dyn AnyRecord) -> Option<&Source> {
    record.meta().and_then(|meta| meta.source.as_ref())
}

fn texts_of(source: &Source) -> [(&'static str, &str); 4] {
    [
        ("form", &source.form),
        ("file_digest", &source.file_digest),
        ("system", &source.system),
        ("document_no", &source.document_no),
    ]
}

fn element_of(record: &dyn AnyRecord, child: &Child, index: usize, element: usize) -> Vec<Value> {
    (0..child.leaves.len()).map(|leaf| record.child_get(index, element, leaf)).collect()
}

/// The elements of a child, each also without its identity: a caller need not repeat that.
fn standing_elements(record: &dyn AnyRecord, index: usize) -> HashSet<Vec<Value>> {
    let child = &record.spec().children[index];
    let mut all = HashSet::new();
    for element in 0..record.child_count(index) {
        let values = element_of(record, child, index, element);
        if let Some(identity) = child.element_id {
            let mut nameless = values.clone();
            nameless[identity] = Value::Null;
            all.insert(nameless);
        }
        all.insert(values);
    }
    all
}

/// Whether a text may have several lines: what somebody or something is called, and its number, stand on one.
fn has_several_lines(leaf: &Leaf) -> bool {
    let field = leaf.path.rsplit('.').next().unwrap_or(leaf.path);
    let on_one_line = field.split('_').any(|word| ["name", "title", "no"].contains(&word));
    leaf.format == Format::Plain && !on_one_line
}
