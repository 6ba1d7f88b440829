//! The sheets of incomes (户主及成员信息·收入信息): one income year of every registered household, below the line of
//! 2015; and the income year of 2016 of those whose exit was proposed, above its line.

use std::sync::Arc;

use kernel::date::CivilDate;

use super::SheetLoad;
use super::days::{day, day_cell};
use super::dice::{Dice, Purpose};
use super::exits::{Exit, exits};
use super::places::Places;
use super::population::{Household, population};
use super::sheet::{Form, cells, decimal};

const REGISTERED: Form = form("户主及成员信息·收入信息");
const EXITING: Form = form("户主及成员信息·收入信息·2016年");

const fn form(title: &'static str) -> Form {
    Form {
        table: "registry.incomes",
        title,
        columns: "户编号 年度 起始月 截止月 工资性收入 生产经营性收入 财产性收入 转移性收入 生产经营性支出 家庭纯收入 \
            人均纯收入 户主签字日期 帮扶责任人签字日期 村签字日期",
        form_date: None,
    }
}

/// Statements of 2015 in a thousand that all three have signed.
const SIGNED: u32 = 930;

/// Most yuan for each member in 2015: just below its line, 2,855.
const MOST_YUAN: i32 = 2_840;

/// Fen in a yuan.
const YUAN: i32 = 100;

/// The sheet of 2015 of the county at this position.
pub(super) fn sheet(places: &Arc<Places>, seed: u64, county: usize) -> SheetLoad {
    REGISTERED.of_county(places, county, move |places| {
        let mut dice = Dice::new(seed, Purpose::Incomes, county);
        population(&places, seed, county).into_iter().map(move |household| {
            let income = Income::below_line(&mut dice, &household);
            let signed = signatures(&mut dice);
            row(&household, ["2015", "2014-10", "2015-09"], &income, signed)
        })
    })
}

/// The sheet of 2016 of the county at this position: what the roster of exits states, with its parts.
pub(super) fn sheet_of_exits(places: &Arc<Places>, seed: u64, county: usize) -> SheetLoad {
    EXITING.of_county(places, county, move |places| {
        let mut dice = Dice::new(seed, Purpose::ExitIncomes, county);
        exits(&places, seed, county).into_iter().map(move |exit| {
            let income = Income::of_exit(&mut dice, &exit);
            let span = [day((2016, 10, 8)), exit.procedure.reviewed.add_days(-1)];
            let signed = all_sign(&mut dice, span, 30).map(Some);
            row(&exit.household, ["2016", "2015-10", "2016-09"], &income, signed)
        })
    })
}

/// What a household had in the income year, in fen.
struct Income {
    wage: i32,
    business: i32,
    property: i32,
    transfer: i32,
    cost: i32,
    net: i32,
    per_capita: i32,
}

impl Income {
    /// Of 2015, below its line.
    fn below_line(dice: &mut Dice, household: &Household) -> Self {
        // A household that was registered after the income year is counted with the members of that day.
        let members = household.size_on(day((2015, 9, 30)).max(household.registered_on())) as i32;
        let entitled = transfers(dice, household);
        let mut per_capita = match dice.below(100) {
            0..55 => dice.between(2_300, MOST_YUAN),
            55..85 => dice.between(1_700, 2_300),
            _ => dice.between(900, 1_700),
        };
        if per_capita < entitled / members + 40 {
            per_capita = (entitled / members + dice.between(40, 160)).min(MOST_YUAN);
        }
        let odd = if dice.chance(300) { dice.below(1_000) as i32 } else { 0 };
        let mut net = per_capita * YUAN * members + odd;
        // Half a fen for each member would be rounded by one up and by another down.
        if 2 * net % (2 * members) == members {
            net += 1;
        }
        Self::split(dice, household, entitled, [net, members])
    }

