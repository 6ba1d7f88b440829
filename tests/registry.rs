//! The registry over gRPC, on both databases: import, standing, membership, both time axes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test ends by its panic")]

use proto::xiuhua::registry::v1 as p;
use proto::xiuhua::registry::v1::household_service_client::HouseholdServiceClient;
use suite::harness::{Harness, on_each};
use suite::table::{header, import, row};

const DIVISIONS: &[&str] = &["区划代码", "级别", "名称", "朝文名称", "上级区划代码", "是否农村", "起始日期"];
const HOUSEHOLDS: &[&str] = &[
    "县市",
    "乡镇",
    "行政村",
    "户编号",
    "户主姓名",
    "户主证件号码",
    "贫困户属性",
    "主要致贫原因",
    "识别年度",
    "脱贫属性",
];
const MEMBERS: &[&str] = &[
    "户编号",
    "人编号",
    "姓名",
    "性别",
    "证件号码",
    "出生日期",
    "与户主关系",
    "健康状况",
    "人员变动类型",
    "变动日期",
];

async fn places(harness: &Harness) {
    let token = harness.token("data_steward", &["220000"]);
    let rows = [
        row(&["220000", "省", "吉林省", "", "", "否", "1949-10-01"]),
        row(&["222400", "市州", "延边朝鲜族自治州", "연변", "220000", "否", "1952-09-03"]),
        row(&["222405", "县市", "龙井市", "룡정시", "222400", "否", "1988-07-01"]),
        row(&["222405100", "乡镇", "朝阳川镇", "", "222405", "是", "1988-07-01"]),
        row(&["222405100201", "行政村", "龙岩村", "", "222405100", "是", "1988-07-01"]),
        row(&["222406", "县市", "和龙市", "화룡시", "222400", "否", "1993-07-01"]),
    ];
    let done = import(
        harness.client("registry", &token),
        header("registry.divisions", "220000", "", DIVISIONS),
        &rows,
    )
    .await
    .unwrap();
    assert_eq!(done.reasons(), []);
    assert_eq!(done.counts(), (6, 0, 0, 0));
}

fn household(number: &str, id: &str, status: &str) -> Vec<String> {
    row(&["龙井市", "朝阳川镇", "龙岩村", number, "金顺子", id, "一般贫困户", "因病", "2014", status])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_household_sheet_creates_households_and_their_standing() {
    on_each(async |harness| {
        places(&harness).await;
        let token = harness.token("data_steward", &["222405"]);
        let client = || harness.client("registry", &token);
        let rows = [
            household("222405100201-1", "11010519491231002X", "未脱贫"),
            household("222405100201-2", "", "返贫"),
        ];
        let head = header("registry.households", "222405", "2015-12-31", HOUSEHOLDS);
        let done = import(client(), head, &rows).await.unwrap();
        assert_eq!(done.reasons(), []);
        assert_eq!(done.counts(), (2, 0, 0, 0));
        // The same file again says nothing new.
        let head = header("registry.households", "222405", "2015-12-31", HOUSEHOLDS);
        let again = import(client(), head, &rows).await.unwrap();
        assert_eq!(again.reasons(), []);
        assert_eq!(again.counts(), (2, 2, 0, 0));

        let members = [
            row(&[
                "222405100201-1",
                "r1",
                "金顺子",
                "女",
                "11010519491231002X",
                "",
                "户主",
                "健康、残疾",
                "",
                "",
            ]),
            row(&[
                "222405100201-1",
                "r2",
                "朴大山",
                "男",
                "",
                "1950-02-01",
                "配偶",
                "",
                "死亡",
                "2015-03-01",
            ]),
            row(&["222405100201-9", "r3", "李某", "男", "", "1950-02-01", "户主", "", "", ""]),
        ];
        let done = import(client(), header("registry.members", "222405", "2015-12-31", MEMBERS), &members)
            .await
            .unwrap();
        assert_eq!(done.reasons(), [(3, "户编号", "REFERENCE_NOT_FOUND")]);

        let mut households = HouseholdServiceClient::new(client());
        let list = p::ListHouseholdsRequest {
            as_of: "2015-12-31".to_owned(),
            ..p::ListHouseholdsRequest::default()
        };
        let found = households.list_households(list).await.unwrap().into_inner().households;
        let shown: Vec<(&str, i32, Option<i32>)> = found
            .iter()
            .map(|found| (found.household_no.as_str(), found.state, found.member_count))
            .collect();
        assert_eq!(shown, [("222405100201-1", 2, Some(1)), ("222405100201-2", 6, Some(0))]);
        assert_eq!(found[0].head_id_number, "11*************02X");
    })
    .await;
}
