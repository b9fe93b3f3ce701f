//! What a caller is told of his limits in the head of every answer: of requests and of tokens, whichever limit has least left.

use std::fmt::Write;
use std::time::Duration;

use dialects::Dialect;
use domain::Timestamp;
use http::{HeaderMap, HeaderName, HeaderValue};
use limits::Tick;
use limits::rate::{Cell, Of, OnLimit, Room};

use super::limited::Limited;

/// How limits of one sort are called: how much, what is left, and when all is there again.
struct Names {
    limit: HeaderName,
    remaining: HeaderName,
    reset: HeaderName,
}

const fn names(limit: &'static str, remaining: &'static str, reset: &'static str) -> Names {
    Names {
        limit: HeaderName::from_static(limit),
        remaining: HeaderName::from_static(remaining),
        reset: HeaderName::from_static(reset),
    }
}

static REQUESTS: Names =
    names("x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests");
static TOKENS: Names =
    names("x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens");
static ANTHROPIC_REQUESTS: Names = names(
    "anthropic-ratelimit-requests-limit",
    "anthropic-ratelimit-requests-remaining",
    "anthropic-ratelimit-requests-reset",
);
static ANTHROPIC_TOKENS: Names = names(
    "anthropic-ratelimit-tokens-limit",
    "anthropic-ratelimit-tokens-remaining",
    "anthropic-ratelimit-tokens-reset",
);
static ANTHROPIC_INPUT: Names = names(
    "anthropic-ratelimit-input-tokens-limit",
    "anthropic-ratelimit-input-tokens-remaining",
    "anthropic-ratelimit-input-tokens-reset",
);
static ANTHROPIC_OUTPUT: Names = names(
    "anthropic-ratelimit-output-tokens-limit",
    "anthropic-ratelimit-output-tokens-remaining",
    "anthropic-ratelimit-output-tokens-reset",
);

impl Limited {
    /// Tells what is left, as the caller's SDK knows it.
    pub(crate) fn tell(&self, dialect: Dialect, (now, at): (Tick, Timestamp), headers: &mut HeaderMap) {
        let room = |is_of: fn(Of) -> bool| {
            let cells = self.needs.iter().map(|need| &*need.cell);
            let acting =
                cells.filter(|cell| is_of(cell.measure.of()) && !matches!(cell.on_limit, OnLimit::Warn));
            acting.map(|cell| (cell, cell.room(now))).min_by_key(|(_, room)| room.remaining)
        };
        let of_requests = room(|of| of == Of::Requests);
        if dialect == Dialect::AnthropicMessages {
            put(&ANTHROPIC_REQUESTS, of_requests, |wait| moment(at, wait), headers);
            let parts: [(&Names, fn(Of) -> bool); 3] = [
                (&ANTHROPIC_TOKENS, |of| of == Of::Tokens),
                (&ANTHROPIC_INPUT, |of| of == Of::InputTokens),
                (&ANTHROPIC_OUTPUT, |of| of == Of::OutputTokens),
            ];
            for (names, is_of) in parts {
                put(names, room(is_of), |wait| moment(at, wait), headers);
            }
        } else {
            put(&REQUESTS, of_requests, span, headers);
            let of_tokens = room(|of| matches!(of, Of::Tokens | Of::InputTokens | Of::OutputTokens));
            put(&TOKENS, of_tokens, span, headers);
        }
    }
}

fn put(
    names: &Names,
    found: Option<(&Cell, Room)>,
    reset: impl FnOnce(Duration) -> String,
    headers: &mut HeaderMap,
) {
    let Some((cell, room)) = found else { return };
    headers.insert(names.limit.clone(), HeaderValue::from(cell.amount));
    headers.insert(names.remaining.clone(), HeaderValue::from(room.remaining));
    if let Ok(value) = HeaderValue::from_str(&reset(room.reset)) {
        headers.insert(names.reset.clone(), value);
    }
}

/// As OpenAI writes it: `6m0s`, `1.5s`, `12ms`.
fn span(span: Duration) -> String {
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _ = match (span.as_secs(), span.subsec_millis()) {
        (0, 0) if !span.is_zero() => write!(text, "1ms"),
        (0, 0) => write!(text, "0s"),
        (0, ms) => write!(text, "{ms}ms"),
        (seconds, 0) if seconds < 60 => write!(text, "{seconds}s"),
        (seconds, ms) if seconds < 60 => write!(text, "{seconds}.{ms:03}s"),
        (seconds, ms) => {
            let _ = if seconds >= 3600 { write!(text, "{}h", seconds / 3600) } else { Ok(()) };
            let _ = write!(text, "{}m{}", seconds % 3600 / 60, seconds % 60);
            if ms == 0 { write!(text, "s") } else { write!(text, ".{ms:03}s") }
        }
    };
    text
}

/// As Anthropic writes it: a moment.
fn moment(at: Timestamp, wait: Duration) -> String {
    let ms = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
    Timestamp(at.unix_ms().saturating_add(ms)).rfc3339()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::span;

    #[test]
    fn spans_are_written_as_sdks_know_them() {
        for (micros, text) in [
            (0, "0s"),
            (1, "1ms"),
            (12_000, "12ms"),
            (1_000_000, "1s"),
            (1_500_000, "1.500s"),
            (360_000_000, "6m0s"),
            (3_723_004_000, "1h2m3.004s"),
        ] {
            assert_eq!(span(Duration::from_micros(micros)), text);
        }
    }
}
