//! Reads what a chat request says.

use serde_json::Value;

use crate::ask::tokens_max;
use crate::reply::Reply;
use crate::talk::{Choice, Heard, Offered, ToolKind};
use crate::text::tokens_in;

/// What a chat says. That its messages are a list is known.
pub(super) fn read(body: &Value, model: &str, messages: &[Value]) -> Result<Heard, Reply> {
    let users = messages.iter().filter(|message| message["role"] == "user");
    let user_texts: Vec<String> = users.map(|message| texts(message).join(" ")).collect();
    let results = messages.iter().rev().take_while(|message| message["role"] == "tool");
    let mut results: Vec<String> = results.map(|message| texts(message).join("")).collect();
    results.reverse();
    let effort = body["reasoning_effort"].as_str();
    Ok(Heard {
        model: model.to_owned(),
        message: user_texts.last().cloned().unwrap_or_default(),
        user_text: user_texts.join("\n"),
        results,
        turns: messages.iter().filter(|message| message["role"] == "assistant").count(),
        beginning: messages.last().filter(|last| is_begun(last)).map(|last| texts(last).join("")),
        tools: body["tools"].as_array().into_iter().flatten().filter_map(tool).collect(),
        choice: choice(&body["tool_choice"]),
        calls_one_only: body["parallel_tool_calls"] == false,
        thinks: effort.is_some_and(|effort| !matches!(effort, "none" | "minimal")),
        may_think: true,
        tokens_max: tokens_max(body, &["max_completion_tokens", "max_tokens"])?,
        stops: match &body["stop"] {
            Value::String(stop) => vec![stop.clone()],
            Value::Array(stops) => stops.iter().filter_map(|stop| Some(stop.as_str()?.to_owned())).collect(),
            _ => Vec::new(),
        },
        prompt_tokens: messages.iter().flat_map(texts).map(tokens_in).sum(),
    })
}

/// Whether a last message is an answer that somebody has begun.
pub(super) fn is_begun(last: &Value) -> bool {
    last["role"] == "assistant" && last["tool_calls"].is_null()
}

fn tool(tool: &Value) -> Option<Offered> {
    let (kind, body) = match tool["type"].as_str() {
        Some("custom") => (ToolKind::Custom, &tool["custom"]),
        _ => (ToolKind::Function, &tool["function"]),
    };
    let name = body["name"].as_str().unwrap_or("unnamed").to_owned();
    body.is_object().then(|| Offered { name, kind, schema: body["parameters"].clone(), namespace: None })
}

fn choice(choice: &Value) -> Choice {
    let named = choice["function"]["name"].as_str().or_else(|| choice["custom"]["name"].as_str());
    match (choice.as_str().or_else(|| choice["allowed_tools"]["mode"].as_str()), named) {
        (_, Some(name)) => Choice::Named(name.to_owned()),
        (Some("none"), None) => Choice::Never,
        (Some("required"), None) => Choice::Any,
        _ => Choice::Auto,
    }
}

/// The texts of a message: its content, or the text parts of it.
fn texts(message: &Value) -> Vec<&str> {
    match &message["content"] {
        Value::String(text) => vec![text],
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => Vec::new(),
    }
}
