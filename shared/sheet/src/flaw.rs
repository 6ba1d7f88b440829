//! Cells whose text is not what their owner wrote, and the texts that stand for them in a file.
//!
//! A rejected row goes back to its owner in an error file. What stands there in the place of a flawed cell reads as the same
//! flaw again: a file that nobody has corrected is rejected as before, and what a spreadsheet destroyed is never taken for
//! what somebody wrote.

use proto::common::CellFlawKind;

use crate::cell::{Cell, DIGITS_LOST_FROM, Value};
use crate::xlsx::MOST_CELL;

/// What stands for a flaw that no text of spreadsheets shows; behind it the cell's own text.
const MARKS: [(CellFlawKind, &str); 4] = [
    (CellFlawKind::DigitsLost, "#位数丢失:"),
    (CellFlawKind::ErrorValue, "#错误值:"),
    (CellFlawKind::MergedAcross, "#跨列合并:"),
    (CellFlawKind::NotCalculated, "#未计算"),
];

/// The errors of spreadsheets, as they show them.
const ERROR_VALUES: [&str; 10] = [
    "#N/A",
    "#REF!",
    "#VALUE!",
    "#DIV/0!",
    "#NAME?",
    "#NUM!",
    "#NULL!",
    "#SPILL!",
    "#CALC!",
    "#GETTING_DATA",
];

/// The text of a cell as it is imported, and why it is not what its owner wrote.
pub(crate) fn read(cell: &Cell) -> (String, Option<CellFlawKind>) {
    let text = cell.value.text();
    if let Some((kind, rest)) = marked(text.trim()) {
        return (rest.to_owned(), Some(kind));
    }
    let flaw = match &cell.value {
        _ if cell.across => Some(CellFlawKind::MergedAcross),
        Value::Error(_) => Some(CellFlawKind::ErrorValue),
        Value::NotCalculated => Some(CellFlawKind::NotCalculated),
        Value::Number(number) if number.abs() >= DIGITS_LOST_FROM => Some(CellFlawKind::DigitsLost),
        Value::Text(text) if is_shortened(text) => Some(CellFlawKind::DigitsLost),
        Value::Text(text) if ERROR_VALUES.contains(&text.trim()) => Some(CellFlawKind::ErrorValue),
        Value::Number(_) | Value::Text(_) => None,
    };
    (text, flaw)
}

fn marked(text: &str) -> Option<(CellFlawKind, &str)> {
    MARKS.iter().find_map(|(kind, mark)| text.strip_prefix(mark).map(|rest| (*kind, rest)))
}

/// What stands in a file for a cell with this flaw. Read again it has the same flaw.
#[must_use]
pub fn flawed_text(kind: CellFlawKind, text: &str) -> String {
    let text = text.trim();
    match kind {
        CellFlawKind::DigitsLost => {
            if is_shortened(text) {
                return text.to_owned();
            }
            if let Some(shortened) = shortened(text) {
                return shortened;
            }
        }
        CellFlawKind::ErrorValue | CellFlawKind::Unspecified if ERROR_VALUES.contains(&text) => {
            return text.to_owned();
        }
        CellFlawKind::ErrorValue
        | CellFlawKind::Unspecified
        | CellFlawKind::MergedAcross
        | CellFlawKind::NotCalculated => {}
    }
    // What is not known by its name is refused as an error value.
    let known = if kind == CellFlawKind::Unspecified { CellFlawKind::ErrorValue } else { kind };
    let mark = MARKS.iter().find(|(marked, _)| *marked == known).map_or("", |(_, mark)| mark);
    // A mark and the longest text together are longer than a cell may be.
    format!("{mark}{text}").chars().take(MOST_CELL).collect()
}

/// A number of too many digits as a narrow column shows it: nobody takes it for the number any more.
fn shortened(text: &str) -> Option<String> {
    let number: f64 = text.parse().ok().filter(|number: &f64| number.abs() >= DIGITS_LOST_FROM)?;
    Some(format!("{number:E}").replace('E', "E+")).filter(|text| is_shortened(text))
}

/// `1.38443E+10`: a number as a spreadsheet shows it in a narrow column; its digits are lost.
fn is_shortened(text: &str) -> bool {
    let Some((head, exponent)) = text.trim().split_once(['E', 'e']) else { return false };
    let head = head.strip_prefix('-').unwrap_or(head);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = head.split_once('.').unwrap_or((head, "0"));
    whole.len() == 1 && digits(whole) && digits(fraction) && exponent.strip_prefix('+').is_some_and(digits)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KINDS: [CellFlawKind; 4] = [
        CellFlawKind::DigitsLost,
        CellFlawKind::ErrorValue,
        CellFlawKind::MergedAcross,
        CellFlawKind::NotCalculated,
    ];

    fn again(text: &str) -> (String, Option<CellFlawKind>) {
        read(&Cell::plain(0, Value::Text(text.to_owned())))
    }

    #[test]
    fn shortened_numbers_are_known() {
        for text in ["2.22405E+17", "1E+10", " 6.22848e+18 ", "-1.5E+16"] {
            assert!(is_shortened(text), "{text}");
        }
        for text in ["12", "E+10", "1E10", "22.2E+17", "金E+1", "1.E+3", "--1E+3"] {
            assert!(!is_shortened(text), "{text}");
        }
    }

    #[test]
    fn what_stands_for_a_flaw_is_what_spreadsheets_show_where_they_do() {
        for (kind, text, written) in [
            (CellFlawKind::DigitsLost, "222405195002030000", "2.2240519500203E+17"),
            (CellFlawKind::DigitsLost, "-1000000000000000", "-1E+15"),
            (CellFlawKind::DigitsLost, "2.22405E+17", "2.22405E+17"),
            (CellFlawKind::DigitsLost, "金", "#位数丢失:金"),
            (CellFlawKind::ErrorValue, "#DIV/0!", "#DIV/0!"),
            (CellFlawKind::ErrorValue, "Err:502", "#错误值:Err:502"),
            (CellFlawKind::Unspecified, "", "#错误值:"),
            (CellFlawKind::MergedAcross, "金顺子", "#跨列合并:金顺子"),
            (CellFlawKind::NotCalculated, "", "#未计算"),
        ] {
            assert_eq!(flawed_text(kind, text), written);
        }
    }

    #[test]
    fn what_is_no_flaw_is_read_as_it_stands() {
        for text in ["#1楼", "N/A", "#未知", "222405195002030", "1.5E-3"] {
            assert_eq!(again(text), (text.to_owned(), None));
        }
    }

    proptest! {
        #[test]
        fn every_flaw_comes_back(which in 0..4_usize, text in "(#N/A|#跨列合并:|[-0-9]{1,20}|[=#金a ]{0,6})") {
            let kind = KINDS[which];
            let written = flawed_text(kind, &text);
            let (read, flaw) = again(&written);
            prop_assert_eq!(flaw, Some(kind), "{}", written);
            prop_assert_eq!(flawed_text(kind, &read), written);
        }
    }
}
