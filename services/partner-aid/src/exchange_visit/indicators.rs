//! What exchange visits come to.

use kernel::language::Label;
use record::indicator::{Aggregate, Formula, Indicator, IndicatorKind, Levels, Source, Unit};

use crate::contract::{EXCHANGE_VISIT_SPEC, exchange_visit};

/// All of them.
pub(crate) const ALL: &[&Indicator] = &[&MUTUAL_VISITS];

/// 两地互访对接.
pub(crate) static MUTUAL_VISITS: Indicator = Indicator {
    id: "partner_aid.mutual_visits",
    label: Label::new("两地互访对接", "두 지역 호상방문", "mutual visits"),
    definition: Label::new(
        "期内开始的互访次数,双向合计",
        "기간내에 시작된 호상방문 차수, 쌍방향 합계",
        "Visits that began in the period, in both directions.",
    ),
    unit: Unit::Visit,
    kind: IndicatorKind::Actual,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: Source::rows(&EXCHANGE_VISIT_SPEC),
        tests: &[exchange_visit::STARTS_ON.in_period()],
        aggregate: Aggregate::Count,
    },
};
