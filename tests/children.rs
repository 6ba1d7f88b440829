//! Of persons under 14 nothing is shown unless it is revealed; what was masked comes back as it was.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use proto::common::export_rows_response::Part;
use proto::common::history_service_client::HistoryServiceClient;
use proto::common::table_service_client::TableServiceClient;
use proto::common::{ExportRowsRequest, ListVersionsRequest, Reveal};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::person_service_client::PersonServiceClient;
use suite::counties::{self, HOUSEHOLDS, LONGJING, MEMBERS};
use suite::fixtures::{changed_on, divisions, fields, id_number, meta, paths, refused, reveal};
use suite::harness::{Client, Harness, on_each, request_id};
use suite::table::{Imported, header, import, row};

const TABLE: &str = "registry.members";
/// Turns 14 on the day after the tests' day.
const ALMOST: &str = "2003-10-16";

/// A household of a grandmother and two children.
async fn family(harness: &Harness) {
    divisions(harness).await;
    let rows = [LONGJING.household_row("", "")];
    let done = counties::load(harness, &LONGJING, "registry", "registry.households", HOUSEHOLDS, &rows).await;
    assert_eq!(done.reasons(), []);
    let number = LONGJING.household_no();
    let (young, almost) = (id_number("2010-05-04", 7), id_number(ALMOST, 9));
    let rows = [
        row(&[&number, "p1", "金顺子", "女", &LONGJING.head_id(), "", "户主", "长期慢性病、残疾", "", ""]),
        row(&[&number, "p2", "金小明", "男", &young, "", "孙子、孙女或外孙子、外孙女", "健康", "", ""]),
        row(&[&number, "p3", "金小虎", "男", &almost, "", "孙子、孙女或外孙子、外孙女", "残疾", "", ""]),
    ];
    let done = counties::load(harness, &LONGJING, "registry", TABLE, MEMBERS, &rows).await;
    assert_eq!(done.reasons(), []);
}

fn client(harness: &Harness, role: &str) -> Client {
    harness.client("registry", &harness.token(role, &[LONGJING.code]))
}

async fn persons(client: Client, reveal: Option<Reveal>) -> Vec<p::Person> {
    let request = p::ListPersonsRequest { reveal, ..p::ListPersonsRequest::default() };
    let answer = PersonServiceClient::new(client).list_persons(request).await.unwrap();
    let mut persons = answer.into_inner().persons;
    persons.sort_by(|one, other| one.person_no.cmp(&other.person_no));
    persons
}

