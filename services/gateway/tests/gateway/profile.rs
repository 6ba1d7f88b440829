//! Profiles of a household from services that know it, are missing, are late or answer nonsense.

use std::time::Duration;

use kernel::failure::{Failure, Reason};
use kernel::language::Language;
use prost::Message;
use prost_types::{Any, Timestamp};
use proto::common::household_facts_service_client::HouseholdFactsServiceClient;
use proto::common::{
    Assurance, AssuranceFinding, BatchGetHouseholdFactsRequest, BatchGetHouseholdFactsResponse,
    HouseholdBenefit, HouseholdFacts, HouseholdSection, Verdict,
};
use proto::xiuhua::gateway::v1::household_profile_service_client::HouseholdProfileServiceClient;
use proto::xiuhua::gateway::v1::report_line::Availability;
use proto::xiuhua::gateway::v1::{GetHouseholdProfileRequest, HouseholdProfile};
use proto::xiuhua::registry::v1::{
    Household, HouseholdAnswer, HouseholdStanding, IncomeStatement, LookupHouseholdsRequest,
    LookupHouseholdsResponse, LookupOutcome, Membership, Person,
};
use runtime::status::{Problem, to_status};
use tonic::{Code, Status};

use crate::suite::{Answer, Fake, Reply, Suite, nobody};

const FACTS: &str = "/xiuhua.common.v1.HouseholdFactsService/BatchGetHouseholdFacts";
const LOOKUP: &str = "/xiuhua.registry.v1.HouseholdService/LookupHouseholds";

const HOUSEHOLD: &str = "households/01890a5d-ac96-774b-bcce-b302099a8057";
const NUMBER: &str = "2224050001";
const READ: Timestamp = Timestamp { seconds: 1_507_510_000, nanos: 0 };

fn boxed(answer: impl Fn(&[bytes::Bytes]) -> Reply + Send + Sync + 'static) -> Answer {
    Box::new(answer)
}

fn record(message: &str, record: &impl Message) -> Any {
    Any { type_url: format!("type.googleapis.com/{message}"), value: record.encode_to_vec() }
}

fn finding(assurance: Assurance, verdict: Verdict) -> AssuranceFinding {
    AssuranceFinding {
        assurance: assurance.into(),
        verdict: verdict.into(),
        basis: "as recorded".to_owned(),
        checked_on: "2016-12-01".to_owned(),
        ..AssuranceFinding::default()
    }
}

/// A service that knows this of every household, and refuses these sections.
fn knowing(facts: HouseholdFacts, forbidden: &'static [HouseholdSection]) -> Answer {
    boxed(move |messages| {
        let asked = BatchGetHouseholdFactsRequest::decode(messages[0].clone()).unwrap();
        let of = |household: &String| HouseholdFacts { household: household.clone(), ..facts.clone() };
        Reply::message(&BatchGetHouseholdFactsResponse {
            facts: asked.households.iter().map(of).collect(),
            forbidden: forbidden.iter().map(|section| i32::from(*section)).collect(),
            known_at: Some(READ),
        })
    })
}

/// What the registry knows of the household.
fn registered() -> HouseholdFacts {
    let text = |text: &str| text.to_owned();
    let household = Household { name: text(HOUSEHOLD), household_no: text(NUMBER), ..Household::default() };
    let membership = Membership {
        name: text("memberships/1"),
        person: text("persons/1"),
        relation: text("02"),
        ..Membership::default()
    };
    let person =
        Person { name: text("persons/1"), id_number: text("35*************123"), ..Person::default() };
    let standing = |since: &str| HouseholdStanding { since: text(since), ..HouseholdStanding::default() };
    let statement = |year| IncomeStatement { year: Some(year), ..IncomeStatement::default() };
    let records = vec![
        record("xiuhua.registry.v1.Household", &household),
        record("xiuhua.registry.v1.Membership", &membership),
        record("xiuhua.registry.v1.Person", &person),
        record("xiuhua.registry.v1.HouseholdStanding", &standing("2016-12-31")),
        record("xiuhua.registry.v1.HouseholdStanding", &standing("2014-06-01")),
        record("xiuhua.registry.v1.IncomeStatement", &statement(2016)),
        record("xiuhua.registry.v1.IncomeStatement", &statement(2015)),
        record("xiuhua.registry.v2.Hologram", &statement(2017)),
    ];
    let assurances = vec![finding(Assurance::Income, Verdict::Pass), finding(Assurance::Food, Verdict::Fail)];
    HouseholdFacts { records, assurances, ..HouseholdFacts::default() }
}

