//! How long a provider's key is left alone after it was refused or told to wait. Nothing is forbidden by that: a key that
//! rests is asked only after the others.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::StatusCode;

/// After 401, 402 and 403, and after 429 where a quota is used up: somebody must do something about it.
const REFUSED: Duration = Duration::from_secs(300);
/// After 429, where the provider says nothing about when to come back.
const BUSY: Duration = Duration::from_secs(10);

/// When one key may be asked again.
#[derive(Debug)]
pub(crate) struct Rest {
    since: Instant,
    /// Milliseconds after `since`; 0 where it does not rest.
    until_ms: AtomicU64,
}

impl Rest {
    pub(crate) fn new() -> Self {
        Self { since: Instant::now(), until_ms: AtomicU64::new(0) }
    }

    /// Whether it is left alone now.
    pub(crate) fn is_on(&self) -> bool {
        let until = self.until_ms.load(Ordering::Relaxed);
        until != 0 && u128::from(until) > self.since.elapsed().as_millis()
    }

    /// Leaves it alone for so long.
    pub(crate) fn begin(&self, pause: Duration) {
        let until = (self.since.elapsed() + pause).as_millis();
        self.until_ms.store(u64::try_from(until).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// It has worked.
    pub(crate) fn end(&self) {
        if self.until_ms.load(Ordering::Relaxed) != 0 {
            self.until_ms.store(0, Ordering::Relaxed);
        }
    }
}

/// How long a key rests after an answer; `None` where the answer is not about the key.
pub(crate) fn pause_after(
    status: StatusCode,
    asked_wait: Option<Duration>,
    code: Option<&str>,
) -> Option<Duration> {
    match status.as_u16() {
        401..=403 => Some(REFUSED),
        429 if code.is_some_and(|code| code.contains("insufficient_quota")) => Some(REFUSED),
        429 => Some(asked_wait.unwrap_or(BUSY)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::StatusCode;

    use super::{BUSY, REFUSED, Rest, pause_after};

    #[test]
    fn what_is_about_the_key_makes_it_rest() {
        let check = |status, wait: Option<u64>, code, expected| {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(
                pause_after(status, wait.map(Duration::from_secs), code),
                expected,
                "{status} {code:?}"
            );
        };
        for status in [401, 402, 403] {
            check(status, Some(1), None, Some(REFUSED));
        }
        check(429, None, None, Some(BUSY));
        check(429, Some(30), Some("rate_limit_exceeded"), Some(Duration::from_secs(30)));
        check(429, Some(30), Some("insufficient_quota"), Some(REFUSED));
        for status in [400, 404, 500, 503, 529] {
            check(status, Some(1), None, None);
        }
    }

    #[test]
    fn a_rest_ends_by_time_or_by_success() {
        let rest = Rest::new();
        assert!(!rest.is_on());
        rest.begin(Duration::from_secs(60));
        assert!(rest.is_on());
        rest.end();
        assert!(!rest.is_on());
        rest.begin(Duration::ZERO);
        assert!(!rest.is_on());
    }
}
