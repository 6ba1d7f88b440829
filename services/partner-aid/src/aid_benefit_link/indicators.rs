//! Poor households and persons whom aid projects are to benefit. A forecast: what is planned counts as well.

use kernel::language::Label;
use proto::common::HouseholdStatus;
use proto::xiuhua::partneraid::v1::BenefitBasis;
use record::indicator::{Formula, Indicator, IndicatorKind, Levels, Link, Source, Test, Unit};

use crate::aid_project::indicators::{APPROVED, NOT_CANCELLED};
use crate::contract::aid_benefit_link::{self, persons};
use crate::contract::{AID_BENEFIT_LINK_SPEC, AID_PROJECT_SPEC};

/// All of them.
pub(crate) const ALL: &[&Indicator] = &[&HOUSEHOLDS_TO_BENEFIT, &PERSONS_TO_BENEFIT];

const PROJECT: Link = Link::Name { column: aid_benefit_link::PROJECT, other: &AID_PROJECT_SPEC };

const PLANNED_OR_ACTUAL: Test =
    aid_benefit_link::BASIS.is_in(&[BenefitBasis::Planned as i64, BenefitBasis::Actual as i64]);

/// Poor on the first day of the benefit (未脱贫, 预脱贫, 返贫).
const POOR: Test = aid_benefit_link::BENEFICIARY_STANDING.is_in(&[
    HouseholdStatus::Poor as i64,
    HouseholdStatus::PreExit as i64,
    HouseholdStatus::Relapsed as i64,
]);

const TESTS: &[Test] = &[PLANNED_OR_ACTUAL, POOR, APPROVED, NOT_CANCELLED];

/// 受益贫困户.
pub(crate) static HOUSEHOLDS_TO_BENEFIT: Indicator = Indicator {
    id: "partner_aid.households_to_benefit",
    label: Label::new("受益贫困户", "수혜 빈곤호", "poor households to benefit"),
    definition: Label::new(
        "当日在受益期内(计划或实际)、所属援建项目已批复且未取消的贫困户数,不重复计算",
        "해당일이 수혜기간(계획 또는 실제)에 들고 소속 지원 건설 대상이 승인되고 취소되지 않은 빈곤호수, 중복계산하지 않음",
        "Distinct poor households whose benefit, planned or actual, from a project that is approved and not cancelled \
         holds on the day.",
    ),
    unit: Unit::Household,
    kind: IndicatorKind::Forecast,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: Source::rows(&AID_BENEFIT_LINK_SPEC).beside(PROJECT),
        tests: TESTS,
        aggregate: aid_benefit_link::BENEFICIARY_DISTINCT_KEY.distinct(),
    },
};

/// 受益贫困人口.
pub(crate) static PERSONS_TO_BENEFIT: Indicator = Indicator {
    id: "partner_aid.persons_to_benefit",
    label: Label::new("受益贫困人口", "수혜 빈곤인구", "poor persons to benefit"),
    definition: Label::new(
        "上述受益户清单中的受益人数,不重复计算",
        "우의 수혜호 명단중의 수혜인수, 중복계산하지 않음",
        "Distinct persons named in those benefits.",
    ),
    unit: Unit::Person,
    kind: IndicatorKind::Forecast,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: Source::elements(persons::DISTINCT_KEY.elements()).beside(PROJECT),
        tests: TESTS,
        aggregate: persons::DISTINCT_KEY.distinct(),
    },
};
