//! Civil dates: days in Asia/Shanghai without a time of day.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::text::half_width;

/// A day of the civil calendar. Its text form is ISO 8601, `2015-12-31`, on the wire and in columns alike, so
/// that text order is time order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CivilDate(Date);

impl CivilDate {
    /// The day that stands for "open" in `valid_to`: 9999-12-31.
    pub const FOREVER: Self = Self(Date::constant(9999, 12, 31));
    /// The earliest day that is accepted: 0001-01-01.
    pub const EARLIEST: Self = Self(Date::constant(1, 1, 1));

    /// The day, if the calendar has it and the year is within 1–9999.
    #[must_use]
    pub fn new(year: i32, month: u32, day: u32) -> Option<Self> {
        let year = i16::try_from(year).ok().filter(|year| *year >= 1)?;
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok().map(Self)
    }

    /// Reads exactly `YYYY-MM-DD`, the form of the wire and of columns.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return None;
        }
        Self::from_digits(text.get(0..4)?, text.get(5..7)?, text.get(8..10)?)
    }

    /// Reads a date as it stands in form cells: `2015-12-31`, `2015/12/31`, `2015.12.31`, `2015年12月31日`,
    /// `20151231`, with one-digit months and days, full-width digits, blanks around, and a midnight time of
    /// day behind it (as spreadsheets write date cells).
    #[must_use]
    pub fn parse_form(text: &str) -> Option<Self> {
        let text = half_width(text);
        let text = without_midnight(text.trim());
        if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::from_digits(&text[0..4], &text[4..6], &text[6..8]);
        }
        let (year, month, day) = if let Some((year, rest)) = text.split_once('年') {
            let (month, rest) = rest.split_once('月')?;
            (year, month, rest.strip_suffix(['日', '号']).unwrap_or(rest))
        } else {
            let separator = text.chars().find(|c| matches!(c, '-' | '/' | '.'))?;
            let mut parts = text.split(separator);
            let found = (parts.next()?, parts.next()?, parts.next()?);
            if parts.next().is_some() {
                return None;
            }
            found
        };
        Self::from_digits(year.trim(), month.trim(), day.trim())
    }

    /// Reads a month as it stands in form cells (`2015-10`, `2015/10`, `2015.10`, `2015年10月`, `201510`) and
    /// gives its first day.
    #[must_use]
    pub fn parse_month(text: &str) -> Option<Self> {
        let text = half_width(text);
        let text = text.trim();
        if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::from_digits(&text[0..4], &text[4..6], "01");
        }
        // A spreadsheet makes the first day of it out of a month.
        if let Some(first) = Self::parse_form(text) {
            return (first.day() == 1).then_some(first);
        }
        let (year, month) = text.split_once(['年', '-', '/', '.'])?;
        Self::from_digits(year.trim(), month.trim().strip_suffix('月').unwrap_or(month.trim()).trim(), "01")
    }

    /// A year of four digits, month and day of one or two.
    fn from_digits(year: &str, month: &str, day: &str) -> Option<Self> {
        let digits = |text: &str, length: std::ops::RangeInclusive<usize>| {
            (length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| text.parse::<u32>().ok())
                .flatten()
        };
        Self::new(i32::try_from(digits(year, 4..=4)?).ok()?, digits(month, 1..=2)?, digits(day, 1..=2)?)
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> i32 {
        i32::from(self.0.year())
    }

    /// The month, 1–12.
    #[must_use]
    pub fn month(self) -> u32 {
        u32::from(self.0.month().unsigned_abs())
    }

    /// The day of the month, 1–31.
    #[must_use]
    pub fn day(self) -> u32 {
        u32::from(self.0.day().unsigned_abs())
    }

    /// The day `days` later (or earlier); stops at [`Self::EARLIEST`] and [`Self::FOREVER`].
    #[must_use]
    pub fn add_days(self, days: i32) -> Self {
        let bound = if days < 0 { Self::EARLIEST } else { Self::FOREVER };
        self.0.checked_add(days.days()).map_or(bound, Self).max(Self::EARLIEST)
    }

    /// The same day `months` later (or earlier), or the month's last day where it has no such day; stops at
    /// the ends.
    #[must_use]
    pub fn add_months(self, months: i32) -> Self {
        let bound = if months < 0 { Self::EARLIEST } else { Self::FOREVER };
        self.0.checked_add(months.months()).map_or(bound, Self).max(Self::EARLIEST)
    }

    /// Days from this day until `later`; negative where it is earlier.
    #[must_use]
    pub fn days_until(self, later: Self) -> i32 {
        self.0.until(later.0).map_or(0, |span| span.get_days())
    }

    /// 1 January of `year`, kept within the years 1–9999.
    #[must_use]
    pub fn start_of_year(year: i32) -> Self {
        Self::new(year.clamp(1, 9999), 1, 1).unwrap_or(Self::EARLIEST)
    }

    /// 31 December of `year`, kept within the years 1–9999.
    #[must_use]
    pub fn end_of_year(year: i32) -> Self {
        Self::new(year.clamp(1, 9999), 12, 31).unwrap_or(Self::FOREVER)
    }

    /// The last day of this day's month.
    #[must_use]
    pub fn end_of_month(self) -> Self {
        Self(self.0.last_of_month())
    }

    /// Completed years of life on the day `on`, for someone born on `birth`. Someone born on 29 February
    /// completes the year on 1 March in common years. Negative where `on` lies before the birth.
    #[must_use]
    pub fn age_on(birth: Self, on: Self) -> i32 {
        let before_birthday = (on.month(), on.day()) < (birth.month(), birth.day());
        on.year() - birth.year() - i32::from(before_birthday)
    }

    /// Whether this is the day that stands for "open".
    #[must_use]
    pub fn is_forever(self) -> bool {
        self == Self::FOREVER
    }
}

