//! What works for safe drinking water come to.

use kernel::language::Label;
use proto::common::PlanKind;
use record::indicator::{Aggregate, Formula, Indicator, IndicatorKind, Levels, Source, Test, Unit};

use crate::contract::{WATER_WORK_SPEC, water_work};

/// All of them.
pub(crate) const ALL: &[&Indicator] = &[&WATER_WORKS, &WATER_PROJECTS_PLANNED];

/// 新建安全饮水工程, in 处.
pub(crate) static WATER_WORKS: Indicator = Indicator {
    id: "housing.water_works",
    label: Label::new("新建安全饮水工程", "신설 안전음료수공사", "safe-water works built"),
    definition: Label::new(
        "期内完工的安全饮水工程处数",
        "기간내에 완공된 안전음료수공사 곳수",
        "Works for safe drinking water completed in the period.",
    ),
    unit: Unit::Site,
    kind: IndicatorKind::Actual,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: Source::rows(&WATER_WORK_SPEC),
        tests: &[
            water_work::COMPLETED_ON.in_period(),
            Test::Not(&water_work::CANCELLED_ON.up_to_period_end()),
        ],
        aggregate: Aggregate::Count,
    },
};

/// 实施安全饮水项目. Plans count projects (个) and works are counted in sites (处), which are not compared: what is
/// planned here has no actual count.
pub(crate) static WATER_PROJECTS_PLANNED: Indicator = Indicator {
    id: "housing.water_projects_planned",
    label: Label::new("实施安全饮水项目", "안전음료수대상 실시", "safe-water projects"),
    definition: Label::new(
        "年度计划中安全饮水项目的计划个数",
        "년도계획의 안전음료수대상 계획개수",
        "Target of the annual plan for projects of safe drinking water.",
    ),
    unit: Unit::Project,
    kind: IndicatorKind::Plan,
    levels: Levels::ALL,
    formula: Formula::Plan { of: "housing.water_projects", kind: PlanKind::Plan },
};
