//! The ledger of temporary relief (临时救助台账): the reliefs that the figure counts, and those that it must leave out.

use std::sync::Arc;

use kernel::date::CivilDate;

use super::SheetLoad;
use super::days::{day_cell, day_in};
use super::dice::{Dice, Purpose, meet};
use super::fate::{Course, lives};
use super::identity::{Identities, Kind, account};
use super::places::{County, Places};
use super::population::{DIBAO, GENERAL, Household};
use super::sheet::{Form, cells, yes_no};
use super::words::Lineage;

const FORM: Form = Form {
    table: "social_security.temporary_reliefs",
    title: "临时救助台账",
    columns: "序号 县市 乡镇 行政村 户编号 姓名 证件号码 救助原因 救助人数 是否低保对象 申请日期 批准日期 \
    批准金额(元) 发放日期 发放金额(元) 银行账号 备注",
    form_date: None,
};

/// Households not on dibao, poor on the day of approval, that were paid in 2017.
const HOUSEHOLDS: usize = 837;
/// Persons covered by those reliefs.
const PERSONS: usize = 1_241;
/// Their money, in fen.
const FEN: usize = 109_024_680;

/// Reliefs that are not counted, of the whole prefecture.
const OTHERS: [(Origin, usize); 6] = [
    (Origin::OnDibao, 262),
    (Origin::Outsider, 318),
    (Origin::Earlier, 224),
    (Origin::Unpaid, 61),
    (Origin::Exited, 96),
    (Origin::Removed, 42),
];

/// Why a relief is in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// Counted.
    Counted,
    /// Paid in 2017 to a household on dibao.
    OnDibao,
    /// Paid in 2017 to somebody outside the register.
    Outsider,
    /// Paid in 2016.
    Earlier,
    /// Approved in 2017, not paid.
    Unpaid,
    /// Paid in 2017 to a household that had exited.
    Exited,
    /// Paid in 2017 to a household that never belonged in the register.
    Removed,
}

/// The ledger of the county at this position.
pub(super) fn ledger(places: &Arc<Places>, seed: u64, county: usize) -> SheetLoad {
    FORM.of_county(places, county, move |places| rows(&places, seed, county))
}

/// One relief.
struct Relief {
    village: usize,
    /// Empty for outsiders.
    household: String,
    name: String,
    id_number: String,
    cause: &'static str,
    persons: usize,
    /// Members of the household, which `persons` must not exceed.
    size: usize,
    dibao: bool,
    applied: CivilDate,
    approved: CivilDate,
    paid: Option<CivilDate>,
    approved_fen: usize,
    paid_fen: usize,
    account: String,
}

fn rows(places: &Places, seed: u64, county_position: usize) -> Vec<Vec<String>> {
    let county = &places.counties[county_position];
    let mut dice = Dice::new(seed, Purpose::Relief, county_position);
    let mut lives = lives(places, seed, county_position);
    dice.shuffle(&mut lives);
    let share = |total: usize| places.allot(total)[county_position];
    let of = |attribute: &'static str, course: Course| {
        let wanted = lives.iter().filter(move |(household, fate)| {
            household.attribute == attribute && fate.course == course && fate.change.is_none()
        });
        wanted.map(|(household, _)| household)
    };
    let mut general = of(GENERAL, Course::Stays);
    let mut reliefs: Vec<Relief> = (general.by_ref().take(share(HOUSEHOLDS)))
        .map(|household| registered(&mut dice, Origin::Counted, household))
        .collect();
    meet_persons(&mut dice, &mut reliefs, share(PERSONS));
    meet_money(&mut dice, &mut reliefs, share(FEN));
    let mut on_dibao = of(DIBAO, Course::Stays);
    let mut exited = of(GENERAL, Course::Exits);
    let mut removed = of(GENERAL, Course::RemovedAsWrong);
    let mut identities = Identities::new(county.code, Kind::ReliefOutsider);
    for (origin, total) in OTHERS {
        for _ in 0..share(total) {
            let household = match origin {
                Origin::Outsider => {
                    reliefs.push(outsider(&mut dice, &mut identities, places, county));
                    continue;
                }
                Origin::OnDibao => on_dibao.next(),
                Origin::Exited => exited.next(),
                Origin::Removed => removed.next(),
                Origin::Counted | Origin::Earlier | Origin::Unpaid => general.next(),
            };
            reliefs.extend(household.map(|household| registered(&mut dice, origin, household)));
        }
    }
    reliefs.sort_by(|one, other| (one.applied, &one.id_number).cmp(&(other.applied, &other.id_number)));
    let numbered = reliefs.iter().enumerate();
    numbered.map(|(index, relief)| row(places, county, index + 1, relief)).collect()
}

/// A relief of a registered household; now and then somebody else than the head applies.
fn registered(dice: &mut Dice, origin: Origin, household: &Household) -> Relief {
    let adults: Vec<_> = household.active().filter(|member| member.slot.age >= 18).collect();
    let applicant = if dice.chance(100) { dice.pick(&adults) } else { household.head() };
    let size = household.active().count();
    let student = household.active().any(|member| !member.circumstances.school_stage.is_empty());
    Relief {
        household: household.number.clone(),
        name: applicant.name.clone(),
        id_number: applicant.id_number.clone(),
        account: if household.account.is_empty() { account(dice) } else { household.account.clone() },
        dibao: origin == Origin::OnDibao,
        ..Relief::draw(dice, origin, household.village, size, student)
    }
}

