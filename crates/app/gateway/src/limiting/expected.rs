//! What a call comes to, as far as can be told before anybody is asked.

use dialects::surface::{BodyForm, Operation};

use super::costs::Costs;
use crate::pipeline::Prompt;
use crate::tokens::BYTES_PER_TOKEN;

/// Tokens of an answer that are reckoned with where no cap is said.
const OUTPUT_TOKENS_USUAL: u64 = 256;
/// Tokens of an answer that are reckoned with at most: few answers come near their caps, and what was too little is owed.
const OUTPUT_TOKENS_EXPECTED_MAX: u64 = 1_024;

/// By its length and by what it asks for.
pub(crate) fn expected(prompt: &Prompt) -> Costs {
    let body_bytes = prompt.length as u64;
    let length = match prompt.form {
        BodyForm::Json => body_bytes.div_ceil(BYTES_PER_TOKEN),
        // Sound and pictures are no text.
        BodyForm::Multipart => 0,
    };
    let cap = prompt.deciding.output_tokens_max.unwrap_or(OUTPUT_TOKENS_USUAL);
    let (input, output) = match prompt.surface.operation {
        Operation::Conversation | Operation::Completions => {
            let each = cap.min(OUTPUT_TOKENS_EXPECTED_MAX);
            (length, each.saturating_mul(prompt.deciding.choices.max(1)))
        }
        // It is read, and nothing is made of it.
        Operation::CountTokens => (0, 0),
        _ => (length, 0),
    };
    Costs { input, output, prompt: length, body_bytes }
}

/// Of a call that is told a kept answer: a request like any other, without tokens.
pub(crate) const fn expected_of_kept(prompt: &Prompt) -> Costs {
    Costs { input: 0, output: 0, prompt: 0, body_bytes: prompt.length as u64 }
}
