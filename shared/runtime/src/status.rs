//! The one mapping between [`Failure`] and what stands on the wire: a gRPC code with `google.rpc` details.
//!
//! A caller always gets `ErrorInfo` (reason, domain, every dynamic value as metadata) and `LocalizedMessage` in its own
//! language; `BadRequest` with one entry for each broken field; `RetryInfo` where a retry helps. The internal text of a
//! failure is logged and never sent. Details travel in an HTTP header, which common clients bound at 16 KiB: what does
//! not fit is left out, and `violations_total` says how many there were.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use kernel::failure::{Failure, Kind, Reason, Violation};
use kernel::language::Language;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, LocalizedMessage, StatusExt};

/// Domain of all reasons, unless a reason comes from elsewhere.
pub const DOMAIN: &str = "xiuhua";

/// Budget for the field violations of one answer, in bytes before base64 (see the module's comment).
const VIOLATION_BYTES: usize = 7 * 1024;

/// Metadata key with the number of violations where not all of them fit.
const VIOLATIONS_TOTAL: &str = "violations_total";

/// The gRPC code of a kind of failure.
#[must_use]
pub const fn code(kind: Kind) -> Code {
    match kind {
        Kind::InvalidArgument => Code::InvalidArgument,
        Kind::NotFound => Code::NotFound,
        Kind::AlreadyExists => Code::AlreadyExists,
        Kind::PermissionDenied => Code::PermissionDenied,
        Kind::Unauthenticated => Code::Unauthenticated,
        Kind::FailedPrecondition => Code::FailedPrecondition,
        Kind::Aborted => Code::Aborted,
        Kind::ResourceExhausted => Code::ResourceExhausted,
        Kind::Unavailable => Code::Unavailable,
        Kind::DeadlineExceeded => Code::DeadlineExceeded,
        Kind::OutOfRange => Code::OutOfRange,
        Kind::Unimplemented => Code::Unimplemented,
        Kind::Cancelled => Code::Cancelled,
        Kind::Internal => Code::Internal,
    }
}

/// The reason nearest to a code whose sender gave none.
const fn reason_of(code: Code) -> Reason {
    match code {
        Code::InvalidArgument => Reason::RequestMalformed,
        Code::OutOfRange => Reason::ResumeTokenOutOfRange,
        Code::ResourceExhausted => Reason::Overloaded,
        Code::Unimplemented => Reason::Unimplemented,
        Code::DeadlineExceeded => Reason::DeadlineExceeded,
        Code::Cancelled => Reason::Cancelled,
        Code::NotFound => Reason::ResourceNotFound,
        Code::PermissionDenied => Reason::PermissionMissing,
        Code::Unauthenticated => Reason::AuthenticationRequired,
        Code::Aborted => Reason::ConflictPersists,
        Code::Unavailable => Reason::ServiceUnavailable,
        Code::Ok
        | Code::Unknown
        | Code::AlreadyExists
        | Code::FailedPrecondition
        | Code::Internal
        | Code::DataLoss => Reason::Internal,
    }
}

/// The answer for a failure, its texts in the caller's language. What is internal is logged here and stays here.
#[must_use]
pub fn to_status(failure: &Failure, language: Language) -> Status {
    log(failure);
    let mut metadata: HashMap<String, String> =
        failure.metadata().iter().map(|(key, value)| ((*key).to_string(), value.clone())).collect();
    let mut details = ErrorDetails::new();
    let violations = fitting(failure.violation_list(), language);
    if violations.len() < failure.violation_list().len() {
        metadata.insert(VIOLATIONS_TOTAL.to_owned(), failure.violation_list().len().to_string());
    }
    if !violations.is_empty() {
        details.set_bad_request(violations);
    }
    details.set_error_info(failure.reason().as_str(), DOMAIN, metadata);
    details.set_localized_message(language.as_str(), failure.message(language));
    if let Some(delay) = failure.retry() {
        details.set_retry_info(Some(delay));
    }
    Status::with_error_details(code(failure.kind()), failure.message(Language::En), details)
}

/// Writes the internal text of a failure to the log: an error where we are at fault, else a note for debugging.
fn log(failure: &Failure) {
    let reason = failure.reason().as_str();
    match (failure.internal(), failure.kind()) {
        (text, Kind::Internal) => {
            tracing::error!(reason, internal = text.unwrap_or("no further text"), "internal failure");
        }
        (Some(text), Kind::Unavailable) => tracing::warn!(reason, internal = text, "unavailable"),
        (Some(text), _) => tracing::debug!(reason, internal = text, "failure"),
        (None, _) => {}
    }
}

