//! Answers made up, and how a source of each dialect streams them: plain code of the tests' own.

use dialects::Dialect;
use serde_json::{Value, json};

/// Written as the two halves of a character, each escaped; which pieces they stand in does not matter.
const FIRST_HALF: char = '\u{e001}';
const SECOND_HALF: char = '\u{e002}';

/// An answer, in the pieces in which it is streamed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Made {
    pub(crate) thought: Vec<String>,
    pub(crate) text: Vec<String>,
    pub(crate) calls: Vec<CallMade>,
    pub(crate) tokens: (u64, u64),
    /// It ends because it is long enough.
    pub(crate) is_cut: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct CallMade {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) arguments: Vec<String>,
}

/// Cuts a text into pieces of so many characters.
pub(crate) fn pieces(text: &str, chars: usize) -> Vec<String> {
    let all: Vec<char> = text.chars().collect();
    all.chunks(chars.max(1)).map(|piece| piece.iter().collect()).collect()
}

impl Made {
    pub(crate) fn text(&self) -> String {
        self.text.concat().replace([FIRST_HALF], "").replace(SECOND_HALF, "\u{1f600}")
    }

    pub(crate) fn whole_calls(&self) -> Vec<(String, String, String)> {
        let whole = |call: &CallMade| (call.id.clone(), call.name.clone(), call.arguments.concat());
        self.calls.iter().map(whole).collect()
    }

