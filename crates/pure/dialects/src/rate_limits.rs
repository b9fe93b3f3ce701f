//! When a used-up rate limit is filled again, as the headers of an answer or a refusal tell it. Vendors name the headers differently and
//! alike: one says what remains, and its twin, with `reset` in the place of `remaining`, when there is more.

use std::time::Duration;

use crate::retry_after::{RETRY_AFTER_MAX, moment_of, retry_after};

const KIND: &str = "ratelimit";
const REMAINING: &str = "remaining";
const RESET: &str = "reset";
const LIMIT: &str = "limit";
/// A larger number is no span but a point in time, in seconds since the Unix epoch …
const SECONDS_MIN: f64 = 1e9;
/// … or in milliseconds.
const MS_MIN: f64 = 1e12;

/// Whether a header of this name says what is left of a rate limit.
pub(crate) fn tells_what_remains(name: &str) -> bool {
    name.contains(KIND) && name.contains(REMAINING)
}

/// The longest wait of the limits of which nothing remains, at most [`RETRY_AFTER_MAX`]; `None` where no header tells. Where the limit itself
/// is said to be 0 or less there is none: some hosts tell that of models that they do not limit so.
pub fn exhausted_wait<'h>(
    headers: &(impl Iterator<Item = (&'h str, &'h str)> + Clone),
    now_unix_seconds: i64,
) -> Option<Duration> {
    let used_up =
        headers.clone().filter(|(name, value)| tells_what_remains(name) && value.trim().parse() == Ok(0.0));
    let waits = used_up.filter_map(|(name, _)| {
        let (before, behind) = name.split_once(REMAINING)?;
        let twin = |says: &str| {
            let is_it = |other: &str| {
                other.strip_prefix(before).and_then(|other| other.strip_prefix(says)) == Some(behind)
            };
            headers.clone().find(|(other, _)| is_it(other)).map(|(_, value)| value.trim())
        };
        let is_none = |limit: &str| limit.parse::<f64>().is_ok_and(|limit| limit <= 0.0);
        if twin(LIMIT).is_some_and(is_none) {
            return None;
        }
        wait(twin(RESET)?, now_unix_seconds)
    });
    waits.max().map(|wait| wait.min(RETRY_AFTER_MAX))
}

/// Seconds, a point in time, or a span such as `1m30.5s`.
fn wait(text: &str, now_unix_seconds: i64) -> Option<Duration> {
    if let Ok(number) = text.parse::<f64>() {
        if !number.is_finite() {
            return None;
        }
        let now = now_unix_seconds as f64;
        let seconds = match number {
            ms if ms >= MS_MIN => ms / 1000.0 - now,
            at if at >= SECONDS_MIN => at - now,
            seconds => seconds,
        };
        return Duration::try_from_secs_f64(seconds.max(0.0)).ok();
    }
    if let Some(span) = span(text) {
        return Some(span);
    }
    match rfc3339(text) {
        Some(at) => Some(Duration::from_secs(u64::try_from(at - now_unix_seconds).unwrap_or(0))),
        None => retry_after(None, Some(text), now_unix_seconds),
    }
}

/// Numbers with their units: h, m, s, ms.
fn span(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let units = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let seconds = match &rest[..units] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        sum += Duration::try_from_secs_f64(number * seconds).ok()?;
        rest = &rest[units..];
    }
    (!text.is_empty()).then_some(sum)
}

/// `2026-11-26T20:00:00Z` as seconds since the Unix epoch; fractions are left out, other zones are not read.
fn rfc3339(text: &str) -> Option<i64> {
    let (day, time) = text.split_once('T')?;
    let mut parts = day.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let time = time.strip_suffix('Z').or_else(|| time.strip_suffix("+00:00"))?;
    let time = time.split_once('.').map_or(time, |(whole, _)| whole);
    parts.next().is_none().then(|| moment_of(year, month, day, time))?
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::exhausted_wait;

    /// 2026-11-26T20:00:00Z
    const NOW: i64 = 1_795_723_200;

    #[track_caller]
    fn check(headers: &[(&str, &str)], expected_ms: Option<u64>) {
        let found = exhausted_wait(&headers.iter().copied(), NOW);
        assert_eq!(found, expected_ms.map(Duration::from_millis), "{headers:?}");
    }

    #[test]
    fn the_twin_of_what_is_used_up_says_when() {
        check(
            &[("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "1m30.5s")],
            Some(90_500),
        );
        check(
            &[
                ("vendor-ratelimit-tokens-remaining", "0"),
                ("vendor-ratelimit-tokens-reset", "2026-11-26T20:00:07Z"),
            ],
            Some(7_000),
        );
        check(&[("x-ratelimit-reset", "20"), ("x-ratelimit-remaining", "0")], Some(20_000));
        check(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795723203")], Some(3_000));
        check(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795723204000")], Some(4_000));
        check(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "250ms")], Some(250));
        check(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1795723000")], Some(0));
    }

    #[test]
    fn what_is_left_does_not_matter_and_the_longest_of_several_counts() {
        let several = [
            ("x-ratelimit-remaining-requests", "3"),
            ("x-ratelimit-reset-requests", "50s"),
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-reset-tokens", "4s"),
            ("x-ratelimit-remaining-images", "0"),
            ("x-ratelimit-reset-images", "2s"),
        ];
        check(&several, Some(4_000));
        check(&several[..2], None);
    }

    #[test]
    fn a_limit_that_is_none_cannot_be_used_up() {
        let told = |limit| {
            [
                ("x-ratelimit-limit-tokens", limit),
                ("x-ratelimit-remaining-tokens", "0"),
                ("x-ratelimit-reset-tokens", "9s"),
            ]
        };
        check(&told("500"), Some(9_000));
        check(&told("many"), Some(9_000));
        check(&told("0"), None);
        check(&told("-1"), None);
    }

    #[test]
    fn what_cannot_be_read_says_nothing_and_nobody_is_believed_for_ever() {
        for odd in ["", "soon", "5x", "-", "2026-13-26T20:00:07Z", "NaN", "1e400"] {
            check(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", odd)], None);
        }
        check(&[("x-ratelimit-remaining", "0")], None);
        check(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "24h")], Some(600_000));
    }
}