/// As many violations as fit into the budget, in their order.
fn fitting(violations: &[Violation], language: Language) -> Vec<FieldViolation> {
    let mut used = 0;
    violations
        .iter()
        .map(|violation| {
            let mut wire = FieldViolation::new(violation.field.clone(), violation.message(Language::En));
            violation.reason.as_str().clone_into(&mut wire.reason);
            wire.localized_message =
                Some(LocalizedMessage::new(language.as_str(), violation.message(language)));
            wire
        })
        .take_while(|wire| {
            let text = wire.localized_message.as_ref().map_or(0, |localized| localized.message.len());
            used += wire.field.len() + wire.description.len() + wire.reason.len() + text + 16;
            used <= VIOLATION_BYTES
        })
        .collect()
}

/// A status that a library made, with the details that all answers of the suite carry. One that names a reason already
/// passes unchanged.
#[must_use]
pub fn completed(status: Status, language: Language) -> Status {
    if status.get_details_error_info().is_some() {
        return status;
    }
    if let Some(reason) = recognised(&status) {
        return to_status(&Failure::new(reason).because(status.message()), language);
    }
    let complete = to_status(&Failure::new(reason_of(status.code())).because(status.message()), language);
    Status::with_details(status.code(), complete.message(), complete.details().to_vec().into())
}

/// What tonic's own texts mean. It answers a message that is no protobuf with INTERNAL, one over the limit with
/// OUT_OF_RANGE, and a deadline that has passed with CANCELLED.
fn recognised(status: &Status) -> Option<Reason> {
    let says = |text: &str| status.message().contains(text);
    match status.code() {
        Code::Internal if says("failed to decode Protobuf message") => Some(Reason::RequestMalformed),
        Code::OutOfRange if says("message length too large") => Some(Reason::MessageTooLarge),
        Code::Cancelled if says("Timeout expired") => Some(Reason::DeadlineExceeded),
        _ => None,
    }
}

/// A refusal as a client sees it: [`Status`] with its details read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The gRPC code.
    pub code: Code,
    /// The reason, or the code's own name where none was sent.
    pub reason: String,
    /// Domain of the reason; empty where none was sent.
    pub domain: String,
    /// The text to show, in the language asked for where the service has it.
    pub message: String,
    /// The dynamic values of the message.
    pub metadata: BTreeMap<String, String>,
    /// Broken fields.
    pub violations: Vec<FieldProblem>,
    /// When a retry may help.
    pub retry_after: Option<Duration>,
}

/// One broken field of a [`Problem`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// Path of the field in the request.
    pub field: String,
    /// The reason.
    pub reason: String,
    /// The text to show.
    pub message: String,
}

impl Problem {
    /// Reads the details of a status.
    #[must_use]
    pub fn of(status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info();
        let localized = details.localized_message().map(|text| text.message.clone());
        Self {
            code: status.code(),
            reason: info.map_or_else(|| format!("{:?}", status.code()), |info| info.reason.clone()),
            domain: info.map(|info| info.domain.clone()).unwrap_or_default(),
            message: localized.unwrap_or_else(|| status.message().to_owned()),
            metadata: info.map(|info| info.metadata.clone().into_iter().collect()).unwrap_or_default(),
            violations: details
                .bad_request()
                .map(|request| request.field_violations.iter().map(FieldProblem::of).collect())
                .unwrap_or_default(),
            retry_after: details.retry_info().and_then(|retry| retry.retry_delay),
        }
    }
}

impl FieldProblem {
    fn of(violation: &FieldViolation) -> Self {
        let localized = violation.localized_message.as_ref().map(|text| text.message.clone());
        Self {
            field: violation.field.clone(),
            reason: violation.reason.clone(),
            message: localized.unwrap_or_else(|| violation.description.clone()),
        }
    }

    fn read_back(&self) -> Option<Violation> {
        Reason::parse(&self.reason).map(|reason| Violation::new(self.field.clone(), reason))
    }
}

