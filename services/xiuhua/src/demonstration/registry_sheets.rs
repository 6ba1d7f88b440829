//! The sheets of the registry with which it begins: divisions, designations, outside counts, households and
//! members.

use std::sync::Arc;

use super::SheetLoad;
use super::member::Member;
use super::places::{PREFECTURE, PREFECTURE_NAME, PROVINCE, Places, PoorVillage};
use super::population::{Household, population};
use super::sheet::{Form, cells, decimal, yes_no};

/// Day for which the forms on households and members speak.
pub(super) const FORM_DATE: &str = "2015-12-31";
/// Day from which every division exists.
const ESTABLISHED: &str = "2000-01-01";

/// Columns of households, as titled on the form.
const HOUSEHOLD_COLUMNS: &str = "序号 市州 县市 乡镇 行政村 村民小组 户编号 户主姓名 户主证件号码 联系电话 识别标准 \
    贫困户属性 主要致贫原因 其他致贫原因1 其他致贫原因2 识别年度 脱贫属性 耕地面积(亩) \
    林地面积(亩) 住房面积(平方米) 住房等级 是否解决安全饮用水 是否通生活用电 \
    与村主干路距离(公里) 开户银行 银行账号";

/// Columns of members, as titled on the form.
pub(super) const MEMBER_COLUMNS: &str = "户编号 人编号 姓名 性别 证件号码 残疾证号 出生日期 民族 与户主关系 文化程度 在校生状况 \
    健康状况 劳动技能 务工区域 务工时间(月) 是否参加城乡居民基本医疗保险 是否参加大病保险 \
    是否参加城乡居民基本养老保险 是否享受低保 是否特困供养 人员变动类型 变动日期";

const DIVISIONS: Form = Form {
    table: "registry.divisions",
    title: "行政区划·区划",
    columns: "区划代码 级别 名称 朝文名称 上级区划代码 是否农村 起始日期",
    form_date: None,
};

const DESIGNATIONS: Form = Form {
    table: "registry.designations",
    title: "行政区划·贫困村名单",
    columns: "区划代码 区划名称 类型 起始日期 终止日期 计划脱贫年度",
    form_date: None,
};

const STATISTICS: Form = Form {
    table: "registry.division_statistics",
    title: "基础数据",
    columns: "区划代码 统计项目 统计日期 数值 误差 来源",
    form_date: None,
};

const HOUSEHOLDS: Form = Form {
    table: "registry.households",
    title: "户主及成员信息·户信息",
    columns: HOUSEHOLD_COLUMNS,
    form_date: Some(FORM_DATE),
};

const MEMBERS: Form = Form {
    table: "registry.members",
    title: "户主及成员信息·成员信息",
    columns: MEMBER_COLUMNS,
    form_date: Some(FORM_DATE),
};

/// 行政区划·区划.
pub(super) fn divisions(places: &Arc<Places>) -> SheetLoad {
    let places = Arc::clone(places);
    DIVISIONS.of_prefecture(move || division_rows(&places))
}

fn division_rows(places: &Places) -> Vec<Vec<String>> {
    let row = |code: &str, level: &str, names: [&str; 2], parent: &str, rural: bool| {
        let rural = if rural { "是" } else { "否" };
        cells([code, level, names[0], names[1], parent, rural, ESTABLISHED])
    };
    let mut rows = vec![
        row(PROVINCE, "省", ["吉林省", "길림성"], "", false),
        row(PREFECTURE, "市州", [PREFECTURE_NAME, "연변조선족자치주"], PROVINCE, false),
    ];
    for county in &places.counties {
        rows.push(row(county.code, "县市", [county.name, county.name_ko], PREFECTURE, false));
    }
    for township in &places.townships {
        let parent = places.counties[township.county].code;
        rows.push(row(&township.code, "乡镇", [township.name, township.name_ko], parent, township.rural));
    }
    for village in &places.villages {
        let parent = &places.townships[village.township].code;
        rows.push(row(&village.code, "行政村", [&village.name, &village.name_ko], parent, true));
    }
    rows
}

/// 行政区划·贫困村名单.
pub(super) fn designations(places: &Arc<Places>) -> SheetLoad {
    let places = Arc::clone(places);
    DESIGNATIONS.of_prefecture(move || designation_rows(&places))
}

/// Counties, the poor townships in them (all but every ninth rural one of the five counties), poor villages.
fn designation_rows(places: &Places) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for county in &places.counties {
        if let Some(kind) = county.designation {
            let planned = if kind == "省定片区县" { "2017" } else { "2018" };
            rows.push(cells([county.code, county.name, kind, "2012-03-19", "", planned]));
        }
    }
    let townships = places
        .townships
        .iter()
        .filter(|township| township.rural && places.counties[township.county].designation.is_some());
    for (_, township) in townships.enumerate().filter(|(index, _)| index % 9 != 8) {
        rows.push(cells([&township.code, township.name, "贫困乡镇", "2014-06-30", "", "2018"]));
    }
    for (index, village) in places.villages.iter().enumerate() {
        let planned = ["2016", "2017", "2018"][index % 3];
        let days = match village.poor {
            PoorVillage::Never => continue,
            PoorVillage::InForce => ["2014-06-30", "", planned],
            PoorVillage::Ended => ["2012-03-19", "2014-06-30", ""],
            PoorVillage::Later => ["2016-07-01", "", "2018"],
        };
        let [from, to, planned] = days;
        rows.push(cells([&village.code, &village.name, "贫困村", from, to, planned]));
    }
    rows
}

