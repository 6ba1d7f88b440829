//! Which cell formats show a number as a day.

use std::collections::HashMap;

use kernel::failure::Failure;

use super::part::Package;
use super::xml::{Events, Piece, attribute};

/// Most bytes of the part, unpacked.
const MOST_BYTES: u64 = 32 << 20;

/// Cell formats by their number.
#[derive(Debug, Default)]
pub(crate) struct Styles(Vec<bool>);

impl Styles {
    /// Reads the part; without one no number is a day.
    pub(crate) fn read(package: &Package, name: &str) -> Result<Self, Failure> {
        if !package.has(name) {
            return Ok(Self::default());
        }
        let mut events = Events::of(package.part(name, MOST_BYTES)?);
        let mut own: HashMap<u32, bool> = HashMap::new();
        let mut styles = Self::default();
        let mut inside = false;
        loop {
            match events.next()? {
                Piece::Start(start) => {
                    let number = |name| attribute(&start, name).and_then(|text| text.parse().ok());
                    match start.local_name().as_ref() {
                        "numFmt" => {
                            if let (Some(id), Some(code)) =
                                (number("numFmtId"), attribute(&start, "formatCode"))
                            {
                                own.insert(id, shows_a_day(&code));
                            }
                        }
                        "cellXfs" => inside = true,
                        "xf" if inside => {
                            let id = number("numFmtId").unwrap_or_default();
                            styles.0.push(own.get(&id).copied().unwrap_or_else(|| is_built_in_day(id)));
                        }
                        _ => {}
                    }
                }
                Piece::End(name) if name.is("cellXfs") => inside = false,
                Piece::Eof => return Ok(styles),
                Piece::Text(_) | Piece::End(_) | Piece::Other => {}
            }
        }
    }

    /// Whether the format of this number shows a day.
    pub(crate) fn is_day(&self, number: usize) -> bool {
        self.0.get(number).copied().unwrap_or_default()
    }
}

/// Formats that every spreadsheet has without writing them down; 27 to 36 and 50 to 58 are the Chinese ones.
const fn is_built_in_day(id: u32) -> bool {
    matches!(id, 14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57..=58)
}

/// Whether a format of a workbook's own has a year or a day in it, outside of quotes and brackets.
fn shows_a_day(code: &str) -> bool {
    let mut letters = code.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => while letters.next().is_some_and(|inside| inside != '"') {},
            '[' => while letters.next().is_some_and(|inside| inside != ']') {},
            '\\' | '_' | '*' => {
                letters.next();
            }
            // Only the first of several sections is for positive numbers.
            ';' => return false,
            'y' | 'Y' | 'd' | 'D' | 'e' if !code.starts_with("General") && !code.contains("E+") => {
                return true;
            }
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_days_are_known_from_those_of_amounts_and_hours() {
        for code in
            ["yyyy-mm-dd", "yyyy\"年\"m\"月\"d\"日\";@", "[$-804]yyyy/m/d", "d-mmm-yy", "[DBNum1]yyyy年m月"]
        {
            assert!(shows_a_day(code), "{code}");
        }
        for code in ["0.00", "#,##0\"day\"", "h:mm:ss", "[Red]0", "General", "0.00E+00", "@", "0_d", "0;d"] {
            assert!(!shows_a_day(code), "{code}");
        }
        assert!(is_built_in_day(14) && is_built_in_day(31) && is_built_in_day(57) && !is_built_in_day(0));
        assert!(!is_built_in_day(20) && !is_built_in_day(49));
    }
}
