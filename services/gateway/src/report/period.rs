//! Rules that say for which time a line is measured, without naming a year.

use std::fmt;

use kernel::date::CivilDate;
use kernel::period::Period;

/// The name of the report's day in rules.
const AS_OF: &str = "as_of";

/// Names of months as rules write them.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The report's year and a number of years more or less: `Y`, `Y-2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct YearRule(i32);

impl YearRule {
    /// Reads `Y`, `Y-1`, `Y+1`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.trim().strip_prefix('Y')?;
        match rest.chars().next() {
            None => Some(Self(0)),
            Some('+' | '-') => rest.parse().ok().map(Self),
            Some(_) => None,
        }
    }

    /// The year that it means in a report for `year`.
    #[must_use]
    pub const fn of(self, year: i32) -> i32 {
        year.saturating_add(self.0)
    }
}

/// A day: the report's own, or one of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DayRule {
    AsOf,
    Calendar { day: u32, month: u32, year: YearRule },
}

impl DayRule {
    fn parse(text: &str) -> Option<Self> {
        if text == AS_OF {
            return Some(Self::AsOf);
        }
        let mut words = text.split_whitespace();
        let day = words.next()?.parse().ok()?;
        let month = words.next()?;
        let month = MONTHS.iter().zip(1..).find(|(name, _)| **name == month)?.1;
        let year = YearRule::parse(words.next()?)?;
        // 2016 is a leap year: a day that is none there is none at all.
        let exists = CivilDate::new(2016, month, day).is_some();
        (words.next().is_none() && exists).then_some(Self::Calendar { day, month, year })
    }

    fn of(self, year: i32, as_of: CivilDate) -> Option<CivilDate> {
        match self {
            Self::AsOf => Some(as_of),
            Self::Calendar { day, month, year: rule } => CivilDate::new(rule.of(year), month, day),
        }
    }
}

/// For which time a line is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeriodRule(Rule);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    Year(YearRule),
    Half(u8, YearRule),
    On(DayRule),
    Range(Option<DayRule>, DayRule),
}

impl PeriodRule {
    /// The calendar year of the report, for lines that no template names.
    pub const YEAR: Self = Self(Rule::Year(YearRule(0)));

    /// Reads `Y`, `year Y-1`, `H1 Y`, `as_of`, `31 Dec Y-2`, `to as_of`, `1 Jan Y to as_of`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let half = |half, rest| YearRule::parse(rest).map(|year| Rule::Half(half, year));
        let rule = if let Some(rest) = text.strip_prefix("H1 ") {
            half(1, rest)?
        } else if let Some(rest) = text.strip_prefix("H2 ") {
            half(2, rest)?
        } else if let Some(last) = text.strip_prefix("to ") {
            Rule::Range(None, DayRule::parse(last.trim())?)
        } else if let Some((first, last)) = text.split_once(" to ") {
            Rule::Range(Some(DayRule::parse(first.trim())?), DayRule::parse(last.trim())?)
        } else if let Some(year) = YearRule::parse(text.strip_prefix("year ").unwrap_or(text)) {
            Rule::Year(year)
        } else {
            Rule::On(DayRule::parse(text)?)
        };
        Some(Self(rule))
    }

    /// The period that it means in a report for `year` as of `as_of`; `None` where there is no such day.
    #[must_use]
    pub fn of(self, year: i32, as_of: CivilDate) -> Option<Period> {
        let period = match self.0 {
            Rule::Year(rule) => Period::Year(rule.of(year)),
            Rule::Half(half, rule) => Period::half_year(rule.of(year), half)?,
            Rule::On(day) => Period::Date(day.of(year, as_of)?),
            Rule::Range(first, last) => {
                let from = match first {
                    Some(first) => Some(first.of(year, as_of)?),
                    None => None,
                };
                Period::Range { from, to: last.of(year, as_of)? }
            }
        };
        period.is_valid().then_some(period)
    }
}

/// A text with years in it: `registered-{Y-2}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct YearText(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Year(YearRule),
}

impl YearText {
    /// Reads a text; `None` where a brace holds no year.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (rule, after) = after.split_once('}')?;
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Year(YearRule::parse(rule)?));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Some(Self(pieces))
    }

    /// The text in a report for `year`.
    #[must_use]
    pub fn of(&self, year: i32) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Year(rule) => rule.of(year).to_string(),
            })
            .collect()
    }

    /// Whether there is no text.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for YearText {
    /// The text as it is written in a template.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => formatter.write_str(text),
            Piece::Year(YearRule(0)) => formatter.write_str("{Y}"),
            Piece::Year(YearRule(offset)) => write!(formatter, "{{Y{offset:+}}}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> CivilDate {
        CivilDate::parse(text).unwrap()
    }

    fn period(rule: &str) -> Option<Period> {
        PeriodRule::parse(rule)?.of(2017, date("2017-09-30"))
    }

    #[test]
    fn rules_mean_periods_of_the_report() {
        let range = |from: Option<&str>, to: &str| Some(Period::Range { from: from.map(date), to: date(to) });
        assert_eq!(period("Y"), Some(Period::Year(2017)));
        assert_eq!(period("year Y"), Some(Period::Year(2017)));
        assert_eq!(period("Y-1"), Some(Period::Year(2016)));
        assert_eq!(period("Y+3"), Some(Period::Year(2020)));
        assert_eq!(period("H1 Y"), range(Some("2017-01-01"), "2017-06-30"));
        assert_eq!(period("H2 Y-1"), range(Some("2016-07-01"), "2016-12-31"));
        assert_eq!(period("as_of"), Some(Period::Date(date("2017-09-30"))));
        assert_eq!(period("31 Dec Y-2"), Some(Period::Date(date("2015-12-31"))));
        assert_eq!(period("to as_of"), range(None, "2017-09-30"));
        assert_eq!(period("to 30 Jun Y"), range(None, "2017-06-30"));
        assert_eq!(period("1 Jan Y to as_of"), range(Some("2017-01-01"), "2017-09-30"));
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in [
            "",
            "X",
            "Y*2",
            "Y2",
            "H3 Y",
            "31 Feb Y",
            "31 dec Y",
            "1 Jan",
            "to",
            "to Y",
            "as_of Y",
            "2017",
            "1 Jan Y Z",
        ] {
            assert_eq!(PeriodRule::parse(text), None, "{text}");
        }
        // Only in leap years, and the wrong way round.
        assert_eq!(period("29 Feb Y"), None);
        assert_eq!(period("as_of to 1 Jan Y"), None);
    }

    #[test]
    fn years_stand_in_texts() {
        let text = YearText::parse("registered-{Y-2}.{Y}x").unwrap();
        assert_eq!(text.of(2017), "registered-2015.2017x");
        assert_eq!(text.to_string(), "registered-{Y-2}.{Y}x");
        assert_eq!(YearText::parse("plain").unwrap().of(2017), "plain");
        assert!(YearText::parse("").unwrap().is_empty());
        for broken in ["{Y", "{2017}", "{Y-}"] {
            assert_eq!(YearText::parse(broken), None, "{broken}");
        }
    }
}
