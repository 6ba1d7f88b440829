//! Division codes (GB/T 2260, GB/T 10114) and the area scope of a caller.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::text::half_width;

/// The level of a division.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// 省, such as 220000.
    Province,
    /// 市, 州, such as 222400.
    Prefecture,
    /// 县, 市, 区, such as 222405.
    County,
    /// 乡, 镇, 街道, such as 222405100.
    Township,
    /// 村, 社区, such as 222405100201.
    Village,
}

impl Level {
    /// All levels from the top down.
    pub const ALL: [Self; 5] =
        [Self::Province, Self::Prefecture, Self::County, Self::Township, Self::Village];

    /// How many leading digits of a code tell divisions of this level apart: 2, 4, 6, 9, 12.
    #[must_use]
    pub const fn significant_digits(self) -> usize {
        match self {
            Self::Province => 2,
            Self::Prefecture => 4,
            Self::County => 6,
            Self::Township => 9,
            Self::Village => 12,
        }
    }

    /// The next level down, if there is one.
    #[must_use]
    pub const fn child(self) -> Option<Self> {
        match self {
            Self::Province => Some(Self::Prefecture),
            Self::Prefecture => Some(Self::County),
            Self::County => Some(Self::Township),
            Self::Township => Some(Self::Village),
            Self::Village => None,
        }
    }
}

/// A division's code: 6 digits for province, prefecture and county, 9 for a township, 12 for a village. Codes
/// sort as text, and everything below a division lies in one text range ([`Self::range`]).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AreaCode {
    digits: [u8; 12],
    length: u8,
}

impl AreaCode {
    /// Reads a code of 6, 9 or 12 digits. The statistical 12-digit form of an upper division is accepted and
    /// shortened: `222405100000` is `222405100`, `222400000000` is `222400`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut text = text.as_bytes();
        if !matches!(text.len(), 6 | 9 | 12) || !text.iter().all(u8::is_ascii_digit) || text[0] == b'0' {
            return None;
        }
        while text.len() > 6 && text.ends_with(b"000") {
            text = &text[..text.len() - 3];
        }
        // A county or township without the level above it (220001, 222400100) is no division.
        let gap = (&text[2..4] == b"00" && &text[4..6] != b"00") || (text.len() > 6 && &text[4..6] == b"00");
        let gap = gap || (text.len() == 12 && &text[6..9] == b"000");
        if gap {
            return None;
        }
        let mut digits = [0; 12];
        digits[..text.len()].copy_from_slice(text);
        Some(Self { digits, length: u8::try_from(text.len()).ok()? })
    }

    /// Reads a code as it stands in a form cell: blanks around it, full-width digits, a spreadsheet's `.0`
    /// behind it.
    #[must_use]
    pub fn parse_form(text: &str) -> Option<Self> {
        let text = half_width(text);
        let text = text.trim();
        Self::parse(text.strip_suffix(".0").unwrap_or(text))
    }

    /// The code of the division whose significant digits are `prefix` (2, 4, 6, 9 or 12 of them), as SQL's
    /// `substr(area, 1, n)` gives them: `2224` is 222400.
    #[must_use]
    pub fn from_prefix(prefix: &str) -> Option<Self> {
        match prefix.len() {
            2 | 4 => Self::parse(&format!("{prefix:0<6}")),
            _ => Self::parse(prefix),
        }
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.digits[..usize::from(self.length)]).unwrap_or_default()
    }

    /// The level that the code's form tells.
    #[must_use]
    pub fn level(&self) -> Level {
        match (self.length, &self.digits[2..4], &self.digits[4..6]) {
            (12, ..) => Level::Village,
            (9, ..) => Level::Township,
            (_, b"00", _) => Level::Province,
            (_, _, b"00") => Level::Prefecture,
            _ => Level::County,
        }
    }

    /// The significant digits: 222400 → `2224`, 222405100 → `222405100`.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.as_str()[..self.level().significant_digits()]
    }

    /// The half-open text range that holds this division and everything below it: 222400 → `("2224",
    /// "2225")`. In SQL: `area >= $ AND area < $`.
    #[must_use]
    pub fn range(&self) -> (String, String) {
        let prefix = self.prefix();
        (prefix.to_owned(), after(prefix))
    }

    /// Whether `other` is this division or lies below it.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        other.as_str().starts_with(self.prefix())
    }

    /// The division of `level` that holds this one; this one itself at its own level; `None` below it.
    #[must_use]
    pub fn at(&self, level: Level) -> Option<Self> {
        if level > self.level() {
            None
        } else {
            Self::from_prefix(&self.as_str()[..level.significant_digits()])
        }
    }

    /// The division one level up; a province has none.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        Level::ALL.into_iter().rev().find(|level| *level < self.level()).and_then(|level| self.at(level))
    }

    /// The county that holds this division (itself for a county); `None` above.
    #[must_use]
    pub fn county(&self) -> Option<Self> {
        self.at(Level::County)
    }

    /// The prefecture that holds this division (itself for a prefecture); `None` for a province.
    #[must_use]
    pub fn prefecture(&self) -> Option<Self> {
        self.at(Level::Prefecture)
    }

    /// The province that holds this division.
    #[must_use]
    pub fn province(&self) -> Self {
        self.at(Level::Province).unwrap_or(*self)
    }

    /// How many leading digits tell the children of a division of `level` apart: for a prefecture 6, so that
    /// `substr(area, 1, 6)` groups its rows by county. A village has no children and groups by itself: 12.
    /// Rows filed at the division itself (本级) form a group of their own under its own code.
    #[must_use]
    pub const fn child_length(level: Level) -> usize {
        match level.child() {
            Some(child) => child.significant_digits(),
            None => level.significant_digits(),
        }
    }
}

