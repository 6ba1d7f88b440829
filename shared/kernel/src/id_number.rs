//! Citizen identity numbers (GB 11643-1999) and the disability certificate numbers that are built on them.

use std::fmt;

use thiserror::Error;

use crate::date::CivilDate;
use crate::failure::Reason;
use crate::mask;
use crate::text::compact;

/// Weights of the first 17 digits (GB 11643, ISO 7064 MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// Check characters by the weighted sum modulo 11.
const CHECKS: &[u8; 11] = b"10X98765432";

/// Why a text is no ID number. None of the messages repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum IdProblem {
    /// Not 18 characters.
    #[error("not 18 characters")]
    Length,
    /// Something else than 17 digits and a digit or X.
    #[error("not 17 digits and a digit or X")]
    Characters,
    /// The digits 7–14 are no day of the calendar since 1800.
    #[error("no date in digits 7 to 14")]
    Date,
    /// The last character is not the one that the others ask for.
    #[error("check character does not fit")]
    Checksum,
}

impl IdProblem {
    /// The documented reason of this problem.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::Length => Reason::IdNumberLength,
            Self::Characters => Reason::IdNumberCharacters,
            Self::Date => Reason::IdNumberDate,
            Self::Checksum => Reason::IdNumberChecksum,
        }
    }
}

/// A well-formed ID number of 18 characters. Its area prefix is where the person was first registered, so it
/// says nothing of where the person lives. `Debug` shows the mask only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdNumber {
    text: String,
    birth: CivilDate,
}

impl IdNumber {
    /// Checks a cleaned number ([`clean`]) of exactly 18 characters.
    ///
    /// # Errors
    /// The first of length, characters, date and checksum that does not hold.
    pub fn parse(text: &str) -> Result<Self, IdProblem> {
        if text.chars().count() != 18 {
            return Err(IdProblem::Length);
        }
        let bytes = text.as_bytes();
        if bytes.len() != 18 || !bytes[..17].iter().all(u8::is_ascii_digit) {
            return Err(IdProblem::Characters);
        }
        if !(bytes[17].is_ascii_digit() || bytes[17] == b'X') {
            return Err(IdProblem::Characters);
        }
        let number = |from: usize, to: usize| {
            bytes[from..to].iter().fold(0u32, |value, digit| value * 10 + u32::from(digit - b'0'))
        };
        let birth = i32::try_from(number(6, 10))
            .ok()
            .filter(|year| *year >= 1800)
            .and_then(|year| CivilDate::new(year, number(10, 12), number(12, 14)))
            .ok_or(IdProblem::Date)?;
        if bytes[17] != check_character(&bytes[..17]) {
            return Err(IdProblem::Checksum);
        }
        Ok(Self { text: text.to_owned(), birth })
    }

    /// The number with its check character added to 17 digits; `None` where they are no 17 digits with a
    /// date. For generated data.
    #[must_use]
    pub fn from_first_seventeen(digits: &str) -> Option<Self> {
        if digits.len() != 17 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Self::parse(&format!("{digits}{}", char::from(check_character(digits.as_bytes())))).ok()
    }

    /// The whole number. Personal data: never for logs or errors.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The day of birth that the number states.
    #[must_use]
    pub const fn birth_date(&self) -> CivilDate {
        self.birth
    }

    /// Whether the number states a man (odd sequence) rather than a woman.
    #[must_use]
    pub fn is_male(&self) -> bool {
        self.text.as_bytes()[16] % 2 == 1
    }

    /// The code of GB/T 2261.1 that the number states: `1` male, `2` female.
    #[must_use]
    pub fn sex_code(&self) -> &'static str {
        if self.is_male() { "1" } else { "2" }
    }

    /// The mask that answers carry: `35*************123`.
    #[must_use]
    pub fn masked(&self) -> String {
        mask::id_number(&self.text)
    }
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "IdNumber({})", self.masked())
    }
}

/// The check character for 17 ASCII digits.
fn check_character(digits: &[u8]) -> u8 {
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    CHECKS[(sum % 11) as usize]
}

/// Removes what spreadsheets and hands put around a number: blanks and tabs anywhere, a leading apostrophe or
/// `G` (national student numbers), full-width characters, a small `x`. A masked or wrong number stays what it
/// is.
#[must_use]
pub fn clean(text: &str) -> String {
    let text = compact(text);
    let text = text.trim_start_matches(['\'', '\u{2018}', '\u{2019}', '`']).to_ascii_uppercase();
    match text.strip_prefix('G') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest.to_owned(),
        _ => text,
    }
}

