//! Shares and rates over counts from outside the suite.

use kernel::area::Level;
use kernel::language::Label;
use proto::xiuhua::registry::v1::StatisticKind;
use record::indicator::{Formula, Indicator, IndicatorKind, Levels, Place, StatisticTable, Unit};

use crate::contract::division_statistic;
use crate::division::indicators::POOR_VILLAGES;
use crate::membership::indicators::PERSONS_REGISTERED;

/// All of them.
pub(crate) const ALL: &[&Indicator] = &[
    &PROVINCE_POOR_VILLAGES,
    &PROVINCE_POOR_PERSONS,
    &RURAL_POPULATION,
    &POOR_VILLAGES_SHARE,
    &PERSONS_SHARE,
    &POVERTY_INCIDENCE,
];

static STATISTICS: StatisticTable = StatisticTable {
    statistic: division_statistic::STATISTIC,
    measured_on: division_statistic::MEASURED_ON,
    value: division_statistic::VALUE,
};

const PREFECTURE: Levels = Levels::only(&[Level::Prefecture]);
const DOWN_TO_COUNTY: Levels = Levels::only(&[Level::Prefecture, Level::County]);

/// Poor villages of the province: the denominator of the share.
pub(crate) static PROVINCE_POOR_VILLAGES: Indicator = Indicator {
    id: "registry.province_poor_villages",
    label: Label::new("全省贫困村", "전성 빈곤촌", "poor villages of the province"),
    definition: Label::new(
        "基础数据:全省建档立卡贫困村数",
        "기초수치: 전성 등록빈곤촌수",
        "Outside count of the registered poor villages of the province.",
    ),
    unit: Unit::Village,
    kind: IndicatorKind::Actual,
    levels: PREFECTURE,
    formula: Formula::Statistic {
        table: &STATISTICS,
        statistic: StatisticKind::RegisteredPoorVillages as i64,
        place: Place::Province,
    },
};

/// Poor persons of the province: the denominator of the share.
pub(crate) static PROVINCE_POOR_PERSONS: Indicator = Indicator {
    id: "registry.province_poor_persons",
    label: Label::new("全省贫困人口", "전성 빈곤인구", "poor persons of the province"),
    definition: Label::new(
        "基础数据:全省建档立卡贫困人口数",
        "기초수치: 전성 등록빈곤인구수",
        "Outside count of the registered poor persons of the province.",
    ),
    unit: Unit::Person,
    kind: IndicatorKind::Actual,
    levels: PREFECTURE,
    formula: Formula::Statistic {
        table: &STATISTICS,
        statistic: StatisticKind::RegisteredPoorPersons as i64,
        place: Place::Province,
    },
};

/// Rural population by household register: the denominator of incidence.
pub(crate) static RURAL_POPULATION: Indicator = Indicator {
    id: "registry.rural_population",
    label: Label::new("农村户籍人口", "농촌호적인구", "rural household-registered population"),
    definition: Label::new(
        "基础数据:农村户籍人口数",
        "기초수치: 농촌호적인구수",
        "Outside count of the rural population by household register.",
    ),
    unit: Unit::Person,
    kind: IndicatorKind::Actual,
    levels: DOWN_TO_COUNTY,
    formula: Formula::Statistic {
        table: &STATISTICS,
        statistic: StatisticKind::RuralHukouPopulation as i64,
        place: Place::Measured,
    },
};

/// 贫困村占全省比重.
pub(crate) static POOR_VILLAGES_SHARE: Indicator = Indicator {
    id: "registry.poor_villages_share_of_province",
    label: Label::new("贫困村占全省比重", "전성 빈곤촌중 차지하는 비률", "share of provincial poor villages"),
    definition: Label::new(
        "贫困村数÷全省贫困村数",
        "빈곤촌수÷전성 빈곤촌수",
        "Poor villages over the poor villages of the province.",
    ),
    unit: Unit::Percent,
    kind: IndicatorKind::Actual,
    levels: PREFECTURE,
    formula: Formula::Ratio { numerator: &POOR_VILLAGES, denominator: &PROVINCE_POOR_VILLAGES },
};

/// 占全省贫困人口比重.
pub(crate) static PERSONS_SHARE: Indicator = Indicator {
    id: "registry.persons_share_of_province",
    label: Label::new(
        "占全省贫困人口比重",
        "전성 빈곤인구중 차지하는 비률",
        "share of provincial poor population",
    ),
    definition: Label::new(
        "建档立卡贫困人口÷全省贫困人口",
        "등록빈곤인구÷전성 빈곤인구",
        "Registered poor persons over the poor persons of the province.",
    ),
    unit: Unit::Percent,
    kind: IndicatorKind::Actual,
    levels: PREFECTURE,
    formula: Formula::Ratio { numerator: &PERSONS_REGISTERED, denominator: &PROVINCE_POOR_PERSONS },
};

/// 贫困发生率.
pub(crate) static POVERTY_INCIDENCE: Indicator = Indicator {
    id: "registry.poverty_incidence",
    label: Label::new("贫困发生率", "빈곤발생률", "poverty incidence"),
    definition: Label::new(
        "建档立卡贫困人口÷农村户籍人口",
        "등록빈곤인구÷농촌호적인구",
        "Registered poor persons over the rural population by household register.",
    ),
    unit: Unit::Percent,
    kind: IndicatorKind::Actual,
    levels: DOWN_TO_COUNTY,
    formula: Formula::Ratio { numerator: &PERSONS_REGISTERED, denominator: &RURAL_POPULATION },
};