/// The first text, in byte order, after all texts that begin with these digits.
fn after(prefix: &str) -> String {
    let Ok(number) = prefix.parse::<u64>() else { return ":".to_owned() };
    let next = (number + 1).to_string();
    // Only 99… grows a digit; ':' is the byte after '9'.
    if next.len() > prefix.len() { ":".to_owned() } else { next }
}

impl fmt::Display for AreaCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for AreaCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AreaCode({self})")
    }
}

impl Serialize for AreaCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for AreaCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("a division code has 6, 9 or 12 digits"))
    }
}

/// Where a caller may look or write: any of some half-open text ranges of division codes. No range means
/// nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scope {
    /// The ranges `[from, to)`, sorted and not overlapping when made by this type's functions.
    pub ranges: Vec<(String, String)>,
}

impl Scope {
    /// Every division.
    #[must_use]
    pub fn everything() -> Self {
        Self { ranges: vec![(String::new(), ":".to_owned())] }
    }

    /// No division.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { ranges: Vec::new() }
    }

    /// These divisions and all below them.
    #[must_use]
    pub fn of(areas: &[AreaCode]) -> Self {
        Self::merged(areas.iter().map(AreaCode::range).collect())
    }

    fn merged(mut ranges: Vec<(String, String)>) -> Self {
        ranges.sort();
        let mut merged: Vec<(String, String)> = Vec::with_capacity(ranges.len());
        for (from, to) in ranges {
            match merged.last_mut() {
                Some((_, end)) if from <= *end => {
                    if to > *end {
                        *end = to;
                    }
                }
                _ => merged.push((from, to)),
            }
        }
        Self { ranges: merged }
    }

    /// Whether the division lies in the scope.
    #[must_use]
    pub fn allows(&self, area: &AreaCode) -> bool {
        self.holds(area.as_str())
    }

    /// Whether the text of a division code, as it stands in a column, lies in the scope.
    #[must_use]
    pub fn holds(&self, code: &str) -> bool {
        self.ranges.iter().any(|(from, to)| from.as_str() <= code && code < to.as_str())
    }

    /// What this scope and `other` have in common.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        for (from, to) in &self.ranges {
            for (other_from, other_to) in &other.ranges {
                let (from, to) = (from.max(other_from), to.min(other_to));
                if from < to {
                    ranges.push((from.clone(), to.clone()));
                }
            }
        }
        Self::merged(ranges)
    }

    /// Whether this is every division.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        *self == Self::everything()
    }

    /// Whether this is no division.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.ranges.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn area(text: &str) -> AreaCode {
        AreaCode::parse(text).unwrap()
    }

    fn pair(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    #[test]
    fn ranges_strip_zero_pairs_of_six_digit_codes_only() {
        assert_eq!(area("220000").range(), pair("22", "23"));
        assert_eq!(area("222400").range(), pair("2224", "2225"));
        assert_eq!(area("222405").range(), pair("222405", "222406"));
        assert_eq!(area("222499").range(), pair("222499", "222500"));
        assert_eq!(area("222405100").range(), pair("222405100", "222405101"));
        assert_eq!(area("222405100200").range(), pair("222405100200", "222405100201"));
        assert_eq!(area("990000").range(), pair("99", ":"));
    }

    #[test]
    fn codes_are_checked() {
        for text in
            ["", "2224", "22240a", "022400", "220001", "2224051", "222400100", "222405000201", "２２２４００"]
        {
            assert_eq!(AreaCode::parse(text), None, "{text}");
        }
        assert_eq!(AreaCode::parse("222405100000"), Some(area("222405100")));
        assert_eq!(AreaCode::parse("222400000000"), Some(area("222400")));
        assert_eq!(AreaCode::parse_form(" ２２２４０５.0"), Some(area("222405")));
    }

    #[test]
    fn the_tree_is_in_the_code() {
        let village = area("222405100201");
        assert_eq!(village.level(), Level::Village);
        assert_eq!(village.parent(), Some(area("222405100")));
        assert_eq!(village.county(), Some(area("222405")));
        assert_eq!(village.prefecture(), Some(area("222400")));
        assert_eq!(village.province(), area("220000"));
        assert_eq!(area("222400").county(), None);
        assert_eq!(area("222400").parent(), Some(area("220000")));
        assert_eq!(area("220000").parent(), None);
        assert!(area("222400").contains(&village) && !village.contains(&area("222400")));
        assert_eq!(Level::ALL.map(AreaCode::child_length), [4, 6, 9, 12, 12]);
    }

    #[test]
    fn scopes_merge_intersect_and_refuse() {
        let scope = Scope::of(&[area("222405"), area("222405100"), area("222406"), area("222424")]);
        assert_eq!(scope.ranges, vec![pair("222405", "222407"), pair("222424", "222425")]);
        assert!(
            scope.allows(&area("222406001"))
                && !scope.allows(&area("222400"))
                && !scope.allows(&area("222403"))
        );
        assert_eq!(scope.intersection(&Scope::of(&[area("222406")])), Scope::of(&[area("222406")]));
        assert!(scope.intersection(&Scope::of(&[area("222401")])).is_nothing());
        assert_eq!(scope.intersection(&Scope::everything()), scope);
        assert!(!Scope::nothing().allows(&area("222400")) && Scope::everything().allows(&area("990000")));
    }

    prop_compose! {
        fn any_area()(length in 0usize..5, p in 11u32..100, q in 1u32..100, r in 1u32..100, t in 1u32..1000, v in 1u32..1000)
            -> AreaCode {
            let text = match length {
                0 => format!("{p}0000"),
                1 => format!("{p}{q:02}00"),
                2 => format!("{p}{q:02}{r:02}"),
                3 => format!("{p}{q:02}{r:02}{t:03}"),
                _ => format!("{p}{q:02}{r:02}{t:03}{v:03}"),
            };
            AreaCode::parse(&text).unwrap()
        }
    }

    proptest! {
        #[test]
        fn a_range_holds_exactly_what_is_contained(a in any_area(), b in any_area()) {
            let (from, to) = a.range();
            for other in [b, a, b.province()] {
                let inside = from.as_str() <= other.as_str() && other.as_str() < to.as_str();
                prop_assert_eq!(inside, a.contains(&other));
                prop_assert_eq!(inside, Scope::of(&[a]).allows(&other));
            }
        }

        #[test]
        fn codes_round_trip_and_sort_as_text(a in any_area(), b in any_area()) {
            prop_assert_eq!(AreaCode::parse(a.as_str()), Some(a));
            prop_assert_eq!(AreaCode::from_prefix(a.prefix()), Some(a));
            prop_assert_eq!(a.cmp(&b), a.as_str().cmp(b.as_str()));
            if let Some(parent) = a.parent() {
                prop_assert!(parent.contains(&a));
                prop_assert_eq!(parent.level().child(), Some(a.level()));
            }
        }

        #[test]
        fn no_text_breaks_the_reader(text in "\\PC{0,13}") {
            let _ = (AreaCode::parse(&text), AreaCode::parse_form(&text), AreaCode::from_prefix(&text));
        }
    }
}
