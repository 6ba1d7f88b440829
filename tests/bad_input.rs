//! Bad input: one answer with everything that is wrong, each with its place, in the caller's language, and nothing stored.

use proto::common::import_rows_request::Part as Asked;
use proto::common::import_rows_response::Part as Told;
use proto::common::table_service_client::TableServiceClient;
use proto::common::{
    GetImportJobRequest, ImportBatch, ImportEnd, ImportHeader, ImportJobState, ImportRowsRequest, Row,
    RowError,
};
use proto::xiuhua::assistance::socialsecurity::v1 as social;
use proto::xiuhua::assistance::socialsecurity::v1::temporary_relief_service_client::TemporaryReliefServiceClient;
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use proto::xiuhua::registry::v1::membership_service_client::MembershipServiceClient;
use proto::xiuhua::registry::v1::person_service_client::PersonServiceClient;
use runtime::status::Problem;
use suite::counties::{self, HELONG, HOUSEHOLDS, LONGJING, MEMBERS, RELIEFS};
use suite::fixtures::{
    COUNTY, VILLAGE, changed_on, corrected, divisions, household, id_number, meta, person, refused,
};
use suite::harness::{Client, Harness, on_each, request_id};
use suite::table::{header, import, row};
use tonic::{Code, Status};

const LANGUAGES: [&str; 3] = ["zh", "ko", "en"];

fn steward(harness: &Harness) -> Client {
    harness.client("registry", &harness.token("data_steward", &[COUNTY]))
}

fn steward_in(harness: &Harness, language: &'static str) -> Client {
    harness.client_in(language, "registry", &harness.token("data_steward", &[COUNTY]))
}

/// How many households, persons and reliefs there are.
async fn stored(harness: &Harness) -> (usize, usize, usize) {
    let size = 1_000;
    let list = p::ListHouseholdsRequest { page_size: size, ..Default::default() };
    let households = HouseholdServiceClient::new(steward(harness)).list_households(list).await.unwrap();
    let list = p::ListPersonsRequest { page_size: size, ..Default::default() };
    let persons = PersonServiceClient::new(steward(harness)).list_persons(list).await.unwrap();
    let list = social::ListTemporaryReliefsRequest { page_size: size, ..Default::default() };
    let token = harness.token("data_steward", &[COUNTY]);
    let reliefs = TemporaryReliefServiceClient::new(harness.client("assistance", &token));
    let reliefs = { reliefs }.list_temporary_reliefs(list).await.unwrap();
    (
        households.into_inner().households.len(),
        persons.into_inner().persons.len(),
        reliefs.into_inner().temporary_reliefs.len(),
    )
}

fn has(text: &str, range: std::ops::RangeInclusive<char>) -> bool {
    text.chars().any(|letter| range.contains(&letter))
}

/// Whether a text is in a language: Korean has Hangul, Chinese has Han characters alone, English has words. Titles of
/// columns stay Chinese.
fn speaks(language: &str, text: &str) -> bool {
    let (han, hangul) = (has(text, '\u{4e00}'..='\u{9fff}'), has(text, '\u{ac00}'..='\u{d7a3}'));
    match language {
        "ko" => hangul,
        "zh" => han && !hangul,
        _ => has(text, 'a'..='z') && !hangul && !text.contains('，'),
    }
}

/// The same refusal in all languages: its code, its reason, and path and reason of every violation.
struct Everywhere {
    code: Code,
    reason: String,
    fields: Vec<(String, String)>,
}

impl Everywhere {
    fn fields(&self) -> Vec<(&str, &str)> {
        self.fields.iter().map(|(field, reason)| (field.as_str(), reason.as_str())).collect()
    }

    fn told(&self) -> (Code, &str) {
        (self.code, self.reason.as_str())
    }
}

