//! Checks of the items a request brings, each for itself.

use serde_json::Value;

use crate::responses::refuse::{Checked, demand, invalid};

const ID_BYTES_MAX: usize = 64;
const NAME_BYTES_MAX: usize = 128;

/// Types of items, and how the ids of those begin that the API issues.
const KINDS: &[(&str, &str)] = &[
    ("message", "msg"),
    ("function_call", "fc"),
    ("function_call_output", ""),
    ("custom_tool_call", "ctc"),
    ("custom_tool_call_output", ""),
    ("reasoning", "rs"),
    ("item_reference", ""),
    ("local_shell_call", "lsh"),
    ("local_shell_call_output", ""),
    ("shell_call", "sh"),
    ("shell_call_output", ""),
    ("apply_patch_call", "apc"),
    ("apply_patch_call_output", ""),
    ("web_search_call", "ws"),
    ("file_search_call", "fs"),
    ("computer_call", "cu"),
    ("computer_call_output", ""),
    ("code_interpreter_call", "ci"),
    ("image_generation_call", "ig"),
    ("mcp_call", "mcp"),
    ("mcp_list_tools", "mcpl"),
    ("mcp_approval_request", "mcpr"),
    ("mcp_approval_response", ""),
    ("tool_search_call", ""),
    ("tool_search_output", ""),
    ("additional_tools", ""),
    ("compaction", ""),
    ("compaction_trigger", ""),
    ("program", ""),
    ("program_output", ""),
];

/// Checks all items.
pub(super) fn check_items(items: &[Value]) -> Checked {
    items.iter().enumerate().try_for_each(|(index, item)| check_item(item, &format!("input[{index}]")))
}

fn check_item(item: &Value, at: &str) -> Checked {
    demand(item.is_object(), at, || format!("Invalid type for '{at}': expected an object."))?;
    let kind = match item["type"].as_str() {
        Some(kind) => kind,
        None if item["role"].is_string() => "message",
        None => {
            return Err(invalid(
                &format!("{at}.type"),
                Some("missing_required_parameter"),
                "Missing required parameter: 'type'.",
            ));
        }
    };
    let known = KINDS.iter().find(|(known, _)| *known == kind);
    demand(known.is_some(), &format!("{at}.type"), || format!("Invalid value: '{kind}'."))?;
    check_id(item, known.map_or("", |(_, begin)| *begin), at)?;
    match kind {
        "message" => check_message(item, at),
        "function_call" => {
            check_texts(item, &["call_id", "name", "arguments"], at)?;
            check_call(item, at)
        }
        "custom_tool_call" => {
            check_texts(item, &["call_id", "name", "input"], at)?;
            check_call(item, at)
        }
        "function_call_output" | "custom_tool_call_output" => {
            check_texts(item, &["call_id"], at)?;
            check_content(
                &item["output"],
                &["input_text", "input_image", "input_file"],
                &format!("{at}.output"),
            )
        }
        "reasoning" => demand(item["summary"].is_array(), &format!("{at}.summary"), || {
            format!("Missing required parameter: '{at}.summary'.")
        }),
        _ => Ok(()),
    }
}

fn check_id(item: &Value, begin: &str, at: &str) -> Checked {
    let Some(id) = item["id"].as_str() else { return Ok(()) };
    let param = format!("{at}.id");
    demand(!id.is_empty() && id.len() <= ID_BYTES_MAX, &param, || {
        format!("Invalid '{param}': must have 1 to {ID_BYTES_MAX} characters.")
    })?;
    demand(id.starts_with(begin), &param, || {
        format!("Invalid '{param}': '{id}'. Expected an ID that begins with '{begin}'.")
    })
}

fn check_message(item: &Value, at: &str) -> Checked {
    let role = item["role"].as_str().unwrap_or_default();
    demand(matches!(role, "user" | "assistant" | "system" | "developer"), &format!("{at}.role"), || {
        format!(
            "Invalid value: {}. Supported values are: 'assistant', 'system', 'developer', and 'user'.",
            item["role"]
        )
    })?;
    let known: &[&str] = if role == "assistant" {
        &["output_text", "refusal"]
    } else {
        &["input_text", "input_image", "input_file", "input_audio"]
    };
    check_content(&item["content"], known, &format!("{at}.content"))
}

fn check_content(content: &Value, known: &[&str], at: &str) -> Checked {
    demand(content.is_string() || content.is_array(), at, || {
        format!("Invalid type for '{at}': expected a text or a list of parts.")
    })?;
    for (place, part) in content.as_array().into_iter().flatten().enumerate() {
        let kind = part["type"].as_str().unwrap_or_default();
        let param = format!("{at}[{place}]");
        demand(known.contains(&kind), &format!("{param}.type"), || {
            format!("Invalid value: {}. Supported values are: {}.", part["type"], known.join(", "))
        })?;
        let has = |names: &[&str]| names.iter().any(|name| part[*name].is_string());
        let is_right = match kind {
            "input_text" | "output_text" => has(&["text"]),
            "refusal" => has(&["refusal"]),
            "input_image" => has(&["image_url", "file_id"]),
            "input_file" => has(&["file_id", "file_data", "file_url"]),
            _ => true,
        };
        demand(is_right, &param, || format!("Missing required parameter of '{param}'."))?;
    }
    Ok(())
}

fn check_texts(item: &Value, names: &[&str], at: &str) -> Checked {
    let missing = names.iter().find(|name| !item[**name].is_string());
    if let Some(name) = missing {
        let param = format!("{at}.{name}");
        return Err(invalid(
            &param,
            Some("missing_required_parameter"),
            &format!("Missing required parameter: '{param}'."),
        ));
    }
    let call_id = item["call_id"].as_str().unwrap_or_default();
    demand((1..=ID_BYTES_MAX).contains(&call_id.len()), &format!("{at}.call_id"), || {
        format!("Invalid '{at}.call_id': must have 1 to {ID_BYTES_MAX} characters.")
    })
}

fn check_call(item: &Value, at: &str) -> Checked {
    let name = item["name"].as_str().unwrap_or_default();
    demand(is_plain(name), &format!("{at}.name"), || {
        format!("Invalid '{at}.name': string does not match pattern. Expected '^[a-zA-Z0-9_-]+$'.")
    })
}

/// Whether a tool may be called this.
pub(super) fn is_plain(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_plain)
}
