//! Safe drinking water: the ledger of works (安全饮水工程台账) and the evaluations (饮水安全评价表).

use std::sync::Arc;

use kernel::date::CivilDate;

use super::SheetLoad;
use super::days::{day_cell, day_in, last_day};
use super::dice::{Dice, Purpose};
use super::fate::{Course, lives};
use super::places::{Places, PoorVillage};
use super::procedure::officials;
use super::sheet::{Form, cells};

const WORKS: Form = Form {
    table: "housing.water_works",
    title: "安全饮水工程台账",
    columns: "序号 县市 乡镇 行政村 工程名称 供水方式 计划年度 日供水能力(吨) 受益户数 受益人口 计量单位 项目编号 \
        总投资(元) 批准日期 开工日期 完工日期 验收日期 验收人",
    form_date: None,
};

const CHECKS: Form = Form {
    table: "housing.water_checks",
    title: "饮水安全评价表",
    columns: "序号 县市 乡镇 行政村 户主姓名 证件号码 水量 水质 用水方便程度 供水保证率 评价日期 评价人",
    form_date: None,
};

/// Works of the whole prefecture: completed in 2015, completed in 2016, planned for 2017.
const STAGES: [(i32, usize); 3] = [(2015, 20), (2016, 39), (2017, 60)];

/// Households whose water is evaluated, in the whole prefecture; the poor villages come on top.
const CHECKED_HOUSEHOLDS: usize = 3_000;

/// Words of a verdict.
const PASS: &str = "是";
const FAIL: &str = "否";
const UNKNOWN: &str = "未核实";

/// The ledger of works of the county at this position.
pub(super) fn works(places: &Arc<Places>, seed: u64, county: usize) -> SheetLoad {
    WORKS.of_county(places, county, move |places| work_rows(&places, seed, county))
}

fn work_rows(places: &Places, seed: u64, county: usize) -> Vec<Vec<String>> {
    let mut dice = Dice::new(seed, Purpose::WaterWorks, county);
    let mut villages: Vec<usize> = places.counties[county].villages.clone().collect();
    dice.shuffle(&mut villages);
    let mut villages = villages.into_iter().cycle();
    let mut rows = Vec::new();
    for (year, total) in STAGES {
        for serial in 1..=places.allot(total)[county] {
            let Some(village) = villages.next() else { break };
            rows.push(work_row(&mut dice, places, county, rows.len() + 1, (year, serial), village));
        }
    }
    rows
}

/// The days of a work: approval ≤ start ≤ completion ≤ acceptance.
fn work_days(dice: &mut Dice, year: i32) -> [Option<CivilDate>; 4] {
    let approved = day_in(dice, [(year, 1, 20), (year, 4, 10)]);
    let started = approved.add_days(dice.between(10, 60));
    let completed = day_in(dice, [(year, 7, 5), (year, 11, 15)]);
    let accepted = completed.add_days(dice.between(7, 40));
    if year < 2017 {
        return [Some(approved), Some(started), Some(completed), Some(accepted)];
    }
    // Of 2017 some are only proposed, some only approved; the others have begun.
    let stage = dice.weighted([8, 26, 66].into_iter());
    let known = |day: CivilDate, least: usize| (stage >= least && day <= last_day()).then_some(day);
    [known(approved, 1), known(started, 2), known(completed, 2), known(accepted, 2)]
}

fn work_row(
    dice: &mut Dice,
    places: &Places,
    county: usize,
    ordinal: usize,
    (year, serial): (i32, usize),
    village_position: usize,
) -> Vec<String> {
    let county = &places.counties[county];
    let (township, village) = places.place_names(village_position);
    let [approved, started, completed, accepted] = work_days(dice, year);
    let central = dice.chance(780);
    let households = dice.between(45, 210);
    let persons = households * dice.between(205, 260) / 100;
    let capacity = if central { (persons * dice.between(6, 9) / 100 + 5).to_string() } else { String::new() };
    let total = households * dice.between(22, 48) * 100;
    cells([
        &ordinal.to_string(),
        county.name,
        township,
        village,
        &format!("{}{township}{village}饮水安全巩固提升工程", county.name),
        if central { "集中供水" } else { "分散供水" },
        &year.to_string(),
        &capacity,
        &households.to_string(),
        &persons.to_string(),
        if year < 2017 { "处" } else { "个" },
        &format!("演示水{year}-{}-{serial:02}", county.code),
        &total.to_string(),
        &day_cell(approved),
        &day_cell(started),
        &day_cell(completed),
        &day_cell(accepted),
        &if accepted.is_some() { officials(dice, county, 1) } else { String::new() },
    ])
}

/// The evaluations of the county at this position: of its poor villages, then of households.
pub(super) fn checks(places: &Arc<Places>, seed: u64, county: usize) -> SheetLoad {
    CHECKS.of_county(places, county, move |places| check_rows(&places, seed, county))
}

/// Whose water was evaluated and how.
struct Check {
    village: usize,
    /// Name and ID number of the head; empty for a village.
    head: [String; 2],
    verdicts: [&'static str; 4],
    day: CivilDate,
}

fn check_rows(places: &Places, seed: u64, county: usize) -> Vec<Vec<String>> {
    let mut dice = Dice::new(seed, Purpose::WaterChecks, county);
    let poor = |village: &usize| places.villages[*village].poor == PoorVillage::InForce;
    let villages = places.counties[county].villages.clone().filter(poor);
    let mut checks: Vec<Check> = villages
        .map(|village| Check {
            village,
            head: Default::default(),
            verdicts: verdicts(&mut dice, 930),
            day: day_in(&mut dice, [(2016, 8, 1), (2017, 9, 20)]),
        })
        .collect();
    let mut lives = lives(places, seed, county);
    dice.shuffle(&mut lives);
    let households = lives.iter().filter(|(_, fate)| !fate.is_removed());
    for (household, fate) in households.take(places.allot(CHECKED_HOUSEHOLDS)[county]) {
        let head = household.head();
        let permille = match (fate.course, household.safe_water) {
            (Course::Exits | Course::ExitProposed, _) => 1_000,
            (_, true) => 980,
            (_, false) => 0,
        };
        checks.push(Check {
            village: household.village,
            head: [head.name.clone(), head.id_number.clone()],
            verdicts: verdicts(&mut dice, permille),
            day: day_in(&mut dice, [(2016, 5, 10), (2017, 9, 20)]),
        });
    }
    let numbered = checks.iter().enumerate();
    numbered.map(|(index, check)| check_row(&mut dice, places, county, index + 1, check)).collect()
}

/// Four verdicts: with this chance in a thousand all pass, else one fails or was not checked.
fn verdicts(dice: &mut Dice, permille: u32) -> [&'static str; 4] {
    let mut verdicts = [PASS; 4];
    if !dice.chance(permille) {
        verdicts[dice.below(4)] = if dice.chance(850) { FAIL } else { UNKNOWN };
    }
    verdicts
}

fn check_row(dice: &mut Dice, places: &Places, county: usize, ordinal: usize, check: &Check) -> Vec<String> {
    let county = &places.counties[county];
    let (township, village) = places.place_names(check.village);
    let [quantity, quality, distance, reliability] = check.verdicts;
    let [name, id_number] = &check.head;
    let office = format!("{}水务局", county.name);
    cells([
        &ordinal.to_string(),
        county.name,
        township,
        village,
        name,
        id_number,
        quantity,
        quality,
        distance,
        reliability,
        &check.day.to_string(),
        &if name.is_empty() { office } else { officials(dice, county, 1) },
    ])
}