/// Drops the time of day of a spreadsheet's date cell, where it is midnight.
fn without_midnight(text: &str) -> &str {
    let Some((date, time)) = text.split_once(['T', ' ']) else { return text };
    let midnight = time.trim().trim_end_matches('Z').bytes().all(|byte| matches!(byte, b'0' | b':' | b'.'));
    if midnight { date } else { text }
}

impl fmt::Display for CivilDate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

impl Serialize for CivilDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CivilDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("a date must read YYYY-MM-DD"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> CivilDate {
        CivilDate::parse(text).unwrap()
    }

    #[test]
    fn form_cells_are_read_in_all_their_shapes() {
        for text in [
            "2015-12-31",
            "2015/12/31",
            "2015.12.31",
            "2015年12月31日",
            "20151231",
            " ２０１５年１２月３１日 ",
            "2015-12-31 00:00:00",
            "2015-12-31T00:00:00.000",
        ] {
            assert_eq!(CivilDate::parse_form(text), Some(date("2015-12-31")), "{text}");
        }
        assert_eq!(CivilDate::parse_form("2015/1/5"), Some(date("2015-01-05")));
        for text in [
            "",
            "2015",
            "15-12-31",
            "2015-13-01",
            "2015-02-30",
            "2015-1-1-1",
            "2015-12-31 08:00",
            "31/12/2015",
        ] {
            assert_eq!(CivilDate::parse_form(text), None, "{text}");
        }
    }

    #[test]
    fn only_iso_is_read_from_the_wire() {
        assert_eq!(CivilDate::parse("2016-02-29"), CivilDate::new(2016, 2, 29));
        for text in
            ["2015-02-29", "2015-1-01", "20150101", "2015-01-01 ", "+015-01-01", "2015年1月1", "0000-01-01"]
        {
            assert_eq!(CivilDate::parse(text), None, "{text}");
        }
    }

    #[test]
    fn months_are_read_in_all_their_shapes() {
        for text in ["2015-10", "2015年10月", "201510", "2015/10", "2015.10", "２０１５１０"] {
            assert_eq!(CivilDate::parse_month(text), Some(date("2015-10-01")), "{text}");
        }
        assert_eq!(CivilDate::parse_month("2015-10-01 00:00:00"), Some(date("2015-10-01")));
        assert_eq!(CivilDate::parse_month("2015-10-02"), None);
        assert_eq!(CivilDate::parse_month("2015-13"), None);
        assert_eq!(CivilDate::parse_month("201"), None);
    }

    #[test]
    fn ages_are_completed_years() {
        let birth = date("2000-02-29");
        assert_eq!(CivilDate::age_on(birth, date("2001-02-28")), 0);
        assert_eq!(CivilDate::age_on(birth, date("2001-03-01")), 1);
        assert_eq!(CivilDate::age_on(birth, date("2016-02-29")), 16);
        assert_eq!(CivilDate::age_on(birth, date("1999-12-31")), -1);
    }

    #[test]
    fn arithmetic_stops_at_the_ends() {
        assert_eq!(CivilDate::FOREVER.add_days(1), CivilDate::FOREVER);
        assert_eq!(CivilDate::EARLIEST.add_days(-1), CivilDate::EARLIEST);
        assert_eq!(date("2016-01-31").add_months(1), date("2016-02-29"));
        assert_eq!(date("2016-02-03").end_of_month(), date("2016-02-29"));
        assert_eq!(date("2016-02-28").days_until(date("2016-03-01")), 2);
        assert_eq!(CivilDate::FOREVER.to_string(), "9999-12-31");
    }

    proptest! {
        #[test]
        fn text_round_trips_and_sorts_as_time(a in 0i32..3_000_000, b in 0i32..3_000_000) {
            let (a, b) = (CivilDate::EARLIEST.add_days(a), CivilDate::EARLIEST.add_days(b));
            prop_assert_eq!(CivilDate::parse(&a.to_string()), Some(a));
            prop_assert_eq!(CivilDate::parse_form(&a.to_string()), Some(a));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
            prop_assert_eq!(a.add_days(a.days_until(b)), b);
        }

        #[test]
        fn no_text_breaks_the_reader(text in "\\PC{0,14}") {
            let _ = (CivilDate::parse(&text), CivilDate::parse_form(&text), CivilDate::parse_month(&text));
        }
    }
}
