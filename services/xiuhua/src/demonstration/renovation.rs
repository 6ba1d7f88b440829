//! The ledger of renovated houses (农村危房改造台账): registered households and others, in every stage that a case
//! has.

use std::sync::Arc;

use kernel::date::CivilDate;

use super::SheetLoad;
use super::days::{day_cell, day_in, last_day};
use super::dice::{Dice, Purpose};
use super::fate::{Life, lives};
use super::identity::{Identities, Kind, account};
use super::places::{County, Places};
use super::population::Household;
use super::sheet::{Form, cells, decimal};
use super::words::Lineage;

const FORM: Form = Form {
    table: "housing.renovation_cases",
    title: "农村危房改造台账",
    columns: "序号 乡镇 行政村 户主姓名 证件号码 对象类别 家庭人口 原房屋等级 鉴定日期 鉴定单位 \
    改造方式(修缮/重建) 原面积 改造后面积(平方米) 结构 计划年度 开工日期 竣工日期 验收日期 验收人 总投资(元) \
    中央补助 省补助 州县补助 自筹 拨付日期 银行账号 是否入住",
    form_date: None,
};

/// How far a case has come, with the number of cases of the whole prefecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Accepted in 2015.
    AcceptedBefore,
    /// Accepted in 2016.
    Accepted,
    /// Planned for 2016, begun, not accepted.
    Unfinished,
    /// Planned for 2017, begun by 30 June 2017.
    BegunEarly,
    /// Planned for 2017, begun after 30 June 2017.
    BegunLate,
    /// Planned for 2017, not begun.
    NotBegun,
}

const STAGES: [(Stage, usize); 6] = [
    (Stage::AcceptedBefore, 400),
    (Stage::Accepted, 3_262),
    (Stage::Unfinished, 180),
    (Stage::BegunEarly, 2_758),
    (Stage::BegunLate, 900),
    (Stage::NotBegun, 600),
];

/// Registered households in a thousand cases.
const REGISTERED: u32 = 600;

/// The ledger of the county at this position.
pub(super) fn ledger(places: &Arc<Places>, seed: u64, county: usize) -> SheetLoad {
    FORM.of_county(places, county, move |places| {
        let mut dice = Dice::new(seed, Purpose::Renovation, county);
        let cases = cases(&mut dice, &places, county, &lives(&places, seed, county));
        let numbered = cases.into_iter().enumerate();
        numbered.map(move |(index, case)| row(&mut dice, &places, county, index + 1, &case))
    })
}

/// Who applies.
pub(super) struct Applicant {
    pub(super) village: usize,
    pub(super) name: String,
    pub(super) id_number: String,
    group: &'static str,
    size: usize,
    /// D rather than C.
    pub(super) ruined: bool,
    /// Floor area in hundredths of a square metre.
    pub(super) floor: i32,
}

/// One renovation.
pub(super) struct Case {
    schedule: Schedule,
    pub(super) applicant: Applicant,
}

impl Case {
    /// Day of the appraisal.
    pub(super) const fn appraised(&self) -> CivilDate {
        self.schedule.appraised
    }
}

/// The cases of the county at this position, drawn from its dice for renovations. A household has one need:
/// who is relocated does not renovate.
pub(super) fn cases(dice: &mut Dice, places: &Places, county_position: usize, lives: &[Life]) -> Vec<Case> {
    let county = &places.counties[county_position];
    let mut identities = Identities::new(county.code, Kind::RenovationOutsider);
    let mut dilapidated: Vec<&Household> = lives
        .iter()
        .filter(|(household, fate)| !household.has_safe_house() && fate.relocation.is_none())
        .map(|(household, _)| household)
        .collect();
    dice.shuffle(&mut dilapidated);
    let mut cases = Vec::new();
    for (stage, total) in STAGES {
        for _ in 0..places.allot(total)[county_position] {
            let registered = if dice.chance(REGISTERED) { dilapidated.pop() } else { None };
            let applicant = match registered {
                Some(household) => registered_applicant(household),
                None => outsider(dice, &mut identities, places, county),
            };
            cases.push(Case { schedule: Schedule::draw(dice, stage), applicant });
        }
    }
    cases.sort_by(|one, other| {
        let key = |case: &Case| (case.schedule.plan_year, case.applicant.village);
        (key(one), &one.applicant.id_number).cmp(&(key(other), &other.applicant.id_number))
    });
    cases
}

fn registered_applicant(household: &Household) -> Applicant {
    Applicant {
        village: household.village,
        name: household.head().name.clone(),
        id_number: household.head().id_number.clone(),
        group: "建档立卡贫困户",
        size: household.active().count(),
        ruined: household.house_grade == "D",
        floor: household.measures[2],
    }
}

/// Somebody of one of the other three groups, not in the register.
fn outsider(dice: &mut Dice, identities: &mut Identities, places: &Places, county: &County) -> Applicant {
    let village = county.villages.start + dice.below(county.villages.len());
    let group = ["低保户", "农村分散供养特困人员", "贫困残疾人家庭"][dice.weighted([52, 18, 30].into_iter())];
    let destitute = group == "农村分散供养特困人员";
    let male = dice.chance(800);
    let age = if destitute { dice.between(61, 84) } else { dice.between(38, 80) };
    let birth = CivilDate::start_of_year(2015 - age).add_days(dice.between(0, 364));
    let lineage = Lineage::draw(dice, places.villages[village].korean_permille);
    Applicant {
        village,
        name: lineage.full_name(dice, male, birth.year()),
        id_number: identities.issue(dice, birth, male),
        group,
        size: if destitute { 1 } else { 1 + dice.weighted([35, 42, 14, 7, 2].into_iter()) },
        ruined: dice.chance(420),
        floor: dice.between(30, 68) * 100,
    }
}

