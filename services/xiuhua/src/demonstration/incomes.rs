//! The sheet of incomes (户主及成员信息·收入信息): one income year of every registered household, below the line of
//! 2015.

use std::sync::Arc;

use kernel::date::CivilDate;

use super::SheetLoad;
use super::days::{day, day_cell, day_in};
use super::dice::{Dice, Purpose};
use super::places::Places;
use super::population::{Household, population};
use super::sheet::{Form, cells, decimal};

const FORM: Form = Form {
    table: "registry.incomes",
    title: "户主及成员信息·收入信息",
    columns: "户编号 年度 起始月 截止月 工资性收入 生产经营性收入 财产性收入 转移性收入 生产经营性支出 家庭纯收入 \
        人均纯收入 户主签字日期 帮扶责任人签字日期 村签字日期",
    form_date: None,
};

/// Statements in a thousand that all three have signed.
const SIGNED: u32 = 930;

/// Most yuan for each member: just below the line of 2015, 2,855.
const MOST_YUAN: i32 = 2_840;

/// Fen in a yuan.
const YUAN: i32 = 100;

/// The sheet of the county at this position.
pub(super) fn sheet(places: &Arc<Places>, seed: u64, county: usize) -> SheetLoad {
    FORM.of_county(places, county, move |places| {
        let mut dice = Dice::new(seed, Purpose::Incomes, county);
        population(&places, seed, county).into_iter().map(move |household| row(&mut dice, &household))
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
    fn draw(dice: &mut Dice, household: &Household) -> Self {
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

/// Days on which the head, the helper and the village signed.
fn signatures(dice: &mut Dice) -> [Option<CivilDate>; 3] {
    let head = day_in(dice, [(2015, 10, 8), (2015, 12, 10)]);
    let helper = head.add_days(dice.between(0, 7));
    let village = helper.add_days(dice.between(0, 10));
    if dice.chance(SIGNED) {
        return [Some(head), Some(helper), Some(village)];
    }
    match dice.below(3) {
        0 => [None; 3],
        1 => [Some(head), None, None],
        _ => [Some(head), Some(helper), None],
    }
}

fn row(dice: &mut Dice, household: &Household) -> Vec<String> {
    let income = Income::draw(dice, household);
    let [head, helper, village] = signatures(dice).map(day_cell);
    cells([
        &household.number,
        "2015",
        "2014-10",
        "2015-09",
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
