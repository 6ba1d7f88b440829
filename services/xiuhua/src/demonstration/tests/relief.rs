//! Temporary relief.

use super::*;

#[test]
fn reliefs_meet_the_totals() {
    let reliefs = rows("social_security.temporary_reliefs");
    let household_of: HashMap<&str, &str> = REGISTER
        .iter()
        .flat_map(|(number, known)| known.members.iter().map(move |(member, _)| (*member, *number)))
        .collect();
    let paid_in = |row: &Row, year: &str| row.get("发放日期").starts_with(year);
    let counted: Vec<&Row> = (reliefs.iter())
        .filter(|row| paid_in(row, "2017") && row.get("是否低保对象") == "否")
        .filter(|row| {
            let household = household_of.get(row.get("证件号码")).map(|number| &REGISTER[number]);
            household.is_some_and(|known| known.is_poor_on(row.date("批准日期").unwrap()))
        })
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
        assert!(stated.is_empty() || stated.starts_with(GAZETTEER.village(row)));
        if let Some(known) = REGISTER.get(stated) {
            let on_dibao = known.row.get("贫困户属性") == "低保贫困户";
            assert_eq!(on_dibao, row.get("是否低保对象") == "是");
            assert!(row.number("救助人数") <= known.members.len() as i64 && known.removed_member.is_none());
        }
        let days = ["申请日期", "批准日期", "发放日期"].map(|title| row.date(title));
        assert!(days.iter().flatten().is_sorted());
        if paid_in(row, "201") {
            let amounts = ["发放金额(元)", "批准金额(元)"].map(|title| row.hundredths(title));
            assert!(amounts[0] > 5_000 && amounts[0] <= amounts[1]);
        }
    }
    let of_2017 = |row: &Row, holds: &dyn Fn(&Known) -> bool| {
        paid_in(row, "2017") && REGISTER.get(row.get("户编号")).is_some_and(holds)
    };
    let exited = |row: &Row| of_2017(row, &|known| known.exited.is_some());
    let removed = |row: &Row| of_2017(row, &|known| known.removed.is_some());
    assert_eq!((count(&reliefs, exited), count(&reliefs, removed)), (96, 42));
    assert!(count(&reliefs, |row| row.get("发放日期").is_empty()) > 50);
    assert!(count(&reliefs, |row| row.get("户编号").is_empty()) > 300);
    assert!(count(&reliefs, |row| paid_in(row, "2016")) > 200);
}