/// The days of a case: appraisal ≤ start ≤ completion ≤ acceptance ≤ payment.
struct Schedule {
    plan_year: i32,
    appraised: CivilDate,
    started: Option<CivilDate>,
    completed: Option<CivilDate>,
    accepted: Option<CivilDate>,
    paid: Option<CivilDate>,
}

impl Schedule {
    fn draw(dice: &mut Dice, stage: Stage) -> Self {
        let overdue = stage == Stage::Accepted && dice.chance(150);
        // Plan year, first and last day of the appraisal, first and last day of the start.
        let (plan_year, appraisal, start) = match stage {
            Stage::AcceptedBefore => (2015, [(2014, 10, 8), (2015, 3, 20)], [(2015, 4, 10), (2015, 7, 31)]),
            Stage::Accepted if overdue => {
                (2015, [(2015, 2, 25), (2015, 6, 30)], [(2015, 8, 20), (2015, 10, 20)])
            }
            Stage::Accepted => (2016, [(2015, 10, 8), (2016, 3, 25)], [(2016, 4, 10), (2016, 8, 10)]),
            Stage::Unfinished => (2016, [(2016, 2, 25), (2016, 6, 30)], [(2016, 8, 15), (2016, 10, 20)]),
            Stage::BegunEarly => (2017, [(2016, 10, 8), (2017, 3, 10)], [(2017, 3, 15), (2017, 6, 30)]),
            Stage::BegunLate => (2017, [(2016, 11, 1), (2017, 5, 31)], [(2017, 7, 1), (2017, 9, 20)]),
            Stage::NotBegun => (2017, [(2017, 2, 20), (2017, 8, 31)], [(2017, 9, 30), (2017, 9, 30)]),
        };
        let appraised = day_in(dice, appraisal);
        let started = day_in(dice, start);
        // A house that is begun in autumn stands until spring.
        let winter = overdue || stage == Stage::Unfinished;
        let completed = started.add_days(if winter { dice.between(200, 245) } else { dice.between(28, 95) });
        let accepted = completed.add_days(dice.between(5, 30));
        let paid = accepted.add_days(dice.between(7, 45));
        let known = |day: CivilDate, holds: bool| (holds && day <= last_day()).then_some(day);
        let begun = stage != Stage::NotBegun;
        let accepted = known(accepted, begun && stage != Stage::Unfinished);
        Self {
            plan_year,
            appraised,
            started: known(started, begun),
            completed: known(completed, begun && (stage != Stage::Unfinished || dice.chance(500))),
            accepted,
            paid: known(paid, accepted.is_some() && dice.chance(960)),
        }
    }
}

/// Floor area after rebuilding in square metres: 40-60 for one to three persons, 13-18 each for more.
fn rebuilt_floor(dice: &mut Dice, size: usize) -> i32 {
    match size as i32 {
        ..=1 => dice.between(40, 46),
        2 => dice.between(42, 55),
        3 => dice.between(48, 60),
        more => dice.between(13 * more, 18 * more),
    }
}

/// Total and its four sources in yuan: centre, province, prefecture and county, the household itself.
fn money(dice: &mut Dice, ruined: bool, plan_year: i32, floor: i32) -> [i32; 5] {
    let recent = plan_year >= 2017;
    let (central, province, local, own) = if ruined {
        let cost = floor * dice.between(880, 1250) / 100 * 100;
        let central = if recent { 14_000 } else { 8_500 };
        let local = dice.between(30, 70) * 100;
        (central, 5_000, local, cost - central - 5_000 - local)
    } else {
        (if recent { 5_000 } else { 4_000 }, 1_500, dice.between(5, 15) * 100, dice.between(0, 120) * 50)
    };
    [central + province + local + own, central, province, local, own]
}

fn row(dice: &mut Dice, places: &Places, county: usize, ordinal: usize, case: &Case) -> Vec<String> {
    let county = &places.counties[county];
    let Case { schedule, applicant } = case;
    let (township, village) = places.place_names(applicant.village);
    let floor = if applicant.ruined { rebuilt_floor(dice, applicant.size) * 100 } else { applicant.floor };
    let [total, central, province, local, own] =
        money(dice, applicant.ruined, schedule.plan_year, floor / 100).map(|yuan| yuan.to_string());
    let inspector = Lineage::draw(dice, county.korean_permille).full_name(dice, true, 1975);
    let moved_in = match (schedule.completed, schedule.accepted) {
        (None, _) => "",
        (Some(_), None) => "否",
        (Some(_), Some(_)) => "是",
    };
    cells([
        &ordinal.to_string(),
        township,
        village,
        &applicant.name,
        &applicant.id_number,
        applicant.group,
        &applicant.size.to_string(),
        if applicant.ruined { "D" } else { "C" },
        &schedule.appraised.to_string(),
        &format!("{}住房和城乡建设局", county.name),
        if applicant.ruined { "重建" } else { "修缮" },
        &decimal(applicant.floor),
        &decimal(floor),
        if applicant.ruined { "砖混" } else { "砖木" },
        &schedule.plan_year.to_string(),
        &day_cell(schedule.started),
        &day_cell(schedule.completed),
        &day_cell(schedule.accepted),
        if schedule.accepted.is_some() { &inspector } else { "" },
        &total,
        &central,
        &province,
        &local,
        &own,
        &day_cell(schedule.paid),
        &if schedule.paid.is_some() { account(dice) } else { String::new() },
        moved_in,
    ])
}