    /// Why it ends, in a caller's words.
    pub(crate) fn finish(&self, to: Dialect) -> &'static str {
        match (to, self.is_cut, self.calls.is_empty()) {
            (Dialect::OpenAiChat, true, _) => "length",
            (Dialect::OpenAiChat, false, true) => "stop",
            (Dialect::OpenAiChat, false, false) => "tool_calls",
            (Dialect::AnthropicMessages, true, _) => "max_tokens",
            (Dialect::AnthropicMessages, false, true) => "end_turn",
            (Dialect::AnthropicMessages, false, false) => "tool_use",
            (Dialect::OpenAiResponses, true, _) => "response.incomplete",
            (Dialect::OpenAiResponses, false, _) => "response.completed",
        }
    }

    pub(crate) fn stream(&self, dialect: Dialect) -> String {
        let stream = match dialect {
            Dialect::OpenAiChat => self.chat(),
            Dialect::OpenAiResponses => self.responses(),
            Dialect::AnthropicMessages => self.messages(),
        };
        stream.replace(FIRST_HALF, "\\ud83d").replace(SECOND_HALF, "\\ude00")
    }

    fn chat(&self) -> String {
        let mut out = String::new();
        let mut chunk = |delta: Value, reason: Option<&str>| {
            let choice = json!({"index": 0, "delta": delta, "finish_reason": reason});
            out += &format!("data: {}\n\n", json!({"id": "x", "model": "m-chat", "choices": [choice]}));
        };
        chunk(json!({"role": "assistant", "content": ""}), None);
        self.thought.iter().for_each(|text| chunk(json!({"reasoning_content": text}), None));
        self.text.iter().for_each(|text| chunk(json!({"content": text}), None));
        for (index, call) in self.calls.iter().enumerate() {
            let named = json!({"name": call.name, "arguments": ""});
            chunk(
                json!({"tool_calls": [{"index": index, "id": call.id, "type": "function", "function": named}]}),
                None,
            );
            for text in &call.arguments {
                chunk(json!({"tool_calls": [{"index": index, "function": {"arguments": text}}]}), None);
            }
        }
        let reason = if self.calls.is_empty() { "stop" } else { "tool_calls" };
        chunk(json!({}), Some(if self.is_cut { "length" } else { reason }));
        let usage = json!({"prompt_tokens": self.tokens.0, "completion_tokens": self.tokens.1});
        out += &format!("data: {}\n\ndata: [DONE]\n\n", json!({"id": "x", "choices": [], "usage": usage}));
        out
    }

    fn messages(&self) -> String {
        let mut out = String::new();
        let mut event = |event: Value| {
            out += &format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap());
        };
        let head = json!({"id": "x", "type": "message", "role": "assistant", "model": "m-messages",
            "content": [], "usage": {"input_tokens": self.tokens.0, "output_tokens": 1}});
        event(json!({"type": "message_start", "message": head}));
        let mut index = 0;
        let mut block = |begun: Value, deltas: Vec<Value>| {
            event(json!({"type": "content_block_start", "index": index, "content_block": begun}));
            for delta in deltas {
                event(json!({"type": "content_block_delta", "index": index, "delta": delta}));
            }
            event(json!({"type": "content_block_stop", "index": index}));
            index += 1;
        };
        if !self.thought.is_empty() {
            let words = self.thought.iter().map(|text| json!({"type": "thinking_delta", "thinking": text}));
            let seal = json!({"type": "signature_delta", "signature": "c2VhbA=="});
            block(json!({"type": "thinking", "thinking": ""}), words.chain([seal]).collect());
        }
        if !self.text.is_empty() {
            let deltas = self.text.iter().map(|text| json!({"type": "text_delta", "text": text})).collect();
            block(json!({"type": "text", "text": ""}), deltas);
        }
        for call in &self.calls {
            let deltas =
                call.arguments.iter().map(|text| json!({"type": "input_json_delta", "partial_json": text}));
            let begun = json!({"type": "tool_use", "id": call.id, "name": call.name, "input": {}});
            block(begun, deltas.collect());
        }
        let reason = if self.calls.is_empty() { "end_turn" } else { "tool_use" };
        let delta = json!({"stop_reason": if self.is_cut { "max_tokens" } else { reason }});
        event(json!({"type": "message_delta", "delta": delta, "usage": {"output_tokens": self.tokens.1}}));
        event(json!({"type": "message_stop"}));
        out
    }

    fn responses(&self) -> String {
        let mut out = String::new();
        let mut event = |event: Value| {
            out += &format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap());
        };
        let response = |status: &str, output: &[Value], usage: Value| json!({"id": "x", "model": "m-responses", "status": status, "output": output, "usage": usage});
        event(json!({"type": "response.created", "response": response("in_progress", &[], Value::Null)}));
        let mut output: Vec<Value> = Vec::new();
        let mut item = |begun: Value, deltas: Vec<Value>, whole: Value| {
            let place = output.len();
            event(json!({"type": "response.output_item.added", "output_index": place, "item": begun}));
            for mut delta in deltas {
                delta["output_index"] = json!(place);
                delta["item_id"] = whole["id"].clone();
                event(delta);
            }
            event(json!({"type": "response.output_item.done", "output_index": place, "item": whole}));
            output.push(whole);
        };
        if !self.thought.is_empty() {
            let delta = |text: &String| json!({"type": "response.reasoning_text.delta", "content_index": 0, "delta": text});
            let content = [json!({"type": "reasoning_text", "text": self.thought.concat()})];
            let whole = json!({"type": "reasoning", "id": "rs", "summary": [], "content": content, "encrypted_content": "c2VhbA=="});
            item(json!({"type": "reasoning", "id": "rs"}), self.thought.iter().map(delta).collect(), whole);
        }
        if !self.text.is_empty() {
            let delta = |text: &String| json!({"type": "response.output_text.delta", "content_index": 0, "delta": text});
            let content = [json!({"type": "output_text", "text": self.text.concat(), "annotations": []})];
            let whole = json!({"type": "message", "id": "msg", "role": "assistant", "content": content});
            item(json!({"type": "message", "id": "msg"}), self.text.iter().map(delta).collect(), whole);
        }
        for call in &self.calls {
            let delta =
                |text: &String| json!({"type": "response.function_call_arguments.delta", "delta": text});
            let mut whole = json!({"type": "function_call", "id": format!("fc-{}", call.id), "call_id": call.id, "name": call.name});
            let begun = whole.clone();
            whole["arguments"] = json!(call.arguments.concat());
            item(begun, call.arguments.iter().map(delta).collect(), whole);
        }
        let usage = json!({"input_tokens": self.tokens.0, "output_tokens": self.tokens.1});
        let (kind, status) = if self.is_cut {
            ("response.incomplete", "incomplete")
        } else {
            ("response.completed", "completed")
        };
        event(json!({"type": kind, "response": response(status, &output, usage)}));
        out
    }
}
