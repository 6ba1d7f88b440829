//! Divisions, designations, statistics, households, members, incomes, plans and parameters.

use kernel::id_number::split_disability;

use super::*;

#[test]
fn divisions_form_a_tree_with_codes_in_their_ranges() {
    let rows = rows("registry.divisions");
    let codes: HashSet<&str> = rows.iter().map(|row| row.get("区划代码")).collect();
    assert_eq!(codes.len(), rows.len());
    let level = |name: &str| count(&rows, |row| row.get("级别") == name);
    assert_eq!((level("省"), level("市州"), level("县市"), level("行政村")), (1, 1, 8, 1051));
    assert_eq!(count(&rows, |row| row.get("级别") == "乡镇" && row.get("是否农村") == "是"), 66);
    for row in &rows {
        let (code, parent) = (row.get("区划代码"), row.get("上级区划代码"));
        assert!(
            parent.is_empty() == (row.get("级别") == "省") && (parent.is_empty() || codes.contains(parent))
        );
        let serial = code.get(code.len() - 3..).unwrap().parse::<u32>().unwrap();
        match row.get("级别") {
            "乡镇" => {
                let range = match row.get("名称") {
                    name if name.ends_with("街道") => 1..=99,
                    name if name.ends_with('镇') => 100..=199,
                    _ => 200..=399,
                };
                assert!(code.len() == 9 && range.contains(&serial) && code.starts_with(parent));
            }
            "行政村" => {
                assert!(code.len() == 12 && (200..=399).contains(&serial) && code.starts_with(parent))
            }
            _ => assert_eq!(code.len(), 6),
        }
        assert!(!row.get("朝文名称").is_empty() || row.get("级别") == "行政村");
    }
    assert_eq!(GAZETTEER.villages.len(), 1051);
}

#[test]
fn designations_hold_the_published_counts() {
    let names: HashMap<String, String> = (rows("registry.divisions").iter())
        .map(|row| (row.get("区划代码").to_owned(), row.get("名称").to_owned()))
        .collect();
    let rows = rows("registry.designations");
    let in_force = |row: &Row, day: &str| {
        row.get("起始日期") <= day && (row.get("终止日期").is_empty() || row.get("终止日期") > day)
    };
    let kind = |kind: &str, day: &str| count(&rows, |row| row.get("类型") == kind && in_force(row, day));
    assert_eq!(kind("国定贫困县", "2017-06-30"), 4);
    assert_eq!(kind("省定片区县", "2017-06-30"), 1);
    assert_eq!(kind("贫困村", "2015-12-31"), 304);
    assert!(count(&rows, |row| row.get("类型") == "贫困村") > 310);
    assert!(kind("贫困村", "2013-12-31") < 10 && kind("贫困村", "2017-06-30") > 304);
    assert!(rows.iter().all(|row| names[row.get("区划代码")] == row.get("区划名称")));
    let national = ["222405", "222406", "222424", "222426"];
    assert_eq!(
        count(&rows, |row| row.get("类型") == "国定贫困县" && national.contains(&row.get("区划代码"))),
        4
    );
}

#[test]
fn statistics_give_the_published_denominators() {
    let rows = rows("registry.division_statistics");
    let value = |code: &str, kind: &str| {
        rows.iter()
            .find(|row| row.get("区划代码") == code && row.get("统计项目") == kind)
            .unwrap()
            .number("数值")
    };
    assert_eq!(value("222400", "农村户籍人口"), 636_000);
    let counties =
        rows.iter().filter(|row| row.get("区划代码").starts_with("2224") && row.get("区划代码") != "222400");
    assert_eq!(counties.map(|row| row.number("数值")).sum::<i64>(), 636_000);
    let rounded = |part: i64, whole: i64| (part * 1000 + whole / 2) / whole;
    assert_eq!(rounded(304, value("220000", "建档立卡贫困村数")), 204);
    assert_eq!(rounded(85_102, value("220000", "建档立卡贫困人口数")), 121);
    assert_eq!(rounded(85_102, 636_000), 134);
    assert!(rows.iter().all(|row| row.get("来源").contains("外部") != row.get("来源").contains("合成")));
}

