//! The prefecture's divisions: real counties and townships, made-up villages.

use std::collections::HashSet;
use std::ops::Range;

use super::dice::{Dice, Purpose, allot};
use super::words::lines;

/// Code of the province.
pub(super) const PROVINCE: &str = "220000";
/// Code of the prefecture.
pub(super) const PREFECTURE: &str = "222400";
/// Name of the prefecture.
pub(super) const PREFECTURE_NAME: &str = "延边朝鲜族自治州";

/// A county and what is generated in it.
pub(super) struct County {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) name_ko: &'static str,
    /// Designation as a poor county, as it stands on the list.
    pub(super) designation: Option<&'static str>,
    /// Registered poor households at the end of 2015.
    pub(super) households: usize,
    /// Registered poor persons at the end of 2015.
    pub(super) persons: usize,
    /// Rural population by household register at the end of 2015.
    pub(super) rural_population: usize,
    /// Koreans in a thousand registered households.
    pub(super) korean_permille: u32,
    /// Its villages, as positions in [`Places::villages`].
    pub(super) villages: Range<usize>,
}

/// A township, or a street of a town.
pub(super) struct Township {
    pub(super) code: String,
    pub(super) name: &'static str,
    pub(super) name_ko: &'static str,
    pub(super) county: usize,
    pub(super) rural: bool,
}

/// Registration of a village as poor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PoorVillage {
    Never,
    /// In force at the end of 2015.
    InForce,
    /// Ended before.
    Ended,
    /// Began later.
    Later,
}

/// A village.
pub(super) struct Village {
    pub(super) code: String,
    pub(super) name: String,
    /// Empty where the name is not a Sino-Korean one.
    pub(super) name_ko: String,
    pub(super) township: usize,
    pub(super) poor: PoorVillage,
    /// Koreans in a thousand registered households.
    pub(super) korean_permille: u32,
}

/// All divisions below the prefecture.
pub(super) struct Places {
    pub(super) counties: Vec<County>,
    pub(super) townships: Vec<Township>,
    pub(super) villages: Vec<Village>,
}

impl Places {
    /// The divisions of the demonstration with this seed; counties and townships are always the same.
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed, Purpose::Places, 0);
        let (mut counties, village_counts): (Vec<County>, Vec<[usize; 2]>) = counties().unzip();
        let townships = townships(&counties);
        let mut villages = Vec::new();
        for (position, (county, [total, poor])) in counties.iter_mut().zip(village_counts).enumerate() {
            let start = villages.len();
            add_villages(&mut dice, &townships, (position, county.korean_permille), total, &mut villages);
            county.villages = start..villages.len();
            register_poor(&mut dice, &mut villages[start..], poor);
        }
        Self { counties, townships, villages }
    }

    /// A number for each county, in proportion to its registered households, together exactly `total`.
    pub(super) fn allot(&self, total: usize) -> Vec<usize> {
        let weights: Vec<usize> = self.counties.iter().map(|county| county.households).collect();
        allot(total, &weights)
    }

    /// Names of the township and of the village at this position.
    pub(super) fn place_names(&self, village: usize) -> (&'static str, &str) {
        let village = &self.villages[village];
        (self.townships[village.township].name, &village.name)
    }
}

/// The counties of the data file, each with its number of villages and of poor villages.
fn counties() -> impl Iterator<Item = (County, [usize; 2])> {
    lines(include_str!("data/counties.txt")).filter_map(|line| {
        let mut words = line.split_whitespace();
        let (code, name, name_ko) = (words.next()?, words.next()?, words.next()?);
        let designation = words.next().filter(|word| *word != "-");
        let mut number = || words.next()?.parse::<usize>().ok();
        let village_counts = [number()?, number()?];
        let county = County {
            code,
            name,
            name_ko,
            designation,
            households: number()?,
            persons: number()?,
            rural_population: number()?,
            korean_permille: u32::try_from(number()?).ok()?,
            villages: 0..0,
        };
        Some((county, village_counts))
    })
}

/// The townships of the data file with their codes: streets from 001, towns from 100, townships from 200.
fn townships(counties: &[County]) -> Vec<Township> {
    let mut next = vec![[1u32, 100, 200]; counties.len()];
    let parsed = lines(include_str!("data/townships.txt")).filter_map(|line| {
        let mut words = line.split_whitespace();
        let (code, name, name_ko) = (words.next()?, words.next()?, words.next()?);
        let county = counties.iter().position(|county| county.code == code)?;
        let series = if name.ends_with("街道") { 0 } else { 1 + usize::from(name.ends_with('乡')) };
        let serial = next[county][series];
        next[county][series] += 1;
        Some(Township { code: format!("{code}{serial:03}"), name, name_ko, county, rural: series > 0 })
    });
    parsed.collect()
}

/// Syllables and whole names of villages, as they stand in the data file.
fn village_words() -> [Vec<&'static str>; 3] {
    let mut words =
        lines(include_str!("data/villages.txt")).map(|line| line.split_whitespace().skip(1).collect());
    std::array::from_fn(|_| words.next().unwrap_or_default())
}

/// Adds `total` villages to the rural townships of the county at this position, codes from 200 in each.
fn add_villages(
    dice: &mut Dice,
    townships: &[Township],
    (county, korean_permille): (usize, u32),
    total: usize,
    villages: &mut Vec<Village>,
) {
    let [first, second, whole] = village_words();
    let rural: Vec<usize> = (0..townships.len())
        .filter(|&index| townships[index].county == county && townships[index].rural)
        .collect();
    let weights: Vec<usize> = rural.iter().map(|_| 60 + dice.below(60)).collect();
    for (township, count) in rural.into_iter().zip(allot(total, &weights)) {
        let mut names = HashSet::new();
        let mut serial = 200;
        while names.len() < count {
            let (name, name_ko) = village_name(dice, &first, &second, &whole);
            if !names.insert(name.clone()) {
                continue;
            }
            villages.push(Village {
                code: format!("{}{serial}", townships[township].code),
                name,
                name_ko,
                township,
                poor: PoorVillage::Never,
                korean_permille: village_mix(dice, korean_permille),
            });
            serial += 1;
        }
    }
}

/// A village is mostly Korean or mostly Han; `average` is the county's.
fn village_mix(dice: &mut Dice, average: u32) -> u32 {
    if dice.chance(average) { 940 } else { 30 }
}

/// A village's name and its Korean reading; about one in twelve has none.
fn village_name(dice: &mut Dice, first: &[&str], second: &[&str], whole: &[&str]) -> (String, String) {
    if dice.chance(80) {
        return (format!("{}村", dice.pick(whole)), String::new());
    }
    let (first, first_ko) = dice.pick(first).split_once(':').unwrap_or_default();
    let (second, second_ko) = dice.pick(second).split_once(':').unwrap_or_default();
    (format!("{first}{second}村"), format!("{first_ko}{second_ko}촌"))
}

/// Registers exactly `poor` of a county's villages as poor at the end of 2015, and one more before or after in the
/// counties with many, so that a count has something to leave out.
fn register_poor(dice: &mut Dice, villages: &mut [Village], poor: usize) {
    let mut order: Vec<usize> = (0..villages.len()).collect();
    dice.shuffle(&mut order);
    for (rank, position) in order.into_iter().enumerate() {
        villages[position].poor = match rank {
            _ if rank < poor => PoorVillage::InForce,
            _ if poor < 20 => PoorVillage::Never,
            _ if rank == poor => PoorVillage::Ended,
            _ if rank == poor + 1 => PoorVillage::Later,
            _ => PoorVillage::Never,
        };
    }
}
