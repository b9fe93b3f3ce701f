//! `POST /completions`, whole and streamed: the older form without messages.
//!
//! Shapes from OpenAI's API reference, "The completion object" (platform.openai.com/docs/api-reference/completions),
//! written by hand from that text. `echo`, `suffix` and log probabilities are not simulated.

use serde_json::{Value, json};

use crate::ask::{Ask, CREATED_UNIX_S, choices, includes_usage, invalid, is_streaming, tokens_max};
use crate::chat::usage;
use crate::prompt::prompts;
use crate::reply::Reply;

/// Most prompts in one request.
const PROMPTS_MAX: usize = 64;

/// Answers one or several prompts.
pub(crate) fn answer(body: &Value, ask: &mut Ask<'_>) -> Result<Reply, Reply> {
    let model = ask.model(body)?;
    let prompts = prompts(&body["prompt"], PROMPTS_MAX)
        .ok_or_else(|| invalid("prompt", &format!("must be a text or a list of 1 to {PROMPTS_MAX}")))?;
    let limit = tokens_max(body, &["max_tokens"])?;
    let count = choices(body)? as usize;

    let texts = prompts.iter().flat_map(|prompt| std::iter::repeat_n(&prompt.text, count));
    let answers: Vec<_> = texts.map(|text| ask.speak(text, limit)).collect();
    let prompt_tokens = prompts.iter().map(|prompt| prompt.tokens).sum();
    let usage = usage(prompt_tokens, answers.iter().map(|answer| answer.tokens).sum());
    let id = ask.id("cmpl-");
    let frame = |choices: Vec<Value>| {
        json!({
            "id": id, "object": "text_completion", "created": CREATED_UNIX_S, "model": model,
            "choices": choices, "system_fingerprint": ask.fingerprint(),
        })
    };
    let choice = |index: usize, text: &str, finish_reason: Option<&str>| json!({ "index": index, "text": text, "logprobs": null, "finish_reason": finish_reason });
    if !is_streaming(body) {
        let choices = answers.iter().enumerate();
        let choices = choices.map(|(index, answer)| choice(index, &answer.text, Some(answer.finish_reason)));
        let mut whole = frame(choices.collect());
        whole["usage"] = usage;
        return Ok(Reply::json(200, whole));
    }
    let mut chunks = Vec::new();
    for (index, answer) in answers.iter().enumerate() {
        let pieces = ask.pieces(&answer.text);
        chunks.extend(pieces.into_iter().map(|piece| frame(vec![choice(index, piece, None)])));
        chunks.push(frame(vec![choice(index, "", Some(answer.finish_reason))]));
    }
    if includes_usage(body) {
        for chunk in &mut chunks {
            chunk["usage"] = Value::Null;
        }
        let mut last = frame(Vec::new());
        last["usage"] = usage;
        chunks.push(last);
    }
    Ok(Reply::events(chunks))
}
