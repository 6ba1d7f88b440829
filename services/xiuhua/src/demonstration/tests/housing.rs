//! Houses and water: renovations, appraisals, relocations, works and evaluations.

use super::*;

#[test]
fn renovations_meet_the_totals_and_their_rules() {
    let cases = rows("housing.renovation_cases");
    let applicants = |holds: &dyn Fn(&Row) -> bool| -> usize {
        cases.iter().filter(|row| holds(row)).map(|row| row.get("证件号码")).collect::<HashSet<_>>().len()
    };
    assert_eq!(applicants(&|row| row.within("验收日期", "2016-01-01", "2016-12-31")), 3_262);
    assert_eq!(applicants(&|row| row.within("验收日期", "2015-01-01", "2015-12-31")), 400);
    let planned = |row: &Row| row.get("计划年度") == "2017";
    assert_eq!(
        count(&cases, |row| planned(row) && row.within("开工日期", "2016-01-01", "2017-06-30")),
        2_758
    );
    assert_eq!(count(&cases, planned), 2_758 + 1_500);
    let keys: HashSet<_> = cases.iter().map(|row| (row.get("证件号码"), row.get("计划年度"))).collect();
    assert_eq!(keys.len(), cases.len());
    let share = count(&cases, |row| HEADS.contains_key(row.get("证件号码"))) * 100 / cases.len();
    assert!((57..=63).contains(&share), "{share}");
    for case in &cases {
        let village = GAZETTEER.village(case);
        match HEADS.get(case.get("证件号码")) {
            Some(number) => {
                assert!(number.starts_with(village) && case.get("对象类别") == "建档立卡贫困户");
            }
            None => assert_ne!(case.get("对象类别"), "建档立卡贫困户"),
        }
        case.ordered(&["鉴定日期", "开工日期", "竣工日期", "验收日期", "拨付日期"]);
        assert_eq!(case.get("原房屋等级") == "D", case.get("改造方式(修缮/重建)") == "重建");
        let (size, floor) = (case.number("家庭人口"), case.hundredths("改造后面积(平方米)"));
        if case.get("改造方式(修缮/重建)") == "重建" {
            let range = if size <= 3 { 4_000..=6_000 } else { 1_300 * size..=1_800 * size };
            assert!(range.contains(&floor));
        }
        let parts = ["中央补助", "省补助", "州县补助", "自筹"].map(|title| case.number(title));
        assert!(
            parts.iter().all(|part| *part >= 0) && parts.iter().sum::<i64>() == case.number("总投资(元)")
        );
    }
}

#[test]
fn relocations_meet_the_totals_and_their_rules() {
    let cases = rows("housing.relocation_cases");
    let steps =
        ["协议日期", "批准日期", "开工日期", "竣工日期", "验收日期", "分房日期", "入住日期", "旧房拆除日期"];
    for title in ["竣工日期", "验收日期", "分房日期", "入住日期"] {
        let done = |row: &&Row| row.within(title, "2016-01-01", "2016-12-31");
        assert_eq!(cases.iter().filter(done).count(), 1_061, "{title}");
        let persons: i64 = cases.iter().filter(done).map(|row| row.number("实际搬迁人口")).sum();
        assert_eq!(persons, 2_266);
        assert_eq!(count(&cases, |row| row.within(title, "2015-01-01", "2015-12-31")), 150);
    }
    assert_eq!(count(&cases, |row| row.get("计划年度") == "2017"), 700);
    assert_eq!(cases.len(), 1_061 + 150 + 700);
    let heads: HashSet<&str> = cases.iter().map(|row| row.get("证件号码")).collect();
    assert_eq!(heads.len(), cases.len());
    let mut stages = [0; 9];
    for case in &cases {
        let known = of_head(case.get("证件号码")).unwrap();
        assert!(known.removed.is_none() && known.removed_member.is_none());
        assert_eq!(GAZETTEER.village(case), &known.row.get("户编号")[..12]);
        stages[case.ordered(&steps).len()] += usize::from(case.get("计划年度") == "2017");
        let asked_on = case.date("批准日期").or(case.date("协议日期")).unwrap();
        assert!(known.is_poor_on(asked_on), "{:?}", case.cells);
        let persons = case.number("批准搬迁人口");
        assert!(case.hundredths("住房面积(平方米)") <= 2_500 * persons);
        assert!((0..=10_000).contains(&case.number("自筹资金(元)")));
        assert!(case.number("自筹资金(元)") <= case.number("总投资(元)"));
        assert_eq!(case.get("竣工日期").is_empty(), case.get("实际搬迁人口").is_empty());
        if asked_on.year() > 2015 {
            assert_eq!(persons, known.members.len() as i64);
        }
        if let (Some(exited), Some(moved_in)) = (known.exited, case.date("入住日期")) {
            assert!(moved_in < exited);
        }
    }
    assert!(stages[1..8].iter().all(|count| *count > 0), "{stages:?}");
    let renovations = rows("housing.renovation_cases");
    assert!(renovations.iter().all(|row| !heads.contains(row.get("证件号码"))));
}

