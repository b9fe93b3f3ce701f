//! Checks of tools and of the choice among them.

use serde_json::Value;

use crate::messages::block::Turn;
use crate::messages::check::content::is_plain;
use crate::messages::refuse::{Checked, demand};

const NAME_BYTES_MAX: usize = 128;
/// How the types of Anthropic's own tools begin; a date follows.
const OWN_TYPES: &[&str] = &[
    "bash_",
    "text_editor_",
    "web_search_",
    "web_fetch_",
    "code_execution_",
    "computer_",
    "memory_",
    "tool_search_",
    "mcp_toolset",
    "advisor_",
];

/// Checks a request's tools.
pub(super) fn check_tools(body: &Value, turns: &[Turn]) -> Checked {
    let tools = &body["tools"];
    demand(tools.is_null() || tools.is_array(), || "tools: Input should be a list".to_owned())?;
    let tools = tools.as_array().map_or(&[][..], Vec::as_slice);
    for (index, tool) in tools.iter().enumerate() {
        check_tool(tool, &format!("tools.{index}"))?;
        let is_twice =
            tool["name"].is_string() && tools[..index].iter().any(|other| other["name"] == tool["name"]);
        demand(!is_twice, || "tools: Tool names must be unique.".to_owned())?;
    }
    let uses = turns
        .iter()
        .any(|turn| turn.of("tool_use").next().is_some() || turn.of("tool_result").next().is_some());
    demand(!uses || !tools.is_empty(), || {
        "Requests which have `tool_use` or `tool_result` blocks in messages must define tools.".to_owned()
    })?;
    check_choice(&body["tool_choice"], tools)
}

fn check_tool(tool: &Value, at: &str) -> Checked {
    demand(tool.is_object(), || format!("{at}: Input should be an object"))?;
    if let Some(kind) = tool["type"].as_str().filter(|kind| *kind != "custom") {
        return demand(OWN_TYPES.iter().any(|own| kind.starts_with(own)), || {
            format!("{at}: Input tag '{kind}' found using 'type' does not match any of the expected tags")
        });
    }
    let name = tool["name"].as_str().unwrap_or_default();
    demand(is_plain(name, NAME_BYTES_MAX), || {
        format!("{at}.custom.name: {} does not match ^[a-zA-Z0-9_-]{{1,128}}$", tool["name"])
    })?;
    demand(tool["description"].is_null() || tool["description"].is_string(), || {
        format!("{at}.custom.description: Input should be a text")
    })?;
    let schema = &tool["input_schema"];
    demand(!schema.is_null(), || format!("{at}.custom.input_schema: Field required"))?;
    demand(schema["type"] == "object", || {
        format!("{at}.custom.input_schema.type: Input should be 'object'")
    })?;
    demand(schema["properties"].is_null() || schema["properties"].is_object(), || {
        format!("{at}.custom.input_schema.properties: JSON schema is invalid")
    })?;
    let known = [
        "type",
        "name",
        "description",
        "input_schema",
        "cache_control",
        "strict",
        "defer_loading",
        "eager_input_streaming",
        "allowed_callers",
        "input_examples",
    ];
    let unknown = tool.as_object().into_iter().flatten().find(|(name, _)| !known.contains(&name.as_str()));
    demand(unknown.is_none(), || {
        format!("{at}.custom.{}: Extra inputs are not permitted", unknown.map_or("", |(name, _)| name))
    })
}

fn check_choice(choice: &Value, tools: &[Value]) -> Checked {
    if choice.is_null() {
        return Ok(());
    }
    let kind = choice["type"].as_str().unwrap_or_default();
    demand(matches!(kind, "auto" | "any" | "tool" | "none"), || {
        format!("tool_choice: Input tag {} is none of auto, any, tool, none", choice["type"])
    })?;
    demand(!tools.is_empty(), || "tool_choice: may only be specified while providing tools".to_owned())?;
    let is_known = kind != "tool" || tools.iter().any(|tool| tool["name"] == choice["name"]);
    demand(is_known, || format!("tool_choice: Tool {} not found in provided tools", choice["name"]))
}
