//! A request's conversation as turns of blocks: texts in short form are blocks of text, and turns of one role that
//! follow each other are one turn.

use serde_json::{Value, json};

use crate::seal::hash;

/// What one side said without the other between.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) role: String,
    pub(super) blocks: Vec<Value>,
    /// Index of the message that a block came in, and its place there.
    pub(super) places: Vec<(usize, usize)>,
}

impl Turn {
    pub(super) fn is_user(&self) -> bool {
        self.role == "user"
    }

    pub(super) fn is_assistant(&self) -> bool {
        self.role == "assistant"
    }

    pub(super) fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.blocks.iter().filter(move |block| block["type"] == kind)
    }
}

/// The turns of a list of messages. What has no known form has no blocks.
pub(super) fn turns(messages: &[Value]) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        if turns.last().is_none_or(|turn| turn.role != role) {
            turns.push(Turn { role: role.to_owned(), blocks: Vec::new(), places: Vec::new() });
        }
        let turn = turns.last_mut().expect("just pushed");
        for (place, block) in blocks(&message["content"]).into_iter().enumerate() {
            turn.blocks.push(block);
            turn.places.push((index, place));
        }
    }
    turns
}

/// The blocks of a content.
pub(super) fn blocks(content: &Value) -> Vec<Value> {
    match content {
        Value::String(text) => vec![json!({ "type": "text", "text": text })],
        Value::Array(blocks) => blocks.clone(),
        _ => Vec::new(),
    }
}

/// A number for what was said up to some turn: tools, system text and all turns before it. Marks for caches do not
/// count, nor does the form a text is written in.
pub(super) fn prefix(body: &Value, turns: &[Turn]) -> u64 {
    let mut texts: Vec<String> = vec![plain(&body["tools"]).to_string()];
    texts.extend(blocks(&body["system"]).iter().map(|block| plain(block).to_string()));
    for turn in turns {
        texts.push(turn.role.clone());
        texts.extend(turn.blocks.iter().map(|block| plain(block).to_string()));
    }
    let texts: Vec<&[u8]> = texts.iter().map(String::as_bytes).collect();
    hash(&texts)
}

/// A value without marks for caches.
pub(super) fn plain(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().map(plain).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(name, _)| *name != "cache_control");
            Value::Object(fields.map(|(name, value)| (name.clone(), plain(value))).collect())
        }
        other => other.clone(),
    }
}

/// All texts of a block: its own, and those of what it contains.
pub(super) fn texts(block: &Value) -> Vec<String> {
    match block["type"].as_str() {
        Some("text") => block["text"].as_str().map(str::to_owned).into_iter().collect(),
        Some("thinking") => block["thinking"].as_str().map(str::to_owned).into_iter().collect(),
        Some("tool_use") => {
            vec![block["name"].as_str().unwrap_or_default().to_owned(), block["input"].to_string()]
        }
        Some("tool_result") => blocks(&block["content"]).iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}
