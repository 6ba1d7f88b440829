//! What becomes of the registered households after 2015. Every household has one fate, drawn once for its
//! county, so that all sheets tell the same of it: who exits in 2016 is not removed in 2017, who is helped as
//! poor is poor.

use super::composition::Relation;
use super::dice::{Dice, Purpose};
use super::member::Member;
use super::places::Places;
use super::population::{DIBAO, FIVE_GUARANTEE, GENERAL, Household, population};

/// Persons whose households exit in 2016.
const EXITED_PERSONS: usize = 30_877;
/// Households whose exit of 2016 is proposed and not approved.
const PENDING_HOUSEHOLDS: usize = 40;
/// Persons removed in 2017 with their whole households.
const REMOVED_PERSONS: usize = 13_100;
/// Persons removed in 2017 while their households stay.
const REMOVED_MEMBERS: usize = 600;
/// Members who die or leave in 2017.
const LEAVERS: usize = 900;
/// Children born in 2017.
const NEWBORN: usize = 80;
/// Households relocated in 2016, and the persons in them.
const RELOCATED: [usize; 2] = [1_061, 2_266];
/// Households relocated in 2015.
const RELOCATED_BEFORE: usize = 150;
/// Households whose relocation is planned for 2017 and has come to some stage.
const RELOCATION_PLANNED: usize = 700;

/// How a household stands in the register up to the end of September 2017.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
    /// Poor throughout.
    Stays,
    /// Poor throughout; its exit of 2016 was proposed and never approved.
    ExitProposed,
    /// Exits in late 2016.
    Exits,
    /// Removed in 2017: it never belonged in the register.
    RemovedAsWrong,
    /// Removed in 2017: it no longer belongs in the register.
    RemovedAsIneligible,
}

/// What becomes of one member of a household that stays, in 2017. Members are positions in
/// [`Household::members`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MemberChange {
    /// Removed alone.
    Removed(usize),
    /// Dies or leaves, with the form's word for how.
    Leaves(usize, &'static str),
    /// A child is born to this member.
    BornTo(usize),
}

/// How far the relocation of a household has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relocation {
    /// Completed in 2015.
    Before,
    /// Completed in 2016.
    Done,
    /// Planned for 2017.
    Planned,
}

/// What becomes of a household.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) course: Course,
    pub(super) change: Option<MemberChange>,
    pub(super) relocation: Option<Relocation>,
}

impl Fate {
    /// Whether the household is poor throughout, with nothing pending and the same members as at the end of
    /// 2015.
    pub(super) fn is_steady(self) -> bool {
        self.course == Course::Stays && self.change.is_none()
    }

    /// Whether the household is removed in 2017, on whatever ground.
    pub(super) const fn is_removed(self) -> bool {
        matches!(self.course, Course::RemovedAsWrong | Course::RemovedAsIneligible)
    }

    /// Whether nothing has been drawn for the household yet.
    fn is_open(self) -> bool {
        self.is_steady() && self.relocation.is_none()
    }
}

/// A registered household and what becomes of it.
pub(super) type Life = (Household, Fate);

/// The lives of all registered households of the county at this position, in the order of the register.
pub(super) fn lives(places: &Places, seed: u64, county: usize) -> Vec<Life> {
    let households = population(places, seed, county);
    let fates = Drawing::new(&households, seed, county).fates(|total| places.allot(total)[county]);
    households.into_iter().zip(fates).collect()
}

/// The drawing of one county.
struct Drawing<'a> {
    dice: Dice,
    households: &'a [Household],
    fates: Vec<Fate>,
    /// Positions of the households in a random order.
    order: Vec<usize>,
}

impl<'a> Drawing<'a> {
    fn new(households: &'a [Household], seed: u64, county: usize) -> Self {
        let mut dice = Dice::new(seed, Purpose::Fate, county);
        let mut order: Vec<usize> = (0..households.len()).collect();
        dice.shuffle(&mut order);
        let open = Fate { course: Course::Stays, change: None, relocation: None };
        Self { dice, households, fates: vec![open; households.len()], order }
    }

