//! Watching an answer that is one JSON object: its usage, whether it is an error, whether it is whole.

use domain::Usage;
use serde::Deserialize;

use crate::json::ObjectScan;

const WANTED: &[&str] = &["usage", "error"];
const USAGE: usize = 0;
const ERROR: usize = 1;

/// Reads an answer while it passes.
#[derive(Debug)]
pub struct ReplyWatch {
    scan: ObjectScan,
    is_broken: bool,
}

impl Default for ReplyWatch {
    fn default() -> Self {
        Self { scan: ObjectScan::new(WANTED), is_broken: false }
    }
}

impl ReplyWatch {
    /// Reads the next piece; an answer that is no JSON object is only noted.
    pub fn feed(&mut self, piece: &[u8]) {
        self.is_broken = self.is_broken || self.scan.feed(piece).is_err();
    }

    /// Whether a whole JSON object has passed.
    pub fn is_whole(&self) -> bool {
        !self.is_broken && self.scan.is_whole()
    }

    /// Whether it has a top-level `error` that is not null.
    pub fn is_error(&self) -> bool {
        self.scan.field(ERROR).is_some_and(|field| field.text.as_deref() != Some(b"null"))
    }

    /// The usage it tells.
    pub fn usage(&self) -> Option<Usage> {
        parse_usage(self.scan.field(USAGE)?.text.as_deref()?)
    }
}

/// Reads a `usage` object. Cached and reasoning tokens are inside the totals there, and apart in ours.
pub(crate) fn parse_usage(text: &[u8]) -> Option<Usage> {
    let wire: WireUsage = serde_json::from_slice(text).ok()?;
    let cached_input = wire.prompt_tokens_details.and_then(|details| details.cached_tokens).unwrap_or(0);
    let reasoning = wire.completion_tokens_details.and_then(|details| details.reasoning_tokens).unwrap_or(0);
    Some(Usage {
        input: wire.prompt_tokens.unwrap_or(0).saturating_sub(cached_input),
        cached_input,
        output: wire.completion_tokens.unwrap_or(0).saturating_sub(reasoning),
        reasoning,
    })
}

#[derive(Deserialize)]
struct WireUsage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u64>,
}

#[derive(Deserialize)]
struct CompletionDetails {
    reasoning_tokens: Option<u64>,
}

#[cfg(test)]
mod tests {
    use domain::Usage;

    use super::ReplyWatch;

    fn watch(body: &str) -> ReplyWatch {
        let mut watch = ReplyWatch::default();
        for piece in body.as_bytes().chunks(7) {
            watch.feed(piece);
        }
        watch
    }

    #[test]
    fn usage_is_taken_apart() {
        let reply = watch(
            r#"{"id":"x","usage":{"prompt_tokens":12,"completion_tokens":9,"total_tokens":21,
            "prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":3}}}"#,
        );
        assert!(reply.is_whole() && !reply.is_error());
        assert_eq!(reply.usage(), Some(Usage { input: 8, cached_input: 4, output: 6, reasoning: 3 }));
    }

    #[test]
    fn odd_answers_are_noticed() {
        assert!(watch(r#"{"error":{"message":"no"}}"#).is_error());
        assert!(!watch(r#"{"error":null,"id":1}"#).is_error());
        assert!(!watch(r#"{"id":1"#).is_whole());
        assert!(!watch("<html>").is_whole());
        assert_eq!(watch(r#"{"usage":null}"#).usage(), None);
    }
}
