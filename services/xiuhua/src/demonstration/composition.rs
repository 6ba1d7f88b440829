//! Who lives in a household: sizes, relations, sexes and ages. Small and old, as the register is: four of ten
//! households are one person, four are two, and most heads are past sixty.

use super::dice::Dice;

/// Relation to the head of the household.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Head,
    Spouse,
    Child,
    Grandchild,
    Parent,
}

impl Relation {
    /// The word of the form (GB/T 4761).
    pub(super) const fn label(self, male: bool) -> &'static str {
        match (self, male) {
            (Self::Head, _) => "户主",
            (Self::Spouse, _) => "配偶",
            (Self::Child, true) => "子",
            (Self::Child, false) => "女",
            (Self::Grandchild, true) => "孙子",
            (Self::Grandchild, false) => "孙女",
            (Self::Parent, true) => "父",
            (Self::Parent, false) => "母",
        }
    }
}

/// One person, not yet named.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) relation: Relation,
    pub(super) male: bool,
    /// Completed years on 31 December 2015.
    pub(super) age: i32,
}

/// A kind of household and how often it occurs among those of its size.
struct Template {
    weight: u32,
    head_age: [i32; 2],
    /// Male heads in a thousand.
    male: u32,
    spouse: bool,
    children: u8,
    grown: u8,
    parents: u8,
    grandchildren: u8,
}

/// A template with the persons beside the head as `[spouse, children, grown children, parents, grandchildren]`.
const fn template(weight: u32, head_age: [i32; 2], male: u32, others: [u8; 5]) -> Template {
    let [spouse, children, grown, parents, grandchildren] = others;
    Template { weight, head_age, male, spouse: spouse > 0, children, grown, parents, grandchildren }
}

/// Largest household.
pub(super) const LARGEST: usize = 6;

/// Households of each size in a thousand, before the totals are met.
const SIZES: [u32; LARGEST] = [420, 415, 105, 40, 15, 5];

const ONE: &[Template] = &[
    template(560, [64, 84], 520, [0, 0, 0, 0, 0]),
    template(60, [85, 94], 380, [0, 0, 0, 0, 0]),
    template(160, [56, 64], 640, [0, 0, 0, 0, 0]),
    template(220, [36, 57], 850, [0, 0, 0, 0, 0]),
];
const TWO: &[Template] = &[
    template(530, [60, 82], 940, [1, 0, 0, 0, 0]),
    template(165, [40, 60], 930, [1, 0, 0, 0, 0]),
    template(120, [35, 60], 860, [0, 0, 0, 1, 0]),
    template(125, [34, 50], 560, [0, 1, 0, 0, 0]),
    template(60, [57, 72], 420, [0, 0, 0, 0, 1]),
];
const THREE: &[Template] = &[
    template(640, [33, 53], 930, [1, 1, 0, 0, 0]),
    template(150, [48, 64], 930, [1, 0, 1, 0, 0]),
    template(130, [38, 58], 930, [1, 0, 0, 1, 0]),
    template(80, [57, 72], 900, [1, 0, 0, 0, 1]),
];
const FOUR: &[Template] = &[
    template(540, [33, 50], 940, [1, 2, 0, 0, 0]),
    template(360, [33, 52], 940, [1, 1, 0, 1, 0]),
    template(100, [40, 56], 940, [1, 0, 0, 2, 0]),
];
const FIVE: &[Template] =
    &[template(600, [34, 48], 940, [1, 2, 0, 1, 0]), template(400, [34, 50], 940, [1, 1, 0, 2, 0])];
const SIX: &[Template] = &[template(1, [35, 48], 950, [1, 2, 0, 2, 0])];

/// Sizes of `households` households, `persons` in all (from one to [`LARGEST`] each).
pub(super) fn sizes(dice: &mut Dice, households: usize, persons: usize) -> Vec<usize> {
    let mut sizes: Vec<usize> = (0..households).map(|_| 1 + dice.weighted(SIZES.into_iter())).collect();
    let mut sum: usize = sizes.iter().sum();
    let target = persons.clamp(households, households * LARGEST);
    while sum != target {
        let size = &mut sizes[dice.below(households)];
        // Small steps near the bottom keep the shape of the distribution.
        if sum < target && *size < 4 {
            (*size, sum) = (*size + 1, sum + 1);
        } else if sum > target && *size > 1 {
            (*size, sum) = (*size - 1, sum - 1);
        }
    }
    sizes
}

/// A household of this size, the head first.
pub(super) fn compose(dice: &mut Dice, size: usize) -> Vec<Slot> {
    let templates = [ONE, TWO, THREE, FOUR, FIVE, SIX][size.clamp(1, LARGEST) - 1];
    let template = &templates[dice.weighted(templates.iter().map(|template| template.weight))];
    let [youngest, oldest] = template.head_age;
    let head = Slot {
        relation: Relation::Head,
        male: dice.chance(template.male),
        age: dice.between(youngest, oldest),
    };
    let mut slots = vec![head];
    let mut carer = head.age;
    if template.spouse {
        let difference = if head.male { dice.between(-6, 2) } else { dice.between(-2, 6) };
        let age = (head.age + difference).max(22);
        carer = carer.min(age);
        slots.push(Slot { relation: Relation::Spouse, male: !head.male, age });
    }
    for _ in 0..template.children {
        let age = dice.between((carer - 42).max(0), (carer - 21).clamp(0, 21));
        slots.push(Slot { relation: Relation::Child, male: dice.chance(520), age });
    }
    for _ in 0..template.grown {
        let age = dice.between(20, (carer - 21).clamp(20, 40));
        slots.push(Slot { relation: Relation::Child, male: dice.chance(660), age });
    }
    for ordinal in 0..template.parents {
        // One surviving parent is mostly the mother; two are a couple.
        let male = if template.parents > 1 { ordinal == 0 } else { dice.chance(300) };
        let age = head.age + dice.between(20, 32);
        slots.push(Slot { relation: Relation::Parent, male, age: age.min(97) });
    }
    for _ in 0..template.grandchildren {
        slots.push(Slot { relation: Relation::Grandchild, male: dice.chance(520), age: dice.between(4, 16) });
    }
    slots
}

/// Somebody who belonged to the household and left it in 2014 or 2015, with the form's word for how.
pub(super) fn departed(dice: &mut Dice, household: &[Slot]) -> (Slot, &'static str) {
    let head = household[0];
    let alone = household.iter().all(|slot| slot.relation != Relation::Spouse);
    if head.age >= 55 && alone && dice.chance(750) {
        let age = head.age + dice.between(-4, 5);
        return (Slot { relation: Relation::Spouse, male: !head.male, age }, "死亡");
    }
    let has_parent = household.iter().any(|slot| slot.relation == Relation::Parent);
    if head.age <= 64 && !has_parent && (head.age < 48 || dice.chance(550)) {
        let age = head.age + dice.between(21, 30);
        return (Slot { relation: Relation::Parent, male: dice.chance(500), age }, "死亡");
    }
    let age = dice.between(21, (head.age - 24).clamp(22, 38));
    let (male, kind) = match dice.below(100) {
        0..45 => (false, "嫁出"),
        45..90 => (dice.chance(500), "户籍迁出"),
        90..95 => (true, "失联"),
        95..98 => (true, "服刑"),
        _ => (true, "参军"),
    };
    (Slot { relation: Relation::Child, male, age: if kind == "参军" { 20 } else { age } }, kind)
}
