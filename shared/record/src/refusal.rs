//! The failure of a call whose row was refused.

use kernel::failure::{Failure, Kind, Reason, Violations};

/// One failure with all violations; its kind, reason and words are those of the gravest.
pub fn refusal(violations: Violations) -> Failure {
    let gravest = violations.iter().min_by_key(|violation| rank(violation.reason.kind()));
    let failure = gravest.map_or_else(
        || Failure::new(Reason::Internal),
        |gravest| {
            let told = gravest.arguments.iter();
            told.fold(Failure::new(gravest.reason), |failure, (name, value)| failure.with(name, value))
        },
    );
    failure.violations(violations.into_vec())
}

/// What a caller must hear first: that it may not, that it is not there, that it is too late, that a rule forbids
/// it, that the request is wrong.
fn rank(kind: Kind) -> u8 {
    match kind {
        Kind::Unauthenticated => 0,
        Kind::PermissionDenied => 1,
        Kind::NotFound => 2,
        Kind::Aborted => 3,
        Kind::InvalidArgument => 4,
        Kind::OutOfRange => 5,
        Kind::AlreadyExists => 6,
        Kind::FailedPrecondition => 7,
        Kind::ResourceExhausted => 8,
        Kind::Unavailable => 9,
        Kind::DeadlineExceeded => 10,
        Kind::Cancelled => 11,
        Kind::Unimplemented => 12,
        Kind::Internal => 13,
    }
}
