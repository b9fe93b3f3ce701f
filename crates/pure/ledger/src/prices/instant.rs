//! A point in time as a price list writes it: a day, or a day with a time in UTC.

use domain::Timestamp;

const DAY_MS: i64 = 86_400_000;

/// Reads `2026-11-26` as its beginning in UTC, or `2026-11-26T16:30:00Z`.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let mut parts = day.split('-');
    let mut part = |digits: usize| number(parts.next()?, digits);
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    if parts.next().is_some() || !(1970..=9999).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let days = days_from_civil(year, month, day);
    let begins = Timestamp(days * DAY_MS);
    // A day that its month does not have is another day when it is written.
    let is_day = begins.rfc3339().as_bytes()[8..10] == *format!("{day:02}").as_bytes();
    if !is_day {
        return None;
    }
    let Some(time) = time else { return Some(begins) };
    let mut parts = time.strip_suffix('Z')?.split(':');
    let mut part = || number(parts.next()?, 2);
    let (hours, minutes, seconds) = (part()?, part()?, part()?);
    if parts.next().is_some() || hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    Some(Timestamp(begins.0 + ((hours * 60 + minutes) * 60 + seconds) * 1000))
}

/// The shortest of the two forms.
pub(super) fn text(at: Timestamp) -> String {
    let long = at.rfc3339();
    match at.0.rem_euclid(DAY_MS) {
        0 => long[..10].to_owned(),
        _ => format!("{}Z", &long[..19]),
    }
}

fn number(text: &str, digits: usize) -> Option<i64> {
    let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

/// Days from 1970-01-01, in eras of 400 years that start on 1 March.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;

    use super::{parse, text};

    #[test]
    fn instants_are_read_as_they_are_written() {
        for (written, ms) in [
            ("1970-01-01", 0),
            ("2000-02-29", 951_782_400_000),
            ("2026-11-20T23:59:59Z", 1_795_219_199_000),
            ("2100-03-01", 4_107_542_400_000),
        ] {
            assert_eq!(parse(written), Some(Timestamp(ms)), "{written}");
            assert_eq!(text(Timestamp(ms)), written);
        }
    }

    #[test]
    fn what_is_no_day_or_time_is_refused() {
        for text in [
            "",
            "2026-02-29",
            "2026-13-01",
            "2026-00-10",
            "2026-04-31",
            "2026-01-00",
            "26-11-26",
            "2026-1-1",
            "1969-12-31",
            "2026-11-26T",
            "2026-11-26T24:00:00Z",
            "2026-11-26T10:00:00",
            "2026-11-26T10:00Z",
            "2026-11-26T10:00:00+08:00",
            "2026-11-26-1",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