    /// Of 2016: rounded to the fen, the net income for each member is what the roster of exits states.
    fn of_exit(dice: &mut Dice, exit: &Exit) -> Self {
        let household = &exit.household;
        let members = household.size_on(day((2016, 9, 30))) as i32;
        let entitled = transfers(dice, household);
        // Less than half a fen for each member.
        let most = (members - 1) / 2;
        let odd = if dice.chance(300) { dice.between(-most, most) } else { 0 };
        Self::split(dice, household, entitled, [exit.per_capita * members + odd, members])
    }

    /// Splits the net income of so many members into its parts; `entitled` is in yuan, `net` in fen.
    fn split(dice: &mut Dice, household: &Household, entitled: i32, [net, members]: [i32; 2]) -> Self {
        let transfer = (entitled * YUAN).min(net / YUAN * YUAN);
        let mut rest = net - transfer;
        let wage = wage(dice, household, rest);
        rest -= wage;
        let property = if dice.chance(450) { rest / YUAN * dice.between(5, 40) / 100 * YUAN } else { 0 };
        rest -= property;
        let farms = household.measures[0] > 0;
        let cost = if farms { rest / YUAN * dice.between(25, 90) / 1_000 * 10 * YUAN } else { 0 };
        let business = rest + cost;
        Self {
            wage,
            business,
            property,
            transfer,
            cost,
            net,
            per_capita: (2 * net + members) / (2 * members),
        }
    }
}

/// Pensions, support and subsidies in yuan.
fn transfers(dice: &mut Dice, household: &Household) -> i32 {
    let mut sum = 0;
    for member in household.active() {
        if member.circumstances.pension_insurance && member.slot.age >= 60 {
            sum += dice.between(72, 80) * 12;
        }
        if member.dibao {
            sum += dice.between(80, 140) * 12;
        }
        if member.tekun {
            sum += dice.between(140, 150) * 12;
        }
    }
    if household.measures[0] > 0 && dice.chance(800) {
        sum += household.measures[0] / 100 * dice.between(30, 45);
    }
    sum
}

/// Wages in fen, as a part of what is not transferred; below 100 yuan there are none.
fn wage(dice: &mut Dice, household: &Household, rest: i32) -> i32 {
    let works = household.active().any(|member| member.circumstances.work.is_some());
    let percent = match () {
        () if works => dice.between(40, 85),
        () if dice.chance(220) => dice.between(10, 35),
        () => 0,
    };
    let yuan = rest / YUAN * percent / 100;
    if yuan < 100 { 0 } else { yuan * YUAN }
}

/// Days on which the head, the helper and the village signed the statement of 2015.
fn signatures(dice: &mut Dice) -> [Option<CivilDate>; 3] {
    let [head, helper, village] = all_sign(dice, [(2015, 10, 8), (2015, 12, 31)].map(day), 63).map(Some);
    if dice.chance(SIGNED) {
        return [head, helper, village];
    }
    match dice.below(3) {
        0 => [None; 3],
        1 => [head, None, None],
        _ => [head, helper, None],
    }
}

/// Three days from the first to the last in which the head, the helper and the village sign one after another; the
/// head does within so many days.
fn all_sign(dice: &mut Dice, [first, last]: [CivilDate; 2], head_within: i32) -> [CivilDate; 3] {
    let mut signed = first;
    [head_within, 7, 10].map(|within| {
        signed = signed.add_days(dice.between(0, signed.days_until(last).min(within)));
        signed
    })
}

/// The row of a household; the year with its first and last month.
fn row(
    household: &Household,
    [year, from, to]: [&str; 3],
    income: &Income,
    signed: [Option<CivilDate>; 3],
) -> Vec<String> {
    let [head, helper, village] = signed.map(day_cell);
    cells([
        &household.number,
        year,
        from,
        to,
        &decimal(income.wage),
        &decimal(income.business),
        &decimal(income.property),
        &decimal(income.transfer),
        &decimal(income.cost),
        &decimal(income.net),
        &decimal(income.per_capita),
        &head,
        &helper,
        &village,
    ])
}
