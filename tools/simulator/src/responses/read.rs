//! Reads what a request says. That it is right was checked before.

use serde_json::Value;

use crate::responses::conversation::{goes, texts};
use crate::talk::{Choice, Heard, Offered, ToolKind};
use crate::text::tokens_in;

/// What a request says that has all these items before it.
pub(super) fn read(body: &Value, items: &[Value]) -> Heard {
    let users = items.iter().filter(|item| item["type"] == "message" && item["role"] == "user");
    let spoken: Vec<String> = users.map(|item| texts(&item["content"]).join(" ")).collect();
    let is_result = |item: &&Value| item["type"].as_str().is_some_and(|kind| kind.ends_with("_output"));
    let results = items.iter().rev().take_while(is_result);
    let mut results: Vec<String> = results.map(|item| texts(&item["output"]).join("")).collect();
    results.reverse();
    let goes = goes(items);
    let begins = goes.iter().enumerate().filter(|(index, begin)| **begin == Some(*index));
    let reasoning = &body["reasoning"];
    let is_off = matches!(reasoning["effort"].as_str(), Some("none"));
    let is_asked = reasoning["effort"].is_string() || reasoning["summary"].is_string();
    Heard {
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        message: spoken.last().cloned().unwrap_or_default(),
        user_text: spoken.join("\n"),
        results,
        turns: begins.count(),
        beginning: None,
        tools: tools(&body["tools"], None),
        choice: choice(&body["tool_choice"]),
        calls_one_only: body["parallel_tool_calls"] == false,
        thinks: is_asked && !is_off,
        may_think: !is_off,
        tokens_max: body["max_output_tokens"].as_u64().and_then(|tokens| usize::try_from(tokens).ok()),
        stops: Vec::new(),
        prompt_tokens: prompt_tokens(body, items),
    }
}

/// Tokens of the instructions and of all texts.
pub(super) fn prompt_tokens(body: &Value, items: &[Value]) -> usize {
    let fields = ["content", "output", "name", "arguments", "input"];
    let texts = items.iter().flat_map(|item| fields.iter().flat_map(|name| texts(&item[*name])));
    body["instructions"].as_str().map_or(0, tokens_in) + texts.map(|text| tokens_in(&text)).sum::<usize>()
}

/// The tools of a list, those in groups among them.
fn tools(list: &Value, namespace: Option<&str>) -> Vec<Offered> {
    let list = list.as_array().into_iter().flatten();
    list.flat_map(|one| match one["type"].as_str() {
        Some("namespace") => tools(&one["tools"], one["name"].as_str()),
        _ => tool(one, namespace).into_iter().collect(),
    })
    .collect()
}

fn tool(tool: &Value, namespace: Option<&str>) -> Option<Offered> {
    let kind = match tool["type"].as_str()? {
        "function" => ToolKind::Function,
        "custom" => ToolKind::Custom,
        _ => return None,
    };
    let name = tool["name"].as_str()?.to_owned();
    Some(Offered { name, kind, schema: tool["parameters"].clone(), namespace: namespace.map(str::to_owned) })
}

fn choice(choice: &Value) -> Choice {
    let word = choice.as_str().or_else(|| choice["mode"].as_str());
    match (word, choice["name"].as_str()) {
        (_, Some(name)) => Choice::Named(name.to_owned()),
        (Some("none"), None) => Choice::Never,
        (Some("required"), None) => Choice::Any,
        _ => Choice::Auto,
    }
}
