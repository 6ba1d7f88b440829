//! What may be printed. A terminal obeys some characters instead of showing them, and texts of records, of files and of other
//! programs may have them: they are printed as JSON writes them, `\u001b`, which an answer in JSON may hold as well.

use std::borrow::Cow;
use std::fmt::Write;

use kernel::text::steers;

/// A text of one or several lines.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    without(text, |c| steers(c) && !['\n', '\t'].contains(&c))
}

/// A part of a line: its own ends of lines are blanks.
#[must_use]
pub fn part(text: &str) -> Cow<'_, str> {
    match without(text, |c| steers(c) && c != '\n') {
        one if one.contains('\n') => Cow::Owned(one.replace('\n', " ")),
        one => one,
    }
}

fn without(text: &str, steering: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&steering) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 6);
    for c in text.chars() {
        if steering(c) {
            // Writing to a String never fails.
            let _ = write!(shown, "\\u{:04x}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        assert_eq!(lines("金哲\u{1b}[2J\r\n\t二\u{202e}"), "金哲\\u001b[2J\\u000d\n\t二\\u202e");
        assert_eq!(part("一\n二\t\u{9b}1m"), "一 二\\u0009\\u009b1m");
        assert!(matches!(lines("plain · 一"), Cow::Borrowed(_)) && matches!(part(""), Cow::Borrowed(_)));
    }

    #[test]
    fn json_stays_the_same_json() {
        let said = serde_json::json!({"name": "金\u{1b}\u{7f}\u{9b}哲\u{202e}\u{2066}"});
        let shown = lines(&said.to_string()).into_owned();
        assert!(!shown.contains(steers), "{shown}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), said);
    }
}
