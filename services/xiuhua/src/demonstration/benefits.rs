//! The lists of households and persons who benefit from aid projects (受益户清单): a row a person.

use std::collections::HashMap;
use std::sync::Arc;

use super::SheetLoad;
use super::dice::{Dice, Purpose, allot, meet};
use super::fate::lives;
use super::partner_aid::{Project, projects};
use super::places::Places;
use super::population::Household;
use super::sheet::{Form, cells};

const FORM: Form = Form {
    table: "partner_aid.aid_benefits",
    title: "受益户清单",
    columns: "序号 县市 乡镇 行政村 项目编号 项目名称 计划年度 户主姓名 户主证件号码 受益人姓名 受益人证件号码 \
        受益类型 受益方式 预计年增收(元) 受益起始日期 受益终止日期",
    form_date: None,
};

/// Households that are to benefit from approved projects, and persons in them.
const HOUSEHOLDS: usize = 2_992;
const PERSONS: usize = 4_602;

/// Households in a thousand that benefit from a second project of their county as well.
const TWICE: u32 = 60;

/// Planned, and come already.
const PLANNED: &str = "计划受益";
const ACTUAL: &str = "实际受益";

/// The list of the county at this position.
pub(super) fn list(places: &Arc<Places>, seed: u64, county: usize) -> SheetLoad {
    FORM.of_county(places, county, move |places| rows(&places, seed, county))
}

/// What a project brings a household.
struct Benefit<'a> {
    project: Project,
    household: &'a Household,
    /// How many members benefit, the head first.
    persons: usize,
    basis: &'static str,
    expected_yuan: i32,
}

fn rows(places: &Places, seed: u64, county: usize) -> Vec<Vec<String>> {
    let mut dice = Dice::new(seed, Purpose::Benefits, county);
    let mut lives = lives(places, seed, county);
    dice.shuffle(&mut lives);
    let share = |total: usize| places.allot(total)[county];
    let mut poor = lives.iter().filter(|(_, fate)| fate.is_steady()).map(|(household, _)| household);
    let (approved, others): (Vec<Project>, Vec<Project>) = projects()
        .filter(|project| project.county == places.counties[county].code)
        .partition(Project::is_approved);
    let chosen: Vec<&Household> = poor.by_ref().take(share(HOUSEHOLDS)).collect();
    let mut benefits = planned(&mut dice, &approved, &chosen, share(PERSONS));
    // Links to projects that were never approved are counted nowhere.
    for project in others {
        for household in poor.by_ref().take(project.households) {
            let persons = 1 + dice.below(household.active().count());
            benefits.push(Benefit::new(&mut dice, project, household, persons, PLANNED));
        }
    }
    let order: HashMap<&str, usize> =
        projects().enumerate().map(|(index, project)| (project.number, index)).collect();
    benefits.sort_by_key(|benefit| (order[benefit.project.number], &benefit.household.number));
    let persons = benefits.iter().flat_map(|benefit| (0..benefit.persons).map(move |nth| (benefit, nth)));
    let numbered = persons.enumerate();
    numbered.map(|(index, (benefit, nth))| row(places, county, index + 1, benefit, nth)).collect()
}

/// Links the households to the approved projects by their weights, with exactly so many persons. A second
/// project brings the same persons or fewer, so that it adds nobody.
fn planned<'a>(
    dice: &mut Dice,
    approved: &[Project],
    chosen: &[&'a Household],
    persons: usize,
) -> Vec<Benefit<'a>> {
    let sizes: Vec<usize> = chosen.iter().map(|household| household.active().count()).collect();
    let mut counts: Vec<usize> =
        sizes.iter().map(|size| size - usize::from(dice.chance(200)).min(size - 1)).collect();
    meet(dice, &mut counts, &sizes, persons);
    let weights: Vec<usize> = approved.iter().map(|project| project.households).collect();
    let mut linked = chosen.iter().zip(counts);
    let mut benefits = Vec::new();
    for (position, share) in allot(chosen.len(), &weights).into_iter().enumerate() {
        for (household, persons) in linked.by_ref().take(share) {
            benefits.push(Benefit::new(dice, approved[position], household, persons, PLANNED));
            let second = &approved[(position + 1) % approved.len()];
            if approved.len() > 1 && second.households > 0 && dice.chance(TWICE) {
                let fewer = 1 + dice.below(persons);
                let basis = if dice.chance(250) { ACTUAL } else { PLANNED };
                benefits.push(Benefit::new(dice, *second, household, fewer, basis));
            }
        }
    }
    benefits
}

impl<'a> Benefit<'a> {
    fn new(
        dice: &mut Dice,
        project: Project,
        household: &'a Household,
        persons: usize,
        basis: &'static str,
    ) -> Self {
        Self { project, household, persons, basis, expected_yuan: dice.between(6, 50) * 50 }
    }
}

fn row(places: &Places, county: usize, ordinal: usize, benefit: &Benefit<'_>, nth: usize) -> Vec<String> {
    let Benefit { project, household, .. } = benefit;
    let (township, village) = places.place_names(household.village);
    let head = household.head();
    let person = household.active().nth(nth).unwrap_or(head);
    cells([
        &ordinal.to_string(),
        places.counties[county].name,
        township,
        village,
        project.number,
        project.title,
        project.plan_year,
        &head.name,
        &head.id_number,
        &person.name,
        &person.id_number,
        benefit.basis,
        project.mechanism,
        &benefit.expected_yuan.to_string(),
        project.benefits_from,
        "",
    ])
}
