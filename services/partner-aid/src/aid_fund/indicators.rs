//! What lines of aid come to.

use kernel::language::Label;
use record::indicator::{Formula, Indicator, IndicatorKind, Levels, Source, Unit};

use crate::contract::{AID_FUND_SPEC, aid_fund};

/// All of them.
pub(crate) const ALL: &[&Indicator] = &[&FUNDS_ARRANGED];

/// 协作方安排援助资金: stage arranged, neither arrived nor spent.
pub(crate) static FUNDS_ARRANGED: Indicator = Indicator {
    id: "partner_aid.funds_arranged",
    label: Label::new("协作方安排援助资金", "협력측 배정 지원자금", "partner aid funds arranged"),
    definition: Label::new(
        "年度属于期内、截至当日已安排的援助资金之和,按安排金额,不是到账或支出金额",
        "년도가 기간에 속하고 해당일까지 배정된 지원자금 합계, 배정금액 기준(입금이나 지출 금액이 아님)",
        "Aid of the period's fiscal years that had been arranged by the day: amounts arranged, not arrived or spent.",
    ),
    unit: Unit::Yuan,
    kind: IndicatorKind::Actual,
    levels: Levels::ALL,
    formula: Formula::Rows {
        source: Source::rows(&AID_FUND_SPEC),
        tests: &[aid_fund::FISCAL_YEAR.year_in_period(), aid_fund::ARRANGED_ON.up_to_period_end()],
        aggregate: aid_fund::ARRANGED_FEN.sum(),
    },
};
