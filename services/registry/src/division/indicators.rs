//! What divisions are designated as.

use kernel::language::Label;
use record::indicator::{Formula, Indicator, IndicatorKind, Levels, Source, Test, Unit};

use crate::contract::division::{self, designations};

use proto::xiuhua::registry::v1::DesignationKind;

/// All of them.
pub(crate) const ALL: &[&Indicator] = &[&NATIONAL_POOR_COUNTIES, &PROVINCIAL_AREA_COUNTIES, &POOR_VILLAGES];

const DESIGNATED: Source = Source::elements(designations::KIND.elements());
const IN_FORCE: Test = designations::VALID_FROM.valid_until(designations::VALID_TO);

/// 国定贫困县(市).
pub(crate) static NATIONAL_POOR_COUNTIES: Indicator = Indicator {
    id: "registry.national_poor_counties",
    label: Label::new("国定贫困县(市)", "국가지정 빈곤현(시)", "nationally designated poor counties"),
    definition: Label::new(
        "当日有效的国定贫困县(市)数",
        "해당일에 유효한 국가지정 빈곤현(시)의 수",
        "Counties with a national designation in force on the day.",
    ),
    unit: Unit::County,
    kind: IndicatorKind::Actual,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: DESIGNATED,
        tests: &[designations::KIND.is_in(&[DesignationKind::National as i64]), IN_FORCE],
        aggregate: division::CODE.distinct(),
    },
};

/// 省定片区县(市).
pub(crate) static PROVINCIAL_AREA_COUNTIES: Indicator = Indicator {
    id: "registry.provincial_area_counties",
    label: Label::new("省定片区县(市)", "성지정 구역현(시)", "provincially designated area counties"),
    definition: Label::new(
        "当日有效的省定片区县(市)数",
        "해당일에 유효한 성지정 구역현(시)의 수",
        "Counties of a provincially designated area in force on the day.",
    ),
    unit: Unit::County,
    kind: IndicatorKind::Actual,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: DESIGNATED,
        tests: &[designations::KIND.is_in(&[DesignationKind::ProvincialArea as i64]), IN_FORCE],
        aggregate: division::CODE.distinct(),
    },
};

/// 贫困村.
pub(crate) static POOR_VILLAGES: Indicator = Indicator {
    id: "registry.poor_villages",
    label: Label::new("贫困村", "빈곤촌", "registered poor villages"),
    definition: Label::new(
        "当日有效的建档立卡贫困村数",
        "해당일에 유효한 등록빈곤촌의 수",
        "Administrative villages with a poor-village registration in force on the day.",
    ),
    unit: Unit::Village,
    kind: IndicatorKind::Actual,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: DESIGNATED,
        tests: &[designations::KIND.is_in(&[DesignationKind::PoorVillage as i64]), IN_FORCE],
        aggregate: division::CODE.distinct(),
    },
};
