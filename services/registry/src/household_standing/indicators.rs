//! How many households are poor on a day.

use kernel::language::Label;
use proto::common::HouseholdStatus;
use record::indicator::{Aggregate, Formula, Indicator, IndicatorKind, Levels, Source, Unit};

use crate::contract::{HOUSEHOLD_STANDING_SPEC, household_standing};

/// All of them.
pub(crate) const ALL: &[&Indicator] = &[&HOUSEHOLDS_REGISTERED];

/// Standings that count as poor: 未脱贫, 预脱贫, 返贫.
pub(crate) const POOR: &[i64] =
    &[HouseholdStatus::Poor as i64, HouseholdStatus::PreExit as i64, HouseholdStatus::Relapsed as i64];

/// 建档立卡贫困户.
pub(crate) static HOUSEHOLDS_REGISTERED: Indicator = Indicator {
    id: "registry.households_registered",
    label: Label::new("建档立卡贫困户", "등록빈곤호", "registered poor households"),
    definition: Label::new(
        "当日状态为未脱贫、预脱贫或返贫的户数",
        "해당일 상태가 미탈빈, 예비탈빈 또는 재빈곤인 호수",
        "Households whose standing on the day is poor, pre-exit or relapsed.",
    ),
    unit: Unit::Household,
    kind: IndicatorKind::Actual,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: Source::rows(&HOUSEHOLD_STANDING_SPEC),
        tests: &[household_standing::STATUS.is_in(POOR)],
        aggregate: Aggregate::Count,
    },
};