/// Asks in every language and compares.
async fn in_all_languages<T: std::fmt::Debug>(
    ask: impl AsyncFn(&'static str) -> Result<T, Status>,
) -> Everywhere {
    let mut first: Option<Everywhere> = None;
    for language in LANGUAGES {
        let problem = Problem::of(&ask(language).await.expect_err("a refusal"));
        assert!(speaks(language, &problem.message), "{language}: {problem:?}");
        for broken in &problem.violations {
            assert!(speaks(language, &broken.message), "{language}: {broken:?}");
            assert!(!broken.message.contains('–'), "an argument is missing: {broken:?}");
        }
        assert!(!problem.message.contains('–'), "an argument is missing: {problem:?}");
        let fields = problem.violations.into_iter().map(|broken| (broken.field, broken.reason)).collect();
        let told = Everywhere { code: problem.code, reason: problem.reason, fields };
        if let Some(first) = &first {
            assert_eq!((first.told(), first.fields()), (told.told(), told.fields()), "{language}");
        }
        first.get_or_insert(told);
    }
    first.expect("an answer")
}

fn stated(person: p::Person) -> p::CreatePersonRequest {
    let (request_id, person) = (request_id(), Some(person));
    p::CreatePersonRequest { request_id, person, ..p::CreatePersonRequest::default() }
}

/// A person of whom all that is given is right.
fn good() -> p::Person {
    p::Person { meta: meta(VILLAGE, "2015-01-01"), full_name: "朴大山".to_owned(), ..p::Person::default() }
}

async fn creation(harness: &Harness, person: &p::Person) -> Everywhere {
    in_all_languages(async |language| {
        PersonServiceClient::new(steward_in(harness, language)).create_person(stated(person.clone())).await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_call_is_told_everything_at_once() {
    on_each(async |harness| {
        divisions(&harness).await;
        let before = stored(&harness).await;
        let many = p::Person {
            full_name: String::new(),
            id_number: "110105194912310021".to_owned(),
            sex: "7".to_owned(),
            birth_date: "2017-02-30".to_owned(),
            ethnicity: "99".to_owned(),
            work_months: Some(-1),
            ..good()
        };
        let told = creation(&harness, &many).await;
        let wanted = [
            ("person.full_name", "FIELD_REQUIRED"),
            ("person.id_number", "ID_NUMBER_CHECKSUM"),
            ("person.sex", "CODE_UNKNOWN"),
            ("person.birth_date", "DATE_INVALID"),
            ("person.ethnicity", "CODE_UNKNOWN"),
            ("person.work_months", "NUMBER_NEGATIVE"),
        ];
        assert_eq!((told.fields(), told.code), (wanted.to_vec(), Code::InvalidArgument));
        // What the declaration sees and what the rules see come together.
        let number = id_number("1949-12-31", 2);
        let differs = p::Person {
            id_number: number,
            birth_date: "2018-01-01".to_owned(),
            sex: "1".to_owned(),
            ..good()
        };
        let wanted = [
            ("person.birth_date", "DATE_IN_FUTURE"),
            ("person.birth_date", "BIRTH_DATE_DIFFERS"),
            ("person.sex", "SEX_DIFFERS"),
        ];
        assert_eq!(creation(&harness, &differs).await.fields(), wanted);
        for (area, reason, code) in [
            ("222405100999", "AREA_UNKNOWN", Code::InvalidArgument),
            ("2224", "AREA_UNKNOWN", Code::InvalidArgument),
            (HELONG.village_code, "AREA_FORBIDDEN", Code::PermissionDenied),
        ] {
            let abroad = p::Person { meta: meta(area, "2015-01-01"), ..good() };
            let told = creation(&harness, &abroad).await;
            assert_eq!((told.fields(), told.code), (vec![("person.meta.area", reason)], code));
        }
        // One of a batch refuses all of it, by its place.
        let told = in_all_languages(async |language| {
            let persons = vec![good(), p::Person { sex: "7".to_owned(), full_name: String::new(), ..good() }];
            let batch =
                p::BatchCreatePersonsRequest { request_id: request_id(), persons, ..Default::default() };
            PersonServiceClient::new(steward_in(&harness, language)).batch_create_persons(batch).await
        })
        .await;
        let wanted = [("persons[1].full_name", "FIELD_REQUIRED"), ("persons[1].sex", "CODE_UNKNOWN")];
        assert_eq!(told.fields(), wanted);
        assert_eq!(stored(&harness).await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_in_one_household_at_a_time() {
    on_each(async |harness| {
        divisions(&harness).await;
        let one = household(steward(&harness), "222405100201-1", VILLAGE, "2015-01-01").await;
        let other = household(steward(&harness), "222405100201-2", VILLAGE, "2015-01-01").await;
        let who = person(steward(&harness), "p1", VILLAGE, "2015-01-01").await;
        let joins = |household: &p::Household| p::CreateMembershipRequest {
            request_id: request_id(),
            membership: Some(p::Membership {
                meta: meta(VILLAGE, "2015-01-01"),
                household: household.name.clone(),
                person: who.name.clone(),
                relation: "02".to_owned(),
                ..p::Membership::default()
            }),
            ..p::CreateMembershipRequest::default()
        };
        MembershipServiceClient::new(steward(&harness)).create_membership(joins(&one)).await.unwrap();
        let told = in_all_languages(async |language| {
            let mut service = MembershipServiceClient::new(steward_in(&harness, language));
            service.create_membership(joins(&other)).await
        })
        .await;
        let wanted = vec![("membership.person", "MEMBERSHIP_OVERLAPS")];
        assert_eq!((told.fields(), told.code), (wanted, Code::FailedPrecondition));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_repeated_stale_or_out_of_place_are_refused() {
    on_each(async |harness| {
        divisions(&harness).await;
        let service = |language| PersonServiceClient::new(steward_in(&harness, language));
        let first = stated(good());
        let created = service("zh").create_person(first.clone()).await.unwrap().into_inner().person.unwrap();
        let other = p::CreatePersonRequest {
            person: Some(p::Person { full_name: "朴小山".to_owned(), ..good() }),
            ..first.clone()
        };
        let told =
            in_all_languages(async |language| service(language).create_person(other.clone()).await).await;
        assert_eq!(told.told(), (Code::AlreadyExists, "REQUEST_ID_REUSED"));
        for (id, reason) in [("", "REQUEST_ID_REQUIRED"), ("7", "REQUEST_ID_INVALID")] {
            let request = p::CreatePersonRequest { request_id: id.to_owned(), ..first.clone() };
            let told =
                in_all_languages(async |language| service(language).create_person(request.clone()).await)
                    .await;
            assert_eq!(told.told(), (Code::InvalidArgument, reason));
        }
        let update = |name: &str, etag: &str| p::UpdatePersonRequest {
            request_id: request_id(),
            person: Some(p::Person {
                name: created.name.clone(),
                etag: etag.to_owned(),
                full_name: name.to_owned(),
                ..p::Person::default()
            }),
            change: corrected("写错了"),
            ..p::UpdatePersonRequest::default()
        };
        service("zh").update_person(update("朴大川", &created.etag)).await.unwrap();
        for (etag, code, reason) in [
            (created.etag.as_str(), Code::Aborted, "ETAG_STALE"),
            ("", Code::InvalidArgument, "ETAG_REQUIRED"),
        ] {
            let told = in_all_languages(async |language| {
                service(language).update_person(update("朴二山", etag)).await
            })
            .await;
            assert_eq!(told.told(), (code, reason));
        }
        let tomorrow =
            p::UpdatePersonRequest { change: changed_on("2017-13-01"), ..update("朴二山", "2") };
        let told =
            in_all_languages(async |language| service(language).update_person(tomorrow.clone()).await).await;
        assert_eq!(told.fields(), [("change.effective_on", "DATE_INVALID")]);
        let get = p::GetPersonRequest { name: created.name.clone(), ..p::GetPersonRequest::default() };
        let now = service("zh").get_person(get).await.unwrap().into_inner().person.unwrap();
        assert_eq!((now.full_name.as_str(), now.etag.as_str()), ("朴大川", "2"), "nothing else was written");
        assert_eq!(stored(&harness).await.1, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_orders_that_are_none_are_refused() {
    on_each(async |harness| {
        divisions(&harness).await;
        for number in ["p1", "p2", "p3"] {
            person(steward(&harness), number, VILLAGE, "2015-01-01").await;
        }
        let service = |language| PersonServiceClient::new(steward_in(&harness, language));
        let first = p::ListPersonsRequest { page_size: 1, ..p::ListPersonsRequest::default() };
        let page = service("zh").list_persons(first.clone()).await.unwrap().into_inner();
        assert!(!page.next_page_token.is_empty());
        let token = page.next_page_token;
        let other = |name: &str| p::ListPersonsRequest {
            full_name: name.to_owned(),
            page_token: token.clone(),
            ..first.clone()
        };
        let cases = [
            (other("朴大山"), "PAGE_TOKEN_OTHER_QUERY"),
            (
                p::ListPersonsRequest { page_token: "nonsense".to_owned(), ..first.clone() },
                "PAGE_TOKEN_INVALID",
            ),
            (p::ListPersonsRequest { page_size: -1, ..first.clone() }, "PAGE_SIZE_INVALID"),
            (p::ListPersonsRequest { order_by: "shoe_size".to_owned(), ..first.clone() }, "ORDER_UNKNOWN"),
            (p::ListPersonsRequest { as_of: "2017-02-30".to_owned(), ..first.clone() }, "DATE_INVALID"),
        ];
        for (request, reason) in cases {
            let told =
                in_all_languages(async |language| service(language).list_persons(request.clone()).await)
                    .await;
            assert_eq!(told.told(), (Code::InvalidArgument, reason));
        }
        assert!(service("zh").list_persons(other("")).await.is_ok());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_over_its_limit_is_refused_before_it_is_read() {
    on_each(async |harness| {
        divisions(&harness).await;
        let before = stored(&harness).await;
        let told = in_all_languages(async |language| {
            let long = p::Person { full_name_ko: "가".repeat(1_800), ..good() };
            let persons = vec![long; 1_000];
            let batch =
                p::BatchCreatePersonsRequest { request_id: request_id(), persons, ..Default::default() };
            PersonServiceClient::new(steward_in(&harness, language)).batch_create_persons(batch).await
        })
        .await;
        assert_eq!(told.told(), (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"));
        let told = in_all_languages(async |language| {
            let long = p::Person { full_name: "山".repeat(2_001), ..good() };
            PersonServiceClient::new(steward_in(&harness, language)).create_person(stated(long)).await
        })
        .await;
        assert_eq!(told.fields(), [("person.full_name", "TEXT_TOO_LONG")]);
        let told = in_all_languages(async |language| {
            let persons = vec![good(); 1_001];
            let batch =
                p::BatchCreatePersonsRequest { request_id: request_id(), persons, ..Default::default() };
            PersonServiceClient::new(steward_in(&harness, language)).batch_create_persons(batch).await
        })
        .await;
        assert_eq!(told.told(), (Code::InvalidArgument, "BATCH_TOO_LARGE"));
        assert_eq!(stored(&harness).await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_without_a_token_is_told_in_the_own_language() {
    let harness = Harness::start(&suite::harness::Backend::Sqlite).await;
    for (token, reason) in [("", "AUTHENTICATION_REQUIRED"), ("nonsense", "TOKEN_MALFORMED")] {
        let told = in_all_languages(async |language| {
            let client = harness.client_in(language, "registry", token);
            PersonServiceClient::new(client).create_person(stated(good())).await
        })
        .await;
        assert_eq!(told.told(), (Code::Unauthenticated, reason));
    }
}

/// Imports in every language as a dry run's own stream would: each with a job of its own. Gives row, column and reason of
/// each error, which must not differ, and the counts of the last.
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
        let head = ImportHeader { job: uuid::Uuid::now_v7().to_string(), ..head.clone() };
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

fn places<'a>(told: &'a [(i64, String, String)]) -> Vec<(i64, &'a str, &'a str)> {
    told.iter().map(|(row, column, reason)| (*row, column.as_str(), reason.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_files_header_is_told_everything_before_a_row_is_read() {
    on_each(async |harness| {
        divisions(&harness).await;
        let before = stored(&harness).await;
        let columns = ["户编号", "户编号", "鞋码", "县市"];
        let head =
            ImportHeader { job: "7".to_owned(), ..header("registry.households", HELONG.code, "", &columns) };
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
    let rows = rows.iter().map(|cells| Row { cells: cells.clone() }).collect();
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
            let head =
                ImportHeader { job: uuid::Uuid::now_v7().to_string(), validate_only: true, ..head.clone() };
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
    let harness = Harness::start(&suite::harness::Backend::Sqlite).await;
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
