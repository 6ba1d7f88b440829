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
mod part;
mod request;
mod scan;
mod setting;
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

use self::part::Part;
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
    /// The value of a parameter in the measured area on the day: the setting of the smallest division that holds the
    /// area, else the default that ships with the service. Its text must be a whole number; with [`Unit::Yuan`] an
    /// amount of yuan, with [`Unit::Flag`] a switch (`1`, `true`, `是`, or `0`, `false`, `否`). Without one, or with
    /// another text, it is not available, never zero. A division is shown only where it has a setting of its own. The
    /// evidence is that one setting.
    Parameter {
        /// Identifier of the parameter; its prefix must be of the indicator's service.
        identifier: &'static str,
        /// What it is limited to; `-` where it is not.
        qualifier: &'static str,
    },
    /// One indicator over another; neither may be a ratio or a flag. Not available where the denominator is missing or
    /// zero.
    Ratio {
        /// Above the line.
        numerator: &'static Indicator,
        /// Below the line.
        denominator: &'static Indicator,
    },
    /// A flag: yes where the value reaches the target. Neither may be a ratio or a flag; both count in the same unit.
    /// Not available where one of them is missing: without a target nothing is reached and nothing missed. The evidence
    /// are the rows of both, the value's as numerator and the target's as denominator: the flag is yes exactly where the
    /// contributions of the numerator, over distinct keys, come to no less than those of the denominator.
    AtLeast {
        /// What is compared.
        value: &'static Indicator,
        /// What it must reach.
        target: &'static Indicator,
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
            Formula::Plan { .. }
            | Formula::Statistic { .. }
            | Formula::Parameter { .. }
            | Formula::AtLeast { .. } => Additivity::None,
            Formula::Ratio { .. } => Additivity::Ratio,
        }
    }

    /// The programme whose callers may see it; empty where it is everyone's.
    pub fn programme(&self) -> &'static str {
        kernel::names::by_id(self.id).map_or("", |part| part.programme)
    }

    /// The two indicators that a ratio or a flag is made of, above and below its line.
    fn pair(&self) -> Option<[&'static Indicator; 2]> {
        match &self.formula {
            Formula::Ratio { numerator, denominator } => Some([*numerator, *denominator]),
            Formula::AtLeast { value, target } => Some([*value, *target]),
            Formula::Rows { .. }
            | Formula::Plan { .. }
            | Formula::Statistic { .. }
            | Formula::Parameter { .. } => None,
        }
    }

    /// The indicators that are really counted: itself, or the two of a ratio or a flag.
    fn parts(&'static self) -> Vec<&'static Indicator> {
        self.pair().map_or_else(|| vec![self], Vec::from)
    }

    /// The resources whose rows it reads, and so whose read permissions it needs.
    fn resources(&'static self) -> Vec<&'static Spec> {
        self.parts().into_iter().flat_map(|part| Part::of(part).resources()).collect()
    }

    /// What is wrong with the declaration: a column that the source does not have, a ratio of a ratio, a flag that
    /// compares persons with households, a parameter of another service. Every service tests that its indicators have
    /// none.
    pub fn problems(&'static self) -> Vec<String> {
        let owner = |id: &str| kernel::names::by_id(id).map(|part| part.service);
        let mut problems = Vec::new();
        if owner(self.id).is_none() {
            problems.push("no part of the suite has this prefix".to_owned());
        }
        match &self.formula {
            Formula::Ratio { .. } | Formula::AtLeast { .. } => problems.extend(self.problems_of_pair()),
            Formula::Parameter { identifier, qualifier } => {
                if owner(identifier).is_none() || owner(identifier) != owner(self.id) {
                    problems.push(format!("{identifier} is no parameter of the indicator's service"));
                }
                if qualifier.is_empty() {
                    problems.push("a qualifier that limits nothing is written `-`".to_owned());
                }
                if self.unit == Unit::Percent {
                    problems.push("a parameter is no ratio".to_owned());
                }
            }
            Formula::Rows { .. } | Formula::Plan { .. } | Formula::Statistic { .. } => {
                problems.extend(Part::of(self).problems());
            }
        }
        problems.into_iter().map(|found| format!("{}: {found}", self.id)).collect()
    }

    fn problems_of_pair(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let Some([above, below]) = self.pair() else { return problems };
        if above.pair().is_some() || below.pair().is_some() {
            problems.push("a ratio or a flag of a ratio or a flag".to_owned());
        }
        if let Formula::AtLeast { .. } = self.formula {
            if self.unit != Unit::Flag {
                problems.push("what reaches a target or does not is a flag".to_owned());
            }
            if above.unit != below.unit {
                problems.push(format!("{} is counted in another unit than {}", above.id, below.id));
            }
        }
        problems
    }

    /// As the contract tells it.
    fn describe(&self) -> proto::common::Indicator {
        let [numerator, denominator] = self.pair().map_or(["", ""], |pair| pair.map(|part| part.id));
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

/// What a level is called, in the contract's words.
fn level_word(level: Level) -> Label {
    match level {
        Level::Province => Label::new("省", "성", "province"),
        Level::Prefecture => Label::new("市州", "주", "prefecture"),
        Level::County => Label::new("县市", "현시", "county"),
        Level::Township => Label::new("乡镇", "향진", "township"),
        Level::Village => Label::new("行政村", "행정촌", "village"),
    }
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