    /// Draws all fates; `share` says how much of a prefecture's total is this county's.
    fn fates(mut self, share: impl Fn(usize) -> usize) -> Vec<Fate> {
        self.relocate(RELOCATED.map(&share), share(RELOCATED_BEFORE), share(RELOCATION_PLANNED));
        self.exit(share(EXITED_PERSONS));
        self.propose_exits(share(PENDING_HOUSEHOLDS));
        self.remove(share(REMOVED_PERSONS));
        self.change_members(share(REMOVED_MEMBERS), |dice, household| {
            let adults = others(household).filter(|(_, member)| member.slot.age >= 18);
            one_of(dice, adults).map(|(position, _)| MemberChange::Removed(position))
        });
        self.change_members(share(LEAVERS), |dice, household| {
            one_of(dice, others(household))
                .map(|(position, member)| MemberChange::Leaves(position, way_out(dice, member)))
        });
        self.change_members(share(NEWBORN), |dice, household| {
            let mothers = household.members.iter().enumerate().filter(|(_, member)| may_bear(member));
            one_of(dice, mothers).map(|(position, _)| MemberChange::BornTo(position))
        });
        self.fates
    }

    /// Relocates households from dangerous houses. Those of 2016 have exactly so many members together.
    fn relocate(&mut self, [households, persons]: [usize; 2], before: usize, planned: usize) {
        let dangerous = |position: &usize| !self.households[*position].has_safe_house();
        let mut candidates: Vec<usize> = self.order.iter().copied().filter(dangerous).collect();
        // A case of 2015 was approved when the household was registered already.
        let early = |position: &usize| self.households[*position].identified_year < 2015;
        let first: Vec<usize> = candidates.iter().copied().filter(early).take(before).collect();
        candidates.retain(|position| !first.contains(position));
        let mut done = candidates.split_off(candidates.len().saturating_sub(households));
        self.meet_sizes(&mut done, &mut candidates, persons);
        let planned = candidates.into_iter().take(planned);
        let stages = [
            (first, Relocation::Before),
            (done, Relocation::Done),
            (planned.collect::<Vec<_>>(), Relocation::Planned),
        ];
        for (positions, stage) in stages {
            for position in positions {
                self.fates[position].relocation = Some(stage);
            }
        }
    }

    /// Exchanges households until those `chosen` have `persons` members together.
    fn meet_sizes(&mut self, chosen: &mut [usize], others: &mut [usize], persons: usize) {
        let size = |position: usize| self.households[position].active().count();
        let mut sum: usize = chosen.iter().map(|position| size(*position)).sum();
        while sum != persons {
            let (one, other) = (self.dice.below(chosen.len()), self.dice.below(others.len()));
            let changed = sum - size(chosen[one]) + size(others[other]);
            if changed.abs_diff(persons) < sum.abs_diff(persons) {
                std::mem::swap(&mut chosen[one], &mut others[other]);
                sum = changed;
            }
        }
    }

    /// Lets households exit that are safe in house and water: those with somebody to work first, and few of
    /// the old that the state supports.
    fn exit(&mut self, persons: usize) {
        let ready = |household: &Household, fate: Fate| match fate.relocation {
            Some(Relocation::Planned) => false,
            Some(Relocation::Before | Relocation::Done) => household.safe_water,
            None => household.has_safe_house() && household.safe_water,
        };
        let permille = |household: &Household| match household.attribute {
            FIVE_GUARANTEE => 40,
            _ if household.active().any(can_work) => 760,
            DIBAO => 380,
            _ => 520,
        };
        self.take(persons, ready, permille, |_| Course::Exits);
    }

    /// Proposes exits that are never approved.
    fn propose_exits(&mut self, households: usize) {
        let ready = |position: &usize| {
            let household = &self.households[*position];
            self.fates[*position].is_open() && household.has_safe_house() && household.safe_water
        };
        let positions: Vec<usize> = self.order.iter().copied().filter(ready).take(households).collect();
        for position in positions {
            self.fates[position].course = Course::ExitProposed;
        }
    }

