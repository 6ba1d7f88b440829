//! Appraisals of houses (危房鉴定表): of those that are renovated, of dangerous ones that wait, and of safe ones.

use std::collections::HashSet;
use std::sync::Arc;

use kernel::date::CivilDate;

use super::SheetLoad;
use super::days::day_in;
use super::dice::{Dice, Purpose};
use super::fate::lives;
use super::places::Places;
use super::population::Household;
use super::renovation::{Case, cases};
use super::sheet::{Form, cells, decimal};

const FORM: Form = Form {
    table: "housing.house_appraisals",
    title: "危房鉴定表",
    columns: "序号 县市 乡镇 行政村 户主姓名 证件号码 房屋等级 鉴定日期 鉴定单位 建筑面积(平方米) 结构",
    form_date: None,
};

/// Appraisals that led to a renovation, of dangerous houses that wait, of safe houses; of the whole
/// prefecture.
const RENOVATED: usize = 2_700;
const WAITING: usize = 1_300;
const SAFE: usize = 1_000;

/// The sheet of the county at this position.
pub(super) fn sheet(places: &Arc<Places>, seed: u64, county: usize) -> SheetLoad {
    FORM.of_county(places, county, move |places| rows(&places, seed, county))
}

/// One appraisal.
struct Appraisal {
    day: CivilDate,
    village: usize,
    name: String,
    id_number: String,
    grade: &'static str,
    /// Floor area in hundredths of a square metre.
    floor: i32,
}

impl Appraisal {
    fn of_case(case: &Case) -> Self {
        let applicant = &case.applicant;
        Self {
            day: case.appraised(),
            village: applicant.village,
            name: applicant.name.clone(),
            id_number: applicant.id_number.clone(),
            grade: if applicant.ruined { "D" } else { "C" },
            floor: applicant.floor,
        }
    }

    fn of_household(dice: &mut Dice, household: &Household) -> Self {
        Self {
            day: day_in(dice, [(2016, 3, 1), (2017, 9, 15)]),
            village: household.village,
            name: household.head().name.clone(),
            id_number: household.head().id_number.clone(),
            grade: household.house_grade,
            floor: household.measures[2],
        }
    }
}

fn rows(places: &Places, seed: u64, county: usize) -> Vec<Vec<String>> {
    let mut lives = lives(places, seed, county);
    let mut cases = cases(&mut Dice::new(seed, Purpose::Renovation, county), places, county, &lives);
    let mut dice = Dice::new(seed, Purpose::Appraisals, county);
    let share = |total: usize| places.allot(total)[county];
    let renovating: HashSet<String> = cases.iter().map(|case| case.applicant.id_number.clone()).collect();
    dice.shuffle(&mut cases);
    let mut appraisals: Vec<Appraisal> =
        cases.iter().take(share(RENOVATED)).map(Appraisal::of_case).collect();
    dice.shuffle(&mut lives);
    for (safe, total) in [(false, WAITING), (true, SAFE)] {
        let houses = lives.iter().filter(|(household, fate)| {
            let renovates = renovating.contains(&household.head().id_number);
            household.has_safe_house() == safe && fate.relocation.is_none() && !renovates
        });
        let houses = houses.take(share(total));
        appraisals.extend(houses.map(|(household, _)| Appraisal::of_household(&mut dice, household)));
    }
    appraisals.sort_by(|one, other| (one.day, &one.id_number).cmp(&(other.day, &other.id_number)));
    let numbered = appraisals.iter().enumerate();
    numbered.map(|(index, appraisal)| row(&mut dice, places, county, index + 1, appraisal)).collect()
}

fn row(
    dice: &mut Dice,
    places: &Places,
    county: usize,
    ordinal: usize,
    appraisal: &Appraisal,
) -> Vec<String> {
    let county = &places.counties[county];
    let (township, village) = places.place_names(appraisal.village);
    let structure = match appraisal.grade {
        "A" => "砖混",
        "B" => "砖木",
        _ if dice.chance(550) => "土木",
        _ => "砖木",
    };
    cells([
        &ordinal.to_string(),
        county.name,
        township,
        village,
        &appraisal.name,
        &appraisal.id_number,
        appraisal.grade,
        &appraisal.day.to_string(),
        &format!("{}住房和城乡建设局", county.name),
        &decimal(appraisal.floor),
        structure,
    ])
}
