//! Files: by row and column, and streams that break.

use proto::common::import_rows_request::Part as Asked;
use proto::common::import_rows_response::Part as Told;
use proto::common::table_service_client::TableServiceClient;
use proto::common::{
    GetImportJobRequest, ImportBatch, ImportEnd, ImportHeader, ImportJobState, ImportRowsRequest, Row,
    RowError,
};
use suite::counties::{self, HELONG, HOUSEHOLDS, LONGJING, MEMBERS, RELIEFS};
use suite::fixtures::{COUNTY, VILLAGE, divisions, household, id_number, refused};
use suite::harness::{Backend, Harness, on_each, request_id};
use suite::table::{header, import, row};
use tonic::{Code, Status};

use super::{LANGUAGES, in_all_languages, speaks, steward, steward_in, stored};

/// Imports in every language, each with a job of its own. Gives row, column and reason of each error, which must not differ,
/// and the errors as the last language tells them.
async fn imported(
    harness: &Harness,
    service: &str,
    head: &ImportHeader,
    rows: &[Vec<String>],
) -> (Vec<(i64, String, String)>, Vec<RowError>) {
    let mut first: Option<Vec<(i64, String, String)>> = None;
    let mut last = Vec::new();
    for language in LANGUAGES {
        let token = harness.token("data_steward", &[COUNTY]);
        let head = ImportHeader { job: request_id(), ..head.clone() };
        let done = import(harness.client_in(language, service, &token), head, rows).await.unwrap();
        for error in &done.errors {
            assert!(speaks(language, &error.message), "{language}: {error:?}");
            assert!(!error.message.contains('–'), "an argument is missing: {error:?}");
        }
        let told: Vec<_> =
            done.errors.iter().map(|error| (error.row, error.column.clone(), error.reason.clone())).collect();
        assert_eq!(first.get_or_insert_with(|| told.clone()), &told, "{language}");
        last = done.errors;
    }
    (first.unwrap_or_default(), last)
}

