//! The registered households of a county with their members, as they stood on 31 December 2015.

use kernel::date::CivilDate;

use super::composition::{Relation, Slot, compose, departed, sizes};
use super::dice::{Dice, Purpose, allot};
use super::identity::{Identities, Kind, account, phone};
use super::member::{Circumstances, Health, Member};
use super::places::{County, Places, PoorVillage, Village};
use super::words::Lineage;

/// Members of the whole prefecture who had left before the end of 2015.
pub(super) const DEPARTED: usize = 1_200;

/// Year of the day for which the forms speak.
const YEAR: i32 = 2015;

#[cfg(test)]
thread_local! {
    /// How often this thread has generated a county: tests ask that it happens late and once for each sheet.
    pub(super) static GENERATED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// A registered household.
pub(super) struct Household {
    pub(super) number: String,
    /// Position in [`Places::villages`].
    pub(super) village: usize,
    pub(super) group: &'static str,
    /// Empty if there is none.
    pub(super) phone: String,
    pub(super) standard: &'static str,
    pub(super) attribute: &'static str,
    /// Main cause, then up to two others; empty where there is none.
    pub(super) causes: [&'static str; 3],
    pub(super) identified_year: i32,
    pub(super) standing: &'static str,
    /// Cultivated land, forest land (mu), floor area (square metres), distance to the road (km), in
    /// hundredths.
    pub(super) measures: [i32; 4],
    pub(super) house_grade: &'static str,
    pub(super) safe_water: bool,
    pub(super) electricity: bool,
    pub(super) bank: String,
    pub(super) account: String,
    /// The head first, those who left last.
    pub(super) members: Vec<Member>,
}

/// 贫困户属性 of a household on dibao.
pub(super) const DIBAO: &str = "低保贫困户";
/// 贫困户属性 of a household on neither dibao nor 五保.
pub(super) const GENERAL: &str = "一般贫困户";
/// 贫困户属性 of a five-guarantee household; 特困供养 from 2016.
pub(super) const FIVE_GUARANTEE: &str = "五保户";

impl Household {
    /// The head.
    pub(super) fn head(&self) -> &Member {
        &self.members[0]
    }

    /// Members on 31 December 2015.
    pub(super) fn active(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.is_active())
    }

    /// Members on a day up to the end of 2016, in which nobody comes or leaves: all but those who had left,
    /// or before the household was registered none.
    pub(super) fn size_on(&self, day: CivilDate) -> usize {
        let there = |member: &&Member| member.left.is_none_or(|(_, left_on)| day < left_on);
        if day < self.registered_on() { 0 } else { self.members.iter().filter(there).count() }
    }

    /// First day in the register.
    pub(super) fn registered_on(&self) -> CivilDate {
        CivilDate::end_of_year(self.identified_year)
    }

    /// Whether the house is safe: graded A or B.
    pub(super) fn has_safe_house(&self) -> bool {
        matches!(self.house_grade, "A" | "B")
    }
}

/// All registered households of the county at this position: exactly as many, with exactly as many active
/// members, as the county's row says.
pub(super) fn population(places: &Places, seed: u64, county_position: usize) -> Vec<Household> {
    #[cfg(test)]
    GENERATED.with(|count| count.set(count.get() + 1));
    let county = &places.counties[county_position];
    let mut dice = Dice::new(seed, Purpose::Population, county_position);
    let mut maker = Maker { identities: Identities::new(county.code, Kind::Registered), county };
    let mut sizes = sizes(&mut dice, county.households, county.persons).into_iter();
    let mut households = Vec::with_capacity(county.households);
    for (village, count) in village_shares(&mut dice, places, county) {
        for (serial, size) in sizes.by_ref().take(count).enumerate() {
            households.push(maker.household(
                &mut dice,
                &places.villages[village],
                (village, serial + 1),
                size,
            ));
        }
    }
    maker.add_departed(&mut dice, &mut households, places.allot(DEPARTED)[county_position]);
    households
}

/// How many registered households each village of the county has; poor villages have more.
fn village_shares(dice: &mut Dice, places: &Places, county: &County) -> Vec<(usize, usize)> {
    let weights: Vec<usize> = (county.villages.clone())
        .map(|village| {
            let poor = places.villages[village].poor == PoorVillage::InForce;
            (40 + dice.below(60)) * if poor { 5 } else { 2 }
        })
        .collect();
    county.villages.clone().zip(allot(county.households, &weights)).collect()
}

/// Makes the households of one county.
struct Maker<'a> {
    identities: Identities,
    county: &'a County,
}

