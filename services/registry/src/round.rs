//! Rounds of dynamic management: windows in which cases are opened.

use kernel::failure::{Reason, Violations};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::round_service_server::RoundServiceServer;
use record::rules::{Context, Rules};
use record::service::Slice;
use record::state::{Known, Reads};
use record::{ActContext, Registered, Resource};
use store::Migration;

use crate::contract::{RoundApi, RoundVerbs, Rounds};

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<Rounds>(),
        migration: Migration { name: "registry/round", sql: include_str!("../migrations/round.sql") },
        indicators: &[],
        facts: None,
        serve: |service, engine| service.add(RoundServiceServer::new(RoundApi(engine))),
    }
}

impl Rules for Rounds {
    fn check(
        record: &Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        if !record.closes_on.is_empty() {
            if record.opens_on.is_empty() {
                violations.push("closes_on", Reason::MilestoneMissing).add("milestone", "开始日期");
            } else if record.closes_on < record.opens_on {
                violations
                    .push("closes_on", Reason::DateOrder)
                    .add("earlier", "开始日期")
                    .add("later", "结束日期");
            }
        }
        for (index, class) in record.classes.iter().enumerate() {
            if class.label.is_empty() {
                violations.push(format!("classes[{index}].label"), Reason::FieldRequired);
            }
        }
        for (index, pass) in record.passes.iter().enumerate() {
            if pass.kind() == p::RoundPassKind::Unspecified {
                violations.push(format!("passes[{index}].kind"), Reason::FieldRequired);
            }
        }
        Ok(())
    }
}

type Record = <Rounds as Resource>::Record;

impl RoundVerbs for Rounds {
    fn open_round(
        record: &mut Record,
        _request: &p::OpenRoundRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        if record.opens_on.is_empty() {
            record.opens_on.clone_from(&context.occurred_on);
        } else {
            refuse(record, "Open", violations);
        }
    }

    fn close_round(
        record: &mut Record,
        _request: &p::CloseRoundRequest,
        context: &ActContext,
        violations: &mut Violations,
    ) {
        if record.opens_on.is_empty() || !record.closes_on.is_empty() {
            refuse(record, "Close", violations);
        } else {
            record.closes_on.clone_from(&context.occurred_on);
        }
    }
}

/// A round is planned, then open, then closed.
fn refuse(record: &Record, verb: &str, violations: &mut Violations) {
    let state = match (record.opens_on.is_empty(), record.closes_on.is_empty()) {
        (true, _) => "PLANNED",
        (false, true) => "OPEN",
        (false, false) => "CLOSED",
    };
    violations.push("state", Reason::StateRefuses).add("state", state).add("verb", verb);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(record: &Record, verb: &str) -> Option<Record> {
        let context = ActContext {
            today: "2017-06-30".to_owned(),
            occurred_on: "2017-05-01".to_owned(),
            note: String::new(),
            subject: "tester".to_owned(),
        };
        let (mut record, mut violations) = (record.clone(), Violations::default());
        match verb {
            "Open" => {
                let request = p::OpenRoundRequest::default();
                Rounds::open_round(&mut record, &request, &context, &mut violations);
            }
            _ => {
                let request = p::CloseRoundRequest::default();
                Rounds::close_round(&mut record, &request, &context, &mut violations);
            }
        }
        violations.is_empty().then_some(record)
    }

    #[test]
    fn a_round_opens_once_and_closes_once() {
        let planned = Record::default();
        assert!(tried(&planned, "Close").is_none());
        let open = tried(&planned, "Open").unwrap();
        assert_eq!(open.opens_on, "2017-05-01");
        assert!(tried(&open, "Open").is_none());
        let closed = tried(&open, "Close").unwrap();
        assert_eq!(closed.closes_on, "2017-05-01");
        assert!(tried(&closed, "Open").is_none());
        assert!(tried(&closed, "Close").is_none());
    }
}
