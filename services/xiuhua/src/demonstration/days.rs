//! Days of the sheets.

use kernel::date::CivilDate;

use super::dice::Dice;

/// Last day that the ledgers know of: that of the report.
pub(super) fn last_day() -> CivilDate {
    day((2017, 9, 30))
}

/// The day of this year, month and day.
pub(super) fn day((year, month, day): (i32, u32, u32)) -> CivilDate {
    CivilDate::new(year, month, day).unwrap_or(CivilDate::EARLIEST)
}

/// A day from the first to the last, both included.
pub(super) fn day_in(dice: &mut Dice, [first, last]: [(i32, u32, u32); 2]) -> CivilDate {
    let days = day(first).days_until(day(last));
    day(first).add_days(dice.between(0, days))
}

/// A cell with a day; empty where there is none.
pub(super) fn day_cell(day: Option<CivilDate>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}
