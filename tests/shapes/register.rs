//! A Register: Household and Person.

use proto::common::VersionAction::{Changed, Corrected, Created, Withdrawn};
use proto::common::{Change, ChangeKind};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use proto::xiuhua::registry::v1::person_service_client::PersonServiceClient;
use suite::fixtures::{
    COUNTY, FOREIGN_VILLAGE, OTHER_VILLAGE, VILLAGE, changed_on, corrected, divisions, fields, household,
    id_number, meta, new_household, paths, refused,
};
use suite::harness::{Client, Harness, on_each, request_id};
use tonic::Status;

use super::common::{events, told, versions};

type Households = HouseholdServiceClient<Client>;

fn households(harness: &Harness) -> Households {
    HouseholdServiceClient::new(harness.client("registry", &harness.token("township_clerk", &[COUNTY])))
}

async fn create(client: &mut Households, household: p::Household) -> Result<p::Household, Status> {
    let request = p::CreateHouseholdRequest {
        request_id: request_id(),
        household: Some(household),
        ..p::CreateHouseholdRequest::default()
    };
    Ok(client.create_household(request).await?.into_inner().household.unwrap())
}

async fn update(
    client: &mut Households,
    household: &p::Household,
    mask: &[&str],
    change: Option<Change>,
) -> Result<p::Household, Status> {
    let request = p::UpdateHouseholdRequest {
        request_id: request_id(),
        household: Some(household.clone()),
        update_mask: paths(mask),
        change,
        ..p::UpdateHouseholdRequest::default()
    };
    Ok(client.update_household(request).await?.into_inner().household.unwrap())
}

async fn get(
    client: &mut Households,
    name: &str,
    as_of: &str,
    known_at: Option<prost_types::Timestamp>,
) -> Result<p::Household, Status> {
    let request = p::GetHouseholdRequest {
        name: name.to_owned(),
        as_of: as_of.to_owned(),
        known_at,
        ..p::GetHouseholdRequest::default()
    };
    Ok(client.get_household(request).await?.into_inner().household.unwrap())
}

