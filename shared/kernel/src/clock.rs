//! Moments, and the clock as a value that is passed in.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::Offset;

use crate::date::CivilDate;

/// China Standard Time, UTC+8 the whole year (Asia/Shanghai has had no summer time since 1991).
const CHINA: Offset = Offset::constant(8);

/// A moment in microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub i64);

impl Moment {
    /// The moment that stands for "open" in `superseded_at`: the greatest one.
    pub const OPEN: Self = Self(i64::MAX);

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Seconds and nanoseconds since 1970-01-01T00:00:00Z, as `google.protobuf.Timestamp` wants them.
    #[must_use]
    pub const fn seconds_and_nanos(self) -> (i64, i32) {
        (self.0.div_euclid(1_000_000), self.0.rem_euclid(1_000_000) as i32 * 1000)
    }

    /// The moment of a `google.protobuf.Timestamp`; what is finer than a microsecond is cut off. `None` where
    /// it does not fit.
    #[must_use]
    pub fn from_seconds_and_nanos(seconds: i64, nanos: i32) -> Option<Self> {
        if !(0..1_000_000_000).contains(&nanos) {
            return None;
        }
        seconds.checked_mul(1_000_000)?.checked_add(i64::from(nanos / 1000)).map(Self)
    }

    /// The civil day of this moment in Asia/Shanghai; moments out of the calendar give its ends.
    #[must_use]
    pub fn date(self) -> CivilDate {
        let Ok(timestamp) = Timestamp::from_microsecond(self.0) else {
            return if self.0 < 0 { CivilDate::EARLIEST } else { CivilDate::FOREVER };
        };
        let day = CHINA.to_datetime(timestamp).date();
        CivilDate::new(
            i32::from(day.year()),
            u32::from(day.month().unsigned_abs()),
            u32::from(day.day().unsigned_abs()),
        )
        .unwrap_or(CivilDate::EARLIEST)
    }

    /// The moment at which `date` begins in Asia/Shanghai.
    #[must_use]
    pub fn start_of(date: CivilDate) -> Self {
        let epoch = CivilDate::start_of_year(1970);
        let days = i64::from(epoch.days_until(date));
        Self((days * 86_400 - i64::from(CHINA.seconds())) * 1_000_000)
    }

    /// Reads an RFC 3339 moment such as `2017-09-30T16:00:00.000000Z`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<Timestamp>().ok().map(|timestamp| Self(timestamp.as_microsecond()))
    }

    /// The moment `duration` later, stopping at [`Self::OPEN`].
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The time from `earlier` to this moment; zero where it is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl fmt::Display for Moment {
    /// RFC 3339 in UTC with microseconds; a moment out of the calendar shows as its number.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_microsecond(self.0) {
            Ok(timestamp) => write!(formatter, "{timestamp:.6}"),
            Err(_) => write!(formatter, "{}", self.0),
        }
    }
}

/// A clock that is passed in.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Moment;

    /// The present day in Asia/Shanghai.
    fn today(&self) -> CivilDate {
        self.now().date()
    }
}

/// The machine's clock. The only place in the suite that reads it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> Moment {
        Moment(Timestamp::now().as_microsecond())
    }
}

/// A clock that stands still until it is moved; for tests and for demonstrations of the past.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that stands at `moment`.
    #[must_use]
    pub const fn new(moment: Moment) -> Self {
        Self(AtomicI64::new(moment.0))
    }

    /// A clock that stands at noon (Asia/Shanghai) of `date`.
    #[must_use]
    pub fn at_noon(date: CivilDate) -> Self {
        Self::new(Moment::start_of(date).plus(Duration::from_secs(12 * 3600)))
    }

    /// Puts the clock to `moment`.
    pub fn set(&self, moment: Moment) {
        self.0.store(moment.0, Ordering::SeqCst);
    }

    /// Moves the clock forward.
    pub fn advance(&self, duration: Duration) {
        self.0.fetch_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        Moment(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_day_turns_at_sixteen_hours_utc() {
        let clock = ManualClock::new(Moment::parse("2015-12-31T15:59:59.999999Z").unwrap());
        assert_eq!(clock.today().to_string(), "2015-12-31");
        clock.advance(Duration::from_micros(1));
        assert_eq!(clock.today().to_string(), "2016-01-01");
        assert_eq!(clock.now(), Moment::start_of(CivilDate::start_of_year(2016)));
    }

    #[test]
    fn moments_out_of_the_calendar_are_kept() {
        assert_eq!(Moment::OPEN.date(), CivilDate::FOREVER);
        assert_eq!(Moment::OPEN.to_string(), i64::MAX.to_string());
        assert_eq!(Moment(0).to_string(), "1970-01-01T00:00:00.000000Z");
        assert_eq!(Moment::OPEN.plus(Duration::from_secs(1)), Moment::OPEN);
    }

    #[test]
    fn the_system_clock_is_past_this_century() {
        assert!(SystemClock.today() > CivilDate::start_of_year(2001));
    }

    proptest! {
        #[test]
        fn timestamps_and_text_round_trip(micros in -60_000_000_000_000_000i64..250_000_000_000_000_000) {
            let moment = Moment(micros);
            let (seconds, nanos) = moment.seconds_and_nanos();
            prop_assert_eq!(Moment::from_seconds_and_nanos(seconds, nanos), Some(moment));
            prop_assert_eq!(Moment::parse(&moment.to_string()), Some(moment));
            let start = Moment::start_of(moment.date());
            prop_assert!(start <= moment && moment.since(start) < Duration::from_secs(86_400));
        }
    }
}
