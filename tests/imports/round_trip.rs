//! What is exported comes back and changes nothing, in clear and masked.

use proto::common::Reveal;
use suite::fixtures::{COUNTY, PREFECTURE, divisions, id_number, reveal};
use suite::harness::{Harness, on_each};
use suite::table::{header, row};

use super::compare::{assert_same, dump};
use super::sheets::{household, household_part, member_part, members, relief, relief_part};
use super::stream::{Part, export, whole};

const WORKS: &[&str] = &[
    "乡镇",
    "行政村",
    "户主姓名",
    "证件号码",
    "对象类别",
    "家庭人口",
    "原房屋等级",
    "鉴定日期",
    "改造方式(修缮/重建)",
    "改造后面积(平方米)",
    "计划年度",
    "开工日期",
    "竣工日期",
    "验收日期",
    "总投资(元)",
    "中央补助",
    "自筹",
    "拨付日期",
    "银行账号",
];

/// Every table with a few records in it.
async fn filled(harness: &Harness) {
    divisions(harness).await;
    let steward = |service| harness.client(service, &harness.token("data_steward", &[PREFECTURE]));
    let registry = [
        household_part((1..12).map(household).collect(), "2015-12-31"),
        member_part((1..12).flat_map(members).collect(), "2015-12-31"),
    ];
    let work = |number: u32, method: &str, size: &str| {
        let id = id_number("1952-03-04", number);
        row(&[
            "朝阳川镇",
            "龙岩村",
            "崔明哲",
            &id,
            "低保户",
            "3",
            "D级",
            "2016-03-01",
            method,
            size,
            "2016",
            "2016-05-01",
            "2016-08-01",
            "2016-09-01",
            "25000",
            "7500",
            "17500.00",
            "2016-09-20",
            "6228480012345678901",
        ])
    };
    let works = vec![work(1, "重建", "58.5"), work(2, "修缮", "")];
    let works = Part { header: header("housing.renovation_cases", COUNTY, "", WORKS), rows: works };
    let visits = ["方向", "开始日期", "结束日期", "带队领导", "层级", "人数", "议题"];
    let rows = vec![
        row(&["赴宁波", "2017-03-01", "2017-03-04", "金书记", "州", "12", "劳务协作"]),
        row(&["来延边", "2017-05-01", "", "", "市", "", ""]),
        row(&["赴宁波", "2017-03-01", "2017-03-04", "金书记", "州", "12", "劳务协作"]),
    ];
    let visits = Part { header: header("partner_aid.exchange_visits", PREFECTURE, "", &visits), rows };
    for (service, parts) in [
        ("registry", registry.to_vec()),
        ("assistance", vec![relief_part((0..7).map(relief).collect()), works]),
        ("partner-aid", vec![visits]),
    ] {
        for table in whole(steward(service), &parts, 10).await.unwrap() {
            assert_eq!(table.reasons(), []);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_comes_back_and_changes_nothing() {
    on_each(async |harness| {
        filled(&harness).await;
        let office = harness.token("county_office", &[PREFECTURE]);
        let housing = harness.bureau("bureau", "housing", &[PREFECTURE]);
        let security = harness.bureau("bureau", "social_security", &[PREFECTURE]);
        let prefecture = harness.token("prefecture_office", &[PREFECTURE]);
        for (service, table, token, rows) in [
            ("registry", "registry.divisions", &office, 8),
            ("registry", "registry.households", &office, 11),
            ("registry", "registry.members", &office, 25),
            ("assistance", "social_security.temporary_reliefs", &security, 7),
            ("assistance", "housing.renovation_cases", &housing, 2),
            ("partner-aid", "partner_aid.exchange_visits", &prefecture, 3),
        ] {
            // The bureaus may see accounts, not persons; partner aid has nothing to reveal.
            let reveals: &[Option<Reveal>] = match service {
                "registry" if table != "registry.divisions" => &[None, reveal(&[])],
                "assistance" => &[None, reveal(&["payments.account"])],
                _ => &[None],
            };
            for reveal in reveals {
                let place = format!("{table}, revealed: {}", reveal.is_some());
                let slices = match service {
                    "registry" => registry::slices(),
                    "assistance" => assistance::slices(),
                    _ => partner_aid::slices(),
                };
                let before = dump(&harness.databases[service], &slices).await;
                let (titles, exported) =
                    export(harness.client(service, token), table, reveal.clone()).await.unwrap();
                assert_eq!(titles.last().map(String::as_str), Some("系统编号"), "{place}");
                assert!(exported.len() >= rows, "{place}: {}", exported.len());
                let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
                let area = if table == "registry.divisions" { "220000" } else { PREFECTURE };
                for form_date in ["2017-10-15", "2015-12-31"] {
                    let part =
                        Part { header: header(table, area, form_date, &titles), rows: exported.clone() };
                    let steward = harness.client(service, &harness.token("data_steward", &[area]));
                    let done = whole(steward, &[part], 4).await.unwrap().remove(0);
                    let count = exported.len() as i64;
                    assert_eq!(
                        (done.reasons(), done.counts()),
                        (vec![], (count, count, 0, 0)),
                        "{place}, {form_date}"
                    );
                }
                let mut after = dump(&harness.databases[service], &slices).await;
                after.insert("import_job".to_owned(), before["import_job"].clone());
                after.insert("import_error".to_owned(), before["import_error"].clone());
                assert_same(&before, &after, &place);
            }
        }
    })
    .await;
}
