//! The roster of exits (脱贫退出花名册) of 2016: who exits, and a few whose exit was never approved.

use std::sync::Arc;

use super::SheetLoad;
use super::days::{day_cell, day_in};
use super::dice::{Dice, Purpose};
use super::fate::{Course, lives};
use super::places::Places;
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

/// The roster of the county at this position.
pub(super) fn roster(places: &Arc<Places>, seed: u64, county: usize) -> SheetLoad {
    FORM.of_county(places, county, move |places| {
        let mut dice = Dice::new(seed, Purpose::Exits, county);
        let listed = lives(&places, seed, county)
            .into_iter()
            .filter(|(_, fate)| matches!(fate.course, Course::Exits | Course::ExitProposed));
        let rows = listed.enumerate();
        rows.map(move |(index, (household, fate))| {
            row(&mut dice, &places, county, index + 1, &household, fate.course)
        })
    })
}

fn row(
    dice: &mut Dice,
    places: &Places,
    county: usize,
    ordinal: usize,
    household: &Household,
    course: Course,
) -> Vec<String> {
    let county = &places.counties[county];
    let (township, village) = places.place_names(household.village);
    let on = day_in(dice, [(2016, 10, 25), (2016, 12, 25)]);
    let approved = course == Course::Exits;
    let procedure = if approved { Procedure::approved(dice, on, 3) } else { Procedure::unapproved(dice, on) };
    // Above the line of 2016, 2,952; few are far above it.
    let income = if dice.chance(200) { dice.between(3_800, 6_500) } else { dice.between(3_005, 3_800) };
    let fen = if dice.chance(500) { dice.between(0, 99) } else { 0 };
    let head = &household.head().name;
    cells([
        &ordinal.to_string(),
        county.name,
        township,
        village,
        &household.number,
        head,
        &household.active().count().to_string(),
        "2016",
        &decimal(income * 100 + fen),
        "是",
        "是",
        "是",
        "是",
        "是",
        "是",
        &procedure.reviewed.to_string(),
        &procedure.notice_starts.to_string(),
        &procedure.notice_ends.to_string(),
        if dice.chance(800) { head } else { "是" },
        &officials(dice, county, 2),
        &day_cell(procedure.township),
        &day_cell(procedure.approved),
        &day_cell(procedure.announced),
        if approved { "" } else { "待县级审批" },
    ])
}
