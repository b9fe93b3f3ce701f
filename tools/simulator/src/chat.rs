//! `POST /chat/completions`, whole and streamed, with tool calls.
//!
//! Shapes from OpenAI's API reference, "The chat completion object" and "The chat completion chunk object"
//! (platform.openai.com/docs/api-reference/chat), written by hand from that text. Log probabilities, audio and
//! structured output are not simulated.

use serde_json::{Map, Value, json};

use crate::ask::{Ask, CREATED_UNIX_S, Spoken, choices, includes_usage, invalid, is_streaming, tokens_max};
use crate::reply::Reply;
use crate::text::{pieces, tokens_in};

/// In the last user message: answer with a call of the first tool.
pub const TOOL_MARKER: &str = "[tool]";
/// In the last user message: answer with a call of each tool.
pub const EVERY_TOOL_MARKER: &str = "[every tool]";

/// Tokens of a piece of a tool call's arguments.
const ARGUMENT_PIECE_TOKENS: usize = 2;

/// A call of one of the caller's tools.
struct ToolCall {
    id: String,
    name: String,
    arguments: String,
}

/// What is answered.
enum Answer {
    Text(Spoken),
    Tools(Vec<ToolCall>),
}

impl Answer {
    const fn finish_reason(&self) -> &'static str {
        match self {
            Self::Text(spoken) => spoken.finish_reason,
            Self::Tools(_) => "tool_calls",
        }
    }

    fn tokens(&self) -> usize {
        match self {
            Self::Text(spoken) => spoken.tokens,
            Self::Tools(calls) => {
                calls.iter().map(|call| tokens_in(&call.name) + tokens_in(&call.arguments)).sum()
            }
        }
    }
}

/// Answers a chat.
pub(crate) fn answer(body: &Value, ask: &mut Ask<'_>) -> Result<Reply, Reply> {
    let model = ask.model(body)?;
    let messages = body["messages"].as_array().filter(|messages| !messages.is_empty());
    let messages = messages.ok_or_else(|| invalid("messages", "must be a list of at least one message"))?;
    let limit = tokens_max(body, &["max_completion_tokens", "max_tokens"])?;
    let count = choices(body)?;

    let message = last_user_text(messages);
    let tools = called_tools(body, messages, &message);
    let answer = if tools.is_empty() {
        Answer::Text(ask.speak(&message, limit))
    } else {
        Answer::Tools(tools.into_iter().map(|tool| call(tool, ask)).collect())
    };
    let usage = usage(prompt_tokens(messages), answer.tokens() * count as usize);
    let id = ask.id("chatcmpl-");
    let frame = |object: &str, choices: Vec<Value>| {
        json!({
            "id": id, "object": object, "created": CREATED_UNIX_S, "model": model, "choices": choices,
            "service_tier": "default", "system_fingerprint": ask.fingerprint(),
        })
    };
    if !is_streaming(body) {
        let choices = (0..count).map(|index| whole_choice(index, &answer)).collect();
        let mut whole = frame("chat.completion", choices);
        whole["usage"] = usage;
        return Ok(Reply::json(200, whole));
    }
    let deltas = deltas(&answer, ask);
    let mut chunks = Vec::with_capacity(deltas.len() * count as usize + 2);
    let finish = (json!({}), Value::from(answer.finish_reason()));
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
        last["usage"] = usage;
        chunks.push(last);
    }
    Ok(Reply::events(chunks))
}

fn whole_choice(index: u64, answer: &Answer) -> Value {
    let message = match answer {
        Answer::Text(spoken) => json!({
            "role": "assistant", "content": spoken.text, "refusal": null, "annotations": [],
        }),
        Answer::Tools(calls) => json!({
            "role": "assistant", "content": null, "refusal": null, "annotations": [],
            "tool_calls": calls.iter().map(|call| json!({
                "id": call.id, "type": "function",
                "function": { "name": call.name, "arguments": call.arguments },
            })).collect::<Vec<_>>(),
        }),
    };
    json!({ "index": index, "message": message, "logprobs": null, "finish_reason": answer.finish_reason() })
}

