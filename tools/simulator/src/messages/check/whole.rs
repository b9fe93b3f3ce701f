//! All checks in their order, and those of a request's outer form.

use serde_json::Value;

use crate::ask::Ask;
use crate::behaviour::Beginnings;
use crate::messages::block::Turn;
use crate::messages::check::content::{check_contents, check_system};
use crate::messages::check::pairing::check_pairs;
use crate::messages::check::settings::check_settings;
use crate::messages::check::thinking::check_thinking;
use crate::messages::check::tools::check_tools;
use crate::messages::refuse::{Checked, demand};

/// Most marks for the cache in one request.
const CACHE_MARKS_MAX: usize = 4;
const MESSAGES_MAX: usize = 100_000;

/// What a request may have.
const FIELDS: &[&str] = &[
    "cache_control",
    "container",
    "context_management",
    "diagnostics",
    "inference_geo",
    "max_tokens",
    "mcp_servers",
    "messages",
    "metadata",
    "model",
    "output_config",
    "output_format",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
    "user_profile_id",
];
/// What a request for a count may have.
const COUNTED_FIELDS: &[&str] = &[
    "cache_control",
    "context_management",
    "mcp_servers",
    "messages",
    "model",
    "output_config",
    "output_format",
    "speed",
    "system",
    "thinking",
    "tool_choice",
    "tools",
];

/// Checks a request.
pub(in crate::messages) fn check(body: &Value, turns: &[Turn], ask: &Ask<'_>) -> Checked {
    check_fields(body, FIELDS)?;
    let max = &body["max_tokens"];
    demand(!max.is_null(), || "max_tokens: Field required".to_owned())?;
    demand(max.as_u64().is_some_and(|max| max > 0), || {
        "max_tokens: must be a whole number from 1 on".to_owned()
    })?;
    check_settings(body)?;
    check_both(body, turns, ask)
}

/// Checks a request for a count.
pub(in crate::messages) fn check_counted(body: &Value, turns: &[Turn], ask: &Ask<'_>) -> Checked {
    check_fields(body, COUNTED_FIELDS)?;
    check_both(body, turns, ask)
}

fn check_both(body: &Value, turns: &[Turn], ask: &Ask<'_>) -> Checked {
    let is_text = body["model"].as_str().is_some_and(|model| !model.is_empty());
    demand(is_text, || "model: Field required".to_owned())?;
    check_messages(&body["messages"], ask)?;
    check_system(&body["system"])?;
    check_contents(turns)?;
    check_tools(body, turns)?;
    check_pairs(turns)?;
    check_thinking(body, turns, ask)?;
    check_marks(body)
}

fn check_fields(body: &Value, known: &[&str]) -> Checked {
    let fields = body.as_object().into_iter().flatten();
    let unknown = fields.map(|(name, _)| name).find(|name| !known.contains(&name.as_str()));
    demand(unknown.is_none(), || {
        format!("{}: Extra inputs are not permitted", unknown.map_or("", String::as_str))
    })
}

fn check_messages(messages: &Value, ask: &Ask<'_>) -> Checked {
    demand(!messages.is_null(), || "messages: Field required".to_owned())?;
    let list = messages.as_array().filter(|list| (1..=MESSAGES_MAX).contains(&list.len()));
    demand(list.is_some(), || "messages: at least one message is required".to_owned())?;
    for (index, message) in list.into_iter().flatten().enumerate() {
        let role = message["role"].as_str();
        let is_known = match role {
            Some("user" | "assistant") => true,
            Some("system") => ask.behaviour.takes_system_turns,
            _ => false,
        };
        demand(is_known, || {
            format!("messages.{index}.role: Input should be 'user' or 'assistant', not {}", message["role"])
        })?;
        demand(index > 0 || role == Some("user"), || {
            "messages: first message must use the \"user\" role".to_owned()
        })?;
        let unknown =
            message.as_object().into_iter().flatten().find(|(name, _)| *name != "role" && *name != "content");
        demand(unknown.is_none(), || {
            format!(
                "messages.{index}.{}: Extra inputs are not permitted",
                unknown.map_or("", |(name, _)| name)
            )
        })?;
        let content = &message["content"];
        demand(content.is_string() || content.is_array(), || {
            format!("messages.{index}.content: must be a text or a list of blocks")
        })?;
        let is_empty = content == "" || content.as_array().is_some_and(Vec::is_empty);
        let may_be_empty = role == Some("assistant") && list.is_some_and(|list| index + 1 == list.len());
        demand(!is_empty || may_be_empty, || format!("messages.{index}: content must not be empty"))?;
    }
    let is_begun = list.and_then(|list| list.last()).is_some_and(|last| last["role"] == "assistant");
    demand(!is_begun || ask.behaviour.beginnings != Beginnings::Refused, || {
        "This model does not support assistant message prefill. The conversation must end with a user message.".to_owned()
    })
}

/// Marks for the cache: what they may say, and how many there may be.
fn check_marks(body: &Value) -> Checked {
    let mut count = 0;
    let mut left = vec![body];
    while let Some(value) = left.pop() {
        match value {
            Value::Array(list) => left.extend(list),
            Value::Object(fields) => {
                // Inside schemas and arguments the word means nothing.
                let inner =
                    fields.iter().filter(|(name, _)| !matches!(name.as_str(), "input" | "input_schema"));
                left.extend(inner.map(|(_, value)| value));
                let Some(mark) = fields.get("cache_control").filter(|mark| !mark.is_null()) else { continue };
                let has_ttl = matches!(mark["ttl"].as_str(), Some("5m" | "1h")) || mark["ttl"].is_null();
                demand(mark["type"] == "ephemeral" && has_ttl, || {
                    format!("cache_control: {mark} is no mark")
                })?;
                count += 1;
            }
            _ => {}
        }
    }
    demand(count <= CACHE_MARKS_MAX, || {
        format!("A maximum of {CACHE_MARKS_MAX} blocks with cache_control may be provided. Found {count}.")
    })
}