/// What is left to be seen of a person, and the person itself without it.
fn hidden(person: &p::Person) -> bool {
    let masked = p::Person {
        name: person.name.clone(),
        meta: person.meta.clone(),
        etag: person.etag.clone(),
        person_no: person.person_no.clone(),
        full_name: "***".to_owned(),
        id_number: "***".to_owned(),
        ..p::Person::default()
    };
    *person == masked && person.meta.as_ref().is_some_and(|meta| meta.valid_from.is_empty())
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_a_child_is_masked_in_every_answer() {
    on_each(async |harness| {
        family(&harness).await;
        let steward = || client(&harness, "data_steward");
        let all = persons(steward(), None).await;
        assert_eq!(all.iter().map(hidden).collect::<Vec<_>>(), [false, true, true], "{all:?}");
        assert_eq!((all[0].full_name.as_str(), all[0].birth_date.as_str()), ("金顺子", "1955-03-08"));
        assert_eq!(all[0].health, ["***"]);
        let name = all[1].name.clone();
        let mut service = PersonServiceClient::new(steward());
        let get = p::GetPersonRequest { name: name.clone(), ..p::GetPersonRequest::default() };
        assert!(hidden(&service.get_person(get.clone()).await.unwrap().into_inner().person.unwrap()));
        let batch = p::BatchGetPersonsRequest { names: vec![name.clone()], ..Default::default() };
        assert!(hidden(&service.batch_get_persons(batch).await.unwrap().into_inner().persons[0]));
        // A write's own answer, and the answer when it is repeated.
        let update = p::UpdatePersonRequest {
            request_id: request_id(),
            person: Some(p::Person { full_name_ko: "김소명".to_owned(), ..all[1].clone() }),
            update_mask: paths(&["full_name_ko", "full_name"]),
            change: changed_on("2017-09-01"),
            ..p::UpdatePersonRequest::default()
        };
        for _ in 0..2 {
            let person = service.update_person(update.clone()).await.unwrap().into_inner().person.unwrap();
            assert!(hidden(&p::Person { full_name_ko: String::new(), ..person.clone() }), "{person:?}");
            assert_eq!(person.full_name_ko, "***");
        }
        // The first day of the record is that of birth.
        let asked = ListVersionsRequest { name, ..ListVersionsRequest::default() };
        let mut history = HistoryServiceClient::new(client(&harness, "auditor"));
        let versions = history.list_versions(asked).await.unwrap().into_inner().versions;
        assert!(versions.len() >= 2 && versions.iter().all(|version| version.valid_from.is_empty()));
        // On the birthday the shield falls.
        harness.clock.advance(std::time::Duration::from_secs(86_400));
        let all = persons(steward(), None).await;
        let shown: Vec<&str> = all.iter().map(|person| person.full_name.as_str()).collect();
        assert_eq!(shown, ["金顺子", "***", "金小虎"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_may_reveal_sees_a_child() {
    on_each(async |harness| {
        family(&harness).await;
        let clerk = persons(client(&harness, "township_clerk"), reveal(&[])).await;
        assert_eq!((clerk[1].full_name.as_str(), clerk[1].birth_date.as_str()), ("金小明", "2010-05-04"));
        assert_eq!(clerk[1].id_number, id_number("2010-05-04", 7));
        let named = persons(client(&harness, "township_clerk"), reveal(&["full_name"])).await;
        assert_eq!((named[1].full_name.as_str(), named[1].birth_date.as_str()), ("金小明", ""));
        // An open field is no way around the power.
        for fields in [&[] as &[&str], &["full_name"], &["birth_date", "sex"]] {
            let request =
                p::ListPersonsRequest { reveal: reveal(fields), ..p::ListPersonsRequest::default() };
            let answer =
                PersonServiceClient::new(client(&harness, "data_steward")).list_persons(request).await;
            assert_eq!(refused(answer), "PermissionDenied REVEAL_FORBIDDEN", "{fields:?}");
        }
    })
    .await;
}

/// Titles and rows of an export.
async fn exported(
    client: Client,
    reveal: Option<Reveal>,
) -> Result<(Vec<String>, Vec<Vec<String>>), tonic::Status> {
    let request = ExportRowsRequest { table: TABLE.to_owned(), reveal, ..ExportRowsRequest::default() };
    let mut stream = TableServiceClient::new(client).export_rows(request).await?.into_inner();
    let (mut titles, mut rows) = (Vec::new(), Vec::new());
    while let Some(answer) = stream.message().await? {
        match answer.part {
            Some(Part::Header(header)) => {
                titles = header.columns.into_iter().map(|column| column.title.unwrap().zh).collect();
            }
            Some(Part::Batch(batch)) => rows.extend(batch.rows.into_iter().map(|row| row.cells)),
            Some(Part::End(_)) | None => {}
        }
    }
    Ok((titles, rows))
}

async fn again(harness: &Harness, titles: &[String], rows: &[Vec<String>]) -> Imported {
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let head = header(TABLE, LONGJING.code, "2015-12-31", &titles);
    import(client(harness, "data_steward"), head, rows).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_comes_back_unchanged_with_and_without_what_it_hides() {
    on_each(async |harness| {
        family(&harness).await;
        let before = persons(client(&harness, "township_clerk"), reveal(&[])).await;
        let (titles, masked) = exported(client(&harness, "data_steward"), None).await.unwrap();
        let text = masked.concat().join("|");
        for word in ["金小明", "金小虎", "2010-05-04", ALMOST, "长期慢性病", &id_number("2010-05-04", 7)]
        {
            assert!(!text.contains(word), "{word}: {text}");
        }
        assert!(text.contains("金顺子"));
        let forbidden = exported(client(&harness, "data_steward"), reveal(&[])).await;
        assert_eq!(refused(forbidden), "PermissionDenied REVEAL_FORBIDDEN");
        let (_, clear) = exported(client(&harness, "township_clerk"), reveal(&[])).await.unwrap();
        assert!(clear.concat().contains(&"金小明".to_owned()), "{clear:?}");
        for rows in [masked, clear] {
            let done = again(&harness, &titles, &rows).await;
            assert_eq!(done.reasons(), []);
            assert_eq!(done.counts(), (3, 3, 0, 0), "{rows:?}");
        }
        assert_eq!(persons(client(&harness, "township_clerk"), reveal(&[])).await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mask_of_nothing_is_refused() {
    on_each(async |harness| {
        divisions(&harness).await;
        let create = p::CreatePersonRequest {
            request_id: request_id(),
            person: Some(p::Person {
                meta: meta(LONGJING.village_code, "2015-01-01"),
                full_name: "***".to_owned(),
                id_number: "22*************123".to_owned(),
                health: vec!["***".to_owned()],
                ..p::Person::default()
            }),
            ..p::CreatePersonRequest::default()
        };
        let answer = PersonServiceClient::new(client(&harness, "data_steward")).create_person(create).await;
        let masked = |path: &str| (format!("person.{path}"), "VALUE_MASKED".to_owned());
        assert_eq!(fields(answer), ["full_name", "id_number", "health"].map(masked));
    })
    .await;
}
