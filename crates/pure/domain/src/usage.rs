//! How many tokens a call took, in parts that never overlap.

/// Token counts of one answer. `input` excludes `cached_input`; `output` excludes `reasoning`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Prompt tokens that were not served from the provider's cache.
    pub input: u64,
    /// Prompt tokens served from the provider's cache.
    pub cached_input: u64,
    /// Visible answer tokens.
    pub output: u64,
    /// Hidden reasoning tokens.
    pub reasoning: u64,
}

impl Usage {
    /// All prompt tokens.
    pub const fn input_total(&self) -> u64 {
        self.input.saturating_add(self.cached_input)
    }

    /// All generated tokens.
    pub const fn output_total(&self) -> u64 {
        self.output.saturating_add(self.reasoning)
    }

    /// Everything.
    pub const fn total(&self) -> u64 {
        self.input_total().saturating_add(self.output_total())
    }
}
