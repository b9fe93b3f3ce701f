//! Days in UTC, and the tables that are named after them.

use domain::{CallId, Timestamp};

const DAY_MS: i64 = 86_400_000;
/// The layout of the rows: another one is another name, read beside this one.
const PREFIX: &str = "requests_";
const DIGITS: usize = 8;

/// The day in which something was received, since 1970.
pub(super) const fn day_of(moment: Timestamp) -> i64 {
    moment.unix_ms().div_euclid(DAY_MS)
}

/// The table of a day: `requests_20261127`.
pub(super) fn table_of(day: i64) -> String {
    let date = Timestamp(day * DAY_MS).rfc3339();
    format!("{PREFIX}{}", date[..10].replace('-', ""))
}

/// The day of a table; `None` if it is none of ours.
pub(super) fn day_of_table(name: &str) -> Option<i64> {
    let digits = name.strip_prefix(PREFIX).filter(|digits| digits.len() == DIGITS)?;
    let number: i64 = digits.parse().ok()?;
    // A guess that is never more than a few days off, and then the day whose table has the name.
    let guess = (number / 10_000 - 1970) * 365_2425 / 10_000 + (number / 100 % 100 - 1) * 30 + number % 100;
    (guess - 10..guess + 10).find(|day| table_of(*day) == name)
}

/// The first id that a call received then could have.
pub(super) fn first_id(moment: Timestamp) -> CallId {
    CallId((moment.unix_ms().max(0) as u128) << 80)
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::{day_of, day_of_table, first_id, table_of};

    #[test]
    fn every_day_has_its_table() {
        assert_eq!(table_of(day_of(Timestamp(1_795_219_199_999))), "requests_20261120");
        assert_eq!(table_of(day_of(Timestamp(1_795_219_200_000))), "requests_20261121");
        for day in 0..40_000 {
            assert_eq!(day_of_table(&table_of(day)), Some(day));
        }
        for other in ["requests_", "requests_2026", "requests_20261301", "keys_20261120", "requests_2026112x"]
        {
            assert_eq!(day_of_table(other), None, "{other}");
        }
    }

    #[test]
    fn ids_of_a_moment_come_behind_its_first() {
        let moment = Timestamp(1_795_219_200_000);
        assert_eq!(first_id(moment).received_at(), moment);
        assert!(first_id(moment) > first_id(Timestamp(moment.unix_ms() - 1)));
    }
}