#[test]
fn appraisals_agree_with_the_houses() {
    let appraisals = rows("housing.house_appraisals");
    let renovations = rows("housing.renovation_cases");
    let renovated: HashMap<&str, &Row> = renovations.iter().map(|row| (row.get("证件号码"), row)).collect();
    let owners: HashSet<&str> = appraisals.iter().map(|row| row.get("证件号码")).collect();
    assert_eq!(owners.len(), appraisals.len());
    assert!((4_900..=5_100).contains(&appraisals.len()));
    for row in &appraisals {
        let village = GAZETTEER.village(row);
        assert_eq!(row.ordered(&["鉴定日期"]).len(), 1);
        if let Some(case) = renovated.get(row.get("证件号码")) {
            assert_eq!(row.get("房屋等级"), case.get("原房屋等级"));
            assert_eq!(row.get("鉴定日期"), case.get("鉴定日期"));
            assert_eq!(row.get("建筑面积(平方米)"), case.get("原面积"));
        } else {
            let household = of_head(row.get("证件号码")).unwrap().row;
            assert!(household.get("户编号").starts_with(village));
            assert_eq!(row.get("房屋等级"), household.get("住房等级"));
        }
        // Whoever exits lives in a safe house.
        if let Some(known) = of_head(row.get("证件号码")).filter(|known| known.exited.is_some()) {
            assert!(["A", "B"].contains(&known.row.get("住房等级")));
        }
    }
    let dangerous = count(&appraisals, |row| ["C", "D"].contains(&row.get("房屋等级")));
    assert!(dangerous > 3_500 && dangerous < appraisals.len());
}

#[test]
fn water_works_meet_the_totals() {
    let works = rows("housing.water_works");
    for title in ["完工日期", "验收日期"] {
        assert_eq!(count(&works, |row| row.within(title, "2016-01-01", "2016-12-31")), 39);
        assert_eq!(count(&works, |row| row.within(title, "2015-01-01", "2015-12-31")), 20);
    }
    assert_eq!(count(&works, |row| row.get("计划年度") == "2017"), 60);
    assert_eq!(works.len(), 39 + 20 + 60);
    let keys: HashSet<_> = works.iter().map(|row| (row.get("工程名称"), row.get("计划年度"))).collect();
    assert_eq!(keys.len(), works.len());
    let mut stages = [0; 5];
    for work in &works {
        GAZETTEER.village(work);
        stages[work.ordered(&["批准日期", "开工日期", "完工日期", "验收日期"]).len()] += 1;
        assert!(work.number("受益人口") >= work.number("受益户数") && work.number("总投资(元)") > 0);
        assert_eq!(work.get("计量单位"), if work.get("计划年度") == "2017" { "个" } else { "处" });
    }
    assert!(stages[..3].iter().all(|count| *count > 0), "{stages:?}");
}

#[test]
fn water_checks_agree_with_the_households() {
    let checks = rows("housing.water_checks");
    let villages: HashSet<&str> = (checks.iter())
        .filter(|row| row.get("证件号码").is_empty())
        .map(|row| GAZETTEER.village(row))
        .collect();
    assert_eq!(villages.len(), 304);
    assert_eq!(count(&checks, |row| row.get("证件号码").is_empty()), 304);
    assert_eq!(checks.len(), 304 + 3_000);
    let heads: HashSet<&str> = checks.iter().map(|row| row.get("证件号码")).collect();
    assert_eq!(heads.len(), 3_000 + 1);
    for row in &checks {
        let village = GAZETTEER.village(row);
        assert!(row.cells[6..10].iter().all(|cell| ["是", "否", "未核实"].contains(&cell.as_str())));
        assert_eq!(row.ordered(&["评价日期"]).len(), 1);
        let Some(known) = of_head(row.get("证件号码")) else { continue };
        assert!(known.row.get("户编号").starts_with(village) && known.removed.is_none());
        let passes = row.cells[6..10].iter().all(|cell| cell == "是");
        assert!(passes || known.exited.is_none());
        assert!(!passes || known.row.get("是否解决安全饮用水") == "是");
    }
}
