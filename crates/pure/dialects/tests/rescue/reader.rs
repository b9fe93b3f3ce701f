//! What a caller makes of a stream: a little reader for each dialect, of the tests' own and stricter than any caller.

use std::collections::BTreeMap;

use dialects::Dialect;
use serde_json::Value;

/// An answer as the caller has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) text: String,
    pub(crate) thought: String,
    pub(crate) seals: usize,
    /// Id, name and arguments.
    pub(crate) calls: Vec<(String, String, String)>,
    pub(crate) finish: Option<String>,
    /// The dialect's own end mark came.
    pub(crate) is_ended: bool,
    pub(crate) is_error: bool,
    /// Prompt and answer.
    pub(crate) tokens: Option<(u64, u64)>,
    pub(crate) restarts: usize,
    pub(crate) citations: Vec<(u64, u64)>,
}

/// Reads what has come of a stream, and panics at what no caller should get.
pub(crate) fn read(stream: &str, dialect: Dialect) -> Seen {
    let mut seen = Seen::default();
    let mut state = State::default();
    for block in stream.split_terminator("\n\n") {
        let mut lines = block.lines().filter(|line| !line.starts_with(':'));
        let Some(first) = lines.next() else { continue };
        let (name, data) = match first.strip_prefix("event: ") {
            Some(name) => (name, lines.next().expect("data")),
            None => ("", first),
        };
        let data = data.strip_prefix("data: ").unwrap_or_else(|| panic!("no data in {block}"));
        assert!(!seen.is_ended && !seen.is_error, "something follows the end: {block}");
        if data == "[DONE]" {
            assert_eq!(dialect, Dialect::OpenAiChat);
            seen.is_ended = true;
            continue;
        }
        let event: Value = serde_json::from_str(data).unwrap_or_else(|error| panic!("{error} in {data}"));
        if event["type"] == "bellwether.restart" || event["bellwether"]["event"] == "restart" {
            seen = Seen { restarts: seen.restarts + 1, ..Seen::default() };
            state = State {
                sequence: state.sequence + u64::from(name == "bellwether.restart"),
                has_begun: true,
                ..State::default()
            };
            continue;
        }
        match dialect {
            Dialect::OpenAiChat => chat(&event, &mut seen),
            Dialect::AnthropicMessages => messages(name, &event, &mut seen, &mut state),
            Dialect::OpenAiResponses => responses(name, &event, &mut seen, &mut state),
        }
    }
    if dialect == Dialect::OpenAiResponses {
        seen.thought = state.thoughts.into_values().collect();
    }
    seen
}

