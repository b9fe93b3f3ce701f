//! Writes what is said as a chat's message, or as the deltas of one.

use serde_json::{Value, json};

use crate::ask::Ask;
use crate::misbehaviour::Deviation;
use crate::talk::{Call, Finish, Part, Said, ToolKind};
use crate::text::pieces;

/// Tokens of a piece of a tool call's arguments.
const ARGUMENT_PIECE_TOKENS: usize = 2;

/// The word for why it stopped.
pub(super) const fn finish_reason(finish: &Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::StopText(_) | Finish::Failed => "stop",
        Finish::Length => "length",
        Finish::Calls => "tool_calls",
        Finish::Filtered => "content_filter",
    }
}

/// One choice of a whole answer.
pub(super) fn whole_choice(index: u64, said: &Said, ask: &Ask<'_>) -> Value {
    let calls: Vec<Value> = said.calls().map(whole_call).collect();
    let text = said.text();
    let text = match think_tag(said, ask) {
        Some(thinking) => format!("{thinking}{text}"),
        None => text,
    };
    let content = if text.is_empty() && !calls.is_empty() { Value::Null } else { text.into() };
    let mut message = json!({ "role": "assistant", "content": content, "refusal": null, "annotations": [] });
    if !calls.is_empty() {
        message["tool_calls"] = calls.into();
    }
    if let Some(name) = thinking_field(ask) {
        message[name] = said.thinking().into();
    }
    json!({ "index": index, "message": message, "logprobs": null, "finish_reason": finish_reason(&said.finish) })
}

/// The deltas of a stream but the last, empty one.
pub(super) fn deltas(said: &Said, ask: &Ask<'_>) -> Vec<Value> {
    let has_text = said.calls().next().is_none() || !said.text().is_empty();
    let content = if has_text { Value::from("") } else { Value::Null };
    let mut deltas = vec![json!({ "role": "assistant", "content": content, "refusal": null })];
    if let Some(thinking) = think_tag(said, ask) {
        deltas.extend(ask.pieces(&thinking).into_iter().map(|piece| json!({ "content": piece })));
    }
    let mut index = 0;
    for part in &said.parts {
        match part {
            Part::Text(text) => {
                deltas.extend(ask.pieces(text).into_iter().map(|piece| json!({ "content": piece })));
            }
            Part::Thinking(text) => {
                if let Some(name) = thinking_field(ask) {
                    deltas.extend(ask.pieces(text).into_iter().map(|piece| json!({ name: piece })));
                }
            }
            Part::Redacted(_) => {}
            Part::Call(call) => {
                deltas.extend(call_deltas(call, index, ask));
                index += 1;
            }
        }
    }
    deltas
}

/// The field in which some hosts show the thinking. OpenAI itself shows none.
fn thinking_field(ask: &Ask<'_>) -> Option<&'static str> {
    if ask.deviates(Deviation::ReasoningContent) {
        Some("reasoning_content")
    } else if ask.deviates(Deviation::Reasoning) {
        Some("reasoning")
    } else {
        None
    }
}

/// The thinking as some hosts put it before the text.
fn think_tag(said: &Said, ask: &Ask<'_>) -> Option<String> {
    let thinking = said.thinking();
    let is_shown = ask.deviates(Deviation::ThinkTags) && !thinking.is_empty();
    is_shown.then(|| format!("<think>\n{thinking}\n</think>\n\n"))
}

fn whole_call(call: &Call) -> Value {
    match call.kind {
        ToolKind::Function => json!({
            "id": call.id, "type": "function",
            "function": { "name": call.name, "arguments": call.input },
        }),
        ToolKind::Custom => json!({
            "id": call.id, "type": "custom", "custom": { "name": call.name, "input": call.input },
        }),
    }
}

fn call_deltas(call: &Call, index: usize, ask: &Ask<'_>) -> Vec<Value> {
    if ask.deviates(Deviation::WholeCalls) {
        let mut whole = whole_call(call);
        whole["index"] = index.into();
        return vec![json!({ "tool_calls": [whole] })];
    }
    let (kind, field) = match call.kind {
        ToolKind::Function => ("function", "arguments"),
        ToolKind::Custom => ("custom", "input"),
    };
    let mut deltas = vec![json!({ "tool_calls": [{
        "index": index, "id": call.id, "type": kind, kind: { "name": call.name, field: "" },
    }] })];
    let rest = pieces(&call.input, ARGUMENT_PIECE_TOKENS).into_iter();
    deltas.extend(rest.map(|piece| json!({ "tool_calls": [{ "index": index, kind: { field: piece } }] })));
    deltas
}
