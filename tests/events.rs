//! The change feed over HTTP: CloudEvents in batches, within what the caller may see, complete however often the consumer
//! is stopped, and read by the official SDK.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use proto::common::change_feed_service_client::ChangeFeedServiceClient;
use proto::common::{FeedEvent, WatchRequest};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use suite::fixtures::{
    COUNTY, FOREIGN_VILLAGE, OTHER_VILLAGE, PREFECTURE, VILLAGE, divisions, household, person,
};
use suite::front::gateway;
use suite::harness::{Harness, on_each};
use suite::tools::{example, output, python};
use suite::web::{Answered, Web};

/// What tells a repeat: source and id.
type Identity = (String, String);

fn identity(event: &Value) -> Identity {
    (event["source"].as_str().unwrap().to_owned(), event["id"].as_str().unwrap().to_owned())
}

fn web(harness: &Harness, areas: &[&str]) -> Web {
    let token = harness.token("data_exchange", areas);
    Web::new(harness, &token)
}

/// The events of a batch.
fn events(answer: &Answered) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/cloudevents-batch+json");
    answer.json().as_array().unwrap().clone()
}

/// Where it goes on after a batch.
fn next(answer: &Answered) -> String {
    let link = answer.header("link");
    let path = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
    path.unwrap_or_else(|| panic!("{link}")).to_owned()
}

