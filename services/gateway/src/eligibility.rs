//! Whether somebody is registered: the registry answers, with the caller's own token, and audits it. Silence of the
//! registry is never an answer.

use kernel::failure::{Failure, Violation};
use proto::xiuhua::gateway::v1::eligibility_service_server::EligibilityService;
use proto::xiuhua::gateway::v1::{
    BatchCheckEligibilityRequest, BatchCheckEligibilityResponse, CheckEligibilityRequest,
    CheckEligibilityResponse,
};
use proto::xiuhua::registry::v1 as registry;
use runtime::context::Context;
use tonic::{Request, Response, Status};

use crate::report::known::REGISTRY;
use crate::route::raw::{self, unexpected};
use crate::{Gateway, out_of_reach};

const PATH: &str = "/xiuhua.registry.v1.StandingService/BatchCheckEligibility";

#[tonic::async_trait]
impl EligibilityService for Gateway {
    async fn check_eligibility(
        &self,
        request: Request<CheckEligibilityRequest>,
    ) -> Result<Response<CheckEligibilityResponse>, Status> {
        let context = Context::of(&request);
        let CheckEligibilityRequest { id_number, full_name, as_of, purpose, legal_basis } =
            request.into_inner();
        let question = registry::EligibilityQuestion { id_number, full_name, on: as_of };
        let questions = registry::BatchCheckEligibilityRequest {
            questions: vec![question],
            purpose,
            legal_basis,
            known_at: None,
        };
        let answered = ask(self, &questions, &context).await;
        let answered = answered.map_err(|failure| context.status(&of_one(&failure)))?;
        let answer = answered.answers.into_iter().next();
        Ok(Response::new(CheckEligibilityResponse { answer, known_at: answered.known_at }))
    }

    async fn batch_check_eligibility(
        &self,
        request: Request<BatchCheckEligibilityRequest>,
    ) -> Result<Response<BatchCheckEligibilityResponse>, Status> {
        let context = Context::of(&request);
        let BatchCheckEligibilityRequest { questions, purpose, legal_basis, known_at } = request.into_inner();
        let questions = registry::BatchCheckEligibilityRequest { questions, purpose, legal_basis, known_at };
        let answered = ask(self, &questions, &context).await.map_err(|failure| context.status(&failure))?;
        let registry::BatchCheckEligibilityResponse { answers, known_at } = answered;
        Ok(Response::new(BatchCheckEligibilityResponse { answers, known_at }))
    }
}

/// One call to the registry, with an answer for each question.
///
/// # Errors
/// The registry's own; `SERVICE_UNAVAILABLE` with a hint when to try again where it is not reached or late;
/// `ANSWER_UNEXPECTED` where a question is left without an answer.
async fn ask(
    gateway: &Gateway,
    questions: &registry::BatchCheckEligibilityRequest,
    context: &Context,
) -> Result<registry::BatchCheckEligibilityResponse, Failure> {
    let near = context.within(gateway.patience(context));
    let answer = raw::ask(gateway.channels(), REGISTRY, PATH, questions, &near).await;
    let answer: registry::BatchCheckEligibilityResponse =
        answer.map_err(|failure| out_of_reach(failure, REGISTRY))?;
    let silent = |answer: &registry::EligibilityAnswer| answer.outcome == 0;
    if answer.answers.len() != questions.questions.len() || answer.answers.iter().any(silent) {
        return Err(unexpected(REGISTRY));
    }
    Ok(answer)
}

/// A refusal of a batch of one, its fields named as the caller's request has them.
fn of_one(failure: &Failure) -> Failure {
    let mut own = Failure::new(failure.reason());
    for (key, value) in failure.metadata() {
        own = own.with(key, value);
    }
    if let Some(delay) = failure.retry() {
        own = own.retry_after(delay);
    }
    if let Some(internal) = failure.internal() {
        own = own.because(internal);
    }
    let renamed = failure.violation_list().iter().map(|violation| Violation {
        field: match violation.field.strip_prefix("questions[0].") {
            Some("on") => "as_of".to_owned(),
            Some(field) => field.to_owned(),
            None => violation.field.clone(),
        },
        ..violation.clone()
    });
    own.violations(renamed.collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kernel::failure::Reason;

    use super::*;

    #[test]
    fn a_refusal_names_the_fields_of_the_callers_own_request() {
        let fields = ["questions[0].id_number", "questions[0].on", "purpose"];
        let violations = fields.map(|field| Violation::new(field, Reason::FieldRequired)).to_vec();
        let failure = Failure::new(Reason::BatchTooLarge)
            .with("limit", 1000)
            .retry_after(Duration::from_secs(3))
            .because("inside")
            .violations(violations);
        let own = of_one(&failure);
        let named: Vec<&str> =
            own.violation_list().iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(named, ["id_number", "as_of", "purpose"]);
        assert_eq!((own.reason(), own.metadata()), (failure.reason(), failure.metadata()));
        assert_eq!((own.retry(), own.internal()), (failure.retry(), failure.internal()));
    }
}
