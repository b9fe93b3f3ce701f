//! Whether an answer is about the provider's key, and how long the key is then left alone.

use std::time::Duration;

use http::StatusCode;

/// After 401, 402 and 403, and after 429 where a quota is used up: somebody must do something about it.
const REFUSED: Duration = Duration::from_secs(300);
/// After 429, where the provider says nothing about when to come back.
const BUSY: Duration = Duration::from_secs(10);

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

    use super::{BUSY, REFUSED, pause_after};

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
}
