//! Single calls: everything at once, by the paths of the request.

use proto::common::{RecordMeta, Source};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::membership_service_client::MembershipServiceClient;
use proto::xiuhua::registry::v1::person_service_client::PersonServiceClient;
use suite::counties::HELONG;
use suite::fixtures::{VILLAGE, changed_on, corrected, divisions, household, id_number, meta, person};
use suite::harness::{Backend, Harness, on_each, request_id};
use tonic::Code;

use super::{Everywhere, in_all_languages, steward, steward_in, stored};

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
async fn what_would_steer_a_terminal_is_no_text_of_a_record() {
    on_each(async |harness| {
        divisions(&harness).await;
        let before = stored(&harness).await;
        let source =
            Source { document_no: "1\r".to_owned(), form: "\u{9b}2J".to_owned(), ..Source::default() };
        let steering = p::Person {
            meta: meta(VILLAGE, "2015-01-01").map(|head| RecordMeta { source: Some(source), ..head }),
            person_no: "1\u{202e}2".to_owned(),
            full_name: "朴\u{1b}[31m大山".to_owned(),
            // A name stands on one line.
            full_name_ko: "박\n대산".to_owned(),
            ..p::Person::default()
        };
        let told = creation(&harness, &steering).await;
        let fields =
            ["meta.source.form", "meta.source.document_no", "person_no", "full_name", "full_name_ko"];
        let fields = fields.map(|field| (format!("person.{field}"), "TEXT_INVALID"));
        let fields: Vec<_> = fields.iter().map(|(field, reason)| (field.as_str(), *reason)).collect();
        assert_eq!((told.fields(), told.code), (fields, Code::InvalidArgument));

        let who = person(steward(&harness), "p1", VILLAGE, "2015-01-01").await;
        let known = stored(&harness).await;
        let told = in_all_languages(async |language| {
            let renamed = p::Person { full_name: "朴小山".to_owned(), ..who.clone() };
            let request = p::UpdatePersonRequest {
                request_id: request_id(),
                person: Some(renamed),
                change: corrected("误录\u{1b}[2J"),
                ..p::UpdatePersonRequest::default()
            };
            PersonServiceClient::new(steward_in(&harness, language)).update_person(request).await
        })
        .await;
        assert_eq!(told.fields(), [("change.reason", "TEXT_INVALID")]);
        assert!(known != before && stored(&harness).await == known);
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
    let harness = Harness::start(&Backend::Sqlite).await;
    for (token, reason) in [("", "AUTHENTICATION_REQUIRED"), ("nonsense", "TOKEN_MALFORMED")] {
        let told = in_all_languages(async |language| {
            let client = harness.client_in(language, "registry", token);
            PersonServiceClient::new(client).create_person(stated(good())).await
        })
        .await;
        assert_eq!(told.told(), (Code::Unauthenticated, reason));
    }
}
