//! A killed import, taken up again, ends as one that nobody disturbed.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use suite::fixtures::{COUNTY, divisions, refused};
use suite::harness::{Backend, Client, Harness, backends, on_each};
use suite::table::Imported;

use super::compare::{assert_same, dump};
use super::sheets::{
    HOUSEHOLDS, MEMBERS, household, household_part, member_part, members, relief, relief_part, with,
};
use super::stream::{Part, killed, resumed, whole};

const SIZE: usize = 7;

fn steward(harness: &Harness, service: &str) -> Client {
    harness.client(service, &harness.token("data_steward", &[COUNTY]))
}

/// Two sheets with a mistake here and there, and with rows that say the same.
fn workbook() -> [Part; 2] {
    let household = |number: usize| match number % 11 {
        3 => with(household(number), HOUSEHOLDS, &[("主要致贫原因", "运气不好"), ("行政村", "无名村")]),
        7 => household(number - 1),
        _ => household(number),
    };
    let mut rows: Vec<Vec<String>> = (1..60).map(household).collect();
    rows.insert(20, vec![String::new(); HOUSEHOLDS.len()]);
    let of_members = (1..60).flat_map(members).enumerate().map(|(index, row)| match index % 13 {
        5 => with(row, MEMBERS, &[("户编号", "h999")]),
        8 => with(row, MEMBERS, &[("出生日期", "1951-02-30")]),
        _ => row,
    });
    [household_part(rows, "2015-12-31"), member_part(of_members.collect(), "2015-12-31")]
}

async fn disturbed(client: &Client, service: &str, parts: &[Part], dice: &mut ChaCha8Rng) -> Vec<Imported> {
    let mut done = Vec::new();
    for part in parts {
        let batches = part.rows.len().div_ceil(SIZE);
        for _ in 0..2 {
            let (after, under_way) = (dice.random_range(0..=batches), dice.random_bool(0.5));
            println!("{service}: killed after {after} of {batches} batches, under way: {under_way}");
            killed(client.clone(), part, SIZE, after, under_way).await;
        }
        done.push(resumed(client, part, SIZE).await);
    }
    done
}

async fn of_seed(backend: &Backend, seed: u64) {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let calm = Harness::start(backend).await;
    divisions(&calm).await;
    let stormy = calm.twin(backend).await;
    divisions(&stormy).await;
    let reliefs = [relief_part((0..40).map(|number| relief(number / 2)).collect())];
    for (service, slices, parts) in [
        ("registry", registry::slices(), workbook().to_vec()),
        ("assistance", assistance::slices(), reliefs.to_vec()),
    ] {
        let expected = whole(steward(&calm, service), &parts, SIZE).await.unwrap();
        let found = disturbed(&steward(&stormy, service), service, &parts, &mut dice).await;
        let place = format!("{service}, seed {seed}");
        for (one, other) in expected.iter().zip(&found) {
            assert_eq!(one.counts(), other.counts(), "{place}");
            assert_eq!(one.summary.row_count, other.summary.row_count, "{place}");
        }
        let (one, other) = (&calm.databases[service], &stormy.databases[service]);
        assert_same(&dump(one, &slices).await, &dump(other, &slices).await, &place);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_import_taken_up_again_equals_an_undisturbed_one() {
    for backend in backends() {
        let seeds = if backend == Backend::Sqlite { 5 } else { 3 };
        for seed in 0..seeds {
            of_seed(&backend, seed).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_about_one_file_and_its_owner() {
    on_each(async |harness| {
        divisions(&harness).await;
        let part = household_part((1..20).map(household).collect(), "2015-12-31");
        killed(steward(&harness, "registry"), &part, SIZE, 1, false).await;
        let mut other = part.clone();
        other.header.file_digest = "another".to_owned();
        let answer = whole(steward(&harness, "registry"), &[other], SIZE).await;
        assert_eq!(refused(answer), "FailedPrecondition JOB_OTHER_FILE");
        let token = harness.token_of("somebody", "data_steward", &[COUNTY]);
        let answer = whole(harness.client("registry", &token), std::slice::from_ref(&part), SIZE).await;
        assert_eq!(refused(answer), "NotFound JOB_NOT_FOUND");
        let done = resumed(&steward(&harness, "registry"), &part, SIZE).await;
        assert_eq!(done.counts(), (19, 0, 0, 0));
        // The end says that the file was cut.
        let mut cut = household_part((1..20).map(household).collect(), "2015-12-31");
        cut.header.row_count = 40;
        let answer = whole(steward(&harness, "registry"), &[cut], SIZE).await;
        assert_eq!(refused(answer), "InvalidArgument FILE_INCOMPLETE");
    })
    .await;
}

/// Rows without a key are told apart by how many of their like went before, in the file and not in the stream.
#[tokio::test(flavor = "multi_thread")]
async fn equal_rows_are_counted_through_the_whole_file() {
    on_each(async |harness| {
        divisions(&harness).await;
        let part = relief_part((0..12).map(relief).collect());
        for after in [1, 3, 5] {
            killed(steward(&harness, "assistance"), &part, 2, after, false).await;
        }
        let done = resumed(&steward(&harness, "assistance"), &part, 2).await;
        assert_eq!(done.reasons(), []);
        assert_eq!(done.counts(), (12, 0, 0, 0));
        let again = relief_part((0..12).map(relief).collect());
        let again = whole(steward(&harness, "assistance"), &[again], 5).await.unwrap();
        assert_eq!(again[0].counts(), (12, 12, 0, 0));
        let rows = harness.databases["assistance"]
            .all("SELECT count(*) FROM social_security_temporary_relief", &[])
            .await
            .unwrap();
        assert_eq!(rows[0].integer(0), 12);
    })
    .await;
}