/// Reads a disability certificate number: an ID number, the class (1–7), the grade (1–4) and, on a reissue,
/// two more characters, 20 or 22 in all. Gives the ID number and the whole certificate number, cleaned.
#[must_use]
pub fn split_disability(text: &str) -> Option<(IdNumber, String)> {
    let text = clean(text);
    if !text.is_ascii() || !matches!(text.len(), 20 | 22) {
        return None;
    }
    let rest = &text.as_bytes()[18..];
    let suffix = rest[2..].iter().all(u8::is_ascii_alphanumeric);
    if !(b'1'..=b'7').contains(&rest[0]) || !(b'1'..=b'4').contains(&rest[1]) || !suffix {
        return None;
    }
    let id_number = IdNumber::parse(&text[..18]).ok()?;
    Some((id_number, text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VECTOR: &str = "11010519491231002X";

    #[test]
    fn the_vector_of_the_standard_holds() {
        let number = IdNumber::parse(VECTOR).unwrap();
        assert_eq!(number.birth_date().to_string(), "1949-12-31");
        assert!(!number.is_male());
        assert_eq!(number.sex_code(), "2");
        assert_eq!(number.masked(), "11*************02X");
        assert_eq!(format!("{number:?}"), "IdNumber(11*************02X)");
        assert_eq!(IdNumber::from_first_seventeen(&VECTOR[..17]), Some(number));
    }

    #[test]
    fn each_problem_is_told_apart() {
        assert_eq!(IdNumber::parse(""), Err(IdProblem::Length));
        assert_eq!(IdNumber::parse("110105491231002"), Err(IdProblem::Length));
        assert_eq!(IdNumber::parse("1101051949123100２X"), Err(IdProblem::Characters));
        assert_eq!(IdNumber::parse("11*************02X"), Err(IdProblem::Characters));
        assert_eq!(IdNumber::parse("11010519491331002X"), Err(IdProblem::Date));
        assert_eq!(IdNumber::parse("11010501491231002X"), Err(IdProblem::Date));
        assert_eq!(IdNumber::parse("110105194912310021"), Err(IdProblem::Checksum));
    }

    #[test]
    fn cells_are_cleaned() {
        for text in [
            "G11010519491231002x",
            "\t11010519491231002X ",
            "'11010519491231002X",
            "１１０１０５１９４９１２３１００２Ｘ",
            "110105 19491231 002x",
        ] {
            assert_eq!(clean(text), VECTOR, "{text}");
        }
        assert_eq!(clean("11*************02x"), "11*************02X");
    }

    #[test]
    fn disability_certificates_carry_the_number() {
        let (number, certificate) = split_disability("11010519491231002x43").unwrap();
        assert_eq!((number.as_str(), certificate.as_str()), (VECTOR, "11010519491231002X43"));
        let (_, certificate) = split_disability("G11010519491231002X43B1").unwrap();
        assert_eq!(certificate, "11010519491231002X43B1");
        for text in [
            VECTOR,
            "11010519491231002X83",
            "11010519491231002X45",
            "11010519491231002X4",
            "11010519491231002143",
        ] {
            assert_eq!(split_disability(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_changed_digit_is_found(area in 110_000u32..660_000, days in 0i32..40_000, sequence in 0u32..1000,
                                        position in 0usize..17, change in 1u8..10) {
            let birth = CivilDate::start_of_year(1900).add_days(days);
            let digits = format!("{area}{:04}{:02}{:02}{sequence:03}", birth.year(), birth.month(), birth.day());
            let number = IdNumber::from_first_seventeen(&digits).unwrap();
            prop_assert_eq!(number.birth_date(), birth);
            prop_assert_eq!(number.is_male(), sequence % 2 == 1);
            prop_assert_eq!(&IdNumber::parse(&clean(&format!(" g{} ", number.as_str().to_lowercase()))), &Ok(number.clone()));
            prop_assert!(mask::is_masked(&number.masked()));
            let mut wrong = number.as_str().as_bytes().to_vec();
            wrong[position] = b'0' + (wrong[position] - b'0' + change) % 10;
            prop_assert!(IdNumber::parse(std::str::from_utf8(&wrong).unwrap()).is_err());
        }

        #[test]
        fn no_text_breaks_the_reader(text in "\\PC{0,24}") {
            let _ = (IdNumber::parse(&clean(&text)), split_disability(&text));
        }
    }
}
