//! The loads as a whole: their order, that a seed decides them, that memory holds one county.

use super::*;

#[test]
fn loads_come_in_order() {
    let order: Vec<String> = (Demonstration::new(SEED).loads().iter())
        .map(|load| match load {
            Load::Sheet(sheet) => format!("{} {}", sheet.table, sheet.area),
            Load::Snapshot(snapshot) => format!("{} {}", snapshot.code, snapshot.as_of),
        })
        .collect();
    let expected = [
        &["registry.divisions 222400", "registry.designations 222400", "registry.division_statistics 222400"]
            [..],
        &["registry.households *", "registry.members *", "registry.incomes *"],
        &["registered-2015 2015-12-31"],
        &["assistance.annual_plans 222400", "registry.annual_plans 222400", "registry.parameters 222400"],
        &["registry.incomes *", "registry.exits *"],
        &["exits-2016 2016-12-31"],
        &[
            "housing.renovation_cases *",
            "housing.house_appraisals *",
            "housing.relocation_cases *",
            "housing.water_works *",
            "housing.water_checks *",
            "registry.removals *",
            "registry.members *",
            "social_security.temporary_reliefs *",
        ],
        &["partner_aid.partner_pairings 222400", "partner_aid.aid_funds 222400"],
        &["partner_aid.aid_projects 222400"],
        &["partner_aid.aid_benefits *"],
        &["partner_aid.exchange_visits 222400", "published-2017 2017-09-30"],
    ];
    let counties = ["222401", "222402", "222403", "222404", "222405", "222406", "222424", "222426"];
    let expected: Vec<String> = expected
        .iter()
        .flat_map(|stage| {
            let of_counties = stage[0].ends_with('*');
            let codes = if of_counties { &counties[..] } else { &[""] };
            codes.iter().flat_map(|code| stage.iter().map(|line| line.replace('*', code)))
        })
        .collect();
    assert_eq!(order, expected);
    let titles: HashSet<String> = sheets(SEED).map(|sheet| sheet.title).collect();
    assert_eq!(titles.len(), sheets(SEED).count(), "a title names one sheet");
    assert!(titles.iter().all(|title| title.ends_with("(演示数据)")));
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
    assert_ne!(text(SEED, 6), text(SEED + 1, 6));
}

#[test]
fn another_seed_meets_the_same_totals() {
    let totals = |table: &str, holds: fn(&Row) -> bool| {
        sheets(7).filter(|sheet| sheet.table == table).flat_map(read).filter(holds).count()
    };
    assert_eq!(totals("registry.households", |_| true), 46_831);
    let in_the_end = |row: &Row| row.get("变动日期").is_empty();
    assert_eq!(totals("registry.members", in_the_end), 85_102);
    let persons = |table: &str, title: &str, holds: fn(&Row) -> bool| -> i64 {
        let sheets = sheets(7).filter(|sheet| sheet.table == table).flat_map(read);
        sheets.filter(holds).map(|row| row.number(title)).sum()
    };
    assert_eq!(persons("registry.exits", "家庭人口", |row| !row.get("县批准日期").is_empty()), 30_877);
    assert_eq!(persons("registry.removals", "清退人数", |_| true), 13_700);
    let moved = |row: &Row| row.get("入住日期").starts_with("2016");
    assert_eq!(persons("housing.relocation_cases", "实际搬迁人口", moved), 2_266);
    assert_eq!(totals("housing.renovation_cases", |row| row.get("验收日期").starts_with("2016")), 3_262);
}

#[test]
fn no_more_than_one_county_is_generated_at_a_time() {
    let generated = || population::GENERATED.with(std::cell::Cell::get);
    let before = generated();
    let mut loads = sheets(SEED).collect::<Vec<_>>();
    assert_eq!(generated(), before, "nothing is generated before rows are taken");
    loads.retain(|sheet| sheet.area != "222400");
    let mut expected = before;
    for sheet in loads {
        // The sheet is gone, with its county, before the next one is begun.
        let (table, title) = (sheet.table, sheet.title.clone());
        assert!(read(sheet).take(2).count() > 0, "{title}");
        // Works for water name no household.
        expected += usize::from(table != "housing.water_works");
        assert_eq!(generated(), expected, "{title}");
    }
}
