//! What can be limited.

/// A limit's measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Requests in each second.
    RequestsPerSecond,
    /// Requests in each minute.
    RequestsPerMinute,
    /// Tokens of prompts and answers in each minute.
    TokensPerMinute,
    /// Tokens of prompts in each minute.
    InputTokensPerMinute,
    /// Tokens of answers in each minute.
    OutputTokensPerMinute,
    /// Requests at the same time.
    ConcurrentRequests,
    /// Bytes of one request's body.
    BodyBytes,
    /// Tokens of one prompt, as they are estimated.
    PromptTokens,
}

/// What a measure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Requests as time goes by.
    Requests,
    /// Tokens as time goes by.
    Tokens,
    /// Tokens of prompts as time goes by.
    InputTokens,
    /// Tokens of answers as time goes by.
    OutputTokens,
    /// Requests that run.
    Running,
    /// One request's size, which no time changes.
    Size,
}

struct Traits {
    name: &'static str,
    words: &'static str,
    of: Of,
    window_ns: u64,
    amount_max: u64,
}

const SECOND_NS: u64 = 1_000_000_000;
const MINUTE_NS: u64 = 60 * SECOND_NS;
const TOKENS_PER_MINUTE_MAX: u64 = 10_000_000_000;

impl Measure {
    /// Every one, in the order they are shown.
    pub const ALL: [Self; 8] = [
        Self::RequestsPerSecond,
        Self::RequestsPerMinute,
        Self::TokensPerMinute,
        Self::InputTokensPerMinute,
        Self::OutputTokensPerMinute,
        Self::ConcurrentRequests,
        Self::BodyBytes,
        Self::PromptTokens,
    ];

    const fn traits(self) -> Traits {
        const fn row(
            name: &'static str,
            words: &'static str,
            of: Of,
            window_ns: u64,
            amount_max: u64,
        ) -> Traits {
            Traits { name, words, of, window_ns, amount_max }
        }
        const TOKENS: u64 = TOKENS_PER_MINUTE_MAX;
        match self {
            Self::RequestsPerSecond => {
                row("requests_per_second", "requests per second", Of::Requests, SECOND_NS, 1_000_000)
            }
            Self::RequestsPerMinute => {
                row("requests_per_minute", "requests per minute", Of::Requests, MINUTE_NS, 60_000_000)
            }
            Self::TokensPerMinute => {
                row("tokens_per_minute", "tokens per minute", Of::Tokens, MINUTE_NS, TOKENS)
            }
            Self::InputTokensPerMinute => {
                row("input_tokens_per_minute", "input tokens per minute", Of::InputTokens, MINUTE_NS, TOKENS)
            }
            Self::OutputTokensPerMinute => row(
                "output_tokens_per_minute",
                "output tokens per minute",
                Of::OutputTokens,
                MINUTE_NS,
                TOKENS,
            ),
            Self::ConcurrentRequests => {
                row("concurrent_requests", "requests at once", Of::Running, 0, 1_000_000)
            }
            Self::BodyBytes => row("body_bytes", "bytes in a request's body", Of::Size, 0, 4 << 30),
            Self::PromptTokens => row("prompt_tokens", "tokens in a prompt", Of::Size, 0, 100_000_000),
        }
    }

    /// As configuration, commands and metrics have it.
    pub const fn name(self) -> &'static str {
        self.traits().name
    }

    /// As people say it.
    pub const fn words(self) -> &'static str {
        self.traits().words
    }

    /// What it counts.
    pub const fn of(self) -> Of {
        self.traits().of
    }

    /// In how many nanoseconds; 0 where time does not matter.
    pub(super) const fn window_ns(self) -> u64 {
        self.traits().window_ns
    }

    /// The most that it can be.
    pub const fn amount_max(self) -> u64 {
        self.traits().amount_max
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.name() == name)
    }

    /// Its place in the list of all.
    pub const fn place(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::Measure;

    #[test]
    fn the_list_has_every_measure_at_its_place_and_no_name_twice() {
        for (place, measure) in Measure::ALL.into_iter().enumerate() {
            assert_eq!((measure.place(), Measure::named(measure.name())), (place, Some(measure)));
        }
        assert_eq!(Measure::named("requests"), None);
    }
}
