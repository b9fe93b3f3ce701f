//! What a caller's SDK knows of limits.

use crate::limit_headers::{LimitHeaders, LimitNames};

/// How callers are told what is left.
pub(crate) const LIMIT_HEADERS: LimitHeaders = LimitHeaders {
    requests: LimitNames {
        limit: "anthropic-ratelimit-requests-limit",
        remaining: "anthropic-ratelimit-requests-remaining",
        reset: "anthropic-ratelimit-requests-reset",
    },
    tokens: LimitNames {
        limit: "anthropic-ratelimit-tokens-limit",
        remaining: "anthropic-ratelimit-tokens-remaining",
        reset: "anthropic-ratelimit-tokens-reset",
    },
    parts: Some((
        LimitNames {
            limit: "anthropic-ratelimit-input-tokens-limit",
            remaining: "anthropic-ratelimit-input-tokens-remaining",
            reset: "anthropic-ratelimit-input-tokens-reset",
        },
        LimitNames {
            limit: "anthropic-ratelimit-output-tokens-limit",
            remaining: "anthropic-ratelimit-output-tokens-remaining",
            reset: "anthropic-ratelimit-output-tokens-reset",
        },
    )),
    has_moments: true,
};
