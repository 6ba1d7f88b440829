//! What becomes of the households: exits, removals, changes of members; and that the sheets agree on it.

use super::*;

/// The days of a procedure in order, with the gaps that the rules ask for.
fn assert_procedure(row: &Row) {
    let there =
        row.ordered(&["民主评议日期", "村公示起", "村公示止", "乡镇审核日期", "县批准日期", "公告日期"]);
    assert!(there[0] < there[1]);
    assert!(there[1].days_until(there[2]) >= 7, "a notice of at least eight days");
    if let Some(township) = there.get(3) {
        assert!(there[2] < *township);
    }
    if let Some(approved) = there.get(4) {
        assert!(there[3] < *approved && there.len() == 6);
    }
}

#[test]
fn exits_meet_the_total_and_their_rules() {
    let exits = &*EXITS;
    let numbers: HashSet<&str> = exits.iter().map(|row| row.get("户编号")).collect();
    assert_eq!(numbers.len(), exits.len());
    let mut persons = 0;
    for exit in exits.iter() {
        let known = &REGISTER[exit.get("户编号")];
        assert_eq!(GAZETTEER.village(exit), &exit.get("户编号")[..12]);
        assert_eq!(exit.get("户主姓名"), known.row.get("户主姓名"));
        assert_eq!(exit.number("家庭人口"), known.members.len() as i64);
        assert_eq!(exit.get("脱贫年度"), "2016");
        assert!(exit.hundredths("人均纯收入(元)") > 295_200);
        assert!(exit.cells[9..15].iter().all(|check| check == "是"));
        assert!([exit.get("户主姓名"), "是"].contains(&exit.get("户主签字")));
        assert!(!exit.get("驻村工作队核实人").is_empty());
        assert_procedure(exit);
        assert_eq!(known.row.get("是否解决安全饮用水"), "是");
        if !exit.get("县批准日期").is_empty() {
            assert!(exit.within("县批准日期", "2016-11-10", "2016-12-25"));
            assert!(exit.get("公告日期") <= "2016-12-31");
            persons += exit.number("家庭人口");
        }
    }
    assert_eq!(persons, 30_877);
    assert_eq!(count(exits, |row| row.get("县批准日期").is_empty()), 40);
}

#[test]
fn removals_meet_the_total_and_their_rules() {
    let removals = &*REMOVALS;
    let (single, whole): (Vec<&Row>, Vec<&Row>) =
        removals.iter().partition(|row| !row.get("清退人员证件号码").is_empty());
    let numbers: HashSet<&str> = removals.iter().map(|row| row.get("户编号")).collect();
    assert_eq!(numbers.len(), removals.len());
    assert_eq!(single.len(), 600);
    let persons: i64 = removals.iter().map(|row| row.number("清退人数")).sum();
    assert!((13_660..=13_740).contains(&persons), "{persons}");
    for removal in removals.iter() {
        let known = &REGISTER[removal.get("户编号")];
        let day = removal.date("县批准日期").unwrap();
        assert_eq!(GAZETTEER.village(removal), &removal.get("户编号")[..12]);
        assert_eq!(removal.get("户主姓名"), known.row.get("户主姓名"));
        assert_eq!(removal.get("清退年度"), "2017");
        assert!(known.exited.is_none(), "poor until then");
        assert!(removal.within("县批准日期", "2017-05-10", "2017-08-20"));
        assert_procedure(removal);
        match removal.get("清退人员证件号码") {
            "" => assert_eq!(removal.number("清退人数"), known.members.len() as i64),
            number => {
                assert_eq!(removal.number("清退人数"), 1);
                let person = known.members.iter().skip(1).find(|(member, _)| *member == number);
                assert_eq!(person.unwrap().1, removal.get("清退人员姓名"));
                assert!(removal.get("清退原因") == "错评" && known.is_poor_on(day));
            }
        }
    }
    let ineligible = whole.iter().filter(|row| row.get("清退原因") == "不再符合条件").count();
    assert!((20..500).contains(&ineligible), "{ineligible}");
    assert!(whole.iter().all(|row| ["错评", "不再符合条件"].contains(&row.get("清退原因"))));
}

#[test]
fn members_leave_and_are_born_in_households_that_stay() {
    let members: HashMap<&str, &Row> = MEMBERS.iter().map(|row| (row.get("证件号码"), row)).collect();
    let (born, left): (Vec<&Row>, Vec<&Row>) =
        CHANGES.iter().partition(|row| row.get("人员变动类型") == "出生");
    assert_eq!((left.len(), born.len()), (900, 80));
    let households: HashSet<&str> = CHANGES.iter().map(|row| row.get("户编号")).collect();
    assert_eq!(households.len(), CHANGES.len());
    for change in CHANGES.iter() {
        let known = &REGISTER[change.get("户编号")];
        assert!(known.is_poor_on(CivilDate::end_of_year(2017)) && known.removed_member.is_none());
        assert!(change.within("变动日期", "2017-01-01", "2017-06-30"));
        assert_eq!(change.area, known.row.area);
    }
    for row in left {
        let before = members[row.get("证件号码")];
        let named = row.columns.iter().filter(|title| !["人员变动类型", "变动日期"].contains(title));
        assert!(named.clone().all(|title| row.get(title) == before.get(title)), "a person's full row");
        assert!(before.get("变动日期").is_empty() && row.get("与户主关系") != "户主");
        assert!(["死亡", "嫁出", "户籍迁出", "失联", "服刑", "参军"].contains(&row.get("人员变动类型")));
    }
    let numbers: HashSet<&str> = MEMBERS.iter().map(|row| row.get("人编号")).collect();
    for row in born {
        assert!(!members.contains_key(row.get("证件号码")) && !numbers.contains(row.get("人编号")));
        assert_eq!(row.get("出生日期"), row.get("变动日期"));
        assert!(["子", "女", "孙子", "孙女"].contains(&row.get("与户主关系")));
        assert!(row.get("劳动技能") == "无劳动力" && row.get("文化程度").is_empty());
    }
}

#[test]
fn fates_are_one_for_all_sheets() {
    let register = &*REGISTER;
    let exited = register.values().filter(|known| known.exited.is_some()).count();
    let removed = register.values().filter(|known| known.removed.is_some()).count();
    assert!(exited > 15_000 && removed > 6_000, "{exited} {removed}");
    assert!(register.values().all(|known| known.exited.is_none() || known.removed.is_none()));
    let proposed: HashSet<&str> =
        EXITS.iter().filter(|row| row.get("县批准日期").is_empty()).map(|row| row.get("户编号")).collect();
    assert!(proposed.iter().all(|number| register[number].removed.is_none()));
    // Poor persons at the end of September 2017, as known then: near what is expected to remain.
    let end = days::last_day();
    let poor: usize = register
        .values()
        .filter(|known| known.is_poor_on(end))
        .map(|known| known.members.len() - usize::from(known.removed_member.is_some()))
        .sum();
    let remaining = poor + 80 - 900;
    assert!((38_800..41_000).contains(&remaining), "{remaining}");
}
