//! How many tokens a call took, in parts that never overlap, and what else is paid for.

use crate::service_tier::ServiceTier;

/// What one answer took. No token is in two of the parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Prompt tokens that are in none of the other parts.
    pub input: u64,
    /// Prompt tokens served from the provider's cache.
    pub cached_input: u64,
    /// Prompt tokens written to the provider's cache for its usual, short time.
    pub cache_write: u64,
    /// Prompt tokens written to the provider's cache for longer.
    pub cache_write_long: u64,
    /// Prompt tokens of recordings.
    pub audio_input: u64,
    /// Prompt tokens of pictures, where they are told apart.
    pub image_input: u64,
    /// Visible answer tokens of text.
    pub output: u64,
    /// Hidden reasoning tokens.
    pub reasoning: u64,
    /// Answer tokens of speech.
    pub audio_output: u64,
    /// Answer tokens of pictures.
    pub image_output: u64,
    /// What the provider's total holds beyond all parts. It is in none of them, and what it is depends on the host.
    pub unexplained: u64,
    /// Pictures that were made.
    pub images: u32,
    /// Searches that the provider did for the answer, or that the answer is.
    pub searches: u32,
    /// How long the recording was that was listened to, in milliseconds.
    pub audio_ms: u32,
    /// How fast it was served, by the provider's word.
    pub service_tier: ServiceTier,
    /// Counted here, not told by the provider.
    pub is_estimated: bool,
}

impl Usage {
    /// How many parts there are.
    pub const PARTS: usize = 10;

    /// Every part with its name in logs and metrics.
    pub const fn parts(&self) -> [(&'static str, u64); Self::PARTS] {
        [
            ("input", self.input),
            ("cached_input", self.cached_input),
            ("cache_write", self.cache_write),
            ("cache_write_long", self.cache_write_long),
            ("audio_input", self.audio_input),
            ("image_input", self.image_input),
            ("output", self.output),
            ("reasoning", self.reasoning),
            ("audio_output", self.audio_output),
            ("image_output", self.image_output),
        ]
    }

    /// How many kinds of things there are that are counted and no tokens.
    pub const UNITS: usize = 3;

    /// Every such thing with its name in logs and metrics.
    pub const fn units(&self) -> [(&'static str, u64); Self::UNITS] {
        [
            ("images", self.images as u64),
            ("searches", self.searches as u64),
            ("audio_ms", self.audio_ms as u64),
        ]
    }

    /// Whether nothing was told but the tier.
    pub const fn is_nothing(&self) -> bool {
        self.total() == 0
            && self.unexplained == 0
            && self.images == 0
            && self.searches == 0
            && self.audio_ms == 0
    }

    /// As a host means it that counts its model's thoughts in the total alone.
    #[must_use]
    pub const fn with_hidden_thoughts(mut self) -> Self {
        self.reasoning = self.reasoning.saturating_add(self.unexplained);
        self.unexplained = 0;
        self
    }

    /// With so much more that the provider has not counted.
    #[must_use]
    pub const fn with_uncounted(mut self, output: u64) -> Self {
        self.output = self.output.saturating_add(output);
        self.is_estimated = self.is_estimated || output > 0;
        self
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            cached_input: self.cached_input.saturating_add(other.cached_input),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            cache_write_long: self.cache_write_long.saturating_add(other.cache_write_long),
            audio_input: self.audio_input.saturating_add(other.audio_input),
            image_input: self.image_input.saturating_add(other.image_input),
            output: self.output.saturating_add(other.output),
            reasoning: self.reasoning.saturating_add(other.reasoning),
            audio_output: self.audio_output.saturating_add(other.audio_output),
            image_output: self.image_output.saturating_add(other.image_output),
            unexplained: self.unexplained.saturating_add(other.unexplained),
            images: self.images.saturating_add(other.images),
            searches: self.searches.saturating_add(other.searches),
            audio_ms: self.audio_ms.saturating_add(other.audio_ms),
            // Of two that differ nothing right can be said: each is priced by itself.
            service_tier: if self.service_tier.is_usual() { other.service_tier } else { self.service_tier },
            is_estimated: self.is_estimated || other.is_estimated,
        }
    }

    /// All prompt tokens.
    pub const fn input_total(&self) -> u64 {
        self.input
            .saturating_add(self.cached_input)
            .saturating_add(self.cache_write)
            .saturating_add(self.cache_write_long)
            .saturating_add(self.audio_input)
            .saturating_add(self.image_input)
    }

    /// All generated tokens.
    pub const fn output_total(&self) -> u64 {
        self.output
            .saturating_add(self.reasoning)
            .saturating_add(self.audio_output)
            .saturating_add(self.image_output)
    }

    /// Everything.
    pub const fn total(&self) -> u64 {
        self.input_total().saturating_add(self.output_total())
    }
}

/// The share of one model in the usage of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelUsage {
    /// The model, in the provider's words; `None` for the one that was asked.
    pub model: Option<Box<str>>,
    /// What it used.
    pub usage: Usage,
}
