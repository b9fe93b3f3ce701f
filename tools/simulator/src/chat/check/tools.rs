//! Checks of tools and of the choice among them.

use serde_json::Value;

use crate::chat::check::refuse::{Checked, demand, demand_as};

const NAME_BYTES_MAX: usize = 64;
const TOOLS_MAX: usize = 128;

/// Checks a chat's tools.
pub(super) fn check_tools(body: &Value) -> Checked {
    let tools = &body["tools"];
    let has_some = tools.as_array().is_some_and(|tools| (1..=TOOLS_MAX).contains(&tools.len()));
    demand_as(tools.is_null() || has_some, "tools", "empty_array", || {
        format!("Invalid 'tools': expected 1 to {TOOLS_MAX} of them.")
    })?;
    for name in ["tool_choice", "parallel_tool_calls"] {
        demand(body[name].is_null() || has_some, name, || {
            format!("Invalid value for '{name}': '{name}' is only allowed when 'tools' are specified.")
        })?;
    }
    let tools = tools.as_array().map_or(&[][..], Vec::as_slice);
    for (index, tool) in tools.iter().enumerate() {
        check_tool(tool, &format!("tools[{index}]"))?;
    }
    check_choice(&body["tool_choice"], tools)
}

fn check_tool(tool: &Value, at: &str) -> Checked {
    let kind = tool["type"].as_str().unwrap_or_default();
    demand(matches!(kind, "function" | "custom"), &format!("{at}.type"), || {
        format!("Invalid value: {}. Supported values are: 'function' and 'custom'.", tool["type"])
    })?;
    let name = tool[kind]["name"].as_str();
    demand_as(name.is_some(), &format!("{at}.{kind}.name"), "missing_required_parameter", || {
        format!("Missing required parameter: '{at}.{kind}.name'.")
    })?;
    let name = name.unwrap_or_default();
    demand(is_plain(name), &format!("{at}.{kind}.name"), || {
        format!("Invalid '{at}.{kind}.name': string does not match pattern. Expected '^[a-zA-Z0-9_-]+$'.")
    })?;
    let schema = &tool["function"]["parameters"];
    if schema.is_null() {
        return Ok(());
    }
    let wrong = |why: &str| format!("Invalid schema for function '{name}': {why}");
    let (param, code) = (format!("{at}.function.parameters"), "invalid_function_parameters");
    demand_as(schema["type"] == "object", &param, code, || {
        wrong(&format!("schema must be a JSON Schema of 'type: \"object\"', got 'type: {}'.", schema["type"]))
    })?;
    demand_as(has_all_items(schema), &param, code, || wrong("array schema missing items."))?;
    let is_held = tool["function"]["strict"] == true;
    demand_as(!is_held || is_closed(schema), &param, code, || {
        wrong("In context=(), 'additionalProperties' is required to be supplied and to be false.")
    })
}

/// Whether every list in a schema says what is in it.
fn has_all_items(schema: &Value) -> bool {
    let own = schema["type"] != "array" || !schema["items"].is_null();
    let inner = schema["properties"].as_object().into_iter().flatten().map(|(_, property)| property);
    own && inner.chain(schema.get("items")).all(has_all_items)
}

/// Whether a schema names every property it allows, and requires it.
fn is_closed(schema: &Value) -> bool {
    let mut properties = schema["properties"].as_object().into_iter().flatten();
    let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
    schema["additionalProperties"] == false
        && properties.all(|(name, property)| {
            required.iter().any(|one| one == name) && (property["type"] != "object" || is_closed(property))
        })
}

fn check_choice(choice: &Value, tools: &[Value]) -> Checked {
    if let Some(word) = choice.as_str() {
        return demand(matches!(word, "auto" | "none" | "required"), "tool_choice", || {
            format!("Invalid value: '{word}'. Supported values are: 'none', 'auto', and 'required'.")
        });
    }
    let Some(kind) = choice["type"].as_str().filter(|kind| matches!(*kind, "function" | "custom")) else {
        return demand(choice.is_null() || choice["type"] == "allowed_tools", "tool_choice.type", || {
            format!("Invalid value: {}.", choice["type"])
        });
    };
    let name = &choice[kind]["name"];
    demand(name.is_string() && tools.iter().any(|tool| tool[kind]["name"] == *name), "tool_choice", || {
        format!("Invalid value for 'tool_choice': {name} is none of the tools.")
    })
}

/// Whether a tool may be called this.
pub(super) fn is_plain(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_plain)
}
