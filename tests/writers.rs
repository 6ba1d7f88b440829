//! Several writers at once: exactly one wins where it must, nothing is lost, nobody is there twice, the feed has no gap.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::join_all;
use proto::common::change_feed_service_client::ChangeFeedServiceClient;
use proto::common::{FeedEvent, WatchRequest};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use proto::xiuhua::registry::v1::membership_service_client::MembershipServiceClient;
use proto::xiuhua::registry::v1::person_service_client::PersonServiceClient;
use runtime::status::Problem;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use suite::fixtures::{
    COUNTY, PREFECTURE, VILLAGE, corrected, divisions, household, id_number, meta, new_household, paths,
    person,
};
use suite::harness::{Backend, Client, Harness, backends, on_each, request_id};
use tonic::Status;

/// Longer than anything here takes; whoever waits so long waits in vain.
const PATIENCE: Duration = Duration::from_secs(60);

fn client(harness: &Harness) -> Client {
    harness.client("registry", &harness.token("township_clerk", &[COUNTY]))
}

async fn all<T, F>(work: impl Iterator<Item = F>) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    join_all(work.map(tokio::spawn)).await.into_iter().map(|done| done.unwrap()).collect()
}

/// The winner, and the reasons of all others.
fn one_won<T>(answers: Vec<Result<T, Status>>) -> (T, BTreeSet<String>) {
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1, "exactly one wins");
    let reasons =
        lost.into_iter().filter_map(Result::err).map(|status| Problem::of(&status).reason).collect();
    (won.into_iter().next().unwrap().ok().unwrap(), reasons)
}

async fn count(harness: &Harness, table: &str, condition: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table} WHERE {condition}");
    harness.databases["registry"].all(&sql, &[]).await.unwrap()[0].integer(0)
}

fn current() -> String {
    format!("superseded_at = {} AND valid_from < valid_to", i64::MAX)
}