#[derive(Default)]
struct State {
    has_begun: bool,
    /// The next number of an event, or of a block.
    sequence: u64,
    next: u64,
    /// The block that is open, and what it is.
    open: Option<(u64, String)>,
    items: BTreeMap<u64, (String, String)>,
    thoughts: BTreeMap<u64, String>,
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn chat(event: &Value, seen: &mut Seen) {
    if event["error"].is_object() {
        seen.is_error = true;
        return;
    }
    if let Some(usage) = event["usage"].as_object() {
        seen.tokens =
            Some((usage["prompt_tokens"].as_u64().unwrap(), usage["completion_tokens"].as_u64().unwrap()));
    }
    let choice = &event["choices"][0];
    let delta = &choice["delta"];
    assert!(seen.finish.is_none() || choice.is_null(), "after the finish: {event}");
    seen.text += text(&delta["content"]);
    seen.thought += text(&delta["reasoning_content"]);
    seen.seals += usize::from(delta["reasoning_details"].is_array());
    for cited in delta["annotations"].as_array().into_iter().flatten() {
        let place = |name: &str| cited["url_citation"][name].as_u64().unwrap();
        seen.citations.push((place("start_index"), place("end_index")));
    }
    for call in delta["tool_calls"].as_array().into_iter().flatten() {
        let index = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
        if let Some(id) = call["id"].as_str() {
            assert_eq!(index, seen.calls.len(), "{event}");
            seen.calls.push((id.to_owned(), text(&call["function"]["name"]).to_owned(), String::new()));
        }
        seen.calls[index].2 += text(&call["function"]["arguments"]);
    }
    seen.finish = choice["finish_reason"].as_str().map(str::to_owned).or(seen.finish.take());
}

fn messages(name: &str, event: &Value, seen: &mut Seen, state: &mut State) {
    assert_eq!(name, event["type"]);
    match name {
        "message_start" => assert!(!std::mem::replace(&mut state.has_begun, true), "begun twice"),
        "content_block_start" => {
            assert!(state.has_begun && state.open.is_none(), "{event}");
            assert_eq!(event["index"], state.next);
            let block = &event["content_block"];
            let kind = text(&block["type"]).to_owned();
            if kind == "tool_use" {
                seen.calls.push((
                    text(&block["id"]).to_owned(),
                    text(&block["name"]).to_owned(),
                    String::new(),
                ));
            }
            state.open = Some((state.next, kind));
            state.next += 1;
        }
        "content_block_delta" => {
            let (index, kind) = state.open.as_ref().expect("an open block");
            assert_eq!(event["index"], *index);
            let delta = &event["delta"];
            match (kind.as_str(), text(&delta["type"])) {
                ("text", "text_delta") => seen.text += text(&delta["text"]),
                ("text", "citations_delta") => {}
                ("thinking", "thinking_delta") => seen.thought += text(&delta["thinking"]),
                ("thinking", "signature_delta") => seen.seals += 1,
                ("tool_use", "input_json_delta") => {
                    seen.calls.last_mut().unwrap().2 += text(&delta["partial_json"]);
                }
                other => panic!("{other:?}"),
            }
        }
        "content_block_stop" => {
            let (index, _) = state.open.take().expect("an open block");
            assert_eq!(event["index"], index);
        }
        "message_delta" => {
            assert!(state.open.is_none(), "{event}");
            seen.finish = event["delta"]["stop_reason"].as_str().map(str::to_owned);
            let usage = &event["usage"];
            seen.tokens = usage["input_tokens"].as_u64().zip(usage["output_tokens"].as_u64());
        }
        "message_stop" => {
            assert!(seen.finish.is_some());
            seen.is_ended = true;
        }
        "error" => seen.is_error = true,
        other => panic!("{other}"),
    }
}

fn responses(name: &str, event: &Value, seen: &mut Seen, state: &mut State) {
    assert_eq!(name, event["type"]);
    assert_eq!(event["sequence_number"], state.sequence);
    state.sequence += 1;
    let place = event["output_index"].as_u64().unwrap_or_default();
    match name.strip_prefix("response.").unwrap() {
        "created" => assert!(!std::mem::replace(&mut state.has_begun, true), "begun twice"),
        "output_item.added" => {
            assert_eq!(place, state.items.len() as u64);
            let item = &event["item"];
            if item["type"] == "function_call" {
                seen.calls.push((
                    text(&item["call_id"]).to_owned(),
                    text(&item["name"]).to_owned(),
                    String::new(),
                ));
            }
            state.items.insert(place, (text(&item["type"]).to_owned(), String::new()));
        }
        "output_text.delta" => {
            assert_eq!(place + 1, state.items.len() as u64, "text of an item that is no longer told");
            seen.text += text(&event["delta"]);
            state.items.get_mut(&place).unwrap().1 += text(&event["delta"]);
        }
        "reasoning_text.delta" | "reasoning_summary_text.delta" => {
            *state.thoughts.entry(place).or_default() += text(&event["delta"]);
        }
        "function_call_arguments.delta" => {
            seen.calls.last_mut().unwrap().2 += text(&event["delta"]);
            state.items.get_mut(&place).unwrap().1 += text(&event["delta"]);
        }
        "output_item.done" => {
            let item = &event["item"];
            let whole = match text(&item["type"]) {
                "message" => {
                    item["content"].as_array().unwrap().iter().map(|part| text(&part["text"])).collect()
                }
                "function_call" => text(&item["arguments"]).to_owned(),
                _ => {
                    seen.seals += usize::from(item["encrypted_content"].is_string());
                    return;
                }
            };
            assert_eq!(whole, state.items[&place].1, "the whole is not what was told");
        }
        "output_text.annotation.added" => {
            let place = |name: &str| event["annotation"][name].as_u64().unwrap();
            seen.citations.push((place("start_index"), place("end_index")));
        }
        "completed" | "incomplete" => {
            let response = &event["response"];
            let output = response["output"].as_array().unwrap();
            let parts = output.iter().flat_map(|item| item["content"].as_array().into_iter().flatten());
            let said = parts.filter(|part| part["type"] == "output_text").map(|part| text(&part["text"]));
            assert_eq!(said.collect::<String>(), seen.text, "the whole is not what was told");
            assert_eq!(output.len(), state.items.len());
            let usage = &response["usage"];
            seen.tokens = usage["input_tokens"].as_u64().zip(usage["output_tokens"].as_u64());
            seen.finish = Some(name.to_owned());
            seen.is_ended = true;
        }
        "failed" => seen.is_error = true,
        _ => {}
    }
}
