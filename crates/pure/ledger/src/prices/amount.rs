//! A price as a whole number, read from decimal text and refused where it cannot be held exactly. No float comes near it.

use std::fmt;

use super::component::Unit;

/// Highest price of a million tokens, in units of whatever currency: above it somebody took one unit for another.
pub const TOKENS_PRICE_MAX: u64 = 100_000_000;
/// Highest price of one picture, second, search or call, in units of whatever currency.
pub const EACH_MAX: u64 = 1_000_000;
/// Digits behind the point of a price for a million tokens: one in the last place is a pico-unit for a token.
const TOKENS_PLACES: usize = 6;
/// Digits behind the point of a price for one.
const EACH_PLACES: usize = 9;

/// Micro-units for a million tokens, or nano-units for one picture, second, search or call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(u64);

/// Why a text is no price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Below nothing.
    #[error("'{0}' is negative; a price is 0 or more")]
    Negative(String),
    /// Not a plain decimal.
    #[error("'{0}' is no plain decimal such as 0.15, without exponent, blanks or currency")]
    NotDecimal(String),
    /// More digits than are held.
    #[error("'{text}' has more than {places} digits behind the point; less than that is not held")]
    TooFine {
        /// The text.
        text: String,
        /// How many are held.
        places: usize,
    },
    /// More than anything costs.
    #[error("'{text}' is more than {max}; prices are for {per}")]
    Absurd {
        /// The text.
        text: String,
        /// The highest.
        max: u64,
        /// What one is for.
        per: &'static str,
    },
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many of the smallest parts of its unit; `None` beyond the highest price.
    pub const fn from_parts(parts: u64, unit: Unit) -> Option<Self> {
        if parts > max(unit) * one(unit) { None } else { Some(Self(parts)) }
    }

    /// So many parts of a price that was converted: the highest price is for texts only.
    pub(super) const fn of_parts(parts: u64) -> Self {
        Self(parts)
    }

    /// How many of the smallest parts of its unit.
    pub const fn parts(self) -> u64 {
        self.0
    }

    /// Reads a plain decimal.
    pub fn parse(text: &str, unit: Unit) -> Result<Self, AmountError> {
        if text.starts_with('-') {
            return Err(AmountError::Negative(text.to_owned()));
        }
        let (places, max) = (places(unit), max(unit));
        let absurd = || AmountError::Absurd { text: text.to_owned(), max, per: per(unit) };
        match decimal(text, places) {
            Ok(parts) => {
                let parts = u64::try_from(parts).map_err(|_| absurd())?;
                Self::from_parts(parts, unit).ok_or_else(absurd)
            }
            Err(DecimalFlaw::NotDecimal) => Err(AmountError::NotDecimal(text.to_owned())),
            Err(DecimalFlaw::TooFine) => Err(AmountError::TooFine { text: text.to_owned(), places }),
            Err(DecimalFlaw::TooLong) => Err(absurd()),
        }
    }

    /// As a plain decimal without needless zeros.
    pub fn text(self, unit: Unit) -> String {
        struct Plain(u64, usize);
        impl fmt::Display for Plain {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_decimal(f, self.0.into(), self.1)
            }
        }
        Plain(self.0, places(unit)).to_string()
    }

    /// Pico-units for the smallest count: a token, a thousandth of a second, one of anything else.
    pub(crate) const fn pico(self, unit: Unit) -> u128 {
        match unit {
            Unit::MillionTokens | Unit::Second => self.0 as u128,
            Unit::Each => self.0 as u128 * 1000,
        }
    }
}

const fn places(unit: Unit) -> usize {
    match unit {
        Unit::MillionTokens => TOKENS_PLACES,
        Unit::Each | Unit::Second => EACH_PLACES,
    }
}

const fn one(unit: Unit) -> u64 {
    10_u64.pow(places(unit) as u32)
}