/// The failure behind a downstream service's answer, for composed calls.
///
/// A reason of the suite stays what it is, with its arguments; an answer without one becomes `SERVICE_UNAVAILABLE`,
/// `DEADLINE_EXCEEDED` or `CANCELLED` by its code, or else `ANSWER_UNEXPECTED`. A downstream `INTERNAL` stays internal.
/// The texts of field violations lose their arguments; their paths and reasons stay.
#[must_use]
pub fn to_failure(status: &Status, service: &str) -> Failure {
    let problem = Problem::of(status);
    let known = Reason::parse(&problem.reason).filter(|_| problem.domain == DOMAIN);
    let reason = known.or_else(|| recognised(status)).unwrap_or(match problem.code {
        Code::Unavailable => Reason::ServiceUnavailable,
        Code::DeadlineExceeded => Reason::DeadlineExceeded,
        Code::Cancelled => Reason::Cancelled,
        _ => Reason::AnswerUnexpected,
    });
    let mut failure = Failure::new(reason);
    if reason.argument("service").is_some() && !problem.metadata.contains_key("service") {
        failure = failure.with("service", service);
    }
    for (name, value) in &problem.metadata {
        if let Some(key) = reason.argument(name) {
            failure = failure.with(key, value);
        }
    }
    failure = failure.violations(problem.violations.iter().filter_map(FieldProblem::read_back).collect());
    if let Some(delay) = problem.retry_after {
        failure = failure.retry_after(delay);
    }
    failure.because(format!("{service} answered {:?}: {}", problem.code, status.message()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost_reflect::DescriptorPool;

    use super::*;

    #[test]
    fn the_contract_documents_every_reason_and_no_other() {
        let pool = DescriptorPool::decode(proto::FILE_DESCRIPTOR_SET).unwrap();
        let reasons = pool.get_enum_by_name("xiuhua.common.v1.ErrorReason").unwrap();
        let documented: BTreeSet<String> = reasons
            .values()
            .filter(|value| value.number() != 0)
            .map(|value| value.name().trim_start_matches("ERROR_REASON_").to_owned())
            .collect();
        let known: BTreeSet<String> = Reason::ALL.iter().map(|reason| reason.as_str().to_owned()).collect();
        assert_eq!(documented, known);
    }

    #[test]
    fn every_reason_survives_the_way_to_another_service() {
        for reason in Reason::ALL {
            let mut sent = Failure::new(*reason).retry_after(Duration::from_millis(1500));
            for argument in reason.arguments() {
                sent = sent.with(argument, format!("the {argument}"));
            }
            let status = to_status(&sent, Language::En);
            assert_eq!(status.code(), code(reason.kind()));
            let received = to_failure(&status, "registry");
            assert_eq!((received.reason(), received.retry()), (*reason, sent.retry()));
            assert_eq!(received.message(Language::Zh), sent.message(Language::Zh));
        }
    }

    #[test]
    fn what_tonic_says_by_itself_is_recognised() {
        let cases = [
            (
                Status::internal("failed to decode Protobuf message: X"),
                Code::InvalidArgument,
                Reason::RequestMalformed,
            ),
            (
                Status::out_of_range(
                    "Error, decoded message length too large: found 5 bytes, the limit is: 4 bytes",
                ),
                Code::ResourceExhausted,
                Reason::MessageTooLarge,
            ),
            (Status::cancelled("Timeout expired"), Code::DeadlineExceeded, Reason::DeadlineExceeded),
            (Status::unimplemented(""), Code::Unimplemented, Reason::Unimplemented),
            (Status::unknown("a library's own words"), Code::Unknown, Reason::Internal),
        ];
        for (status, code, reason) in cases {
            let complete = completed(status, Language::En);
            let problem = Problem::of(&complete);
            assert_eq!((complete.code(), problem.reason.as_str()), (code, reason.as_str()));
            assert!(!problem.message.contains("library"), "{problem:?}");
        }
    }

    #[test]
    fn an_answer_of_a_stranger_is_unexpected_or_unavailable() {
        let reason = |status: &Status| to_failure(status, "registry").reason();
        assert_eq!(reason(&Status::unavailable("tcp connect error")), Reason::ServiceUnavailable);
        assert_eq!(reason(&Status::data_loss("?")), Reason::AnswerUnexpected);
        let foreign = ErrorDetails::with_error_info("FIELD_REQUIRED", "example.org", HashMap::new());
        let status = Status::with_error_details(Code::InvalidArgument, "x", foreign);
        assert_eq!(reason(&status), Reason::AnswerUnexpected);
    }
}
