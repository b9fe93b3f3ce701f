//! What a caller is told of his limits in the head of every answer: of requests and of tokens, whichever limit has least left.

use std::cmp::Reverse;
use std::fmt::Write;
use std::time::Duration;

use dialects::{Dialect, LimitNames};
use domain::Timestamp;
use http::{HeaderMap, HeaderName, HeaderValue};
use limits::Tick;
use limits::rate::{Cell, Of, OnLimit, Room};

use super::limited::Limited;

impl Limited {
    /// Tells what is left, as the caller's SDK knows it.
    pub(crate) fn tell(&self, dialect: Dialect, (now, at): (Tick, Timestamp), headers: &mut HeaderMap) {
        let room = |is_of: fn(Of) -> bool| {
            let cells = self.needs.iter().map(|need| &*need.cell);
            let acting =
                cells.filter(|cell| is_of(cell.measure.of()) && !matches!(cell.on_limit, OnLimit::Warn));
            let rooms = acting.map(|cell| (cell, cell.room(now)));
            rooms.min_by_key(|(_, room)| (room.remaining, Reverse(room.reset)))
        };
        let names = dialect.limit_headers();
        let mut tell = |names: &LimitNames, found: Option<(&Cell, Room)>| {
            let Some((cell, room)) = found else { return };
            let reset = if names_moments(dialect) { moment(at, room.reset) } else { span(room.reset) };
            headers.insert(HeaderName::from_static(names.limit), HeaderValue::from(cell.amount));
            headers.insert(HeaderName::from_static(names.remaining), HeaderValue::from(room.remaining));
            if let Ok(reset) = HeaderValue::from_str(&reset) {
                headers.insert(HeaderName::from_static(names.reset), reset);
            }
        };
        tell(&names.requests, room(|of| of == Of::Requests));
        match &names.parts {
            Some((input, output)) => {
                tell(&names.tokens, room(|of| of == Of::Tokens));
                tell(input, room(|of| of == Of::InputTokens));
                tell(output, room(|of| of == Of::OutputTokens));
            }
            None => {
                let is_of_tokens = |of| matches!(of, Of::Tokens | Of::InputTokens | Of::OutputTokens);
                tell(&names.tokens, room(is_of_tokens));
            }
        }
    }
}

const fn names_moments(dialect: Dialect) -> bool {
    dialect.limit_headers().has_moments
}

/// A span: `6m0s`, `1.5s`, `12ms`.
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

/// A moment.
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
