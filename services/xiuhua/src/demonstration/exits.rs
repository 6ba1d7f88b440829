//! The roster of exits (脱贫退出花名册) of 2016: who exits, and a few whose exit was never approved.

use std::sync::Arc;

use super::SheetLoad;
use super::days::{day_cell, day_in};
use super::dice::{Dice, Purpose};
use super::fate::{Course, lives};
use super::places::{County, Places};
use super::population::Household;
use super::procedure::{Procedure, officials};
use super::sheet::{Form, cells, decimal};

const FORM: Form = Form {
    table: "registry.exits",
    title: "脱贫退出花名册",
    columns: "序号 县市 乡镇 行政村 户编号 户主姓名 家庭人口 脱贫年度 人均纯收入(元) 是否不愁吃 是否不愁穿 \
        义务教育是否保障 基本医疗是否保障 住房安全是否保障 饮水是否安全 民主评议日期 村公示起 村公示止 户主签字 \
        驻村工作队核实人 乡镇审核日期 县批准日期 公告日期 备注",
    form_date: None,
};

/// First and last day of approval. The first leaves, before the longest procedure, days of October in which the
/// income up to September is signed.
const DAYS: [(i32, u32, u32); 2] = [(2016, 11, 10), (2016, 12, 25)];

/// A proposed exit, approved or not: what the roster says of it, and other sheets with it.
pub(super) struct Exit {
    pub(super) household: Household,
    pub(super) procedure: Procedure,
    /// 人均纯收入 of the year, in fen.
    pub(super) per_capita: i32,
    /// Whether the head signed by name.
    signed_by_name: bool,
    /// Those of the village's work team who verified it, joined by `、`.
    verified_by: String,
}

/// All exits of the county at this position, in the order of the register.
pub(super) fn exits(places: &Places, seed: u64, county: usize) -> Vec<Exit> {
    let mut dice = Dice::new(seed, Purpose::Exits, county);
    let county_row = &places.counties[county];
    let listed = lives(places, seed, county).into_iter().filter_map(|(household, fate)| match fate.course {
        Course::Exits => Some((household, true)),
        Course::ExitProposed => Some((household, false)),
        _ => None,
    });
    listed.map(|(household, approved)| Exit::draw(&mut dice, county_row, household, approved)).collect()
}

impl Exit {
    fn draw(dice: &mut Dice, county: &County, household: Household, approved: bool) -> Self {
        let on = day_in(dice, DAYS);
        let procedure =
            if approved { Procedure::approved(dice, on, 3) } else { Procedure::unapproved(dice, on) };
        // Above the line of 2016, 2,952; few are far above it.
        let income = if dice.chance(200) { dice.between(3_800, 6_500) } else { dice.between(3_005, 3_800) };
        let fen = if dice.chance(500) { dice.between(0, 99) } else { 0 };
        Self {
            household,
            procedure,
            per_capita: income * 100 + fen,
            signed_by_name: dice.chance(800),
            verified_by: officials(dice, county, 2),
        }
    }
}

/// The roster of the county at this position.
pub(super) fn roster(places: &Arc<Places>, seed: u64, county: usize) -> SheetLoad {
    FORM.of_county(places, county, move |places| {
        let exits = exits(&places, seed, county).into_iter().enumerate();
        exits.map(move |(index, exit)| row(&places, county, index + 1, &exit))
    })
}

fn row(places: &Places, county: usize, ordinal: usize, exit: &Exit) -> Vec<String> {
    let Exit { household, procedure, .. } = exit;
    let (township, village) = places.place_names(household.village);
    let head = &household.head().name;
    cells([
        &ordinal.to_string(),
        places.counties[county].name,
        township,
        village,
        &household.number,
        head,
        &household.active().count().to_string(),
        "2016",
        &decimal(exit.per_capita),
        "是",
        "是",
        "是",
        "是",
        "是",
        "是",
        &procedure.reviewed.to_string(),
        &procedure.notice_starts.to_string(),
        &procedure.notice_ends.to_string(),
        if exit.signed_by_name { head } else { "是" },
        &exit.verified_by,
        &day_cell(procedure.township),
        &day_cell(procedure.approved),
        &day_cell(procedure.announced),
        if procedure.approved.is_some() { "" } else { "待县级审批" },
    ])
}
