//! What aid projects come to.

use kernel::language::Label;
use record::indicator::{Aggregate, Formula, Indicator, IndicatorKind, Levels, Source, Test, Unit};

use crate::contract::{AID_PROJECT_SPEC, aid_project};

/// All of them.
pub(crate) const ALL: &[&Indicator] = &[&PROJECTS];

/// Approved up to the day and not cancelled by then.
pub(crate) const APPROVED: Test = aid_project::APPROVED_ON.up_to_period_end();
/// See [`APPROVED`].
pub(crate) const NOT_CANCELLED: Test = Test::Not(&aid_project::CANCELLED_ON.up_to_period_end());

/// 援建项目, all since the pairing began.
pub(crate) static PROJECTS: Indicator = Indicator {
    id: "partner_aid.projects",
    label: Label::new("援建项目", "지원 건설 대상", "aid projects"),
    definition: Label::new(
        "截至当日已批复、未取消的援建项目数,累计",
        "해당일까지 승인되고 취소되지 않은 지원 건설 대상 수, 루계",
        "Aid projects approved by the day and not cancelled, since the pairing began.",
    ),
    unit: Unit::Project,
    kind: IndicatorKind::Actual,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: Source::rows(&AID_PROJECT_SPEC),
        tests: &[APPROVED, NOT_CANCELLED],
        aggregate: Aggregate::Count,
    },
};
