//! How a dialect's callers are told what is left of their limits. Only names: what is left is counted elsewhere.

/// How much there is of something, what is left of it, and when all is there again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitNames {
    /// How much.
    pub limit: &'static str,
    /// What is left.
    pub remaining: &'static str,
    /// When all is there again.
    pub reset: &'static str,
}

/// The headers of a dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitHeaders {
    /// Of requests.
    pub requests: LimitNames,
    /// Of tokens.
    pub tokens: LimitNames,
    /// Of tokens of prompts and of answers, where they have headers of their own; else they are tokens, too.
    pub parts: Option<(LimitNames, LimitNames)>,
    /// Whether a reset is a moment; else it is a span.
    pub has_moments: bool,
}
