//! Which amounts may move, and exchanging one currency for another. Whole numbers only.

use domain::{Currency, Money, NANO};

/// The most that one movement may carry: a thousand million units.
pub const AMOUNT_NANO_MAX: i64 = 1_000_000_000 * NANO;

/// The most that a purse may hold or owe: four thousand million units, so that sums of two never overflow.
pub const BALANCE_NANO_MAX: i64 = 4_000_000_000 * NANO;

/// Why an amount cannot move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Nothing, or less.
    #[error("the amount is {0}; it must be more than nothing")]
    NotPositive(Money),
    /// Beyond any sense.
    #[error("the amount is {0}; one movement carries at most 1000000000")]
    TooLarge(Money),
    /// A rate that is no rate.
    #[error("an exchange rate of {numerator} to {denominator} is none; both must be more than nothing")]
    NoRate {
        /// What is given.
        numerator: u64,
        /// For how much.
        denominator: u64,
    },
}

/// An amount that may move: more than nothing, and not absurd.
pub fn fit_amount(amount: Money) -> Result<Money, AmountError> {
    match amount.nano() {
        ..=0 => Err(AmountError::NotPositive(amount)),
        nano if nano > AMOUNT_NANO_MAX => Err(AmountError::TooLarge(amount)),
        _ => Ok(amount),
    }
}

/// A price of one currency in another: `numerator` units of `to` for `denominator` units of `from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// What is paid in.
    pub from: Currency,
    /// What is credited.
    pub to: Currency,
    /// How much of `to` …
    pub numerator: u64,
    /// … for how much of `from`.
    pub denominator: u64,
}

impl Exchange {
    /// What an amount becomes, rounded down: in favour of who exchanges it for the customer.
    pub fn convert(&self, amount: Money) -> Result<Money, AmountError> {
        if self.numerator == 0 || self.denominator == 0 {
            let Self { numerator, denominator, .. } = *self;
            return Err(AmountError::NoRate { numerator, denominator });
        }
        let amount = i128::from(fit_amount(amount)?.nano());
        // Below 2^60 times 2^64: it fits.
        let nano = amount * i128::from(self.numerator) / i128::from(self.denominator);
        let converted = i64::try_from(nano).map(Money::from_nano);
        fit_amount(converted.map_err(|_| AmountError::TooLarge(Money::from_nano(i64::MAX)))?)
    }
}

#[cfg(test)]
mod tests {
    use domain::{Currency, Money};

    use super::{AMOUNT_NANO_MAX, AmountError, Exchange, fit_amount};

    #[test]
    fn absurd_amounts_are_refused() {
        for nano in [0, -1, i64::MIN, AMOUNT_NANO_MAX + 1, i64::MAX] {
            assert!(fit_amount(Money::from_nano(nano)).is_err(), "{nano}");
        }
        for nano in [1, AMOUNT_NANO_MAX] {
            assert!(fit_amount(Money::from_nano(nano)).is_ok(), "{nano}");
        }
    }

    #[test]
    fn exchanges_round_down_and_never_overflow() {
        let rate = |numerator, denominator| Exchange {
            from: Currency::CNY,
            to: Currency::USD,
            numerator,
            denominator,
        };
        assert_eq!(rate(1, 7).convert(Money::from_nano(20)), Ok(Money::from_nano(2)));
        assert_eq!(rate(1, 7).convert(Money::from_nano(6)), Err(AmountError::NotPositive(Money::ZERO)));
        let most = Money::from_nano(AMOUNT_NANO_MAX);
        assert!(matches!(rate(u64::MAX, 1).convert(most), Err(AmountError::TooLarge(_))));
        assert!(matches!(rate(0, 1).convert(most), Err(AmountError::NoRate { .. })));
        assert!(matches!(rate(1, 0).convert(most), Err(AmountError::NoRate { .. })));
    }
}
