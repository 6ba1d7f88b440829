//! What a request asks for: which time, which area, as known when.

use kernel::area::{AreaCode, Level};
use kernel::caller::Caller;
use kernel::date::CivilDate;
use kernel::failure::{Failure, Reason, Violations};
use kernel::language::Language;
use kernel::period::Period;
use prost_types::Timestamp;
use proto::common::{AreaLevel, MeasureItem, period};

use crate::refusal::refusal;
use crate::value::microseconds;

/// Calendar years that a period may name.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=9998;

/// The time of one measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Times {
    /// First day of the period; `None` is the beginning of records.
    pub(super) first: Option<CivilDate>,
    /// The day that is read: the period's last, or an earlier one that was asked for.
    pub(super) day: CivilDate,
    /// Calendar years that the period touches, whatever day is read.
    pub(super) years: (Option<i32>, i32),
    /// Moment of knowledge, µs.
    pub(super) known_at: i64,
}

impl Times {
    /// The time that an item asks for. `now` is the closed moment that is the present; `known_at` the request's.
    pub(super) fn of(
        item: &MeasureItem,
        known_at: i64,
        now: i64,
        today: CivilDate,
    ) -> Result<Self, (String, Reason)> {
        let as_of = match item.as_of.as_str() {
            "" => None,
            text => Some(CivilDate::parse(text).ok_or(("as_of".to_owned(), Reason::DateInvalid))?),
        };
        let period = period_of(item, as_of.unwrap_or(today))
            .filter(|period| period.is_valid())
            .ok_or(("period".to_owned(), Reason::PeriodInvalid))?;
        let known_at = moment(item.known_at.as_ref(), known_at, now)
            .ok_or(("known_at".to_owned(), Reason::KnownAtInFuture))?;
        Ok(Self {
            first: period.first(),
            day: as_of.map_or(period.last(), |as_of| as_of.min(period.last())),
            years: (period.first().map(CivilDate::year), period.last().year()),
            known_at,
        })
    }
}

/// The moment that was asked for, or the default; `None` where it lies after `now`.
pub(super) fn moment(asked: Option<&Timestamp>, default: i64, now: i64) -> Option<i64> {
    match asked.map(microseconds) {
        None => Some(default),
        Some(moment) if moment <= now => Some(moment),
        Some(_) => None,
    }
}

fn period_of(item: &MeasureItem, read: CivilDate) -> Option<Period> {
    match item.period.as_ref()?.period.as_ref()? {
        period::Period::Date(date) => CivilDate::parse(date).map(Period::Date),
        period::Period::Year(year) => YEARS.contains(year).then_some(Period::Year(*year)),
        period::Period::Range(range) => {
            let from = match range.from.as_str() {
                "" => None,
                text => Some(CivilDate::parse(text)?),
            };
            let to = if range.to.is_empty() { read } else { CivilDate::parse(&range.to)? };
            Some(Period::Range { from, to })
        }
    }
}

/// The area that was asked for: a division code within the caller's reach.
pub(super) fn area_of(caller: &Caller, text: &str) -> Result<AreaCode, Failure> {
    let Some(area) = AreaCode::parse(text) else {
        let mut violations = Violations::default();
        violations.push("area", Reason::AreaUnknown).add("area", text);
        return Err(refusal(violations));
    };
    caller.require_area(&area)?;
    Ok(area)
}

/// The level of the divisions to show, which lies below the area's.
pub(super) fn group_of(area: &AreaCode, asked: i32, language: Language) -> Result<Option<Level>, Failure> {
    let level = match AreaLevel::try_from(asked) {
        Ok(AreaLevel::Unspecified) => return Ok(None),
        Ok(AreaLevel::Province) => Some(Level::Province),
        Ok(AreaLevel::Prefecture) => Some(Level::Prefecture),
        Ok(AreaLevel::County) => Some(Level::County),
        Ok(AreaLevel::Township) => Some(Level::Township),
        Ok(AreaLevel::Village) => Some(Level::Village),
        Err(_) => None,
    };
    match level {
        Some(level) if level > area.level() => Ok(Some(level)),
        _ => {
            let below: Vec<&str> = Level::ALL
                .into_iter()
                .filter(|level| *level > area.level())
                .map(|level| super::level_word(level).in_language(language))
                .collect();
            let mut violations = Violations::default();
            violations.push("group_by", Reason::AreaLevelWrong).add("expected", below.join(", "));
            Err(refusal(violations))
        }
    }
}
