//! The usage object of chats and completions.

use serde_json::{Value, json};

/// Usage without a cache and without thinking.
pub(crate) fn usage(prompt_tokens: usize, completion_tokens: usize) -> Value {
    detailed(prompt_tokens, 0, completion_tokens, 0)
}

/// Usage; `cached` is a part of the prompt, `reasoning` a part of the completion.
pub(crate) fn detailed(prompt: usize, cached: usize, completion: usize, reasoning: usize) -> Value {
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": { "cached_tokens": cached, "audio_tokens": 0 },
        "completion_tokens_details": {
            "reasoning_tokens": reasoning, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        },
    })
}
