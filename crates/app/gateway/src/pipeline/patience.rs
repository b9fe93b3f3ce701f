//! How long the caller is made to wait for an answer to begin: by kind and size of the call, and never longer than his
//! own SDK waits, which would give up, ask again and pay twice.

use std::time::Duration;

use dialects::surface::Operation;
use http::HeaderMap;

use crate::pipeline::understand::Prompt;
use crate::serving::Serving;

/// Our answer must reach the caller before his own limit.
const BEFORE_CALLER: Duration = Duration::from_millis(500);
/// However little a caller says he waits, this much is tried.
const LIMIT_MIN: Duration = Duration::from_millis(100);
/// Where SDKs say how long they wait, in seconds; the first one counts.
const CALLER_LIMITS: [&str; 2] = ["x-stainless-read-timeout", "x-stainless-timeout"];

/// The limit for the first token of a stream, or for a whole answer of this size.
pub(super) fn patience(serving: &Serving, prompt: &Prompt, headers: &HeaderMap) -> Duration {
    let limit = if prompt.deciding.is_streaming {
        serving.timeouts.first_byte
    } else if is_made_slowly(prompt.surface.operation) {
        serving.timeouts.answer_xlarge
    } else {
        serving.timeouts.answer_for(prompt.tokens())
    };
    match caller_limit(headers) {
        Some(callers) => limit.min(callers.saturating_sub(BEFORE_CALLER).max(LIMIT_MIN)),
        None => limit,
    }
}

/// Pictures and sound take long, however few bytes ask for them.
fn is_made_slowly(operation: Operation) -> bool {
    matches!(operation, Operation::Images | Operation::Speech | Operation::Transcription)
}

fn caller_limit(headers: &HeaderMap) -> Option<Duration> {
    let value = CALLER_LIMITS.iter().find_map(|name| headers.get(*name))?;
    let seconds: f64 = value.to_str().ok()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::caller_limit;

    #[test]
    fn what_an_sdk_waits_is_read() {
        let read = |name: &'static str, value: &'static str| {
            caller_limit(&HeaderMap::from_iter([(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )]))
        };
        assert_eq!(read("x-stainless-read-timeout", "600"), Some(Duration::from_secs(600)));
        assert_eq!(read("x-stainless-timeout", "0.75"), Some(Duration::from_millis(750)));
        for odd in ["NOT_GIVEN", "-1", "NaN", "1e400", ""] {
            assert_eq!(read("x-stainless-timeout", odd), None, "{odd}");
        }
        assert_eq!(caller_limit(&HeaderMap::new()), None);
    }
}
