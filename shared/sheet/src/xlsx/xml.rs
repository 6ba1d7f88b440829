//! A part as a stream of XML events.

use std::borrow::Cow;

use kernel::failure::{Failure, Reason, Violation};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::part::Part;
use crate::problem::one;

/// Most characters of a cell, as in spreadsheets.
pub(crate) const MOST_CELL: usize = 32_767;

/// Events of a part.
pub(crate) struct Events {
    reader: Reader<Part>,
    buffer: Vec<u8>,
    /// How many elements are open.
    depth: usize,
}

/// One event, as far as workbooks need it.
#[derive(Debug)]
pub(crate) enum Piece<'e> {
    /// An element begins; an empty one ends with the next piece.
    Start(BytesStart<'e>),
    /// An element ends.
    End(Name<'e>),
    /// Text, or a part of it.
    Text(Cow<'e, str>),
    /// What workbooks say nothing with.
    Other,
    /// The part ends.
    Eof,
}

/// Name of an element without its namespace.
#[derive(Debug)]
pub(crate) struct Name<'e>(quick_xml::events::BytesEnd<'e>);

impl Name<'_> {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.0.local_name().as_ref() == name
    }
}

impl Events {
    pub(crate) fn of(part: Part) -> Self {
        let mut reader = Reader::from_reader(part);
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), depth: 0 }
    }

    /// The next piece.
    pub(crate) fn next(&mut self) -> Result<Piece<'_>, Failure> {
        self.buffer.clear();
        self.reader.get_mut().next_event();
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(error) => return Err(failure(self.reader.get_ref(), &error)),
        };
        let broken = |why: &str| self.reader.get_ref().failure(why);
        Ok(match event {
            Event::Start(start) | Event::Empty(start) => {
                self.depth += 1;
                Piece::Start(start)
            }
            Event::End(end) => {
                self.depth = self.depth.saturating_sub(1);
                Piece::End(Name(end))
            }
            Event::Text(text) => Piece::Text(match text.xml10_content() {
                Cow::Borrowed(text) => Cow::Owned(text.to_owned()),
                Cow::Owned(text) => Cow::Owned(text),
            }),
            Event::CData(text) => Piece::Text(text.into_inner()),
            Event::GeneralRef(name) => {
                let letter = name.resolve_char_ref().ok().flatten().or(match name.as_ref() {
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "amp" => Some('&'),
                    "quot" => Some('"'),
                    "apos" => Some('\''),
                    _ => None,
                });
                let letter = letter.ok_or_else(|| broken("an entity of its own"))?;
                Piece::Text(Cow::Owned(letter.to_string()))
            }
            // Entities of its own are how a small file becomes a large one.
            Event::DocType(_) => return Err(broken("a document type")),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => Piece::Other,
            Event::Eof if self.depth > 0 => return Err(broken("the part ends early")),
            Event::Eof => Piece::Eof,
        })
    }
}

fn failure(part: &Part, error: &quick_xml::Error) -> Failure {
    if part.too_long() {
        return one(Violation::new(part.name(), Reason::CellTooLarge).with("limit", MOST_CELL));
    }
    part.failure(error)
}

/// The value of an attribute, by its local name.
pub(crate) fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = start.attributes();
    let found =
        attributes.with_checks(false).flatten().find(|found| found.key.local_name().as_ref() == name)?;
    found.normalized_value(XmlVersion::Implicit1_0).ok().map(Cow::into_owned)
}

/// Whether an attribute says yes.
pub(crate) fn flag(start: &BytesStart<'_>, name: &str) -> bool {
    attribute(start, name).is_some_and(|value| value == "1" || value == "true")
}
