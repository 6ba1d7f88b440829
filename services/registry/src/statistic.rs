//! Counts that come from outside: the denominators of shares and rates.

use kernel::failure::Violations;
use record::rules::{Context, Rules};
use record::state::{Known, Reads};

use crate::contract::DivisionStatistics;

pub(crate) mod indicators;

impl Rules for DivisionStatistics {
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
