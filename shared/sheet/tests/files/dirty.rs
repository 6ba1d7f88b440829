//! What offices really send: each cell is read as it stands, or its flaw is told with its place.

use kernel::language::Language;
use proto::common::{CellFlawKind, Row};

use crate::made::{Made, Opened, households, members, opened, opened_on, row, table, text};

/// A sheet of one row below the header, with these cells.
fn one(cells: &str) -> Opened {
    let header = row(3, &["户编号", "户主姓名", "证件号码", "日期", "金额(元)"]);
    let rows = format!(r#"{}{header}<row r="4">{}{cells}</row>"#, row(1, &["户信息"]), text("A4", "h1"));
    Made::new().part("xl/sharedStrings.xml", SHARED).sheet("户信息", &rows, "").open(&[households()])
}

const SHARED: &str = "<sst><si><t>金顺子</t></si><si><r><t>金</t></r><r><t xml:space=\"preserve\"> 哲</t></r><rPh><t>kim</t></rPh></si></sst>";

#[test]
fn cells_are_read_as_they_stand() {
    for (cell, wanted) in [
        // Texts: shared, in runs with their reading beside, in place, escaped.
        (r#"<c r="B4" t="s"><v>0</v></c>"#, "金顺子"),
        (r#"<c r="B4" t="s"><v>1</v></c>"#, "金 哲"),
        (r#"<c r="B4" t="inlineStr"><is><t>a&lt;b&#20013;_x000D_c</t></is></c>"#, "a<b中\rc"),
        (r#"<c r="B4" t="str"><f>A1</f><v>户</v></c>"#, "户"),
        (r#"<c r="B4" t="str"><f>""</f><v></v></c>"#, ""),
        // Numbers with the digits that the clerk sees.
        (r#"<c r="B4"><v>1302.0999999999999</v></c>"#, "1302.1"),
        (r#"<c r="B4"><v>1.3844331234E10</v></c>"#, "13844331234"),
        (r#"<c r="B4"><v>3</v></c>"#, "3"),
        // Days by their format: the Chinese ones that no file writes down, and one of its own.
        (r#"<c r="B4" s="1"><v>42369</v></c>"#, "2015-12-31"),
        (r#"<c r="B4" s="2"><v>42369</v></c>"#, "2015-12-31"),
        (r#"<c r="B4" s="2"><v>42369.75</v></c>"#, "2015-12-31 18:00:00"),
        (r#"<c r="B4" s="3"><v>42369</v></c>"#, "42369"),
        (r#"<c r="B4" t="b"><v>1</v></c>"#, "TRUE"),
        (r#"<c r="B4" s="3"/>"#, ""),
    ] {
        let file = one(cell);
        let rows = file.rows(0);
        assert_eq!((rows.len(), rows[0].0, rows[0].1.flaws.len()), (1, 4, 0), "{cell}");
        assert_eq!(rows[0].1.cells.get(1).map_or("", String::as_str), wanted, "{cell}");
    }
}

#[test]
fn what_would_be_a_guess_is_a_flaw() {
    for (cell, kind) in [
        (r#"<c r="C4"><v>222405195002030018</v></c>"#, CellFlawKind::DigitsLost),
        (r#"<c r="C4"><v>2.2240519500203E+17</v></c>"#, CellFlawKind::DigitsLost),
        (r#"<c r="C4" t="inlineStr"><is><t>2.22405E+17</t></is></c>"#, CellFlawKind::DigitsLost),
        (r#"<c r="C4" t="e"><v>#N/A</v></c>"#, CellFlawKind::ErrorValue),
        (r##"<c r="C4" t="e"><f>1/0</f><v>#DIV/0!</v></c>"##, CellFlawKind::ErrorValue),
        (r#"<c r="C4"><f>SUM(A1:A2)</f></c>"#, CellFlawKind::NotCalculated),
        // As openpyxl writes it.
        (r#"<c r="C4"><f>SUM(A1:A2)</f><v></v></c>"#, CellFlawKind::NotCalculated),
        (r#"<c r="C4"><f>SUM(A1:A2)</f><v/></c>"#, CellFlawKind::NotCalculated),
        // As a csv file or an error file has them.
        (r#"<c r="C4" t="inlineStr"><is><t>#VALUE!</t></is></c>"#, CellFlawKind::ErrorValue),
        (r#"<c r="C4" t="inlineStr"><is><t>#未计算</t></is></c>"#, CellFlawKind::NotCalculated),
    ] {
        let rows = one(cell).rows(0);
        let flaws: Vec<_> = rows[0].1.flaws.iter().map(|flaw| (flaw.cell, flaw.kind())).collect();
        assert_eq!(flaws, [(2, kind)], "{cell}");
    }
    let short = one(r#"<c r="C4"><v>999999999999999</v></c>"#).rows(0);
    assert!(short[0].1.flaws.is_empty(), "15 digits are all there: {short:?}");
}

#[test]
fn merged_cells_are_repeated_down_and_refused_across() {
    let rows = [
        row(1, &["户编号", "姓名"]),
        row(2, &["h1", "金顺子"]),
        row(3, &["", "金哲"]),
        row(4, &["", ""]),
        row(5, &["h2", "朴大山"]),
        row(6, &["h3"]),
    ]
    .concat();
    let behind = r#"<mergeCells><mergeCell ref="A6:B6"/><mergeCell ref="A2:A4"/></mergeCells>"#;
    let file = Made::new().sheet("成员信息", &rows, behind).open(&[members()]);
    let read: Vec<_> = file.rows(0).into_iter().map(|(number, row)| (number, row.cells.join(","))).collect();
    let wanted = [(2, "h1,金顺子"), (3, "h1,金哲"), (5, "h2,朴大山"), (6, "h3")];
    assert_eq!(read, wanted.map(|(number, cells)| (number, cells.to_owned())));
    assert_eq!(merged(&file.rows(0)[3].1), [0]);
    assert_eq!(file.notices(), [("成员信息!2".to_owned(), "CELLS_REPEATED")]);
}

/// Which cells of a row are of those merged over several columns.
fn merged(row: &Row) -> Vec<i32> {
    assert!(row.flaws.iter().all(|flaw| flaw.kind() == CellFlawKind::MergedAcross), "{row:?}");
    row.flaws.iter().map(|flaw| flaw.cell).collect()
}

#[test]
fn a_block_of_merged_cells_is_refused_in_each_row_that_has_more_in_it() {
    let rows = [
        row(1, &["户编号", "户主姓名", "证件号码", "日期"]),
        row(2, &["h1", "金顺子", "", "2015-12-31"]),
        // What a program has left behind the block is told as well.
        row(3, &["h2", "", "x", "2015-12-31"]),
        row(4, &["", "", "", ""]),
        row(5, &["h3", "朴大山", "", "2015-12-31"]),
        // Nothing stands in these.
        row(6, &["h4", "", "", "2015-12-31"]),
        row(7, &["h5", "", "", "2015-12-31"]),
    ]
    .concat();
    let behind = r#"<mergeCells><mergeCell ref="B2:C4"/><mergeCell ref="B6:C7"/></mergeCells>"#;
    let file = Made::new().sheet("户信息", &rows, behind).open(&[households()]);
    let read: Vec<_> =
        file.rows(0).into_iter().map(|(number, row)| (number, merged(&row), row.cells.join(","))).collect();
    let wanted = [
        (2, vec![1], "h1,金顺子,,2015-12-31"),
        (3, vec![1, 2], "h2,金顺子,x,2015-12-31"),
        (5, vec![], "h3,朴大山,,2015-12-31"),
        (6, vec![], "h4,,,2015-12-31"),
        (7, vec![], "h5,,,2015-12-31"),
    ];
    assert_eq!(read, wanted.map(|(number, flaws, cells)| (number, flaws, cells.to_owned())));
}

#[test]
fn remarks_in_a_block_of_merged_cells_are_one_row_with_one_flaw() {
    let rows = |empty: i64| {
        let below: String = (4..4 + empty).map(|number| format!(r#"<row r="{number}"/>"#)).collect();
        [
            row(1, &["户编号", "户主姓名", "证件号码", "日期"]),
            row(2, &["h1", "金顺子"]),
            row(3, &["备注"]),
            below,
        ]
        .concat()
    };
    for (range, empty) in [("A3:E13", 0), ("A3:E13", 10), ("A3:XFD10000000", 300_000)] {
        let behind = format!(r#"<mergeCells><mergeCell ref="{range}"/></mergeCells>"#);
        let file = Made::new().sheet("户信息", &rows(empty), &behind).open(&[households()]);
        let read: Vec<_> =
            file.rows(0).into_iter().map(|(number, row)| (number, merged(&row), row.cells)).collect();
        let wanted =
            [(2, vec![], vec!["h1".to_owned(), "金顺子".to_owned()]), (3, vec![0], vec!["备注".to_owned()])];
        assert_eq!(read, wanted, "{range}");
        assert_eq!(file.file.unwrap().parts[0].row_count, 2, "{range}");
    }
}

#[test]
fn a_row_that_repeated_texts_make_too_large_is_refused_before_any_is_read() {
    let titles: Vec<String> = (0..60).map(|column| format!("栏{column}")).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let table = table("a.b", "户信息", &titles);
    let long = "x".repeat(30_000);
    let half = |from: usize, to: usize| -> Vec<&str> {
        (0..titles.len())
            .map(|column| if (from..to).contains(&column) { long.as_str() } else { "" })
            .collect()
    };
    let ranges = |last: i64| -> String {
        let range = |column| format!(r#"<mergeCell ref="{0}2:{0}{last}"/>"#, sheet::letters(column));
        format!("<mergeCells>{}</mergeCells>", (0..30).map(range).collect::<String>())
    };
    let rows = [row(1, &titles), row(2, &half(0, 30)), row(3, &half(30, 60))].concat();
    let file = Made::new().sheet("户信息", &rows, &ranges(3)).open(std::slice::from_ref(&table));
    assert_eq!(file.problems(), [("户信息!3".to_owned(), "ROW_TOO_LARGE")]);
    let rows = [row(1, &titles), row(2, &half(0, 30)), row(4, &half(30, 60))].concat();
    let file = Made::new().sheet("户信息", &rows, &ranges(3)).open(&[table]);
    assert_eq!(file.rows(0).len(), 2);
}

#[test]
fn hidden_rows_and_sheets_and_formulas_are_read_and_said() {
    let rows = format!(
        r#"{}<row r="2" hidden="1">{}{}</row><row r="9"><c r="A9" t="str"><f>A2</f><v>h2</v></c></row>"#,
        row(1, &["户编号", "姓名"]),
        text("A2", "h1"),
        text("B2", "金顺子"),
    );
    let file = Made::new()
        .sheet("说明", &row(1, &["请先阅读"]), "")
        .sheet_in("成员信息", "hidden", &rows, "")
        .open(&[households(), members()]);
    assert_eq!(file.rows(0).iter().map(|(number, _)| *number).collect::<Vec<_>>(), [2, 9]);
    let mut said = file.notices();
    said.sort();
    let wanted = [
        ("", "SHEET_ABSENT"),
        ("成员信息", "SHEET_HIDDEN"),
        ("成员信息!2", "ROWS_HIDDEN"),
        ("成员信息!A9", "FORMULAS_READ"),
        ("说明", "SHEET_NOT_READ"),
    ];
    assert_eq!(said, wanted.map(|(place, reason)| (place.to_owned(), reason)));
}

#[test]
fn sheets_that_are_not_read_are_told_where_something_stands_in_them() {
    let rows = row(1, &["户编号", "姓名"]) + &row(2, &["h1", "金顺子"]);
    let file = Made::new()
        .sheet("户信息", &rows, "")
        .sheet("成员信息", &rows, "")
        .sheet("Sheet2", r#"<row r="1"><c r="A1" s="3"/></row>"#, "")
        .sheet_in("代码", "hidden", &rows, "")
        .open(&[members()]);
    assert_eq!(file.rows(0).len(), 1);
    assert_eq!(file.notices(), [("户信息".to_owned(), "SHEET_NOT_READ")]);
}

#[test]
fn sheets_of_a_workbook_come_in_the_order_of_the_tables() {
    let file = Made::new()
        .sheet("成员信息", &[row(2, &["姓名", "户编号"]), row(3, &["金哲", "h1"])].concat(), "")
        .sheet(
            "户信息",
            &[row(1, &["填报日期：2015年12月31日"]), row(4, &["户编号"]), row(5, &["h1"])].concat(),
            "",
        )
        .open(&[households(), members()]);
    let opened = file.file.as_ref().unwrap();
    let parts: Vec<_> =
        opened.parts.iter().map(|part| (part.table.as_str(), part.first_row, part.row_count)).collect();
    assert_eq!(parts, [("registry.households", 5, 1), ("registry.members", 3, 1)]);
    assert_eq!(opened.form_date.as_deref(), Some("2015-12-31"));
    assert_eq!(opened.parts[1].titles, ["姓名", "户编号"]);
}

#[test]
fn the_day_of_the_forms_is_the_given_one_or_that_of_all_notes() {
    let sheet = |note: &str| [row(2, &["", note]), row(3, &["户编号"]), row(4, &["h1"])].concat();
    let open = |given: Option<&str>, notes: [&str; 2]| {
        let book = Made::new().sheet("户信息", &sheet(notes[0]), "").sheet("成员信息", &sheet(notes[1]), "");
        opened_on(given, "表.xlsx", &book.bytes(), &[households(), members()])
    };
    let (old, new) = ("填报日期:2014-12-31", "填报日期:2015-12-31");
    let differs = |at: &str| (at.to_owned(), "FORM_DATE_DIFFERS");
    let read = vec![(String::new(), "FORM_DATE_READ")];
    for (given, notes, day, said) in [
        (None, ["", ""], None, vec![]),
        (None, [new, ""], Some("2015-12-31"), read.clone()),
        (None, ["", new], Some("2015-12-31"), read.clone()),
        (None, [new, new], Some("2015-12-31"), read),
        (Some("2015-12-31"), ["", ""], Some("2015-12-31"), vec![]),
        (Some("2015-12-31"), [new, new], Some("2015-12-31"), vec![]),
        (Some("2015-12-31"), [new, old], Some("2015-12-31"), vec![differs("成员信息!B2")]),
        (
            Some("2013-12-31"),
            [new, old],
            Some("2013-12-31"),
            vec![differs("户信息!B2"), differs("成员信息!B2")],
        ),
    ] {
        let opened = open(given, notes);
        assert_eq!(opened.notices(), said, "{given:?} {notes:?}");
        assert_eq!(opened.file.unwrap().form_date.as_deref(), day, "{given:?} {notes:?}");
    }
    let refused = open(None, [new, old]);
    assert_eq!(refused.problems(), [("成员信息!B2".to_owned(), "FORM_DATES_CONFLICT")]);
    let failure = refused.file.unwrap_err();
    let message = failure.violation_list()[0].message(Language::Zh);
    for wanted in ["2014-12-31", "户信息!B2", "2015-12-31"] {
        assert!(message.contains(wanted), "{message}");
    }
    let opened = open(Some("2015-12-31"), [old, new]);
    let message = opened.file.unwrap().notices[0].message(Language::Zh);
    assert_eq!(message, "表头上方写的填报日期是 2014-12-31，与所给的 2015-12-31 不同；按 2015-12-31 导入");
}

#[test]
fn a_note_that_names_no_day_is_refused_with_its_place() {
    let sheet = [row(2, &["填报日期:2015年13月1日"]), row(3, &["户编号"]), row(4, &["h1"])].concat();
    let open = |given| {
        let book = Made::new().sheet("户信息", &sheet, "");
        opened_on(given, "表.xlsx", &book.bytes(), &[households()])
    };
    assert_eq!(open(None).problems(), [("户信息!A2".to_owned(), "FORM_DATE_UNREADABLE")]);
    let opened = open(Some("2015-12-31"));
    assert_eq!((opened.rows(0).len(), opened.notices()), (1, vec![]));
}

#[test]
fn sums_and_signatures_are_no_rows_and_are_told() {
    let rows = [
        row(1, &["户编号", "姓名"]),
        row(2, &["h1", "金哲"]),
        row(3, &["合 计", "1"]),
        row(5, &["填表人：金顺子", "", "", "审核人："]),
        row(6, &["备注：一式三份"]),
    ];
    let merged = r#"<mergeCells><mergeCell ref="A6:B7"/></mergeCells>"#;
    let file = Made::new().sheet("成员信息", &rows.concat(), merged).open(&[members()]);
    assert_eq!(file.rows(0).iter().map(|(number, _)| *number).collect::<Vec<_>>(), [2]);
    let opened = file.file.as_ref().unwrap();
    assert_eq!(
        (opened.parts[0].row_count, file.notices()),
        (1, vec![("成员信息!3".to_owned(), "FOOTERS_NOT_READ")])
    );
}

#[test]
fn merged_cells_make_no_footer_of_a_row_and_no_row_of_a_footer() {
    let rows = [
        row(1, &["户编号", "姓名", "备注"]),
        row(2, &["h1", "金哲", "a"]),
        row(3, &["", "小计", "b"]),
        row(4, &["合计", "", "1"]),
        row(5, &["", "朴哲", "c"]),
    ];
    let merged = r#"<mergeCells><mergeCell ref="A2:A3"/><mergeCell ref="A4:A5"/></mergeCells>"#;
    let table = table("registry.members", "成员信息", &["户编号", "姓名", "备注"]);
    let file = Made::new().sheet("成员信息", &rows.concat(), merged).open(&[table]);
    let numbers: Vec<i64> = file.rows(0).iter().map(|(number, _)| *number).collect();
    assert_eq!((numbers.as_slice(), file.file.as_ref().unwrap().parts[0].row_count), ([2, 5].as_slice(), 2));
    assert!(file.notices().contains(&("成员信息!3".to_owned(), "FOOTERS_NOT_READ")));
}

#[test]
fn a_sheet_of_another_name_is_found_by_its_titles() {
    let header = row(1, &["户编号", "户主姓名"]);
    let one = Made::new().sheet("Sheet1", &header, "").open(&[households()]);
    assert_eq!(one.file.unwrap().parts.len(), 1);
    let two = Made::new()
        .sheet("Sheet1", &row(1, &["其他"]), "")
        .sheet("Sheet2", &header, "")
        .open(&[households()]);
    assert_eq!(two.file.unwrap().parts.len(), 1);
    let both = Made::new().sheet("甲", &header, "").sheet("乙", &header, "").open(&[households()]);
    assert_eq!(both.problems(), [(String::new(), "SHEET_AMBIGUOUS")]);
    let csv = opened("成员.csv", "姓名,户编号\n金哲,h1\n".as_bytes(), &[households(), members()]);
    assert_eq!(csv.file.unwrap().parts[0].table, "registry.members");
}

#[test]
fn a_million_empty_rows_behind_the_last_are_nothing() {
    let empty: String =
        (3..1_000_000).map(|number| format!(r#"<row r="{number}" spans="1:5" s="3"/>"#)).collect();
    let rows = [row(1, &["户编号", "姓名"]), row(2, &["h1", "金哲"]), empty].concat();
    let file = Made::new().sheet("成员信息", &rows, "").open(&[members()]);
    assert_eq!((file.rows(0).len(), file.file.unwrap().parts[0].row_count), (1, 1));
}
