//! `HouseholdFactsService` of the whole suite: what each service knows, put together household by household.

use futures::future::try_join_all;
use kernel::failure::Failure;
use prost_types::Timestamp;
use proto::common::household_facts_service_server::HouseholdFactsService;
use proto::common::{BatchGetHouseholdFactsRequest, BatchGetHouseholdFactsResponse, HouseholdFacts};
use runtime::context::Context;
use tonic::{Request, Response, Status};

use super::directory::fact_services;
use super::raw::{self, unexpected};
use crate::Gateway;

const PATH: &str = "/xiuhua.common.v1.HouseholdFactsService/BatchGetHouseholdFacts";

/// Asks one service, once. There is an answer for each household in their order.
///
/// # Errors
/// The service's own, `SERVICE_UNAVAILABLE`, or `ANSWER_UNEXPECTED` for an answer about other households.
pub(crate) async fn ask(
    gateway: &Gateway,
    service: &'static str,
    request: &BatchGetHouseholdFactsRequest,
    context: &Context,
) -> Result<BatchGetHouseholdFactsResponse, Failure> {
    let channels = gateway.channels();
    let answer: BatchGetHouseholdFactsResponse = raw::ask(channels, service, PATH, request, context).await?;
    let of_whom = answer.facts.iter().map(|facts| &facts.household);
    if of_whom.eq(&request.households) { Ok(answer) } else { Err(unexpected(service)) }
}

#[tonic::async_trait]
impl HouseholdFactsService for Gateway {
    /// All services or none: an answer has no place in which to say that one of them is missing. Whoever can do with
    /// less asks for the profile.
    async fn batch_get_household_facts(
        &self,
        request: Request<BatchGetHouseholdFactsRequest>,
    ) -> Result<Response<BatchGetHouseholdFactsResponse>, Status> {
        let context = Context::of(&request);
        let request = request.into_inner();
        let asked = fact_services().into_iter().map(|service| ask(self, service, &request, &context));
        let answers = try_join_all(asked).await.map_err(|failure| context.status(&failure))?;
        Ok(Response::new(merged(&request.households, answers)))
    }
}

/// One answer out of several about the same households.
fn merged(
    households: &[String],
    answers: Vec<BatchGetHouseholdFactsResponse>,
) -> BatchGetHouseholdFactsResponse {
    let facts = |household: &String| HouseholdFacts { household: household.clone(), ..Default::default() };
    let mut whole = BatchGetHouseholdFactsResponse {
        facts: households.iter().map(facts).collect(),
        ..BatchGetHouseholdFactsResponse::default()
    };
    for answer in answers {
        for (known, further) in whole.facts.iter_mut().zip(answer.facts) {
            known.records.extend(further.records);
            known.benefits.extend(further.benefits);
            known.assurances.extend(further.assurances);
        }
        whole.forbidden.extend(answer.forbidden);
        whole.known_at = earlier(whole.known_at, answer.known_at);
    }
    whole.forbidden.sort_unstable();
    whole.forbidden.dedup();
    whole
}

/// The earlier of two moments, where both are known.
pub(super) fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => {
            let one_is_first = (one.seconds, one.nanos) <= (other.seconds, other.nanos);
            Some(if one_is_first { one } else { other })
        }
        (one, other) => one.or(other),
    }
}
