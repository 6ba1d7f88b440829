//! Visits between the prefecture and its partner city (互访): one delegation, one record.

use kernel::failure::{Reason, Violations};
use record::rules::{Context, Rules};
use record::state::{Known, Reads};

use crate::contract::ExchangeVisits;

pub(crate) mod indicators;

impl Rules for ExchangeVisits {
    fn check(
        record: &Self::Record,
        _old: Option<&Self::Record>,
        _context: &Context<'_>,
        _reads: &Reads<'_>,
        violations: &mut Violations,
    ) -> Known<()> {
        if !record.ends_on.is_empty() && record.ends_on < record.starts_on {
            violations.push("ends_on", Reason::DateOrder).add("earlier", "开始日期").add("later", "结束日期");
        }
        if record.head_count.is_some_and(|count| count < 1) {
            violations.push("head_count", Reason::NumberOutOfRange).add("minimum", 1).add("maximum", 10_000);
        }
        Ok(())
    }
}