/// 基础数据. The rows of the prefecture and of the province are outside counts with their source; those of the
/// counties are made up and sum to the prefecture's.
pub(super) fn statistics(places: &Arc<Places>) -> SheetLoad {
    const MADE_UP: &str = "演示数据(合成),各县市之和为全州数";
    let row = |code: &str, kind: &str, value: &str, tolerance: &str, source: &str| {
        cells([code, kind, FORM_DATE, value, tolerance, source])
    };
    let population = "农村户籍人口";
    let mut rows = vec![
        row(
            PREFECTURE,
            population,
            "636000",
            "500",
            "外部数据:公开人口资料(2015年末户籍人口213.6万,其中城镇150.0万),zhongguozhaoshang.com/zfzs/297",
        ),
        row(
            PROVINCE,
            "建档立卡贫困村数",
            "1490",
            "3",
            "外部数据:公开报道(全省1500个贫困村),zhuanti.cnjiwang.com/201610/2242310;精确值由304÷20.4%推算",
        ),
        row(
            PROVINCE,
            "建档立卡贫困人口数",
            "703322",
            "2910",
            "外部数据:公开资料(全省建档立卡贫困人口70万),dlcga.cn/show-2402;精确值由85102÷12.1%推算",
        ),
    ];
    for county in &places.counties {
        rows.push(row(county.code, population, &county.rural_population.to_string(), "0", MADE_UP));
    }
    STATISTICS.of_prefecture(move || rows)
}

/// 户主及成员信息·户信息 of the county at this position.
pub(super) fn households(places: &Arc<Places>, seed: u64, county: usize) -> SheetLoad {
    HOUSEHOLDS.of_county(places, county, move |places| {
        let households = population(&places, seed, county).into_iter().enumerate();
        households.map(move |(index, household)| household_row(&places, county, index + 1, &household))
    })
}

fn household_row(places: &Places, county: usize, ordinal: usize, household: &Household) -> Vec<String> {
    let (township, village) = places.place_names(household.village);
    let ordinal = ordinal.to_string();
    let identified_year = household.identified_year.to_string();
    let [cultivated, forest, floor, road] = household.measures.map(decimal);
    let [main, first, second] = household.causes;
    let head = household.head();
    let safe_water = yes_no(household.safe_water);
    let electricity = yes_no(household.electricity);
    cells([
        &ordinal,
        PREFECTURE_NAME,
        places.counties[county].name,
        township,
        village,
        household.group,
        &household.number,
        &head.name,
        &head.id_number,
        &household.phone,
        household.standard,
        household.attribute,
        main,
        first,
        second,
        &identified_year,
        household.standing,
        &cultivated,
        &forest,
        &floor,
        household.house_grade,
        &safe_water,
        &electricity,
        &road,
        &household.bank,
        &household.account,
    ])
}

/// 户主及成员信息·成员信息 of the county at this position.
pub(super) fn members(places: &Arc<Places>, seed: u64, county: usize) -> SheetLoad {
    MEMBERS.of_county(places, county, move |places| {
        population(&places, seed, county).into_iter().flat_map(|household| {
            let Household { number, members, .. } = household;
            members.into_iter().map(move |member| {
                let (change, day) = member.left.unzip();
                let day = day.map(|day| day.to_string()).unwrap_or_default();
                member_row(&number, &member, [change.unwrap_or_default(), &day])
            })
        })
    })
}

/// A row of 成员信息 for a member of the household with this number; what changed and when, both empty if nothing
/// did.
pub(super) fn member_row(household: &str, member: &Member, [change, changed_on]: [&str; 2]) -> Vec<String> {
    let circumstances = &member.circumstances;
    let (work_area, months) = circumstances.work.unwrap_or_default();
    let months = if work_area.is_empty() { String::new() } else { months.to_string() };
    let (birth, health) = (member.birth.to_string(), member.health.label());
    let [medical, pension] = [circumstances.medical_insurance, circumstances.pension_insurance].map(yes_no);
    let [dibao, tekun] = [member.dibao, member.tekun].map(yes_no);
    cells([
        household,
        &member.number,
        &member.name,
        if member.slot.male { "男" } else { "女" },
        &member.id_number,
        &member.certificate,
        &birth,
        member.lineage.ethnicity,
        member.slot.relation.label(member.slot.male),
        circumstances.schooling,
        circumstances.school_stage,
        &health,
        circumstances.labour,
        work_area,
        &months,
        &medical,
        // The serious-illness insurance comes with the basic one.
        &medical,
        &pension,
        &dibao,
        &tekun,
        change,
        changed_on,
    ])
}
