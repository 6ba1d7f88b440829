//! Sheets as an office keeps them.

use suite::fixtures::{COUNTY, id_number};
use suite::table::header;

use super::stream::Part;

pub(crate) const HOUSEHOLDS: &[&str] = &[
    "县市",
    "乡镇",
    "行政村",
    "户编号",
    "户主姓名",
    "户主证件号码",
    "联系电话",
    "贫困户属性",
    "主要致贫原因",
    "其他致贫原因1",
    "识别年度",
    "脱贫属性",
    "耕地面积(亩)",
    "开户银行",
    "银行账号",
];
pub(crate) const MEMBERS: &[&str] = &[
    "户编号",
    "人编号",
    "姓名",
    "性别",
    "证件号码",
    "残疾证号",
    "出生日期",
    "民族",
    "与户主关系",
    "文化程度",
    "健康状况",
    "务工时间(月)",
    "人员变动类型",
    "变动日期",
];
pub(crate) const RELIEFS: &[&str] = &[
    "县市",
    "乡镇",
    "行政村",
    "姓名",
    "证件号码",
    "救助原因",
    "救助人数",
    "申请日期",
    "批准日期",
    "批准金额(元)",
    "发放日期",
    "发放金额(元)",
    "银行账号",
    "备注",
];

fn owned(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

/// A household's row; the number decides all the rest.
pub(crate) fn household(number: usize) -> Vec<String> {
    let village = ["龙岩村", "光石村"][number % 2];
    let status = ["未脱贫", "已脱贫(享受政策)", "返贫", "已脱贫(不再享受政策)"][number % 4];
    let head = id_number("1950-02-03", number as u32);
    let phone = format!("138443{number:05}");
    let land = format!("{number}.25");
    let account = format!("62284800123456{number:05}");
    owned(&[
        "龙井市",
        "朝阳川镇",
        village,
        &format!("h{number}"),
        "金顺子",
        &head,
        &phone,
        "一般贫困户",
        "因病",
        ["", "因残"][number % 2],
        "2014",
        status,
        &land,
        "农村信用社",
        &account,
    ])
}

/// Members of a household: the head, a spouse without number, and in some a child.
pub(crate) fn members(number: usize) -> Vec<Vec<String>> {
    let household = format!("h{number}");
    let head = id_number("1950-02-03", number as u32);
    let mut rows = vec![
        owned(&[
            &household,
            "",
            "金顺子",
            "",
            &head,
            "",
            "",
            "朝鲜族",
            "户主",
            "小学",
            "健康、残疾",
            "3",
            "",
            "",
        ]),
        owned(&[
            &household,
            &format!("r{number}"),
            "朴大山",
            "男",
            "",
            "",
            "1951-02-01",
            "汉族",
            "配偶",
            "",
            "长期慢性病",
            "",
            "",
            "",
        ]),
    ];
    if number.is_multiple_of(3) {
        let child = id_number("2011-05-06", number as u32);
        rows.push(owned(&[
            &household,
            &format!("k{number}"),
            "朴小山",
            "",
            &child,
            "",
            "",
            "朝鲜族",
            "子",
            "",
            "健康",
            "",
            "出生",
            "2011-05-06",
        ]));
    }
    rows
}

/// A relief's row; several numbers may make the same one.
pub(crate) fn relief(number: usize) -> Vec<String> {
    let id = id_number("1948-07-09", (number % 3) as u32);
    owned(&[
        "龙井市",
        "朝阳川镇",
        "龙岩村",
        "李哲洙",
        &id,
        "重大疾病",
        "2",
        "2017-02-01",
        "2017-02-20",
        "3000.50",
        "2017-03-01",
        "3000.50",
        "6228480012345678901",
        &format!("第{number}行"),
    ])
}

pub(crate) fn household_part(rows: Vec<Vec<String>>, form_date: &str) -> Part {
    Part { header: header("registry.households", COUNTY, form_date, HOUSEHOLDS), rows }
}

pub(crate) fn member_part(rows: Vec<Vec<String>>, form_date: &str) -> Part {
    Part { header: header("registry.members", COUNTY, form_date, MEMBERS), rows }
}

pub(crate) fn relief_part(rows: Vec<Vec<String>>) -> Part {
    Part { header: header("social_security.temporary_reliefs", COUNTY, "", RELIEFS), rows }
}

/// The same with other words in one cell.
pub(crate) fn with(mut row: Vec<String>, columns: &[&str], changes: &[(&str, &str)]) -> Vec<String> {
    for (title, text) in changes {
        let column = columns.iter().position(|column| column == title).expect("a column of the sheet");
        (*text).clone_into(&mut row[column]);
    }
    row
}
