//! What a call comes to by each measure: as it is estimated before anybody is asked, and as it was in the end.

use dialects::surface::{BodyForm, Operation};
use domain::Usage;
use limits::rate::{Measure, Of};

use crate::pipeline::Prompt;
use crate::tokens::BYTES_PER_TOKEN;

/// Tokens of an answer that are reckoned with where no cap is said.
const OUTPUT_TOKENS_USUAL: u64 = 256;
/// Tokens of an answer that are reckoned with at most: few answers come near their caps, and what was too little is owed.
const OUTPUT_TOKENS_EXPECTED_MAX: u64 = 1_024;

/// What a call comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Costs {
    pub(super) input: u64,
    pub(super) output: u64,
    pub(super) body_bytes: u64,
}

impl Costs {
    /// As far as can be told before anybody is asked.
    pub(crate) fn expected(prompt: &Prompt) -> Self {
        let body_bytes = prompt.length as u64;
        let is_text = matches!(prompt.form, BodyForm::Json);
        let cap = prompt.deciding.output_tokens_max.unwrap_or(OUTPUT_TOKENS_USUAL);
        let has_answer_text =
            matches!(prompt.surface.operation, Operation::Conversation | Operation::Completions);
        let choices = prompt.deciding.choices.max(1);
        let output =
            if has_answer_text { cap.min(OUTPUT_TOKENS_EXPECTED_MAX).saturating_mul(choices) } else { 0 };
        let input = if is_text { body_bytes.div_ceil(BYTES_PER_TOKEN) } else { 0 };
        Self { input, output, body_bytes }
    }

    /// Of a call that is told a kept answer: a request like any other, without tokens.
    pub(crate) const fn kept(prompt: &Prompt) -> Self {
        Self { input: 0, output: 0, body_bytes: prompt.length as u64 }
    }

    /// As it was in the end; nothing, where nothing was used.
    pub(super) fn actual(self, usage: Option<&Usage>) -> Self {
        let (input, output) = usage.map_or((0, 0), |usage| (usage.input_total(), usage.output_total()));
        Self { input, output, ..self }
    }

    /// Tokens of prompt and answer.
    pub(super) const fn tokens(self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// How much it is by a measure.
    pub(super) const fn of(self, measure: Measure) -> u64 {
        match measure.of() {
            Of::Requests | Of::Running => 1,
            Of::Tokens => self.tokens(),
            Of::InputTokens => self.input,
            Of::OutputTokens => self.output,
            Of::Size if matches!(measure, Measure::BodyBytes) => self.body_bytes,
            Of::Size => self.input,
        }
    }
}
