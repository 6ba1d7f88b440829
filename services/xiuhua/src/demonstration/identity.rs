//! Numbers that look right and belong to nobody.
//!
//! * ID numbers: the area prefix is `2299` and the last two digits of the county's code. GB/T 2260 has no `2299` [M]:
//!   the prefectures of Jilin are 2201 to 2208 and 2224. Birth date, sex and check character are valid.
//! * Telephone numbers begin with 142, a range that no operator has [M].
//! * Bank accounts begin with 9999, which no bank's card has [M]; their last digit is a valid Luhn digit.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use kernel::date::CivilDate;
use kernel::id_number::IdNumber;

use super::dice::Dice;

/// First four digits of every ID number of the demonstration.
pub(super) const AREA_PREFIX: &str = "2299";

/// Who gets an ID number. Each kind has its own range of sequence numbers, so that sheets that are generated apart
/// never give the same number to two people.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Registered,
    RenovationOutsider,
    ReliefOutsider,
    Newborn,
}

impl Kind {
    const fn sequences(self) -> RangeInclusive<u32> {
        match self {
            Self::Registered => 2..=699,
            Self::RenovationOutsider => 700..=799,
            Self::ReliefOutsider => 800..=899,
            Self::Newborn => 900..=998,
        }
    }
}

/// Issues the ID numbers of one county and one kind of people, each once.
pub(super) struct Identities {
    prefix: String,
    sequences: RangeInclusive<u32>,
    used: HashSet<(CivilDate, u32)>,
}

impl Identities {
    /// For people of `kind` in the county with this code of six digits.
    pub(super) fn new(county: &str, kind: Kind) -> Self {
        let prefix = format!("{AREA_PREFIX}{}", county.get(4..6).unwrap_or("00"));
        Self { prefix, sequences: kind.sequences(), used: HashSet::new() }
    }

    /// A new number. A county has a handful of people born on one day, so a free sequence number is found at once.
    pub(super) fn issue(&mut self, dice: &mut Dice, birth: CivilDate, male: bool) -> String {
        let (low, high) = (*self.sequences.start(), *self.sequences.end());
        loop {
            let drawn = low + dice.below((high - low + 1) as usize) as u32;
            // The sequence is odd for men, even for women.
            let sequence = drawn & !1 | u32::from(male);
            if self.used.insert((birth, sequence)) {
                let (year, month, day) = (birth.year(), birth.month(), birth.day());
                let digits = format!("{}{year:04}{month:02}{day:02}{sequence:03}", self.prefix);
                return IdNumber::from_first_seventeen(&digits)
                    .map(|number| number.as_str().to_owned())
                    .unwrap_or_default();
            }
        }
    }
}

/// A telephone number.
pub(super) fn phone(dice: &mut Dice) -> String {
    format!("142{:08}", dice.below(100_000_000))
}

/// A bank account of 19 digits.
pub(super) fn account(dice: &mut Dice) -> String {
    let digits = format!("9999{:014}", dice.below(100_000_000_000_000));
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(position, digit)| luhn(position, u32::from(digit - b'0')))
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// What a digit adds to the Luhn sum, counted from the right before the check digit.
const fn luhn(position: usize, digit: u32) -> u32 {
    let doubled = if position.is_multiple_of(2) { digit * 2 } else { digit };
    if doubled > 9 { doubled - 9 } else { doubled }
}
