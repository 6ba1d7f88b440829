//! The sheets of the partner city's aid that are not generated county by county: pairings, money, projects,
//! visits.

use std::sync::Arc;

use super::SheetLoad;
use super::dice::{Dice, Purpose};
use super::places::{PREFECTURE, PREFECTURE_NAME, Places, PoorVillage};
use super::procedure::officials;
use super::sheet::{Form, cells, records};

const PAIRINGS: Form = Form {
    table: "partner_aid.partner_pairings",
    title: "结对关系表",
    columns: "序号 县市 乡镇 行政村 结对类型 我方单位 协作方单位 结对日期 终止日期 备注",
    form_date: None,
};

const FUNDS: Form = Form {
    table: "partner_aid.aid_funds",
    title: "援助资金台账",
    columns: "序号 县市 出资方 出资层级 年度 资金用途 承诺金额(元) 承诺日期 安排金额(元) 安排日期 到账金额(元) \
        到账日期 下达金额(元) 下达日期 支出金额(元) 支出日期",
    form_date: None,
};

const PROJECTS: Form = Form {
    table: "partner_aid.aid_projects",
    title: "援建项目台账",
    columns: "序号 县市 乡镇 行政村 项目编号 项目名称 项目类别 援助方 计划年度 援助资金(元) 总投资(元) 项目库编号 \
        带贫机制 批复日期 开工日期 完工日期 验收日期 验收人",
    form_date: None,
};

const VISITS: Form = Form {
    table: "partner_aid.exchange_visits",
    title: "互访台账",
    columns: "序号 方向 开始日期 结束日期 带队领导 层级 人数 议题",
    form_date: None,
};

/// An aid project; days are empty where they have not come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Project {
    /// Code of the county.
    pub(super) county: &'static str,
    township: &'static str,
    pub(super) number: &'static str,
    pub(super) title: &'static str,
    kind: &'static str,
    partner: &'static str,
    pub(super) plan_year: &'static str,
    /// Aid and total in ten thousand yuan.
    wan_yuan: [&'static str; 2],
    pub(super) mechanism: &'static str,
    /// 批复, 开工, 完工, 验收.
    days: [&'static str; 4],
    /// First day of the benefit.
    pub(super) benefits_from: &'static str,
    /// Weight among the approved projects of its county, of others the number of households that benefit.
    pub(super) households: usize,
}

impl Project {
    /// Whether it was approved.
    pub(super) const fn is_approved(&self) -> bool {
        !self.days[0].is_empty()
    }
}

/// The aid projects of the data file.
pub(super) fn projects() -> impl Iterator<Item = Project> {
    records(include_str!("data/aid_projects.txt")).filter_map(|parts| {
        let [county, township, number, title, kind, partner, plan_year, rest @ ..] = parts.as_slice() else {
            return None;
        };
        let [aid, total, mechanism, approved, started, completed, accepted, benefits_from, households] = rest
        else {
            return None;
        };
        Some(Project {
            county,
            township,
            number,
            title,
            kind,
            partner,
            plan_year,
            wan_yuan: [aid, total],
            mechanism,
            days: [approved, started, completed, accepted],
            benefits_from,
            households: households.parse().ok()?,
        })
    })
}

/// Name of the county with this code; of the prefecture, whose own rows have its name in the county's column.
fn county_name(places: &Places, code: &str) -> &'static str {
    let county = places.counties.iter().find(|county| county.code == code);
    county.map_or(if code == PREFECTURE { PREFECTURE_NAME } else { "" }, |county| county.name)
}

/// A village of the county with this code, in the township if one is named: a poor one where there is any.
fn a_village<'a>(
    dice: &mut Dice,
    places: &'a Places,
    code: &str,
    township: &str,
) -> Option<(&'static str, &'a str)> {
    let county = places.counties.iter().find(|county| county.code == code)?;
    let there = |village: &usize| township.is_empty() || places.place_names(*village).0 == township;
    let all: Vec<usize> = county.villages.clone().filter(there).collect();
    let poor = |village: &usize| places.villages[*village].poor == PoorVillage::InForce;
    let poor: Vec<usize> = all.iter().copied().filter(poor).collect();
    let choice = if poor.is_empty() { all } else { poor };
    (!choice.is_empty()).then(|| places.place_names(*dice.pick(&choice)))
}

