//! What a caller's SDK knows of limits.

use crate::limit_headers::{LimitHeaders, LimitNames};

/// How callers are told what is left.
pub(crate) const LIMIT_HEADERS: LimitHeaders = LimitHeaders {
    requests: LimitNames {
        limit: "x-ratelimit-limit-requests",
        remaining: "x-ratelimit-remaining-requests",
        reset: "x-ratelimit-reset-requests",
    },
    tokens: LimitNames {
        limit: "x-ratelimit-limit-tokens",
        remaining: "x-ratelimit-remaining-tokens",
        reset: "x-ratelimit-reset-tokens",
    },
    parts: None,
    has_moments: false,
};