fn grouped(household: &p::Household, group: &str) -> p::Household {
    p::Household { village_group: group.to_owned(), ..household.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_is_created_and_its_mistakes_are_told_at_once() {
    on_each(async |harness| {
        divisions(&harness).await;
        let mut client = households(&harness);
        let mut wrong = new_household("", "222405100", "2015-12-31");
        wrong.head_full_name.clear();
        wrong.attribute = "没有".to_owned();
        wrong.head_id_number = "110105194912310021".to_owned();
        wrong.identified_year = Some(2018);
        let told = fields(create(&mut client, wrong).await);
        let expected = [
            ("household.household_no", "FIELD_REQUIRED"),
            ("household.head_full_name", "FIELD_REQUIRED"),
            ("household.head_id_number", "ID_NUMBER_CHECKSUM"),
            ("household.attribute", "CODE_UNKNOWN"),
            ("household.meta.area", "AREA_LEVEL_WRONG"),
            ("household.identified_year", "DATE_IN_FUTURE"),
        ];
        assert_eq!(told, expected.map(|(field, reason)| (field.to_owned(), reason.to_owned())));
        for (area, refusal) in [
            (FOREIGN_VILLAGE, "PermissionDenied AREA_FORBIDDEN"),
            ("222405100299", "InvalidArgument AREA_UNKNOWN"),
            ("", "InvalidArgument FIELD_REQUIRED"),
        ] {
            let there = new_household("1", area, "2015-12-31");
            assert_eq!(refused(create(&mut client, there).await), refusal);
        }
        for day in ["2016-02-30", "9999-12-31"] {
            let told = fields(create(&mut client, new_household("1", VILLAGE, day)).await);
            assert_eq!(told, [("household.meta.valid_from".to_owned(), "DATE_INVALID".to_owned())]);
        }

        let request = p::CreateHouseholdRequest {
            request_id: request_id(),
            validate_only: true,
            household: Some(new_household("1", VILLAGE, "2015-12-31")),
        };
        let tried = client.create_household(request.clone()).await.unwrap().into_inner().household.unwrap();
        assert_eq!(tried.household_no, "1");
        assert_eq!(refused(get(&mut client, &tried.name, "", None).await), "NotFound RESOURCE_NOT_FOUND");
        let (events, _) = events(&harness, "registry", "").await;
        assert!(events.iter().all(|event| event.collection == "divisions"));

        let stored = client
            .create_household(p::CreateHouseholdRequest { validate_only: false, ..request })
            .await
            .unwrap()
            .into_inner()
            .household
            .unwrap();
        assert_eq!((stored.etag.as_str(), stored.household_no.as_str()), ("1", "1"));
        let head = stored.meta.clone().unwrap();
        assert_eq!(
            (head.area.as_str(), head.valid_from.as_str(), head.valid_to.as_str()),
            (VILLAGE, "2015-12-31", "")
        );
        assert_eq!((head.version, head.recorded_by.as_str()), (1, "tester"));
        let read = get(&mut client, &stored.name, "2015-12-31", None).await.unwrap();
        assert_eq!(p::Household { member_count: None, ..read }, stored);
        assert_eq!(
            refused(get(&mut client, &stored.name, "2015-12-30", None).await),
            "NotFound RESOURCE_NOT_FOUND"
        );
        let again = new_household("1", OTHER_VILLAGE, "2016-01-01");
        assert_eq!(refused(create(&mut client, again).await), "AlreadyExists VALUE_TAKEN");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_holds_from_a_day_and_later_periods_are_not_overwritten() {
    on_each(async |harness| {
        divisions(&harness).await;
        let mut client = households(&harness);
        let one =
            create(&mut client, grouped(&new_household("1", VILLAGE, "2015-12-31"), "一组")).await.unwrap();
        let two = update(&mut client, &grouped(&one, "二组"), &["village_group"], changed_on("2016-05-01"))
            .await
            .unwrap();
        assert_eq!((two.etag.as_str(), two.village_group.as_str()), ("2", "二组"));
        let group = async |client: &mut Households, day: &str| {
            get(client, &one.name, day, None).await.unwrap().village_group
        };
        assert_eq!(group(&mut client, "2016-04-30").await, "一组");
        assert_eq!(group(&mut client, "2016-05-01").await, "二组");

        let three = grouped(&two, "三组");
        let earlier = update(&mut client, &three, &["village_group"], changed_on("2016-02-01")).await;
        let told = fields(earlier);
        assert_eq!(told, [("household.village_group".to_owned(), "LATER_PERIODS_DIFFER".to_owned())]);
        // What held on that day already is said again: nothing changes, and the later period stands.
        let again = grouped(&two, "一组");
        let again = update(&mut client, &again, &["village_group"], changed_on("2016-02-01")).await.unwrap();
        assert_eq!((again.etag.as_str(), group(&mut client, "2017-01-01").await.as_str()), ("2", "二组"));
        // Another field is another matter; so is the value that the later period has already.
        let same = update(&mut client, &two, &["village_group"], changed_on("2016-04-01")).await.unwrap();
        assert_eq!(same.etag, "3");
        assert_eq!(group(&mut client, "2016-04-01").await, "二组");
        let anew = Change { apply_to_later: true, ..changed_on("2016-02-01").unwrap() };
        let three = p::Household { etag: "3".to_owned(), ..three };
        let three = update(&mut client, &three, &["village_group"], Some(anew)).await.unwrap();
        assert_eq!(group(&mut client, "2016-01-31").await, "一组");
        assert_eq!(group(&mut client, "2016-02-01").await, "三组");
        assert_eq!(group(&mut client, "2017-01-01").await, "三组");

        for (day, refusal) in [
            ("2015-12-30", "InvalidArgument DATE_ORDER"),
            ("", "InvalidArgument FIELD_REQUIRED"),
            ("2016-02-30", "InvalidArgument DATE_INVALID"),
            ("2016-99-99", "InvalidArgument DATE_INVALID"),
        ] {
            let answer =
                update(&mut client, &grouped(&three, "四组"), &["village_group"], changed_on(day)).await;
            assert_eq!(refused(answer), refusal, "{day}");
        }
        assert_eq!(
            versions(&harness, "registry", &one.name).await.iter().map(|(version, _)| *version).max(),
            Some(4)
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_needs_a_reason_and_reaches_what_was_inherited() {
    on_each(async |harness| {
        divisions(&harness).await;
        let mut client = households(&harness);
        let one =
            create(&mut client, grouped(&new_household("1", VILLAGE, "2015-12-31"), "一组")).await.unwrap();
        let named = p::Household { bank_name: "农村信用社".to_owned(), ..one.clone() };
        let two = update(&mut client, &named, &["bank_name"], changed_on("2016-05-01")).await.unwrap();
        let wrong = update(&mut client, &grouped(&two, "二组"), &["village_group"], corrected("")).await;
        assert_eq!(refused(wrong), "InvalidArgument REASON_REQUIRED");
        let three = update(&mut client, &grouped(&two, "二组"), &["village_group"], corrected("登记错误"))
            .await
            .unwrap();
        assert_eq!(three.meta.as_ref().unwrap().change_reason, "登记错误");
        for day in ["2015-12-31", "2016-05-01"] {
            assert_eq!(get(&mut client, &one.name, day, None).await.unwrap().village_group, "二组");
        }
        // What was known before stays readable.
        let known = two.meta.unwrap().recorded_at;
        assert_eq!(get(&mut client, &one.name, "2016-05-01", known).await.unwrap().village_group, "一组");

        let wrong = update(
            &mut client,
            &three,
            &["state", "member_count", "nothing", "village_group"],
            corrected("x"),
        );
        let expected = [
            ("update_mask.state", "FIELD_OUTPUT_ONLY"),
            ("update_mask.member_count", "FIELD_OUTPUT_ONLY"),
            ("update_mask.nothing", "MASK_PATH_UNKNOWN"),
        ];
        assert_eq!(
            fields(wrong.await),
            expected.map(|(field, reason)| (field.to_owned(), reason.to_owned()))
        );
        let unsaid = Change { kind: ChangeKind::Unspecified.into(), ..Change::default() };
        for change in [None, Some(unsaid)] {
            let answer = update(&mut client, &three, &["village_group"], change).await;
            assert_eq!(refused(answer), "InvalidArgument CHANGE_REQUIRED");
        }
        let required = p::Household { household_no: String::new(), ..three.clone() };
        let answer = update(&mut client, &required, &["household_no"], corrected("x")).await;
        assert_eq!(fields(answer), [("household.household_no".to_owned(), "FIELD_REQUIRED".to_owned())]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn etags_and_requests_protect_from_each_other() {
    on_each(async |harness| {
        divisions(&harness).await;
        let mut client = households(&harness);
        let one = create(&mut client, new_household("1", VILLAGE, "2015-12-31")).await.unwrap();
        let none = p::Household { etag: String::new(), ..one.clone() };
        let answer = update(&mut client, &none, &["village_group"], corrected("x")).await;
        assert_eq!(refused(answer), "InvalidArgument ETAG_REQUIRED");

        let request = p::UpdateHouseholdRequest {
            request_id: request_id(),
            household: Some(grouped(&one, "二组")),
            update_mask: paths(&["village_group"]),
            change: corrected("登记错误"),
            ..p::UpdateHouseholdRequest::default()
        };
        let first = client.update_household(request.clone()).await.unwrap().into_inner();
        let again = client.update_household(request.clone()).await.unwrap().into_inner();
        assert_eq!(first, again);
        let other = p::UpdateHouseholdRequest { household: Some(grouped(&one, "三组")), ..request.clone() };
        assert_eq!(refused(client.update_household(other).await), "AlreadyExists REQUEST_ID_REUSED");
        let stale = p::UpdateHouseholdRequest { request_id: request_id(), ..request.clone() };
        assert_eq!(refused(client.update_household(stale).await), "Aborted ETAG_STALE");
        for (id, refusal) in [("", "REQUEST_ID_REQUIRED"), ("seven", "REQUEST_ID_INVALID")] {
            let unnamed = p::UpdateHouseholdRequest { request_id: id.to_owned(), ..request.clone() };
            assert_eq!(refused(client.update_household(unnamed).await), format!("InvalidArgument {refusal}"));
        }

        // A write that says what is known already is answered, and so is its repetition.
        let same = p::UpdateHouseholdRequest {
            request_id: request_id(),
            household: first.household.clone(),
            ..request
        };
        let said = client.update_household(same.clone()).await.unwrap().into_inner();
        assert_eq!(said.household.as_ref().unwrap().etag, "2");
        assert_eq!(client.update_household(same).await.unwrap().into_inner(), said);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_record_was_never_true_but_was_once_known() {
    on_each(async |harness| {
        divisions(&harness).await;
        let mut client = households(&harness);
        let (_, start) = events(&harness, "registry", "").await;
        let one =
            create(&mut client, grouped(&new_household("1", VILLAGE, "2015-12-31"), "一组")).await.unwrap();
        let two = update(&mut client, &grouped(&one, "二组"), &["village_group"], changed_on("2016-05-01"))
            .await
            .unwrap();
        let three =
            update(&mut client, &grouped(&two, "三组"), &["village_group"], corrected("错")).await.unwrap();
        let (_, middle) = events(&harness, "registry", &start).await;
        let request = p::WithdrawHouseholdRequest {
            request_id: request_id(),
            name: one.name.clone(),
            etag: three.etag.clone(),
            ..p::WithdrawHouseholdRequest::default()
        };
        assert_eq!(
            refused(client.withdraw_household(request.clone()).await),
            "InvalidArgument REASON_REQUIRED"
        );
        let request = p::WithdrawHouseholdRequest { reason: "重复登记".to_owned(), ..request };
        let gone = client.withdraw_household(request.clone()).await.unwrap().into_inner().household.unwrap();
        assert_eq!((gone.village_group.as_str(), gone.etag.as_str()), ("三组", "4"));
        assert_eq!(client.withdraw_household(request).await.unwrap().into_inner().household.unwrap(), gone);

        for day in ["2015-12-31", "2016-05-01", "", "9999-12-31"] {
            let answer = get(&mut client, &one.name, day, None).await;
            assert_eq!(refused(answer), "NotFound RESOURCE_NOT_FOUND");
        }
        let known = three.meta.clone().unwrap().recorded_at;
        assert_eq!(get(&mut client, &one.name, "2016-05-01", known).await.unwrap().village_group, "三组");
        let known = one.meta.clone().unwrap().recorded_at;
        assert_eq!(get(&mut client, &one.name, "2016-05-01", known).await.unwrap().village_group, "一组");
        let late = p::Household { etag: gone.etag.clone(), ..three.clone() };
        let answer = update(&mut client, &late, &["village_group"], corrected("x")).await;
        assert_eq!(refused(answer), "FailedPrecondition WITHDRAWN");

        let history =
            [(4, Withdrawn), (3, Corrected), (3, Corrected), (2, Changed), (2, Changed), (1, Created)];
        assert_eq!(versions(&harness, "registry", &one.name).await, history);
        // The number is free again.
        let another = create(&mut client, new_household("1", VILLAGE, "2016-01-01")).await.unwrap();
        let (all, _) = events(&harness, "registry", &start).await;
        let expected = [(1, Created), (2, Changed), (3, Corrected), (4, Withdrawn)];
        assert_eq!(told(&all, &one.name), expected);
        let (rest, end) = events(&harness, "registry", &middle).await;
        assert_eq!(
            (told(&rest, &one.name), told(&rest, &another.name)),
            (vec![(4, Withdrawn)], vec![(1, Created)])
        );
        assert_eq!(events(&harness, "registry", &end).await.0, []);
        let changed = all.iter().find(|event| event.version == 2).unwrap();
        assert_eq!(
            (changed.area.as_str(), changed.changed_fields.as_slice()),
            (VILLAGE, ["village_group".to_owned()].as_slice())
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_stored_whole_or_not_at_all() {
    on_each(async |harness| {
        divisions(&harness).await;
        let token = harness.token("township_clerk", &[COUNTY]);
        let mut client = PersonServiceClient::new(harness.client("registry", &token));
        let person = |number: &str, id: &str, born: &str| p::Person {
            meta: meta(VILLAGE, "2015-12-31"),
            person_no: number.to_owned(),
            full_name: "朴大山".to_owned(),
            id_number: id.to_owned(),
            birth_date: born.to_owned(),
            ..p::Person::default()
        };
        let (id, other) = (id_number("1970-03-01", 11), id_number("1981-05-06", 22));
        let batch = |persons: Vec<p::Person>| p::BatchCreatePersonsRequest {
            request_id: request_id(),
            persons,
            ..p::BatchCreatePersonsRequest::default()
        };
        let wrong = batch(vec![
            person("1", &id, ""),
            person("2", &other, "1981-05-07"),
            person("3", &id, ""),
            person("1", "", ""),
        ]);
        let told = fields(client.batch_create_persons(wrong).await);
        let expected = [
            ("persons[1].birth_date", "BIRTH_DATE_DIFFERS"),
            ("persons[2].id_number", "VALUE_TAKEN"),
            ("persons[3].person_no", "VALUE_TAKEN"),
        ];
        assert_eq!(told, expected.map(|(field, reason)| (field.to_owned(), reason.to_owned())));
        let list = client.list_persons(p::ListPersonsRequest::default()).await.unwrap().into_inner();
        assert_eq!(list.persons, []);
        assert_eq!(refused(client.batch_create_persons(batch(vec![])).await), "InvalidArgument BATCH_EMPTY");
        let many = (0..1_001).map(|number| person(&number.to_string(), "", "")).collect();
        assert_eq!(
            refused(client.batch_create_persons(batch(many)).await),
            "InvalidArgument BATCH_TOO_LARGE"
        );

        let right = batch(vec![person("2", &other, ""), person("1", &id, "1970-03-01")]);
        let stored = client.batch_create_persons(right.clone()).await.unwrap().into_inner();
        let numbers: Vec<&str> = stored.persons.iter().map(|person| person.person_no.as_str()).collect();
        assert_eq!(numbers, ["2", "1"]);
        assert_eq!(
            (stored.persons[0].birth_date.as_str(), stored.persons[0].sex.as_str()),
            ("1981-05-06", "2")
        );
        assert_eq!(client.batch_create_persons(right).await.unwrap().into_inner(), stored);
        let names = stored.persons.iter().map(|person| person.name.clone()).collect();
        let request = p::BatchGetPersonsRequest { names, ..p::BatchGetPersonsRequest::default() };
        let read = client.batch_get_persons(request.clone()).await.unwrap().into_inner();
        assert_eq!(read.persons, stored.persons);
        let names = [request.names.clone(), vec!["persons/nobody".to_owned()]].concat();
        let unknown = p::BatchGetPersonsRequest { names, ..request };
        assert_eq!(refused(client.batch_get_persons(unknown).await), "NotFound RESOURCE_NOT_FOUND");
    })
    .await;
}

/// Names of seven households in two villages, the last one of them from 2017 on.
async fn seven(harness: &Harness) -> Vec<String> {
    let token = harness.token("township_clerk", &[COUNTY]);
    let mut names = Vec::new();
    for number in 0..7 {
        let village = if number % 2 == 0 { VILLAGE } else { OTHER_VILLAGE };
        let from = if number == 6 { "2017-01-01" } else { "2015-12-31" };
        let client = harness.client("registry", &token);
        names.push(household(client, &number.to_string(), village, from).await.name);
    }
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_go_on_page_by_page_within_their_query() {
    on_each(async |harness| {
        divisions(&harness).await;
        let mut client = households(&harness);
        let names = seven(&harness).await;
        let mut request = p::ListHouseholdsRequest {
            page_size: 2,
            as_of: "2016-06-01".to_owned(),
            ..p::ListHouseholdsRequest::default()
        };
        let mut found = Vec::new();
        loop {
            let page = client.list_households(request.clone()).await.unwrap().into_inner();
            assert!(page.households.len() <= 2);
            found.extend(page.households.into_iter().map(|household| household.name));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        let mut expected = names[..6].to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected);

        let token = request.page_token.clone();
        for (other, refusal) in [
            (p::ListHouseholdsRequest { as_of: String::new(), ..request.clone() }, "PAGE_TOKEN_OTHER_QUERY"),
            (
                p::ListHouseholdsRequest { area: VILLAGE.to_owned(), ..request.clone() },
                "PAGE_TOKEN_OTHER_QUERY",
            ),
            (
                p::ListHouseholdsRequest { page_token: format!("x{token}"), ..request.clone() },
                "PAGE_TOKEN_INVALID",
            ),
            (p::ListHouseholdsRequest { page_size: -1, ..request.clone() }, "PAGE_SIZE_INVALID"),
            (p::ListHouseholdsRequest { order_by: "phone".to_owned(), ..request.clone() }, "ORDER_UNKNOWN"),
        ] {
            assert_eq!(refused(client.list_households(other).await), format!("InvalidArgument {refusal}"));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_ordered_and_narrowed_by_area() {
    on_each(async |harness| {
        divisions(&harness).await;
        let mut client = households(&harness);
        let names = seven(&harness).await;
        let by_area = p::ListHouseholdsRequest {
            order_by: "area".to_owned(),
            page_size: 4,
            ..p::ListHouseholdsRequest::default()
        };
        let first = client.list_households(by_area.clone()).await.unwrap().into_inner();
        let rest = p::ListHouseholdsRequest { page_token: first.next_page_token, ..by_area };
        let rest = client.list_households(rest).await.unwrap().into_inner().households;
        let areas = |list: &[p::Household]| {
            list.iter().map(|found| found.meta.clone().unwrap().area).collect::<Vec<_>>()
        };
        assert_eq!(areas(&first.households), [VILLAGE; 4]);
        assert_eq!(areas(&rest), [OTHER_VILLAGE; 3]);

        let list = async |client: &mut Households, request| {
            client.list_households(request).await.unwrap().into_inner().households.len()
        };
        let in_area = p::ListHouseholdsRequest {
            area: OTHER_VILLAGE.to_owned(),
            ..p::ListHouseholdsRequest::default()
        };
        assert_eq!(list(&mut client, in_area).await, 3);
        let foreign = p::ListHouseholdsRequest {
            area: FOREIGN_VILLAGE.to_owned(),
            ..p::ListHouseholdsRequest::default()
        };
        assert_eq!(refused(client.list_households(foreign).await), "PermissionDenied AREA_FORBIDDEN");
        let mut stranger = HouseholdServiceClient::new(
            harness.client("registry", &harness.token("township_clerk", &["222406"])),
        );
        assert_eq!(list(&mut stranger, p::ListHouseholdsRequest::default()).await, 0);
        assert_eq!(refused(get(&mut stranger, &names[0], "", None).await), "NotFound RESOURCE_NOT_FOUND");
    })
    .await;
}
