//! The usage of an answer whose provider tells none, by our own count.

use domain::Usage;

use crate::tokens::tokens_in;

/// What stands in for the usage of an answer that passes, should its provider tell none.
#[derive(Debug)]
pub(crate) struct Estimate {
    pub(super) input_tokens: u64,
    /// Of an answer that was whole before any of it left.
    pub(super) whole: Option<Usage>,
}

impl Estimate {
    /// By what was said, if it was kept, else by how many pieces it came in: most providers send a token in each.
    pub(super) fn usage(&self, said: Option<&str>, pieces: u64) -> Usage {
        let by_pieces =
            || Usage { input: self.input_tokens, output: pieces, is_estimated: true, ..Usage::default() };
        let by_words = said.map(|said| estimate_said(self.input_tokens, said));
        self.whole.or(by_words).unwrap_or_else(by_pieces)
    }
}

/// The usage of an answer whose provider tells none.
pub(super) fn estimate_said(input_tokens: u64, said: &str) -> Usage {
    Usage { input: input_tokens, output: tokens_in(said), is_estimated: true, ..Usage::default() }
}
