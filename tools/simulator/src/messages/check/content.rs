//! Checks of blocks, each for itself.

use serde_json::Value;

use crate::messages::block::{Turn, blocks};
use crate::messages::check::media::{check_document, check_image};
use crate::messages::refuse::{Checked, demand};

const USER_KINDS: &[&str] =
    &["text", "image", "document", "tool_result", "search_result", "container_upload"];
const ASSISTANT_KINDS: &[&str] = &[
    "text",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "mcp_tool_use",
    "mcp_tool_result",
    "compaction",
    "fallback",
];
const RESULT_KINDS: &[&str] = &["text", "image", "document", "search_result", "tool_reference"];
const ID_BYTES_MAX: usize = 256;
const NAME_BYTES_MAX: usize = 128;

/// Checks the blocks of all turns.
pub(super) fn check_contents(turns: &[Turn]) -> Checked {
    for (number, turn) in turns.iter().enumerate() {
        let known = match turn.role.as_str() {
            "user" => USER_KINDS,
            "assistant" => ASSISTANT_KINDS,
            _ => &["text"],
        };
        for (block, (index, place)) in turn.blocks.iter().zip(&turn.places) {
            check_block(block, known, &format!("messages.{index}.content.{place}"))?;
        }
        let is_last = number + 1 == turns.len();
        let end = turn.blocks.last().and_then(|block| block["text"].as_str()).unwrap_or_default();
        demand(!is_last || !turn.is_assistant() || end.trim_end() == end, || {
            "messages: final assistant content cannot end with trailing whitespace".to_owned()
        })?;
    }
    Ok(())
}

/// Checks the system text.
pub(super) fn check_system(system: &Value) -> Checked {
    match system {
        Value::Null | Value::String(_) => Ok(()),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .try_for_each(|(place, block)| check_block(block, &["text"], &format!("system.{place}"))),
        _ => demand(false, || "system: must be a text or a list of blocks".to_owned()),
    }
}

fn check_block(block: &Value, known: &[&str], at: &str) -> Checked {
    let kind = block["type"].as_str().unwrap_or_default();
    demand(known.contains(&kind), || {
        format!("{at}: type {} is none of {}", block["type"], known.join(", "))
    })?;
    match kind {
        "text" => check_text(block, at),
        "image" => check_image(block, at),
        "document" => check_document(block, at),
        "tool_use" => check_call(block, at),
        "tool_result" => check_result(block, at),
        "thinking" => demand(block["thinking"].is_string() && block["signature"].is_string(), || {
            format!("{at}.thinking: both thinking and signature are required")
        }),
        "redacted_thinking" => demand(block["data"].is_string(), || format!("{at}.data: Field required")),
        _ => Ok(()),
    }
}

fn check_text(block: &Value, at: &str) -> Checked {
    let text = block["text"].as_str();
    demand(text.is_some(), || format!("{at}.text: Field required"))?;
    let text = text.unwrap_or_default();
    demand(!text.is_empty(), || format!("{at}: text content blocks must be non-empty"))?;
    demand(!text.trim().is_empty(), || {
        format!("{at}: text content blocks must contain non-whitespace text")
    })?;
    let allowed = ["type", "text", "cache_control", "citations"];
    let unknown = block.as_object().into_iter().flatten().find(|(name, _)| !allowed.contains(&name.as_str()));
    demand(unknown.is_none(), || {
        format!("{at}.{}: Extra inputs are not permitted", unknown.map_or("", |(name, _)| name))
    })
}

fn check_call(block: &Value, at: &str) -> Checked {
    let id = block["id"].as_str().unwrap_or_default();
    demand(is_plain(id, ID_BYTES_MAX), || {
        format!("{at}.id: {} does not match ^[a-zA-Z0-9_-]+$", block["id"])
    })?;
    let name = block["name"].as_str().unwrap_or_default();
    demand(is_plain(name, NAME_BYTES_MAX), || {
        format!("{at}.name: {} does not match ^[a-zA-Z0-9_-]{{1,128}}$", block["name"])
    })?;
    demand(block["input"].is_object(), || format!("{at}.input: Input should be an object"))
}

fn check_result(block: &Value, at: &str) -> Checked {
    demand(block["tool_use_id"].is_string(), || format!("{at}.tool_use_id: Field required"))?;
    let content = &block["content"];
    demand(content.is_null() || content.is_string() || content.is_array(), || {
        format!("{at}.content: must be a text or a list of blocks")
    })?;
    demand(block["is_error"].is_null() || block["is_error"].is_boolean(), || {
        format!("{at}.is_error: must be true or false")
    })?;
    if content.is_string() {
        return Ok(());
    }
    let inner = blocks(content);
    inner
        .iter()
        .enumerate()
        .try_for_each(|(place, block)| check_block(block, RESULT_KINDS, &format!("{at}.content.{place}")))
}

/// Whether a name has only the letters that names may have.
pub(super) fn is_plain(name: &str, bytes_max: usize) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=bytes_max).contains(&name.len()) && name.bytes().all(is_plain)
}
