//! The partner city's aid: pairings, money, projects, benefits, visits.

use super::*;

#[test]
fn visits_meet_the_total() {
    let visits = rows("partner_aid.exchange_visits");
    assert_eq!(visits.len(), 12);
    assert_eq!(count(&visits, |row| row.get("开始日期") <= "2017-09-30"), 11);
    assert!(visits.iter().all(|row| row.get("开始日期") <= row.get("结束日期") && row.number("人数") > 0));
}

#[test]
fn pairings_give_every_county_its_partners() {
    let pairings = rows("partner_aid.partner_pairings");
    let of_counties: Vec<&Row> = pairings.iter().filter(|row| row.get("结对类型") == "县区结对").collect();
    assert_eq!(of_counties.len(), 10);
    assert!(of_counties.iter().all(|row| row.get("结对日期") == "2017-03-30"));
    assert_eq!(of_counties.iter().map(|row| row.get("县市")).collect::<HashSet<_>>().len(), 8);
    for kind in ["乡镇结对", "村结对", "学校结对", "医院结对", "企业结对"] {
        assert!(count(&pairings, |row| row.get("结对类型") == kind) >= 4, "{kind}");
    }
    let keys = ["我方单位", "协作方单位", "结对日期"];
    let keys: HashSet<_> = pairings.iter().map(|row| keys.map(|title| row.get(title))).collect();
    assert_eq!(keys.len(), pairings.len());
    for row in &pairings {
        assert!(GAZETTEER.knows(row), "{:?}", row.cells);
        assert!(!row.get("我方单位").is_empty() && !row.get("协作方单位").is_empty());
        assert!(row.get("终止日期").is_empty() || row.get("终止日期") > row.get("结对日期"));
    }
}

#[test]
fn funds_of_2017_sum_to_the_published_amount() {
    let funds = rows("partner_aid.aid_funds");
    let stages = ["承诺", "安排", "到账", "下达", "支出"];
    let arranged: i64 = (funds.iter())
        .filter(|row| row.get("年度") == "2017" && !row.get("安排金额(元)").is_empty())
        .map(|row| row.hundredths("安排金额(元)"))
        .sum();
    assert_eq!(arranged, 4_100_000_000);
    for row in &funds {
        assert!(GAZETTEER.knows(row), "{:?}", row.cells);
        row.ordered(&stages.map(|stage| format!("{stage}日期")).each_ref().map(String::as_str));
        let mut before = i64::MAX;
        for stage in stages {
            let (amount, day) = (format!("{stage}金额(元)"), format!("{stage}日期"));
            assert_eq!(row.get(&amount).is_empty(), row.get(&day).is_empty());
            if !row.get(&amount).is_empty() {
                let amount = row.hundredths(&amount);
                assert!((1..=before).contains(&amount));
                before = amount;
            }
        }
    }
    assert!(count(&funds, |row| row.get("年度") == "2016") >= 2);
    assert!(count(&funds, |row| row.get("年度") == "2017" && row.get("安排日期").is_empty()) >= 2);
    let levels: HashSet<&str> = funds.iter().map(|row| row.get("出资层级")).collect();
    assert_eq!(levels, HashSet::from(["市级", "区县级", "社会帮扶"]));
}

#[test]
fn projects_and_benefits_meet_the_totals() {
    let projects = rows("partner_aid.aid_projects");
    let approved = |row: &Row| row.within("批复日期", "2016-01-01", "2017-09-30");
    assert_eq!(count(&projects, approved), 23);
    assert!(count(&projects, |row| row.get("批复日期").is_empty()) >= 4);
    let by_number: HashMap<&str, &Row> = projects.iter().map(|row| (row.get("项目编号"), row)).collect();
    assert_eq!(by_number.len(), projects.len());
    for row in &projects {
        assert!(GAZETTEER.knows(row), "{:?}", row.cells);
        assert!((1..=row.number("总投资(元)")).contains(&row.number("援助资金(元)")));
        let days = ["批复日期", "开工日期", "完工日期", "验收日期"].map(|title| row.date(title));
        assert!(days.iter().flatten().is_sorted());
        assert!(days.windows(2).all(|pair| pair[0].is_some() || pair[1].is_none()));
    }

    let benefits = rows("partner_aid.aid_benefits");
    let keys = ["项目编号", "受益人证件号码"];
    let keys: HashSet<_> = benefits.iter().map(|row| keys.map(|title| row.get(title))).collect();
    assert_eq!(keys.len(), benefits.len());
    let (mut households, mut persons, mut proposed) = (HashSet::new(), HashSet::new(), HashSet::new());
    let mut links: HashMap<[&str; 2], [&str; 4]> = HashMap::new();
    for row in &benefits {
        let project = by_number[row.get("项目编号")];
        let known = of_head(row.get("户主证件号码")).unwrap();
        let village = GAZETTEER.village(row);
        assert!(known.row.get("户编号").starts_with(village) && project.get("县市") == row.get("县市"));
        assert_eq!(project.get("项目名称"), row.get("项目名称"));
        assert_eq!(project.get("计划年度"), row.get("计划年度"));
        assert_eq!(row.get("户主姓名"), known.row.get("户主姓名"));
        assert!(known.members.contains(&(row.get("受益人证件号码"), row.get("受益人姓名"))));
        let starts = row.date("受益起始日期").unwrap();
        assert!(starts.year() == 2017 && starts <= days::last_day() && known.is_poor_on(starts));
        assert!(known.removed.is_none() && known.removed_member.is_none());
        assert!(CHANGES.iter().all(|change| change.get("户编号") != known.row.get("户编号")));
        // Rows of one project and household are one record.
        let said = ["受益类型", "受益方式", "预计年增收(元)", "受益起始日期"].map(|title| row.get(title));
        let link = [row.get("项目编号"), row.get("户主证件号码")];
        assert_eq!(*links.entry(link).or_insert(said), said);
        if approved(project) {
            assert!(project.date("批复日期").unwrap() <= starts);
            if row.get("受益类型") == "计划受益" {
                households.insert(row.get("户主证件号码"));
                persons.insert(row.get("受益人证件号码"));
            }
        } else {
            proposed.insert(row.get("户主证件号码"));
        }
    }
    assert_eq!((households.len(), persons.len()), (2_992, 4_602));
    assert_eq!(proposed.len(), 40);
    assert!(proposed.is_disjoint(&households));
    let twice = links.len() - households.len() - proposed.len();
    assert!((50..400).contains(&twice), "{twice}");
    let linked: HashSet<&str> = links.keys().map(|[project, _]| *project).collect();
    assert!(projects.iter().filter(|row| approved(row)).all(|row| linked.contains(row.get("项目编号"))));
}
