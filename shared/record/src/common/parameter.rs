//! Parameters: settings of rules for a division and a time, each with its source and how far it can be trusted.

use kernel::failure::{Reason, Violations};

use crate::contract::Parameters;
use crate::rules::{Context, Registered, Rules};
use crate::state::{Known, Reads};

/// What stands for "not limited", so that the key is always complete.
const UNLIMITED: &str = "-";

/// The entry of parameters in a service's list.
pub fn parameter_resource() -> Registered {
    Registered::of::<Parameters>()
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
