//! How much money is put aside for a call: what the dearest of those who may be asked would take for the prompt and for the
//! longest answer, or for a first part of a stream, which is extended.

use dialects::surface::Operation;
use domain::{Money, Usage};
use ledger::prices::Book;
use routing::Plan;

use crate::call::Call;
use crate::cost::price_of;
use crate::paying::{Reserve, SLICE_TOKENS};
use crate::pipeline::understand::Prompt;
use crate::serving::Serving;

/// Bytes of a request that make a token at least, by and large: a little more is put aside than most prompts take.
const BYTES_PER_TOKEN_MIN: u64 = 3;
/// Answer tokens that are put aside for where a caller names no cap.
const OUTPUT_TOKENS_DEFAULT: u64 = 4_096;
/// How long a recording is taken to be for each of its bytes: 64 kbit a second.
const AUDIO_BYTES_PER_MS: u64 = 8;

/// What a call would come to, with those whom it may ask.
#[derive(Clone, Copy)]
pub(super) struct Estimate<'c> {
    pub(super) call: &'c Call,
    pub(super) serving: &'c Serving,
    pub(super) prompt: &'c Prompt,
    pub(super) plan: &'c Plan,
    pub(super) book: &'c Book,
    /// The tokens of the prompt, if somebody has counted them.
    pub(super) input_tokens: Option<u64>,
}

impl Estimate<'_> {
    /// How much a call needs; `None` where it has no price, or costs nothing.
    pub(super) fn reserve(&self) -> Option<Reserve> {
        let cap = self.cap();
        let first = if self.call.is_streaming { cap.min(SLICE_TOKENS) } else { cap };
        let amount = self.dearest(&self.most(first))?;
        let slice = Usage { output: SLICE_TOKENS, ..Usage::default() };
        Some(Reserve { amount, slice: self.dearest(&slice).unwrap_or(amount) })
    }

    /// How long an answer an amount is enough for, if that is shorter than what was asked.
    pub(super) fn affordable(&self, amount: Money) -> Option<u64> {
        let is_covered = |output| self.dearest(&self.most(output)).is_none_or(|needed| needed <= amount);
        let (mut covered, mut beyond) = (0, self.cap());
        if is_covered(beyond) {
            return None;
        }
        while beyond - covered > 1 {
            let middle = covered + (beyond - covered) / 2;
            if is_covered(middle) { covered = middle } else { beyond = middle }
        }
        Some(covered)
    }

    fn cap(&self) -> u64 {
        self.prompt.deciding.output_tokens_max.unwrap_or(OUTPUT_TOKENS_DEFAULT)
    }

    fn dearest(&self, usage: &Usage) -> Option<Money> {
        let places = self.plan.order.iter().map(|attempt| self.plan.target(attempt.place));
        let prices = places.filter_map(|target| {
            let model = target.model.as_deref().unwrap_or(&self.call.model);
            let buyer = (self.call.key.as_deref(), self.call.received_at);
            price_of(self.book, buyer, self.serving.provider_of(target), (model, model), usage).row()
        });
        prices.map(|cost| cost.price).max().filter(|price| *price > Money::ZERO)
    }

    /// The most that it may use with so many tokens in each answer, as far as can be told before.
    fn most(&self, cap: u64) -> Usage {
        let bytes = self.prompt.length as u64;
        let input = self.input_tokens.unwrap_or_else(|| bytes.div_ceil(BYTES_PER_TOKEN_MIN));
        let choices = self.prompt.deciding.choices.max(1);
        let output = cap.saturating_mul(choices);
        match self.prompt.surface.operation {
            Operation::Conversation | Operation::Completions => Usage { input, output, ..Usage::default() },
            Operation::Images => {
                let images = u32::try_from(choices).unwrap_or(u32::MAX);
                Usage { input, image_output: output, images, ..Usage::default() }
            }
            Operation::Speech => Usage { input, audio_output: output, ..Usage::default() },
            Operation::Transcription => {
                let audio_ms = u32::try_from(bytes / AUDIO_BYTES_PER_MS).unwrap_or(u32::MAX);
                Usage { audio_input: input.min(audio_ms.into()), audio_ms, output: cap, ..Usage::default() }
            }
            Operation::Rerank => Usage { input, searches: 1, ..Usage::default() },
            Operation::Embeddings | Operation::Moderations | Operation::CountTokens => {
                Usage { input, ..Usage::default() }
            }
        }
    }
}
