//! Numbers that amounts are multiplied with: markups and exchange rates, exact both.

use std::fmt;

use super::amount::{decimal, write_decimal};

const FACTOR_PLACES: usize = 6;
const RATE_PLACES: usize = 9;

/// What a list price is multiplied with: a decimal of up to six places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Factor(u32);

/// What one unit of a currency is in the currency of the book: a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExchangeRate {
    numerator: u64,
    denominator: u64,
}

impl Factor {
    /// The list price itself.
    pub const ONE: Self = Self(1_000_000);
    /// The highest: a thousand times the list price.
    pub const MAX: Self = Self(1_000_000_000);
    /// What its count is divided by.
    pub(super) const SCALE: u128 = 1_000_000;

    /// Reads a plain decimal such as `1.25`; `None` if it is none, too fine, or more than a thousand.
    pub fn parse(text: &str) -> Option<Self> {
        let millionths = u32::try_from(decimal(text, FACTOR_PLACES).ok()?).ok()?;
        (millionths <= Self::MAX.0).then_some(Self(millionths))
    }

    /// How many millionths.
    pub const fn millionths(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_decimal(f, self.0.into(), FACTOR_PLACES)
    }
}

impl ExchangeRate {
    /// A currency in itself.
    pub const ONE: Self = Self { numerator: 1, denominator: 1 };
    /// The largest number on either side.
    pub const SIDE_MAX: u64 = 1_000_000_000_000;

    /// Reads a decimal such as `0.14` or a fraction of whole numbers such as `1/7`; `None` if it is neither, nothing, or
    /// beyond the largest number.
    pub fn parse(text: &str) -> Option<Self> {
        let (numerator, denominator) = match text.split_once('/') {
            Some((numerator, denominator)) => (decimal(numerator, 0).ok()?, decimal(denominator, 0).ok()?),
            None => (decimal(text, RATE_PLACES).ok()?, 10_u128.pow(RATE_PLACES as u32)),
        };
        if numerator == 0 || denominator == 0 {
            return None;
        }
        let both = divisor(numerator, denominator);
        let side = |number: u128| u64::try_from(number / both).ok().filter(|side| *side <= Self::SIDE_MAX);
        Some(Self { numerator: side(numerator)?, denominator: side(denominator)? })
    }

    /// The upper number.
    pub const fn numerator(self) -> u64 {
        self.numerator
    }

    /// The lower number.
    pub const fn denominator(self) -> u64 {
        self.denominator
    }
}

/// As a fraction, or the whole number that it is.
impl fmt::Display for ExchangeRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => write!(f, "{}", self.numerator),
            denominator => write!(f, "{}/{denominator}", self.numerator),
        }
    }
}

fn divisor(mut larger: u128, mut smaller: u128) -> u128 {
    while smaller != 0 {
        (larger, smaller) = (smaller, larger % smaller);
    }
    larger
}

#[cfg(test)]
mod tests {
    use super::{ExchangeRate, Factor};

    #[test]
    fn factors_are_exact() {
        for (text, millionths) in [("1", 1_000_000), ("1.25", 1_250_000), ("0.000001", 1), ("0", 0)] {
            let factor = Factor::parse(text).unwrap();
            assert_eq!((factor.millionths(), factor.to_string().as_str()), (millionths, text));
        }
        for text in ["", "-1", "1.0000001", "1000.000001", "1e2", "20%", "4294967297"] {
            assert_eq!(Factor::parse(text), None, "{text}");
        }
        assert_eq!(Factor::parse("1000"), Some(Factor::MAX));
    }

    #[test]
    fn rates_are_fractions_in_their_lowest_terms() {
        for (text, written) in
            [("0.14", "7/50"), ("1/7", "1/7"), ("2/14", "1/7"), ("7.1", "71/10"), ("3", "3")]
        {
            let rate = ExchangeRate::parse(text).unwrap();
            assert_eq!(rate.to_string(), written);
            assert_eq!(ExchangeRate::parse(&rate.to_string()), Some(rate));
        }
        for text in
            ["", "0", "0/3", "1/0", "-1", "1/-7", "1/7/2", "1.5/2", "x", "1000000000001", "1/1000000000001"]
        {
            assert_eq!(ExchangeRate::parse(text), None, "{text}");
        }
    }
}