fn benefit(programme: &str, year: i32, name: &str) -> HouseholdBenefit {
    HouseholdBenefit {
        programme: programme.to_owned(),
        year: Some(year),
        name: name.to_owned(),
        ..HouseholdBenefit::default()
    }
}

/// A registry that knows the household by its number, too.
fn registry() -> Fake {
    let looked_up = boxed(|messages| {
        let asked = LookupHouseholdsRequest::decode(messages[0].clone()).unwrap();
        let of = |number: &String| {
            let known = number == NUMBER;
            HouseholdAnswer {
                outcome: if known { LookupOutcome::Found } else { LookupOutcome::NotFound }.into(),
                household: if known { HOUSEHOLD.to_owned() } else { String::new() },
                ..HouseholdAnswer::default()
            }
        };
        Reply::message(&LookupHouseholdsResponse { answers: asked.household_nos.iter().map(of).collect() })
    });
    Fake::new([(FACTS, knowing(registered(), &[])), (LOOKUP, looked_up)])
}

fn assistance() -> Fake {
    let facts = HouseholdFacts {
        benefits: vec![
            benefit("social_security", 2016, "temporaryReliefs/1"),
            benefit("housing", 2017, "renovationCases/2"),
            benefit("housing", 2016, "renovationCases/1"),
        ],
        assurances: vec![
            finding(Assurance::Housing, Verdict::Pass),
            finding(Assurance::Water, Verdict::Unknown),
        ],
        ..HouseholdFacts::default()
    };
    Fake::new([(FACTS, knowing(facts, &[]))])
}

fn partner_aid() -> Fake {
    let facts =
        HouseholdFacts { benefits: vec![benefit("", 2017, "aidBenefitLinks/1")], ..Default::default() };
    Fake::new([(FACTS, knowing(facts, &[]))])
}

async fn before(fakes: [&Fake; 3]) -> Suite {
    let [registry, assistance, partner_aid] = fakes;
    Suite::before([registry.serve().await, assistance.serve().await, partner_aid.serve().await])
}

fn asked() -> GetHouseholdProfileRequest {
    GetHouseholdProfileRequest { household: HOUSEHOLD.to_owned(), ..GetHouseholdProfileRequest::default() }
}

async fn profile(suite: &Suite, request: GetHouseholdProfileRequest) -> Result<HouseholdProfile, Status> {
    let mut client = HouseholdProfileServiceClient::new(suite.gateway.clone());
    let answer = client.get_household_profile(suite.request(request)).await;
    answer.map(|answer| answer.into_inner().profile.unwrap())
}

fn sources(profile: &HouseholdProfile) -> Vec<(&str, Availability)> {
    profile.sources.iter().map(|source| (source.service.as_str(), source.availability())).collect()
}

fn names(profile: &HouseholdProfile) -> Vec<&str> {
    profile.benefits.iter().map(|benefit| benefit.name.as_str()).collect()
}

fn gap(profile: &HouseholdProfile, assurance: Assurance) -> Option<(Verdict, &str)> {
    let gap = profile.gaps.iter().find(|gap| gap.assurance() == assurance)?;
    Some((gap.verdict(), gap.note.as_str()))
}

#[tokio::test]
async fn a_profile_costs_one_call_to_each_service() {
    let (registry, assistance, partner_aid) = (registry(), assistance(), partner_aid());
    let suite = before([&registry, &assistance, &partner_aid]).await;
    let whole = profile(&suite, asked()).await.unwrap();
    assert!(whole.complete);
    assert_eq!(
        (whole.as_of.as_str(), whole.household.as_ref().unwrap().name.as_str()),
        ("2017-10-09", HOUSEHOLD)
    );
    let person = whole.members[0].person.as_ref().unwrap();
    assert_eq!((whole.members.len(), person.id_number.as_str()), (1, "35*************123"));
    let since: Vec<&str> = whole.standings.iter().map(|standing| standing.since.as_str()).collect();
    assert_eq!(since, ["2014-06-01", "2016-12-31"]);
    assert_eq!(whole.incomes.iter().filter_map(|income| income.year).collect::<Vec<_>>(), [2015, 2016]);
    assert_eq!(
        names(&whole),
        ["aidBenefitLinks/1", "renovationCases/1", "renovationCases/2", "temporaryReliefs/1"]
    );
    assert_eq!(whole.assurances.len(), 4);
    assert_eq!(gap(&whole, Assurance::Income), None);
    assert_eq!(gap(&whole, Assurance::Food), Some((Verdict::Fail, "as recorded")));
    assert_eq!(gap(&whole, Assurance::Water), Some((Verdict::Unknown, "as recorded")));
    let (verdict, note) = gap(&whole, Assurance::Medical).unwrap();
    assert!(verdict == Verdict::Unknown && !note.contains("asked"), "{note}");
    assert_eq!(whole.gaps.len(), 5);
    let available = Availability::Available;
    assert_eq!(
        sources(&whole),
        [("assistance", available), ("partner-aid", available), ("registry", available)]
    );
    assert!(whole.sources.iter().all(|source| source.known_at == Some(READ)));

    for fake in [&registry, &assistance, &partner_aid] {
        let calls = fake.seen("");
        assert_eq!(calls.len(), 1, "{calls:?}");
        assert!(calls[0].headers["authorization"].to_str().unwrap().starts_with("Bearer "));
        let question = BatchGetHouseholdFactsRequest::decode(calls[0].messages[0].clone()).unwrap();
        // The same day for all, whatever their clocks say.
        assert_eq!(
            (question.households, question.as_of.as_str()),
            (vec![HOUSEHOLD.to_owned()], "2017-10-09")
        );
    }
}

