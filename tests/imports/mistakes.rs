//! Every kind of mistake in one file: the dry run says of each row what the import says, and stores nothing.

use proto::common::RowError;
use suite::fixtures::{COUNTY, FOREIGN_VILLAGE, divisions, household as foreign, id_number};
use suite::harness::{Harness, on_each};
use suite::table::Imported;

use super::sheets::{HOUSEHOLDS, MEMBERS, household, household_part, member_part, members, with};
use super::stream::{Part, whole};

/// What a row's mistake is and how it must be told: column and reason; nothing where the row is right.
type Row = (Vec<String>, &'static [(&'static str, &'static str)]);

fn household_rows() -> Vec<Row> {
    let changed = |number: usize, changes: &[(&str, &str)]| with(household(number), HOUSEHOLDS, changes);
    let mut crowded = household(34);
    crowded.push("多余".to_owned());
    let cut = household(35)[..5].to_vec();
    vec![
        (household(1), &[]),
        (changed(2, &[("开户银行", "农业银行")]), &[]),
        (changed(3, &[("脱贫属性", "未脱贫")]), &[]),
        (household(20), &[]),
        (changed(21, &[("行政村", "无名村")]), &[("行政村", "PLACE_UNKNOWN")]),
        (changed(22, &[("户主证件号码", "110105194912310021")]), &[("户主证件号码", "ID_NUMBER_CHECKSUM")]),
        (changed(23, &[("主要致贫原因", "运气不好")]), &[("主要致贫原因", "CODE_UNKNOWN")]),
        (changed(24, &[("户编号", "")]), &[("户编号", "FIELD_REQUIRED")]),
        (changed(25, &[("识别年度", "2016")]), &[("识别年度", "DATE_IN_FUTURE")]),
        (changed(26, &[("识别年度", "去年")]), &[("识别年度", "INTEGER_INVALID")]),
        (changed(27, &[("耕地面积(亩)", "1.234")]), &[("耕地面积(亩)", "AMOUNT_DECIMALS")]),
        (changed(28, &[("耕地面积(亩)", "99999999999999999999")]), &[("耕地面积(亩)", "AMOUNT_OVERFLOW")]),
        (changed(29, &[("脱贫属性", "清退")]), &[("脱贫属性", "CODE_UNKNOWN")]),
        (household(20), &[("", "DUPLICATE_IN_FILE")]),
        (changed(30, &[("联系电话", "138****1234")]), &[("联系电话", "VALUE_MASKED")]),
        (changed(1, &[("户编号", "foreign")]), &[("户编号", "REGISTERED_ELSEWHERE")]),
        (changed(31, &[("户主姓名", "(空)")]), &[("户主姓名", "FIELD_REQUIRED")]),
        (changed(4, &[("联系电话", "138****0004"), ("银行账号", "（空）")]), &[]),
        (
            changed(32, &[("县市", "和龙市"), ("行政村", "上南村"), ("乡镇", "八家子镇")]),
            &[("行政村", "PLACE_UNKNOWN")],
        ),
        (changed(33, &[("识别年度", "")]), &[("识别年度", "FIELD_REQUIRED")]),
        (crowded, &[("", "ROW_CELL_COUNT")]),
        (cut, &[("识别年度", "FIELD_REQUIRED")]),
        (household(36), &[]),
    ]
}

fn member_rows() -> Vec<Row> {
    let member = |number: usize, at: usize, changes: &[(&str, &str)]| {
        with(members(number)[at].clone(), MEMBERS, changes)
    };
    let head = |number: u32| id_number("1950-02-03", number);
    let disabled = format!("{}43", head(36));
    vec![
        // Known from before, and members of households that the same job has made.
        (member(1, 1, &[]), &[]),
        (member(20, 0, &[]), &[]),
        (member(20, 1, &[]), &[]),
        (member(36, 0, &[("证件号码", &disabled)]), &[]),
        // Of households that are not there: never were, or were refused with their row.
        (member(99, 1, &[]), &[("户编号", "REFERENCE_NOT_FOUND")]),
        (member(21, 1, &[]), &[("户编号", "REFERENCE_NOT_FOUND")]),
        (member(36, 1, &[("户编号", ""), ("人编号", "m9")]), &[("户编号", "FIELD_REQUIRED")]),
        (member(36, 1, &[("户编号", "foreign"), ("人编号", "m10")]), &[("户编号", "REGISTERED_ELSEWHERE")]),
        (
            member(36, 1, &[("证件号码", "110105194912310021"), ("人编号", "m1")]),
            &[("证件号码", "ID_NUMBER_CHECKSUM")],
        ),
        (
            member(36, 1, &[("证件号码", &id_number("1960-01-01", 5)), ("人编号", "m2")]),
            &[("出生日期", "BIRTH_DATE_DIFFERS")],
        ),
        (
            member(36, 1, &[("证件号码", &id_number("1951-02-01", 2)), ("人编号", "m3")]),
            &[("性别", "SEX_DIFFERS")],
        ),
        (member(36, 1, &[("出生日期", "1951-02-30"), ("人编号", "m4")]), &[("出生日期", "DATE_INVALID")]),
        (member(36, 1, &[("出生日期", "2018-01-01"), ("人编号", "m5")]), &[("出生日期", "DATE_IN_FUTURE")]),
        (member(36, 1, &[("与户主关系", "朋友"), ("人编号", "m6")]), &[("与户主关系", "CODE_UNKNOWN")]),
        (member(36, 1, &[("务工时间(月)", "-1"), ("人编号", "m7")]), &[("务工时间(月)", "NUMBER_NEGATIVE")]),
        (member(36, 1, &[("姓名", ""), ("人编号", "m8")]), &[("姓名", "FIELD_REQUIRED")]),
        // Somebody of another household, of both keys of two persons, and somebody twice.
        (member(2, 1, &[("户编号", "h36")]), &[("户编号", "MEMBERSHIP_OVERLAPS")]),
        (member(4, 1, &[("人编号", "r4"), ("证件号码", &head(5))]), &[("", "IDENTITY_AMBIGUOUS")]),
        (member(20, 0, &[("户编号", "h36")]), &[("", "DUPLICATE_IN_FILE")]),
        (member(3, 1, &[("人员变动类型", "死亡"), ("变动日期", "2015-03-01")]), &[]),
        (member(3, 2, &[("健康状况", "健康、发热")]), &[("健康状况", "CODE_UNKNOWN")]),
        (member(36, 1, &[]), &[]),
    ]
}

async fn before(harness: &Harness) {
    divisions(harness).await;
    let clerk = harness.client("registry", &harness.token("township_clerk", &["222406"]));
    foreign(clerk, "foreign", FOREIGN_VILLAGE, "2014-12-31").await;
    let known = [
        household_part((1..8).map(household).collect(), "2015-06-30"),
        member_part((1..8).flat_map(members).collect(), "2015-06-30"),
    ];
    let done = whole(harness.client("registry", &harness.token("data_steward", &[COUNTY])), &known, 50)
        .await
        .unwrap();
    assert!(done.iter().all(|table| table.errors.is_empty()), "{done:?}");
}

/// Everything that is told of rows, in their order, warnings and texts included.
fn verdicts(done: &[Imported]) -> Vec<Vec<RowError>> {
    done.iter().map(|table| table.errors.clone()).collect()
}

async fn rows(harness: &Harness) -> Vec<(String, i64)> {
    let db = &harness.databases["registry"];
    let mut counts = Vec::new();
    // The audit has a dry run as well.
    for table in db.tables().await.unwrap().into_iter().filter(|table| table != "audit") {
        let count = db.all(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap()[0].integer(0);
        counts.push((table, count));
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dry_run_says_of_every_row_what_the_import_says() {
    on_each(async |harness| {
        before(&harness).await;
        let steward = || harness.client("registry", &harness.token("data_steward", &[COUNTY]));
        let (households, members) = (household_rows(), member_rows());
        let cells = |rows: &[Row]| rows.iter().map(|(cells, _)| cells.clone()).collect();
        let parts =
            [household_part(cells(&households), "2015-12-31"), member_part(cells(&members), "2015-12-31")];
        let dry: Vec<Part> = parts
            .iter()
            .map(|part| {
                let mut part = part.clone();
                part.header.job = suite::harness::request_id();
                part.header.validate_only = true;
                part
            })
            .collect();
        let stood = rows(&harness).await;
        // In small batches and in one: what the job has staged counts in both.
        let tried = whole(steward(), &dry, 3).await.unwrap();
        let tried_at_once = whole(steward(), &dry, 100).await.unwrap();
        assert_eq!(rows(&harness).await, stood, "a dry run stores nothing");
        let done = whole(steward(), &parts, 3).await.unwrap();

        for (table, expected) in done.iter().zip([&households, &members]) {
            let told = |row: i64| -> Vec<(&str, &str)> {
                let errors = table.errors.iter().filter(|error| error.row == row && !error.warning);
                errors.map(|error| (error.column.as_str(), error.reason.as_str())).collect()
            };
            for (row, (cells, mistakes)) in (1..).zip(expected.iter()) {
                for mistake in *mistakes {
                    assert!(told(row).contains(mistake), "row {row}: {:?}, {cells:?}", told(row));
                }
                assert!(
                    !mistakes.is_empty() || told(row).is_empty(),
                    "row {row}: {:?}, {cells:?}",
                    told(row)
                );
            }
        }
        for (other, counted) in [(&tried, "in small batches"), (&tried_at_once, "at once")] {
            for (one, other) in verdicts(&done).iter().zip(&verdicts(other)) {
                for (one, other) in one.iter().zip(other) {
                    assert_eq!(one, other, "{counted}");
                }
                assert_eq!(one.len(), other.len(), "{counted}");
            }
            for (one, other) in done.iter().zip(other.iter()) {
                assert_eq!(one.counts(), other.counts(), "{counted}");
                assert_eq!(one.summary.blanks_kept, other.summary.blanks_kept, "{counted}");
            }
        }
        let warned: Vec<&str> =
            done[0].errors.iter().filter(|error| error.warning).map(|error| error.reason.as_str()).collect();
        assert!(warned.contains(&"STANDING_DIFFERS"), "{warned:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_follows_numbers_from_row_to_row() {
    on_each(async |harness| {
        before(&harness).await;
        let token = harness.token("data_steward", &[COUNTY]);
        let steward = || harness.client("registry", &token);
        let (titles, known) = super::stream::export(steward(), "registry.households", None).await.unwrap();
        let of = |number: &str| {
            let at = titles.iter().position(|title| title == "户编号").unwrap();
            known.iter().find(|row| row[at] == number).unwrap().clone()
        };
        let columns: Vec<&str> = titles.iter().map(String::as_str).collect();
        // A number is given up by one household and taken by another, in one file.
        let rows = vec![
            with(of("h1"), &columns, &[("户编号", "h1-new")]),
            with(of("h2"), &columns, &[("户编号", "h1")]),
            with(of("h3"), &columns, &[("户编号", "h4")]),
        ];
        let mut part = household_part(rows, "2015-12-31");
        part.header.columns.clone_from(&titles);
        let mut dry = part.clone();
        dry.header.job = suite::harness::request_id();
        dry.header.validate_only = true;
        for size in [1, 10] {
            let tried = whole(steward(), std::slice::from_ref(&dry), size).await.unwrap();
            assert_eq!(tried[0].reasons(), [(3, "", "IDENTITY_AMBIGUOUS")], "{size} rows a batch");
        }
        let done = whole(steward(), &[part], 1).await.unwrap();
        assert_eq!(done[0].reasons(), [(3, "", "IDENTITY_AMBIGUOUS")]);
    })
    .await;
}
