//! Records of every scoped kind in one county or another.

use proto::xiuhua::partneraid::v1 as a;
use proto::xiuhua::partneraid::v1::agreement_service_client::AgreementServiceClient;

use crate::fixtures::{id_number, meta};
use crate::harness::{Harness, request_id};
use crate::table::{Imported, header, import, row};

/// A county of the fixtures with one of its villages.
#[derive(Debug, Clone, Copy)]
pub struct County {
    /// Code.
    pub code: &'static str,
    /// Name.
    pub name: &'static str,
    /// Name of the township.
    pub township: &'static str,
    /// Name of the village.
    pub village: &'static str,
    /// Code of the village.
    pub village_code: &'static str,
    /// Day of its visit to the partner city.
    pub visited_on: &'static str,
    /// Tells its people apart from those of other counties.
    pub sequence: u32,
}

/// 龙井市.
pub const LONGJING: County = County {
    code: "222405",
    name: "龙井市",
    township: "朝阳川镇",
    village: "龙岩村",
    village_code: "222405100201",
    visited_on: "2017-05-10",
    sequence: 101,
};

/// 和龙市.
pub const HELONG: County = County {
    code: "222406",
    name: "和龙市",
    township: "八家子镇",
    village: "上南村",
    village_code: "222406100201",
    visited_on: "2017-05-20",
    sequence: 301,
};

/// Columns of 户信息.
pub const HOUSEHOLDS: &[&str] = &[
    "县市",
    "乡镇",
    "行政村",
    "户编号",
    "户主姓名",
    "户主证件号码",
    "联系电话",
    "贫困户属性",
    "主要致贫原因",
    "识别年度",
    "脱贫属性",
    "开户银行",
    "银行账号",
];
/// Columns of 成员信息.
pub const MEMBERS: &[&str] = &[
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
/// Columns of the relief ledger.
pub const RELIEFS: &[&str] = &[
    "县市",
    "乡镇",
    "行政村",
    "户编号",
    "姓名",
    "证件号码",
    "救助原因",
    "救助人数",
    "是否低保对象",
    "申请日期",
    "批准日期",
    "批准金额(元)",
    "发放日期",
    "发放金额(元)",
    "银行账号",
];
/// Columns of the renovation ledger.
pub const RENOVATIONS: &[&str] = &[
    "乡镇",
    "行政村",
    "户主姓名",
    "证件号码",
    "对象类别",
    "家庭人口",
    "原房屋等级",
    "鉴定日期",
    "改造方式(修缮/重建)",
    "计划年度",
];
const VISITS: &[&str] = &["方向", "开始日期", "结束日期", "带队领导", "层级", "人数", "议题"];
const PLANS: &[&str] = &["指标", "年度", "地区", "类型", "数值", "单位", "文号", "下达日期"];

impl County {
    /// The number of its household.
    pub fn household_no(&self) -> String {
        format!("{}-1", self.village_code)
    }

    /// The ID number of its household's head, a woman born in 1955.
    pub fn head_id(&self) -> String {
        id_number("1955-03-08", self.sequence * 2)
    }

    /// The row of its household, with this telephone and account.
    pub fn household_row(&self, phone: &str, account: &str) -> Vec<String> {
        let (number, head) = (self.household_no(), self.head_id());
        row(&[
            self.name,
            self.township,
            self.village,
            &number,
            "金顺子",
            &head,
            phone,
            "一般贫困户",
            "因病",
            "2014",
            "未脱贫",
            "农村信用社",
            account,
        ])
    }

    /// The row of its household's head as a member.
    pub fn head_row(&self) -> Vec<String> {
        let (number, head, person) = (self.household_no(), self.head_id(), format!("{}-p1", self.code));
        row(&[&number, &person, "金顺子", "女", &head, "", "户主", "健康", "", ""])
    }
}

/// Imports rows as the county's data steward.
///
/// # Panics
/// Where the import is refused as a whole.
pub async fn load(
    harness: &Harness,
    county: &County,
    service: &str,
    table: &str,
    columns: &[&str],
    rows: &[Vec<String>],
) -> Imported {
    let token = harness.token("data_steward", &[county.code]);
    let form_date = if table.starts_with("registry.") { "2015-12-31" } else { "" };
    let head = header(table, county.code, form_date, columns);
    import(harness.client(service, &token), head, rows).await.expect("an import")
}

/// The tables of the housing programme, of income and of the partner's aid, with a row of each for a county.
fn ledgers(county: &County) -> Vec<(&'static str, &'static str, Vec<&'static str>, Vec<String>)> {
    let (number, head) = (county.household_no(), county.head_id());
    let project = format!("{}合作社", county.name);
    let titles = |text: &'static str| text.split(' ').collect();
    let cells =
        |own: &[&str]| row(&[[county.name, county.township, county.village].as_slice(), own].concat());
    vec![
        (
            "registry",
            "registry.incomes",
            titles(
                "户编号 年度 起始月 截止月 工资性收入 生产经营性收入 财产性收入 转移性收入 生产经营性支出 家庭纯收入 人均纯收入",
            ),
            row(&[&number, "2015", "2014-10", "2015-09", "0", "0", "0", "2000", "0", "2000", "2000"]),
        ),
        (
            "assistance",
            "housing.house_appraisals",
            titles("县市 乡镇 行政村 户主姓名 证件号码 房屋等级 鉴定日期 鉴定单位"),
            cells(&["金顺子", &head, "D", "2016-03-01", "鉴定站"]),
        ),
        (
            "assistance",
            "housing.relocation_cases",
            titles(
                "县市 乡镇 行政村 户主姓名 证件号码 批准搬迁人口 安置方式(集中/分散) 计划年度 协议日期 批准日期",
            ),
            cells(&["金顺子", &head, "1", "集中", "2017", "2017-03-01", "2017-03-10"]),
        ),
        (
            "assistance",
            "housing.water_works",
            titles("县市 乡镇 行政村 工程名称 供水方式 计划年度"),
            cells(&[&format!("{}饮水工程", county.village), "集中供水", "2017"]),
        ),
        (
            "assistance",
            "housing.water_checks",
            titles("县市 乡镇 行政村 户主姓名 证件号码 水量 水质 用水方便程度 供水保证率 评价日期"),
            cells(&["金顺子", &head, "达标", "达标", "达标", "达标", "2017-04-01"]),
        ),
        (
            "partner-aid",
            "partner_aid.partner_pairings",
            titles("县市 乡镇 行政村 结对类型 我方单位 协作方单位 结对日期"),
            cells(&["村", county.village, "慈溪市某村", "2017-03-30"]),
        ),
        (
            "partner-aid",
            "partner_aid.aid_funds",
            titles("县市 出资方 出资层级 年度 资金用途 安排金额(元) 安排日期"),
            row(&[county.name, "慈溪市", "区县", "2017", "产业", "1000000", "2017-04-01"]),
        ),
        (
            "partner-aid",
            "partner_aid.aid_projects",
            titles("县市 乡镇 行政村 项目名称 项目类别 援助方 计划年度 援助资金(元) 总投资(元) 批复日期"),
            cells(&[&project, "产业", "慈溪市", "2017", "500000", "800000", "2017-05-01"]),
        ),
        (
            "partner-aid",
            "partner_aid.aid_benefits",
            titles(
                "县市 乡镇 行政村 项目名称 计划年度 户主姓名 户主证件号码 受益人姓名 受益人证件号码 受益类型 受益起始日期",
            ),
            cells(&[&project, "2017", "金顺子", &head, "金顺子", &head, "计划", "2017-06-01"]),
        ),
    ]
}

/// An agreement of a county, which has no form.
async fn agree(harness: &Harness, county: &County) {
    let token = harness.token("data_steward", &[county.code]);
    let request = a::CreateAgreementRequest {
        request_id: request_id(),
        agreement: Some(a::Agreement {
            meta: meta(county.code, ""),
            title: format!("{}协作协议", county.name),
            level: a::AgreementLevel::County.into(),
            our_party: county.name.to_owned(),
            partner_party: "慈溪市".to_owned(),
            year: Some(2017),
            signed_on: "2017-03-30".to_owned(),
            ..a::Agreement::default()
        }),
        ..a::CreateAgreementRequest::default()
    };
    let client = harness.client("partner-aid", &token);
    AgreementServiceClient::new(client).create_agreement(request).await.expect("an agreement");
}

type Sheet = (&'static str, &'static str, &'static [&'static str], Vec<String>);