#[tokio::test]
async fn a_number_costs_one_call_more() {
    let (registry, assistance, partner_aid) = (registry(), assistance(), partner_aid());
    let suite = before([&registry, &assistance, &partner_aid]).await;
    let by = |number: &str| GetHouseholdProfileRequest {
        household_no: number.to_owned(),
        known_at: Some(READ),
        ..GetHouseholdProfileRequest::default()
    };
    let found = profile(&suite, by(NUMBER)).await.unwrap();
    assert_eq!(found.household.unwrap().household_no, NUMBER);
    assert_eq!((registry.seen("LookupHouseholds").len(), registry.seen("").len()), (1, 2));
    assert_eq!((assistance.seen("").len(), partner_aid.seen("").len()), (1, 1));
    let looked_up = registry.seen("LookupHouseholds")[0].messages[0].clone();
    assert_eq!(LookupHouseholdsRequest::decode(looked_up).unwrap().known_at, Some(READ));

    let problem = Problem::of(&profile(&suite, by("1")).await.unwrap_err());
    assert_eq!((problem.code, problem.metadata["name"].as_str()), (Code::NotFound, "1"));
    assert_eq!((registry.seen("").len(), assistance.seen("").len()), (3, 1));
}

#[tokio::test]
async fn each_missing_service_leaves_its_part_marked() {
    let suite = Suite::before([registry().serve().await, nobody().await, partner_aid().serve().await]);
    let found = profile(&suite, asked()).await.unwrap();
    assert!(!found.complete && found.household.is_some());
    assert_eq!(names(&found), ["aidBenefitLinks/1"]);
    let source = &found.sources[0];
    assert_eq!((source.service.as_str(), source.availability()), ("assistance", Availability::Unavailable));
    assert!(source.note.contains("assistance"), "{}", source.note);
    for assurance in [Assurance::Housing, Assurance::Water, Assurance::Medical] {
        let (verdict, note) = gap(&found, assurance).unwrap();
        assert_eq!((verdict, note), (Verdict::Unknown, "could not be asked: assistance"));
    }

    let suite = Suite::before([registry().serve().await, assistance().serve().await, nobody().await]);
    let found = profile(&suite, asked()).await.unwrap();
    assert!(!found.complete);
    assert_eq!(names(&found).len(), 3);
    assert_eq!(found.sources[1].availability(), Availability::Unavailable);
    assert_eq!(found.sources.len(), 3);
}

#[tokio::test]
async fn nothing_is_shown_without_the_registry() {
    let suite = Suite::before([nobody().await, assistance().serve().await, partner_aid().serve().await]);
    let by_number = GetHouseholdProfileRequest {
        household_no: NUMBER.to_owned(),
        ..GetHouseholdProfileRequest::default()
    };
    for request in [asked(), by_number] {
        let problem = Problem::of(&profile(&suite, request).await.unwrap_err());
        assert_eq!((problem.code, problem.reason.as_str()), (Code::Unavailable, "SERVICE_UNAVAILABLE"));
        assert!(problem.metadata["service"] == "registry" && problem.retry_after.is_some());
    }
}

/// Keeps the paused clock from running on until `done`, and for as long after it as answers need to arrive.
async fn hold_the_clock(done: impl Fn() -> bool) {
    while !done() {
        tokio::task::yield_now().await;
    }
    for _ in 0..10_000 {
        tokio::task::yield_now().await;
    }
}

