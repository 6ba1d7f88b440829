//! Rows of a form that tell of no record: sums, signatures and notes below its rows.

use crate::cell::Line;

/// What the first cell of a row of sums says.
const SUMS: [&str; 5] = ["合计", "总计", "小计", "共计", "累计"];

/// What stands before a colon in the first cell of a row with signatures or notes.
const SIGNED: [&str; 19] = [
    "填表人",
    "填报人",
    "制表人",
    "制表",
    "经办人",
    "审核人",
    "审核",
    "复核人",
    "负责人",
    "单位负责人",
    "分管领导",
    "联系人",
    "联系电话",
    "填报单位",
    "填报日期",
    "填表日期",
    "备注",
    "说明",
    "注",
];

/// Whether a row below the header, whose titles begin in the column `first`, is none of a record: its first filled cell
/// stands in the first or the second column of the form, where sums are called when the first one is for numbers.
pub(crate) fn is_footer(line: &Line, first: usize) -> bool {
    let Some(cell) = line.cells.iter().find(|cell| !cell.value.text().trim().is_empty()) else {
        return false;
    };
    let text: String = cell.value.text().chars().filter(|letter| !letter.is_whitespace()).collect();
    let label = text.split_once([':', '：']).map(|(label, _)| label);
    match label {
        Some(label) => cell.column <= first && (SIGNED.contains(&label) || SUMS.contains(&label)),
        None => cell.column <= first + 1 && SUMS.contains(&text.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::{Cell, Value};

    #[test]
    fn sums_signatures_and_notes_are_no_records() {
        for (cells, footer) in [
            (vec![(1, "合 计"), (4, "12,000")], true),
            (vec![(2, "合计"), (4, "12,000")], true),
            (vec![(1, "填表人：金哲"), (3, "审核人：")], true),
            (vec![(1, "备注：本表一式三份")], true),
            (vec![(1, "总计:"), (2, "3")], true),
            (vec![(0, " "), (1, "小计")], true),
            (vec![(3, "合计")], false),
            (vec![(2, "说明：已脱贫")], false),
            (vec![(1, "1"), (2, "合计")], false),
            (vec![(1, "金合计")], false),
            (vec![(1, "联系人")], false),
            (vec![(1, "地址：龙井市")], false),
            (vec![], false),
        ] {
            let of = |(column, text): &(usize, &str)| Cell::plain(*column, Value::Text((*text).to_owned()));
            let line = Line { number: 9, hidden: false, cells: cells.iter().map(of).collect() };
            assert_eq!(is_footer(&line, 1), footer, "{cells:?}");
        }
    }
}
