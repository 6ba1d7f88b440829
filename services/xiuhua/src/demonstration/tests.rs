//! Counts the rows as the figures will be counted, and checks that they could have been written by a clerk.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use kernel::date::CivilDate;
use kernel::id_number::{IdNumber, split_disability};

use super::*;

const SEED: u64 = 20_171_001;

/// A row that is read by the titles of its columns.
struct Row {
    table: &'static str,
    area: &'static str,
    columns: Arc<[&'static str]>,
    cells: Vec<String>,
}

impl Row {
    fn get(&self, title: &str) -> &str {
        let position = self.columns.iter().position(|column| *column == title);
        &self.cells[position.unwrap_or_else(|| panic!("{} has no column {title}", self.table))]
    }

    fn number(&self, title: &str) -> i64 {
        self.get(title).parse().unwrap()
    }

    /// An amount in fen, an area in hundredths.
    fn hundredths(&self, title: &str) -> i64 {
        let (whole, part) = self.get(title).split_once('.').unwrap_or((self.get(title), "00"));
        assert_eq!(part.len(), 2);
        whole.parse::<i64>().unwrap() * 100 + part.parse::<i64>().unwrap()
    }

    fn date(&self, title: &str) -> Option<CivilDate> {
        let text = self.get(title);
        (!text.is_empty()).then(|| CivilDate::parse(text).unwrap())
    }

