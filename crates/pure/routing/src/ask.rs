//! What a request asks for, as far as choosing who serves it needs it.

use std::fmt;

use crate::capability::Capabilities;

/// One request.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// The model's name as the caller wrote it.
    pub model: &'a str,
    /// Whether the answer is to be streamed.
    pub is_streaming: bool,
    /// Tokens of the prompt and of the longest answer, roughly; 0 where nobody has counted.
    pub tokens: u64,
    /// What ties calls together that are best served by the same target: a session, or how the prompt begins, as a hash.
    pub bond: &'a dyn Fn() -> Option<u64>,
    /// The id of the caller's key.
    pub key: Option<&'a str>,
    /// The caller's headers by their names in lower case.
    pub header: &'a dyn Fn(&str) -> Option<&'a str>,
    /// The tags of his key by their names.
    pub tag: &'a dyn Fn(&str) -> Option<&'a str>,
    /// What of some capabilities a model must have for it: looked for only where somebody asks.
    pub needs: &'a dyn Fn(Capabilities) -> Capabilities,
    /// The model that the caller would like best, of those that serve the name.
    pub prefers: Option<&'a str>,
    /// The caller has a chain of his own: only the first step is for him.
    pub is_without_fallback: bool,
    /// It goes on from what only its keeper has: he is asked also while he is let run out.
    pub goes_on: bool,
}

impl<'a> Ask<'a> {
    /// For a model, with nothing special about it.
    pub fn of(model: &'a str, is_streaming: bool) -> Self {
        Self {
            model,
            is_streaming,
            tokens: 0,
            bond: &|| None,
            key: None,
            header: &|_| None,
            tag: &|_| None,
            needs: &|_| Capabilities::NONE,
            prefers: None,
            is_without_fallback: false,
            goes_on: false,
        }
    }
}

impl fmt::Debug for Ask<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask")
            .field("model", &self.model)
            .field("is_streaming", &self.is_streaming)
            .finish_non_exhaustive()
    }
}
