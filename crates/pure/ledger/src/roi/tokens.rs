//! A number of tokens as people write it.

use std::fmt;

use crate::prices::{DecimalFlaw, decimal};

/// The most tokens a month that are reckoned with: a thousand million millions.
pub const TOKENS_MAX: u64 = 1_000_000_000_000_000;
/// What stands for how many zeros, the largest first.
const SUFFIXES: [(char, usize); 4] = [('T', 12), ('B', 9), ('M', 6), ('k', 3)];

/// So many tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens(u64);

impl Tokens {
    /// Reads `50M`, `1.5B`, `250k` or a plain number; else says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let suffix = SUFFIXES.iter().find(|(suffix, _)| {
            text.ends_with([*suffix, suffix.to_ascii_lowercase(), suffix.to_ascii_uppercase()])
        });
        let (number, places) = suffix.map_or((text, 0), |(_, places)| (&text[..text.len() - 1], *places));
        let many = || format!("'{text}' is more than {TOKENS_MAX} tokens a month");
        let count = decimal(number, places).map_err(|flaw| match flaw {
            DecimalFlaw::TooLong => many(),
            DecimalFlaw::TooFine => format!("'{text}' is no whole number of tokens"),
            DecimalFlaw::NotDecimal => {
                format!("'{text}' is no number of tokens such as 50M, 1.5B, 250k or 2000000")
            }
        })?;
        match u64::try_from(count) {
            Ok(0) => Err("must be more than 0".to_owned()),
            Ok(count) if count <= TOKENS_MAX => Ok(Self(count)),
            _ => Err(many()),
        }
    }

    /// How many.
    pub const fn count(self) -> u64 {
        self.0
    }
}

/// The shortest way that says all of it: `50M`, `1.5B`, `1234567`.
impl fmt::Display for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (suffix, places) in SUFFIXES {
            let one = 10_u64.pow(places as u32);
            let tenth = one / 10;
            if self.0 >= one && self.0.is_multiple_of(tenth) {
                return match self.0 % one / tenth {
                    0 => write!(f, "{}{suffix}", self.0 / one),
                    part => write!(f, "{}.{part}{suffix}", self.0 / one),
                };
            }
        }
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Tokens;

    #[test]
    fn numbers_are_read_as_people_write_them_and_written_the_shortest_way() {
        for (text, count, written) in [
            ("50M", 50_000_000, "50M"),
            ("1.5B", 1_500_000_000, "1.5B"),
            ("1.5b", 1_500_000_000, "1.5B"),
            ("250K", 250_000, "250k"),
            ("2000000", 2_000_000, "2M"),
            ("1234567", 1_234_567, "1234567"),
            ("0.001k", 1, "1"),
            ("1000T", 1_000_000_000_000_000, "1000T"),
        ] {
            let tokens = Tokens::parse(text).unwrap();
            assert_eq!((tokens.count(), tokens.to_string().as_str()), (count, written), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_of_tokens_is_told() {
        for (text, part) in [
            ("", "is no number"),
            ("M", "is no number"),
            ("-5M", "is no number"),
            ("5 M", "is no number"),
            ("1e6", "is no number"),
            ("fifty", "is no number"),
            ("5é", "is no number"),
            ("0.0001k", "is no whole number"),
            ("1.5", "is no whole number"),
            ("0", "more than 0"),
            ("1001T", "is more than"),
            ("99999999999999999999999T", "is more than"),
        ] {
            let why = Tokens::parse(text).unwrap_err();
            assert!(why.contains(part), "{text}: {why}");
        }
    }
}
