//! The roster of removals (清退花名册) of the round of 2017: whole households, and single members of households
//! that stay.

use std::sync::Arc;

use super::SheetLoad;
use super::days::{day_cell, day_in};
use super::dice::{Dice, Purpose};
use super::fate::{Course, Fate, MemberChange, lives};
use super::member::Member;
use super::places::Places;
use super::population::Household;
use super::procedure::Procedure;
use super::sheet::{Form, cells};

const FORM: Form = Form {
    table: "registry.removals",
    title: "清退花名册",
    columns: "序号 县市 乡镇 行政村 户编号 户主姓名 清退人员姓名 清退人员证件号码 清退人数 清退年度 清退原因 疑点 \
        追溯起始日期 民主评议日期 村公示起 村公示止 乡镇审核日期 县批准日期 公告日期 备注",
    form_date: None,
};

/// Clues on a household, with how often they are found to be true.
const CLUES: [(&str, u32); 7] = [
    ("登记有机动车", 26),
    ("购有商品房", 24),
    ("家庭成员有财政供养人员", 12),
    ("登记有工商企业", 9),
    ("村干部家庭", 4),
    ("长期不在村居住", 15),
    ("识别时收入高于标准", 10),
];

/// Clues on one member.
const MEMBER_CLUES: [(&str, u32); 4] =
    [("户籍不在本村", 35), ("不与户主共同生活", 40), ("本人系财政供养人员", 10), ("本人在外购房定居", 15)];

/// The roster of the county at this position.
pub(super) fn roster(places: &Arc<Places>, seed: u64, county: usize) -> SheetLoad {
    FORM.of_county(places, county, move |places| {
        let mut dice = Dice::new(seed, Purpose::Removals, county);
        let listed = lives(&places, seed, county)
            .into_iter()
            .filter(|(_, fate)| fate.is_removed() || matches!(fate.change, Some(MemberChange::Removed(_))));
        let rows = listed.enumerate();
        rows.map(move |(index, (household, fate))| {
            row(&mut dice, &places, county, index + 1, &household, fate)
        })
    })
}

fn row(
    dice: &mut Dice,
    places: &Places,
    county: usize,
    ordinal: usize,
    household: &Household,
    fate: Fate,
) -> Vec<String> {
    let (township, village) = places.place_names(household.village);
    let member: Option<&Member> = match fate.change {
        Some(MemberChange::Removed(position)) => household.members.get(position),
        _ => None,
    };
    let persons = if member.is_some() { 1 } else { household.active().count() };
    let ineligible = fate.course == Course::RemovedAsIneligible;
    let clue = match member {
        Some(_) => MEMBER_CLUES[dice.weighted(MEMBER_CLUES.iter().map(|(_, weight)| *weight))].0,
        None if ineligible => "赡养人收入增加,已不符合条件",
        None => CLUES[dice.weighted(CLUES.iter().map(|(_, weight)| *weight))].0,
    };
    let on = day_in(dice, [(2017, 5, 10), (2017, 8, 20)]);
    let procedure = Procedure::approved(dice, on, 5);
    cells([
        &ordinal.to_string(),
        places.counties[county].name,
        township,
        village,
        &household.number,
        &household.head().name,
        member.map_or("", |member| &member.name),
        member.map_or("", |member| &member.id_number),
        &persons.to_string(),
        "2017",
        if ineligible { "不再符合条件" } else { "错评" },
        clue,
        "",
        &procedure.reviewed.to_string(),
        &procedure.notice_starts.to_string(),
        &procedure.notice_ends.to_string(),
        &day_cell(procedure.township),
        &day_cell(procedure.approved),
        &day_cell(procedure.announced),
        if member.is_some() { "仅清退该成员,户保留" } else { "" },
    ])
}