/// Ten thousand yuan in yuan; empty stays empty.
fn yuan(wan: &str) -> String {
    if wan.is_empty() { String::new() } else { format!("{wan}0000") }
}

/// 结对关系表.
pub(super) fn pairings(places: &Arc<Places>, seed: u64) -> SheetLoad {
    let places = Arc::clone(places);
    PAIRINGS.of_prefecture(move || {
        let mut dice = Dice::new(seed, Purpose::PartnerAid, 0);
        let rows = records(include_str!("data/pairings.txt")).enumerate();
        rows.filter_map(move |(index, parts)| {
            let [code, township, kind, ours, theirs, from, to, note] = parts.as_slice() else { return None };
            let (code, wants_village) = code.strip_suffix('*').map_or((*code, false), |code| (code, true));
            let (township, village) = match wants_village.then(|| a_village(&mut dice, &places, code, "")) {
                Some(found) => found?,
                None => (*township, ""),
            };
            let ours = if wants_village { village } else { ours };
            let ordinal = (index + 1).to_string();
            let county = county_name(&places, code);
            Some(cells([&ordinal, county, township, village, kind, ours, theirs, from, to, note]))
        })
    })
}

/// 援助资金台账.
pub(super) fn funds(places: &Arc<Places>) -> SheetLoad {
    let places = Arc::clone(places);
    FUNDS.of_prefecture(move || {
        records(include_str!("data/aid_funds.txt")).enumerate().map(move |(index, parts)| {
            let (head, stages) = parts.split_at(parts.len().min(5));
            let mut row = vec![(index + 1).to_string()];
            row.push(county_name(&places, head.first().copied().unwrap_or_default()).to_owned());
            row.extend(head.iter().skip(1).map(|text| (*text).to_owned()));
            for stage in stages {
                let (wan, day) = stage.split_once('@').unwrap_or_default();
                row.extend([yuan(wan), day.to_owned()]);
            }
            row
        })
    })
}

/// 援建项目台账.
pub(super) fn project_ledger(places: &Arc<Places>, seed: u64) -> SheetLoad {
    let places = Arc::clone(places);
    PROJECTS.of_prefecture(move || {
        let mut dice = Dice::new(seed, Purpose::PartnerAid, 1);
        projects()
            .enumerate()
            .map(move |(index, project)| project_row(&mut dice, &places, index + 1, &project))
    })
}

fn project_row(dice: &mut Dice, places: &Places, ordinal: usize, project: &Project) -> Vec<String> {
    let village = if project.township.is_empty() {
        None
    } else {
        a_village(dice, places, project.county, project.township)
    };
    let (township, village) = village.unwrap_or((project.township, ""));
    let [aid, total] = project.wan_yuan.map(yuan);
    let [approved, started, completed, accepted] = project.days;
    let inspector = places.counties.iter().find(|county| county.code == project.county);
    let inspector = inspector.filter(|_| !accepted.is_empty()).map(|county| officials(dice, county, 1));
    cells([
        &ordinal.to_string(),
        county_name(places, project.county),
        township,
        village,
        project.number,
        project.title,
        project.kind,
        project.partner,
        project.plan_year,
        &aid,
        &total,
        "",
        project.mechanism,
        approved,
        started,
        completed,
        accepted,
        &inspector.unwrap_or_default(),
    ])
}

/// 互访台账.
pub(super) fn visits() -> SheetLoad {
    VISITS.of_prefecture(|| {
        records(include_str!("data/visits.txt")).enumerate().map(|(index, parts)| {
            let ordinal = (index + 1).to_string();
            std::iter::once(ordinal).chain(parts.into_iter().map(str::to_owned)).collect()
        })
    })
}
