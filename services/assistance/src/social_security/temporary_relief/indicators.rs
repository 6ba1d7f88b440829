//! What temporary relief comes to: poor households and persons outside the subsistence guarantee, and their money.

use kernel::language::Label;
use proto::common::HouseholdStatus;
use record::indicator::{Formula, Indicator, IndicatorKind, Levels, Source, Test, Unit};

use crate::contract::TEMPORARY_RELIEF_SPEC;
use crate::contract::temporary_relief::{self, payments};

/// All of them.
pub(crate) const ALL: &[&Indicator] = &[&TEMP_RELIEF_HOUSEHOLDS, &TEMP_RELIEF_PERSONS, &TEMP_RELIEF_AMOUNT];

/// Poor on the day that opened the grant: its approval, before that its application (未脱贫, 预脱贫, 返贫).
const POOR: Test = temporary_relief::BENEFICIARY_STANDING.is_in(&[
    HouseholdStatus::Poor as i64,
    HouseholdStatus::PreExit as i64,
    HouseholdStatus::Relapsed as i64,
]);
const NOT_ON_DIBAO: Test = Test::Not(&temporary_relief::ON_DIBAO.is_true());
const PAID: Test = payments::PAID_ON.in_period();
const NOT_RETURNED: Test = Test::Not(&payments::RETURNED_ON.up_to_period_end());
const HAS_PAYMENT: Test = Test::Has(payments::PAID_ON.elements(), &[PAID, NOT_RETURNED]);

/// 临时生活救助(户).
pub(crate) static TEMP_RELIEF_HOUSEHOLDS: Indicator = Indicator {
    id: "social_security.temp_relief_households",
    label: Label::new("临时生活救助(户)", "림시생활구조(호)", "temporary-relief households (non-dibao poor)"),
    definition: Label::new(
        "期内领到临时救助的非低保贫困户数",
        "기간내에 림시구조를 받은 비최저생활보장 빈곤호수",
        "Poor households outside the subsistence guarantee with temporary relief paid in the period.",
    ),
    unit: Unit::Household,
    kind: IndicatorKind::Actual,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: Source::rows(&TEMPORARY_RELIEF_SPEC),
        tests: &[POOR, NOT_ON_DIBAO, HAS_PAYMENT],
        aggregate: temporary_relief::BENEFICIARY_DISTINCT_KEY.distinct(),
    },
};

/// 临时生活救助(人). A grant counts its persons once, however often it was paid.
pub(crate) static TEMP_RELIEF_PERSONS: Indicator = Indicator {
    id: "social_security.temp_relief_persons",
    label: Label::new("临时生活救助(人)", "림시생활구조(명)", "temporary-relief persons"),
    definition: Label::new(
        "上述救助的救助人数之和",
        "우의 구조의 구조인수 합계",
        "Persons covered by those grants.",
    ),
    unit: Unit::Person,
    kind: IndicatorKind::Actual,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: Source::rows(&TEMPORARY_RELIEF_SPEC),
        tests: &[POOR, NOT_ON_DIBAO, HAS_PAYMENT],
        aggregate: temporary_relief::COVERED_COUNT.sum(),
    },
};

/// 临时生活救助金.
pub(crate) static TEMP_RELIEF_AMOUNT: Indicator = Indicator {
    id: "social_security.temp_relief_amount",
    label: Label::new("临时生活救助金", "림시생활구조금", "temporary relief paid"),
    definition: Label::new(
        "期内发放给非低保贫困户的临时救助金之和",
        "기간내에 비최저생활보장 빈곤호에 지급한 림시구조금 합계",
        "Payments of temporary relief in the period to poor households outside the subsistence guarantee.",
    ),
    unit: Unit::Yuan,
    kind: IndicatorKind::Actual,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: Source::elements(payments::PAID_ON.elements()),
        tests: &[POOR, NOT_ON_DIBAO, PAID, NOT_RETURNED],
        aggregate: payments::AMOUNT_FEN.sum(),
    },
};
