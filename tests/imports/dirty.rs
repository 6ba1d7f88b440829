//! Cells as offices write them: each of these says what the clean one says, so that importing it changes nothing; and what
//! the reader of a file saw at a cell refuses its row.

use proto::common::import_rows_request::Part as Asked;
use proto::common::{CellFlaw, CellFlawKind, ImportBatch, ImportEnd, Row};
use suite::fixtures::{COUNTY, divisions, id_number};
use suite::harness::on_each;
use suite::table::{Imported, header};

use super::sheets::{RELIEFS, relief, with};
use super::stream::{Part, answered, whole};

/// An ID number that ends in X.
fn with_x() -> String {
    (0..200).map(|number| id_number("1948-07-09", number)).find(|id| id.ends_with('X')).unwrap()
}

/// Letters in their full width.
fn full_width(text: &str) -> String {
    let wide = |letter: char| match letter {
        '!'..='~' => char::from_u32(u32::from(letter) + 0xfee0).unwrap(),
        other => other,
    };
    text.chars().map(wide).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_read_without_guessing_is_read() {
    on_each(async |harness| {
        divisions(&harness).await;
        let id = with_x();
        let clean =
            with(relief(0), RELIEFS, &[("证件号码", &id), ("批准金额(元)", "3000.50"), ("发放金额(元)", "")]);
        let clean = with(clean, RELIEFS, &[("发放日期", ""), ("银行账号", "")]);
        let part = |row: &[String]| Part {
            header: header("social_security.temporary_reliefs", COUNTY, "", RELIEFS),
            rows: vec![row.to_vec()],
        };
        let steward = harness.client("assistance", &harness.token("data_steward", &[COUNTY]));
        let done = whole(steward.clone(), &[part(&clean)], 10).await.unwrap().remove(0);
        assert_eq!((done.reasons(), done.counts()), (vec![], (1, 0, 0, 0)));
        let spaced = format!(" {} {}\t{} ", &id[..6], &id[6..14], &id[14..]);
        let dirty: Vec<(&str, String)> = vec![
            ("证件号码", format!("G{id}")),
            ("证件号码", format!("'{id}")),
            ("证件号码", spaced),
            ("证件号码", full_width(&id)),
            ("证件号码", id.to_lowercase()),
            ("证件号码", format!("{id}43")),
            ("证件号码", format!("{id}43B1")),
            ("申请日期", "2017/2/1".to_owned()),
            ("申请日期", "2017.02.01".to_owned()),
            ("申请日期", "2017年2月1日".to_owned()),
            ("申请日期", "20170201".to_owned()),
            ("申请日期", "２０１７年２月１日".to_owned()),
            ("申请日期", "2017-02-01 00:00:00".to_owned()),
            ("批准金额(元)", "3,000.50".to_owned()),
            ("批准金额(元)", full_width("3,000.50")),
            ("批准金额(元)", "3000.5元".to_owned()),
            ("批准金额(元)", "￥3,000.50".to_owned()),
            ("批准金额(元)", "0.30005万元".to_owned()),
            ("救助人数", " ２ ".to_owned()),
            ("姓名", format!("\u{feff}{}\u{200b}", clean[3])),
            ("姓名", clean[3].chars().flat_map(|letter| [letter, '\u{200d}']).collect()),
        ];
        for (column, text) in dirty {
            let row = with(clean.clone(), RELIEFS, &[(column, &text)]);
            let done = whole(steward.clone(), &[part(&row)], 10).await.unwrap().remove(0);
            assert_eq!((done.reasons(), done.counts()), (vec![], (1, 1, 0, 0)), "{column}: {text}");
        }

        // Lines of a note end as they like, and are the same lines.
        let told = async |column: &str, text: &str| {
            let row = with(clean.clone(), RELIEFS, &[(column, text)]);
            whole(steward.clone(), &[part(&row)], 10).await.unwrap().remove(0)
        };
        assert_eq!(told("备注", "一\n二").await.counts(), (1, 0, 1, 0));
        for text in ["一\r\n二", "一\r二", "一\n二\r\n"] {
            assert_eq!(told("备注", text).await.counts(), (1, 1, 0, 0), "{text:?}");
        }
        for (column, text) in
            [("姓名", "金\n哲"), ("姓名", "金\t哲"), ("备注", "一\u{1b}[2J"), ("备注", "\u{202e}一")]
        {
            let done = told(column, text).await;
            assert_eq!(done.counts(), (0, 0, 0, 1), "{column}: {text:?}");
            let wrong =
                done.reasons().iter().map(|(_, column, reason)| (*column, *reason)).collect::<Vec<_>>();
            assert_eq!(wrong, [(column, "TEXT_INVALID")]);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flaw_refuses_its_row_with_its_column() {
    on_each(async |harness| {
        divisions(&harness).await;
        let steward = harness.client("assistance", &harness.token("data_steward", &[COUNTY]));
        let column = |title: &str| RELIEFS.iter().position(|column| *column == title).unwrap();
        let flawed = |title: &str, kind: CellFlawKind, text: &str| {
            let cell = i32::try_from(column(title)).unwrap();
            let cells = with(relief(0), RELIEFS, &[(title, text)]);
            Row { cells, flaws: vec![CellFlaw { cell, kind: kind.into() }] }
        };
        let rows = vec![
            flawed("证件号码", CellFlawKind::DigitsLost, "222405195002030000"),
            flawed("批准金额(元)", CellFlawKind::ErrorValue, "#N/A"),
            flawed("救助原因", CellFlawKind::MergedAcross, "重大疾病"),
            flawed("发放金额(元)", CellFlawKind::NotCalculated, ""),
        ];
        let sent = vec![
            Asked::Header(header("social_security.temporary_reliefs", COUNTY, "", RELIEFS)),
            Asked::Batch(ImportBatch { first_row: 4, rows }),
            Asked::End(ImportEnd { row_count: 4, ..ImportEnd::default() }),
        ];
        let done: Imported = answered(steward, sent).await.unwrap().remove(0);
        let wanted = [
            (4, "证件号码", "CELL_DIGITS_LOST"),
            (5, "批准金额(元)", "CELL_ERROR_VALUE"),
            (6, "救助原因", "CELL_MERGED_ACROSS"),
            (7, "发放金额(元)", "CELL_NOT_CALCULATED"),
        ];
        for wanted in wanted {
            assert!(done.reasons().contains(&wanted), "{wanted:?}: {:?}", done.reasons());
        }
        assert_eq!(done.counts(), (0, 0, 0, 4));
        let told = done.errors.iter().find(|error| error.reason == "CELL_ERROR_VALUE").unwrap();
        assert!(told.message.contains("#N/A"), "{told:?}");
        let sensitive = done.errors.iter().find(|error| error.reason == "CELL_DIGITS_LOST").unwrap();
        assert!(sensitive.cell.contains('*'), "{sensitive:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_nobody_needs_is_wrong_only_where_it_takes_the_next_columns() {
    on_each(async |harness| {
        divisions(&harness).await;
        let steward = harness.client("assistance", &harness.token("data_steward", &[COUNTY]));
        let titles = [&["序号"], RELIEFS].concat();
        let numbered = |at: usize, kind: CellFlawKind, text: &str| {
            let cells = [vec![text.to_owned()], relief(at)].concat();
            Row { cells, flaws: vec![CellFlaw { cell: 0, kind: kind.into() }] }
        };
        let rows = vec![
            numbered(0, CellFlawKind::ErrorValue, "#REF!"),
            numbered(1, CellFlawKind::MergedAcross, "以上情况属实"),
        ];
        let sent = vec![
            Asked::Header(header("social_security.temporary_reliefs", COUNTY, "", &titles)),
            Asked::Batch(ImportBatch { first_row: 4, rows }),
            Asked::End(ImportEnd { row_count: 2, ..ImportEnd::default() }),
        ];
        let done: Imported = answered(steward, sent).await.unwrap().remove(0);
        assert_eq!((done.reasons(), done.counts()), (vec![(5, "序号", "CELL_MERGED_ACROSS")], (1, 0, 0, 1)));
    })
    .await;
}
