//! Money for a million tokens, exactly as it is written.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Digits behind the point that count.
const DECIMALS: usize = 9;
const NANO: i64 = 1_000_000_000;

/// Billionths of a currency for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub i64);

impl FromStr for Amount {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FLAW: &str = "must be an amount such as \"0.15\", with at most nine digits behind the point";
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || !is_digits(part) || part.len() > DECIMALS {
            return Err(FLAW);
        }
        let whole: i64 = whole.parse().map_err(|_| FLAW)?;
        let nanos: i64 = format!("{part:0<DECIMALS$}").parse().map_err(|_| FLAW)?;
        whole.checked_mul(NANO).and_then(|whole| whole.checked_add(nanos)).map(Self).ok_or(FLAW)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = format!("{:09}", self.0 % NANO);
        let part = part.trim_end_matches('0');
        let point = if part.is_empty() { "" } else { "." };
        write!(f, "{}{point}{part}", self.0 / NANO)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Amount;

    #[test]
    fn amounts_are_read_to_the_last_digit_and_written_the_shortest_way() {
        for (text, nanos, written) in [
            ("3", 3_000_000_000, "3"),
            ("0.15", 150_000_000, "0.15"),
            ("0.000000001", 1, "0.000000001"),
            ("12.50", 12_500_000_000, "12.5"),
            ("0", 0, "0"),
        ] {
            let amount: Amount = text.parse().unwrap();
            assert_eq!((amount.0, amount.to_string().as_str()), (nanos, written), "{text}");
        }
        for text in ["", ".5", "1.", "-1", "1e-7", "1,5", "0.0000000001", "99999999999", "1.2.3"] {
            assert!(text.parse::<Amount>().is_err(), "{text}");
        }
    }
}
