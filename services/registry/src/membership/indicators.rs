//! How many persons are poor on a day.

use kernel::language::Label;
use record::indicator::{Aggregate, Formula, Indicator, IndicatorKind, Levels, Link, Source, Unit};

use crate::contract::{
    HOUSEHOLD_SPEC, HOUSEHOLD_STANDING_SPEC, MEMBERSHIP_SPEC, household_standing, membership,
};
use crate::household_standing::indicators::POOR;

/// All of them.
pub(crate) const ALL: &[&Indicator] = &[&PERSONS_REGISTERED];

/// Members beside the standing of their household.
const MEMBERS: Source = Source::rows(&MEMBERSHIP_SPEC).beside(Link::Namesake {
    column: membership::HOUSEHOLD,
    of: &HOUSEHOLD_SPEC,
    other: &HOUSEHOLD_STANDING_SPEC,
});

/// 建档立卡贫困人口. A person is in one household at a time (invariant 1), so that memberships are persons.
pub(crate) static PERSONS_REGISTERED: Indicator = Indicator {
    id: "registry.persons_registered",
    label: Label::new("建档立卡贫困人口", "등록빈곤인구", "registered poor persons"),
    definition: Label::new(
        "当日状态为未脱贫、预脱贫或返贫的户的在册成员数",
        "해당일 상태가 미탈빈, 예비탈빈 또는 재빈곤인 호의 재적 성원수",
        "Members on the day of households whose standing on the day is poor, pre-exit or relapsed.",
    ),
    unit: Unit::Person,
    kind: IndicatorKind::Actual,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: MEMBERS,
        tests: &[household_standing::STATUS.is_in(POOR)],
        aggregate: Aggregate::Count,
    },
};