/// The tables of the register, of relief, renovation, visits and plans, with a row of each for a county.
fn sheets(county: &County) -> [Sheet; 6] {
    let (number, head) = (county.household_no(), county.head_id());
    let place = [county.township, county.village];
    [
        (
            "registry",
            "registry.households",
            HOUSEHOLDS,
            county.household_row("13844331234", "6222021234567891"),
        ),
        ("registry", "registry.members", MEMBERS, county.head_row()),
        (
            "assistance",
            "social_security.temporary_reliefs",
            RELIEFS,
            row(&[
                county.name,
                place[0],
                place[1],
                &number,
                "金顺子",
                &head,
                "重大疾病",
                "2",
                "否",
                "2017-03-01",
                "2017-03-10",
                "1200",
                "2017-03-20",
                "1200",
                "6222021234567891",
            ]),
        ),
        (
            "assistance",
            "housing.renovation_cases",
            RENOVATIONS,
            // Somebody outside the register: the household itself relocates.
            row(&[
                place[0],
                place[1],
                "李某",
                &id_number("1960-01-01", county.sequence * 2),
                "其他",
                "2",
                "D",
                "2017-01-10",
                "重建",
                "2017",
            ]),
        ),
        (
            "partner-aid",
            "partner_aid.exchange_visits",
            VISITS,
            row(&["延边赴宁波", county.visited_on, "2017-05-28", "县政府负责人", "县区", "8", "产业对接"]),
        ),
        (
            "assistance",
            "assistance.annual_plans",
            PLANS,
            row(&["housing.renovated", "2017", county.code, "计划", "40", "户", "文1", "2017-02-20"]),
        ),
    ]
}

/// Enters one record of every scoped kind into a county. The divisions are there.
///
/// # Panics
/// Where one of them is refused.
pub async fn enter(harness: &Harness, county: &County) {
    for (service, table, columns, cells) in sheets(county) {
        let done = load(harness, county, service, table, columns, &[cells]).await;
        assert_eq!(done.reasons(), [], "{table}");
        assert_eq!(done.counts().0, 1, "{table}");
    }
    for (service, table, columns, cells) in ledgers(county) {
        let done = load(harness, county, service, table, &columns, &[cells]).await;
        assert_eq!(done.reasons(), [], "{table}");
        assert_eq!(done.counts().0, 1, "{table}");
    }
    agree(harness, county).await;
}
