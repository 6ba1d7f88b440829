//! Both time axes against a model that knows nothing of periods: for each known version a value for every single day.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use kernel::date::CivilDate;
use proto::common::{Change, ChangeKind};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use runtime::status::Problem;
use suite::fixtures::{COUNTY, OTHER_VILLAGE, VILLAGE, divisions, meta, paths, reveal};
use suite::harness::{Backend, Client, Harness, backends, request_id};
use tonic::Status;

/// Days of the model; the last one stands for all that follow.
const DAYS: usize = 40;

/// Fields that change, by path, and what they may hold.
const FIELDS: [(&str, &[&str]); 7] = [
    ("attribute", &["", "一般贫困户", "低保贫困户"]),
    ("bank_name", &["", "农业银行", "农村信用社"]),
    ("meta.area", &[VILLAGE, OTHER_VILLAGE]),
    ("other_causes", &["", "因病", "因病、因残"]),
    ("phone", &["", "13800000000", "13900000000"]),
    ("planned_exit_year", &["", "2016", "2017"]),
    ("village_group", &["", "一组", "二组"]),
];

type Cells = [&'static str; FIELDS.len()];

/// The record on every day; `None` where it is not.
type Days = Vec<Option<Cells>>;

#[derive(Debug, Clone)]
enum Act {
    Change { day: usize, mask: Vec<usize>, values: Cells, later: bool },
    Correct { on: Option<usize>, mask: Vec<usize>, values: Cells },
    Withdraw,
}

/// Why an act is refused: its reasons.
type Refusal = BTreeSet<&'static str>;

/// What is known after an act, or why it is refused.
fn expected(known: &Days, act: &Act) -> Result<Days, Refusal> {
    if known.iter().all(Option::is_none) {
        return Err(["WITHDRAWN"].into());
    }
    let mut next = known.clone();
    match act {
        Act::Withdraw => next.fill(None),
        Act::Change { day, mask, values, later } => {
            let Some(there) = known[*day] else { return Err(["DATE_ORDER"].into()) };
            let same = known[*day..].iter().take_while(|other| **other == Some(there)).count();
            let (until, rest) = if *later { (DAYS, DAYS) } else { (day + same, day + same) };
            let touched = || mask.iter().filter(|field| there[**field] != values[**field]);
            let differs = |cells: &Cells| touched().any(|field| cells[*field] != values[*field]);
            if known[rest..].iter().flatten().any(differs) {
                return Err(["LATER_PERIODS_DIFFER"].into());
            }
            for cells in next[*day..until].iter_mut().flatten() {
                mask.iter().for_each(|field| cells[*field] = values[*field]);
            }
        }
        Act::Correct { on, mask, values } => {
            let on = on.unwrap_or(DAYS - 1);
            let Some(there) = known[on] else { return Err(["DATE_ORDER"].into()) };
            for field in mask {
                let wrong = |day: &usize| known[*day].is_some_and(|cells| cells[*field] == there[*field]);
                let before = (0..on).rev().take_while(wrong);
                let after = (on..DAYS).take_while(wrong);
                for day in before.chain(after) {
                    next[day].as_mut().unwrap()[*field] = values[*field];
                }
            }
        }
    }
    Ok(next)
}

fn date(day: usize) -> String {
    CivilDate::parse("2015-01-01").unwrap().add_days(day as i32).to_string()
}

fn record(cells: &Cells, from: &str) -> p::Household {
    let [attribute, bank_name, area, other_causes, phone, planned_exit_year, village_group] = cells;
    p::Household {
        meta: meta(area, from),
        attribute: (*attribute).to_owned(),
        bank_name: (*bank_name).to_owned(),
        other_causes: other_causes.split('、').filter(|cause| !cause.is_empty()).map(str::to_owned).collect(),
        phone: (*phone).to_owned(),
        planned_exit_year: planned_exit_year.parse().ok(),
        village_group: (*village_group).to_owned(),
        ..p::Household::default()
    }
}

fn random_values(dice: &mut ChaCha8Rng) -> Cells {
    FIELDS.map(|(_, values)| *values.choose(dice).unwrap())
}

fn random_act(dice: &mut ChaCha8Rng) -> Act {
    let mask: Vec<usize> = (0..FIELDS.len()).filter(|_| dice.random_bool(0.3)).collect();
    let mask = if mask.is_empty() { vec![dice.random_range(0..FIELDS.len())] } else { mask };
    let values = random_values(dice);
    match dice.random_range(0..20) {
        0 => Act::Withdraw,
        1..=12 => Act::Change { day: dice.random_range(0..DAYS), mask, values, later: dice.random_bool(0.5) },
        _ => Act::Correct { on: dice.random_bool(0.8).then(|| dice.random_range(0..DAYS)), mask, values },
    }
}

struct Run {
    client: HouseholdServiceClient<Client>,
    name: String,
    etag: i64,
    /// Known time, µs, and what is known from then on.
    versions: Vec<(i64, Days)>,
}

fn micros(household: &p::Household) -> i64 {
    let at = household.meta.as_ref().unwrap().recorded_at.unwrap();
    at.seconds * 1_000_000 + i64::from(at.nanos / 1_000)
}

impl Run {
    async fn begin(harness: &Harness, number: u64, dice: &mut ChaCha8Rng) -> Self {
        let token = harness.token("county_office", &[COUNTY]);
        let mut client = HouseholdServiceClient::new(harness.client("registry", &token));
        let (from, cells) = (dice.random_range(0..DAYS / 2), random_values(dice));
        let household = p::Household {
            household_no: number.to_string(),
            head_full_name: "金顺子".to_owned(),
            ..record(&cells, &date(from))
        };
        let request = p::CreateHouseholdRequest {
            request_id: request_id(),
            household: Some(household),
            ..p::CreateHouseholdRequest::default()
        };
        let stored = client.create_household(request).await.unwrap().into_inner().household.unwrap();
        let days = (0..DAYS).map(|day| (day >= from).then_some(cells)).collect();
        Self { client, versions: vec![(micros(&stored), days)], name: stored.name, etag: 1 }
    }

    async fn ask(&mut self, act: &Act) -> Result<p::Household, Status> {
        let (mask, values, change) = match act {
            Act::Withdraw => {
                let request = p::WithdrawHouseholdRequest {
                    request_id: request_id(),
                    name: self.name.clone(),
                    etag: self.etag.to_string(),
                    reason: "错录".to_owned(),
                    ..p::WithdrawHouseholdRequest::default()
                };
                return Ok(self.client.withdraw_household(request).await?.into_inner().household.unwrap());
            }
            Act::Change { day, mask, values, later } => (
                mask,
                values,
                Change {
                    kind: ChangeKind::Change.into(),
                    effective_on: date(*day),
                    apply_to_later: *later,
                    ..Change::default()
                },
            ),
            Act::Correct { on, mask, values } => {
                let effective_on = on.map(date).unwrap_or_default();
                (
                    mask,
                    values,
                    Change {
                        kind: ChangeKind::Correction.into(),
                        effective_on,
                        reason: "错录".to_owned(),
                        ..Change::default()
                    },
                )
            }
        };
        let mask: Vec<&str> = mask.iter().map(|field| FIELDS[*field].0).collect();
        let household =
            p::Household { name: self.name.clone(), etag: self.etag.to_string(), ..record(values, "") };
        let request = p::UpdateHouseholdRequest {
            request_id: request_id(),
            household: Some(household),
            update_mask: paths(&mask),
            change: Some(change),
            ..p::UpdateHouseholdRequest::default()
        };
        Ok(self.client.update_household(request).await?.into_inner().household.unwrap())
    }

    async fn take(&mut self, act: &Act, place: &str) {
        let known = self.versions.last().unwrap().1.clone();
        let answer = self.ask(act).await;
        match expected(&known, act) {
            Err(reasons) => {
                let problem = Problem::of(&answer.expect_err(place));
                let told: BTreeSet<&str> =
                    problem.violations.iter().map(|found| found.reason.as_str()).collect();
                assert_eq!(told, reasons, "{place}");
            }
            Ok(next) => {
                let stored = answer.unwrap_or_else(|status| panic!("{place}: {:?}", Problem::of(&status)));
                if next != known {
                    self.etag += 1;
                    self.versions.push((micros(&stored), next));
                }
                assert_eq!(stored.etag, self.etag.to_string(), "{place}");
            }
        }
    }

    /// Reads on a day as known at a moment, now where there is none.
    async fn check(&mut self, day: usize, moment: Option<i64>, place: &str) {
        let known = self.versions.iter().rev().find(|(at, _)| moment.is_none_or(|moment| *at <= moment));
        let empty = vec![None; DAYS];
        let days = known.map_or(&empty, |(_, days)| days);
        let request = p::GetHouseholdRequest {
            name: self.name.clone(),
            as_of: date(day),
            known_at: moment.map(|moment| prost_types::Timestamp {
                seconds: moment / 1_000_000,
                nanos: (moment % 1_000_000) as i32 * 1_000,
            }),
            reveal: reveal(&[]),
        };
        let answer =
            self.client.get_household(request).await.map(|answer| answer.into_inner().household.unwrap());
        let place = format!("{place}; on {} as known at {moment:?}", date(day));
        let Some(cells) = days[day] else {
            assert_eq!(Problem::of(&answer.expect_err(&place)).reason, "RESOURCE_NOT_FOUND", "{place}");
            return;
        };
        let found = answer.unwrap_or_else(|status| panic!("{place}: {:?}", Problem::of(&status)));
        let from = (0..=day).rev().take_while(|other| days[*other] == Some(cells)).last().unwrap();
        let until = (day..DAYS).find(|other| days[*other] != Some(cells));
        let head = found.meta.clone().unwrap();
        assert_eq!(
            (head.valid_from, head.valid_to),
            (date(from), until.map(date).unwrap_or_default()),
            "{place}"
        );
        let told = p::Household {
            meta: meta(&head.area, ""),
            name: String::new(),
            etag: String::new(),
            household_no: String::new(),
            head_full_name: String::new(),
            member_count: None,
            ..found
        };
        assert_eq!(told, record(&cells, ""), "{place}");
    }
}

async fn sequence(harness: &Harness, seed: u64) {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut run = Run::begin(harness, seed, &mut dice).await;
    let mut acts = Vec::new();
    for _ in 0..dice.random_range(3..12) {
        let act = random_act(&mut dice);
        acts.push(act.clone());
        run.take(&act, &format!("seed {seed}, the last of {acts:?}")).await;
        // Sometimes the clock goes on between two writes, sometimes it does not.
        harness.clock.advance(Duration::from_micros(dice.random_range(0..3)));
    }
    let place = format!("seed {seed}, after {acts:?}");
    let moments: Vec<i64> = run.versions.iter().map(|(moment, _)| *moment).collect();
    for _ in 0..20 {
        let moment = moments.choose(&mut dice).map(|moment| moment - dice.random_range(0..2));
        let moment = moment.filter(|_| dice.random_bool(0.8));
        run.check(dice.random_range(0..DAYS), moment, &place).await;
    }
}

async fn sequences(backend: &Backend, count: u64) {
    let harness = Harness::start(backend).await;
    divisions(&harness).await;
    let work = (0..count).map(|seed| sequence(&harness, seed));
    futures::stream::iter(work).buffer_unordered(4).collect::<Vec<()>>().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_read_on_both_axes_is_what_the_model_says() {
    for backend in backends() {
        let count = if backend == Backend::Sqlite { 250 } else { 25 };
        sequences(&backend, count).await;
    }
}

/// The model itself: what it says of the examples in the documentation of changes and corrections.
#[test]
fn the_model_says_what_is_documented() {
    let mut one: Cells = FIELDS.map(|(_, values)| values[0]);
    let days: Days = (0..DAYS).map(|day| (day >= 5).then_some(one)).collect();
    let mask = vec![6];
    one[6] = "一组";
    let from_ten =
        expected(&days, &Act::Change { day: 10, mask: mask.clone(), values: one, later: false }).unwrap();
    assert_eq!(
        [from_ten[9].unwrap()[6], from_ten[10].unwrap()[6], from_ten[39].unwrap()[6]],
        ["", "一组", "一组"]
    );
    let two = FIELDS.map(|(_, values)| values[values.len() - 1]);
    let earlier = |later| Act::Change { day: 7, mask: mask.clone(), values: two, later };
    assert_eq!(expected(&from_ten, &earlier(false)), Err(["LATER_PERIODS_DIFFER"].into()));
    let all = expected(&from_ten, &earlier(true)).unwrap();
    assert_eq!([all[6].unwrap()[6], all[7].unwrap()[6], all[39].unwrap()[6]], ["", "二组", "二组"]);
    let before = Act::Change { day: 4, mask: mask.clone(), values: two, later: true };
    assert_eq!(expected(&all, &before), Err(["DATE_ORDER"].into()));
    let corrected = expected(&all, &Act::Correct { on: Some(20), mask, values: one }).unwrap();
    assert_eq!(
        [corrected[6].unwrap()[6], corrected[7].unwrap()[6], corrected[39].unwrap()[6]],
        ["", "一组", "一组"]
    );
    let gone = expected(&corrected, &Act::Withdraw).unwrap();
    assert_eq!(expected(&gone, &Act::Withdraw), Err(["WITHDRAWN"].into()));
}