#[test]
fn households_and_members_agree() {
    let (households, members) = (&*HOUSEHOLDS, &*MEMBERS);
    assert_eq!(count(households, |row| ["未脱贫", "返贫"].contains(&row.get("脱贫属性"))), 46_831);
    assert_eq!(households.len(), 46_831);
    assert!((50..300).contains(&count(households, |row| row.get("脱贫属性") == "返贫")));
    assert_eq!(count(members, |row| row.get("变动日期").is_empty()), 85_102);
    assert_eq!(
        count(members, |row| row.within("变动日期", "2014-01-01", "2015-12-31")),
        members.len() - 85_102
    );
    assert_eq!(members.len() - 85_102, 1_200);

    let by_number: HashMap<&str, &Row> = households.iter().map(|row| (row.get("户编号"), row)).collect();
    assert_eq!(by_number.len(), households.len());
    let mut heads = HashMap::new();
    for member in members {
        let household = by_number[member.get("户编号")];
        assert_eq!(household.area, member.area);
        if member.get("与户主关系") == "户主" {
            assert!(heads.insert(member.get("户编号"), member).is_none());
            assert!(member.get("人员变动类型").is_empty());
        }
        if let Some(left) = member.date("变动日期") {
            assert!(left > CivilDate::end_of_year(household.number("识别年度") as i32));
        } else {
            assert!(
                member.date("出生日期").unwrap()
                    <= CivilDate::end_of_year(household.number("识别年度") as i32)
            );
        }
    }
    assert_eq!(heads.len(), households.len());
    for household in households {
        let head = heads[household.get("户编号")];
        assert_eq!(household.get("户主姓名"), head.get("姓名"));
        assert_eq!(household.get("户主证件号码"), head.get("证件号码"));
        assert!(household.get("户编号").starts_with(GAZETTEER.village(household)));
        assert!((2013..=2015).contains(&household.number("识别年度")));
        let causes = ["主要致贫原因", "其他致贫原因1", "其他致贫原因2"].map(|title| household.get(title));
        assert!(!causes[0].is_empty() && causes[0] != causes[1] && causes[0] != causes[2]);
        assert!(causes[1].is_empty() || causes[1] != causes[2]);
    }
}

#[test]
fn members_are_believable() {
    let members = &*MEMBERS;
    let end = CivilDate::end_of_year(2015);
    let numbers: HashSet<&str> = members.iter().map(|row| row.get("人编号")).collect();
    assert_eq!(numbers.len(), members.len());
    let (mut old, mut certificates, mut several) = (0, 0, 0);
    for member in members {
        let id_number = IdNumber::parse(member.get("证件号码")).unwrap();
        assert_eq!(Some(id_number.birth_date()), member.date("出生日期"));
        assert_eq!(if id_number.is_male() { "男" } else { "女" }, member.get("性别"));
        let age = CivilDate::age_on(id_number.birth_date(), end);
        assert!((0..=101).contains(&age), "{age}");
        old += usize::from(age >= 60);
        let student = !member.get("在校生状况").is_empty();
        assert!(!student || (3..=22).contains(&age));
        assert!(student || !(7..=15).contains(&age), "a child of {age} is not at school");
        assert!(!student && age >= 16 || member.get("劳动技能") == "无劳动力");
        assert!(age >= 18 && !student || member.get("务工区域").is_empty());
        assert_eq!(member.get("务工区域").is_empty(), member.get("务工时间(月)").is_empty());
        assert!(member.get("是否享受低保") == "否" || member.get("是否特困供养") == "否");
        several += usize::from(member.get("健康状况").contains('、'));
        if !member.get("残疾证号").is_empty() {
            certificates += 1;
            let (owner, certificate) = split_disability(member.get("残疾证号")).unwrap();
            assert!(owner == id_number && certificate.len() == 20 && member.get("健康状况").contains("残疾"));
        }
    }
    assert!(old * 100 > members.len() * 45, "the register is old");
    assert!(certificates > 1_000 && several > 1_000);
}

#[test]
fn every_person_has_a_number_of_its_own_that_is_not_in_use() {
    let mut owners: HashMap<String, String> = HashMap::new();
    for member in MEMBERS.iter() {
        let (number, name) = (member.get("证件号码").to_owned(), member.get("姓名").to_owned());
        assert!(owners.insert(number, name).is_none());
    }
    let columns = [
        ("registry.members", "姓名", "证件号码"),
        ("housing.renovation_cases", "户主姓名", "证件号码"),
        ("housing.house_appraisals", "户主姓名", "证件号码"),
        ("housing.relocation_cases", "户主姓名", "证件号码"),
        ("social_security.temporary_reliefs", "姓名", "证件号码"),
        ("partner_aid.aid_benefits", "受益人姓名", "受益人证件号码"),
    ];
    for (table, name, number) in columns {
        for row in rows(table) {
            let (name, number) = (row.get(name).to_owned(), row.get(number).to_owned());
            assert!(IdNumber::parse(&number).is_ok() && number.starts_with(identity::AREA_PREFIX));
            assert!(owners.insert(number, name.clone()).is_none_or(|known| known == name), "{table}");
        }
    }
}

/// Days on which the head, the helper and the village sign an income.
const SIGNATURES: [&str; 3] = ["户主签字日期", "帮扶责任人签字日期", "村签字日期"];

