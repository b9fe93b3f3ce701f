//! Waits that a provider asks for: bounded, numbers as they stand, and dates as another reader of HTTP dates has them.

use std::time::{Duration, UNIX_EPOCH};

use dialects::retry_after::{RETRY_AFTER_MAX, retry_after as wait};

use crate::cuttings::digest;

/// Thu, 01 Jan 2026 00:00:00 GMT
const NOW: i64 = 1_767_225_600;

/// Claims what the head of this file says: the first line is `Retry-After`, the second `retry-after-ms`, the third `now`.
pub fn retry_after(text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.splitn(3, '\n');
    let (seconds, ms) = (lines.next().unwrap_or_default(), lines.next());
    let now = lines.next().and_then(|now| now.parse().ok()).unwrap_or(NOW);

    let both = wait(ms, Some(seconds), now);
    assert!(both.is_none_or(|wait| wait <= RETRY_AFTER_MAX));
    let finer = wait(ms, None, now);
    assert!(finer.is_none() || finer == both, "milliseconds go first");
    assert_number(ms.unwrap_or_default(), finer, 1);
    let alone = wait(None, Some(seconds), now);
    assert_number(seconds, alone, 1000);
    assert_date(seconds.trim(), alone, now);
    assert_forms(digest(text.as_bytes()));
}

fn assert_number(text: &str, found: Option<Duration>, unit_ms: u64) {
    if let Ok(number) = text.trim().parse::<u32>() {
        let exact = Duration::from_millis(u64::from(number) * unit_ms);
        let found = found.expect("a number is a wait");
        assert!(found.abs_diff(exact.min(RETRY_AFTER_MAX)) < Duration::from_millis(1), "{text}: {found:?}");
    }
}

/// Dates that the other reader takes: it is laxer than us, so only those that it would write itself.
fn assert_date(text: &str, found: Option<Duration>, now: i64) {
    let Ok(date) = httpdate::parse_http_date(text) else { return };
    let at = date.duration_since(UNIX_EPOCH).expect("that reader knows no date before 1970").as_secs();
    let [fixed, short, _] = forms(at);
    if text == fixed || text == short {
        assert_eq!(found, Some(until(at, now)), "{text} at {now}");
    }
}

/// A moment somewhere before the year 10000, in each form that a date can have.
fn assert_forms(number: u64) {
    const LAST: u64 = 253_402_300_799;
    let at = number % LAST;
    let now = at as i64 - (number / LAST % 700) as i64;
    for text in forms(at) {
        assert_eq!(wait(None, Some(&text), now), Some(until(at, now)), "{text} at {now}");
    }
}

fn until(at: u64, now: i64) -> Duration {
    let wait = i128::from(at) - i128::from(now);
    Duration::from_secs(wait.clamp(0, 1 << 40) as u64).min(RETRY_AFTER_MAX)
}

/// As today, as by `asctime`, and as of old with two digits of the year.
fn forms(at: u64) -> [String; 3] {
    let fixed = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(at));
    let words: Vec<&str> = fixed.split([' ', ',']).collect();
    let [weekday, _, day, month, year, time, _] = words[..] else { panic!("{fixed}") };
    let short = format!("{weekday} {month} {:>2} {time} {year}", day.trim_start_matches('0'));
    let long = format!("{weekday}day, {day}-{month}-{} {time} GMT", &year[2..]);
    [fixed, short, long]
}
