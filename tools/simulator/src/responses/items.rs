//! Writes what is said as items of an output.

use serde_json::{Value, json};

use crate::ask::Ask;
use crate::base64;
use crate::seal::{self, Bound, Broken, seal};
use crate::talk::{Call, Finish, Part, Said, ToolKind};

/// What stands between the seal of reasoning and what is sealed.
const SEAL_END: char = '.';

/// How reasoning is to be given.
pub(super) struct Reasoning {
    pub(super) is_encrypted: bool,
    pub(super) is_summarized: bool,
    /// What it is bound to.
    pub(super) prefix: u64,
}

/// The items, whole.
pub(super) fn items(said: &Said, reasoning: &Reasoning, ask: &mut Ask<'_>) -> Vec<Value> {
    let status =
        if matches!(said.finish, Finish::Length | Finish::Filtered) { "incomplete" } else { "completed" };
    let count = said.parts.len();
    let parts = said.parts.iter().enumerate();
    parts
        .map(|(index, part)| match part {
            Part::Text(text) => {
                let status = if index + 1 == count { status } else { "completed" };
                json!({
                    "id": ask.id("msg_"), "type": "message", "status": status, "role": "assistant",
                    "content": [output_text(text)],
                })
            }
            Part::Thinking(text) => thought(text, reasoning.is_summarized, reasoning, ask),
            Part::Redacted(text) => thought(text, false, reasoning, ask),
            Part::Call(call) => called(call, ask),
        })
        .collect()
}

/// A part of text.
pub(super) fn output_text(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] })
}

fn thought(text: &str, is_shown: bool, reasoning: &Reasoning, ask: &mut Ask<'_>) -> Value {
    let summary = if is_shown { json!([{ "type": "summary_text", "text": text }]) } else { json!([]) };
    let mut item = json!({ "id": ask.id("rs_"), "type": "reasoning", "summary": summary });
    if reasoning.is_encrypted {
        let bound = Bound { kind: "reasoning", account: ask.account(), prefix: reasoning.prefix };
        item["encrypted_content"] =
            format!("{}{SEAL_END}{}", seal(text, bound), base64::encode(text.as_bytes())).into();
    }
    item
}

/// Whether encrypted reasoning is what a node of this account once issued here.
pub(super) fn check_encrypted(text: &str, account: &str, prefix: u64) -> Result<(), Broken> {
    let (seal, content) = text.split_once(SEAL_END).ok_or(Broken::Forged)?;
    let content = base64::decode(content).and_then(|bytes| String::from_utf8(bytes).ok());
    seal::check(seal, &content.ok_or(Broken::Forged)?, Bound { kind: "reasoning", account, prefix })
}

fn called(call: &Call, ask: &mut Ask<'_>) -> Value {
    let mut item = match call.kind {
        ToolKind::Function => json!({
            "id": ask.id("fc_"), "type": "function_call", "status": "completed", "call_id": call.id,
            "name": call.name, "arguments": call.input,
        }),
        ToolKind::Custom => json!({
            "id": ask.id("ctc_"), "type": "custom_tool_call", "status": "completed", "call_id": call.id,
            "name": call.name, "input": call.input,
        }),
    };
    if let Some(namespace) = &call.namespace {
        item["namespace"] = namespace.as_str().into();
    }
    item
}
