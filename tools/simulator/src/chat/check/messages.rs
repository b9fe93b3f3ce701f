//! Checks of messages: each for itself, and calls with their results.

use serde_json::Value;

use crate::chat::check::refuse::{Checked, demand, demand_as};
use crate::chat::check::tools::is_plain;

const CALL_ID_BYTES_MAX: usize = 40;

/// Checks all messages.
pub(super) fn check_messages(messages: &[Value]) -> Checked {
    for (index, message) in messages.iter().enumerate() {
        check_message(message, index)?;
    }
    check_pairs(messages)
}

fn check_message(message: &Value, index: usize) -> Checked {
    let at = format!("messages[{index}]");
    let (kinds, may_be_empty): (&[&str], bool) = match message["role"].as_str() {
        Some("system" | "developer") => (&["text"], false),
        Some("user") => (&["text", "image_url", "input_audio", "file"], false),
        Some("assistant") => (&["text", "refusal"], true),
        Some("tool") => (&["text"], false),
        Some("function") => (&["text"], true),
        _ => {
            return demand(false, &format!("{at}.role"), || {
                format!(
                    "Invalid value: {}. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and \
                     'developer'.",
                    message["role"]
                )
            });
        }
    };
    let content = &message["content"];
    let param = format!("{at}.content");
    demand(content.is_string() || content.is_array() || content.is_null() && may_be_empty, &param, || {
        format!("Invalid value for 'content': expected a string, got {content}.")
    })?;
    for (place, part) in content.as_array().into_iter().flatten().enumerate() {
        check_part(part, kinds, &format!("{param}[{place}]"))?;
    }
    if message["role"] == "assistant" {
        check_said(message, &at)?;
    }
    let is_named = message["role"] != "tool" || message["tool_call_id"].is_string();
    demand_as(is_named, &format!("{at}.tool_call_id"), "missing_required_parameter", || {
        format!("Missing required parameter: '{at}.tool_call_id'.")
    })
}

fn check_part(part: &Value, kinds: &[&str], at: &str) -> Checked {
    let kind = part["type"].as_str().unwrap_or_default();
    demand(kinds.contains(&kind), &format!("{at}.type"), || {
        format!("Invalid value: {}. Supported values are: {}.", part["type"], kinds.join(", "))
    })?;
    let is_right = match kind {
        "text" => part["text"].is_string(),
        "refusal" => part["refusal"].is_string(),
        "image_url" => part["image_url"]["url"].as_str().is_some_and(|url| {
            ["https://", "http://", "data:image/"].iter().any(|begin| url.starts_with(begin))
        }),
        "input_audio" => {
            part["input_audio"]["data"].is_string()
                && matches!(part["input_audio"]["format"].as_str(), Some("wav" | "mp3"))
        }
        _ => part["file"]["file_id"].is_string() || part["file"]["file_data"].is_string(),
    };
    demand(is_right, at, || format!("Invalid '{at}': it does not have what a part of type '{kind}' needs."))
}

/// A message of the model says something, or calls something.
fn check_said(message: &Value, at: &str) -> Checked {
    let calls = &message["tool_calls"];
    let says = ["content", "refusal", "audio", "function_call"].iter().any(|name| !message[*name].is_null());
    demand(says || !calls.is_null(), &format!("{at}.content"), || {
        format!("Invalid value for '{at}.content': expected a string, got null.")
    })?;
    let param = format!("{at}.tool_calls");
    let is_list = calls.is_null() || calls.as_array().is_some_and(|calls| !calls.is_empty());
    demand_as(is_list, &param, "empty_array", || {
        format!("Invalid '{param}': empty array. Expected an array with minimum length 1.")
    })?;
    for (place, call) in calls.as_array().into_iter().flatten().enumerate() {
        let at = format!("{param}[{place}]");
        let id = call["id"].as_str().unwrap_or_default();
        demand(!id.is_empty(), &format!("{at}.id"), || format!("Missing required parameter: '{at}.id'."))?;
        demand_as(id.len() <= CALL_ID_BYTES_MAX, &format!("{at}.id"), "string_above_max_length", || {
            format!(
                "Invalid '{at}.id': string too long. Expected a string with maximum length {CALL_ID_BYTES_MAX}."
            )
        })?;
        let (body, field) = match call["type"].as_str() {
            Some("function") => (&call["function"], "arguments"),
            Some("custom") => (&call["custom"], "input"),
            _ => return demand(false, &format!("{at}.type"), || format!("Invalid value: {}.", call["type"])),
        };
        let is_right = body["name"].as_str().is_some_and(is_plain) && body[field].is_string();
        demand(is_right, &at, || {
            format!("Invalid '{at}': it needs a plain name, and its {field} as a text.")
        })?;
    }
    Ok(())
}

/// Results follow their calls, all of them, with nothing between.
fn check_pairs(messages: &[Value]) -> Checked {
    let mut open: Vec<&str> = Vec::new();
    let mut known: Vec<&str> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        if message["role"] == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            demand(known.contains(&id), &format!("messages.[{index}].role"), || {
                "Invalid parameter: messages with role 'tool' must be a response to a preceding message with \
                 'tool_calls'."
                    .to_owned()
            })?;
            open.retain(|other| *other != id);
            continue;
        }
        check_none_open(&open, index)?;
        let calls = message["tool_calls"].as_array().into_iter().flatten();
        known = calls.filter_map(|call| call["id"].as_str()).collect();
        open.clone_from(&known);
    }
    check_none_open(&open, messages.len())
}

fn check_none_open(open: &[&str], index: usize) -> Checked {
    demand(open.is_empty(), &format!("messages.[{index}].role"), || {
        format!(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each \
             'tool_call_id'. The following tool_call_ids did not have response messages: {}",
            open.join(", ")
        )
    })
}
