//! Writes what is said as a message, or as the events of one.

use serde_json::{Value, json};

use crate::ask::Ask;
use crate::messages::usage::Input;
use crate::seal::{Bound, seal};
use crate::talk::{Call, Finish, Part, Said};
use crate::text::pieces;

/// Tokens of a piece of a tool call's input.
const INPUT_PIECE_TOKENS: usize = 2;

/// What frames a message.
pub(super) struct Frame<'a> {
    pub(super) id: String,
    pub(super) model: &'a str,
    pub(super) input: Input,
    /// What the thinking is bound to.
    pub(super) prefix: u64,
    /// Whether the thinking is sealed and not shown.
    pub(super) hides_thinking: bool,
}

/// The whole message.
pub(super) fn whole(said: &Said, frame: &Frame<'_>, ask: &Ask<'_>) -> Value {
    let content: Vec<Value> = said.parts.iter().map(|part| block(part, frame, ask)).collect();
    let usage = frame.input.usage(said.tokens(), said.thinking_tokens());
    let mut message = message(frame, &content, &usage);
    set_ending(&mut message, &said.finish);
    message
}

/// The events of a stream.
pub(super) fn events(said: &Said, frame: &Frame<'_>, ask: &Ask<'_>) -> Vec<Value> {
    let begun = message(frame, &[], &frame.input.usage(1, 0));
    let mut events = vec![json!({ "type": "message_start", "message": begun })];
    for (index, part) in said.parts.iter().enumerate() {
        let block = block(part, frame, ask);
        let (start, deltas) = in_pieces(part, &block, ask);
        events.push(json!({ "type": "content_block_start", "index": index, "content_block": start }));
        if index == 0 {
            events.push(json!({ "type": "ping" }));
        }
        let deltas = deltas.into_iter();
        events.extend(
            deltas.map(|delta| json!({ "type": "content_block_delta", "index": index, "delta": delta })),
        );
        events.push(json!({ "type": "content_block_stop", "index": index }));
    }
    let mut delta = json!({});
    set_ending(&mut delta, &said.finish);
    let usage = frame.input.usage(said.tokens(), said.thinking_tokens());
    events.push(json!({ "type": "message_delta", "delta": delta, "usage": usage }));
    events.push(json!({ "type": "message_stop" }));
    events
}

fn message(frame: &Frame<'_>, content: &[Value], usage: &Value) -> Value {
    json!({
        "id": frame.id, "type": "message", "role": "assistant", "model": frame.model, "content": content,
        "stop_reason": null, "stop_sequence": null, "usage": usage,
    })
}

fn set_ending(value: &mut Value, finish: &Finish) {
    let (reason, text) = match finish {
        Finish::Stop | Finish::Failed => ("end_turn", None),
        Finish::StopText(text) => ("stop_sequence", Some(text.as_str())),
        Finish::Length => ("max_tokens", None),
        Finish::Calls => ("tool_use", None),
        Finish::Filtered => ("refusal", None),
    };
    value["stop_reason"] = reason.into();
    value["stop_sequence"] = text.into();
    if *finish == Finish::Filtered {
        value["stop_details"] = json!({ "type": "refusal", "category": null, "explanation": null });
    }
}

/// One block, whole.
fn block(part: &Part, frame: &Frame<'_>, ask: &Ask<'_>) -> Value {
    let bound = |kind| Bound { kind, account: ask.account(), prefix: frame.prefix };
    match part {
        Part::Text(text) => json!({ "type": "text", "text": text }),
        Part::Thinking(text) => {
            let text = if frame.hides_thinking { "" } else { text };
            json!({ "type": "thinking", "thinking": text, "signature": seal(text, bound("thinking")) })
        }
        Part::Redacted(_) => json!({ "type": "redacted_thinking", "data": seal("", bound("redacted")) }),
        Part::Call(call) => {
            json!({ "type": "tool_use", "id": call.id, "name": call.name, "input": input(call) })
        }
    }
}

fn input(call: &Call) -> Value {
    serde_json::from_str(&call.input).unwrap_or_else(|_| json!({}))
}

/// A block as its start and the deltas that complete it.
fn in_pieces(part: &Part, block: &Value, ask: &Ask<'_>) -> (Value, Vec<Value>) {
    match part {
        Part::Text(text) => {
            let deltas = ask.pieces(text).into_iter();
            let deltas = deltas.map(|piece| json!({ "type": "text_delta", "text": piece }));
            (json!({ "type": "text", "text": "" }), deltas.collect())
        }
        Part::Thinking(_) => {
            let shown = block["thinking"].as_str().unwrap_or_default();
            let deltas = ask.pieces(shown).into_iter();
            let deltas = deltas.map(|piece| json!({ "type": "thinking_delta", "thinking": piece }));
            let seal = json!({ "type": "signature_delta", "signature": block["signature"] });
            (json!({ "type": "thinking", "thinking": "", "signature": "" }), deltas.chain([seal]).collect())
        }
        // Comes whole in its start.
        Part::Redacted(_) => (block.clone(), Vec::new()),
        Part::Call(call) => {
            let mut start = block.clone();
            start["input"] = json!({});
            // A call without arguments has no delta at all.
            let text = if block["input"] == json!({}) { "" } else { call.input.as_str() };
            let deltas = pieces(text, INPUT_PIECE_TOKENS).into_iter();
            let deltas = deltas.map(|piece| json!({ "type": "input_json_delta", "partial_json": piece }));
            (start, deltas.collect())
        }
    }
}
