//! Parameters: settings of rules for a division and a time, each with its source and how far it can be trusted.

use kernel::failure::{Reason, Violations};
use proto::common::parameter_service_server::ParameterServiceServer;
use store::Migration;

use crate::contract::{ParameterApi, Parameters};
use crate::rules::{Context, Registered, Rules};
use crate::service::Slice;
use crate::state::{Known, Reads};

/// What stands for "not limited", so that the key is always complete.
const UNLIMITED: &str = "-";

/// The record kind.
pub(crate) fn slice() -> Slice {
    Slice {
        registered: Registered::of::<Parameters>(),
        migration: Migration {
            name: "common/parameter",
            sql: include_str!("../../migrations/parameter.sql"),
        },
        indicators: &[],
        facts: None,
        serve: |service, engine| service.add(ParameterServiceServer::new(ParameterApi(engine))),
    }
}

impl Rules for Parameters {
    fn complete(
        record: &mut Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        _violations: &mut Violations,
    ) -> Known<()> {
        if record.qualifier.is_empty() {
            UNLIMITED.clone_into(&mut record.qualifier);
        }
        let division = record.division.clone();
        record.meta.get_or_insert_default().area = division;
        Ok(())
    }

    fn check(
        record: &Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        if !record.ends_on.is_empty() && record.ends_on <= record.starts_on {
            violations.push("ends_on", Reason::DateOrder).add("earlier", "starts_on").add("later", "ends_on");
        }
        Ok(())
    }
}