/// Everything from a path on.
async fn all(web: &Web, path: &str) -> Vec<Value> {
    let (mut found, mut path) = (Vec::new(), path.to_owned());
    loop {
        let answer = web.get(&path).await;
        let more = events(&answer);
        path = next(&answer);
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// Records in two counties.
async fn records(harness: &Harness) {
    divisions(harness).await;
    let office = |county| harness.client("registry", &harness.token("county_office", &[county]));
    for (number, village) in [("1", VILLAGE), ("2", OTHER_VILLAGE), ("3", VILLAGE)] {
        household(office(COUNTY), &format!("222405100201{number:0>3}"), village, "2016-01-01").await;
        person(office(COUNTY), &format!("222405100201{number:0>3}01"), village, "2016-01-01").await;
    }
    household(office("222406"), "222406100201001", FOREIGN_VILLAGE, "2016-01-01").await;
    closed(harness).await;
}

/// Waits until everything that was written may be read.
async fn closed(harness: &Harness) {
    for db in harness.databases.values() {
        db.closed_now().await.unwrap();
    }
}

async fn watched(harness: &Harness) -> Vec<FeedEvent> {
    let client = harness.client("gateway", &harness.token("internal", &["220000"]));
    let request = WatchRequest { until_head: true, ..WatchRequest::default() };
    let mut feed = ChangeFeedServiceClient::new(client).watch(request).await.unwrap().into_inner();
    let mut found = Vec::new();
    while let Some(answer) = feed.message().await.unwrap() {
        found.extend(answer.events);
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_of_the_collections_and_the_area_that_were_asked_for() {
    on_each(async |mut harness| {
        gateway(&mut harness).await;
        records(&harness).await;
        let province = web(&harness, &["220000"]);
        let everything = all(&province, "/v1/events?limit=4").await;
        let told: BTreeSet<Identity> = everything.iter().map(identity).collect();
        let expected = watched(&harness).await;
        assert_eq!((told.len(), everything.len()), (expected.len(), expected.len()));
        for event in &expected {
            let id = format!("{}/versions/{}", event.name, event.version);
            assert!(told.contains(&(format!("urn:xiuhua:{}", event.service), id)), "{event:?}");
        }
        let first = everything.iter().find(|event| event["type"] == "xiuhua.households.created").unwrap();
        assert_eq!(first["specversion"], "1.0");
        assert_eq!((&first["subject"], &first["area"]), (&first["data"]["name"], &first["data"]["area"]));
        // What is personal is not told: numbers of people appear as blind indexes only.
        assert!(!Value::Array(everything).to_string().contains("金顺子"));

        let count = async |web: &Web, path: &str| all(web, path).await.len();
        assert_eq!(count(&province, "/v1/events?collections=households").await, 4);
        assert_eq!(count(&province, "/v1/events?collections=households,persons&limit=2").await, 7);
        assert_eq!(count(&province, "/v1/events?collections=households&area=222405").await, 3);
        assert_eq!(count(&province, "/v1/events?collections=households&area=222405100202").await, 1);
        assert_eq!(count(&web(&harness, &["222406"]), "/v1/events?collections=households").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_all_at_once() {
    on_each(async |mut harness| {
        gateway(&mut harness).await;
        let county = web(&harness, &[COUNTY]);
        let wrong =
            county.get_with("/v1/events?limit=1001&wait=-1&from=1", &[("accept-language", "ko")]).await;
        assert_eq!(wrong.status, 400);
        let told = wrong.json();
        let violations = told["details"]
            .as_array()
            .unwrap()
            .iter()
            .find_map(|detail| detail["fieldViolations"].as_array());
        let fields: Vec<&str> =
            violations.unwrap().iter().map(|violation| violation["field"].as_str().unwrap()).collect();
        assert_eq!(fields, ["limit", "wait", "from"]);
        for (path, status, reason) in [
            ("/v1/events?cursor=x", 400, "RESUME_TOKEN_INVALID"),
            ("/v1/events?area=222406", 403, "AREA_FORBIDDEN"),
            ("/v1/events?area=9", 400, "AREA_UNKNOWN"),
            ("/v1/events?collections=households,unicorns", 400, "CODE_UNKNOWN"),
        ] {
            let told = county.get(path).await.refusal();
            assert!(told.starts_with(&format!("{status} ")) && told.contains(reason), "{path}: {told}");
        }
        for path in ["/v1/events", "/v1/events?limit=0", "/sdmx/data/x/y", "/v1/reports/x/file"] {
            let nobody = Web::new(&harness, "").get(path).await;
            assert_eq!(nobody.refusal(), "401 AUTHENTICATION_REQUIRED", "{path}");
        }
        let clerk = Web::new(&harness, &harness.token("village_cadre", &[VILLAGE])).get("/v1/events").await;
        assert_eq!(clerk.refusal(), "403 PERMISSION_MISSING");
        assert_eq!(
            county.send("POST", "/v1/events", "", Vec::new()).await.refusal(),
            "405 HTTP_METHOD_REFUSED"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_is_stopped_anywhere_misses_nothing_and_knows_repeats() {
    const CONSUMERS: u64 = 12;
    on_each(async |mut harness| {
        gateway(&mut harness).await;
        records(&harness).await;
        let province = web(&harness, &["220000"]);
        let expected: BTreeSet<Identity> = all(&province, "/v1/events").await.iter().map(identity).collect();
        for seed in 0..CONSUMERS {
            let mut dice = ChaCha8Rng::seed_from_u64(seed);
            let mut consumer = Consumer::default();
            while !consumer.done {
                consumer.step(&province, &mut dice).await;
            }
            assert_eq!(consumer.kept.keys().cloned().collect::<BTreeSet<_>>(), expected, "seed {seed}");
            consumer.in_order();
        }

        // Nor does one that follows while others write.
        let mut dice = ChaCha8Rng::seed_from_u64(CONSUMERS);
        let mut consumer = Consumer::default();
        for number in 10..20 {
            let office = harness.client("registry", &harness.token("county_office", &[COUNTY]));
            household(office, &format!("2224051002010{number}"), VILLAGE, "2016-01-01").await;
            consumer.step(&province, &mut dice).await;
        }
        closed(&harness).await;
        consumer.done = false;
        while !consumer.done {
            consumer.step(&province, &mut dice).await;
        }
        let written: BTreeSet<Identity> = all(&province, "/v1/events").await.iter().map(identity).collect();
        assert_eq!(written.len(), expected.len() + 10);
        assert_eq!(consumer.kept.keys().cloned().collect::<BTreeSet<_>>(), written);
    })
    .await;
}

/// A consumer that may be killed between any two of its steps: before it keeps an event, and before it keeps the cursor.
#[derive(Default)]
struct Consumer {
    /// What survives it: events by their identity in the order in which they first came, and the cursor.
    kept: BTreeMap<Identity, (usize, Value)>,
    cursor: String,
    /// The last batch was empty.
    done: bool,
}

impl Consumer {
    /// Asks once, works on the events one by one, and is killed somewhere or not at all.
    async fn step(&mut self, web: &Web, dice: &mut ChaCha8Rng) {
        let limit = dice.random_range(1..=7);
        let answer = web.get(&format!("/v1/events?limit={limit}&cursor={}", self.cursor)).await;
        let batch = events(&answer);
        assert!(batch.len() <= limit, "{}", batch.len());
        self.done = batch.is_empty();
        let dies_after = if dice.random_bool(0.5) { dice.random_range(0..=batch.len()) } else { usize::MAX };
        let cursors_by_event = dice.random_bool(0.5);
        for (index, event) in batch.into_iter().enumerate() {
            if index == dies_after {
                return;
            }
            let cursor = event["cursor"].as_str().unwrap().to_owned();
            let order = self.kept.len();
            let known = self.kept.entry(identity(&event)).or_insert_with(|| (order, event.clone()));
            let same = |event: &Value| (event["data"].clone(), event["time"].clone(), event["type"].clone());
            assert_eq!(same(&known.1), same(&event), "a repeat is the same event");
            // Events of several services are in one stream, so only the last cursor of all will do.
            if cursors_by_event {
                self.cursor = cursor;
            }
        }
        if dies_after == usize::MAX {
            let path = next(&answer);
            let query = path.split_once("cursor=").unwrap().1;
            self.cursor = query.split('&').next().unwrap().to_owned();
        }
    }

    /// Versions of a record came in their order.
    fn in_order(&self) {
        let mut versions = BTreeMap::<&str, Vec<(usize, i64)>>::new();
        for (order, event) in self.kept.values() {
            let version = event["data"]["version"].as_str().unwrap().parse().unwrap();
            versions.entry(event["subject"].as_str().unwrap()).or_default().push((*order, version));
        }
        for (subject, mut seen) in versions {
            seen.sort_unstable();
            assert!(seen.is_sorted_by_key(|(_, version)| *version), "{subject}: {seen:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_gets_what_comes() {
    on_each(async |mut harness| {
        gateway(&mut harness).await;
        divisions(&harness).await;
        closed(&harness).await;
        let province = web(&harness, &["220000"]);
        let path = "/v1/events?collections=households&wait=60";
        let waiting = tokio::spawn(async move { events(&province.get(path).await) });
        let office = harness.client("registry", &harness.token("county_office", &[COUNTY]));
        let made = household(office, "222405100201001", VILLAGE, "2016-01-01").await;
        let told = waiting.await.unwrap();
        assert_eq!((told.len(), told[0]["subject"].as_str()), (1, Some(made.name.as_str())));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_sdk_reads_them_and_may_be_killed() {
    on_each(async |mut harness| {
        gateway(&mut harness).await;
        records(&harness).await;
        let Some(python) = python() else { return };
        let folder = tempfile::tempdir().unwrap();
        let token = harness.token("data_exchange", &[PREFECTURE]);
        let follow = || {
            let gateway = format!("http://{}", harness.addresses["gateway"]);
            let mut command = example(&python, &gateway, &token);
            command.arg("follow.py").arg(folder.path().join("cursor.txt"));
            command
        };
        // Killed after it has worked on an event or two, and started again.
        let mut killed = follow().stdout(Stdio::piped()).spawn().unwrap();
        let seen = tokio::task::spawn_blocking(move || {
            let mut printed = BufReader::new(killed.stdout.take().unwrap());
            let mut seen = String::new();
            printed.read_line(&mut seen).unwrap();
            killed.kill().unwrap();
            printed.read_to_string(&mut seen).unwrap();
            killed.wait().unwrap();
            seen
        });
        let seen = seen.await.unwrap() + &output(follow(), "").await;
        let read: BTreeSet<(String, String, String)> = seen
            .lines()
            .map(|line| {
                let [source, id, _, _, area] = line.split('\t').collect::<Vec<_>>()[..] else {
                    panic!("{line}")
                };
                (source.to_owned(), id.to_owned(), area.to_owned())
            })
            .collect();
        assert_eq!(output(follow(), "").await, "", "what was worked on comes no more");
        let expected: BTreeSet<(String, String, String)> = watched(&harness)
            .await
            .into_iter()
            .filter(|event| event.area.starts_with("2224"))
            .map(|event| {
                let id = format!("{}/versions/{}", event.name, event.version);
                (format!("urn:xiuhua:{}", event.service), id, event.area)
            })
            .collect();
        assert!(expected.len() > 7);
        assert_eq!(read, expected);
    })
    .await;
}
