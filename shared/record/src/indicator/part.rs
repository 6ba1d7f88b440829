//! What an indicator is made of: rows that are counted, or a setting that is read.

use kernel::area::{AreaCode, Level};
use proto::common::{Ratio, Unit, value};

use super::compile::{Counted, Rule};
use super::scan::Values;
use super::setting::{Asked, Setting};
use super::source::Source;
use super::{Formula, Indicator};
use crate::contract::{ANNUAL_PLAN_SPEC, PARAMETER_SPEC, annual_plan};
use crate::spec::Spec;

/// One thing that has a number.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    /// Rows are counted.
    Rows(Counted),
    /// A parameter is read.
    Setting(Setting),
}

impl Part {
    /// What an indicator counts. For a ratio or a flag, which count nothing themselves, what stands above their line.
    pub(super) fn of(indicator: &'static Indicator) -> Self {
        let counted = match &indicator.formula {
            Formula::Rows { source, tests, aggregate } => {
                Counted { source: *source, tests, aggregate: *aggregate, rule: Rule::Plain }
            }
            Formula::Plan { of, kind } => Counted {
                source: Source::rows(&ANNUAL_PLAN_SPEC),
                tests: &[],
                aggregate: annual_plan::VALUE_X100.sum(),
                rule: Rule::Plan {
                    of,
                    kind: *kind,
                    scale: if indicator.unit == Unit::Yuan { 1 } else { 100 },
                },
            },
            Formula::Statistic { table, statistic, place } => Counted {
                source: Source::rows(table.value.spec),
                tests: &[],
                aggregate: table.value.sum(),
                rule: Rule::Statistic { table, statistic: *statistic, place: *place },
            },
            Formula::Parameter { identifier, qualifier } => {
                return Self::Setting(Setting { identifier, qualifier, unit: indicator.unit });
            }
            Formula::Ratio { numerator: above, .. } | Formula::AtLeast { value: above, .. } => {
                return Self::of(above);
            }
        };
        Self::Rows(counted)
    }

    /// The resources whose rows are read.
    pub(super) fn resources(&self) -> Vec<&'static Spec> {
        match self {
            Self::Rows(counted) => counted.resources(),
            Self::Setting(_) => vec![&PARAMETER_SPEC],
        }
    }

    /// What is wrong with it.
    pub(super) fn problems(&self) -> Vec<String> {
        match self {
            Self::Rows(counted) => counted.problems(),
            Self::Setting(_) => Vec::new(),
        }
    }
}

/// The numbers of a part, as far as they are known.
pub(super) enum Numbers<'a> {
    /// Rows were counted.
    Rows(Values),
    /// A parameter was read.
    Setting(Asked<'a>),
}

impl Numbers<'_> {
    /// Of the whole area.
    pub(super) fn whole(&self, area: &AreaCode) -> Option<i64> {
        match self {
            Self::Rows(values) => values.whole,
            Self::Setting(asked) => asked.at(area),
        }
    }

    /// Of what is filed at the area itself.
    pub(super) fn own(&self) -> Option<i64> {
        match self {
            Self::Rows(values) => values.own,
            Self::Setting(_) => None,
        }
    }

    /// The divisions of a level that have a number of their own.
    pub(super) fn divisions(&self, area: &AreaCode, level: Level) -> Vec<AreaCode> {
        match self {
            Self::Rows(values) => {
                values.divisions.keys().filter_map(|prefix| AreaCode::from_prefix(prefix)).collect()
            }
            Self::Setting(asked) => asked.divisions(area, level).collect(),
        }
    }

    /// Of a division; where the source has rows at all but none there, it is zero. A setting of the level above holds
    /// there too.
    pub(super) fn at(&self, division: &AreaCode) -> Option<i64> {
        match self {
            Self::Rows(values) => match values.divisions.get(division.prefix()) {
                Some(value) => *value,
                None => values.own.map(|_| 0),
            },
            Self::Setting(asked) => asked.at(division),
        }
    }
}

/// The value of an indicator, out of the numbers of its parts.
pub(super) fn value_of(indicator: &Indicator, numbers: &[Option<i64>]) -> Option<value::Value> {
    match (&indicator.formula, numbers) {
        (Formula::Ratio { .. }, [Some(numerator), Some(denominator)]) if *denominator != 0 => {
            Some(value::Value::Ratio(Ratio { numerator: *numerator, denominator: *denominator }))
        }
        (Formula::AtLeast { .. }, [Some(value), Some(target)]) => Some(value::Value::Flag(value >= target)),
        (Formula::Ratio { .. } | Formula::AtLeast { .. }, _) => None,
        (_, [Some(number)]) => Some(match indicator.unit {
            Unit::Yuan => value::Value::Fen(*number),
            Unit::Flag => value::Value::Flag(*number != 0),
            _ => value::Value::Count(*number),
        }),
        _ => None,
    }
}
