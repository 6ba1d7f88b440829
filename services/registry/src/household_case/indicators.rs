//! Exits and removals: decided by household, counted in persons.

use kernel::language::Label;
use proto::common::{CaseState, HouseholdStatus, PlanKind};
use proto::xiuhua::registry::v1::HouseholdCaseKind;
use record::indicator::{Formula, Indicator, IndicatorKind, Levels, Link, Source, Test, Unit};

use crate::contract::{
    HOUSEHOLD_CASE_SPEC, HOUSEHOLD_SPEC, HOUSEHOLD_STANDING_SPEC, household_case, household_standing,
};

/// All of them.
pub(crate) const ALL: &[&Indicator] =
    &[&PERSONS_EXITED, &REDUCTION_TASK, &REDUCTION_TASK_MET, &PERSONS_REMOVED, &PERSONS_REMAINING_FORECAST];

const APPROVED: Test = Test::StateIn(&[CaseState::Approved as i32]);

/// Cases beside the standing of their household on the day.
const CASES: Source = Source::rows(&HOUSEHOLD_CASE_SPEC).beside(Link::Namesake {
    column: household_case::HOUSEHOLD,
    of: &HOUSEHOLD_SPEC,
    other: &HOUSEHOLD_STANDING_SPEC,
});

/// 脱贫人口. A household that is removed as known appears in no total (invariant 8); nobody else's exit is taken back.
pub(crate) static PERSONS_EXITED: Indicator = Indicator {
    id: "registry.persons_exited",
    label: Label::new("脱贫人口", "빈곤해탈인구", "persons exited"),
    definition: Label::new(
        "年度内经县批准脱贫的户在批准日的成员数之和,不含已清退户",
        "년도내에 현의 비준을 받아 빈곤에서 벗어난 호의 비준일 성원수 합계, 퇴출호 제외",
        "Members on the day of the decision of households whose exit of the year is approved; without removed ones.",
    ),
    unit: Unit::Person,
    kind: IndicatorKind::Actual,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: CASES,
        tests: &[
            household_case::KIND.is_in(&[HouseholdCaseKind::Exit as i64]),
            APPROVED,
            household_case::YEAR.year_in_period(),
            Test::Not(&household_standing::STATUS.is_in(&[HouseholdStatus::Removed as i64])),
        ],
        aggregate: household_case::MEMBER_COUNT_AT_DECISION.sum(),
    },
};

/// 减贫任务.
pub(crate) static REDUCTION_TASK: Indicator = Indicator {
    id: "registry.reduction_task",
    label: Label::new("年度减贫任务", "년도 빈곤감소임무", "reduction task of the year"),
    definition: Label::new(
        "上级下达的年度减贫任务人数",
        "상급에서 하달한 년도 빈곤감소임무 인수",
        "Persons who are to exit in the year, as the level above has set it.",
    ),
    unit: Unit::Person,
    kind: IndicatorKind::Plan,
    levels: Levels::ALL,
    formula: Formula::Plan { of: "registry.persons_exited", kind: PlanKind::Task },
};

/// 完成省定年度减贫任务.
pub(crate) static REDUCTION_TASK_MET: Indicator = Indicator {
    id: "registry.annual_reduction_task_met",
    label: Label::new(
        "完成省定年度减贫任务",
        "성지정 년도 빈곤감소임무 완수",
        "provincial reduction task met",
    ),
    definition: Label::new(
        "年度脱贫人口不少于下达的减贫任务",
        "년도 빈곤해탈인구가 하달된 빈곤감소임무보다 적지 않음",
        "Persons exited in the year reach the task that was set for it.",
    ),
    unit: Unit::Flag,
    kind: IndicatorKind::Actual,
    levels: Levels::ALL,
    formula: Formula::AtLeast { value: &PERSONS_EXITED, target: &REDUCTION_TASK },
};

/// 清退人口. Never counted as exits.
pub(crate) static PERSONS_REMOVED: Indicator = Indicator {
    id: "registry.persons_removed",
    label: Label::new("清退不符合条件人口", "부합되지 않는 퇴출인구", "persons removed as not qualifying"),
    definition: Label::new(
        "年度内经县批准清退的整户成员与单个成员人数之和",
        "년도내에 현의 비준을 받아 퇴출된 전체 호의 성원과 개별성원 인수 합계",
        "Persons of approved removals of the year: members of whole households, and single members.",
    ),
    unit: Unit::Person,
    kind: IndicatorKind::Actual,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: Source::rows(&HOUSEHOLD_CASE_SPEC),
        tests: &[
            household_case::KIND.is_in(&[HouseholdCaseKind::Removal as i64]),
            APPROVED,
            household_case::YEAR.year_in_period(),
        ],
        aggregate: household_case::MEMBER_COUNT_AT_DECISION.sum(),
    },
};

/// 预计剩余未脱贫人口.
pub(crate) static PERSONS_REMAINING_FORECAST: Indicator = Indicator {
    id: "registry.persons_remaining_forecast",
    label: Label::new("预计剩余未脱贫人口", "남은 미탈빈인구 예상", "expected remaining poor persons"),
    definition: Label::new(
        "年度预计的未脱贫人口,不由记录推算",
        "년도에 예상되는 미탈빈인구, 기록으로 추산하지 않음",
        "Poor persons expected to remain in the year: a forecast, not computed from records.",
    ),
    unit: Unit::Person,
    kind: IndicatorKind::Forecast,
    levels: Levels::ALL,
    formula: Formula::Plan { of: "registry.persons_registered", kind: PlanKind::Forecast },
};
