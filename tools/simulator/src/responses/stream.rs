//! Writes a response as its events, each with the number it has in the sequence.

use serde_json::{Value, json};

use crate::ask::Ask;
use crate::text::pieces;

/// Tokens of a piece of a tool call's arguments.
const ARGUMENT_PIECE_TOKENS: usize = 2;

/// The events of a response that is known whole.
pub(super) fn events(begun: &Value, whole: &Value, ask: &Ask<'_>) -> Vec<Value> {
    let mut events = vec![
        json!({ "type": "response.created", "response": begun }),
        json!({ "type": "response.in_progress", "response": begun }),
    ];
    for (index, item) in whole["output"].as_array().into_iter().flatten().enumerate() {
        let mut inner = inside(item, ask);
        for event in &mut inner {
            event["item_id"] = item["id"].clone();
        }
        let (added, done) = ("response.output_item.added", "response.output_item.done");
        inner.insert(0, json!({ "type": added, "item": opened(item) }));
        inner.push(json!({ "type": done, "item": item }));
        for event in &mut inner {
            event["output_index"] = index.into();
        }
        events.append(&mut inner);
    }
    let end = format!("response.{}", whole["status"].as_str().unwrap_or("failed"));
    events.push(json!({ "type": end, "response": whole }));
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = number.into();
    }
    events
}

/// An item before anything was said in it.
fn opened(item: &Value) -> Value {
    let mut opened = item.clone();
    let empty =
        [("content", json!([])), ("summary", json!([])), ("arguments", json!("")), ("input", json!(""))];
    for (name, value) in empty {
        if !opened[name].is_null() {
            opened[name] = value;
        }
    }
    if opened["status"].is_string() {
        opened["status"] = "in_progress".into();
    }
    if let Some(fields) = opened.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    opened
}

/// What happens inside an item.
fn inside(item: &Value, ask: &Ask<'_>) -> Vec<Value> {
    match item["type"].as_str() {
        Some("message") => parts(&item["content"], &TEXT, ask),
        Some("reasoning") => parts(&item["summary"], &SUMMARY, ask),
        Some("custom_tool_call") => {
            written("response.custom_tool_call_input", "input", &item["input"], &json!({}))
        }
        _ => {
            let more = json!({ "name": item["name"] });
            written("response.function_call_arguments", "arguments", &item["arguments"], &more)
        }
    }
}

/// The words for parts of one sort.
struct Words {
    part: &'static str,
    text: &'static str,
    index: &'static str,
    has_logprobs: bool,
}

const TEXT: Words = Words {
    part: "response.content_part",
    text: "response.output_text",
    index: "content_index",
    has_logprobs: true,
};
const SUMMARY: Words = Words {
    part: "response.reasoning_summary_part",
    text: "response.reasoning_summary_text",
    index: "summary_index",
    has_logprobs: false,
};

fn parts(list: &Value, words: &Words, ask: &Ask<'_>) -> Vec<Value> {
    let mut events = Vec::new();
    for (index, part) in list.as_array().into_iter().flatten().enumerate() {
        let mut empty = part.clone();
        empty["text"] = "".into();
        let text = part["text"].as_str().unwrap_or_default();
        let mut inner = vec![json!({ "type": format!("{}.added", words.part), "part": empty })];
        let deltas = ask.pieces(text).into_iter();
        inner.extend(deltas.map(|piece| json!({ "type": format!("{}.delta", words.text), "delta": piece })));
        inner.push(json!({ "type": format!("{}.done", words.text), "text": text }));
        if words.has_logprobs {
            for event in &mut inner[1..] {
                event["logprobs"] = json!([]);
            }
        }
        inner.push(json!({ "type": format!("{}.done", words.part), "part": part }));
        for event in &mut inner {
            event[words.index] = index.into();
        }
        events.append(&mut inner);
    }
    events
}

fn written(name: &str, field: &str, text: &Value, more: &Value) -> Vec<Value> {
    let whole = text.as_str().unwrap_or_default();
    let deltas = pieces(whole, ARGUMENT_PIECE_TOKENS).into_iter();
    let mut events: Vec<Value> =
        deltas.map(|piece| json!({ "type": format!("{name}.delta"), "delta": piece })).collect();
    let mut done = more.clone();
    done["type"] = format!("{name}.done").into();
    done[field] = text.clone();
    events.push(done);
    events
}
