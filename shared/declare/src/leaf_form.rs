//! What `(form)` says of one leaf, checked against its type.

use crate::contract::{FormUnit, Format, Kind, Last, Leaf, Sensitivity};
use crate::leaves::Above;
use crate::options::Form;
use crate::problem::{Place, Problems};

/// The leaf with everything that its form declares; path, column, words and access are the caller's.
pub(crate) fn leaf_form(
    form: &Form,
    above: &Above,
    place: Place,
    wire: Kind,
    problems: &mut Problems,
) -> Leaf {
    fits(form, &place, wire, problems);
    let (kind, format) = match (form.kind, wire) {
        (1, Kind::Text) => (Kind::Date, Format::Plain),
        (8, Kind::Text) => (Kind::Date, Format::FutureDate),
        (2, _) => (wire, Format::IdNumber),
        (3, _) => (wire, Format::DisabilityCertificate),
        (4, _) => (wire, Format::Phone),
        (5, _) => (wire, Format::Account),
        (6, _) => (wire, Format::Area),
        (7, _) => (wire, Format::Year),
        (9, _) => (wire, Format::Month),
        _ => (wire, Format::Plain),
    };
    let title = (!form.title.zh.is_empty()).then(|| form.title.clone());
    if title.is_none() && form.column != 0 {
        problems.at(place.clone(), "a position on the form and no title");
    }
    Leaf {
        path: String::new(),
        column: String::new(),
        kind,
        format,
        title,
        position: position(form.column, &place, problems),
        required: form.required,
        output_only: above.output_only || form.output_only,
        immutable: above.immutable || form.immutable,
        sensitive: match form.sensitive {
            1 => Sensitivity::Encrypted,
            2 => Sensitivity::Masked,
            _ => Sensitivity::Open,
        },
        codes: form.codes.clone(),
        unit: form_unit(form.unit),
        reference: form.reference.clone(),
        negative: form.negative,
        unprinted: form.unprinted,
        words: None,
        presence: false,
        steps: Vec::new(),
        last: Last::Field { field: String::new() },
        place,
    }
}

fn fits(form: &Form, place: &Place, wire: Kind, problems: &mut Problems) {
    let text = wire == Kind::Text;
    let texts = text || wire == Kind::Texts;
    let kind_fits = match form.kind {
        0 => true,
        7 => text || wire == Kind::Integer,
        6 => texts,
        _ => text,
    };
    let dated = matches!(form.kind, 1 | 8);
    let wrong = [
        (!kind_fits, "this kind does not fit the field's type"),
        (form.unit != 0 && wire != Kind::Integer, "a unit on what is no number"),
        (!form.codes.is_empty() && (!texts || dated), "a code table on what is no text"),
        (!form.reference.is_empty() && (!texts || dated), "a reference in what is no text"),
        (form.sensitive == 1 && (!text || dated), "only a text can be encrypted"),
        (form.sensitive == 2 && !texts, "only texts can be masked"),
        (form.negative && wire != Kind::Integer, "`negative` on what is no number"),
        (
            form.rows || form.first || form.pivot.is_some(),
            "`rows`, `first` and `pivot` are for repeated messages",
        ),
        (!form.rename.is_empty(), "`rename` is for fields that carry a message"),
        (form.unprinted && form.column != 0, "what is not printed has no position on the form"),
        (form.output_only && form.required, "what only the service sets cannot be required of the caller"),
    ];
    for (_, text) in wrong.into_iter().filter(|(wrong, _)| *wrong) {
        problems.at(place.clone(), text);
    }
}

/// `FormUnit` by number.
pub(crate) fn form_unit(number: i32) -> FormUnit {
    match number {
        1 => FormUnit::Yuan,
        2 => FormUnit::WanYuan,
        3 => FormUnit::Hundredths,
        _ => FormUnit::Same,
    }
}

/// A position on a form; 0 where none is declared.
pub(crate) fn position(column: i32, place: &Place, problems: &mut Problems) -> u16 {
    u16::try_from(column).unwrap_or_else(|_| {
        problems.at(place.clone(), format!("{column} is no position on a form"));
        0
    })
}
