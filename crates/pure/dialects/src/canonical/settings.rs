//! What tunes an answer. Numbers that are not whole stay the text they were written as: nobody rounds them.

use super::flaw::Flaw;
use super::loss::{Feature, Losses};

/// The knobs. `None` leaves a knob to the provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Most tokens to generate.
    pub output_tokens_max: Option<u64>,
    /// How much chance.
    pub temperature: Option<String>,
    /// Only the most likely tokens of this total likelihood.
    pub top_p: Option<String>,
    /// Only so many of the most likely tokens.
    pub top_k: Option<u64>,
    /// Texts that end the answer.
    pub stop: Vec<String>,
    /// Makes chance repeatable.
    pub seed: Option<String>,
    /// Against tokens that were used at all.
    pub presence_penalty: Option<String>,
    /// Against tokens that were used often.
    pub frequency_penalty: Option<String>,
    /// Likelihoods of single tokens, as JSON text.
    pub logit_bias: Option<String>,
    /// How many answers.
    pub choices: Option<u64>,
    /// Likelihoods are to be told.
    pub logprobs: Option<bool>,
    /// Of how many alternatives.
    pub top_logprobs: Option<u64>,
    /// How soon and how dear: the dialect's own word.
    pub service_tier: Option<String>,
    /// An opaque name of the end user.
    pub user: Option<String>,
    /// The caller's own notes, as JSON text.
    pub metadata: Option<String>,
    /// How many words: `low`, `medium`, `high`.
    pub verbosity: Option<String>,
    /// Groups requests that share a beginning.
    pub cache_key: Option<String>,
    /// The provider may keep the answer.
    pub is_stored: Option<bool>,
}

impl Settings {
    /// Refuses what no answer in the canonical form can carry: more than one choice, and likelihoods.
    pub fn refuse_uncarried(&self, losses: &mut Losses) -> Result<(), Flaw> {
        if self.choices.is_some_and(|choices| choices > 1) {
            losses.lose(Feature::Choices, "n")?;
        }
        if self.logprobs == Some(true) || self.top_logprobs.is_some_and(|count| count > 0) {
            losses.lose(Feature::Logprobs, "logprobs")?;
        }
        Ok(())
    }
}

/// What the answer must look like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OutputFormat {
    /// Text.
    #[default]
    Text,
    /// Some JSON object.
    JsonObject,
    /// JSON of a schema.
    JsonSchema {
        /// Its name.
        name: Option<String>,
        /// What it is for.
        description: Option<String>,
        /// The schema as JSON text.
        schema: String,
        /// It must fit.
        is_strict: Option<bool>,
    },
}

/// How much thought an answer is worth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thinking {
    /// Whether to think.
    pub wish: Option<ThinkingWish>,
    /// How hard.
    pub effort: Option<Effort>,
    /// How the thoughts are to be told, in the dialect's own word (`auto`, `detailed`, `summarized`, `omitted`).
    pub summary: Option<String>,
}

/// Whether to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThinkingWish {
    /// Not at all.
    Off,
    /// With so many tokens.
    Budget(u64),
    /// As much as the model finds right.
    Adaptive,
}

/// How hard to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// Not at all.
    None,
    /// Hardly.
    Minimal,
    /// A little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// More.
    XHigh,
    /// As much as possible.
    Max,
}

impl Effort {
    /// All, from the least.
    pub const ALL: &[Self] =
        &[Self::None, Self::Minimal, Self::Low, Self::Medium, Self::High, Self::XHigh, Self::Max];

    /// As dialects write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::XHigh => "xhigh",
            Self::Max => "max",
        }
    }

    /// The effort of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|effort| effort.name() == name)
    }

    /// The budget that stands for it where a model takes budgets; there is no standard, these are ours (DIALECTS §10).
    pub const fn budget_tokens(self) -> u64 {
        match self {
            Self::None => 0,
            Self::Minimal => 1024,
            Self::Low => 2048,
            Self::Medium => 8192,
            Self::High => 16_384,
            Self::XHigh => 24_576,
            Self::Max => 32_768,
        }
    }

    /// The effort that stands for a budget where a model takes efforts: the least whose budget covers it.
    pub fn of_budget(tokens: u64) -> Self {
        Self::ALL.iter().copied().find(|effort| effort.budget_tokens() >= tokens).unwrap_or(Self::Max)
    }
}
