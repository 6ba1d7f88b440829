//! Files through the gateway: every table out and in again in every format, rejected rows back, and what is refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

#[path = "files/face.rs"]
mod face;
#[path = "files/http.rs"]
mod http_face;
#[path = "files/round_trips.rs"]
mod round_trips;

use proto::xiuhua::gateway::v1::{FileFormat, ImportFileRequest};
use suite::fixtures::{COUNTY, divisions};
use suite::front::gateway;
use suite::harness::{Backend, Harness, on_each, request_id};
use tonic::Code;

use face::Files;

const HOUSEHOLDS: &str = "\
户信息\n填报日期:2015-12-31\n县市,乡镇,行政村,户编号,户主姓名,户主证件号码,贫困户属性,主要致贫原因,识别年度,脱贫属性\n\
龙井市,朝阳川镇,龙岩村,h1,金顺子,11010519491231002X,一般贫困户,因病,2014,未脱贫\n\
龙井市,朝阳川镇,没有的村,h2,=李明,2.22405E+17,一般贫困户,没运气,2014,未脱贫\n";

#[tokio::test(flavor = "multi_thread")]
async fn rejected_rows_come_back_in_their_form_to_who_sent_them() {
    on_each(async |mut harness: Harness| {
        divisions(&harness).await;
        gateway(&mut harness).await;
        let files = Files(harness.client("gateway", &harness.token("data_steward", &[COUNTY])));
        let job = request_id();
        let header = ImportFileRequest {
            name: "户信息".to_owned(),
            job: job.clone(),
            area: COUNTY.to_owned(),
            file_name: "户信息.csv".to_owned(),
            ..ImportFileRequest::default()
        };
        let dry = ImportFileRequest { validate_only: true, ..header.clone() };
        let dry = files.import(dry, HOUSEHOLDS.as_bytes()).await.unwrap();
        let done = files.import(header.clone(), HOUSEHOLDS.as_bytes()).await.unwrap();
        let told = |done: &face::Done| {
            let told =
                done.errors.iter().map(|error| (error.row, error.column.clone(), error.reason.clone()));
            let mut told: Vec<_> = told.collect();
            told.sort();
            told
        };
        assert_eq!(told(&dry), told(&done), "the dry run said otherwise");
        let of = |column: &str, reason: &str| (5, column.to_owned(), reason.to_owned());
        for wanted in [
            of("行政村", "PLACE_UNKNOWN"),
            of("户主证件号码", "CELL_DIGITS_LOST"),
            of("主要致贫原因", "CODE_UNKNOWN"),
        ] {
            assert!(told(&done).contains(&wanted), "{wanted:?}: {:?}", told(&done));
        }
        assert_eq!(done.notices, ["FORM_DATE_READ"]);
        let reasons: Vec<_> =
            done.summaries[0].rejected_reasons.iter().map(|reason| reason.column.as_str()).collect();
        assert!(reasons.contains(&"行政村") && reasons.len() == 3, "{reasons:?}");

        let file = files.errors(&job, FileFormat::Csv).await.unwrap();
        assert_eq!(file.head.file_name, "户信息-退回.csv");
        let text = String::from_utf8(file.bytes).unwrap();
        assert!(text.contains("没有的村,h2,'=李明,2.22405E+17,") && text.contains("行号,错误原因"), "{text}");
        let fixed = text.replace("没有的村", "光石村").replace("2.22405E+17", "").replace("没运气", "因病");
        let fixed_header =
            ImportFileRequest { job: String::new(), form_date: "2015-12-31".to_owned(), ..header };
        let again = files.import(fixed_header, fixed.as_bytes()).await.unwrap();
        let progress = again.summaries[0].progress.clone().unwrap();
        assert_eq!(
            (progress.accepted, progress.unchanged, progress.rejected),
            (1, 0, 0),
            "{:?}",
            again.errors
        );

        let stranger =
            Files(harness.client("gateway", &harness.token_of("other", "data_steward", &[COUNTY])));
        let refused = stranger.errors(&job, FileFormat::Xlsx).await.unwrap_err();
        assert_eq!(refused.code(), Code::NotFound, "{refused:?}");
        let book = files.errors(&job, FileFormat::Xlsx).await.unwrap();
        assert!(book.bytes.starts_with(b"PK"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_file_that_nobody_has_touched_is_rejected_as_before() {
    on_each(async |mut harness: Harness| {
        divisions(&harness).await;
        gateway(&mut harness).await;
        let files = Files(harness.client("gateway", &harness.token("data_steward", &[COUNTY])));
        let row = |number: &str, id: &str, phone: &str| {
            format!("龙井市,朝阳川镇,龙岩村,{number},金顺子,{id},{phone},一般贫困户,因病,2014,未脱贫\n")
        };
        let header = "县市,乡镇,行政村,户编号,户主姓名,户主证件号码,联系电话,贫困户属性,主要致贫原因,识别年度,脱贫属性\n";
        let rows = [
            row("h1", "2.22405E+17", ""),
            row("h2", "", "#N/A"),
            row("h3", "", "#未计算"),
            row("h4", "", "#跨列合并:13844331234"),
            row("h5", "", "13844331234"),
        ];
        let mut sent = format!("{header}{}", rows.concat()).into_bytes();
        let wanted = ["CELL_DIGITS_LOST", "CELL_ERROR_VALUE", "CELL_NOT_CALCULATED", "CELL_MERGED_ACROSS"];
        let mut first = None;
        for format in [FileFormat::Xlsx, FileFormat::Csv, FileFormat::CsvGb18030, FileFormat::Xlsx] {
            let asked = ImportFileRequest {
                name: "户信息".to_owned(),
                job: request_id(),
                area: COUNTY.to_owned(),
                form_date: "2015-12-31".to_owned(),
                ..ImportFileRequest::default()
            };
            let job = asked.job.clone();
            let done = files.import(asked, &sent).await.unwrap();
            let mut told: Vec<_> = done
                .errors
                .iter()
                .map(|error| (error.column.clone(), error.reason.clone(), error.cell.clone(), error.message.clone()))
                .collect();
            assert_eq!(told.iter().map(|(_, reason, ..)| reason.as_str()).collect::<Vec<_>>(), wanted);
            assert!(told[3].2.contains('*'), "the clerk sees what stood there: {told:?}");
            told.sort();
            assert_eq!(first.get_or_insert_with(|| told.clone()), &told, "{format:?}");
            let progress = done.summaries[0].progress.clone().unwrap();
            assert_eq!(progress.rejected, 4);
            sent = files.errors(&job, format).await.unwrap().bytes;
        }
    })
    .await;
}

const EXITS: &str = "\
县市,乡镇,行政村,户编号,户主姓名,家庭人口,脱贫年度,人均纯收入(元),是否不愁吃,是否不愁穿,义务教育是否保障,基本医疗是否保障,住房安全是否保障,饮水是否安全,民主评议日期,村公示起,村公示止,户主签字,驻村工作队核实人,乡镇审核日期,县批准日期,公告日期\n\
龙井市,朝阳川镇,龙岩村,h1,金顺子,1,2016,5200,是,是,是,是,是,是,2016-09-01,2016-09-02,2016-09-09,是,王明,2016-09-12,2016-11-25,2016-11-28\n";

const RELAPSES: &str = "\
县市,乡镇,行政村,户编号,户主姓名,家庭人口,识别年度,认定类别,返贫原因,是否错退,民主评议日期,第一次公示起,第一次公示止,乡镇审核日期,第二次公示起,第二次公示止,县批准日期,公告日期\n\
龙井市,朝阳川镇,龙岩村,h1,金顺子,1,2017,返贫,因病,否,2017-03-01,2017-03-02,2017-03-09,2017-03-12,2017-03-13,2017-03-20,2017-03-25,2017-03-28\n";

/// The one table of which no rows are made at random.
#[tokio::test(flavor = "multi_thread")]
async fn a_roster_of_those_who_fell_back_comes_back_unchanged() {
    let mut harness = Harness::start(&Backend::Sqlite).await;
    divisions(&harness).await;
    gateway(&mut harness).await;
    let files = Files(harness.client("gateway", &harness.token("data_steward", &[COUNTY])));
    let import = async |name: &str, bytes: &[u8]| {
        let asked = ImportFileRequest {
            name: name.to_owned(),
            area: COUNTY.to_owned(),
            form_date: "2015-12-31".to_owned(),
            ..ImportFileRequest::default()
        };
        let done = files.import(asked, bytes).await.unwrap();
        let progress = done.summaries[0].progress.clone().unwrap();
        (progress.accepted, progress.unchanged, progress.rejected)
    };
    assert_eq!(import("户信息", HOUSEHOLDS.as_bytes()).await, (1, 0, 1));
    assert_eq!(import("registry.exits", EXITS.as_bytes()).await, (1, 0, 0));
    assert_eq!(import("registry.identifications", RELAPSES.as_bytes()).await, (1, 0, 0));
    for format in [FileFormat::Xlsx, FileFormat::Csv, FileFormat::CsvGb18030] {
        let file = files.export("registry.identifications", format).await.unwrap();
        assert_eq!(import("registry.identifications", &file.bytes).await, (1, 1, 0), "{format:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_none_changes_nothing_and_is_told_with_its_place() {
    let mut harness = Harness::start(&Backend::Sqlite).await;
    divisions(&harness).await;
    gateway(&mut harness).await;
    let files = Files(harness.client("gateway", &harness.token("data_steward", &[COUNTY])));
    let header = |name: &str| ImportFileRequest {
        name: name.to_owned(),
        form_date: "2015-12-31".to_owned(),
        area: COUNTY.to_owned(),
        ..ImportFileRequest::default()
    };
    for (name, bytes, reason) in [
        ("户信息", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), "FILE_KIND"),
        ("户信息", b"PK\x03\x04 and nothing more".to_vec(), "FILE_PART_BROKEN"),
        ("户信息", "鞋码,帽\n1,2\n".as_bytes().to_vec(), "HEADER_MISSING"),
        ("户信息", Vec::new(), "SHEET_EMPTY"),
        ("户信息", "户编号,户编号\nh1,h1\n".as_bytes().to_vec(), "COLUMN_DUPLICATE"),
        ("没有的表", HOUSEHOLDS.as_bytes().to_vec(), "TABLE_UNKNOWN"),
    ] {
        let refused = files.import(header(name), &bytes).await.unwrap_err();
        let problem = runtime::status::Problem::of(&refused);
        assert_eq!(problem.reason, reason, "{refused:?}");
    }
    let office = harness.token("county_office", &[COUNTY]);
    let rows = files.export("户信息", FileFormat::Csv).await.unwrap();
    assert_eq!(String::from_utf8(rows.bytes).unwrap().lines().count(), 1, "nothing was written");
    let reader = Files(harness.client("gateway", &harness.token("auditor", &[COUNTY])));
    let refused = reader.import(header("户信息"), HOUSEHOLDS.as_bytes()).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let blank =
        Files(harness.client("gateway", &office)).template("户主及成员信息", FileFormat::Xlsx).await.unwrap();
    assert_eq!(blank.head.file_name, "户主及成员信息.xlsx");
    assert!(blank.bytes.starts_with(b"PK"));
    let csv = files.template("户主及成员信息", FileFormat::Csv).await.unwrap_err();
    assert_eq!(csv.code(), Code::InvalidArgument);
}
