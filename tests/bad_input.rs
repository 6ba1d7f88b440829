//! Bad input: one answer with everything that is wrong, each with its place, in the caller's language, and nothing stored.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "bad_input/calls.rs"]
mod calls;
#[path = "bad_input/files.rs"]
mod files;

use proto::xiuhua::assistance::socialsecurity::v1 as social;
use proto::xiuhua::assistance::socialsecurity::v1::temporary_relief_service_client::TemporaryReliefServiceClient;
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use proto::xiuhua::registry::v1::person_service_client::PersonServiceClient;
use runtime::status::Problem;
use suite::fixtures::COUNTY;
use suite::harness::{Client, Harness};
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
