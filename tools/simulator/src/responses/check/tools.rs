//! Checks of tools and of the choice among them.

use serde_json::Value;

use crate::responses::check::items::is_plain;
use crate::responses::refuse::{Checked, demand, invalid};

/// Types of tools.
const KINDS: &[&str] = &[
    "function",
    "custom",
    "web_search",
    "web_search_2025_08_26",
    "web_search_preview",
    "web_search_preview_2025_03_11",
    "file_search",
    "computer",
    "computer_use_preview",
    "code_interpreter",
    "image_generation",
    "local_shell",
    "shell",
    "apply_patch",
    "mcp",
    "namespace",
    "tool_search",
    "programmatic_tool_calling",
];

/// Checks a request's tools. Strictly, a function that does not say whether it is strict is held to it.
pub(super) fn check_tools(body: &Value, is_strict: bool) -> Checked {
    let tools = &body["tools"];
    demand(tools.is_null() || tools.is_array(), "tools", || {
        "Invalid type for 'tools': expected a list.".to_owned()
    })?;
    let tools = tools.as_array().map_or(&[][..], Vec::as_slice);
    for (index, tool) in tools.iter().enumerate() {
        check_tool(tool, &format!("tools[{index}]"), is_strict)?;
    }
    check_choice(&body["tool_choice"], tools)
}

fn check_tool(tool: &Value, at: &str, is_strict: bool) -> Checked {
    let kind = tool["type"].as_str().unwrap_or_default();
    demand(KINDS.contains(&kind), &format!("{at}.type"), || format!("Invalid value: {}.", tool["type"]))?;
    if kind != "function" && kind != "custom" {
        return Ok(());
    }
    let Some(name) = tool["name"].as_str() else {
        let problem = format!("Missing required parameter: '{at}.name'.");
        return Err(invalid(&format!("{at}.name"), Some("missing_required_parameter"), &problem));
    };
    demand(is_plain(name), &format!("{at}.name"), || {
        format!("Invalid '{at}.name': string does not match pattern. Expected '^[a-zA-Z0-9_-]+$'.")
    })?;
    if kind == "custom" {
        return Ok(());
    }
    let schema = &tool["parameters"];
    let wrong = |why: &str| {
        let problem = format!("Invalid schema for function '{name}': {why}");
        Err(invalid(&format!("{at}.parameters"), Some("invalid_function_parameters"), &problem))
    };
    if !schema.is_null() && schema["type"] != "object" {
        return wrong("schema must be a JSON Schema of 'type: \"object\"'.");
    }
    let is_held = tool["strict"] == true || is_strict && tool["strict"].is_null();
    if is_held && !is_strict_form(schema) {
        return wrong(
            "In context=(), 'additionalProperties' is required to be supplied and to be false, and 'required' to have \
             every property.",
        );
    }
    Ok(())
}

/// Whether a schema has the form that strict functions need.
pub(in crate::responses) fn is_strict_form(schema: &Value) -> bool {
    let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
    let mut properties = schema["properties"].as_object().into_iter().flatten();
    schema["additionalProperties"] == false
        && properties.all(|(name, property)| {
            let is_object = property["type"] == "object" || property["properties"].is_object();
            required.iter().any(|one| one == name) && (!is_object || is_strict_form(property))
        })
}

fn check_choice(choice: &Value, tools: &[Value]) -> Checked {
    if let Some(word) = choice.as_str() {
        demand(matches!(word, "auto" | "none" | "required"), "tool_choice", || {
            format!("Invalid value: '{word}'.")
        })?;
        return demand(word != "required" || !tools.is_empty(), "tool_choice", || {
            "Tool choice 'required' must be specified with 'tools' parameter.".to_owned()
        });
    }
    let Some(name) = choice["name"].as_str() else { return Ok(()) };
    let is_known = tools.iter().any(|tool| tool["name"] == name && tool["type"] == choice["type"]);
    demand(is_known, "tool_choice", || format!("Tool choice '{name}' not found in 'tools' parameter."))
}
