//! Periods that figures speak of.

use crate::date::CivilDate;

/// A day, a calendar year or a range of days. First and last day belong to the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Period {
    /// The state of things on one day.
    Date(CivilDate),
    /// 1 January to 31 December.
    Year(i32),
    /// From a day, or from the beginning of records, to a day, both included ("to 2017" is open to the left).
    Range {
        /// The first day; `None` is the beginning of records.
        from: Option<CivilDate>,
        /// The last day.
        to: CivilDate,
    },
}

impl Period {
    /// The first (1) or second (2) half of a year; `None` for another half.
    #[must_use]
    pub fn half_year(year: i32, half: u8) -> Option<Self> {
        let (from, to) = match half {
            1 => (CivilDate::new(year, 1, 1)?, CivilDate::new(year, 6, 30)?),
            2 => (CivilDate::new(year, 7, 1)?, CivilDate::new(year, 12, 31)?),
            _ => return None,
        };
        Some(Self::Range { from: Some(from), to })
    }

    /// Everything up to and including `to`.
    #[must_use]
    pub const fn up_to(to: CivilDate) -> Self {
        Self::Range { from: None, to }
    }

    /// The first day; `None` is the beginning of records.
    #[must_use]
    pub fn first(self) -> Option<CivilDate> {
        match self {
            Self::Date(date) => Some(date),
            Self::Year(year) => Some(CivilDate::start_of_year(year)),
            Self::Range { from, .. } => from,
        }
    }

    /// The last day, included.
    #[must_use]
    pub fn last(self) -> CivilDate {
        match self {
            Self::Date(date) => date,
            Self::Year(year) => CivilDate::end_of_year(year),
            Self::Range { to, .. } => to,
        }
    }

    /// The day after the last: with [`Self::first`], the half-open form `[first, until)` that SQL compares
    /// with.
    #[must_use]
    pub fn until(self) -> CivilDate {
        self.last().add_days(1)
    }

    /// Whether the day belongs to the period.
    #[must_use]
    pub fn contains(self, date: CivilDate) -> bool {
        self.first().is_none_or(|first| first <= date) && date <= self.last()
    }

    /// Whether the first day does not come after the last.
    #[must_use]
    pub fn is_valid(self) -> bool {
        self.first().is_none_or(|first| first <= self.last())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> CivilDate {
        CivilDate::parse(text).unwrap()
    }

    #[test]
    fn halves_make_a_year() {
        let (first, second) = (Period::half_year(2017, 1).unwrap(), Period::half_year(2017, 2).unwrap());
        assert_eq!(first.first(), Period::Year(2017).first());
        assert_eq!(Some(first.until()), second.first());
        assert_eq!(second.last(), Period::Year(2017).last());
        assert_eq!(Period::half_year(2017, 3), None);
    }

    #[test]
    fn ends_belong_to_the_period() {
        let period = Period::Range { from: Some(date("2016-01-01")), to: date("2016-01-31") };
        assert!(period.contains(date("2016-01-01")) && period.contains(date("2016-01-31")));
        assert!(!period.contains(period.until()) && !period.contains(date("2015-12-31")));
        assert!(Period::up_to(date("2017-09-30")).contains(CivilDate::EARLIEST));
        assert!(Period::Date(date("2016-01-01")).contains(date("2016-01-01")));
        let reversed = Period::Range { from: Some(date("2016-02-01")), to: date("2016-01-31") };
        assert!(!reversed.is_valid() && period.is_valid());
    }
}
