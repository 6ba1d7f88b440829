//! What a row means for what is known: unchanged, changed from a day on, corrected, cleared, kept.

use proto::common::{ExportRowsRequest, ImportMode};
use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use suite::fixtures::{COUNTY, VILLAGE, divisions, reveal};
use suite::harness::{Client, Harness, on_each};
use suite::table::{header, row};

use super::sheets::{
    HOUSEHOLDS, MEMBERS, household, household_part, member_part, members, relief, relief_part, with,
};
use super::stream::{Part, exported, whole};

async fn read(harness: &Harness, number: &str, as_of: &str) -> p::Household {
    let token = harness.token("county_office", &[COUNTY]);
    let request = p::ListHouseholdsRequest {
        household_no: number.to_owned(),
        as_of: as_of.to_owned(),
        reveal: reveal(&[]),
        ..p::ListHouseholdsRequest::default()
    };
    let mut client = HouseholdServiceClient::new(harness.client("registry", &token));
    let page = client.list_households(request).await.unwrap().into_inner();
    page.households.into_iter().next().expect("a household of this number")
}

fn steward(harness: &Harness) -> Client {
    harness.client("registry", &harness.token("data_steward", &[COUNTY]))
}

async fn imported(harness: &Harness, part: Part) -> ((i64, i64, i64, i64), i64) {
    let done = whole(steward(harness), &[part], 10).await.unwrap().remove(0);
    assert_eq!(done.reasons(), []);
    (done.counts(), done.summary.blanks_kept)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_file_says_nothing_new() {
    on_each(async |harness| {
        divisions(&harness).await;
        let parts = || {
            [
                household_part((1..30).map(household).collect(), "2015-12-31"),
                member_part((1..30).flat_map(members).collect(), "2015-12-31"),
            ]
        };
        whole(steward(&harness), &parts(), 10).await.unwrap();
        let events = async || {
            harness.databases["registry"].all("SELECT count(*) FROM outbox", &[]).await.unwrap()[0].integer(0)
        };
        let before = events().await;
        for form_date in ["2015-12-31", "2016-12-31", "2014-06-30"] {
            let again = parts().map(|mut part| {
                form_date.clone_into(&mut part.header.form_date);
                part
            });
            let done = whole(steward(&harness), &again, 10).await.unwrap();
            for (table, part) in done.iter().zip(&again) {
                let rows = part.rows.len() as i64;
                assert_eq!((table.counts(), table.reasons()), ((rows, rows, 0, 0), vec![]), "{form_date}");
            }
        }
        assert_eq!(events().await, before);
        let reliefs = || relief_part((0..9).map(relief).collect());
        let client = || harness.client("assistance", &harness.token("data_steward", &[COUNTY]));
        whole(client(), &[reliefs()], 4).await.unwrap();
        assert_eq!(whole(client(), &[reliefs()], 4).await.unwrap()[0].counts(), (9, 9, 0, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_form_sent_again_says_nothing_new() {
    on_each(async |harness| {
        divisions(&harness).await;
        let sheet = |phone: &str, form_date: &str| {
            household_part(vec![with(household(1), HOUSEHOLDS, &[("联系电话", phone)])], form_date)
        };
        assert_eq!(imported(&harness, sheet("13844331111", "2015-12-31")).await.0, (1, 0, 0, 0));
        assert_eq!(imported(&harness, sheet("13944332222", "2016-12-31")).await.0, (1, 0, 1, 0));
        // In clear, and as an export of that day has it.
        for (phone, form_date) in
            [("13844331111", "2015-12-31"), ("138****1111", "2016-06-30"), ("139****2222", "2016-12-31")]
        {
            let again = imported(&harness, sheet(phone, form_date)).await.0;
            assert_eq!(again, (1, 1, 0, 0), "{phone} on {form_date}");
        }
        for (day, phone) in [("2016-12-30", "13844331111"), ("2016-12-31", "13944332222")] {
            assert_eq!(read(&harness, "h1", day).await.phone, phone);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_a_day_tells_of_its_members_as_they_were() {
    on_each(async |harness| {
        divisions(&harness).await;
        imported(&harness, household_part(vec![household(1)], "2015-12-31")).await;
        let (known, rows) = (members(1), members(1).len() as i64);
        imported(&harness, member_part(known.clone(), "2015-12-31")).await;
        let schooled = with(known[0].clone(), MEMBERS, &[("文化程度", "初中")]);
        assert_eq!(imported(&harness, member_part(vec![schooled], "2016-12-31")).await.0, (1, 0, 1, 0));
        let office = harness.token("county_office", &[COUNTY]);
        for (day, schooling) in [("2015-12-31", "小学"), ("2016-12-31", "初中")] {
            let request = ExportRowsRequest {
                table: "registry.members".to_owned(),
                as_of: day.to_owned(),
                ..ExportRowsRequest::default()
            };
            let (titles, form) = exported(harness.client("registry", &office), request).await.unwrap();
            let at = |title: &str| titles.iter().position(|known| known == title).unwrap();
            let head = form.iter().find(|row| row[at("与户主关系")] == "户主").unwrap();
            assert_eq!(head[at("文化程度")], schooling, "{day}");
            // Sent back as it is, it changes nothing on any day.
            let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
            let header = header("registry.members", COUNTY, day, &titles);
            let again = imported(&harness, Part { header, rows: form }).await.0;
            assert_eq!(again, (rows, rows, 0, 0), "{day}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_differing_row_changes_or_corrects() {
    on_each(async |harness| {
        divisions(&harness).await;
        let sheet = |changes: &[(&str, &str)], form_date: &str| {
            household_part(vec![with(household(1), HOUSEHOLDS, changes)], form_date)
        };
        assert_eq!(imported(&harness, sheet(&[], "2015-12-31")).await.0, (1, 0, 0, 0));
        let bank = async |day: &str| read(&harness, "h1", day).await.bank_name;
        // Another word on a later form is a change of the world on that day.
        assert_eq!(
            imported(&harness, sheet(&[("开户银行", "农业银行")], "2016-12-31")).await.0,
            (1, 0, 1, 0)
        );
        assert_eq!(
            (bank("2016-12-30").await.as_str(), bank("2016-12-31").await.as_str()),
            ("农村信用社", "农业银行")
        );
        // On the same form it is a correction of what the form said.
        assert_eq!(
            imported(&harness, sheet(&[("开户银行", "工商银行")], "2016-12-31")).await.0,
            (1, 0, 1, 0)
        );
        assert_eq!(
            (bank("2016-12-30").await.as_str(), bank("2016-12-31").await.as_str()),
            ("农村信用社", "工商银行")
        );
        // In mode CORRECTION it reaches what later periods only inherited.
        let mut corrected = sheet(&[("开户银行", "工商银行"), ("其他致贫原因1", "因学")], "2017-06-30");
        corrected.header.mode = ImportMode::Correction.into();
        corrected.header.reason = "复核".to_owned();
        assert_eq!(imported(&harness, corrected).await.0, (1, 0, 1, 0));
        for day in ["2014-12-31", "2017-06-30"] {
            let found = read(&harness, "h1", day).await;
            assert_eq!(found.other_causes, ["因学"], "{day}");
            assert_eq!(found.meta.unwrap().change_reason, "复核");
        }
        assert_eq!(bank("2016-12-30").await, "农村信用社");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blank_cells_keep_and_the_word_empty_clears() {
    on_each(async |harness| {
        divisions(&harness).await;
        imported(&harness, household_part(vec![household(1)], "2015-12-31")).await;
        let blank =
            with(household(1), HOUSEHOLDS, &[("联系电话", ""), ("开户银行", ""), ("耕地面积(亩)", "")]);
        let (counts, kept) = imported(&harness, household_part(vec![blank], "2016-12-31")).await;
        assert_eq!((counts, kept), ((1, 1, 0, 0), 3));
        let cleared = with(
            household(1),
            HOUSEHOLDS,
            &[("联系电话", "(空)"), ("耕地面积(亩)", "（空）"), ("开户银行", "")],
        );
        assert_eq!(imported(&harness, household_part(vec![cleared], "2016-12-31")).await, ((1, 0, 1, 0), 1));
        let found = read(&harness, "h1", "2016-12-31").await;
        assert_eq!((found.phone.as_str(), found.bank_name.as_str()), ("", "农村信用社"));
        assert_eq!(found.production.unwrap_or_default().cultivated_land_mu_x100, None);
        assert_eq!(read(&harness, "h1", "2016-12-30").await.phone, household(1)[6]);

        // A column that the file does not have is not about anything.
        let mut narrow = household_part(vec![], "2017-06-30");
        let keeps = ["县市", "乡镇", "行政村", "户编号", "户主姓名", "识别年度", "脱贫属性"];
        narrow.header.columns = keeps.map(str::to_owned).to_vec();
        let row = household(1);
        narrow.rows = vec![
            keeps
                .map(|title| row[HOUSEHOLDS.iter().position(|column| *column == title).unwrap()].clone())
                .to_vec(),
        ];
        assert_eq!(imported(&harness, narrow).await, ((1, 1, 0, 0), 0));
    })
    .await;
}

/// Two rows of a file about one record: both hold, and what figures count of it is both as well.
#[tokio::test(flavor = "multi_thread")]
async fn rows_about_one_record_add_up() {
    on_each(async |harness| {
        divisions(&harness).await;
        let token = harness.token("data_steward", &["220000"]);
        let columns = ["区划代码", "区划名称", "类型", "起始日期", "终止日期"];
        let rows = vec![
            row(&[VILLAGE, "龙岩村", "贫困村", "2014-12-31", ""]),
            row(&["222405", "龙井市", "国家扶贫开发工作重点县", "2012-03-19", ""]),
            row(&[VILLAGE, "龙岩村", "贫困村", "2017-06-30", ""]),
            row(&[VILLAGE, "龙岩村", "贫困村", "2014-12-31", "2017-01-01"]),
            row(&["222406", "", "", "", ""]),
        ];
        for size in [4, 1] {
            let header = header("registry.designations", "220000", "", &columns);
            let part = Part { header, rows: rows.clone() };
            let done = whole(harness.client("registry", &token), &[part], size).await.unwrap().remove(0);
            let expected = [(4, "", "DUPLICATE_IN_FILE"), (5, "类型", "FIELD_REQUIRED"), (5, "起始日期", "FIELD_REQUIRED")];
            assert_eq!(done.reasons(), expected, "{size}");
            let elements = "SELECT id, valid_from FROM division_designations WHERE superseded_at = $1 ORDER BY id, valid_from";
            let open = harness.databases["registry"].all(elements, &[i64::MAX.into()]).await.unwrap();
            let open: Vec<(&str, &str)> = open.iter().map(|row| (row.text(0), row.text(1))).collect();
            let expected = [("222405", "2012-03-19"), (VILLAGE, "2014-12-31"), (VILLAGE, "2017-06-30")];
            assert_eq!(open, expected, "{size} rows a batch");
        }
    })
    .await;
}
