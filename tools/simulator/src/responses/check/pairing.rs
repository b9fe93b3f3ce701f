//! Checks that every output has its call before it, and every call its output somewhere behind.

use serde_json::Value;

use crate::responses::refuse::{Checked, invalid};

/// Calls that the caller answers, and how a sentence names them.
const PAIRS: &[(&str, &str, &str)] = &[
    ("function_call", "function_call_output", "function call"),
    ("custom_tool_call", "custom_tool_call_output", "custom tool call"),
    ("local_shell_call", "local_shell_call_output", "local shell call"),
    ("shell_call", "shell_call_output", "shell call"),
    ("apply_patch_call", "apply_patch_call_output", "apply patch call"),
];

/// Checks a whole conversation.
pub(super) fn check_pairs(items: &[Value]) -> Checked {
    for (index, item) in items.iter().enumerate() {
        let kind = item["type"].as_str().unwrap_or_default();
        let id = &item["call_id"];
        let has = |items: &[Value], kind: &str| {
            items.iter().any(|other| other["type"] == kind && other["call_id"] == *id)
        };
        let word = id.as_str().unwrap_or_default();
        for (call, output, name) in PAIRS {
            if kind == *output && !has(&items[..index], call) {
                let problem = format!("No tool call found for {name} output with call_id {word}.");
                return Err(invalid("input", None, &problem));
            }
            if kind == *call && !has(&items[index + 1..], output) {
                return Err(invalid("input", None, &format!("No tool output found for {name} {word}.")));
            }
        }
    }
    Ok(())
}
