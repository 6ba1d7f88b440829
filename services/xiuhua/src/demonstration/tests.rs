//! Counts the rows as the figures will be counted, and checks that they could have been written by a clerk.

mod fates;
mod housing;
mod partner_aid;
mod registry;
mod relief;
mod runs;

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use kernel::date::CivilDate;
use kernel::id_number::IdNumber;

use super::*;

const SEED: u64 = 20_171_001;

/// A row that is read by the titles of its columns.
struct Row {
    table: &'static str,
    area: &'static str,
    columns: Arc<[&'static str]>,
    cells: Vec<String>,
}

impl Row {
    fn get(&self, title: &str) -> &str {
        let position = self.columns.iter().position(|column| *column == title);
        &self.cells[position.unwrap_or_else(|| panic!("{} has no column {title}", self.table))]
    }

    fn number(&self, title: &str) -> i64 {
        self.get(title).parse().unwrap_or_else(|_| panic!("{} {title} {}", self.table, self.get(title)))
    }

    /// An amount in fen, an area in hundredths.
    fn hundredths(&self, title: &str) -> i64 {
        let (whole, part) = self.get(title).split_once('.').unwrap_or((self.get(title), "00"));
        assert_eq!(part.len(), 2);
        whole.parse::<i64>().unwrap() * 100 + part.parse::<i64>().unwrap()
    }

    /// Days under these titles, in their order, those that are there; asserts that none stands before an
    /// earlier one and none lies after the day of the report.
    fn ordered(&self, titles: &[&str]) -> Vec<CivilDate> {
        let days: Vec<Option<CivilDate>> = titles.iter().map(|title| self.date(title)).collect();
        let there: Vec<CivilDate> = days.iter().flatten().copied().collect();
        assert!(there.is_sorted() && there.iter().all(|day| *day <= days::last_day()), "{:?}", self.cells);
        // A step is never there without the one before it.
        assert!(days.windows(2).all(|pair| pair[0].is_some() || pair[1].is_none()), "{:?}", self.cells);
        there
    }

    fn date(&self, title: &str) -> Option<CivilDate> {
        let text = self.get(title);
        (!text.is_empty()).then(|| CivilDate::parse(text).unwrap())
    }

