//! What other departments may learn: whether a person is registered on a day, and since when. Purpose and legal basis
//! go into the audit before anything is answered.

use kernel::failure::{Failure, Reason, Violations};
use kernel::text::is_plain;
use proto::common::HouseholdStatus;
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::EligibilityOutcome as Outcome;
use record::call::Call;
use record::engine::Engine;
use record::value::{microseconds, timestamp};
use store::{NewAudit, WriteSet};

use crate::standing::{Facts, Question, Who, questions_on};

/// Most characters of a purpose and of a legal basis: they stay in the audit for good.
const LONGEST_REASON: usize = 500;

/// Answers a batch.
pub(crate) async fn check(
    engine: &Engine,
    call: &Call,
    message: p::BatchCheckEligibilityRequest,
) -> Result<p::BatchCheckEligibilityResponse, Failure> {
    let limit = record::verbs::BATCH_LIMIT;
    if message.questions.len() > limit {
        return Err(Failure::new(Reason::BatchTooLarge).with("limit", limit));
    }
    let mut violations = Violations::default();
    for (field, text) in [("purpose", &message.purpose), ("legal_basis", &message.legal_basis)] {
        if text.trim().is_empty() {
            violations.push(field, Reason::FieldRequired);
        } else if text.chars().count() > LONGEST_REASON {
            violations.push(field, Reason::TextTooLong).add("limit", LONGEST_REASON);
        } else if !is_plain(text, true) {
            violations.push(field, Reason::TextInvalid);
        }
    }
    let numbers = id_numbers(&message.questions, &mut violations);
    let days = message.questions.iter().map(|question| question.on.clone());
    let days = questions_on(engine, days, &mut violations);
    if !violations.is_empty() {
        return Err(record::refusal(violations));
    }
    let at = engine.at("", message.known_at.as_ref()).await?;
    let index = &engine.inner().secrets.index;
    let asked = numbers
        .iter()
        .zip(days)
        .map(|(number, on)| Question { who: Who::Somebody(index.index("id_number", number)), on });
    let asked: Vec<Question> = asked.collect();
    audit(engine, call, &message).await?;
    let facts = Facts::load(engine, &at, &asked).await?;
    let standings = facts.answers(&asked);
    let persons: Vec<String> = standings.iter().map(|found| found.person.clone()).collect();
    let names = crate::standing::full_names(engine, &at, &persons).await?;
    let answers = standings.iter().zip(&asked).zip(&message.questions);
    let answers = answers.map(|((found, question), wanted)| {
        // Of a head without a member row the household alone tells.
        let known = match found.person.as_str() {
            "" => facts.name_of_head(question, &found.household),
            person => names.get(person).map(String::as_str),
        };
        answer(found, question, &wanted.full_name, known)
    });
    let known_at = match message.known_at.as_ref().map(microseconds) {
        Some(moment) => moment,
        None => engine.db().known_now().await?,
    };
    Ok(p::BatchCheckEligibilityResponse { answers: answers.collect(), known_at: Some(timestamp(known_at)) })
}

/// The ID numbers of questions, read as on a form. A text that is none is wrong: nobody could be registered under it, since
/// the registry takes no other, and "not registered" would be said of somebody who was never looked for.
fn id_numbers(questions: &[p::EligibilityQuestion], violations: &mut Violations) -> Vec<String> {
    let mut numbers = Vec::with_capacity(questions.len());
    for (index, question) in questions.iter().enumerate() {
        match crate::person::id_number_of(&question.id_number) {
            Ok(number) => numbers.push(number.as_str().to_owned()),
            Err(reason) => {
                violations.push(format!("questions[{index}].id_number"), reason);
            }
        }
    }
    numbers
}