/// A request of the test, with a deadline that only the paused clock reaches.
async fn within_four_seconds(
    suite: &Suite,
    all_asked: impl Fn() -> bool,
) -> Result<HouseholdProfile, Problem> {
    let mut request = suite.request(asked());
    request.set_timeout(Duration::from_secs(4));
    let mut client = HouseholdProfileServiceClient::new(suite.gateway.clone());
    let (answer, ()) = tokio::join!(client.get_household_profile(request), hold_the_clock(all_asked));
    answer.map(|answer| answer.into_inner().profile.unwrap()).map_err(|status| Problem::of(&status))
}

#[tokio::test(start_paused = true)]
async fn a_late_service_is_not_waited_for_until_the_callers_deadline() {
    let silent = || Reply { never: true, ..Reply::default() };
    let stalling = || Reply { stalls: true, ..Reply::default() };
    for late in [silent, stalling] {
        let late = || Fake::new([(FACTS, boxed(move |_| late()))]);
        let fakes = [registry(), late(), partner_aid()];
        let all_asked = |fakes: &[Fake]| fakes.iter().all(|fake| !fake.seen("").is_empty());
        let suite = before([&fakes[0], &fakes[1], &fakes[2]]).await;
        let found = within_four_seconds(&suite, || all_asked(&fakes)).await.unwrap();
        let (available, unavailable) = (Availability::Available, Availability::Unavailable);
        assert_eq!(
            sources(&found),
            [("assistance", unavailable), ("partner-aid", available), ("registry", available)]
        );
        assert!(!found.complete && !found.sources[0].note.is_empty());

        // The registry cannot be done without: late is as good as not there.
        let fakes = [late(), assistance(), partner_aid()];
        let suite = before([&fakes[0], &fakes[1], &fakes[2]]).await;
        let problem = within_four_seconds(&suite, || all_asked(&fakes)).await.unwrap_err();
        assert_eq!((problem.code, problem.reason.as_str()), (Code::Unavailable, "SERVICE_UNAVAILABLE"));
        assert!(problem.retry_after.is_some());
    }
}

#[tokio::test]
async fn nonsense_is_the_services_own_fault() {
    let broken = HouseholdFacts {
        records: vec![Any {
            type_url: "type.googleapis.com/xiuhua.registry.v1.Person".to_owned(),
            value: vec![7, 7, 7],
        }],
        ..HouseholdFacts::default()
    };
    let nonsense: [Answer; 4] = [
        boxed(|_| Reply::messages([vec![0xff, 0xff, 0xff]])),
        boxed(|_| Reply::message(&BatchGetHouseholdFactsResponse::default())),
        boxed(|_| {
            let other = HouseholdFacts { household: "households/other".to_owned(), ..Default::default() };
            Reply::message(&BatchGetHouseholdFactsResponse { facts: vec![other], ..Default::default() })
        }),
        knowing(broken.clone(), &[]),
    ];
    for answer in nonsense {
        let assistance = Fake::new([(FACTS, answer)]);
        let suite = before([&registry(), &assistance, &partner_aid()]).await;
        let found = profile(&suite, asked()).await.unwrap();
        let source = &found.sources[0];
        assert_eq!((source.availability(), found.complete), (Availability::Unavailable, false));
        assert!(source.note.contains("unexpected"), "{}", source.note);
        assert_eq!(names(&found), ["aidBenefitLinks/1"]);
    }
    let suite = before([&Fake::new([(FACTS, knowing(broken, &[]))]), &assistance(), &partner_aid()]).await;
    let problem = Problem::of(&profile(&suite, asked()).await.unwrap_err());
    assert_eq!(problem.reason, "ANSWER_UNEXPECTED");
}

#[tokio::test]
async fn what_the_registry_does_not_show_is_not_found() {
    let empty = Fake::new([(FACTS, knowing(HouseholdFacts::default(), &[]))]);
    let suite = before([&empty, &assistance(), &partner_aid()]).await;
    let problem = Problem::of(&profile(&suite, asked()).await.unwrap_err());
    assert_eq!((problem.code, problem.reason.as_str()), (Code::NotFound, "RESOURCE_NOT_FOUND"));
    assert_eq!(problem.metadata["name"], HOUSEHOLD);

    let refusing = Fake::new([(FACTS, knowing(HouseholdFacts::default(), &[HouseholdSection::Household]))]);
    let suite = before([&refusing, &assistance(), &partner_aid()]).await;
    let problem = Problem::of(&profile(&suite, asked()).await.unwrap_err());
    assert_eq!(
        (problem.code, problem.metadata["permission"].as_str()),
        (Code::PermissionDenied, "household.read")
    );
}

