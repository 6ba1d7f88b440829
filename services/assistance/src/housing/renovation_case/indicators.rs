//! What renovations come to.

use kernel::language::Label;
use proto::common::PlanKind;
use record::indicator::{Formula, Indicator, IndicatorKind, Levels, Source, Test, Unit};

use crate::contract::{RENOVATION_CASE_SPEC, renovation_case};

/// All of them.
pub(crate) const ALL: &[&Indicator] = &[&RENOVATED, &RENOVATION_PLANNED, &RENOVATION_STARTED];

const NOT_CANCELLED: Test = Test::Not(&renovation_case::CANCELLED_ON.up_to_period_end());

/// 改造农村危房.
pub(crate) static RENOVATED: Indicator = Indicator {
    id: "housing.renovated",
    label: Label::new("改造农村危房", "농촌위험주택 개조", "dilapidated houses renovated"),
    definition: Label::new(
        "期内验收的危房改造户数,含非建档立卡户",
        "기간내에 검수된 위험주택 개조 호수, 비등록호 포함",
        "Households with a renovation accepted in the period; not only registered ones.",
    ),
    unit: Unit::Household,
    kind: IndicatorKind::Actual,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: Source::rows(&RENOVATION_CASE_SPEC),
        tests: &[renovation_case::ACCEPTED_ON.in_period(), NOT_CANCELLED],
        aggregate: renovation_case::BENEFICIARY_DISTINCT_KEY.distinct(),
    },
};

/// 计划改造危房.
pub(crate) static RENOVATION_PLANNED: Indicator = Indicator {
    id: "housing.renovation_planned",
    label: Label::new("计划改造危房", "위험주택 개조계획", "renovations planned"),
    definition: Label::new(
        "年度计划中危房改造的计划户数",
        "년도계획의 위험주택 개조 계획호수",
        "Target of the annual plan for renovated houses.",
    ),
    unit: Unit::Household,
    kind: IndicatorKind::Plan,
    levels: Levels::ALL,
    formula: Formula::Plan { of: "housing.renovated", kind: PlanKind::Plan },
};

/// 危房已开工.
pub(crate) static RENOVATION_STARTED: Indicator = Indicator {
    id: "housing.renovation_started",
    label: Label::new("危房已开工", "위험주택 개조 착공", "renovations started"),
    definition: Label::new(
        "计划年度属于期内、截至当日已开工的危房改造户数",
        "계획년도가 기간에 속하고 해당일까지 착공된 위험주택 개조 호수",
        "Households with a renovation of the period's plan year that had started by the day.",
    ),
    unit: Unit::Household,
    kind: IndicatorKind::Actual,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: Source::rows(&RENOVATION_CASE_SPEC),
        tests: &[
            renovation_case::PLAN_YEAR.year_in_period(),
            renovation_case::STARTED_ON.up_to_period_end(),
            NOT_CANCELLED,
        ],
        aggregate: renovation_case::BENEFICIARY_DISTINCT_KEY.distinct(),
    },
};
