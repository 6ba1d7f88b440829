//! Natural changes of 2017, on the form of members again: who died or left, and children that were born.

use std::sync::Arc;

use super::SheetLoad;
use super::composition::{Relation, Slot};
use super::days::day_in;
use super::dice::{Dice, Purpose};
use super::fate::{MemberChange, lives};
use super::identity::{Identities, Kind};
use super::member::{Circumstances, Health, Member};
use super::places::Places;
use super::population::Household;
use super::registry_sheets::{MEMBER_COLUMNS, member_row};
use super::sheet::Form;

const FORM: Form = Form {
    table: "registry.members",
    title: "户主及成员信息·成员信息·2017年自然变更",
    columns: MEMBER_COLUMNS,
    form_date: Some("2017-06-30"),
};

/// First and last day of the changes.
const DAYS: [(i32, u32, u32); 2] = [(2017, 1, 4), (2017, 6, 28)];

/// The sheet of the county at this position.
pub(super) fn sheet(places: &Arc<Places>, seed: u64, county: usize) -> SheetLoad {
    FORM.of_county(places, county, move |places| {
        let mut dice = Dice::new(seed, Purpose::Changes, county);
        let mut identities = Identities::new(places.counties[county].code, Kind::Newborn);
        lives(&places, seed, county)
            .into_iter()
            .filter_map(move |(household, fate)| row(&mut dice, &mut identities, &household, fate.change?))
    })
}

fn row(
    dice: &mut Dice,
    identities: &mut Identities,
    household: &Household,
    change: MemberChange,
) -> Option<Vec<String>> {
    let day = day_in(dice, DAYS);
    let day_text = day.to_string();
    match change {
        MemberChange::Removed(_) => None,
        MemberChange::Leaves(position, kind) => {
            let member = household.members.get(position)?;
            Some(member_row(&household.number, member, [kind, &day_text]))
        }
        MemberChange::BornTo(position) => {
            let mother = household.members.get(position)?;
            let child = newborn(dice, identities, household, mother, day);
            Some(member_row(&household.number, &child, ["出生", &day_text]))
        }
    }
}

fn newborn(
    dice: &mut Dice,
    identities: &mut Identities,
    household: &Household,
    mother: &Member,
    birth: kernel::date::CivilDate,
) -> Member {
    let relation =
        if mother.slot.relation == Relation::Child { Relation::Grandchild } else { Relation::Child };
    let slot = Slot { relation, male: dice.chance(515), age: 0 };
    let health = Health::default();
    let lineage = household.head().lineage;
    Member {
        number: format!("{}{:03}", household.number, household.members.len() + 1),
        name: lineage.full_name(dice, slot.male, birth.year()),
        slot,
        lineage,
        birth,
        id_number: identities.issue(dice, birth, slot.male),
        health,
        certificate: String::new(),
        circumstances: Circumstances::draw(dice, slot, birth, health),
        dibao: false,
        tekun: false,
        left: None,
    }
}
