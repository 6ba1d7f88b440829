//! How exactly a published value is meant, and whether a measured one agrees with it.

/// Words that say how a value came about, and nothing about how exactly it is meant.
const REMARKS: [&str; 7] = ["exact", "plan", "forecast", "claim", "structural", "threshold", "approx"];

/// Differences below this are those of binary fractions, not of figures.
const EPSILON: f64 = 1e-9;

/// How exactly a published value is meant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Precision {
    /// To the last digit.
    Exact,
    /// Half the width of the range that the rounded value stands for, in its own unit.
    Rounded(f64),
    /// At least so much (余).
    LowerBound,
}

impl Precision {
    /// Reads `exact`, `rounded:±50`, `lower_bound(余)`, `plan;rounded:±5000`, `rounded:±0.05;approx(约)`; `None` for a
    /// word that is not known.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut precision = Self::Exact;
        for word in text.split(';') {
            let word = word.split('(').next().unwrap_or_default().trim();
            if let Some(width) = word.strip_prefix("rounded:±") {
                let width = width.parse::<f64>().ok().filter(|width| width.is_finite() && *width >= 0.0)?;
                precision = Self::Rounded(width);
            } else if word == "lower_bound" {
                precision = Self::LowerBound;
            } else if !REMARKS.contains(&word) {
                return None;
            }
        }
        Some(precision)
    }

    /// Whether a measured value agrees with the published one.
    #[must_use]
    pub fn agrees(self, measured: f64, published: f64) -> bool {
        let slack = EPSILON * published.abs().max(1.0);
        match self {
            Self::Exact => (measured - published).abs() <= slack,
            Self::Rounded(width) => (measured - published).abs() <= width + slack,
            Self::LowerBound => measured >= published - slack,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_figures_is_known() {
        for (text, expected) in [
            ("exact", Precision::Exact),
            ("exact(nominal)", Precision::Exact),
            ("plan(ambiguous)", Precision::Exact),
            ("structural", Precision::Exact),
            ("rounded:±50", Precision::Rounded(50.0)),
            ("rounded:±0.05;approx(约)", Precision::Rounded(0.05)),
            ("forecast;rounded:±50", Precision::Rounded(50.0)),
            ("plan;rounded:±5000000", Precision::Rounded(5_000_000.0)),
            ("lower_bound(余)", Precision::LowerBound),
        ] {
            assert_eq!(Precision::parse(text), Some(expected), "{text}");
        }
        for text in ["", "about", "rounded:50", "rounded:±", "rounded:±-1", "rounded:±NaN", "exact;about"]
        {
            assert_eq!(Precision::parse(text), None, "{text}");
        }
    }

    #[test]
    fn values_agree_within_their_precision() {
        assert!(Precision::Exact.agrees(46_831.0, 46_831.0) && !Precision::Exact.agrees(46_832.0, 46_831.0));
        let share = Precision::Rounded(0.05);
        assert!(share.agrees(12.15, 12.1) && share.agrees(12.05, 12.1) && !share.agrees(12.16, 12.1));
        let paid = Precision::Rounded(5000.0);
        assert!(paid.agrees(1_085_000.0, 1_090_000.0) && !paid.agrees(1_084_999.99, 1_090_000.0));
        let more = Precision::LowerBound;
        assert!(more.agrees(5000.0, 5000.0) && more.agrees(5741.0, 5000.0) && !more.agrees(4999.0, 5000.0));
    }
}
