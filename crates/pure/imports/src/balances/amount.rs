//! Amounts as the other gateways have them, to the nano-unit. No float comes near them.

use domain::{Money, NANO};
use ledger::AMOUNT_NANO_MAX;

use crate::decimal::count;

/// Nano-units are so many decimal places.
const PLACES: i32 = 9;

/// How much quota is one unit of money, in billionths of quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct QuotaPerUnit(i128);

impl QuotaPerUnit {
    /// Reads it as it is set there.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let read = count(text.trim(), PLACES).filter(|read| read.count > 0 && !read.is_rounded)?;
        i128::try_from(read.count).ok().filter(|count| *count <= i128::from(i64::MAX)).map(Self)
    }

    /// What so much quota is worth; what is below a nano-unit is left.
    pub(super) fn money(self, quota: i128) -> Option<Money> {
        let nano = quota.checked_mul(i128::from(NANO))?.checked_mul(i128::from(NANO))?.checked_div(self.0)?;
        i64::try_from(nano).ok().map(Money::from_nano)
    }
}

/// A decimal as JSON or a database writes it, which never is less than nothing: what is below a nano-unit counts as one.
pub(super) fn decimal_up(text: &str) -> Option<Money> {
    let read = count(text.trim(), PLACES)?;
    i64::try_from(read.count).ok().map(Money::from_nano)
}

/// The same where what is below a nano-unit is left.
pub(super) fn decimal_down(text: &str) -> Option<Money> {
    let read = count(text.trim(), PLACES)?;
    let whole = read.count - u128::from(read.is_rounded);
    i64::try_from(whole).ok().map(Money::from_nano)
}

/// Whether an account or a budget can be so large.
pub(super) fn is_within(amount: Money) -> bool {
    (0..=AMOUNT_NANO_MAX).contains(&amount.nano())
}

#[cfg(test)]
mod tests {
    use domain::Money;

    use super::{QuotaPerUnit, decimal_down, decimal_up, is_within};

    #[test]
    fn quota_is_converted_to_the_nano_unit() {
        let usual = QuotaPerUnit::parse("500000").unwrap();
        for (quota, money) in
            [(0, "0"), (1, "0.000002"), (500_000, "1"), (123_456_789, "246.913578"), (-3, "-0.000006")]
        {
            assert_eq!(usual.money(quota).unwrap().to_string(), money);
        }
        let odd = QuotaPerUnit::parse("300000.5").unwrap();
        assert_eq!(odd.money(1).unwrap().to_string(), "0.000003333", "what is below a nano-unit is left");
        assert_eq!(usual.money(i128::from(i64::MAX)), None, "more than there is money");
        for text in ["", "0", "-1", "many", "1e-20", "1e30"] {
            assert_eq!(QuotaPerUnit::parse(text), None, "{text}");
        }
    }

    #[test]
    fn decimals_are_read_exactly_and_rounded_against_whoever_gets_them() {
        for (text, down, up) in [
            ("10.0", "10", "10"),
            ("1.5e-05", "0.000015", "0.000015"),
            ("0.30000000000000004", "0.3", "0.300000001"),
            ("1e-12", "0", "0.000000001"),
        ] {
            assert_eq!(decimal_down(text).unwrap().to_string(), down);
            assert_eq!(decimal_up(text).unwrap().to_string(), up);
        }
        for text in ["-1", "NaN", "Infinity", "1e40", ""] {
            assert_eq!((decimal_down(text), decimal_up(text)), (None, None), "{text}");
        }
        assert!(is_within(Money::from_nano(1_000_000_000_000_000_000)));
        assert!(!is_within(Money::from_nano(1_000_000_000_000_000_001)));
        assert!(!is_within(Money::from_nano(-1)));
    }
}