    /// Whether the date is there and lies between the days, both included.
    fn within(&self, title: &str, first: &str, last: &str) -> bool {
        !self.get(title).is_empty() && (first..=last).contains(&self.get(title))
    }
}

fn sheets(seed: u64) -> impl Iterator<Item = SheetLoad> {
    Demonstration::new(seed).loads().into_iter().filter_map(|load| match load {
        Load::Sheet(sheet) => Some(sheet),
        Load::Snapshot(_) => None,
    })
}

static HOUSEHOLDS: LazyLock<Vec<Row>> = LazyLock::new(|| rows("registry.households"));
static MEMBERS: LazyLock<Vec<Row>> = LazyLock::new(|| rows("registry.members"));

/// All rows of the sheets of `table`.
fn rows(table: &str) -> Vec<Row> {
    let found: Vec<Row> = sheets(SEED).filter(|sheet| sheet.table == table).flat_map(read).collect();
    assert!(!found.is_empty(), "no sheet of {table}");
    found
}

fn read(sheet: SheetLoad) -> impl Iterator<Item = Row> {
    let SheetLoad { table, area, columns, rows, .. } = sheet;
    let columns: Arc<[&'static str]> = columns.into();
    rows.map(move |cells| {
        assert_eq!(cells.len(), columns.len(), "{table}");
        Row { table, area, columns: Arc::clone(&columns), cells }
    })
}

fn count(rows: &[Row], holds: impl Fn(&Row) -> bool) -> usize {
    rows.iter().filter(|row| holds(row)).count()
}

/// Names of places by division code; names are looked up as an import does, within the county.
struct Gazetteer(HashMap<(String, String, String), String>);

impl Gazetteer {
    fn new() -> Self {
        let divisions = rows("registry.divisions");
        let names: HashMap<String, String> = divisions
            .iter()
            .map(|row| (row.get("区划代码").to_owned(), row.get("名称").to_owned()))
            .collect();
        let villages = divisions.iter().filter(|row| row.get("级别") == "行政村");
        let mut found = HashMap::new();
        for village in villages {
            let code = village.get("区划代码").to_owned();
            let township = names[&code[..9]].clone();
            let key = (code[..6].to_owned(), township, village.get("名称").to_owned());
            assert!(found.insert(key, code).is_none(), "a place name stands twice");
        }
        Self(found)
    }

    fn village(&self, row: &Row) -> &str {
        let key = (row.area.to_owned(), row.get("乡镇").to_owned(), row.get("行政村").to_owned());
        self.0.get(&key).unwrap_or_else(|| panic!("no village {key:?}"))
    }
}

#[test]
fn loads_come_in_order() {
    let order: Vec<String> = (Demonstration::new(SEED).loads().iter())
        .map(|load| match load {
            Load::Sheet(sheet) => format!("{} {}", sheet.table, sheet.area),
            Load::Snapshot(snapshot) => format!("{} {}", snapshot.code, snapshot.as_of),
        })
        .collect();
    assert_eq!(order.len(), 3 + 8 * 2 + 1 + 2 + 8 + 8 + 1 + 1);
    assert_eq!(
        order[..5],
        [
            "registry.divisions 222400",
            "registry.designations 222400",
            "registry.division_statistics 222400",
            "registry.households 222401",
            "registry.members 222401"
        ]
    );
    assert_eq!(order[19], "registered-2015 2015-12-31");
    assert_eq!(
        order[20..23],
        ["assistance.annual_plans 222400", "registry.annual_plans 222400", "housing.renovation_cases 222401"]
    );
    assert_eq!(order[38..], ["partner_aid.exchange_visits 222400", "published-2017 2017-09-30"]);
}

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
    Gazetteer::new();
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
    let gazetteer = Gazetteer::new();
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
        assert!(household.get("户编号").starts_with(gazetteer.village(household)));
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
    let columns = [
        ("registry.members", "姓名", "证件号码"),
        ("housing.renovation_cases", "户主姓名", "证件号码"),
        ("social_security.temporary_reliefs", "姓名", "证件号码"),
    ];
    for (table, name, number) in columns {
        for row in rows(table) {
            let (name, number) = (row.get(name).to_owned(), row.get(number).to_owned());
            assert!(IdNumber::parse(&number).is_ok() && number.starts_with(identity::AREA_PREFIX));
            let known = owners.insert(number, name.clone());
            assert!(known.is_none_or(|known| table != "registry.members" && known == name));
        }
    }
}

#[test]
fn renovations_meet_the_totals_and_their_rules() {
    let cases = rows("housing.renovation_cases");
    let members = &*MEMBERS;
    let registered: HashMap<&str, &Row> = members.iter().map(|row| (row.get("证件号码"), row)).collect();
    let gazetteer = Gazetteer::new();
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
    let share = count(&cases, |row| registered.contains_key(row.get("证件号码"))) * 100 / cases.len();
    assert!((57..=63).contains(&share), "{share}");
    for case in &cases {
        let village = gazetteer.village(case);
        match registered.get(case.get("证件号码")) {
            Some(member) => {
                assert!(
                    member.get("户编号").starts_with(village) && case.get("对象类别") == "建档立卡贫困户"
                );
            }
            None => assert_ne!(case.get("对象类别"), "建档立卡贫困户"),
        }
        let days = ["鉴定日期", "开工日期", "竣工日期", "验收日期", "拨付日期"].map(|title| case.date(title));
        assert!(
            days.iter().flatten().is_sorted()
                && days.iter().flatten().all(|day| *day <= renovation::last_day())
        );
        // A step is never there without the one before it.
        assert!(days.windows(2).all(|pair| pair[0].is_some() || pair[1].is_none()));
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
fn reliefs_meet_the_totals() {
    let reliefs = rows("social_security.temporary_reliefs");
    let households = &*HOUSEHOLDS;
    let members = &*MEMBERS;
    let gazetteer = Gazetteer::new();
    let attribute: HashMap<&str, &str> =
        households.iter().map(|row| (row.get("户编号"), row.get("贫困户属性"))).collect();
    let household_of: HashMap<&str, &str> =
        members.iter().map(|row| (row.get("证件号码"), row.get("户编号"))).collect();
    let mut sizes: HashMap<&str, i64> = HashMap::new();
    for member in members.iter().filter(|row| row.get("变动日期").is_empty()) {
        *sizes.entry(member.get("户编号")).or_default() += 1;
    }
    let paid_in = |row: &Row, year: &str| row.get("发放日期").starts_with(year);
    let counted: Vec<&Row> = (reliefs.iter())
        .filter(|row| paid_in(row, "2017") && household_of.contains_key(row.get("证件号码")))
        .filter(|row| row.get("是否低保对象") == "否")
        .collect();
    assert_eq!(counted.iter().map(|row| row.get("户编号")).collect::<HashSet<_>>().len(), 837);
    assert_eq!(counted.len(), 837);
    assert_eq!(counted.iter().map(|row| row.number("救助人数")).sum::<i64>(), 1_241);
    let paid: i64 = counted.iter().map(|row| row.hundredths("发放金额(元)")).sum();
    assert!((108_500_000..=109_500_000).contains(&paid), "{paid}");
    assert!(counted.iter().any(|row| row.hundredths("发放金额(元)") % 10 != 0));
    for row in &reliefs {
        let stated = household_of.get(row.get("证件号码")).copied().unwrap_or_default();
        assert_eq!(row.get("户编号"), stated);
        assert!(stated.is_empty() || stated.starts_with(gazetteer.village(row)));
        if let Some(attribute) = attribute.get(stated) {
            assert_eq!(*attribute == "低保贫困户", row.get("是否低保对象") == "是");
            assert!(row.number("救助人数") <= sizes[stated]);
        }
        let days = ["申请日期", "批准日期", "发放日期"].map(|title| row.date(title));
        assert!(days.iter().flatten().is_sorted());
        if paid_in(row, "201") {
            let amounts = ["发放金额(元)", "批准金额(元)"].map(|title| row.hundredths(title));
            assert!(amounts[0] > 5_000 && amounts[0] <= amounts[1]);
        }
    }
    assert!(count(&reliefs, |row| row.get("发放日期").is_empty()) > 50);
    assert!(count(&reliefs, |row| row.get("户编号").is_empty()) > 300);
    assert!(count(&reliefs, |row| paid_in(row, "2016")) > 200);
}

#[test]
fn visits_and_plans_meet_the_totals() {
    let visits = rows("partner_aid.exchange_visits");
    assert_eq!(visits.len(), 12);
    assert_eq!(count(&visits, |row| row.get("开始日期") <= "2017-09-30"), 11);
    assert!(visits.iter().all(|row| row.get("开始日期") <= row.get("结束日期") && row.number("人数") > 0));
    let plans = rows("assistance.annual_plans");
    assert_eq!(plans.iter().map(|row| row.number("数值")).sum::<i64>(), 4_987);
    assert!(plans.len() == 8 && plans.iter().all(|row| row.get("文号").contains("演示")));
    let tasks = rows("registry.annual_plans");
    assert!(tasks.len() == 1 && tasks[0].number("数值") <= 30_877);
}

#[test]
fn a_seed_decides_every_byte() {
    let text = |seed: u64, count: usize| -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        for sheet in sheets(seed).take(count) {
            (sheet.table, &sheet.title, sheet.area, sheet.form_date, &sheet.columns).hash(&mut hasher);
            sheet.rows.for_each(|row| row.hash(&mut hasher));
        }
        hasher.finish()
    };
    assert_eq!(text(SEED, usize::MAX), text(SEED, usize::MAX));
    assert_ne!(text(SEED, 4), text(SEED + 1, 4));
}

#[test]
fn another_seed_meets_the_same_totals() {
    let totals = |table: &str, holds: fn(&Row) -> bool| {
        sheets(7).filter(|sheet| sheet.table == table).flat_map(read).filter(holds).count()
    };
    assert_eq!(totals("registry.households", |_| true), 46_831);
    assert_eq!(totals("registry.members", |row| row.get("变动日期").is_empty()), 85_102);
    assert_eq!(totals("housing.renovation_cases", |row| row.get("验收日期").starts_with("2016")), 3_262);
}

#[test]
fn no_more_than_one_county_is_generated_at_a_time() {
    let generated = || population::GENERATED.with(std::cell::Cell::get);
    let before = generated();
    let mut loads = sheets(SEED).collect::<Vec<_>>();
    assert_eq!(generated(), before, "nothing is generated before rows are taken");
    loads.retain(|sheet| sheet.area != "222400");
    for (taken, sheet) in loads.into_iter().enumerate() {
        // The sheet is gone, with its county, before the next one is begun.
        let title = sheet.title.clone();
        assert!(read(sheet).take(2).count() > 0, "{title}");
        assert_eq!(generated(), before + taken + 1, "{title}");
    }
}
