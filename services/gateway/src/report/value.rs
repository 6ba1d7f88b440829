//! Exact values in the unit in which they are published.

use proto::common::value::Value as Exact;
use proto::common::{self, Unit, Value};
use proto::xiuhua::gateway::v1::report_line::{Availability, FigureKind};

/// Fen in a yuan, kilowatts' thousand, parts of a per cent.
const FEN: f64 = 100.0;
const PER_CENT: f64 = 100.0;
const KILO: f64 = 1000.0;

/// The unit of shares.
pub(crate) const PERCENT: &str = "%";

/// The unit of power in which figures are published.
const MEGAWATT: &str = "MW";

/// The value in the published unit: yuan for money, per cent for ratios, MW for power. `None` where there is no value, or
/// nothing stands below the line of a ratio.
#[must_use]
pub(crate) fn published(value: &Value, unit: &str) -> Option<f64> {
    Some(match value.value.as_ref()? {
        Exact::Count(count) => float(*count),
        Exact::Fen(fen) => float(*fen) / FEN,
        Exact::Flag(flag) => f64::from(*flag),
        Exact::Kilowatts(power) if unit == MEGAWATT => float(*power) / KILO,
        Exact::Kilowatts(power) => float(*power),
        Exact::Ratio(ratio) if ratio.denominator == 0 => return None,
        Exact::Ratio(ratio) => {
            let scale = if unit == PERCENT { PER_CENT } else { 1.0 };
            float(ratio.numerator) * scale / float(ratio.denominator)
        }
    })
}

/// The number that may be added up: a count, fen or kilowatts.
#[must_use]
pub(crate) fn summand(value: &Value) -> Option<i64> {
    match value.value.as_ref()? {
        Exact::Count(number) | Exact::Fen(number) | Exact::Kilowatts(number) => Some(*number),
        Exact::Ratio(_) | Exact::Flag(_) => None,
    }
}

/// A sum in the same exact unit as `like`.
#[must_use]
pub(crate) fn with_number(like: &Value, number: i64) -> Value {
    let value = like.value.as_ref().map(|value| match value {
        Exact::Fen(_) => Exact::Fen(number),
        Exact::Kilowatts(_) => Exact::Kilowatts(number),
        Exact::Count(_) | Exact::Ratio(_) | Exact::Flag(_) => Exact::Count(number),
    });
    Value { value }
}

/// Counts of people and of fen stay far below 2⁵³, up to which every integer is a double.
#[expect(clippy::cast_precision_loss, reason = "see above")]
pub(crate) const fn float(number: i64) -> f64 {
    number as f64
}

/// The unit as templates write it, for lines that no template names.
#[must_use]
pub(crate) const fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Unspecified => "number",
        Unit::Household => "household",
        Unit::Person => "person",
        Unit::PersonTime => "person-time",
        Unit::Site => "site",
        Unit::Project => "project",
        Unit::County => "county",
        Unit::Village => "village",
        Unit::Yuan => "CNY",
        Unit::Percent => PERCENT,
        Unit::Visit => "visit",
        Unit::Flag => "flag",
        Unit::Region => "region",
    }
}

/// Whether a value is there, in the words of a report.
#[must_use]
pub(crate) fn availability(answered: common::Availability) -> Availability {
    match answered {
        common::Availability::Available => Availability::Available,
        common::Availability::Unspecified | common::Availability::Unavailable => Availability::Unavailable,
        common::Availability::Forbidden => Availability::Forbidden,
        common::Availability::NotAtLevel => Availability::NotAtLevel,
    }
}

/// What a figure is, by its indicator; `None` where the indicator does not say.
#[must_use]
pub(crate) fn kind(kind: common::IndicatorKind) -> Option<FigureKind> {
    match kind {
        common::IndicatorKind::Unspecified => None,
        common::IndicatorKind::Actual => Some(FigureKind::Actual),
        common::IndicatorKind::Plan => Some(FigureKind::Plan),
        common::IndicatorKind::Forecast => Some(FigureKind::Forecast),
        common::IndicatorKind::Rule => Some(FigureKind::Rule),
        common::IndicatorKind::Narrative => Some(FigureKind::Narrative),
    }
}

#[cfg(test)]
mod tests {
    use proto::common::Ratio;

    use super::*;

    fn value(value: Exact) -> Value {
        Value { value: Some(value) }
    }

    #[test]
    fn values_are_told_in_the_published_unit() {
        let ratio = |numerator, denominator| value(Exact::Ratio(Ratio { numerator, denominator }));
        assert_eq!(published(&value(Exact::Count(0)), "household"), Some(0.0));
        assert_eq!(published(&value(Exact::Fen(109_000_050)), "CNY"), Some(1_090_000.5));
        assert_eq!(published(&ratio(304, 1520), "%"), Some(20.0));
        assert_eq!(published(&ratio(11, 2), "person"), Some(5.5));
        assert_eq!(published(&ratio(1, 0), "%"), None);
        assert_eq!(published(&value(Exact::Kilowatts(157_000)), "MW"), Some(157.0));
        assert_eq!(published(&value(Exact::Flag(true)), "flag"), Some(1.0));
        assert_eq!(published(&Value { value: None }, "person"), None);
    }

    #[test]
    fn every_unit_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> =
            (0..64).filter_map(|number| Unit::try_from(number).ok()).map(unit_name).collect();
        let units = (0..64).filter(|number| Unit::try_from(*number).is_ok()).count();
        assert_eq!(names.len(), units);
    }
}
