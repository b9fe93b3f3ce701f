//! `timeouts`: how long for everything. Watching the time is done elsewhere.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::key_path::KeyPath;
use crate::problem::Report;

/// Prompt and output cap together above this many tokens make a large answer.
pub const ANSWER_TOKENS_LARGE: u64 = 8 * 1024;
/// Prompt and output cap together above this many tokens make a very large answer.
pub const ANSWER_TOKENS_XLARGE: u64 = 32 * 1024;

/// Limit of a large answer unless configured.
const ANSWER_MS_LARGE: u32 = 90_000;
/// Limit of a very large answer unless configured.
const ANSWER_MS_XLARGE: u32 = 180_000;

/// How long for everything, in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TimeoutsSection {
    /// Opening a connection to a provider, name, proxy and TLS included.
    #[schemars(range(min = 1, max = 10_000))]
    connect_ms: u32,
    /// How long the addresses of a host name are used before they are looked up again.
    #[schemars(range(min = 0, max = 3_600_000))]
    dns_fresh_ms: u32,
    /// How long after that they are still used while the name cannot be looked up.
    #[schemars(range(min = 0, max = 86_400_000))]
    dns_stale_ms: u32,
    /// Until the first byte of a streamed answer.
    #[schemars(range(min = 1, max = 3_600_000))]
    first_byte_ms: u32,
    /// Until the end of an answer that is not streamed.
    #[schemars(range(min = 1, max = 3_600_000))]
    answer_ms: u32,
    /// The same where prompt and output cap exceed 8,192 tokens together. Default: 90000, or `answer_ms` if longer.
    #[schemars(range(min = 1, max = 3_600_000))]
    answer_ms_large: Option<u32>,
    /// The same where prompt and output cap exceed 32,768 tokens together. Default: 180000, or `answer_ms_large` if
    /// longer.
    #[schemars(range(min = 1, max = 3_600_000))]
    answer_ms_xlarge: Option<u32>,
    /// Between two pieces of an answer that has begun.
    #[schemars(range(min = 1, max = 3_600_000))]
    idle_ms: u32,
    /// A caller whose stream is translated hears nothing for so long: then a sign of life is sent.
    #[schemars(range(min = 1, max = 3_600_000))]
    ping_ms: u32,
    /// A caller's request line and headers.
    #[schemars(range(min = 1, max = 600_000))]
    request_head_ms: u32,
    /// A caller's request body; each 16 KiB received add a second.
    #[schemars(range(min = 1, max = 600_000))]
    request_body_ms: u32,
    /// A caller's TLS handshake.
    #[schemars(range(min = 1, max = 60_000))]
    tls_handshake_ms: u32,
    /// A connection between two requests of a caller.
    #[schemars(range(min = 1, max = 3_600_000))]
    keep_alive_ms: u32,
    /// For requests under way when the gateway stops.
    #[schemars(range(min = 0, max = 3_600_000))]
    drain_ms: u32,
}

impl Default for TimeoutsSection {
    fn default() -> Self {
        Self {
            connect_ms: 1000,
            dns_fresh_ms: 30_000,
            dns_stale_ms: 3_600_000,
            first_byte_ms: 60_000,
            answer_ms: 30_000,
            answer_ms_large: None,
            answer_ms_xlarge: None,
            idle_ms: 30_000,
            ping_ms: 15_000,
            request_head_ms: 10_000,
            request_body_ms: 30_000,
            tls_handshake_ms: 10_000,
            keep_alive_ms: 75_000,
            drain_ms: 30_000,
        }
    }
}

/// How long for everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Opening a connection to a provider, TLS included.
    pub connect: Duration,
    /// The addresses of a host name, before they are looked up again.
    pub dns_fresh: Duration,
    /// After that, while the name cannot be looked up.
    pub dns_stale: Duration,
    /// Until the first byte of a streamed answer.
    pub first_byte: Duration,
    /// Until the end of an answer that is not streamed.
    pub answer: Duration,
    /// The same above [`ANSWER_TOKENS_LARGE`].
    pub answer_large: Duration,
    /// The same above [`ANSWER_TOKENS_XLARGE`].
    pub answer_xlarge: Duration,
    /// Between two pieces of an answer that has begun.
    pub idle: Duration,
    /// Until a caller whose stream is translated gets a sign of life.
    pub ping: Duration,
    /// A caller's request line and headers.
    pub request_head: Duration,
    /// A caller's request body; each 16 KiB received add a second.
    pub request_body: Duration,
    /// A caller's TLS handshake.
    pub tls_handshake: Duration,
    /// A connection between two requests of a caller.
    pub keep_alive: Duration,
    /// For requests under way when the gateway stops.
    pub drain: Duration,
}

impl Timeouts {
    /// The limit for an answer that is not streamed; `tokens` is prompt and output cap together.
    pub const fn answer_for(&self, tokens: u64) -> Duration {
        if tokens > ANSWER_TOKENS_XLARGE {
            self.answer_xlarge
        } else if tokens > ANSWER_TOKENS_LARGE {
            self.answer_large
        } else {
            self.answer
        }
    }
}

pub(crate) fn check(section: Option<TimeoutsSection>, report: &mut Report) -> Timeouts {
    let section = section.unwrap_or_default();
    let mut longer = |name: &str, given: Option<u32>, default: u32, (below_name, below): (&str, u32)| {
        if let Some(value) = given.filter(|value| *value < below) {
            let path = KeyPath::default().key("timeouts").key(name);
            let message = format!("must not be below {below_name} ({below})");
            let hint = format!("larger answers may take longer: raise it, or lower {below_name}");
            report.add(&path, value.to_string(), message, hint);
        }
        given.unwrap_or(default.max(below))
    };
    let large =
        longer("answer_ms_large", section.answer_ms_large, ANSWER_MS_LARGE, ("answer_ms", section.answer_ms));
    let xlarge =
        longer("answer_ms_xlarge", section.answer_ms_xlarge, ANSWER_MS_XLARGE, ("answer_ms_large", large));
    let ms = |count: u32| Duration::from_millis(count.into());
    Timeouts {
        connect: ms(section.connect_ms),
        dns_fresh: ms(section.dns_fresh_ms),
        dns_stale: ms(section.dns_stale_ms),
        first_byte: ms(section.first_byte_ms),
        answer: ms(section.answer_ms),
        answer_large: ms(large),
        answer_xlarge: ms(xlarge),
        idle: ms(section.idle_ms),
        ping: ms(section.ping_ms),
        request_head: ms(section.request_head_ms),
        request_body: ms(section.request_body_ms),
        tls_handshake: ms(section.tls_handshake_ms),
        keep_alive: ms(section.keep_alive_ms),
        drain: ms(section.drain_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::problem::Report;

    #[test]
    fn larger_answers_may_take_longer() {
        let timeouts = check(None, &mut Report::default());
        for (tokens, seconds) in [(0, 30), (8192, 30), (8193, 90), (32_768, 90), (32_769, 180)] {
            assert_eq!(timeouts.answer_for(tokens).as_secs(), seconds, "{tokens}");
        }
    }
}