fn places(told: &[(i64, String, String)]) -> Vec<(i64, &str, &str)> {
    told.iter().map(|(row, column, reason)| (*row, column.as_str(), reason.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_files_header_is_told_everything_before_a_row_is_read() {
    on_each(async |harness| {
        divisions(&harness).await;
        let before = stored(&harness).await;
        let columns = ["户编号", "户编号", "鞋码", "县市"];
        let head = ImportHeader {
            job: "7".to_owned(),
            form_title: "户主\u{1b}[2J".to_owned(),
            document_no: "1\r".to_owned(),
            file_digest: "0\n".to_owned(),
            reason: "误录\u{202e}".to_owned(),
            ..header("registry.households", HELONG.code, "", &columns)
        };
        let told = in_all_languages(async |language| {
            import(steward_in(&harness, language), head.clone(), &[LONGJING.household_row("", "")]).await
        })
        .await;
        let fields = told.fields();
        for wanted in [
            ("header.columns", "COLUMN_DUPLICATE"),
            ("header.columns", "COLUMN_UNKNOWN"),
            ("header.columns", "COLUMN_MISSING"),
            ("header.area", "AREA_FORBIDDEN"),
            ("header.form_date", "FORM_DATE_REQUIRED"),
            ("header.job", "REQUEST_ID_INVALID"),
            ("header.form_title", "TEXT_INVALID"),
            ("header.document_no", "TEXT_INVALID"),
            ("header.file_digest", "TEXT_INVALID"),
            ("header.reason", "TEXT_INVALID"),
        ] {
            assert!(fields.contains(&wanted), "{wanted:?}: {fields:?}");
        }
        for (date, reason) in [("2015-02-30", "DATE_INVALID"), ("2018-01-01", "DATE_IN_FUTURE")] {
            let head = header("registry.households", LONGJING.code, date, HOUSEHOLDS);
            let told = in_all_languages(async |language| {
                import(steward_in(&harness, language), head.clone(), &[]).await
            })
            .await;
            assert_eq!(told.fields(), [("header.form_date", reason)]);
        }
        let head = header("registry.shoes", LONGJING.code, "2015-12-31", HOUSEHOLDS);
        let told = in_all_languages(async |language| {
            import(steward_in(&harness, language), head.clone(), &[]).await
        })
        .await;
        assert_eq!(told.told(), (Code::NotFound, "TABLE_UNKNOWN"));
        assert_eq!(stored(&harness).await, before);
    })
    .await;
}

/// The row with another value in a column.
fn but(columns: &[&str], row: &[String], changes: &[(&str, &str)]) -> Vec<String> {
    let mut row = row.to_vec();
    for (title, cell) in changes {
        let column = columns.iter().position(|column| column == title).expect("a column");
        (*cell).clone_into(&mut row[column]);
    }
    row
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_households_are_told_row_by_row_and_column_by_column() {
    on_each(async |harness| {
        divisions(&harness).await;
        let before = stored(&harness).await;
        let fine = LONGJING.household_row("13844331234", "6222021234567891");
        let of = |changes: &[(&str, &str)]| but(HOUSEHOLDS, &fine, changes);
        let mut long = of(&[("户编号", "h5")]);
        long.push("多余".to_owned());
        let rows = [
            of(&[("户编号", "h1"), ("行政村", "无名村")]),
            of(&[("户编号", "h2"), ("户主证件号码", "110105194912310021"), ("主要致贫原因", "没运气")]),
            of(&[("户编号", "h3"), ("识别年度", "2018")]),
            of(&[("户编号", "h4"), ("脱贫属性", "也许"), ("识别年度", "二〇一四")]),
            long,
            of(&[("户编号", "h6"), ("户主姓名", "")]),
            of(&[("户编号", "h6")]),
        ];
        let head = header("registry.households", LONGJING.code, "2015-12-31", HOUSEHOLDS);
        let (told, errors) = imported(&harness, "registry", &head, &rows).await;
        let mut told = places(&told);
        told.sort_unstable();
        let wanted = [
            (1, "行政村", "PLACE_UNKNOWN"),
            (2, "主要致贫原因", "CODE_UNKNOWN"),
            (2, "户主证件号码", "ID_NUMBER_CHECKSUM"),
            (3, "识别年度", "DATE_IN_FUTURE"),
            (4, "脱贫属性", "CODE_UNKNOWN"),
            (4, "识别年度", "INTEGER_INVALID"),
            (5, "", "ROW_CELL_COUNT"),
            (6, "户主姓名", "FIELD_REQUIRED"),
            (7, "", "DUPLICATE_IN_FILE"),
        ];
        for place in wanted {
            assert!(told.contains(&place), "{place:?}: {told:?}");
        }
        let offered = errors.iter().find(|error| error.column == "主要致贫原因").unwrap();
        assert!(offered.candidates.contains(&"因病".to_owned()), "{offered:?}");
        let sensitive = errors.iter().find(|error| error.column == "户主证件号码").unwrap();
        assert_eq!(sensitive.cell, "11*************021");
        assert_eq!(stored(&harness).await, before, "nothing of a refused row is there");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_members_are_told_row_by_row_and_column_by_column() {
    on_each(async |harness| {
        divisions(&harness).await;
        for county in [LONGJING, HELONG] {
            let rows = [county.household_row("", "")];
            let table = "registry.households";
            let done = counties::load(&harness, &county, "registry", table, HOUSEHOLDS, &rows).await;
            assert_eq!(done.reasons(), []);
            let rows = [county.head_row()];
            let done =
                counties::load(&harness, &county, "registry", "registry.members", MEMBERS, &rows).await;
            assert_eq!(done.reasons(), []);
        }
        household(steward(&harness), "222405100201-2", VILLAGE, "2015-01-01").await;
        let before = stored(&harness).await;
        let number = LONGJING.household_no();
        let (mine, foreign) = (LONGJING.head_id(), HELONG.head_id());
        let woman = id_number("1980-01-02", 4);
        let rows = [
            row(&[&number, "q1", "李一", "女", "110105194912310021", "2017-02-30", "路人", "强壮", "", ""]),
            row(&[&number, "q2", "李二", "男", &woman, "1980-01-03", "配偶", "健康", "", ""]),
            row(&[&number, "q3", "李三", "男", "", "2018-01-01", "配偶", "健康", "", ""]),
            row(&["222405100201-2", "", "金顺子", "女", &mine, "", "户主", "健康", "", ""]),
            row(&[&number, "", "金顺子", "女", &foreign, "", "配偶", "健康", "", ""]),
            row(&[&HELONG.household_no(), "q6", "李六", "男", "", "1980-01-01", "户主", "健康", "", ""]),
            row(&["h-none", "q7", "李七", "男", "", "1980-01-01", "户主", "健康", "", ""]),
            row(&["", "q8", "李八", "男", "", "1980-01-01", "户主", "健康", "", ""]),
        ];
        let head = header("registry.members", LONGJING.code, "2015-12-31", MEMBERS);
        let (told, errors) = imported(&harness, "registry", &head, &rows).await;
        let told = places(&told);
        let wanted = [
            (1, "证件号码", "ID_NUMBER_CHECKSUM"),
            (1, "出生日期", "DATE_INVALID"),
            (1, "与户主关系", "CODE_UNKNOWN"),
            (1, "健康状况", "CODE_UNKNOWN"),
            (2, "出生日期", "BIRTH_DATE_DIFFERS"),
            (2, "性别", "SEX_DIFFERS"),
            (3, "出生日期", "DATE_IN_FUTURE"),
            (4, "户编号", "MEMBERSHIP_OVERLAPS"),
            (5, "证件号码", "REGISTERED_ELSEWHERE"),
            (6, "户编号", "REGISTERED_ELSEWHERE"),
            (7, "户编号", "REFERENCE_NOT_FOUND"),
            (8, "户编号", "FIELD_REQUIRED"),
        ];
        for place in wanted {
            assert!(told.contains(&place), "{place:?}: {told:?}");
        }
        // Of what is registered elsewhere only the county is told.
        for error in errors.iter().filter(|error| error.reason == "REGISTERED_ELSEWHERE") {
            assert!(error.message.contains(HELONG.code), "{error:?}");
            assert!(
                !error.message.contains(HELONG.village_code) && !error.message.contains('/'),
                "{error:?}"
            );
            assert!(error.candidates.is_empty(), "{error:?}");
        }
        assert_eq!(stored(&harness).await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_that_are_none_are_told() {
    on_each(async |harness| {
        divisions(&harness).await;
        counties::enter(&harness, &LONGJING).await;
        let before = stored(&harness).await;
        let fine = row(&[
            "龙井市",
            "朝阳川镇",
            "龙岩村",
            &LONGJING.household_no(),
            "金顺子",
            &LONGJING.head_id(),
            "火灾",
            "1",
            "否",
            "2017-06-01",
            "2017-06-10",
            "1200",
            "",
            "",
            "",
        ]);
        let of = |changes: &[(&str, &str)]| but(RELIEFS, &fine, changes);
        let rows = [
            of(&[("批准金额(元)", "1200.005")]),
            of(&[("批准金额(元)", "99999999999999999999"), ("救助人数", "0")]),
            of(&[("批准金额(元)", "一千")]),
            of(&[("批准金额(元)", "-5")]),
            of(&[("申请日期", "2017-02-30"), ("是否低保对象", "大概")]),
            of(&[("申请日期", "2017-12-01"), ("批准日期", "")]),
        ];
        let head = header("social_security.temporary_reliefs", LONGJING.code, "", RELIEFS);
        let (told, _) = imported(&harness, "assistance", &head, &rows).await;
        let told = places(&told);
        let wanted = [
            (1, "批准金额(元)", "AMOUNT_DECIMALS"),
            (2, "批准金额(元)", "AMOUNT_OVERFLOW"),
            (2, "救助人数", "NUMBER_OUT_OF_RANGE"),
            (3, "批准金额(元)", "AMOUNT_INVALID"),
            (4, "批准金额(元)", "NUMBER_NEGATIVE"),
            (5, "申请日期", "DATE_INVALID"),
            (5, "是否低保对象", "BOOLEAN_INVALID"),
            (6, "申请日期", "DATE_IN_FUTURE"),
        ];
        for place in wanted {
            assert!(told.contains(&place), "{place:?}: {told:?}");
        }
        assert_eq!(stored(&harness).await, before);
    })
    .await;
}

fn message(part: Asked) -> ImportRowsRequest {
    ImportRowsRequest { part: Some(part) }
}

fn batch(first_row: i64, rows: &[Vec<String>]) -> ImportRowsRequest {
    let rows = rows.iter().map(|cells| Row { cells: cells.clone(), ..Row::default() }).collect();
    message(Asked::Batch(ImportBatch { first_row, rows }))
}

/// Households of these numbers.
fn numbered(numbers: std::ops::Range<u32>) -> Vec<Vec<String>> {
    let fine = LONGJING.household_row("", "");
    numbers
        .map(|number| but(HOUSEHOLDS, &fine, &[("户编号", &format!("h{number}")), ("户主证件号码", "")]))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_cut_in_half_is_told_and_goes_on_where_it_broke() {
    on_each(async |harness| {
        divisions(&harness).await;
        let head = header("registry.households", LONGJING.code, "2015-12-31", HOUSEHOLDS);
        let told = in_all_languages(async |language| {
            let head = ImportHeader { job: request_id(), validate_only: true, ..head.clone() };
            let end = ImportEnd { row_count: 4, file_digest: String::new() };
            let asked = [message(Asked::Header(head)), batch(1, &numbered(0..2)), message(Asked::End(end))];
            let mut service = TableServiceClient::new(steward_in(&harness, language));
            let mut answers = service.import_rows(tokio_stream::iter(asked)).await?.into_inner();
            while answers.message().await?.is_some() {}
            Ok(())
        })
        .await;
        assert_eq!(told.told(), (Code::InvalidArgument, "FILE_INCOMPLETE"));
        // The stream breaks off after its first batch, in the middle of the second.
        let (sender, receiver) = tokio::sync::mpsc::channel(4);
        let asked = tokio_stream::wrappers::ReceiverStream::new(receiver);
        let mut service = TableServiceClient::new(steward(&harness));
        sender.send(message(Asked::Header(head.clone()))).await.unwrap();
        let mut answers = service.import_rows(asked).await.unwrap().into_inner();
        sender.send(batch(1, &numbered(0..2))).await.unwrap();
        loop {
            let told = answers.message().await.unwrap().unwrap().part;
            if let Some(Told::Progress(progress)) = told {
                assert_eq!((progress.committed_through_row, progress.accepted), (2, 2));
                break;
            }
        }
        drop(answers);
        drop(sender);
        let asked = GetImportJobRequest { job: head.job.clone() };
        let job = service.get_import_job(asked.clone()).await.unwrap().into_inner().job.unwrap();
        assert_eq!((job.state(), job.tables[0].committed_through_row), (ImportJobState::Open, 2));
        assert_eq!(stored(&harness).await.0, 2);
        // Another file may not go on with the job.
        let other = ImportHeader { file_digest: "01".to_owned(), ..head.clone() };
        let told = in_all_languages(async |language| {
            import(steward_in(&harness, language), other.clone(), &numbered(0..4)).await
        })
        .await;
        assert_eq!(told.told(), (Code::FailedPrecondition, "JOB_OTHER_FILE"));
        let done = import(steward(&harness), head, &numbered(0..4)).await.unwrap();
        assert_eq!((done.reasons(), done.counts()), (vec![], (4, 0, 0, 0)));
        let job = service.get_import_job(asked).await.unwrap().into_inner().job.unwrap();
        assert_eq!(job.state(), ImportJobState::Completed);
        assert_eq!(stored(&harness).await.0, 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_out_of_order_end_the_stream() {
    let harness = Harness::start(&Backend::Sqlite).await;
    divisions(&harness).await;
    let head =
        || message(Asked::Header(header("registry.households", LONGJING.code, "2015-12-31", HOUSEHOLDS)));
    let end = || message(Asked::End(ImportEnd::default()));
    let cases = [
        vec![batch(1, &numbered(0..1))],
        vec![end()],
        vec![head(), head()],
        vec![head(), batch(3, &numbered(0..1)), batch(3, &numbered(1..2))],
        vec![ImportRowsRequest { part: None }],
    ];
    for asked in cases {
        let answer = async {
            let mut service = TableServiceClient::new(steward(&harness));
            let mut answers = service.import_rows(tokio_stream::iter(asked)).await?.into_inner();
            while answers.message().await?.is_some() {}
            Ok::<(), Status>(())
        };
        assert_eq!(refused(answer.await), "InvalidArgument STREAM_PROTOCOL");
    }
}
