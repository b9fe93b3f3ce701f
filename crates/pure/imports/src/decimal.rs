//! JSON numbers as decimals: `1.5e-07` is fifteen hundred-millionths, exactly.

/// Longest number that is read.
const DIGITS_MAX: usize = 36;
/// Largest exponent that is read, either way.
const EXPONENT_MAX: i32 = 60;

/// A number as a count of something small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) count: u128,
    /// It was finer than that, and is rounded up.
    pub(crate) is_rounded: bool,
}

/// `text` times ten to the power of `places`, rounded up; `None` if it is negative, no number, or too long.
pub(crate) fn count(text: &str, places: i32) -> Option<Count> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{part}");
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || digits.len() > DIGITS_MAX || exponent.abs() > EXPONENT_MAX {
        return None;
    }
    let digits: u128 = digits.parse().ok()?;
    let power = exponent - part.len() as i32 + places;
    if digits == 0 {
        return Some(Count { count: 0, is_rounded: false });
    }
    if power >= 0 {
        let count = digits.checked_mul(10_u128.checked_pow(power as u32)?)?;
        return Some(Count { count, is_rounded: false });
    }
    match 10_u128.checked_pow(power.unsigned_abs()) {
        Some(divisor) => {
            Some(Count { count: digits.div_ceil(divisor), is_rounded: !digits.is_multiple_of(divisor) })
        }
        None => Some(Count { count: 1, is_rounded: true }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Count, count};

    #[test]
    fn numbers_are_read_exactly_or_rounded_up() {
        for (text, places, expected, is_rounded) in [
            ("1.5e-07", 12, 150_000, false),
            ("0.00000015", 12, 150_000, false),
            ("5e-08", 12, 50_000, false),
            ("1e-12", 12, 1, false),
            ("1.9999999999999998e-06", 12, 2_000_000, true),
            ("3.0000000000000004e-07", 12, 300_001, true),
            ("1e-30", 12, 1, true),
            ("1e-60", 12, 1, true),
            ("0.04", 9, 40_000_000, false),
            ("0", 12, 0, false),
            ("0.0", 12, 0, false),
            ("15", 9, 15_000_000_000, false),
            ("1E+2", 0, 100, false),
        ] {
            assert_eq!(count(text, places), Some(Count { count: expected, is_rounded }), "{text}");
        }
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for text in ["-1", "-1e-7", "", "null", "\"1\"", "1e99", "e5", "1.2.3", "0x1"] {
            assert_eq!(count(text, 12), None, "{text}");
        }
        assert_eq!(count(&"9".repeat(40), 0), None);
    }
}
