//! Amounts of money as whole numbers: no float ever holds one.

use std::fmt;

/// How many of the smallest parts we count make one unit of a currency.
pub const NANO: i64 = 1_000_000_000;

/// Digits of the largest amount, its point and its sign.
pub const MONEY_BYTES_MAX: usize = 24;
/// Digits behind the point, at most.
const PLACES: u32 = 9;

/// An amount in nano-units of a currency that is known from where it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(i64);

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many nano-units.
    pub const fn from_nano(nano: i64) -> Self {
        Self(nano)
    }

    /// How many nano-units.
    pub const fn nano(self) -> i64 {
        self.0
    }

    /// Both together; `None` beyond nine thousand million units.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(nano) => Some(Self(nano)),
            None => None,
        }
    }

    /// What is left; `None` beyond nine thousand million units of debt.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(nano) => Some(Self(nano)),
            None => None,
        }
    }

    /// Reads a plain decimal such as `12.34` or `-0.000000001`: at most nine places, no exponent, no blanks.
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(rest) => (-1_i128, rest),
            None => (1, text),
        };
        let (whole, places) = digits.split_once('.').unwrap_or((digits, ""));
        let is_plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let is_fit = !whole.is_empty()
            && (digits.len() == whole.len() || !places.is_empty())
            && places.len() <= 9
            && whole.len() <= 12
            && is_plain(whole)
            && is_plain(places);
        if !is_fit {
            return None;
        }
        let whole: i128 = whole.parse().ok()?;
        let nano: i128 = format!("{places:0<9}").parse().ok()?;
        i64::try_from(sign * (whole * i128::from(NANO) + nano)).ok().map(Self)
    }
}

impl Money {
    /// The amount as [`fmt::Display`] shows it, in `room`. By hand: it is written several times for each call, and formatting costs several
    /// times as much.
    pub fn written(self, room: &mut [u8; MONEY_BYTES_MAX]) -> &str {
        let mut at = room.len();
        let mut put = |byte: u8| {
            at -= 1;
            room[at] = byte;
        };
        let mut rest = self.0.unsigned_abs();
        let mut has_place = false;
        for _ in 0..PLACES {
            let digit = (rest % 10) as u8;
            rest /= 10;
            has_place |= digit > 0;
            if has_place {
                put(b'0' + digit);
            }
        }
        if has_place {
            put(b'.');
        }
        loop {
            put(b'0' + (rest % 10) as u8);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if self.0 < 0 {
            put(b'-');
        }
        str::from_utf8(&room[at..]).expect("digits are ASCII")
    }
}

/// As a plain decimal without needless zeros: `0.00012`, `3`, `-1.5`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.written(&mut [0; MONEY_BYTES_MAX]))
    }
}

impl Currency {
    /// The dollar of the United States.
    pub const USD: Self = Self(*b"USD");
    /// The yuan of China.
    pub const CNY: Self = Self(*b"CNY");
    /// The đồng of Vietnam.
    pub const VND: Self = Self(*b"VND");

    /// Every currency that prices may be in; more are a line each.
    pub const KNOWN: &[Self] = &[
        Self::USD,
        Self::CNY,
        Self::VND,
        Self(*b"EUR"),
        Self(*b"GBP"),
        Self(*b"JPY"),
        Self(*b"HKD"),
        Self(*b"SGD"),
        Self(*b"KRW"),
        Self(*b"INR"),
        Self(*b"AUD"),
        Self(*b"CAD"),
        Self(*b"CHF"),
        Self(*b"TWD"),
        Self(*b"THB"),
        Self(*b"MYR"),
        Self(*b"IDR"),
        Self(*b"PHP"),
        Self(*b"BRL"),
    ];

    /// Reads a code in capitals; `None` if it is none of those we know.
    pub fn parse(code: &str) -> Option<Self> {
        Self::KNOWN.iter().copied().find(|known| known.code() == code)
    }

    /// The code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("codes are ASCII")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::{Currency, Money};

    #[test]
    fn amounts_are_read_as_they_are_written() {
        for text in ["0", "3", "0.00012", "-1.5", "0.000000001", "-0.000000001", "9223372036.854775807"] {
            assert_eq!(Money::parse(text).map(|money| money.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Money::parse("1.50"), Some(Money::from_nano(1_500_000_000)));
    }

    #[test]
    fn amounts_of_any_size_are_written_with_all_their_places_and_no_more() {
        let powers = (0..19).flat_map(|power| [10_i64.pow(power), -10_i64.pow(power), 10_i64.pow(power) + 1]);
        for nano in powers.chain([0, 123_000, 120_000_000_000, i64::MAX, i64::MIN]) {
            let (sign, whole) = (if nano < 0 { "-" } else { "" }, nano.unsigned_abs());
            let plain = format!("{sign}{}.{:09}", whole / 1_000_000_000, whole % 1_000_000_000);
            assert_eq!(
                Money::from_nano(nano).to_string(),
                plain.trim_end_matches('0').trim_end_matches('.'),
                "{nano}"
            );
        }
    }

    #[test]
    fn what_is_no_plain_amount_is_refused() {
        for text in
            ["", "-", ".5", "5.", "1e3", "+1", " 1", "1,5", "0.0000000001", "9223372036.854775808", "١"]
        {
            assert_eq!(Money::parse(text), None, "{text}");
        }
    }

    #[test]
    fn currencies_are_known_by_their_codes() {
        assert_eq!(Currency::parse("CNY"), Some(Currency::CNY));
        for code in ["cny", "XXX", "", "USDT"] {
            assert_eq!(Currency::parse(code), None, "{code}");
        }
    }
}
