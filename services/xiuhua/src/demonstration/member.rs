//! What the form asks of a person: schooling, health, labour, insurance.

use kernel::date::CivilDate;

use super::composition::{Relation, Slot};
use super::dice::Dice;
use super::words::Lineage;

/// A registered person.
pub(super) struct Member {
    pub(super) number: String,
    pub(super) name: String,
    /// Relation, sex and age on 31 December 2015.
    pub(super) slot: Slot,
    pub(super) lineage: Lineage,
    pub(super) birth: CivilDate,
    pub(super) id_number: String,
    pub(super) health: Health,
    /// Empty if none.
    pub(super) certificate: String,
    pub(super) circumstances: Circumstances,
    pub(super) dibao: bool,
    pub(super) tekun: bool,
    /// How and on which day the person left, if so.
    pub(super) left: Option<(&'static str, CivilDate)>,
}

impl Member {
    /// Whether the person is a member on 31 December 2015.
    pub(super) const fn is_active(&self) -> bool {
        self.left.is_none()
    }
}

/// State of health; several things may hold.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Health {
    pub(super) chronic: bool,
    pub(super) serious: bool,
    pub(super) disabled: bool,
}

impl Health {
    /// What is likely at this age.
    pub(super) fn draw(dice: &mut Dice, age: i32) -> Self {
        let (chronic, serious, disabled) = match age {
            ..16 => (8, 3, 8),
            16..45 => (90, 25, 60),
            45..60 => (230, 55, 90),
            60..75 => (390, 70, 95),
            _ => (470, 80, 110),
        };
        Self { chronic: dice.chance(chronic), serious: dice.chance(serious), disabled: dice.chance(disabled) }
    }

    /// Whether nothing is wrong.
    pub(super) const fn is_good(self) -> bool {
        !(self.chronic || self.serious || self.disabled)
    }

    /// The words of the form, joined by `、`.
    pub(super) fn label(self) -> String {
        let words = [(self.chronic, "长期慢性病"), (self.serious, "患有大病"), (self.disabled, "残疾")];
        let held: Vec<&str> = words.into_iter().filter_map(|(holds, word)| holds.then_some(word)).collect();
        if held.is_empty() { "健康".to_owned() } else { held.join("、") }
    }

    /// The words for what a person can do; every student is without labour.
    fn labour(self, dice: &mut Dice, age: i32, student: bool) -> &'static str {
        let broken = self.serious || self.disabled;
        match age {
            _ if student => "无劳动力",
            ..16 => "无劳动力",
            16..60 if broken && dice.chance(600) => "丧失劳动力",
            16..60 if !self.is_good() => "弱劳动力或半劳动力",
            16..60 if dice.chance(70) => "技能劳动力",
            16..60 => "普通劳动力",
            60..70 if broken => "丧失劳动力",
            60..70 if self.is_good() => "弱劳动力或半劳动力",
            _ if broken && dice.chance(300) => "丧失劳动力",
            _ => "无劳动力",
        }
    }
}

/// What the form asks of a person in this place of the household: stage at school, schooling, labour, work.
pub(super) struct Circumstances {
    /// Empty if not at school.
    pub(super) school_stage: &'static str,
    /// Empty below school age.
    pub(super) schooling: &'static str,
    pub(super) labour: &'static str,
    /// Where and how many months of the year, if working away from home.
    pub(super) work: Option<(&'static str, i32)>,
    pub(super) medical_insurance: bool,
    pub(super) pension_insurance: bool,
}

impl Circumstances {
    /// Draws what fits the age, the birthday and the health.
    pub(super) fn draw(dice: &mut Dice, slot: Slot, birth: CivilDate, health: Health) -> Self {
        let young = matches!(slot.relation, Relation::Child | Relation::Grandchild);
        let (school_stage, schooling) = match young.then(|| school(dice, slot.age, birth)).flatten() {
            Some(found) => found,
            None => ("", adult_schooling(dice, slot.age)),
        };
        let student = !school_stage.is_empty();
        let labour = health.labour(dice, slot.age, student);
        let able = matches!(labour, "普通劳动力" | "技能劳动力");
        let work =
            (able && slot.age >= 18 && dice.chance(330)).then(|| (work_area(dice), dice.between(2, 11)));
        Self {
            school_stage,
            schooling,
            labour,
            work,
            medical_insurance: dice.chance(985),
            pension_insurance: slot.age >= 16 && !student && dice.chance(820),
        }
    }
}

/// Stage and schooling of somebody at school; school begins in the September after the sixth birthday. Compulsory
/// schooling is complete: who is 6 to 15 attends.
fn school(dice: &mut Dice, age: i32, birth: CivilDate) -> Option<(&'static str, &'static str)> {
    const JUNIOR: [&str; 3] = ["七年级", "八年级", "九年级"];
    const SENIOR: [&str; 3] = ["普通高中一年级", "普通高中二年级", "普通高中三年级"];
    const VOCATIONAL: [&str; 3] = ["中职一年级", "中职二年级", "中职三年级"];
    const COLLEGE: [&str; 3] = ["高职高专一年级", "高职高专二年级", "高职高专三年级"];
    let years = age - i32::from(birth.month() > 8);
    let grade = usize::try_from(years.rem_euclid(3)).unwrap_or(0);
    match years {
        3..=5 => dice.chance(550).then_some(("学前", "")),
        6..=11 => Some(("小学", "小学")),
        12..=14 => Some((JUNIOR[grade], "初中")),
        15..=17 if years > 15 && dice.chance(70) => None,
        15..=17 if dice.chance(680) => Some((SENIOR[grade], "高中")),
        15..=17 => Some((VOCATIONAL[grade], "高中")),
        18..=20 if dice.chance(280) => Some((COLLEGE[grade], "大专及以上")),
        18..=21 if dice.chance(330) => Some(("本科", "大专及以上")),
        _ => None,
    }
}

/// Schooling of somebody no longer at school; empty below school age.
fn adult_schooling(dice: &mut Dice, age: i32) -> &'static str {
    const LEVELS: [&str; 5] = ["文盲或半文盲", "小学", "初中", "高中", "大专及以上"];
    let weights = match age {
        ..7 => return "",
        7..16 => [0, 1, 0, 0, 0],
        16..45 => [20, 180, 620, 130, 50],
        45..70 => [70, 390, 420, 110, 10],
        _ => [300, 500, 165, 33, 2],
    };
    LEVELS[dice.weighted(weights.into_iter())]
}

/// Where somebody works away from home; many go abroad or to other provinces.
fn work_area(dice: &mut Dice) -> &'static str {
    const AREAS: [(&str, u32); 4] =
        [("乡(镇)内", 45), ("乡(镇)外县(区)内", 25), ("县(区)外省内", 14), ("省外", 16)];
    AREAS[dice.weighted(AREAS.iter().map(|(_, weight)| *weight))].0
}
