//! Masks of personal values, in the form in which notices publish them: ID `35*************123`, phone
//! `138****1234`.
//!
//! A mask has as many characters as the value, so that a masked value which comes back can be compared with
//! the mask of the stored one. Masking is done here only; what counts as personal is declared in the
//! contract.

/// How a personal value is masked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mask {
    /// First 2 and last 3 characters stay: ID numbers and disability certificate numbers.
    IdNumber,
    /// First 3 and last 4 stay: telephone numbers.
    Phone,
    /// Last 4 stay: bank accounts.
    Account,
    /// The first character stays: names.
    Name,
    /// Nothing stays, not even the length: illnesses and data of children.
    Whole,
}

impl Mask {
    /// The masked value; an empty value stays empty.
    #[must_use]
    pub fn apply(self, value: &str) -> String {
        match self {
            Self::IdNumber => id_number(value),
            Self::Phone => phone(value),
            Self::Account => account(value),
            Self::Name => name(value),
            Self::Whole => whole(value),
        }
    }
}

/// Keeps the first `head` and last `tail` characters, stars for the others. A value that is not longer than
/// what would be kept becomes all stars.
fn keep(value: &str, head: usize, tail: usize) -> String {
    let length = value.chars().count();
    if length <= head + tail {
        return "*".repeat(length);
    }
    let kept = |index: usize| index < head || index >= length - tail;
    value.chars().enumerate().map(|(index, character)| if kept(index) { character } else { '*' }).collect()
}

/// First 2 and last 3 characters: `35*************123`.
#[must_use]
pub fn id_number(value: &str) -> String {
    keep(value, 2, 3)
}

/// First 3 and last 4 characters: `138****1234`.
#[must_use]
pub fn phone(value: &str) -> String {
    keep(value, 3, 4)
}

/// Last 4 characters: `***************1234`.
#[must_use]
pub fn account(value: &str) -> String {
    keep(value, 0, 4)
}

/// First character: `金**`.
#[must_use]
pub fn name(value: &str) -> String {
    keep(value, 1, 0)
}

/// Always `***`, so that not even the length shows; an empty value stays empty.
#[must_use]
pub fn whole(value: &str) -> String {
    if value.is_empty() { String::new() } else { "***".to_owned() }
}

/// Whether a text that came in looks like a mask: it has a star, half or full width.
#[must_use]
pub fn is_masked(value: &str) -> bool {
    value.contains(['*', '＊'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn masks_have_the_published_form() {
        assert_eq!(id_number("350000194912310123"), "35*************123");
        assert_eq!(phone("13812341234"), "138****1234");
        assert_eq!(account("6222021234567891234"), "***************1234");
        assert_eq!(name("金哲洙"), "金**");
        assert_eq!(whole("肺结核"), "***");
    }

    #[test]
    fn short_values_show_nothing() {
        assert_eq!(id_number("12345"), "*****");
        assert_eq!(phone("2512345"), "*******");
        assert_eq!(account("1234"), "****");
        assert_eq!(name("金"), "*");
        assert_eq!(Mask::Whole.apply(""), "");
        assert_eq!(Mask::Phone.apply(""), "");
    }

    #[test]
    fn full_width_stars_are_masks_too() {
        assert!(is_masked("35＊＊123") && is_masked("*") && !is_masked("350000194912310123"));
    }

    proptest! {
        #[test]
        fn every_mask_is_detected_and_stable(value in "[0-9X]{1,22}") {
            for mask in [Mask::IdNumber, Mask::Phone, Mask::Account, Mask::Name, Mask::Whole] {
                let masked = mask.apply(&value);
                prop_assert!(masked.contains('*') && is_masked(&masked) && masked != value);
                prop_assert_eq!(mask.apply(&masked), masked);
            }
        }
    }
}