const fn max(unit: Unit) -> u64 {
    match unit {
        Unit::MillionTokens => TOKENS_PRICE_MAX,
        Unit::Each | Unit::Second => EACH_MAX,
    }
}

const fn per(unit: Unit) -> &'static str {
    match unit {
        Unit::MillionTokens => "a million tokens",
        Unit::Each => "one",
        Unit::Second => "a second",
    }
}

/// Why a text is no decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecimalFlaw {
    NotDecimal,
    TooFine,
    TooLong,
}

/// Reads a plain decimal as a count of its last place.
pub(crate) fn decimal(text: &str, places: usize) -> Result<u128, DecimalFlaw> {
    /// More digits than any number we hold has; the text may be anybody's.
    const WHOLE_DIGITS_MAX: usize = 20;
    let (whole, part) = match text.split_once('.') {
        Some((_, "")) => return Err(DecimalFlaw::NotDecimal),
        Some(both) => both,
        None => (text, ""),
    };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(part) {
        return Err(DecimalFlaw::NotDecimal);
    }
    let part = part.trim_end_matches('0');
    if part.len() > places {
        return Err(DecimalFlaw::TooFine);
    }
    if whole.len() > WHOLE_DIGITS_MAX {
        return Err(DecimalFlaw::TooLong);
    }
    let digits = format!("{whole}{part:0<places$}");
    digits.parse().map_err(|_| DecimalFlaw::TooLong)
}

/// Writes a count of the last place as a decimal without needless zeros.
pub(super) fn write_decimal(f: &mut fmt::Formatter<'_>, count: u128, places: usize) -> fmt::Result {
    let one = 10_u128.pow(places as u32);
    let part = format!("{:0places$}", count % one);
    let part = part.trim_end_matches('0');
    let point = if part.is_empty() { "" } else { "." };
    write!(f, "{}{point}{part}", count / one)
}

#[cfg(test)]
mod tests {
    use super::{Amount, AmountError, Unit};

    #[test]
    fn prices_are_read_to_the_last_digit_and_written_the_shortest_way() {
        for (text, unit, parts, written) in [
            ("0.15", Unit::MillionTokens, 150_000, "0.15"),
            ("3", Unit::MillionTokens, 3_000_000, "3"),
            ("0.000001", Unit::MillionTokens, 1, "0.000001"),
            ("0.1500000000", Unit::MillionTokens, 150_000, "0.15"),
            ("100000000", Unit::MillionTokens, 100_000_000_000_000, "100000000"),
            ("0.04", Unit::Each, 40_000_000, "0.04"),
            ("0.000000001", Unit::Second, 1, "0.000000001"),
            ("0", Unit::Each, 0, "0"),
        ] {
            let amount = Amount::parse(text, unit).unwrap();
            assert_eq!((amount.parts(), amount.text(unit).as_str()), (parts, written), "{text}");
        }
    }

    #[test]
    fn what_is_negative_inexact_or_absurd_is_refused() {
        let flaw = |text: &str, unit| Amount::parse(text, unit).unwrap_err();
        for text in ["-1", "-0", "-x"] {
            assert!(matches!(flaw(text, Unit::Each), AmountError::Negative(_)), "{text}");
        }
        for text in ["", ".5", "5.", "1e-7", "1,5", "+1", " 1", "$3", "1.2.3", "١"] {
            assert!(matches!(flaw(text, Unit::Each), AmountError::NotDecimal(_)), "{text}");
        }
        for (text, unit) in [("0.0000001", Unit::MillionTokens), ("0.0000000001", Unit::Each)] {
            assert!(matches!(flaw(text, unit), AmountError::TooFine { .. }), "{text}");
        }
        for (text, unit) in [
            ("100000000.000001", Unit::MillionTokens),
            ("1000000.1", Unit::Second),
            ("99999999999999999999999999999999", Unit::Each),
        ] {
            assert!(matches!(flaw(text, unit), AmountError::Absurd { .. }), "{text}");
        }
    }
}
