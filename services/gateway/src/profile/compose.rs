//! Asks every service that owns facts, all at the same time.

use std::collections::BTreeSet;

use futures::future::join_all;
use kernel::failure::{Failure, Kind, Reason};
use proto::common::{BatchGetHouseholdFactsRequest, BatchGetHouseholdFactsResponse, HouseholdSection};
use proto::xiuhua::gateway::v1::report_line::Availability;
use proto::xiuhua::gateway::v1::{HouseholdProfile, ProfileSource};
use proto::xiuhua::registry::v1::{LookupHouseholdsRequest, LookupHouseholdsResponse, LookupOutcome};
use runtime::context::Context;
use runtime::policy::Access;

use super::asked::{Asked, Whose};
use super::gaps;
use super::picture::Picture;
use crate::report::known::REGISTRY;
use crate::route::directory::fact_services;
use crate::route::facts;
use crate::route::raw::{self, unexpected};
use crate::{Gateway, out_of_reach};

const LOOKUP: &str = "/xiuhua.registry.v1.HouseholdService/LookupHouseholds";

/// The RPC whose permission reads a household.
const READ: &str = "/xiuhua.registry.v1.HouseholdService/GetHousehold";

/// What one service told.
struct Part {
    source: ProfileSource,
    picture: Picture,
}

/// Puts a profile together.
///
/// # Errors
/// What the registry refuses; `SERVICE_UNAVAILABLE` where it cannot be asked; `RESOURCE_NOT_FOUND` for a household that it
/// does not show to the caller. Any other service that does not answer is no error.
pub(super) async fn compose(
    gateway: &Gateway,
    asked: &Asked,
    context: &Context,
) -> Result<HouseholdProfile, Failure> {
    let household = match &asked.whose {
        Whose::Name(name) => name.clone(),
        Whose::Number(number) => by_number(gateway, number, asked, context).await?,
    };
    let near = context.within(gateway.patience(context));
    let question = asked.question(&household);
    let mut others = fact_services();
    others.remove(REGISTRY);
    let (known, parts) = tokio::try_join!(
        registry(gateway, asked, &question, &near),
        others_told(gateway, others, &question, &near)
    )?;
    Ok(whole(known, parts, asked, context))
}

/// The name of the household with a number: one call more, which leaves time for the others.
async fn by_number(
    gateway: &Gateway,
    number: &str,
    asked: &Asked,
    context: &Context,
) -> Result<String, Failure> {
    let near = context.within(gateway.patience(context) / 3);
    let question =
        LookupHouseholdsRequest { household_nos: vec![number.to_owned()], known_at: asked.known_at };
    let answer = raw::ask(gateway.channels(), REGISTRY, LOOKUP, &question, &near).await;
    let LookupHouseholdsResponse { answers } = answer.map_err(|failure| out_of_reach(failure, REGISTRY))?;
    let [answer] = answers.as_slice() else { return Err(unexpected(REGISTRY)) };
    match answer.outcome() {
        LookupOutcome::Found if !answer.household.is_empty() => Ok(answer.household.clone()),
        LookupOutcome::NotFound => Err(not_found(number)),
        LookupOutcome::Ambiguous => {
            Err(Failure::new(Reason::ReferenceAmbiguous).with("collection", "households"))
        }
        LookupOutcome::Found | LookupOutcome::Unspecified => Err(unexpected(REGISTRY)),
    }
}

fn not_found(name: &str) -> Failure {
    Failure::new(Reason::ResourceNotFound).with("name", name)
}

/// What the registry knows. Nothing can be shown without it.
async fn registry(
    gateway: &Gateway,
    asked: &Asked,
    question: &BatchGetHouseholdFactsRequest,
    near: &Context,
) -> Result<Part, Failure> {
    let part = told(gateway, REGISTRY, question, near).await;
    let part = part.map_err(|failure| out_of_reach(failure, REGISTRY))?;
    if part.source.forbidden().any(|section| section == HouseholdSection::Household) {
        let needed = gateway.policies().find(READ).map(|method| method.access.clone());
        let needed = match needed {
            Some(Access::Permission(needed)) => needed,
            Some(Access::Public | Access::Undeclared) | None => String::new(),
        };
        return Err(Failure::new(Reason::PermissionMissing).with("permission", needed));
    }
    let name = question.households.first().map(String::as_str).unwrap_or_default();
    if part.picture.household.as_ref().is_some_and(|household| household.name == name) {
        return Ok(part);
    }
    let called = match &asked.whose {
        Whose::Name(name) | Whose::Number(name) => name,
    };
    Err(not_found(called))
}

/// What the other services know, or why they do not tell.
async fn others_told(
    gateway: &Gateway,
    services: BTreeSet<&'static str>,
    question: &BatchGetHouseholdFactsRequest,
    near: &Context,
) -> Result<Vec<Part>, Failure> {
    let parts = services.into_iter().map(|service| async move {
        let part = told(gateway, service, question, near).await;
        part.unwrap_or_else(|failure| silent(service, &failure, near))
    });
    Ok(join_all(parts).await)
}

async fn told(
    gateway: &Gateway,
    service: &'static str,
    question: &BatchGetHouseholdFactsRequest,
    near: &Context,
) -> Result<Part, Failure> {
    let answer = facts::ask(gateway, service, question, near).await?;
    let BatchGetHouseholdFactsResponse { facts, forbidden, known_at } = answer;
    let source = ProfileSource {
        service: service.to_owned(),
        availability: Availability::Available.into(),
        forbidden,
        known_at,
        ..ProfileSource::default()
    };
    let mut picture = Picture::default();
    for facts in facts {
        picture.add(facts).map_err(|error| unexpected(service).because(error))?;
    }
    Ok(Part { source, picture })
}

/// A service that does not answer leaves its part marked, never empty. The registry has answered the same question, so
/// that whatever this one has against it is no fault of the request.
fn silent(service: &'static str, failure: &Failure, near: &Context) -> Part {
    tracing::warn!(service, %failure, "a source of the profile is missing");
    let availability = match failure.kind() {
        Kind::PermissionDenied => Availability::Forbidden,
        Kind::InvalidArgument
        | Kind::NotFound
        | Kind::AlreadyExists
        | Kind::Unauthenticated
        | Kind::FailedPrecondition
        | Kind::Aborted
        | Kind::ResourceExhausted
        | Kind::Unavailable
        | Kind::DeadlineExceeded
        | Kind::OutOfRange
        | Kind::Unimplemented
        | Kind::Cancelled
        | Kind::Internal => Availability::Unavailable,
    };
    let note = failure.message(near.language);
    let source = ProfileSource {
        service: service.to_owned(),
        availability: availability.into(),
        note,
        ..ProfileSource::default()
    };
    Part { source, picture: Picture::default() }
}

/// All parts as one profile.
fn whole(known: Part, parts: Vec<Part>, asked: &Asked, context: &Context) -> HouseholdProfile {
    let mut picture = known.picture;
    let mut sources = vec![known.source];
    for part in parts {
        picture.join(part.picture);
        sources.push(part.source);
    }
    sources.sort_by(|one, other| one.service.cmp(&other.service));
    let mut profile = picture.profile();
    if asked.wants(HouseholdSection::Assurances) {
        profile.gaps = gaps::of(&profile.assurances, &sources, context.language);
    }
    profile.complete = sources.iter().all(|source| source.availability() == Availability::Available);
    profile.sources = sources;
    profile.as_of = asked.as_of.to_string();
    profile
}
