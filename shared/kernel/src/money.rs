//! Money in fen and areas in hundredths: integers with a decimal text form.

use std::fmt;

use thiserror::Error;

use crate::failure::Reason;
use crate::text::half_width;

/// Why a text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum AmountProblem {
    /// Not a decimal number.
    #[error("not a decimal number")]
    Syntax,
    /// More decimals than the unit has, other than zeros.
    #[error("too many decimals")]
    TooManyDecimals,
    /// Out of the range of 64 bits.
    #[error("out of range")]
    Overflow,
}

impl AmountProblem {
    /// The documented reason of this problem.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::Syntax => Reason::AmountInvalid,
            Self::TooManyDecimals => Reason::AmountDecimals,
            Self::Overflow => Reason::AmountOverflow,
        }
    }
}

/// Reads a decimal number as an integer number of 10^-`decimals`. Accepts blanks around it, full-width
/// digits, one sign and thousands separators in groups of three.
fn parse_scaled(text: &str, decimals: usize) -> Result<i64, AmountProblem> {
    let text = half_width(text);
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = without_separators(whole).ok_or(AmountProblem::Syntax)?;
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(&whole) || !digits(fraction) {
        return Err(AmountProblem::Syntax);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > decimals {
        return Err(AmountProblem::TooManyDecimals);
    }
    let mut value: i64 = 0;
    for digit in
        whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat_n(b'0', decimals - fraction.len()))
    {
        let digit = i64::from(digit - b'0');
        let step = |value: i64| value.checked_mul(10)?.checked_add(if negative { -digit } else { digit });
        value = step(value).ok_or(AmountProblem::Overflow)?;
    }
    Ok(value)
}

/// The digits without thousands separators; `None` where the separators do not stand at groups of three.
fn without_separators(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let mut digits = first.to_owned();
    let mut grouped = false;
    for group in groups {
        grouped = true;
        if group.len() != 3 {
            return None;
        }
        digits.push_str(group);
    }
    (!grouped || (1..=3).contains(&first.len())).then_some(digits)
}

/// The exact decimal text of `value` × 10^-`decimals`.
fn write_scaled(formatter: &mut fmt::Formatter<'_>, value: i64, decimals: usize) -> fmt::Result {
    let scale = 10u64.pow(u32::try_from(decimals).unwrap_or(0));
    let (sign, size) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    formatter.pad(&format!("{sign}{}.{:0decimals$}", size / scale, size % scale))
}

/// Unit that an amount names itself.
#[derive(Clone, Copy)]
enum Unit {
    Yuan,
    WanYuan,
}

impl Unit {
    /// Decimals down to a fen.
    const fn decimals(self) -> usize {
        match self {
            Self::Yuan => 2,
            Self::WanYuan => 6,
        }
    }
}

/// An amount without the unit that stands around it, and the unit.
fn without_unit(text: &str) -> (String, Option<Unit>) {
    let text = half_width(text);
    let text = text.trim();
    let text = text.strip_prefix(['¥', '￥']).unwrap_or(text);
    for (ending, unit) in
        [("万元", Unit::WanYuan), ("万", Unit::WanYuan), ("元整", Unit::Yuan), ("元", Unit::Yuan)]
    {
        if let Some(digits) = text.strip_suffix(ending) {
            return (digits.trim_end().to_owned(), Some(unit));
        }
    }
    (text.to_owned(), None)
}

/// An amount of money in fen (1/100 yuan).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fen(pub i64);

impl Fen {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// Reads an amount in yuan (元): `1302`, `1302.50`, `1,302.5`, `￥1302元`; one that names its unit itself (`1.5万元`) is
    /// read in that.
    ///
    /// # Errors
    /// See [`AmountProblem`]; more than two decimals are refused unless they are zeros.
    pub fn parse_yuan(text: &str) -> Result<Self, AmountProblem> {
        let (digits, named) = without_unit(text);
        parse_scaled(&digits, named.unwrap_or(Unit::Yuan).decimals()).map(Self)
    }

    /// Reads an amount in ten thousand yuan (万元): `1.5` is 15,000 yuan, and so is `15000元`.
    ///
    /// # Errors
    /// See [`AmountProblem`]; more than six decimals (parts of a fen) are refused unless they are zeros.
    pub fn parse_wan_yuan(text: &str) -> Result<Self, AmountProblem> {
        let (digits, named) = without_unit(text);
        parse_scaled(&digits, named.unwrap_or(Unit::WanYuan).decimals()).map(Self)
    }

    /// The fen as an integer.
    #[must_use]
    pub const fn fen(self) -> i64 {
        self.0
    }

    /// The exact text in ten thousand yuan without needless zeros: `1.5`.
    #[must_use]
    pub fn to_wan_yuan(self) -> String {
        let (sign, size) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let text = format!("{sign}{}.{:06}", size / 1_000_000, size % 1_000_000);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }

    /// The sum, unless it overflows.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, unless it overflows.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The multiple, unless it overflows.
    #[must_use]
    pub fn checked_mul(self, factor: i64) -> Option<Self> {
        self.0.checked_mul(factor).map(Self)
    }

    /// The sum of all, unless it overflows on the way.
    pub fn checked_sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

impl fmt::Display for Fen {
    /// Yuan with two decimals: `1302.00`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_scaled(formatter, self.0, 2)
    }
}

/// A quantity in hundredths of its unit: floor area in 1/100 ㎡, land in 1/100 亩, a rate in 1/100 per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Hundredths(pub i64);

impl Hundredths {
    /// Reads a quantity in whole units: `62.5` is 6250.
    ///
    /// # Errors
    /// See [`AmountProblem`]; more than two decimals are refused unless they are zeros.
    pub fn parse(text: &str) -> Result<Self, AmountProblem> {
        parse_scaled(text, 2).map(Self)
    }

    /// The sum, unless it overflows.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl fmt::Display for Hundredths {
    /// Whole units with two decimals: `62.50`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_scaled(formatter, self.0, 2)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn yuan_are_read_as_forms_write_them() {
        for (text, fen) in [
            ("1302", 130_200),
            (" 1302.5 ", 130_250),
            ("1,302.50", 130_250),
            ("１３０２．００", 130_200),
            (".5", 50),
            ("-0.01", -1),
            ("12.500", 1250),
        ] {
            assert_eq!(Fen::parse_yuan(text), Ok(Fen(fen)), "{text}");
        }
        for text in [
            "", "-", ".", "1e3", "12a", "1,30", "--1", "1.2.3", ",123", "1234,567", "1,,000", "1 000",
            "1.2,3",
        ] {
            assert_eq!(Fen::parse_yuan(text), Err(AmountProblem::Syntax), "{text}");
        }
        assert_eq!(Fen::parse_yuan("0.001"), Err(AmountProblem::TooManyDecimals));
        assert_eq!(Fen::parse_yuan("92233720368547758.08"), Err(AmountProblem::Overflow));
        assert_eq!(Fen::parse_yuan("-92233720368547758.08"), Ok(Fen(i64::MIN)));
    }

    #[test]
    fn an_amount_may_name_its_unit() {
        for (text, fen) in [
            ("1,302.50元", 130_250),
            ("￥1302", 130_200),
            ("１３０２ 元整", 130_200),
            ("1.5万元", 1_500_000),
            ("0.3万", 300_000),
        ] {
            assert_eq!(Fen::parse_yuan(text), Ok(Fen(fen)), "{text}");
        }
        assert_eq!(Fen::parse_wan_yuan("15000元"), Ok(Fen(1_500_000)));
        assert_eq!(Fen::parse_wan_yuan("1.5万元"), Ok(Fen(1_500_000)));
        assert_eq!(Fen::parse_yuan("0.0000001万元"), Err(AmountProblem::TooManyDecimals));
        for text in ["元", "1302角", "约1302元", "1千元", "1.5亿元"] {
            assert_eq!(Fen::parse_yuan(text), Err(AmountProblem::Syntax), "{text}");
        }
    }

    #[test]
    fn ten_thousand_yuan_are_read_exactly() {
        assert_eq!(Fen::parse_wan_yuan("1.5"), Ok(Fen(1_500_000)));
        assert_eq!(Fen::parse_wan_yuan("0.000001"), Ok(Fen(1)));
        assert_eq!(Fen::parse_wan_yuan("0.0000001"), Err(AmountProblem::TooManyDecimals));
        assert_eq!(Fen(1_500_000).to_wan_yuan(), "1.5");
        assert_eq!(Fen(-1).to_wan_yuan(), "-0.000001");
        assert_eq!(Fen(0).to_wan_yuan(), "0");
    }

    #[test]
    fn sums_do_not_wrap() {
        assert_eq!(Fen::checked_sum([Fen(1), Fen(2)]), Some(Fen(3)));
        assert_eq!(Fen::checked_sum([Fen(i64::MAX), Fen(1)]), None);
        assert_eq!(Fen(130_200).to_string(), "1302.00");
        assert_eq!(Hundredths::parse("62.5").map(|area| area.to_string()), Ok("62.50".to_owned()));
    }

    proptest! {
        #[test]
        fn amounts_round_trip(value: i64) {
            prop_assert_eq!(Fen::parse_yuan(&Fen(value).to_string()), Ok(Fen(value)));
            prop_assert_eq!(Fen::parse_wan_yuan(&Fen(value).to_wan_yuan()), Ok(Fen(value)));
            prop_assert_eq!(Hundredths::parse(&Hundredths(value).to_string()), Ok(Hundredths(value)));
        }

        #[test]
        fn no_text_breaks_the_reader(text in "\\PC{0,24}") {
            let _ = (Fen::parse_yuan(&text), Fen::parse_wan_yuan(&text));
        }
    }
}
