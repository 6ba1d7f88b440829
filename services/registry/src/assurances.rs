//! What the registry can tell of a household's assurances: its income from signed statements, food and clothing from
//! the checks of its newest exit case. Without a record nothing is passed.

use kernel::language::Label;
use proto::common::{Assurance, Verdict};
use record::facts::{Assures, Finding, Told};

use crate::contract::{HOUSEHOLD_CASE_SPEC, HouseholdCases, INCOME_STATEMENT_SPEC, IncomeStatements};

/// All of them.
pub(crate) const ALL: &[Assures] = &[
    Assures { assurance: Assurance::Income, needs: &[&INCOME_STATEMENT_SPEC], of: income },
    Assures { assurance: Assurance::Food, needs: &[&HOUSEHOLD_CASE_SPEC], of: food },
    Assures { assurance: Assurance::Clothing, needs: &[&HOUSEHOLD_CASE_SPEC], of: clothing },
];

const NO_STATEMENT: Label =
    Label::new("没有已签字的收入信息", "서명된 수입정보가 없습니다", "no signed income statement");
const NO_LINE: Label =
    Label::new("该年度没有贫困线", "해당 년도의 빈곤선이 없습니다", "no line for that year");
const ABOVE: Label = Label::new(
    "人均纯收入高于贫困线",
    "인당 순수입이 빈곤선보다 높습니다",
    "net income per capita above the line",
);
const BELOW: Label = Label::new(
    "人均纯收入不高于贫困线",
    "인당 순수입이 빈곤선보다 높지 않습니다",
    "net income per capita not above the line",
);
const NO_CHECK: Label = Label::new("没有入户核实记录", "현장확인 기록이 없습니다", "not checked on the spot");
const CHECKED: Label = Label::new("入户核实", "현장확인", "checked on the spot");

/// The newest signed statement against the line of its year.
fn income(told: &Told<'_>) -> Finding {
    let signed = told
        .of::<IncomeStatements>()
        .filter(|statement| !statement.signed_on.is_empty() && statement.signed_on.as_str() <= told.as_of);
    let Some(newest) = signed.max_by_key(|statement| statement.year) else {
        return Finding::unknown(NO_STATEMENT);
    };
    let (Some(income), Some(line)) = (newest.net_per_capita_fen, newest.line_fen) else {
        return Finding::unknown(NO_LINE);
    };
    let (verdict, basis) = if income > line { (Verdict::Pass, ABOVE) } else { (Verdict::Fail, BELOW) };
    Finding::of(verdict, basis, &newest.name, &newest.signed_on)
}

fn food(told: &Told<'_>) -> Finding {
    checked(told, Assurance::Food)
}

fn clothing(told: &Told<'_>) -> Finding {
    checked(told, Assurance::Clothing)
}

/// The newest check of an assurance in any of the household's cases.
fn checked(told: &Told<'_>, assurance: Assurance) -> Finding {
    let checks = told.of::<HouseholdCases>().flat_map(|case| {
        let own = case.checks.iter().filter(|check| check.assurance() == assurance);
        own.map(|check| (check, case.name.as_str()))
    });
    let known = checks.filter(|(check, _)| check.checked_on.as_str() <= told.as_of);
    match known.max_by(|(one, _), (other, _)| one.checked_on.cmp(&other.checked_on)) {
        Some((check, name)) => Finding::of(check.verdict(), CHECKED, name, &check.checked_on),
        None => Finding::unknown(NO_CHECK),
    }
}
