//! Reads what a request says. That it is right was checked before.

use serde_json::Value;

use crate::messages::block::{Turn, blocks, texts};
use crate::talk::{Choice, Heard, Offered, ToolKind};
use crate::text::tokens_in;

/// What a request says.
pub(super) fn read(body: &Value, turns: &[Turn]) -> Heard {
    let users = || turns.iter().filter(|turn| turn.is_user());
    let words = |turn: &Turn| turn.of("text").flat_map(texts).collect::<Vec<_>>().join(" ");
    let spoken: Vec<String> = users().map(words).filter(|text| !text.is_empty()).collect();
    let unanswered = turns.iter().rposition(Turn::is_assistant).map_or(turns, |last| &turns[last + 1..]);
    let results = unanswered.iter().flat_map(|turn| turn.of("tool_result"));
    let thinks = matches!(body["thinking"]["type"].as_str(), Some("enabled" | "adaptive" | "between_tools"));
    let stops = body["stop_sequences"].as_array().into_iter().flatten();
    Heard {
        model: body["model"].as_str().unwrap_or_default().to_owned(),
        message: spoken.last().cloned().unwrap_or_default(),
        user_text: spoken.join("\n"),
        results: results.map(|result| texts(result).join("")).collect(),
        turns: turns.iter().filter(|turn| turn.is_assistant()).count(),
        beginning: turns
            .last()
            .filter(|last| last.is_assistant())
            .map(|last| last.of("text").flat_map(texts).collect()),
        tools: body["tools"].as_array().into_iter().flatten().filter_map(tool).collect(),
        choice: match body["tool_choice"]["type"].as_str() {
            Some("any") => Choice::Any,
            Some("none") => Choice::Never,
            Some("tool") => {
                Choice::Named(body["tool_choice"]["name"].as_str().unwrap_or_default().to_owned())
            }
            _ => Choice::Auto,
        },
        calls_one_only: body["tool_choice"]["disable_parallel_tool_use"] == true,
        thinks,
        may_think: thinks,
        tokens_max: body["max_tokens"].as_u64().and_then(|tokens| usize::try_from(tokens).ok()),
        stops: stops.filter_map(|stop| Some(stop.as_str()?.to_owned())).collect(),
        prompt_tokens: prompt_tokens(body, turns),
    }
}

/// Tokens of all that is sent: tools, system text, turns.
pub(super) fn prompt_tokens(body: &Value, turns: &[Turn]) -> usize {
    let system = blocks(&body["system"]);
    let tools = body["tools"].as_array().into_iter().flatten();
    let tools: usize = tools.map(tool_tokens).sum();
    tools + system.iter().chain(turns.iter().flat_map(|turn| &turn.blocks)).map(block_tokens).sum::<usize>()
}

pub(super) fn block_tokens(block: &Value) -> usize {
    texts(block).iter().map(|text| tokens_in(text)).sum()
}

pub(super) fn tool_tokens(tool: &Value) -> usize {
    let text = |name: &str| tool[name].as_str().map_or(0, tokens_in);
    text("name") + text("description")
}

fn tool(tool: &Value) -> Option<Offered> {
    let is_own = tool["type"].as_str().is_none_or(|kind| kind == "custom");
    let name = tool["name"].as_str()?.to_owned();
    is_own.then(|| Offered {
        name,
        kind: ToolKind::Function,
        schema: tool["input_schema"].clone(),
        namespace: None,
    })
}
