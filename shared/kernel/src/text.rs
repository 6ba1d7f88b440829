//! What every reader of cells has to undo first: full-width characters, blanks and invisible marks. And what no text may
//! have.

/// Whether a character steers whatever shows a text instead of being shown: a control character, or one that turns the
/// direction of what stands around it, so that a text reads otherwise than it is.
#[must_use]
pub const fn steers(c: char) -> bool {
    matches!(c, '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character is a mark that nobody sees, which office software and web pages leave in what is copied from them:
/// a byte order mark, a blank without width, a mark of direction, a tag.
#[must_use]
pub const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{e0000}'..='\u{e007f}')
}

/// A text as it is seen: without what is [invisible](is_invisible) and without blanks around it.
#[must_use]
pub fn visible(text: &str) -> String {
    let seen: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    if seen.trim().len() == seen.len() { seen } else { seen.trim().to_owned() }
}

/// Whether a text has nothing that [`steers`], but for the ends of its lines where it may have several.
#[must_use]
pub fn is_plain(text: &str, several_lines: bool) -> bool {
    text.chars().all(|c| !steers(c) || (several_lines && c == '\n'))
}

/// Replaces full-width ASCII (`０`–`９`, `Ａ`–`Ｚ`, `．` …) and the ideographic blank by their half-width forms
/// and drops what is [invisible](is_invisible) or turns directions.
#[must_use]
pub fn half_width(text: &str) -> String {
    text.chars()
        .filter(|c| !is_invisible(*c) && !matches!(c, '\u{202a}'..='\u{202e}'))
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
    use super::{compact, half_width, is_plain, visible};

    #[test]
    fn what_steers_is_no_plain_text() {
        for text in ["", "金哲 Kim (1)", "김철", "a\u{300}·—“”"] {
            assert!(is_plain(text, false) && is_plain(text, true), "{text}");
        }
        for c in ['\0', '\t', '\r', '\u{1b}', '\u{7f}', '\u{9b}', '\u{202e}', '\u{2066}', '\u{2069}'] {
            let text = format!("金{c}哲");
            assert!(!is_plain(&text, false) && !is_plain(&text, true), "{c:?}");
        }
        assert!(!is_plain("一\n二", false) && is_plain("一\n二", true));
    }

    #[test]
    fn what_nobody_sees_is_dropped() {
        assert_eq!(visible("\u{feff} 金\u{200b}哲\u{e0041} \u{200e}"), "金哲");
        assert_eq!(visible("一\n二"), "一\n二");
    }

    #[test]
    fn full_width_becomes_half_width() {
        assert_eq!(half_width("１２３Ｘ　。\u{feff}"), "123X 。");
        assert_eq!(compact(" ６２２２ 0212\t3"), "622202123");
    }
}
