//! A request's conversation as a list of whole items: the short forms written out, what is continued put in front, and
//! references replaced by what they stand for.

use serde_json::{Value, json};

use crate::memory::Memory;
use crate::reply::Reply;
use crate::responses::refuse::{invalid, refuse};
use crate::seal::hash;

/// The request's own items, with the short forms written out.
pub(super) fn own_items(input: &Value) -> Vec<Value> {
    match input {
        Value::String(text) => vec![message("user", &json!(text))],
        Value::Array(items) => {
            items
                .iter()
                .map(|item| {
                    if item["type"].is_null() && item["role"].is_string() {
                        typed(item)
                    } else {
                        item.clone()
                    }
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

fn typed(item: &Value) -> Value {
    let mut item = item.clone();
    item["type"] = "message".into();
    item
}

fn message(role: &str, content: &Value) -> Value {
    json!({ "type": "message", "role": role, "content": content })
}

/// What the request continues, if anything, as items.
pub(super) fn continued(body: &Value, memory: &Memory) -> Result<Vec<Value>, Reply> {
    let Some(id) = body["previous_response_id"].as_str() else { return Ok(Vec::new()) };
    let stored = memory.response(id).ok_or_else(|| {
        let problem = format!("Previous response with id '{id}' not found.");
        invalid("previous_response_id", Some("previous_response_not_found"), &problem)
    })?;
    let mut items = stored.input;
    items.extend(stored.response["output"].as_array().into_iter().flatten().cloned());
    Ok(items)
}

/// The items with references replaced.
pub(super) fn resolved(items: Vec<Value>, memory: &Memory) -> Result<Vec<Value>, Reply> {
    let one = |item: Value| {
        if item["type"] != "item_reference" {
            return Ok(item);
        }
        let id = item["id"].as_str().unwrap_or_default();
        memory.item(id).ok_or_else(|| not_found(id))
    };
    items.into_iter().map(one).collect()
}

/// The error for an item that nobody keeps.
pub(super) fn not_found(id: &str) -> Reply {
    let problem = format!(
        "Item with id '{id}' not found. Items are not persisted when `store` is set to false. Try again with `store` \
         set to true, or remove this item from your input."
    );
    refuse(404, "input", None, &problem)
}

/// Whether the model made an item.
pub(super) fn is_of_model(item: &Value) -> bool {
    match item["type"].as_str() {
        Some("message") => item["role"] == "assistant",
        Some(kind) => kind == "reasoning" || kind.ends_with("_call"),
        None => false,
    }
}

/// For each item the index at which the items begin that the model made with it in one go, if it made it.
pub(super) fn goes(items: &[Value]) -> Vec<Option<usize>> {
    let mut begin = None;
    items
        .iter()
        .enumerate()
        .map(|(index, item)| {
            begin = is_of_model(item).then(|| begin.unwrap_or(index));
            begin
        })
        .collect()
}

/// A number for what was said before: instructions, tools, and these items. What a caller may leave out does not count.
pub(super) fn prefix(body: &Value, items: &[Value]) -> u64 {
    let mut texts = vec![body["instructions"].to_string(), body["tools"].to_string()];
    texts.extend(items.iter().map(|item| plain(item).to_string()));
    let texts: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
    hash(&texts)
}

fn plain(item: &Value) -> Value {
    if item["type"] == "message" {
        return json!([item["role"], parts(&item["content"]).iter().map(part_text).collect::<Vec<_>>()]);
    }
    let kept = ["type", "call_id", "name", "arguments", "input", "output", "encrypted_content"];
    kept.iter().map(|name| item[*name].clone()).collect()
}

/// The parts of a content; a text is one part.
pub(super) fn parts(content: &Value) -> Vec<Value> {
    match content {
        Value::String(text) => vec![json!({ "text": text })],
        Value::Array(parts) => parts.clone(),
        _ => Vec::new(),
    }
}

fn part_text(part: &Value) -> Value {
    if part["text"].is_string() { part["text"].clone() } else { part.clone() }
}

/// All texts of a content.
pub(super) fn texts(content: &Value) -> Vec<String> {
    parts(content).iter().filter_map(|part| Some(part["text"].as_str()?.to_owned())).collect()
}
