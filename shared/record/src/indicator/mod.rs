//! What a service can count. A slice declares its indicators beside the facts; figures and the rows behind them come
//! from that one declaration, so that they cannot disagree.
//!
//! An [`Indicator`] has no year. It is measured for an area and a period, on a day, as known at a moment:
//!
//! - The **day** is the period's last, or `as_of` where that is earlier. Registers and Links count where they are
//!   valid on it; Events, Works, Grants and Cases count by their own days, which the tests name.
//! - A record counts only as it was **known** at the moment; so do the elements of its repeated fields.
//! - What is filed above the level of the divisions shown belongs to the area's own row (本级); the total is always
//!   counted anew and never summed up from divisions.
//!
//! ```text
//! pub static RENOVATED: Indicator = Indicator {
//!     id: "housing.renovated",
//!     label: Label::new("改造农村危房", "농촌위험주택 개조", "dilapidated houses renovated"),
//!     definition: Label::new("…", "…", "…"),
//!     unit: Unit::Household,
//!     kind: IndicatorKind::Actual,
//!     levels: Levels::ALL,
//!     formula: Formula::Rows {
//!         source: Source::rows(&RENOVATION_CASE),
//!         tests: &[renovation_case::SCHEDULE_ACCEPTED_ON.in_period()],
//!         aggregate: renovation_case::BENEFICIARY_DISTINCT_KEY.distinct(),
//!     },
//! };
//! ```

mod api;
mod compile;
mod evidence;
mod measure;
mod request;
mod scan;
mod source;
#[cfg(test)]
mod tests;

pub use api::ReportingApi;
pub use evidence::EvidenceStream;
pub use measure::{ITEM_LIMIT, Measured};
pub use proto::common::{IndicatorKind, Unit};
pub use source::{Aggregate, Elements, Field, Link, Place, Source, StatisticTable, Test};

use kernel::area::Level;
use kernel::language::Label;
use proto::common::{Additivity, AreaLevel, PlanKind};

use crate::spec::Spec;

/// Something that can be counted.
#[derive(Debug)]
pub struct Indicator {
    /// Identifier, without a year: `housing.renovated`. What stands before the dot names the programme.
    pub id: &'static str,
    /// What it is called.
    pub label: Label,
    /// What is counted, in words.
    pub definition: Label,
    /// What a count counts; money is counted in fen.
    pub unit: Unit,
    /// Counted from records, planned, expected.
    pub kind: IndicatorKind,
    /// Levels of divisions at which it exists.
    pub levels: Levels,
    /// How it is counted.
    pub formula: Formula,
}

/// How an indicator is counted.
#[derive(Debug)]
pub enum Formula {
    /// Rows that pass all tests.
    Rows {
        /// Which rows.
        source: Source,
        /// All must hold.
        tests: &'static [Test],
        /// What is made of them.
        aggregate: Aggregate,
    },
    /// The targets for an indicator in the period's calendar year. A division's row stands for everything below it:
    /// the topmost rows within the area count, the others do not. Without a row, or for a period that is not within
    /// one year, it is not available, never zero.
    Plan {
        /// Identifier of the indicator that is planned.
        of: &'static str,
        /// Task, plan or forecast.
        kind: PlanKind,
    },
    /// A count from outside the suite: the latest up to the day, of exactly one division. Without one it is not
    /// available.
    Statistic {
        /// Where outside counts are kept.
        table: &'static StatisticTable,
        /// Number of the statistic.
        statistic: i64,
        /// Of which division.
        place: Place,
    },
    /// One indicator over another; neither may be a ratio. Not available where the denominator is missing or zero.
    Ratio {
        /// Above the line.
        numerator: &'static Indicator,
        /// Below the line.
        denominator: &'static Indicator,
    },
}

/// Levels of divisions; an empty list is all.
#[derive(Debug, Clone, Copy)]
pub struct Levels(&'static [Level]);

impl Levels {
    /// Every level.
    pub const ALL: Self = Self(&[]);

    /// Only these.
    pub const fn only(levels: &'static [Level]) -> Self {
        Self(levels)
    }

    /// Whether the level is one of them.
    pub fn has(self, level: Level) -> bool {
        self.0.is_empty() || self.0.contains(&level)
    }
}

impl Indicator {
    /// Whether the values of divisions may be added.
    pub fn additivity(&self) -> Additivity {
        match &self.formula {
            Formula::Rows { aggregate: Aggregate::Distinct(_), .. } => Additivity::Distinct,
            Formula::Rows { .. } => Additivity::Additive,
            Formula::Plan { .. } | Formula::Statistic { .. } => Additivity::None,
            Formula::Ratio { .. } => Additivity::Ratio,
        }
    }

    /// The programme whose callers may see it; empty where it is everyone's.
    pub fn programme(&self) -> &'static str {
        kernel::names::by_id(self.id).map_or("", |part| part.programme)
    }

    /// The indicators that are really counted: itself, or the two of a ratio.
    fn parts(&'static self) -> Vec<&'static Indicator> {
        match &self.formula {
            Formula::Ratio { numerator, denominator } => vec![*numerator, *denominator],
            _ => vec![self],
        }
    }

    /// The resources whose rows it reads, and so whose read permissions it needs.
    fn resources(&'static self) -> Vec<&'static Spec> {
        self.parts().into_iter().flat_map(|part| compile::Counted::of(part).resources()).collect()
    }

    /// What is wrong with the declaration: a column that the source does not have, a ratio of a ratio, a money column
    /// added up in another unit. Every service tests that its indicators have none.
    pub fn problems(&'static self) -> Vec<String> {
        let mut problems = Vec::new();
        if kernel::names::by_id(self.id).is_none() {
            problems.push(format!("{}: no part of the suite has this prefix", self.id));
        }
        if let Formula::Ratio { numerator, denominator } = &self.formula {
            let nested = |part: &Indicator| matches!(part.formula, Formula::Ratio { .. });
            if nested(numerator) || nested(denominator) {
                problems.push(format!("{}: a ratio of a ratio", self.id));
            }
            return problems;
        }
        problems.extend(
            compile::Counted::of(self).problems().into_iter().map(|found| format!("{}: {found}", self.id)),
        );
        problems
    }

    /// As the contract tells it.
    fn describe(&self) -> proto::common::Indicator {
        let (numerator, denominator) = match &self.formula {
            Formula::Ratio { numerator, denominator } => (numerator.id, denominator.id),
            _ => ("", ""),
        };
        proto::common::Indicator {
            id: self.id.to_owned(),
            label: Some(wire_label(&self.label)),
            unit: self.unit.into(),
            kind: self.kind.into(),
            additivity: self.additivity().into(),
            definition: Some(wire_label(&self.definition)),
            levels: self.levels.0.iter().map(|level| wire_level(*level).into()).collect(),
            numerator: numerator.to_owned(),
            denominator: denominator.to_owned(),
        }
    }
}

fn wire_label(label: &Label) -> proto::common::Label {
    proto::common::Label { zh: label.zh.to_owned(), ko: label.ko.to_owned(), en: label.en.to_owned() }
}

fn wire_level(level: Level) -> AreaLevel {
    match level {
        Level::Province => AreaLevel::Province,
        Level::Prefecture => AreaLevel::Prefecture,
        Level::County => AreaLevel::County,
        Level::Township => AreaLevel::Township,
        Level::Village => AreaLevel::Village,
    }
}