/// The least that answers the question.
fn answer(
    found: &p::StandingAnswer,
    question: &Question,
    full_name: &str,
    known: Option<&str>,
) -> p::EligibilityAnswer {
    let outcome = match found.outcome() {
        p::StandingOutcome::Found if !full_name.is_empty() && known != Some(full_name.trim()) => {
            Outcome::Ambiguous
        }
        p::StandingOutcome::Found => match found.status() {
            HouseholdStatus::Poor | HouseholdStatus::PreExit | HouseholdStatus::Relapsed => {
                Outcome::RegisteredPoor
            }
            HouseholdStatus::ExitedPolicy => Outcome::ExitedPolicy,
            HouseholdStatus::ExitedNoPolicy => Outcome::ExitedNoPolicy,
            HouseholdStatus::Unspecified
            | HouseholdStatus::Candidate
            | HouseholdStatus::Removed
            | HouseholdStatus::Closed
            | HouseholdStatus::Rejected => Outcome::NotRegistered,
        },
        p::StandingOutcome::NotRegistered => Outcome::NotRegistered,
        p::StandingOutcome::Ambiguous | p::StandingOutcome::Unspecified => Outcome::Ambiguous,
    };
    let registered =
        matches!(outcome, Outcome::RegisteredPoor | Outcome::ExitedPolicy | Outcome::ExitedNoPolicy);
    p::EligibilityAnswer {
        outcome: outcome.into(),
        since: if registered { found.since.clone() } else { String::new() },
        as_of: question.on.clone(),
    }
}

async fn audit(
    engine: &Engine,
    call: &Call,
    message: &p::BatchCheckEligibilityRequest,
) -> Result<(), Failure> {
    let caller = call.caller();
    let entry = NewAudit {
        subject: caller.subject.clone(),
        on_behalf_of: caller.on_behalf_of.clone(),
        role: caller.role.clone(),
        method: call.method.to_owned(),
        action: "exchange".to_owned(),
        outcome: "OK".to_owned(),
        count: i64::try_from(message.questions.len()).unwrap_or(i64::MAX),
        purpose: Some(message.purpose.clone()),
        legal_basis: Some(message.legal_basis.clone()),
        ..NewAudit::default()
    };
    engine.db().commit(WriteSet { audit: vec![entry], ..WriteSet::default() }).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(
        outcome: p::StandingOutcome,
        status: HouseholdStatus,
        name: &str,
        known: &str,
    ) -> (Outcome, String) {
        let found = p::StandingAnswer {
            outcome: outcome.into(),
            status: status.into(),
            since: "2014-12-31".to_owned(),
            ..p::StandingAnswer::default()
        };
        let question = Question { who: Who::Person(String::new()), on: "2017-01-01".to_owned() };
        let answer = answer(&found, &question, name, Some(known));
        (answer.outcome(), answer.since)
    }

    #[test]
    fn the_least_is_answered_and_a_doubt_is_no_answer() {
        use HouseholdStatus as S;
        use p::StandingOutcome as O;
        let since = || "2014-12-31".to_owned();
        assert_eq!(told(O::Found, S::Poor, "", "金哲"), (Outcome::RegisteredPoor, since()));
        assert_eq!(told(O::Found, S::Relapsed, "金哲", "金哲"), (Outcome::RegisteredPoor, since()));
        assert_eq!(told(O::Found, S::ExitedPolicy, "", "金哲"), (Outcome::ExitedPolicy, since()));
        assert_eq!(told(O::Found, S::ExitedNoPolicy, "", "金哲"), (Outcome::ExitedNoPolicy, since()));
        assert_eq!(told(O::Found, S::Poor, "李哲", "金哲"), (Outcome::Ambiguous, String::new()));
        assert_eq!(told(O::NotRegistered, S::Unspecified, "", ""), (Outcome::NotRegistered, String::new()));
        assert_eq!(told(O::Ambiguous, S::Unspecified, "", ""), (Outcome::Ambiguous, String::new()));
        // Silence is never "not registered".
        assert_eq!(told(O::Unspecified, S::Unspecified, "", ""), (Outcome::Ambiguous, String::new()));
    }
}
