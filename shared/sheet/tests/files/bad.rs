//! Files that are broken, are something else, or would like to be larger than the memory.

use kernel::language::Language;

use crate::made::{Made, archive, households, members, opened, row};

#[test]
fn other_kinds_are_known_by_their_content() {
    let named = |name: &str| vec![(name.to_owned(), b"<x/>".to_vec())];
    for (bytes, found) in [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old workbook".to_vec(), ".xls / .doc"),
        (archive(named("word/document.xml")), ".docx"),
        (archive(named("content.xml")), ".ods"),
        (archive(named("xl/workbook.bin")), ".xlsb"),
        (archive(named("a.txt")), "zip"),
        (b"%PDF-1.7".to_vec(), "PDF"),
        ("\u{feff}<html><table><tr><td>户编号".as_bytes().to_vec(), "HTML / XML"),
    ] {
        let file = opened("户信息.xlsx", &bytes, &[households()]);
        assert_eq!(file.problems(), [(String::new(), "FILE_KIND")], "{found}");
        let failure = file.file.unwrap_err();
        assert_eq!(failure.violation_list()[0].arguments[0].1, found);
    }
    let unicode: Vec<u8> = "户编号\t姓名".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let file = opened("户信息.csv", &[b"\xff\xfe".to_vec(), unicode].concat(), &[members()]);
    assert_eq!(file.problems()[0].1, "FILE_ENCODING");
    // A workbook that is called csv is a workbook all the same.
    let book = Made::new().sheet("成员信息", &row(1, &["户编号", "姓名"]), "").bytes();
    assert!(opened("成员.csv", &book, &[members()]).file.is_ok());
}

#[test]
fn a_bomb_is_defused_before_it_grows() {
    let blown = "<row/>".repeat(16 << 20);
    let bomb = Made::new().sheet("成员信息", &[row(1, &["户编号", "姓名"]), blown].concat(), "").bytes();
    assert!(bomb.len() < 4 << 20);
    assert_eq!(opened("成员.xlsx", &bomb, &[members()]).problems()[0].1, "FILE_GROWS");
    let shared = format!("<sst><si><t>{}</t></si></sst>", " ".repeat(100 << 20));
    let bomb = Made::new().part("xl/sharedStrings.xml", shared).sheet("成员信息", "", "");
    assert_eq!(bomb.open(&[members()]).problems()[0].1, "FILE_GROWS");
}

#[test]
fn a_bomb_that_lies_of_its_size_is_told_too() {
    let blown = "<row/>".repeat(14 << 20);
    let mut bomb = Made::new().sheet("成员信息", &blown, "").bytes();
    // The sizes in both directories say that the part is small.
    let size = u32::try_from(blown.len() + "<worksheet><sheetData></sheetData></worksheet>".len())
        .unwrap()
        .to_le_bytes();
    let places: Vec<usize> =
        bomb.windows(4).enumerate().filter(|(_, bytes)| *bytes == size).map(|(at, _)| at).collect();
    assert_eq!(places.len(), 2);
    places.iter().for_each(|at| bomb[*at..at + 4].copy_from_slice(&100_u32.to_le_bytes()));
    assert_eq!(opened("成员.xlsx", &bomb, &[members()]).problems()[0].1, "FILE_GROWS");
}

#[test]
fn a_broken_part_is_named() {
    let book = || {
        Made::new().sheet("成员信息", &[row(1, &["户编号", "姓名"]), row(2, &["h1", "金哲"])].concat(), "")
    };
    let whole = book().bytes();
    let cut = opened("成员.xlsx", &whole[..whole.len() / 2], &[members()]);
    assert_eq!(cut.problems()[0].1, "FILE_PART_BROKEN");
    for (name, bytes) in [
        ("xl/workbook.xml", "<workbook><sheets>"),
        ("xl/worksheets/sheet1.xml", "<worksheet><sheetData><row></sheetData></worksheet>"),
        ("xl/worksheets/sheet1.xml", "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><worksheet>&b;</worksheet>"),
    ] {
        // The last part of a name is the one that counts in this archive.
        let mut parts = vec![(name.to_owned(), bytes.as_bytes().to_vec())];
        for (own, text) in [
            (
                "xl/workbook.xml",
                r#"<workbook xmlns:r="x"><sheets><sheet name="成员信息" r:id="r1"/></sheets></workbook>"#,
            ),
            (
                "xl/_rels/workbook.xml.rels",
                r#"<Relationships><Relationship Id="r1" Type="t/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
            ),
        ] {
            if own != name {
                parts.push((own.to_owned(), text.as_bytes().to_vec()));
            }
        }
        let file = opened("成员.xlsx", &archive(parts), &[members()]);
        assert!(file.problems()[0].1 == "FILE_PART_BROKEN", "{bytes}: {:?}", file.problems());
    }
    // A byte of the packed sheet is another: the checksum tells.
    let mut bent = whole.clone();
    let at = bent.windows(5).position(|bytes| bytes == b"sheet").map(|at| at + 40).unwrap();
    bent[at] ^= 0x55;
    assert!(opened("成员.xlsx", &bent, &[members()]).file.is_err());
}

