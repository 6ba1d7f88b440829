//! Texts that a spreadsheet would take for formulas.
//!
//! On the way out such a text gets an apostrophe before it, which says to every spreadsheet that it is text; on the way in
//! the apostrophe goes again, so that export and import change nothing.

/// The text as it may stand in a csv file.
#[must_use]
pub fn defused(text: &str) -> std::borrow::Cow<'_, str> {
    if is_risky(text.trim_start_matches('\'')) && !is_number(text) {
        return format!("'{text}").into();
    }
    text.into()
}

/// The text without the mark.
#[must_use]
pub fn undefused(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(rest) if is_risky(rest.trim_start_matches('\'')) => rest,
        _ => text,
    }
}

fn is_risky(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
}

/// An amount below zero is a number, and no formula.
fn is_number(text: &str) -> bool {
    let Some(digits) = text.strip_prefix(['-', '+']) else { return false };
    digits.starts_with(|letter: char| letter.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_become_text_and_numbers_stay() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+86 138", "'+86 138"),
            ("-金", "'-金"),
            ("\t=1", "'\t=1"),
            ("-12.50", "-12.50"),
            ("金=1", "金=1"),
            ("'=1", "''=1"),
            ("'金", "'金"),
            ("", ""),
        ] {
            assert_eq!(defused(text), written);
            assert_eq!(undefused(written), text);
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in "['=+@金1-]{0,5}") {
            let written = defused(&text);
            prop_assert_eq!(undefused(&written), &text);
            prop_assert!(!is_risky(&written) || is_number(&written));
        }
    }
}