/// The deltas of a stream but the last, empty one.
fn deltas(answer: &Answer, ask: &Ask<'_>) -> Vec<Value> {
    match answer {
        Answer::Text(spoken) => {
            let first = json!({ "role": "assistant", "content": "", "refusal": null });
            let rest = ask.pieces(&spoken.text).into_iter().map(|piece| json!({ "content": piece }));
            [first].into_iter().chain(rest).collect()
        }
        Answer::Tools(calls) => {
            let mut deltas = vec![json!({ "role": "assistant", "content": null, "refusal": null })];
            for (index, call) in calls.iter().enumerate() {
                deltas.push(json!({ "tool_calls": [{
                    "index": index, "id": call.id, "type": "function",
                    "function": { "name": call.name, "arguments": "" },
                }] }));
                deltas.extend(pieces(&call.arguments, ARGUMENT_PIECE_TOKENS).into_iter().map(
                    |piece| json!({ "tool_calls": [{ "index": index, "function": { "arguments": piece } }] }),
                ));
            }
            deltas
        }
    }
}

/// The tools to call: those that the caller insists on or asks for, unless he brings the results of a call.
fn called_tools<'a>(body: &'a Value, messages: &[Value], message: &str) -> Vec<&'a Value> {
    let tools = body["tools"].as_array().map_or(&[][..], Vec::as_slice);
    let choice = &body["tool_choice"];
    if messages.last().is_some_and(|last| last["role"] == "tool") || *choice == "none" {
        return Vec::new();
    }
    if let Some(name) = choice["function"]["name"].as_str() {
        return tools.iter().filter(|tool| tool["function"]["name"] == name).take(1).collect();
    }
    if message.contains(EVERY_TOOL_MARKER) {
        return tools.iter().collect();
    }
    let is_asked = *choice == "required" || message.contains(TOOL_MARKER);
    tools.iter().take(usize::from(is_asked)).collect()
}

fn call(tool: &Value, ask: &mut Ask<'_>) -> ToolCall {
    let function = &tool["function"];
    ToolCall {
        id: ask.id("call_"),
        name: function["name"].as_str().unwrap_or("unnamed").to_owned(),
        arguments: example_object(&function["parameters"]).to_string(),
    }
}

/// An object that a JSON schema allows, with every property it names.
fn example_object(schema: &Value) -> Value {
    let properties = schema["properties"].as_object();
    let pairs = properties.into_iter().flatten().map(|(name, property)| {
        let value = match (property["enum"].get(0), property["type"].as_str()) {
            (Some(first), _) => first.clone(),
            (None, Some("integer" | "number")) => json!(1),
            (None, Some("boolean")) => json!(true),
            (None, Some("array")) => json!([]),
            (None, Some("object")) => json!({}),
            _ => json!(format!("simulated {name}")),
        };
        (name.clone(), value)
    });
    Value::Object(pairs.collect::<Map<_, _>>())
}

/// The texts of a message: its content, or the text parts of it.
fn texts(message: &Value) -> Vec<&str> {
    match &message["content"] {
        Value::String(text) => vec![text],
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => Vec::new(),
    }
}

fn last_user_text(messages: &[Value]) -> String {
    let last = messages.iter().rev().find(|message| message["role"] == "user");
    last.map(|message| texts(message).join(" ")).unwrap_or_default()
}

fn prompt_tokens(messages: &[Value]) -> usize {
    messages.iter().flat_map(texts).map(tokens_in).sum()
}

/// The usage object of chats and completions.
pub(crate) fn usage(prompt_tokens: usize, completion_tokens: usize) -> Value {
    json!({
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
        "prompt_tokens_details": { "cached_tokens": 0, "audio_tokens": 0 },
        "completion_tokens_details": {
            "reasoning_tokens": 0, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        },
    })
}