#[test]
fn headers_that_cannot_be_told_are_refused_with_their_places() {
    let open = |rows: &[String]| Made::new().sheet("成员信息", &rows.concat(), "").open(&[members()]);
    let header = |number| row(number, &["户编号", "姓名"]);
    for (rows, wanted) in [
        (vec![], vec![("成员信息", "SHEET_EMPTY")]),
        (vec![row(1, &["鞋码", "帽"])], vec![("成员信息", "HEADER_MISSING")]),
        (vec![header(6)], vec![("成员信息", "HEADER_MISSING")]),
        (
            vec![header(2), header(3), row(4, &["h1", "金哲"]), header(40)],
            vec![("成员信息!3", "HEADER_TWICE"), ("成员信息!40", "HEADER_TWICE")],
        ),
        (vec![row(2, &["户编号", "姓名", "姓 名"])], vec![("成员信息!C2", "COLUMN_DUPLICATE")]),
        (vec![header(2), row(7, &["h1", "金哲", "", "多"])], vec![("成员信息!D7", "COLUMN_UNTITLED")]),
    ] {
        let wanted: Vec<_> = wanted.into_iter().map(|(place, reason)| (place.to_owned(), reason)).collect();
        assert_eq!(open(&rows).problems(), wanted);
    }
}

#[test]
fn cells_and_rows_have_their_limits() {
    let long = "长".repeat(40_000);
    let rows = [row(1, &["户编号", "姓名"]), row(2, &["h1", &long])].concat();
    let file = Made::new().sheet("成员信息", &rows, "").open(&[members()]);
    assert_eq!(file.problems(), [("成员信息!B2".to_owned(), "CELL_TOO_LARGE")]);
    let huge = "x".repeat(50 << 20);
    let rows = [row(1, &["户编号", "姓名"]), row(2, &["h1", &huge])].concat();
    let bytes = Made::new().sheet("成员信息", &rows, "").bytes();
    let file = opened("成员.xlsx", &bytes, &[members()]);
    assert_eq!(file.problems(), [("成员信息!B2".to_owned(), "CELL_TOO_LARGE")]);
    let csv = format!("户编号,姓名\nh1,{huge}\n");
    assert_eq!(
        opened("a.csv", csv.as_bytes(), &[members()]).problems(),
        [("B2".to_owned(), "CELL_TOO_LARGE")]
    );
    let wide = format!("户编号,姓名\n{}\n", ",x".repeat(10_000));
    assert_eq!(
        opened("a.csv", wide.as_bytes(), &[members()]).problems(),
        [("2".to_owned(), "COLUMNS_TOO_MANY")]
    );
    let wide =
        [row(1, &["户编号", "姓名"]), format!(r#"<row r="2">{}</row>"#, crate::made::text("XFD2", "x"))]
            .concat();
    let file = Made::new().sheet("成员信息", &wide, "").open(&[members()]);
    assert_eq!(file.problems(), [("成员信息!XFD2".to_owned(), "COLUMNS_TOO_MANY")]);
}

#[test]
fn a_row_of_a_workbook_is_bounded_as_a_whole() {
    let open = |second: String, behind: &str| {
        let rows = row(1, &["户编号", "姓名"]) + &second;
        Made::new().sheet("成员信息", &rows, behind).open(&[members()])
    };
    let many = |count: usize, bytes: usize| row(2, &vec!["x".repeat(bytes).as_str(); count]);
    let too_many = open(many(600, 1), "");
    assert_eq!(too_many.problems(), [("成员信息!2".to_owned(), "COLUMNS_TOO_MANY")]);
    let failure = too_many.file.unwrap_err();
    let message = failure.violation_list()[0].message(Language::Zh);
    assert_eq!(message, "列数过多：有 600 列，最多 512 列");
    assert_eq!(open(many(40, 30_000), "").problems(), [("成员信息!2".to_owned(), "ROW_TOO_LARGE")]);
    // Cells without anything in them are no columns.
    let blank: String = (0..16_000).map(|at| format!(r#"<c r="{}2" s="3"/>"#, sheet::letters(at))).collect();
    let blank = open(format!(r#"<row r="2">{}{blank}</row>"#, crate::made::text("A2", "h1")), "");
    assert_eq!(blank.rows(0)[0].1.cells, ["h1"]);
}

#[test]
fn what_is_wrong_with_a_csv_file_of_many_columns_is_told_with_both_numbers() {
    let wide = format!("户编号,姓名\n{}\n", ",x".repeat(9_999));
    let failure = opened("a.csv", wide.as_bytes(), &[members()]).file.unwrap_err();
    assert_eq!(failure.violation_list()[0].message(Language::Zh), "列数过多：有 10000 列，最多 512 列");
}
