//! The sheets that are not generated county by county: annual plans and the visits between the partners.

use std::sync::Arc;

use super::SheetLoad;
use super::places::{PREFECTURE, Places};
use super::registry_sheets::cells;
use super::words::lines;

/// Columns of 年度计划, as titled on the form.
const PLAN_COLUMNS: &str = "指标 年度 地区 类型 数值 单位 文号 下达日期";
/// Columns of 互访台账, as titled on the form.
const VISIT_COLUMNS: &str = "序号 方向 开始日期 结束日期 带队领导 层级 人数 议题";

/// Houses to be renovated in 2017, in the whole prefecture.
const RENOVATIONS_PLANNED: usize = 4_987;

/// 年度计划 of assistance: renovations planned for 2017, by county.
pub(super) fn assistance_plans(places: &Arc<Places>) -> SheetLoad {
    let shares = places.allot(RENOVATIONS_PLANNED);
    let rows: Vec<Vec<String>> = (places.counties.iter().zip(shares).enumerate())
        .map(|(index, (county, share))| {
            let document = format!("演示〔2017〕危改{}号", index + 1);
            plan("housing.renovated", ["2017", county.code, "计划"], share, "户", [&document, "2017-02-20"])
        })
        .collect();
    plans("assistance.annual_plans", "年度计划·危房改造(演示数据)", rows)
}

/// 年度计划 of the registry: the task of persons to exit in 2016. The real one is not published.
pub(super) fn registry_plans() -> SheetLoad {
    let task = ["2016", PREFECTURE, "下达"];
    let row = plan("registry.persons_exited", task, 30_000, "人", ["演示〔2016〕减贫1号", "2016-03-15"]);
    plans("registry.annual_plans", "年度计划·减贫任务(演示数据)", vec![row])
}

fn plan(indicator: &str, target: [&str; 3], value: usize, unit: &str, document: [&str; 2]) -> Vec<String> {
    let [year, division, kind] = target;
    let [number, issued_on] = document;
    cells([indicator, year, division, kind, &value.to_string(), unit, number, issued_on])
}

fn plans(table: &'static str, title: &str, rows: Vec<Vec<String>>) -> SheetLoad {
    SheetLoad {
        table,
        title: title.to_owned(),
        area: PREFECTURE,
        form_date: None,
        columns: PLAN_COLUMNS.split_whitespace().collect(),
        rows: Box::new(rows.into_iter()),
    }
}

/// 互访台账.
pub(super) fn visits() -> SheetLoad {
    let rows = lines(include_str!("data/visits.txt")).enumerate().map(|(index, line)| {
        let ordinal = (index + 1).to_string();
        std::iter::once(ordinal).chain(line.split('|').map(str::to_owned)).collect()
    });
    SheetLoad {
        table: "partner_aid.exchange_visits",
        title: "互访台账(演示数据)".to_owned(),
        area: PREFECTURE,
        form_date: None,
        columns: VISIT_COLUMNS.split_whitespace().collect(),
        rows: Box::new(rows),
    }
}
