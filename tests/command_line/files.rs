//! Files as clerks save them.

use suite::fixtures::id_number;

/// Divisions of a county.
pub(crate) const DIVISIONS: &str = "\
区划代码,级别,名称,朝文名称,上级区划代码,是否农村,起始日期
220000,省,吉林省,길림성,,否,1949-10-01
222400,市州,延边朝鲜族自治州,연변조선족자치주,220000,否,1952-09-03
222405,县市,龙井市,룡정시,222400,否,1988-07-01
222405100,乡镇,朝阳川镇,,222405,是,1988-07-01
222405100201,行政村,龙岩村,,222405100,是,1988-07-01
222405100202,行政村,光石村,,222405100,是,1988-07-01
";

/// An ID number whose last letter is another than its checksum.
pub(crate) const WRONG_ID: &str = "110105194912310021";
/// The same with its checksum.
pub(crate) const RIGHT_ID: &str = "11010519491231002X";

/// A sheet with a title and notes above its header.
pub(crate) struct Sheet {
    title: &'static str,
    header: &'static str,
    rows: Vec<String>,
}

impl Sheet {
    /// Four households; the first and the third have a mistake each, and a blank row stands between.
    pub(crate) fn of_households() -> Self {
        let row = |village: &str, number: &str, name: &str, id: &str| {
            format!("龙井市,朝阳川镇,{village},{number},{name},{id},一般贫困户,因病,2014,未脱贫")
        };
        Self {
            title: "户信息",
            header: "县市,乡镇,行政村,户编号,户主姓名,户主证件号码,贫困户属性,主要致贫原因,识别年度,脱贫属性",
            rows: vec![
                row("龙岩村", "2224051002010001", "金顺子", WRONG_ID),
                row("龙岩村", "2224051002010002", "\"朴,大山\"", &id_number("1950-02-01", 1)),
                row("没有的村", "2224051002020001", "李明", &id_number("1961-11-30", 2)),
                row("光石村", "2224051002020002", "崔英", ""),
            ],
        }
    }

    /// Their members.
    pub(crate) fn of_members() -> Self {
        let row = |household: &str, number: &str, name: &str, sex: &str, id: &str, relation: &str| {
            format!("{household},{number},{name},{sex},{id},,{relation},健康")
        };
        Self {
            title: "成员信息",
            header: "户编号,人编号,姓名,性别,证件号码,出生日期,与户主关系,健康状况",
            rows: vec![
                row("2224051002010001", "r1", "金顺子", "女", RIGHT_ID, "户主"),
                row("2224051002010002", "r2", "\"朴,大山\"", "男", &id_number("1950-02-01", 1), "户主"),
                row("2224051002010002", "r3", "朴小山", "男", &id_number("1988-05-05", 3), "之子"),
                row("2224051002020001", "r4", "李明", "女", &id_number("1961-11-30", 2), "户主"),
                row("2224051002020002", "r5", "崔英", "女", &id_number("1970-01-01", 4), "户主"),
            ],
        }
    }

    /// As spreadsheets save it: marked as UTF-8, lines ended as on Windows, the title and a note in cells of their own.
    pub(crate) fn as_saved(&self) -> String {
        let commas = ",".repeat(self.header.split(',').count() - 1);
        let above = [format!("{}{commas}", self.title), format!("填报单位:龙井市扶贫办{commas}")];
        let lines = above.iter().map(String::as_str).chain(["", self.header]);
        let lines: Vec<&str> = lines.chain(self.rows.iter().map(String::as_str)).collect();
        format!("\u{feff}{}\r\n", lines.join("\r\n"))
    }
}

/// The cells of a csv text.
pub(crate) fn rows(text: &str) -> Vec<Vec<String>> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}