/// A relief of somebody outside the register.
fn outsider(dice: &mut Dice, identities: &mut Identities, places: &Places, county: &County) -> Relief {
    let village = county.villages.start + dice.below(county.villages.len());
    let male = dice.chance(640);
    let birth = CivilDate::start_of_year(2015 - dice.between(28, 80)).add_days(dice.between(0, 364));
    let lineage = Lineage::draw(dice, places.villages[village].korean_permille);
    let size = 1 + dice.weighted([30, 36, 22, 9, 3].into_iter());
    Relief {
        name: lineage.full_name(dice, male, birth.year()),
        id_number: identities.issue(dice, birth, male),
        account: account(dice),
        dibao: dice.chance(380),
        ..Relief::draw(dice, Origin::Outsider, village, size, false)
    }
}

impl Relief {
    /// Cause, days and amount; who it is for comes from the caller.
    fn draw(dice: &mut Dice, origin: Origin, village: usize, size: usize, student: bool) -> Self {
        let causes = [
            ("重大疾病", 560),
            ("意外事故", 130),
            ("火灾", 40),
            ("自然灾害", 90),
            ("就学困难", if student { 300 } else { 0 }),
            ("其他", 120),
        ];
        let paying = match origin {
            Origin::Earlier => [(2016, 2, 15), (2016, 12, 28)],
            // Approved when the household had exited already.
            Origin::Exited => [(2017, 2, 10), (2017, 9, 28)],
            _ => [(2017, 1, 5), (2017, 9, 28)],
        };
        let paid = day_in(dice, paying);
        let unpaid = origin == Origin::Unpaid;
        let approved = paid.add_days(if unpaid { 0 } else { -dice.between(5, 30) });
        let fen = dice.between(3, 26) as usize * 10_000;
        Self {
            village,
            household: String::new(),
            name: String::new(),
            id_number: String::new(),
            cause: causes[dice.weighted(causes.iter().map(|(_, weight)| *weight))].0,
            persons: (1 + dice.weighted([60, 32, 8].into_iter())).min(size),
            size,
            dibao: false,
            applied: approved.add_days(-dice.between(3, 30)),
            approved,
            paid: (!unpaid).then_some(paid),
            approved_fen: fen,
            paid_fen: if unpaid { 0 } else { fen },
            account: String::new(),
        }
    }
}

/// Adds and takes persons, within the households' sizes, until the reliefs cover `total`.
fn meet_persons(dice: &mut Dice, reliefs: &mut [Relief], total: usize) {
    let mut persons: Vec<usize> = reliefs.iter().map(|relief| relief.persons).collect();
    let sizes: Vec<usize> = reliefs.iter().map(|relief| relief.size).collect();
    meet(dice, &mut persons, &sizes, total);
    for (relief, persons) in reliefs.iter_mut().zip(persons) {
        relief.persons = persons;
    }
}

/// Spreads `total` fen unevenly: mostly whole tens of yuan, some yuan, jiao or fen; a few are paid less than was
/// approved.
fn meet_money(dice: &mut Dice, reliefs: &mut [Relief], total: usize) {
    let weights: Vec<usize> =
        reliefs.iter().map(|relief| dice.between(30, 150) as usize * (2 + relief.persons)).collect();
    let sum = weights.iter().sum::<usize>().max(1);
    let mut left = total;
    let last = reliefs.len().saturating_sub(1);
    for (index, (relief, weight)) in reliefs.iter_mut().zip(weights).enumerate() {
        let step = [1_000, 100, 10, 1][dice.weighted([62, 22, 10, 6].into_iter())];
        relief.paid_fen = if index == last { left } else { total * weight / sum / step * step };
        left -= relief.paid_fen;
        let reduced = if dice.chance(35) { dice.between(1, 6) as usize * 5_000 } else { 0 };
        relief.approved_fen = relief.paid_fen + reduced;
    }
}

/// An amount in yuan, with jiao and fen only where there are some.
fn yuan(fen: usize) -> String {
    if fen.is_multiple_of(100) { (fen / 100).to_string() } else { format!("{}.{:02}", fen / 100, fen % 100) }
}

fn row(places: &Places, county: &County, ordinal: usize, relief: &Relief) -> Vec<String> {
    let (township, village) = places.place_names(relief.village);
    let paid = |text: String| if relief.paid.is_some() { text } else { String::new() };
    cells([
        &ordinal.to_string(),
        county.name,
        township,
        village,
        &relief.household,
        &relief.name,
        &relief.id_number,
        relief.cause,
        &relief.persons.to_string(),
        &yes_no(relief.dibao),
        &relief.applied.to_string(),
        &relief.approved.to_string(),
        &yuan(relief.approved_fen),
        &day_cell(relief.paid),
        &paid(yuan(relief.paid_fen)),
        &paid(relief.account.clone()),
        if relief.paid.is_some() { "" } else { "待发放" },
    ])
}
