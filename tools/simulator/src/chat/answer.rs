//! Answers a chat: reads, composes, and writes the frames around what is said.

use serde_json::{Value, json};

use crate::ask::{Ask, CREATED_UNIX_S, choices, includes_usage, invalid, is_streaming};
use crate::behaviour::Beginnings;
use crate::chat::check::check;
use crate::chat::deviate::{deviate, deviate_calls};
use crate::chat::read::{is_begun, read};
use crate::chat::usage::detailed;
use crate::chat::write::{deltas, finish_reason, whole_choice};
use crate::misbehaviour::Deviation;
use crate::reply::Reply;
use crate::talk::compose;

/// Answers a chat.
pub(crate) fn answer(body: &Value, ask: &mut Ask<'_>) -> Result<Reply, Reply> {
    let model = ask.model(body)?;
    let messages = body["messages"].as_array().filter(|messages| !messages.is_empty());
    let messages = messages.ok_or_else(|| invalid("messages", "must be a list of at least one message"))?;
    if ask.behaviour.is_strict {
        check(body, messages)?;
    }
    if ask.behaviour.beginnings == Beginnings::Refused && messages.last().is_some_and(is_begun) {
        let words = "this model does not take the beginning of an answer: the conversation must end with a user message";
        return Err(invalid("messages", words));
    }
    let mut heard = read(body, model, messages)?;
    let count = choices(body)?;
    let shows = [Deviation::ReasoningContent, Deviation::Reasoning, Deviation::ThinkTags];
    heard.thinks |= shows.into_iter().any(|deviation| ask.deviates(deviation));

    let said =
        compose(&heard, "call_", ask).map_err(|problem| Reply::error(400, "unknown_scenario", &problem))?;
    let (each, cached) = (count as usize, ask.cached(heard.prompt_tokens));
    let usage = detailed(heard.prompt_tokens, cached, said.tokens() * each, said.thinking_tokens() * each);
    let id = ask.id("chatcmpl-");
    let frame = |object: &str, choices: Vec<Value>| {
        json!({
            "id": id, "object": object, "created": CREATED_UNIX_S, "model": model, "choices": choices,
            "service_tier": "default", "system_fingerprint": ask.fingerprint(),
        })
    };
    if !is_streaming(body) {
        let choices = (0..count).map(|index| whole_choice(index, &said, ask)).collect();
        let mut whole = frame("chat.completion", choices);
        whole["usage"] = usage;
        deviate_calls(&mut whole, "message", ask);
        return Ok(Reply::json(200, whole));
    }
    let deltas = deltas(&said, ask);
    let mut chunks = Vec::with_capacity(deltas.len() * each + 2);
    let finish = (json!({}), Value::from(finish_reason(&said.finish)));
    for (delta, finish_reason) in deltas.into_iter().map(|delta| (delta, Value::Null)).chain([finish]) {
        for index in 0..count {
            let choice = json!({
                "index": index, "delta": delta, "logprobs": null, "finish_reason": finish_reason,
            });
            chunks.push(frame("chat.completion.chunk", vec![choice]));
        }
    }
    if includes_usage(body) {
        for chunk in &mut chunks {
            chunk["usage"] = Value::Null;
        }
        let mut last = frame("chat.completion.chunk", Vec::new());
        last["usage"] = usage.clone();
        chunks.push(last);
    }
    deviate(&mut chunks, &usage, ask);
    Ok(Reply::events(chunks))
}
