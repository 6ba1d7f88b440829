//! The ledger of relocations (易地搬迁台账): registered households in every stage that a case has.

use std::sync::Arc;

use kernel::date::CivilDate;

use super::SheetLoad;
use super::days::{day_cell, day_in, last_day};
use super::dice::{Dice, Purpose};
use super::fate::{Course, Fate, Relocation, lives};
use super::places::Places;
use super::population::Household;
use super::procedure::officials;
use super::sheet::{Form, cells, decimal};

const FORM: Form = Form {
    table: "housing.relocation_cases",
    title: "易地搬迁台账",
    columns: "序号 县市 乡镇 行政村 户主姓名 证件号码 批准搬迁人口 实际搬迁人口 安置点 安置方式(集中/分散) \
        住房面积(平方米) 计划年度 协议日期 批准日期 开工日期 竣工日期 验收日期 分房日期 入住日期 旧房拆除日期 \
        后续扶持 自筹资金(元) 总投资(元) 验收人",
    form_date: None,
};

/// Most floor area for each person, in hundredths of a square metre (domain brief §4, housing).
const FLOOR_LIMIT: i32 = 2_500;

/// The ledger of the county at this position.
pub(super) fn ledger(places: &Arc<Places>, seed: u64, county: usize) -> SheetLoad {
    FORM.of_county(places, county, move |places| {
        let mut dice = Dice::new(seed, Purpose::Relocation, county);
        let mut cases: Vec<(Schedule, Household)> = lives(&places, seed, county)
            .into_iter()
            .filter_map(|(household, fate)| Some((Schedule::draw(&mut dice, fate)?, household)))
            .collect();
        cases.sort_by_key(|(schedule, _)| schedule.plan_year);
        let numbered = cases.into_iter().enumerate();
        numbered.map(move |(index, (schedule, household))| {
            row(&mut dice, &places, county, index + 1, &schedule, &household)
        })
    })
}

/// The days of a case: agreement ≤ approval ≤ start ≤ completion ≤ acceptance ≤ allotment ≤ moving in ≤
/// clearing.
struct Schedule {
    plan_year: i32,
    agreed: CivilDate,
    approved: Option<CivilDate>,
    started: Option<CivilDate>,
    completed: Option<CivilDate>,
    accepted: Option<CivilDate>,
    allotted: Option<CivilDate>,
    moved_in: Option<CivilDate>,
    cleared: Option<CivilDate>,
}

impl Schedule {
    /// The days of the relocation of a household with this fate, if it has one. What falls into a year does
    /// so from the completion to the moving in.
    fn draw(dice: &mut Dice, fate: Fate) -> Option<Self> {
        let (plan_year, agreed, completed) = match fate.relocation? {
            Relocation::Before => (2015, [(2015, 1, 8), (2015, 3, 20)], [(2015, 8, 10), (2015, 11, 15)]),
            // Whoever exits in 2016 lives in the new house before the village reviews it.
            Relocation::Done if fate.course == Course::Exits => {
                (2016, [(2016, 1, 8), (2016, 3, 10)], [(2016, 6, 20), (2016, 8, 5)])
            }
            Relocation::Done => (2016, [(2016, 1, 8), (2016, 4, 20)], [(2016, 7, 20), (2016, 11, 15)]),
            Relocation::Planned => {
                return Some(Self::planned(dice));
            }
        };
        let (agreed, completed) = (day_in(dice, agreed), day_in(dice, completed));
        let whole = Self::whole(dice, plan_year, agreed, completed);
        let cleared = whole.cleared.filter(|_| dice.chance(700));
        Some(Self { cleared, ..whole })
    }

    /// A case of 2017 that has come to some stage by the end of September, or has only been agreed on.
    fn planned(dice: &mut Dice) -> Self {
        let agreed = day_in(dice, [(2017, 1, 6), (2017, 5, 25)]);
        let completed = day_in(dice, [(2017, 8, 1), (2017, 12, 20)]);
        let whole = Self::whole(dice, 2017, agreed, completed);
        let stage = dice.weighted([12, 22, 66].into_iter());
        let known =
            |day: Option<CivilDate>, least: usize| day.filter(|day| stage >= least && *day <= last_day());
        Self {
            approved: known(whole.approved, 1),
            started: known(whole.started, 2),
            completed: known(whole.completed, 2),
            accepted: known(whole.accepted, 2),
            allotted: known(whole.allotted, 2),
            moved_in: known(whole.moved_in, 2),
            cleared: known(whole.cleared, 2),
            ..whole
        }
    }

    fn whole(dice: &mut Dice, plan_year: i32, agreed: CivilDate, completed: CivilDate) -> Self {
        let approved = agreed.add_days(dice.between(5, 25));
        let started = approved.add_days(dice.between(5, 40));
        let accepted = completed.add_days(dice.between(3, 15));
        let allotted = accepted.add_days(dice.between(1, 10));
        let moved_in = allotted.add_days(dice.between(1, 14));
        Self {
            plan_year,
            agreed,
            approved: Some(approved),
            started: Some(started),
            completed: Some(completed),
            accepted: Some(accepted),
            allotted: Some(allotted),
            moved_in: Some(moved_in),
            cleared: Some(moved_in.add_days(dice.between(10, 90))),
        }
    }
}

fn row(
    dice: &mut Dice,
    places: &Places,
    county: usize,
    ordinal: usize,
    schedule: &Schedule,
    household: &Household,
) -> Vec<String> {
    let county = &places.counties[county];
    let (township, village) = places.place_names(household.village);
    let approved = schedule.approved.unwrap_or(schedule.agreed);
    // The members of a relocated household do not change after 2015.
    let persons = household.size_on(approved);
    let moved = schedule.completed.map(|day| household.size_on(day).to_string());
    let central = dice.chance(720);
    let site = match (central, dice.below(3)) {
        (true, 0) => format!("{township}中心安置点"),
        (true, 1) => format!("{township}集镇安置点"),
        (true, _) => format!("{village}安置点"),
        (false, _) => String::new(),
    };
    // Whole or half square metres, never above the limit for the persons on the day of approval.
    let floor = dice.between(36, FLOOR_LIMIT / 50) * 50 * persons as i32;
    let total = floor / 100 * dice.between(1_700, 2_300) + dice.between(0, 40) * 500;
    let own = dice.between(0, 20) * 500;
    let follow_up = *dice.pick(&["产业扶持", "就业扶持", "土地流转分红", "资产收益分红", "公益性岗位"]);
    cells([
        &ordinal.to_string(),
        county.name,
        township,
        village,
        &household.head().name,
        &household.head().id_number,
        &persons.to_string(),
        &moved.unwrap_or_default(),
        &site,
        if central { "集中" } else { "分散" },
        &decimal(floor),
        &schedule.plan_year.to_string(),
        &schedule.agreed.to_string(),
        &day_cell(schedule.approved),
        &day_cell(schedule.started),
        &day_cell(schedule.completed),
        &day_cell(schedule.accepted),
        &day_cell(schedule.allotted),
        &day_cell(schedule.moved_in),
        &day_cell(schedule.cleared),
        if schedule.moved_in.is_some() { follow_up } else { "" },
        &own.to_string(),
        &total.to_string(),
        &if schedule.accepted.is_some() { officials(dice, county, 1) } else { String::new() },
    ])
}
