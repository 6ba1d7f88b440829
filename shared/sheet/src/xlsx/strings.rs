//! The texts that cells of a workbook share: the only part that is kept whole, and therefore capped.

use kernel::failure::Failure;

use super::part::Package;
use super::xml::{Events, MOST_CELL, Piece};

/// Most bytes of the part, unpacked. What is kept of it is less.
const MOST_BYTES: u64 = 96 << 20;

/// Shared texts by their number.
#[derive(Debug, Default)]
pub(crate) struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    /// Reads the part; without one there are no shared texts.
    pub(crate) fn read(package: &Package, name: &str) -> Result<Self, Failure> {
        if !package.has(name) {
            return Ok(Self::default());
        }
        let mut events = Events::of(package.part(name, MOST_BYTES)?);
        // Reserved at once: doubled as it grows, it would take twice the memory. Pages are taken as they are filled.
        let reserved = usize::try_from(package.declared_size(name).min(MOST_BYTES)).unwrap_or_default();
        let mut strings = Self { text: String::with_capacity(reserved), ends: Vec::new() };
        let mut inside = false;
        // Readings of Japanese and Chinese names stand beside the text, and are not part of it.
        let mut phonetic = false;
        let mut letters = 0;
        loop {
            match events.next()? {
                Piece::Start(start) => match start.local_name().as_ref() {
                    "t" => inside = !phonetic,
                    "rPh" => phonetic = true,
                    _ => {}
                },
                Piece::Text(text) if inside => {
                    // One letter more than a cell may have is enough to refuse the cell.
                    let room = (MOST_CELL + 1).saturating_sub(letters);
                    let taken = text.char_indices().nth(room).map_or(text.len(), |(at, _)| at);
                    letters += text[..taken].chars().count();
                    strings.text.push_str(&text[..taken]);
                }
                Piece::End(name) if name.is("t") => inside = false,
                Piece::End(name) if name.is("rPh") => phonetic = false,
                Piece::End(name) if name.is("si") => {
                    letters = 0;
                    strings.ends.push(u32::try_from(strings.text.len()).unwrap_or(u32::MAX));
                }
                Piece::Eof => return Ok(strings),
                Piece::Text(_) | Piece::End(_) | Piece::Other => {}
            }
        }
    }

    /// The text of this number.
    pub(crate) fn get(&self, number: usize) -> Option<&str> {
        let end = *self.ends.get(number)? as usize;
        let start = if number == 0 { 0 } else { self.ends[number - 1] as usize };
        self.text.get(start..end)
    }
}

/// A text without the escapes that workbooks put characters into which XML has not (`_x000D_`).
pub(crate) fn unescaped(text: &str) -> String {
    if !text.contains("_x") {
        return text.to_owned();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        plain.push_str(&rest[..at]);
        let escape = rest.get(at..at + 7).filter(|escape| escape.ends_with('_'));
        let letter =
            escape.and_then(|escape| u32::from_str_radix(&escape[2..6], 16).ok()).and_then(char::from_u32);
        match letter {
            Some(letter) => {
                plain.push(letter);
                rest = &rest[at + 7..];
            }
            None => {
                plain.push_str("_x");
                rest = &rest[at + 2..];
            }
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_once() {
        for (text, plain) in [
            ("金哲", "金哲"),
            ("一_x000D_二", "一\r二"),
            ("_x005F_x000D_", "_x000D_"),
            ("a_xyz_b_x00", "a_xyz_b_x00"),
            ("_x金哲金哲_", "_x金哲金哲_"),
        ] {
            assert_eq!(unescaped(text), plain);
        }
    }
}
