//! Annual plans: a target for one indicator, one year and one division.

use kernel::failure::Violations;

use crate::contract::AnnualPlans;
use crate::rules::{Context, Registered, Rules};
use crate::state::{Known, Reads};

/// The entry of annual plans in a service's list.
pub fn plan_resource() -> Registered {
    Registered::of::<AnnualPlans>()
}

impl Rules for AnnualPlans {
    fn complete(
        record: &mut Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        _violations: &mut Violations,
    ) -> Known<()> {
        let division = record.division.clone();
        record.meta.get_or_insert_default().area = division;
        Ok(())
    }
}