/// The incomes of one year: one for each household, of these months, each sum exact and each amount for a member, of
/// those on the last day of the year, rounded in one way only. Answers how many have wages.
fn assert_incomes(incomes: &[Row], months: [&str; 3]) -> usize {
    let numbers: HashSet<&str> = incomes.iter().map(|row| row.get("户编号")).collect();
    assert_eq!(numbers.len(), incomes.len());
    let mut members: HashMap<&str, Vec<Option<CivilDate>>> = HashMap::new();
    for member in MEMBERS.iter() {
        members.entry(member.get("户编号")).or_default().push(member.date("变动日期"));
    }
    let mut waged = 0;
    for income in incomes {
        let household = REGISTER[income.get("户编号")].row;
        assert_eq!(household.area, income.area);
        assert_eq!(["年度", "起始月", "截止月"].map(|title| income.get(title)), months);
        let registered = CivilDate::end_of_year(household.number("识别年度") as i32);
        let year_ends = CivilDate::parse_month(months[2]).unwrap().end_of_month();
        let counted_on = registered.max(year_ends);
        let there = |left: &&Option<CivilDate>| left.is_none_or(|left| counted_on < left);
        let members = members[income.get("户编号")].iter().filter(there).count() as i64;
        let parts = ["工资性收入", "生产经营性收入", "财产性收入", "转移性收入", "生产经营性支出"];
        let [wage, business, property, transfer, cost] = parts.map(|title| income.hundredths(title));
        assert!([wage, business, property, transfer, cost].iter().all(|part| *part >= 0));
        let (net, each) = (income.hundredths("家庭纯收入"), income.hundredths("人均纯收入"));
        assert_eq!(net, wage + business + property + transfer - cost);
        assert_eq!(each, (2 * net + members) / (2 * members));
        assert_ne!(2 * net % (2 * members), members, "rounded one way or the other");
        assert!(wage == 0 || wage >= 10_000);
        assert!(household.get("贫困户属性") == "一般贫困户" || transfer > 0);
        waged += usize::from(wage > 0);
        let signed = income.ordered(&SIGNATURES);
        assert!(signed.first().is_none_or(|first| *first > year_ends));
    }
    waged
}

#[test]
fn incomes_are_sums_below_the_line() {
    let [incomes, _] = &*INCOMES;
    assert_eq!(incomes.len(), 46_831);
    assert!(assert_incomes(incomes, ["2015", "2014-10", "2015-09"]) * 10 > incomes.len() * 2);
    assert!(incomes.iter().all(|row| (1..285_500).contains(&row.hundredths("人均纯收入"))));
    let signed = count(incomes, |row| row.ordered(&SIGNATURES).len() == 3);
    assert!((925..935).contains(&(signed * 1_000 / incomes.len())), "{signed}");
}

#[test]
fn every_exit_rests_on_an_income_above_the_line() {
    let [_, incomes] = &*INCOMES;
    assert_incomes(incomes, ["2016", "2015-10", "2016-09"]);
    let by_household: HashMap<&str, &Row> = incomes.iter().map(|row| (row.get("户编号"), row)).collect();
    assert_eq!(incomes.len(), EXITS.len(), "nobody else has one");
    for exit in EXITS.iter() {
        let income = by_household[exit.get("户编号")];
        assert_eq!(income.get("人均纯收入"), exit.get("人均纯收入(元)"));
        assert!(income.hundredths("人均纯收入") > 295_200);
        let signed = income.ordered(&SIGNATURES);
        assert!(signed.len() == 3 && signed[0] >= CivilDate::parse("2016-10-08").unwrap());
        assert!(signed[2] < exit.date("民主评议日期").unwrap(), "{:?}", income.cells);
    }
    let split = count(incomes, |row| row.hundredths("家庭纯收入") % row.hundredths("人均纯收入") != 0);
    assert!(split > 100, "some amounts for a member are rounded: {split}");
}

#[test]
fn plans_and_parameters_meet_the_totals() {
    let plans = rows("assistance.annual_plans");
    let of = |indicator: &'static str| plans.iter().filter(move |row| row.get("指标") == indicator);
    for (indicator, total, unit) in [
        ("housing.renovated", 4_987, "户"),
        ("housing.relocated_households", 2_306, "户"),
        ("housing.water_projects", 237, "个"),
    ] {
        assert_eq!(of(indicator).map(|row| row.number("数值")).sum::<i64>(), total);
        assert!(of(indicator).count() == 8 && of(indicator).all(|row| row.get("单位") == unit));
    }
    assert!(plans.iter().all(|row| row.get("类型") == "计划" && row.get("年度") == "2017"));
    let plans_of_registry = rows("registry.annual_plans");
    let (tasks, forecasts): (Vec<&Row>, Vec<&Row>) =
        plans_of_registry.iter().partition(|row| row.get("类型") == "下达");
    assert!(tasks.len() == 1 && tasks[0].number("数值") <= 30_877);
    assert_eq!(forecasts.iter().map(|row| row.number("数值")).sum::<i64>(), 38_800);
    let forecast = |row: &Row| row.get("类型") == "预计" && row.get("指标") == "registry.persons_registered";
    assert!(forecasts.len() == 8 && forecasts.iter().all(|row| forecast(row)));
    for row in plans.iter().chain(&plans_of_registry) {
        assert!(row.get("文号").contains("演示") && row.get("下达日期") <= "2017-09-30");
    }
    let documents: HashSet<&str> = plans.iter().map(|row| row.get("文号")).collect();
    assert_eq!(documents.len(), plans.len());
    let parameters = rows("registry.parameters");
    assert_eq!(parameters.len(), 1);
    assert_eq!(
        ["标识", "地区", "值"].map(|title| parameters[0].get(title)),
        ["registry.narrative.main_battlefields", "222400", "2"]
    );
}
