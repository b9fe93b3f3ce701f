//! Amounts of a report, exactly: as texts, so that nobody makes floats of them, or as the plain decimals that a caller's balance
//! is told in.

use domain::NANO;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// A sum in nano-units, which may be more than one balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Amount {
    pub(crate) nano: i128,
    pub(crate) is_text: bool,
}

/// A plain decimal without needless zeros.
pub(crate) fn decimal(nano: i128) -> String {
    let (size, unit) = (nano.unsigned_abs(), u128::from(NANO.unsigned_abs()));
    let places = format!("{:09}", size % unit);
    let places = places.trim_end_matches('0');
    let (sign, point) = (if nano < 0 { "-" } else { "" }, if places.is_empty() { "" } else { "." });
    format!("{sign}{}{point}{places}", size / unit)
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = decimal(self.nano);
        if self.is_text {
            return serializer.serialize_str(&text);
        }
        let plain = RawValue::from_string(text).map_err(serde::ser::Error::custom)?;
        plain.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::{Amount, decimal};

    #[test]
    fn amounts_are_plain_decimals_as_texts_or_not() {
        for (nano, text) in [(0, "0"), (-1, "-0.000000001"), (1_500_000_000, "1.5"), (7_000_000_000, "7")] {
            assert_eq!(decimal(nano), text);
        }
        let nano = i128::from(i64::MAX) * 2;
        let told = |is_text| serde_json::to_string(&Amount { nano, is_text }).unwrap();
        assert_eq!(
            (told(true).as_str(), told(false).as_str()),
            ("\"18446744073.709551614\"", "18446744073.709551614")
        );
    }
}