impl Maker<'_> {
    fn household(
        &mut self,
        dice: &mut Dice,
        village: &Village,
        (position, serial): (usize, usize),
        size: usize,
    ) -> Household {
        const GROUPS: [&str; 5] = ["一组", "二组", "三组", "四组", "五组"];
        let slots = compose(dice, size);
        let number = format!("{}{serial:04}", village.code);
        let mut members = self.members(dice, &number, village.korean_permille, &slots);
        let causes = causes(dice, &mut members);
        let attribute = attribute(dice, &mut members);
        let youngest = members.iter().map(|member| member.birth.year()).max().unwrap_or(YEAR);
        // A household with a child born since was identified with the child: no membership begins before a
        // birth.
        let identified_year = [2013, 2014, 2015][dice.weighted([62, 15, 23].into_iter())].max(youngest);
        let relapsed = identified_year == 2013 && dice.chance(4);
        let (bank, account) = bank(dice, self.county);
        Household {
            number,
            village: position,
            group: GROUPS[dice.below(GROUPS.len())],
            phone: if dice.chance(if members[0].slot.age > 75 { 550 } else { 880 }) {
                phone(dice)
            } else {
                String::new()
            },
            standard: if dice.chance(960) { "国家" } else { "省定" },
            attribute,
            causes,
            identified_year,
            standing: if relapsed { "返贫" } else { "未脱贫" },
            measures: measures(dice, size),
            house_grade: ["A", "B", "C", "D"][dice.weighted([24, 50, 15, 11].into_iter())],
            safe_water: dice.chance(930),
            electricity: dice.chance(998),
            bank,
            account,
            members,
        }
    }

    /// The active members, the head first.
    fn members(
        &mut self,
        dice: &mut Dice,
        household: &str,
        korean_permille: u32,
        slots: &[Slot],
    ) -> Vec<Member> {
        let head = Lineage::draw(dice, korean_permille);
        let mixed = !dice.chance(940);
        let spouse =
            if mixed { Lineage::draw(dice, 1000 - korean_permille) } else { Lineage::draw_like(dice, head) };
        let father = if slots[0].male { head } else { spouse };
        let numbered = slots.iter().enumerate().map(|(index, slot)| {
            let lineage = match slot.relation {
                Relation::Head => head,
                Relation::Spouse => spouse,
                Relation::Child | Relation::Grandchild => father,
                Relation::Parent if slot.male => head,
                Relation::Parent => Lineage::draw_like(dice, head),
            };
            self.member(dice, format!("{household}{:03}", index + 1), *slot, lineage)
        });
        numbered.collect()
    }

    fn member(&mut self, dice: &mut Dice, number: String, slot: Slot, lineage: Lineage) -> Member {
        let birth = CivilDate::start_of_year(YEAR - slot.age).add_days(dice.below(365) as i32);
        let health = Health::draw(dice, slot.age);
        Member {
            number,
            name: lineage.full_name(dice, slot.male, birth.year()),
            slot,
            lineage,
            birth,
            id_number: self.identities.issue(dice, birth, slot.male),
            health,
            certificate: String::new(),
            circumstances: Circumstances::draw(dice, slot, birth, health),
            dibao: false,
            tekun: false,
            left: None,
        }
    }

    /// Adds `count` people who had left, each to a household that was identified before the year of leaving.
    fn add_departed(&mut self, dice: &mut Dice, households: &mut [Household], count: usize) {
        let mut order: Vec<usize> =
            (0..households.len()).filter(|&index| households[index].identified_year < YEAR).collect();
        dice.shuffle(&mut order);
        for index in order.into_iter().take(count) {
            let household = &mut households[index];
            let slots: Vec<Slot> = household.members.iter().map(|member| member.slot).collect();
            let (slot, kind) = departed(dice, &slots);
            let family = household.head().lineage;
            let lineage =
                if slot.relation == Relation::Child { family } else { Lineage::draw_like(dice, family) };
            let number = format!("{}{:03}", household.number, household.members.len() + 1);
            let mut member = self.member(dice, number, slot, lineage);
            let first = CivilDate::start_of_year(household.identified_year + 1).add_days(14);
            let days = first.days_until(CivilDate::end_of_year(YEAR)) - 10;
            member.left = Some((kind, first.add_days(dice.between(0, days))));
            household.members.push(member);
        }
    }
}

