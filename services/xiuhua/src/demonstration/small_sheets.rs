//! The sheets that are not generated county by county: annual plans and parameters.

use std::sync::Arc;

use super::SheetLoad;
use super::places::{PREFECTURE, Places};
use super::sheet::{Form, cells};

/// Columns of 年度计划, as titled on the form.
const PLAN_COLUMNS: &str = "指标 年度 地区 类型 数值 单位 文号 下达日期";

const ASSISTANCE_PLANS: Form = Form {
    table: "assistance.annual_plans",
    title: "年度计划·住房和饮水",
    columns: PLAN_COLUMNS,
    form_date: None,
};

const REGISTRY_PLANS: Form = Form {
    table: "registry.annual_plans",
    title: "年度计划·减贫任务和预计",
    columns: PLAN_COLUMNS,
    form_date: None,
};

const PARAMETERS: Form = Form {
    table: "registry.parameters",
    title: "参数表·叙述性事实",
    columns: "标识 地区 限定 起 止 值 来源 可信度",
    form_date: None,
};

/// What is planned for 2017 by county: indicator, total, unit, word of the document's number, day.
const PLANNED: [(&str, usize, &str, &str, &str); 3] = [
    ("housing.renovated", 4_987, "户", "危改", "2017-02-20"),
    ("housing.relocated_households", 2_306, "户", "搬迁", "2017-02-27"),
    ("housing.water_projects", 237, "个", "饮水", "2017-03-06"),
];

/// Persons who are expected to be still poor at the end of 2017.
const REMAINING: usize = 38_800;

/// 年度计划 of assistance: what is planned for 2017, by county.
pub(super) fn assistance_plans(places: &Arc<Places>) -> SheetLoad {
    let rows: Vec<Vec<String>> = PLANNED
        .iter()
        .flat_map(|(indicator, total, unit, word, issued_on)| {
            by_county(places, *total, move |code, index, share| {
                let document = format!("演示〔2017〕{word}{index}号");
                plan(indicator, ["2017", code, "计划"], share, unit, [&document, issued_on])
            })
        })
        .collect();
    ASSISTANCE_PLANS.of_prefecture(move || rows)
}

/// 年度计划 of the registry: the task of persons to exit in 2016, the real one of which is not published, and the
/// persons expected to remain at the end of 2017.
pub(super) fn registry_plans(places: &Arc<Places>) -> SheetLoad {
    let task = ["2016", PREFECTURE, "下达"];
    let document = ["演示〔2016〕减贫1号", "2016-03-15"];
    let mut rows = vec![plan("registry.persons_exited", task, 30_000, "人", document)];
    rows.extend(by_county(places, REMAINING, |code, index, share| {
        let document = format!("演示〔2017〕动态{index}号");
        let target = ["2017", code, "预计"];
        plan("registry.persons_registered", target, share, "人", [&document, "2017-08-28"])
    }));
    REGISTRY_PLANS.of_prefecture(move || rows)
}

/// A row for each county with its share of the total; counties are numbered from 1.
fn by_county(
    places: &Places,
    total: usize,
    row: impl Fn(&str, usize, usize) -> Vec<String>,
) -> Vec<Vec<String>> {
    let shares = places.allot(total);
    let counties = places.counties.iter().zip(shares).enumerate();
    counties.map(|(index, (county, share))| row(county.code, index + 1, share)).collect()
}

fn plan(indicator: &str, target: [&str; 3], value: usize, unit: &str, document: [&str; 2]) -> Vec<String> {
    let [year, division, kind] = target;
    let [number, issued_on] = document;
    cells([indicator, year, division, kind, &value.to_string(), unit, number, issued_on])
}

/// 参数表: what the published text tells and nothing computes.
pub(super) fn parameters() -> SheetLoad {
    const SOURCE: &str = "叙述性事实,不计算:公布文稿“延边……是吉林省脱贫攻坚两大主战场之一”";
    let identifier = "registry.narrative.main_battlefields";
    let row = cells([identifier, PREFECTURE, "-", "2016-01-01", "", "2", SOURCE, "原文"]);
    PARAMETERS.of_prefecture(move || vec![row])
}
