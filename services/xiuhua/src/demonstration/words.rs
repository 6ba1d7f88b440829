//! Names of people, put together from the word lists in `data/`.

use std::sync::LazyLock;

use super::dice::Dice;

/// Parsed lines of a data file: no comments, no empty lines.
pub(super) fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Surnames with their weights: Han and others first, then Koreans.
static SURNAMES: LazyLock<Vec<Vec<(&'static str, u32)>>> = LazyLock::new(|| {
    lines(include_str!("data/surnames.txt"))
        .map(|line| {
            let names = line.split_whitespace().filter_map(|word| word.split_once(':'));
            names.filter_map(|(name, weight)| Some((name, weight.parse().ok()?))).collect()
        })
        .collect()
});

/// First and second syllables of given names: twelve lists, by people, sex and generation in the file's order.
static GIVEN_NAMES: LazyLock<Vec<[Vec<&'static str>; 2]>> = LazyLock::new(|| {
    lines(include_str!("data/given_names.txt"))
        .filter_map(|line| line.split_once(':')?.1.split_once('|'))
        .map(|(first, second)| [first, second].map(|part| part.split_whitespace().collect()))
        .collect()
});

/// People and surname of a family.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lineage {
    pub(super) ethnicity: &'static str,
    pub(super) surname: &'static str,
}

impl Lineage {
    /// A family in a place where `korean_permille` in a thousand are Koreans.
    pub(super) fn draw(dice: &mut Dice, korean_permille: u32) -> Self {
        const OTHERS: [(&str, u32); 4] = [("汉族", 915), ("满族", 72), ("回族", 8), ("蒙古族", 5)];
        let korean = dice.chance(korean_permille);
        let other = OTHERS[dice.weighted(OTHERS.iter().map(|(_, weight)| *weight))].0;
        let ethnicity = if korean { KOREAN } else { other };
        Self { ethnicity, surname: surname(dice, korean) }
    }

    /// Another family of the same people.
    pub(super) fn draw_like(dice: &mut Dice, other: Self) -> Self {
        Self { ethnicity: other.ethnicity, surname: surname(dice, other.is_korean()) }
    }

    fn is_korean(self) -> bool {
        self.ethnicity == KOREAN
    }

    /// Full name of somebody of this family, in the fashion of the year of birth.
    pub(super) fn full_name(self, dice: &mut Dice, male: bool, birth_year: i32) -> String {
        let generation = usize::from(birth_year >= 1958) + usize::from(birth_year >= 1988);
        let [first, second] =
            &GIVEN_NAMES[usize::from(self.is_korean()) * 6 + usize::from(male) * 3 + generation];
        let first = dice.pick(first);
        // A syllable is not doubled: the next one of the list takes its place.
        let position = dice.below(second.len());
        let doubled = second[position] == *first;
        let second = second[(position + usize::from(doubled)) % second.len()];
        format!("{}{first}{second}", self.surname)
    }
}

const KOREAN: &str = "朝鲜族";

/// A surname of a Korean or of somebody else.
fn surname(dice: &mut Dice, korean: bool) -> &'static str {
    let names = &SURNAMES[usize::from(korean)];
    names[dice.weighted(names.iter().map(|(_, weight)| *weight))].0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_whole() {
        assert_eq!(SURNAMES.iter().map(Vec::len).collect::<Vec<_>>(), [48, 45]);
        assert_eq!(GIVEN_NAMES.len(), 12);
        assert!(GIVEN_NAMES.iter().flatten().all(|list| list.len() >= 10));
    }
}