/// The main cause of poverty and up to two others. Whoever the main cause speaks of is made to fit it: 因病
/// needs somebody ill, 因残 somebody disabled. Then the disability certificates are issued.
fn causes(dice: &mut Dice, members: &mut [Member]) -> [&'static str; 3] {
    let in_higher_school = members.iter().any(|member| {
        let circumstances = &member.circumstances;
        !circumstances.school_stage.is_empty() && matches!(circumstances.schooling, "高中" | "大专及以上")
    });
    let working_age = members.iter().any(|member| (18..60).contains(&member.slot.age));
    let choices = [
        ("因病", 520),
        ("因残", 130),
        ("因学", if in_higher_school { 200 } else { 0 }),
        ("因灾", 18),
        ("缺土地", 14),
        ("缺水", 1),
        ("缺技术", if working_age { 75 } else { 8 }),
        ("缺劳力", if working_age { 60 } else { 230 }),
        ("缺资金", 45),
        ("交通条件落后", 4),
        ("自身发展动力不足", 15),
        ("其他", 8),
    ];
    let mut draw = || choices[dice.weighted(choices.iter().map(|(_, weight)| *weight))].0;
    let (main, first, second) = (draw(), draw(), draw());
    let first = if first != main && first != "其他" && dice.chance(450) { first } else { "" };
    let distinct = second != main && second != first && second != "其他";
    let second = if !first.is_empty() && distinct && dice.chance(250) { second } else { "" };
    for cause in [main, first, second] {
        fit_health(dice, members, cause);
    }
    for member in members.iter_mut().filter(|member| member.health.disabled) {
        if dice.chance(650) {
            member.certificate = format!("{}{}{}", member.id_number, dice.between(1, 7), dice.between(1, 4));
        }
    }
    [main, first, second]
}

/// Makes the head ill or disabled where a cause says that somebody is and nobody is.
fn fit_health(dice: &mut Dice, members: &mut [Member], cause: &str) {
    let ill = members.iter().any(|member| member.health.chronic || member.health.serious);
    let disabled = members.iter().any(|member| member.health.disabled);
    let head = &mut members[0];
    match cause {
        "因病" if !ill && dice.chance(700) => head.health.chronic = true,
        "因病" if !ill => head.health.serious = true,
        "因残" if !disabled => head.health.disabled = true,
        _ => return,
    }
    head.circumstances = Circumstances::draw(dice, head.slot, head.birth, head.health);
}

/// Attribute of the household; says of each member whether it is on dibao or supported as 特困, never both.
fn attribute(dice: &mut Dice, members: &mut [Member]) -> &'static str {
    if members.len() == 1 && members[0].slot.age >= 60 && dice.chance(90) {
        members[0].tekun = true;
        return FIVE_GUARANTEE;
    }
    if !dice.chance(540) {
        return GENERAL;
    }
    // A grant covers the whole household or the head alone.
    let whole = dice.chance(850);
    for (index, member) in members.iter_mut().enumerate() {
        member.dibao = whole || index == 0;
    }
    DIBAO
}

/// Bank and account; a few households have none.
fn bank(dice: &mut Dice, county: &County) -> (String, String) {
    if dice.chance(25) {
        return (String::new(), String::new());
    }
    let short = county.name.trim_end_matches(['市', '县']);
    let bank = match dice.below(10) {
        0..6 => format!("{short}农村商业银行"),
        6..9 => format!("中国邮政储蓄银行{short}支行"),
        _ => format!("中国农业银行{short}支行"),
    };
    (bank, account(dice))
}

/// Cultivated land, forest land, floor area and distance to the road, in hundredths.
fn measures(dice: &mut Dice, size: usize) -> [i32; 4] {
    let people = size as i32;
    let cultivated = if dice.chance(80) { 0 } else { dice.between(20, 75) * 10 * (people + 1) };
    let forest = if dice.chance(780) { 0 } else { dice.between(10, 300) * 10 };
    let floor = (dice.between(26, 58) + 6 * people) * 100 + if dice.chance(300) { 50 } else { 0 };
    [cultivated, forest, floor, dice.between(1, 120) * 2]
}
