//! Eligibility as the registry answers it, and what becomes of its silence.

use std::time::Duration;

use kernel::failure::{Failure, Reason, Violation};
use kernel::language::Language;
use prost::Message;
use prost_types::Timestamp;
use proto::xiuhua::gateway::v1::eligibility_service_client::EligibilityServiceClient;
use proto::xiuhua::gateway::v1::{BatchCheckEligibilityRequest, CheckEligibilityRequest};
use proto::xiuhua::registry::v1 as registry;
use proto::xiuhua::registry::v1::{EligibilityAnswer, EligibilityOutcome, EligibilityQuestion};
use runtime::status::{Problem, to_status};
use tonic::Code;

use crate::suite::{Answer, Fake, Reply, Suite, nobody};

const CHECK: &str = "/xiuhua.registry.v1.StandingService/BatchCheckEligibility";
const READ: Timestamp = Timestamp { seconds: 1_507_510_000, nanos: 0 };

fn boxed(answer: impl Fn(&[bytes::Bytes]) -> Reply + Send + Sync + 'static) -> Answer {
    Box::new(answer)
}

fn answering(answers: Vec<EligibilityOutcome>) -> Fake {
    let answer = |outcome: &EligibilityOutcome| EligibilityAnswer {
        outcome: (*outcome).into(),
        as_of: "2017-10-09".to_owned(),
        ..EligibilityAnswer::default()
    };
    let answer = registry::BatchCheckEligibilityResponse {
        answers: answers.iter().map(answer).collect(),
        known_at: Some(READ),
    };
    Fake::new([(CHECK, boxed(move |_| Reply::message(&answer)))])
}

async fn before(registry: &Fake) -> Suite {
    Suite::before([registry.serve().await, nobody().await, nobody().await])
}

fn one() -> CheckEligibilityRequest {
    CheckEligibilityRequest {
        id_number: "n1".to_owned(),
        full_name: "金哲".to_owned(),
        as_of: "2016-12-31".to_owned(),
        purpose: "减免住院押金".to_owned(),
        legal_basis: "健康扶贫办法".to_owned(),
    }
}

fn two() -> BatchCheckEligibilityRequest {
    let question =
        |number: &str| EligibilityQuestion { id_number: number.to_owned(), ..EligibilityQuestion::default() };
    BatchCheckEligibilityRequest {
        questions: vec![question("n1"), question("n2")],
        purpose: "助学".to_owned(),
        legal_basis: "助学办法".to_owned(),
        known_at: Some(READ),
    }
}

async fn check(suite: &Suite) -> Result<Option<EligibilityAnswer>, Problem> {
    let request = suite.request_of("department_system", &["222400"], one());
    let answer = EligibilityServiceClient::new(suite.gateway.clone()).check_eligibility(request).await;
    answer.map(|answer| answer.into_inner().answer).map_err(|status| Problem::of(&status))
}

async fn batch(suite: &Suite) -> Result<Vec<EligibilityOutcome>, Problem> {
    let request = suite.request_of("department_system", &["222400"], two());
    let answer = EligibilityServiceClient::new(suite.gateway.clone()).batch_check_eligibility(request).await;
    let answers = answer.map(|answer| answer.into_inner().answers).map_err(|status| Problem::of(&status))?;
    Ok(answers.iter().map(EligibilityAnswer::outcome).collect())
}

#[tokio::test]
async fn the_registry_answers_with_the_callers_own_token() {
    let registry = answering(vec![EligibilityOutcome::RegisteredPoor]);
    let suite = before(&registry).await;
    let answer = check(&suite).await.unwrap().unwrap();
    assert_eq!(answer.outcome(), EligibilityOutcome::RegisteredPoor);
    let seen = registry.seen("");
    assert_eq!(seen.len(), 1);
    assert!(seen[0].headers["authorization"].to_str().unwrap().starts_with("Bearer "));
    let asked = registry::BatchCheckEligibilityRequest::decode(seen[0].messages[0].clone()).unwrap();
    let question = &asked.questions[0];
    assert_eq!(
        (question.id_number.as_str(), question.full_name.as_str(), question.on.as_str()),
        ("n1", "金哲", "2016-12-31")
    );
    assert_eq!((asked.purpose, asked.legal_basis), (one().purpose, one().legal_basis));

    let answers = vec![EligibilityOutcome::NotRegistered, EligibilityOutcome::Ambiguous];
    let registry = answering(answers.clone());
    let suite = before(&registry).await;
    assert_eq!(batch(&suite).await.unwrap(), answers);
    let asked =
        registry::BatchCheckEligibilityRequest::decode(registry.seen("")[0].messages[0].clone()).unwrap();
    assert_eq!((asked.questions, asked.known_at), (two().questions, Some(READ)));
}

