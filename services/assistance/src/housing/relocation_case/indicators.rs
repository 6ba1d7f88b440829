//! What relocations come to.

use kernel::language::Label;
use proto::common::PlanKind;
use record::indicator::{Formula, Indicator, IndicatorKind, Levels, Source, Test, Unit};

use crate::contract::{RELOCATION_CASE_SPEC, relocation_case};

/// All of them.
pub(crate) const ALL: &[&Indicator] = &[&RELOCATED_HOUSEHOLDS, &RELOCATED_PERSONS, &RELOCATION_PLANNED];

const COMPLETED: &[Test] = &[
    relocation_case::COMPLETED_ON.in_period(),
    Test::Not(&relocation_case::CANCELLED_ON.up_to_period_end()),
];

/// 易地搬迁户.
pub(crate) static RELOCATED_HOUSEHOLDS: Indicator = Indicator {
    id: "housing.relocated_households",
    label: Label::new("易地搬迁户", "타지이주호", "households relocated"),
    definition: Label::new(
        "期内竣工的易地搬迁户数",
        "기간내에 준공된 타지이주 호수",
        "Households whose relocation was completed in the period.",
    ),
    unit: Unit::Household,
    kind: IndicatorKind::Actual,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: Source::rows(&RELOCATION_CASE_SPEC),
        tests: COMPLETED,
        aggregate: relocation_case::BENEFICIARY_DISTINCT_KEY.distinct(),
    },
};

/// 易地搬迁人口: those counted on completion, not those approved.
pub(crate) static RELOCATED_PERSONS: Indicator = Indicator {
    id: "housing.relocated_persons",
    label: Label::new("易地搬迁人口", "타지이주인구", "persons relocated"),
    definition: Label::new(
        "期内竣工的易地搬迁的实际搬迁人口之和",
        "기간내에 준공된 타지이주의 실제이주인구 합계",
        "Persons on completion of the relocations completed in the period.",
    ),
    unit: Unit::Person,
    kind: IndicatorKind::Actual,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: Source::rows(&RELOCATION_CASE_SPEC),
        tests: COMPLETED,
        aggregate: relocation_case::PERSONS_AT_COMPLETION.sum(),
    },
};

/// 计划易地搬迁户.
pub(crate) static RELOCATION_PLANNED: Indicator = Indicator {
    id: "housing.relocation_planned",
    label: Label::new("计划易地搬迁户", "타지이주 계획호", "relocation households planned"),
    definition: Label::new(
        "年度计划中易地搬迁的计划户数",
        "년도계획의 타지이주 계획호수",
        "Target of the annual plan for relocated households.",
    ),
    unit: Unit::Household,
    kind: IndicatorKind::Plan,
    levels: Levels::ALL,
    formula: Formula::Plan { of: "housing.relocated_households", kind: PlanKind::Plan },
};
