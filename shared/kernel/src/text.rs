//! What every reader of cells has to undo first: full-width characters, blanks and invisible marks.

/// Replaces full-width ASCII (`０`–`９`, `Ａ`–`Ｚ`, `．` …) and the ideographic blank by their half-width forms
/// and drops invisible marks that office software leaves in cells (byte order mark, zero-width blanks,
/// direction marks).
#[must_use]
pub fn half_width(text: &str) -> String {
    text.chars()
        .filter(|c| !matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{202a}'..='\u{202e}'))
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            '\u{3000}' | '\u{a0}' => ' ',
            other => other,
        })
        .collect()
}

/// [`half_width`] without any blanks or tabs: the form in which telephone and account numbers are kept and
/// indexed.
#[must_use]
pub fn compact(text: &str) -> String {
    half_width(text).chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::{compact, half_width};

    #[test]
    fn full_width_becomes_half_width() {
        assert_eq!(half_width("１２３Ｘ　。\u{feff}"), "123X 。");
        assert_eq!(compact(" ６２２２ 0212\t3"), "622202123");
    }
}