#[tokio::test]
async fn a_registry_that_is_not_there_is_never_a_no() {
    let suite = Suite::before([nobody().await, nobody().await, nobody().await]);
    for problem in [check(&suite).await.unwrap_err(), batch(&suite).await.unwrap_err()] {
        assert_eq!((problem.code, problem.reason.as_str()), (Code::Unavailable, "SERVICE_UNAVAILABLE"));
        assert!(problem.metadata["service"] == "registry" && problem.retry_after.is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_is_late_is_never_a_no() {
    let registry = Fake::new([(CHECK, boxed(|_| Reply { never: true, ..Reply::default() }))]);
    let suite = before(&registry).await;
    let mut request = suite.request_of("department_system", &["222400"], one());
    request.set_timeout(Duration::from_secs(4));
    let answer = EligibilityServiceClient::new(suite.gateway.clone()).check_eligibility(request).await;
    let problem = Problem::of(&answer.unwrap_err());
    assert_eq!((problem.code, problem.reason.as_str()), (Code::Unavailable, "SERVICE_UNAVAILABLE"));
    assert!(problem.retry_after.is_some());
}

#[tokio::test]
async fn an_answer_that_leaves_a_question_open_is_none() {
    let poor = EligibilityOutcome::RegisteredPoor;
    for answers in [vec![], vec![poor], vec![poor; 3], vec![poor, EligibilityOutcome::Unspecified]] {
        let suite = before(&answering(answers)).await;
        let problem = batch(&suite).await.unwrap_err();
        assert_eq!((problem.code, problem.reason.as_str()), (Code::Internal, "ANSWER_UNEXPECTED"));
    }
    let garbage = Fake::new([(CHECK, boxed(|_| Reply::messages([vec![0xff, 0xff]])))]);
    let problem = check(&before(&garbage).await).await.unwrap_err();
    assert_eq!(problem.reason, "ANSWER_UNEXPECTED");
}

#[tokio::test]
async fn violations_name_the_fields_of_the_callers_own_request() {
    let refused = || {
        let fields = ["questions[0].id_number", "questions[0].on", "purpose"];
        let violations = fields.map(|field| Violation::new(field, Reason::FieldRequired)).to_vec();
        to_status(&Failure::new(Reason::FieldRequired).violations(violations), Language::En)
    };
    let registry = Fake::new([(CHECK, boxed(move |_| Reply::status(refused())))]);
    let suite = before(&registry).await;
    let fields = |problem: Problem| {
        assert_eq!((problem.code, problem.reason.as_str()), (Code::InvalidArgument, "FIELD_REQUIRED"));
        problem.violations.into_iter().map(|violation| violation.field).collect::<Vec<_>>()
    };
    assert_eq!(fields(check(&suite).await.unwrap_err()), ["id_number", "as_of", "purpose"]);
    assert_eq!(
        fields(batch(&suite).await.unwrap_err()),
        ["questions[0].id_number", "questions[0].on", "purpose"]
    );
}

#[tokio::test]
async fn only_who_may_check_is_answered() {
    let registry = answering(vec![EligibilityOutcome::RegisteredPoor]);
    let suite = before(&registry).await;
    let request = suite.request_of("auditor", &["222400"], one());
    let answer = EligibilityServiceClient::new(suite.gateway.clone()).check_eligibility(request).await;
    assert_eq!(answer.unwrap_err().code(), Code::PermissionDenied);
    assert!(registry.seen(CHECK).is_empty());
}