    /// Whether the date is there and lies between the days, both included.
    fn within(&self, title: &str, first: &str, last: &str) -> bool {
        !self.get(title).is_empty() && (first..=last).contains(&self.get(title))
    }
}

fn sheets(seed: u64) -> impl Iterator<Item = SheetLoad> {
    Demonstration::new(seed).loads().into_iter().filter_map(|load| match load {
        Load::Sheet(sheet) => Some(sheet),
        Load::Snapshot(_) => None,
    })
}

static HOUSEHOLDS: LazyLock<Vec<Row>> = LazyLock::new(|| rows("registry.households"));
/// Members as they stood at the end of 2015.
static MEMBERS: LazyLock<Vec<Row>> = LazyLock::new(|| members_of("2015-12-31"));
/// Members who left or were born in 2017.
static CHANGES: LazyLock<Vec<Row>> = LazyLock::new(|| members_of("2017-06-30"));
/// Incomes of 2015 and of 2016.
static INCOMES: LazyLock<[Vec<Row>; 2]> = LazyLock::new(|| {
    let (of_2015, of_2016) = rows("registry.incomes").into_iter().partition(|row| row.get("年度") == "2015");
    [of_2015, of_2016]
});
static EXITS: LazyLock<Vec<Row>> = LazyLock::new(|| rows("registry.exits"));
static REMOVALS: LazyLock<Vec<Row>> = LazyLock::new(|| rows("registry.removals"));
static GAZETTEER: LazyLock<Gazetteer> = LazyLock::new(Gazetteer::new);

fn members_of(form_date: &str) -> Vec<Row> {
    let of_day = |sheet: &SheetLoad| sheet.table == "registry.members" && sheet.form_date == Some(form_date);
    sheets(SEED).filter(of_day).flat_map(read).collect()
}

/// All rows of the sheets of `table`.
fn rows(table: &str) -> Vec<Row> {
    let found: Vec<Row> = sheets(SEED).filter(|sheet| sheet.table == table).flat_map(read).collect();
    assert!(!found.is_empty(), "no sheet of {table}");
    found
}

fn read(sheet: SheetLoad) -> impl Iterator<Item = Row> {
    let SheetLoad { table, area, columns, rows, .. } = sheet;
    let columns: Arc<[&'static str]> = columns.into();
    rows.map(move |cells| {
        assert_eq!(cells.len(), columns.len(), "{table}");
        Row { table, area, columns: Arc::clone(&columns), cells }
    })
}

fn count(rows: &[Row], holds: impl Fn(&Row) -> bool) -> usize {
    rows.iter().filter(|row| holds(row)).count()
}

/// Codes of villages by the names of their counties, townships and their own.
struct Gazetteer {
    villages: HashMap<(String, String, String), String>,
    townships: HashSet<(String, String)>,
    counties: HashMap<String, String>,
}

impl Gazetteer {
    fn new() -> Self {
        let divisions = rows("registry.divisions");
        let names: HashMap<String, String> = divisions
            .iter()
            .map(|row| (row.get("区划代码").to_owned(), row.get("名称").to_owned()))
            .collect();
        let of_level = |level: &'static str| divisions.iter().filter(move |row| row.get("级别") == level);
        let mut villages = HashMap::new();
        for village in of_level("行政村") {
            let code = village.get("区划代码").to_owned();
            let key = (names[&code[..6]].clone(), names[&code[..9]].clone(), village.get("名称").to_owned());
            assert!(villages.insert(key, code).is_none(), "a place name stands twice");
        }
        let townships = of_level("乡镇")
            .map(|row| (names[row.get("上级区划代码")].clone(), row.get("名称").to_owned()))
            .collect();
        let counties = of_level("县市").chain(of_level("市州"));
        let counties = counties.map(|row| (row.get("区划代码").to_owned(), row.get("名称").to_owned()));
        Self { villages, townships, counties: counties.collect() }
    }

    /// Code of the village that a row of a county's sheet names.
    fn village(&self, row: &Row) -> &str {
        let county = self.counties[row.area].clone();
        assert!(!row.columns.contains(&"县市") || row.get("县市") == county);
        let key = (county, row.get("乡镇").to_owned(), row.get("行政村").to_owned());
        self.villages.get(&key).unwrap_or_else(|| panic!("no village {key:?}"))
    }

    /// Whether the row of a sheet of the prefecture names a place that exists, as far as it names one.
    fn knows(&self, row: &Row) -> bool {
        let [county, township, village] = ["县市", "乡镇", "行政村"].map(|title| {
            if row.columns.contains(&title) { row.get(title).to_owned() } else { String::new() }
        });
        self.counties.values().any(|name| *name == county)
            && (township.is_empty() || self.townships.contains(&(county.clone(), township.clone())))
            && (village.is_empty() || self.villages.contains_key(&(county, township, village)))
    }
}

/// A household as all sheets together leave it in the register.
struct Known {
    row: &'static Row,
    /// Members at the end of 2015: ID number and name, the head first.
    members: Vec<(&'static str, &'static str)>,
    /// Day of the exit, if it was approved.
    exited: Option<CivilDate>,
    /// Ground and day of the removal of the whole household.
    removed: Option<(&'static str, CivilDate)>,
    /// ID number of the member who was removed alone.
    removed_member: Option<&'static str>,
}

impl Known {
    /// Whether it is poor on the day, as is known in the end.
    fn is_poor_on(&self, day: CivilDate) -> bool {
        let registered = CivilDate::end_of_year(self.row.number("识别年度") as i32);
        let removed = self.removed.is_some_and(|(ground, on)| ground == "错评" || on <= day);
        registered <= day && self.exited.is_none_or(|on| day < on) && !removed
    }
}

/// The register by the households' numbers.
static REGISTER: LazyLock<HashMap<&'static str, Known>> = LazyLock::new(|| {
    let mut register: HashMap<&str, Known> = HOUSEHOLDS
        .iter()
        .map(|row| {
            let none = Known { row, members: Vec::new(), exited: None, removed: None, removed_member: None };
            (row.get("户编号"), none)
        })
        .collect();
    for member in MEMBERS.iter().filter(|row| row.get("变动日期").is_empty()) {
        let known = register.get_mut(member.get("户编号")).unwrap();
        known.members.push((member.get("证件号码"), member.get("姓名")));
    }
    for exit in EXITS.iter() {
        register.get_mut(exit.get("户编号")).unwrap().exited = exit.date("县批准日期");
    }
    for removal in REMOVALS.iter() {
        let known = register.get_mut(removal.get("户编号")).unwrap();
        match removal.get("清退人员证件号码") {
            "" => known.removed = Some((removal.get("清退原因"), removal.date("县批准日期").unwrap())),
            member => known.removed_member = Some(member),
        }
    }
    register
});

/// Numbers of the households by their heads' ID numbers.
static HEADS: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| HOUSEHOLDS.iter().map(|row| (row.get("户主证件号码"), row.get("户编号"))).collect());

/// The household whose head has the ID number.
fn of_head(id_number: &str) -> Option<&'static Known> {
    HEADS.get(id_number).map(|number| &REGISTER[number])
}