    /// Removes whole households; most of them are on no support, a few were right to be registered once.
    fn remove(&mut self, persons: usize) {
        let ready =
            |household: &Household, fate: Fate| fate.is_open() && household.attribute != FIVE_GUARANTEE;
        let permille = |household: &Household| if household.attribute == GENERAL { 520 } else { 170 };
        self.take(persons, ready, permille, |dice| {
            if dice.chance(25) { Course::RemovedAsIneligible } else { Course::RemovedAsWrong }
        });
    }

    /// Gives a course to households that stay and are ready for it, each with its chance, until they have
    /// exactly `persons` members together; a second round takes whoever is left.
    fn take(
        &mut self,
        persons: usize,
        ready: impl Fn(&Household, Fate) -> bool,
        permille: impl Fn(&Household) -> u32,
        course: impl Fn(&mut Dice) -> Course,
    ) {
        let mut left = persons;
        for round in 0..2 {
            for &position in &self.order {
                let (household, fate) = (&self.households[position], self.fates[position]);
                let size = household.active().count();
                if fate.course != Course::Stays || size > left || !ready(household, fate) {
                    continue;
                }
                if round == 1 || self.dice.chance(permille(household)) {
                    self.fates[position].course = course(&mut self.dice);
                    left -= size;
                }
            }
        }
    }

    /// Draws a change of a member for `count` households that stay; a household for which there is none is
    /// passed over.
    fn change_members(
        &mut self,
        count: usize,
        change: impl Fn(&mut Dice, &Household) -> Option<MemberChange>,
    ) {
        let mut left = count;
        let mut order = self.order.clone();
        self.dice.shuffle(&mut order);
        for position in order {
            if left > 0
                && self.fates[position].is_open()
                && let Some(change) = change(&mut self.dice, &self.households[position])
            {
                self.fates[position].change = Some(change);
                left -= 1;
            }
        }
    }
}

/// Active members beside the head, with their positions.
fn others(household: &Household) -> impl Iterator<Item = (usize, &Member)> {
    household.members.iter().enumerate().skip(1).filter(|(_, member)| member.is_active())
}

/// Whether the member is able to work.
fn can_work(member: &Member) -> bool {
    matches!(member.circumstances.labour, "普通劳动力" | "技能劳动力")
}

/// One of them, if there are any.
fn one_of<'a>(
    dice: &mut Dice,
    members: impl Iterator<Item = (usize, &'a Member)>,
) -> Option<(usize, &'a Member)> {
    let members: Vec<_> = members.collect();
    (!members.is_empty()).then(|| members[dice.below(members.len())])
}

/// How a member leaves, likely at this age.
fn way_out(dice: &mut Dice, member: &Member) -> &'static str {
    let (age, male) = (member.slot.age, member.slot.male);
    let grown_child = member.slot.relation == Relation::Child && (20..=40).contains(&age);
    let ways = [
        ("死亡", if grown_child { 15 } else { 100 }),
        ("嫁出", if grown_child && !male { 60 } else { 0 }),
        ("户籍迁出", if age < 60 { 30 } else { 6 }),
        ("失联", if (18..60).contains(&age) { 3 } else { 0 }),
        ("服刑", if (20..55).contains(&age) && male { 2 } else { 0 }),
        ("参军", if (18..=22).contains(&age) && male { 8 } else { 0 }),
    ];
    ways[dice.weighted(ways.iter().map(|(_, weight)| *weight))].0
}

/// Whether a child may be born to the member in 2017.
fn may_bear(member: &Member) -> bool {
    let close = matches!(member.slot.relation, Relation::Head | Relation::Spouse | Relation::Child);
    let student = !member.circumstances.school_stage.is_empty();
    member.is_active() && close && !member.slot.male && !student && (20..=41).contains(&member.slot.age)
}
