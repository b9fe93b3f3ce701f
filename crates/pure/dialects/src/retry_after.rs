//! How long a provider asks us to wait: `retry-after-ms` or `Retry-After`, as a number or as a date. Dates are told
//! against a `now` that is handed in; what to do with the wait is not decided here.

use std::time::Duration;

/// A provider that asks for more patience than this is believed this far.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(600);

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// The short names; the long ones of the older form begin with them.
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// The wait out of the values of `retry-after-ms` and `Retry-After`; the finer one goes first. Never more than
/// [`RETRY_AFTER_MAX`]; a date that has passed is no wait at all; `None` where neither can be read.
pub fn retry_after(ms: Option<&str>, seconds: Option<&str>, now_unix_seconds: i64) -> Option<Duration> {
    let wait_ms = ms.and_then(number).map(|ms| ms / 1000.0);
    let wait = wait_ms.or_else(|| {
        let text = seconds?;
        let until_date = || date(text.trim(), now_unix_seconds).map(|at| at.saturating_sub(now_unix_seconds));
        number(text).or_else(|| until_date().map(|wait| wait.max(0) as f64))
    })?;
    Some(Duration::try_from_secs_f64(wait).unwrap_or(RETRY_AFTER_MAX).min(RETRY_AFTER_MAX))
}

/// Fractions are not in the standard, but some send them.
fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)
}

/// An HTTP date as seconds since the Unix epoch, in any of its three forms (RFC 9110, 5.6.7).
fn date(text: &str, now_unix_seconds: i64) -> Option<i64> {
    let mut words = text.split_ascii_whitespace();
    let mut next = || words.next();
    let weekday = next()?;
    WEEKDAYS.iter().find(|name| weekday.starts_with(**name))?;
    let (second, third, fourth) = (next()?, next()?, next()?);
    let (fifth, sixth) = (next(), next());
    match (fifth, sixth, next()) {
        // Sun, 06 Nov 1994 08:49:37 GMT
        (Some(time), Some("GMT"), None) => moment(digits(fourth, 4)?, third, digits(second, 2)?, time),
        // Sunday, 06-Nov-94 08:49:37 GMT
        (None, None, None) if fourth == "GMT" => {
            let mut parts = second.split('-');
            let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
            let year = full_year(digits(year, 2)?, now_unix_seconds);
            parts.next().is_none().then(|| moment(year, month, digits(day, 2)?, third))?
        }
        // Sun Nov  6 08:49:37 1994
        (Some(year), None, None) => moment(digits(year, 4)?, second, digits(third, third.len())?, fourth),
        _ => None,
    }
}

/// The year with these last two digits that is at most 50 years ahead.
fn full_year(two_digits: i64, now_unix_seconds: i64) -> i64 {
    const YEAR_SECONDS: i64 = 31_556_952;
    let latest = 1970 + now_unix_seconds.div_euclid(YEAR_SECONDS).clamp(0, 9000) + 50;
    latest - (latest - two_digits).rem_euclid(100)
}

fn moment(year: i64, month: &str, day: i64, time: &str) -> Option<i64> {
    moment_of(year, 1 + MONTHS.iter().position(|name| *name == month)? as i64, day, time)
}

/// A day of the calendar, months counted from 1, and a time `HH:MM:SS`, as seconds since the Unix epoch.
pub(crate) fn moment_of(year: i64, month: i64, day: i64, time: &str) -> Option<i64> {
    if !(0..=9999).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let days = days_before(year, month) + day - 1;
    let is_day = day >= 1 && days < days_before(year, month + 1);
    let mut parts = time.split(':');
    let mut part = |most: i64| digits(parts.next()?, 2).filter(|number| *number <= most);
    // A minute may have a leap second.
    let (hour, minute, second) = (part(23)?, part(59)?, part(60)?);
    (is_day && parts.next().is_none()).then_some(days * 86_400 + hour * 3600 + minute * 60 + second)
}

/// Days from the Unix epoch to the first day of a month; month 13 is the next January.
fn days_before(year: i64, month: i64) -> i64 {
    // Years that begin in March have their leap day at the end.
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 719_468 days from 1 March of the year 0 to the epoch.
    year * 365 + leap_days + (153 * month + 2) / 5 - 719_468
}