#[tokio::test]
async fn what_the_caller_may_not_see_is_forbidden_and_not_missing() {
    let refused =
        to_status(&Failure::new(Reason::PermissionMissing).with("permission", "profile.read"), Language::En);
    let refusing = Fake::new([(FACTS, boxed(move |_| Reply::status(refused.clone())))]);
    let narrow = Fake::new([(FACTS, knowing(registered(), &[HouseholdSection::Incomes]))]);
    let suite = before([&narrow, &assistance(), &refusing]).await;
    let found = profile(&suite, asked()).await.unwrap();
    let (available, forbidden) = (Availability::Available, Availability::Forbidden);
    assert_eq!(
        sources(&found),
        [("assistance", available), ("partner-aid", forbidden), ("registry", available)]
    );
    assert!(!found.complete && found.sources[1].note.contains("profile.read"));
    assert_eq!(found.sources[2].forbidden().collect::<Vec<_>>(), [HouseholdSection::Incomes]);
    assert_eq!(gap(&found, Assurance::Medical).unwrap().1, "may not be read: partner-aid");
}

#[tokio::test]
async fn the_request_itself_is_checked_before_anybody_is_asked() {
    let (registry, assistance, partner_aid) = (registry(), assistance(), partner_aid());
    let suite = before([&registry, &assistance, &partner_aid]).await;
    for (request, field, reason) in [
        (GetHouseholdProfileRequest::default(), "household", "FIELD_REQUIRED"),
        (
            GetHouseholdProfileRequest { household: "households/1".to_owned(), ..asked() },
            "household",
            "NAME_INVALID",
        ),
        (GetHouseholdProfileRequest { as_of: "2017-02-30".to_owned(), ..asked() }, "as_of", "DATE_INVALID"),
    ] {
        let problem = Problem::of(&profile(&suite, request).await.unwrap_err());
        assert_eq!((problem.code, problem.reason.as_str()), (Code::InvalidArgument, reason));
        assert_eq!(problem.violations[0].field, field);
    }
    let mut client = HouseholdProfileServiceClient::new(suite.gateway.clone());
    let request = suite.request_of("department_system", &["222400"], asked());
    assert_eq!(client.get_household_profile(request).await.unwrap_err().code(), Code::PermissionDenied);
    // The refusal is shown to the registry's audit; no facts are asked for.
    assert!([&registry, &assistance, &partner_aid].iter().all(|fake| fake.seen(FACTS).is_empty()));
}

#[tokio::test]
async fn sections_that_are_not_wanted_are_not_judged() {
    let (registry, assistance, partner_aid) = (registry(), assistance(), partner_aid());
    let suite = before([&registry, &assistance, &partner_aid]).await;
    let sections = vec![HouseholdSection::Benefits.into()];
    let found = profile(&suite, GetHouseholdProfileRequest { sections, ..asked() }).await.unwrap();
    assert!(found.gaps.is_empty() && found.complete);
    let seen = assistance.seen("")[0].messages[0].clone();
    let question = BatchGetHouseholdFactsRequest::decode(seen).unwrap();
    let sections: Vec<_> = question.sections().collect();
    assert_eq!(sections, [HouseholdSection::Household, HouseholdSection::Benefits]);
}

#[tokio::test]
async fn facts_of_all_services_are_merged_by_household_or_not_told() {
    let (registry, assistance) = (registry(), assistance());
    let suite = before([&registry, &assistance, &partner_aid()]).await;
    let other = "households/01890a5d-ac96-774b-bcce-b302099a8058".to_owned();
    let request = BatchGetHouseholdFactsRequest {
        households: vec![other.clone(), HOUSEHOLD.to_owned()],
        ..BatchGetHouseholdFactsRequest::default()
    };
    let mut client = HouseholdFactsServiceClient::new(suite.gateway.clone());
    let answer = client.batch_get_household_facts(suite.request(request.clone())).await.unwrap().into_inner();
    let whose: Vec<&str> = answer.facts.iter().map(|facts| facts.household.as_str()).collect();
    assert_eq!(whose, [other.as_str(), HOUSEHOLD]);
    for facts in &answer.facts {
        let counts = (facts.records.len(), facts.benefits.len(), facts.assurances.len());
        assert_eq!(counts, (8, 4, 4));
    }
    assert_eq!((answer.known_at, registry.seen("").len()), (Some(READ), 1));

    let suite = Suite::before([registry.serve().await, assistance.serve().await, nobody().await]);
    let mut client = HouseholdFactsServiceClient::new(suite.gateway.clone());
    let status = client.batch_get_household_facts(suite.request(request)).await.unwrap_err();
    let problem = Problem::of(&status);
    assert_eq!((problem.code, problem.metadata["service"].as_str()), (Code::Unavailable, "partner-aid"));
}
