//! Changes an answer in the ways in which one host or another departs from OpenAI's form.

use serde_json::{Value, json};

use crate::ask::Ask;
use crate::misbehaviour::Deviation;

/// Padding as OpenAI adds it, against those who measure packets.
const PADDING: &str = "xK3vQ9";

/// Changes the chunks of a stream. The usage is given apart, because some hosts tell it unasked.
pub(super) fn deviate(chunks: &mut Vec<Value>, usage: &Value, ask: &Ask<'_>) {
    for chunk in chunks.iter_mut() {
        deviate_calls(chunk, "delta", ask);
        if ask.deviates(Deviation::Obfuscation) {
            chunk["obfuscation"] = PADDING.into();
        }
        if ask.deviates(Deviation::RoleInEach) && chunk["choices"][0]["delta"].is_object() {
            chunk["choices"][0]["delta"]["role"] = "assistant".into();
        }
    }
    move_usage(chunks, usage, ask);
}

/// Changes the calls in one object.
pub(super) fn deviate_calls(holder: &mut Value, place: &str, ask: &Ask<'_>) {
    for choice in holder["choices"].as_array_mut().into_iter().flatten() {
        let Some(calls) = choice[place].get_mut("tool_calls").and_then(Value::as_array_mut) else { continue };
        for call in calls.iter_mut().filter_map(Value::as_object_mut) {
            if ask.deviates(Deviation::NoToolIndex) {
                call.remove("index");
            }
            if ask.deviates(Deviation::ToolIndexZero) && call.contains_key("index") {
                call.insert("index".to_owned(), json!(0));
            }
            if ask.deviates(Deviation::NullId) {
                call.insert("id".to_owned(), Value::Null);
            }
        }
    }
}

/// Puts the usage where the host has it, and takes it from where it belongs.
fn move_usage(chunks: &mut Vec<Value>, usage: &Value, ask: &Ask<'_>) {
    let moves =
        [Deviation::UsageInChoice, Deviation::UsageInXGroq, Deviation::UsageUnasked, Deviation::UsageInEach];
    if !moves.iter().any(|deviation| ask.deviates(*deviation)) {
        return;
    }
    chunks.retain(|chunk| !chunk["usage"].is_object());
    for chunk in chunks.iter_mut() {
        if let Some(fields) = chunk.as_object_mut() {
            fields.remove("usage");
        }
        if ask.deviates(Deviation::UsageInEach) {
            chunk["usage"] = usage.clone();
        }
    }
    let Some(last) = chunks.last_mut() else { return };
    if ask.deviates(Deviation::UsageInChoice) {
        last["choices"][0]["usage"] = usage.clone();
    }
    if ask.deviates(Deviation::UsageInXGroq) {
        last["x_groq"] = json!({ "id": "req_simulated", "usage": usage });
    }
    if ask.deviates(Deviation::UsageUnasked) {
        last["usage"] = usage.clone();
    }
}