/// Reads, adds a word, writes; again for as long as others are first. The word that was added.
async fn add_word(client: Client, name: String, word: String) {
    let mut client = HouseholdServiceClient::new(client);
    loop {
        let get = p::GetHouseholdRequest { name: name.clone(), ..p::GetHouseholdRequest::default() };
        let mut household = client.get_household(get).await.unwrap().into_inner().household.unwrap();
        household.bank_name = format!("{} {word}", household.bank_name);
        let request = p::UpdateHouseholdRequest {
            request_id: request_id(),
            household: Some(household),
            update_mask: paths(&["bank_name"]),
            change: corrected("登记错误"),
            ..p::UpdateHouseholdRequest::default()
        };
        match client.update_household(request).await {
            Ok(_) => return,
            Err(status) => assert_eq!(Problem::of(&status).reason, "ETAG_STALE"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_update_of_a_household_is_lost() {
    on_each(async |harness| {
        divisions(&harness).await;
        for writers in [2, 8] {
            let one = household(client(&harness), &writers.to_string(), VILLAGE, "2015-12-31").await;
            let expected: BTreeSet<String> =
                (0..writers).flat_map(|writer| (0..5).map(move |round| format!("{writer}-{round}"))).collect();
            all((0..writers).map(|writer| {
                let (client, name) = (client(&harness), one.name.clone());
                async move {
                    for round in 0..5 {
                        add_word(client.clone(), name.clone(), format!("{writer}-{round}")).await;
                    }
                }
            }))
            .await;
            let get = p::GetHouseholdRequest { name: one.name.clone(), ..p::GetHouseholdRequest::default() };
            let answer = HouseholdServiceClient::new(client(&harness)).get_household(get).await.unwrap();
            let last = answer.into_inner().household.unwrap();
            let words: BTreeSet<String> = last.bank_name.split_whitespace().map(str::to_owned).collect();
            assert_eq!(words, expected);
            assert_eq!(last.etag, (1 + writers * 5).to_string());
            // Each version ended when the next one began.
            let id = one.name.rsplit('/').next().unwrap();
            let broken = format!(
                "a.id = '{id}' AND NOT EXISTS (SELECT 1 FROM household b WHERE b.id = a.id AND b.version = a.version + 1 \
                 AND b.recorded_at = a.superseded_at) AND a.superseded_at < {}",
                i64::MAX
            );
            assert_eq!(count(&harness, "household a", &broken).await, 0);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_writers_who_saw_the_same_version_one_wins() {
    on_each(async |harness| {
        divisions(&harness).await;
        for writers in [2, 8] {
            let one = household(client(&harness), &format!("w{writers}"), VILLAGE, "2015-12-31").await;
            let answers = all((0..writers).map(|writer| {
                let (client, household) = (client(&harness), one.clone());
                let request = p::UpdateHouseholdRequest {
                    request_id: request_id(),
                    household: Some(p::Household { village_group: format!("{writer}组"), ..household }),
                    update_mask: paths(&["village_group"]),
                    change: corrected("登记错误"),
                    ..p::UpdateHouseholdRequest::default()
                };
                async move { HouseholdServiceClient::new(client).update_household(request).await }
            }))
            .await;
            let (won, lost) = one_won(answers);
            assert_eq!(lost, ["ETAG_STALE".to_owned()].into());
            assert_eq!(won.into_inner().household.unwrap().etag, "2");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_never_gets_two_memberships() {
    on_each(async |harness| {
        divisions(&harness).await;
        for writers in [2, 8] {
            let who = person(client(&harness), &format!("r{writers}"), VILLAGE, "1970-01-01").await;
            let mut households = Vec::new();
            for number in 0..writers {
                households.push(
                    household(client(&harness), &format!("{writers}-{number}"), VILLAGE, "2015-12-31").await,
                );
            }
            let answers = all(households.iter().map(|household| {
                let request = p::CreateMembershipRequest {
                    request_id: request_id(),
                    membership: Some(p::Membership {
                        meta: meta("", "2016-01-01"),
                        household: household.name.clone(),
                        person: who.name.clone(),
                        relation: "02".to_owned(),
                        ..p::Membership::default()
                    }),
                    ..p::CreateMembershipRequest::default()
                };
                let client = client(&harness);
                async move { MembershipServiceClient::new(client).create_membership(request).await }
            }))
            .await;
            let (won, lost) = one_won(answers);
            assert_eq!(lost, ["MEMBERSHIP_OVERLAPS".to_owned()].into());
            let link = won.into_inner().membership.unwrap();
            let own = format!("person = '{}' AND {}", who.name, current());
            assert_eq!(count(&harness, "membership", &own).await, 1);

            let answers = all((0..writers).map(|day| {
                let request = p::EndMembershipRequest {
                    request_id: request_id(),
                    name: link.name.clone(),
                    etag: link.etag.clone(),
                    occurred_on: format!("2016-02-{:02}", day + 1),
                    change_out: "21".to_owned(),
                    ..p::EndMembershipRequest::default()
                };
                let client = client(&harness);
                async move { MembershipServiceClient::new(client).end_membership(request).await }
            }))
            .await;
            assert_eq!(one_won(answers).1, ["ETAG_STALE".to_owned()].into());
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_registered_twice() {
    on_each(async |harness| {
        divisions(&harness).await;
        for writers in [2, 8] {
            let number = format!("same-{writers}");
            let answers = all((0..writers).map(|_| {
                let request = p::CreateHouseholdRequest {
                    request_id: request_id(),
                    household: Some(new_household(&number, VILLAGE, "2015-12-31")),
                    ..p::CreateHouseholdRequest::default()
                };
                let client = client(&harness);
                async move { HouseholdServiceClient::new(client).create_household(request).await }
            }))
            .await;
            let (won, lost) = one_won(answers);
            assert_eq!(lost, ["VALUE_TAKEN".to_owned()].into());
            assert_eq!(count(&harness, "household", &format!("household_no = '{number}'")).await, 1);
            let id = won.into_inner().household.unwrap().name.replace("households/", "");
            let holder = format!("collection = 'households' AND key_value = '{number}' AND id = '{id}'");
            assert_eq!(count(&harness, "identity", &holder).await, 1);

            // Of a person it is the ID number, whatever else is stated.
            let id_number = id_number("1970-03-01", writers);
            let answers = all((0..writers).map(|writer| {
                let request = p::CreatePersonRequest {
                    request_id: request_id(),
                    person: Some(p::Person {
                        meta: meta(VILLAGE, "2015-12-31"),
                        person_no: format!("{writers}-{writer}"),
                        full_name: "朴大山".to_owned(),
                        id_number: id_number.clone(),
                        ..p::Person::default()
                    }),
                    ..p::CreatePersonRequest::default()
                };
                let client = client(&harness);
                async move { PersonServiceClient::new(client).create_person(request).await }
            }))
            .await;
            assert_eq!(one_won(answers).1, ["VALUE_TAKEN".to_owned()].into());
            assert_eq!(count(&harness, "person", &format!("person_no LIKE '{writers}-%'")).await, 1);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_answered_once_however_often_it_comes() {
    on_each(async |harness| {
        divisions(&harness).await;
        for round in 0..5 {
            for writers in [2, 8] {
                let number = format!("{round}-{writers}");
                let request = p::CreateHouseholdRequest {
                    request_id: request_id(),
                    household: Some(new_household(&number, VILLAGE, "2015-12-31")),
                    ..p::CreateHouseholdRequest::default()
                };
                let answers = all((0..writers).map(|_| {
                    let (client, request) = (client(&harness), request.clone());
                    async move {
                        HouseholdServiceClient::new(client)
                            .create_household(request)
                            .await
                            .unwrap()
                            .into_inner()
                    }
                }))
                .await;
                assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
                assert_eq!(count(&harness, "household", &format!("household_no = '{number}'")).await, 1);

                let id = request_id();
                let answers = all((0..writers).map(|writer| {
                    let request = p::CreateHouseholdRequest {
                        request_id: id.clone(),
                        household: Some(new_household(&format!("{number}-{writer}"), VILLAGE, "2015-12-31")),
                        ..p::CreateHouseholdRequest::default()
                    };
                    let client = client(&harness);
                    async move { HouseholdServiceClient::new(client).create_household(request).await }
                }))
                .await;
                assert_eq!(one_won(answers).1, ["REQUEST_ID_REUSED".to_owned()].into());
            }
        }
    })
    .await;
}

/// Follows the feed from its start until it has seen so many events of a collection.
async fn follow(client: Client, collection: &str, enough: usize) -> Vec<FeedEvent> {
    let request = WatchRequest { collections: vec![collection.to_owned()], ..WatchRequest::default() };
    let mut stream = ChangeFeedServiceClient::new(client).watch(request).await.unwrap().into_inner();
    let mut events = Vec::new();
    while events.len() < enough {
        let answer = tokio::time::timeout(PATIENCE, stream.message()).await.expect("the feed stands still");
        events.extend(answer.unwrap().unwrap().events);
    }
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_tells_every_version_once_and_each_records_in_order() {
    const WRITERS: usize = 8;
    const ROUNDS: usize = 6;
    on_each(async |harness| {
        divisions(&harness).await;
        let shared = household(client(&harness), "shared", VILLAGE, "2015-12-31").await;
        let expected = 1 + WRITERS * (1 + ROUNDS);
        let watcher = || harness.client("registry", &harness.token("internal", &[PREFECTURE]));
        let early: Vec<_> = (0..2)
            .map(|_| {
                let client = watcher();
                tokio::spawn(async move { follow(client, "households", expected).await })
            })
            .collect();
        all((0..WRITERS).map(|writer| {
            let (client, shared) = (client(&harness), shared.name.clone());
            async move {
                household(client.clone(), &writer.to_string(), VILLAGE, "2015-12-31").await;
                for round in 0..ROUNDS {
                    add_word(client.clone(), shared.clone(), format!("{writer}-{round}")).await;
                }
            }
        }))
        .await;
        let mut feeds = vec![follow(watcher(), "households", expected).await];
        for feed in early {
            feeds.push(feed.await.unwrap());
        }
        for feed in &feeds {
            assert_eq!(feed.len(), expected);
            let told = |events: &[FeedEvent]| -> Vec<(String, i64)> {
                events.iter().map(|event| (event.name.clone(), event.version)).collect()
            };
            assert_eq!(told(feed), told(&feeds[0]), "all followers are told the same in the same order");
            let mut of_record: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
            for event in feed {
                of_record.entry(&event.name).or_default().push(event.version);
            }
            for (name, versions) in of_record {
                let all: Vec<i64> = (1..=versions.len() as i64).collect();
                assert_eq!(versions, all, "{name}");
            }
        }
    })
    .await;
}

/// A transaction of another process that takes its time before COMMIT.
async fn stalled(url: &str, harness: &Harness, statements: &str) -> PgConnection {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let sql = format!("BEGIN; SET LOCAL search_path TO {}_registry; {statements}", harness.schema);
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.unwrap();
    connection
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_stalled_before_its_commit_leaves_no_gap_behind_it() {
    for backend in backends() {
        let Backend::Postgres(url) = &backend else { continue };
        let harness = Harness::start(&backend).await;
        divisions(&harness).await;
        harness.databases["registry"].closed_now().await.unwrap();
        let event = "INSERT INTO outbox (xid, ordinal, recorded_at, collection, id, version, kind, area, scope_area) \
                     SELECT pg_current_xact_id()::text::bigint, 0, 1, 'households', 'stalled', 1, '1', '222405', '222405'";
        let mut other = stalled(url, &harness, event).await;
        let mut names = vec!["households/stalled".to_owned()];
        for number in 0..3 {
            names.push(household(client(&harness), &number.to_string(), VILLAGE, "2015-12-31").await.name);
        }
        // Committed and readable, but not told: an earlier event may still come.
        let watcher = || harness.client("registry", &harness.token("internal", &[PREFECTURE]));
        let request = WatchRequest {
            collections: vec!["households".to_owned()],
            until_head: true,
            ..WatchRequest::default()
        };
        let mut stream = ChangeFeedServiceClient::new(watcher()).watch(request).await.unwrap().into_inner();
        while let Some(answer) = stream.message().await.unwrap() {
            assert_eq!(answer.events, []);
        }
        let follower = watcher();
        let follower = tokio::spawn(async move { follow(follower, "households", 4).await });
        other.execute("COMMIT").await.unwrap();
        let told: Vec<String> = follower.await.unwrap().into_iter().map(|event| event.name).collect();
        assert_eq!(told, names);
        other.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_waits_for_one_that_is_stalled_and_then_decides_anew() {
    for backend in backends() {
        let Backend::Postgres(url) = &backend else { continue };
        let harness = Harness::start(&backend).await;
        divisions(&harness).await;
        let who = person(client(&harness), "r1", VILLAGE, "1970-01-01").await;
        let one = household(client(&harness), "1", VILLAGE, "2015-12-31").await;
        let join = || p::CreateMembershipRequest {
            request_id: request_id(),
            membership: Some(p::Membership {
                meta: meta("", "2016-01-01"),
                household: one.name.clone(),
                person: who.name.clone(),
                relation: "02".to_owned(),
                ..p::Membership::default()
            }),
            ..p::CreateMembershipRequest::default()
        };
        // What another process writes of this person's memberships: here only that it has written.
        let guard =
            format!("INSERT INTO guard (subject, version) VALUES ('memberships.person={}', 1)", who.name);
        let mut other = stalled(url, &harness, &guard).await;
        let waiting = tokio::spawn({
            let (client, request) = (client(&harness), join());
            async move { MembershipServiceClient::new(client).create_membership(request).await }
        });
        for _ in 0..20 {
            harness.databases["registry"].ping().await.unwrap();
            assert!(!waiting.is_finished());
        }
        other.execute("COMMIT").await.unwrap();
        waiting.await.unwrap().expect("decided anew, it goes through");
        let guard = format!("subject = 'memberships.person={}' AND version = 2", who.name);
        assert_eq!(count(&harness, "guard", &guard).await, 1);

        // The same for a number that somebody else is about to take.
        let taken = "INSERT INTO identity (collection, key_kind, key_value, id, area) \
                     VALUES ('households', 'household_no', '2', 'elsewhere', '222405100201')";
        let mut other = stalled(url, &harness, taken).await;
        let waiting = tokio::spawn({
            let client = client(&harness);
            let request = p::CreateHouseholdRequest {
                request_id: request_id(),
                household: Some(new_household("2", VILLAGE, "2015-12-31")),
                ..p::CreateHouseholdRequest::default()
            };
            async move { HouseholdServiceClient::new(client).create_household(request).await }
        });
        for _ in 0..20 {
            harness.databases["registry"].ping().await.unwrap();
            assert!(!waiting.is_finished());
        }
        other.execute("COMMIT").await.unwrap();
        let refusal = Problem::of(&waiting.await.unwrap().unwrap_err());
        assert_eq!(refusal.reason, "VALUE_TAKEN");
    }
}
