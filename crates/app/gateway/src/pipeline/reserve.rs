//! How much money is put aside for a call: what the dearest of those who may be asked would take for the prompt and for the
//! longest answer, or for a first part of a stream, which is extended.

use dialects::surface::Operation;
use domain::{Money, Usage};
use ledger::prices::Book;
use routing::Plan;

use crate::call::Call;
use crate::cost::price_of;
use crate::paying::Reserve;
use crate::pipeline::understand::Prompt;
use crate::serving::Serving;

/// Bytes of a request that make a token at least, by and large: a little more is put aside than most prompts take.
const BYTES_PER_TOKEN_MIN: u64 = 3;
/// Answer tokens that are put aside for where a caller names no cap.
const OUTPUT_TOKENS_DEFAULT: u64 = 4_096;
/// Answer tokens that are put aside for at a time while a stream goes on.
const SLICE_TOKENS: u64 = 1_024;
/// How long a recording is taken to be for each of its bytes, in milliseconds: 64 kbit a second.
const AUDIO_BYTES_PER_MS: u64 = 8;

/// How much a call needs; `None` where it has no price, or costs nothing.
pub(super) fn reserve(
    call: &Call,
    serving: &Serving,
    (prompt, input_tokens): (&Prompt, Option<u64>),
    plan: &Plan,
    book: &Book,
) -> Option<Reserve> {
    let usage = most(call, prompt, input_tokens);
    let slice = Usage { output: SLICE_TOKENS, ..Usage::default() };
    let dearest = |usage: &Usage| {
        let places = plan.order.iter().map(|attempt| plan.target(attempt.place));
        let prices = places.filter_map(|target| {
            let model = target.model.as_deref().unwrap_or(&call.model);
            let buyer = (call.key.as_deref(), call.received_at);
            price_of(book, buyer, serving.provider_of(target), (model, model), usage).row()
        });
        prices.map(|cost| cost.price).max().filter(|price| *price > Money::ZERO)
    };
    let amount = dearest(&usage)?;
    Some(Reserve { amount, slice: dearest(&slice).unwrap_or(amount) })
}

/// The most that it may use, as far as can be told before.
fn most(call: &Call, prompt: &Prompt, input_tokens: Option<u64>) -> Usage {
    let bytes = prompt.length as u64;
    let input = input_tokens.unwrap_or_else(|| bytes.div_ceil(BYTES_PER_TOKEN_MIN));
    let choices = prompt.deciding.choices.max(1);
    let cap = prompt.deciding.output_tokens_max.unwrap_or(OUTPUT_TOKENS_DEFAULT);
    let cap = if call.is_streaming { cap.min(SLICE_TOKENS) } else { cap };
    let output = cap.saturating_mul(choices);
    match prompt.surface.operation {
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