/// A number of up to this many digits, all of them written out.
fn digits(text: &str, length: usize) -> Option<i64> {
    let is_number =
        text.len() == length && (1..=4).contains(&length) && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{RETRY_AFTER_MAX, date, retry_after};

    /// Sun, 06 Nov 1994 08:49:37 GMT
    const NOW: i64 = 784_111_777;

    #[track_caller]
    fn check(ms: Option<&str>, seconds: Option<&str>, expected_ms: Option<u64>) {
        assert_eq!(
            retry_after(ms, seconds, NOW),
            expected_ms.map(Duration::from_millis),
            "{ms:?} {seconds:?}"
        );
    }

    #[test]
    fn numbers_are_read_and_the_finer_one_goes_first() {
        check(None, Some("2"), Some(2000));
        check(None, Some(" 0.5 "), Some(500));
        check(Some("1500"), Some("7"), Some(1500));
        check(Some("soon"), Some("7"), Some(7000));
        check(Some("0"), None, Some(0));
        check(None, None, None);
    }

    #[test]
    fn what_is_no_wait_is_none() {
        for text in
            ["", "-1", "NaN", "inf", "1e999", "soon", "1 2", "GMT", "Sun,", "ä", "Sun, 06 Nov 1994 08:49:37"]
        {
            check(None, Some(text), None);
            check(Some(text), None, None);
        }
    }

    #[test]
    fn no_wait_is_longer_than_the_longest() {
        let most = Some(600_000);
        check(None, Some("601"), most);
        check(None, Some("1e300"), most);
        check(Some("1e300"), None, most);
        check(None, Some("Fri, 31 Dec 9999 23:59:59 GMT"), most);
        assert_eq!(retry_after(None, Some("Sun, 06 Nov 1994 08:49:37 GMT"), i64::MIN), Some(RETRY_AFTER_MAX));
    }

    #[test]
    fn dates_are_told_against_now() {
        check(None, Some("Sun, 06 Nov 1994 08:50:07 GMT"), Some(30_000));
        check(None, Some("Sunday, 06-Nov-94 08:50:07 GMT"), Some(30_000));
        check(None, Some("Sun Nov  6 08:50:07 1994"), Some(30_000));
        check(None, Some("Sun, 06 Nov 1994 08:49:37 GMT"), Some(0));
        check(None, Some("Sat, 05 Nov 1994 08:49:37 GMT"), Some(0));
        check(None, Some("Thu, 01 Jan 0000 00:00:00 GMT"), Some(0));
        assert_eq!(retry_after(None, Some("Sun, 06 Nov 1994 08:49:37 GMT"), i64::MAX), Some(Duration::ZERO));
    }

    #[test]
    fn dates_are_counted_right() {
        let check = |text: &str, expected: Option<i64>| assert_eq!(date(text, NOW), expected, "{text}");
        check("Thu, 01 Jan 1970 00:00:00 GMT", Some(0));
        check("Tue, 29 Feb 2000 00:00:00 GMT", Some(951_782_400));
        check("Mon, 01 Mar 2100 00:00:00 GMT", Some(4_107_542_400));
        check("Sat, 31 Dec 2016 23:59:60 GMT", Some(1_483_228_800));
        check("Mon, 29 Feb 2100 00:00:00 GMT", None);
        check("Sun, 31 Nov 1994 08:49:37 GMT", None);
        check("Sun, 00 Nov 1994 08:49:37 GMT", None);
        check("Sun, 06 Nov 1994 24:49:37 GMT", None);
        check("Sun, 06 Nov 1994 08:49:37:00 GMT", None);
        check("Sun, +6 Nov 1994 08:49:37 GMT", None);
        check("Sun, 06 nov 1994 08:49:37 GMT", None);
        check("Sun, 06 Nov 1994 08:49:37 CET", None);
        check("06 Nov 1994 08:49:37 GMT", None);
    }

    #[test]
    fn a_year_of_two_digits_is_at_most_fifty_years_ahead() {
        let at = |text: &str, now: i64| date(text, now).unwrap();
        assert_eq!(at("Sunday, 06-Nov-94 08:49:37 GMT", NOW), NOW);
        assert_eq!(at("Friday, 01-Jan-44 00:00:00 GMT", NOW), 2_335_219_200); // 2044
        assert_eq!(at("Monday, 01-Jan-45 00:00:00 GMT", NOW), -788_918_400); // 1945
        assert_eq!(at("Thursday, 01-Jan-26 00:00:00 GMT", 1_767_225_600), 1_767_225_600);
    }
}
