//! Answers as broken hosts give them: what can be understood is, and what is half is never shown as a whole.

use dialects::Dialect::{AnthropicMessages as Messages, OpenAiChat as Chat, OpenAiResponses as Responses};
use dialects::translation::{BackMap, StreamTranslation, translate_reply};
use dialects::watch::StreamFault;
use dialects::{Dialect, Voice, Written};
use domain::Usage;
use serde_json::{Value, json};

fn back_map() -> BackMap {
    BackMap::new(&Written::default(), None)
}

/// A translated stream, and why it went no further.
fn streamed(from: Dialect, to: Dialect, events: &[Value]) -> (String, Option<StreamFault>) {
    let mut translation = StreamTranslation::new(from, to, back_map(), Voice::default());
    let mut out = String::new();
    for event in events {
        let name = event["type"].as_str().map_or_else(String::new, |name| format!("event: {name}\n"));
        out += &translation.feed(
            format!("{name}data: {event}\n\n")
                .replace("HALF1", r"\ud83d")
                .replace("HALF2", r"\ude00")
                .as_bytes(),
        );
    }
    out += &translation.end(|_| Usage::default());
    assert_eq!(translation.is_whole(), translation.fault().is_none(), "{out}");
    (out, translation.fault().cloned())
}

/// The events of a stream that hold this member, and what it says there.
fn told(stream: &str, member: &str) -> Vec<String> {
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
    let events = data.map(|data| serde_json::from_str::<Value>(data).expect("JSON"));
    let found = events.filter_map(|event| event.pointer(member).and_then(Value::as_str).map(str::to_owned));
    found.filter(|text| !text.is_empty()).collect()
}

fn whole(from: Dialect, to: Dialect, body: &Value) -> Value {
    let body = body.to_string();
    let reply =
        translate_reply(from, to, body.as_bytes(), back_map(), &Voice::default(), |_| Usage::default());
    serde_json::from_str(&reply.expect("an answer").body).expect("JSON")
}

fn chat(delta: &Value, finish: Option<&str>) -> Value {
    json!({"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
}

fn chat_call(arguments: &str, finish: &str) -> [Value; 2] {
    let call = json!([{"index": 0, "id": "x", "function": {"name": "f", "arguments": arguments}}]);
    [chat(&json!({"tool_calls": call}), None), chat(&json!({}), Some(finish))]
}

fn response(status: &str, more: &Value) -> Value {
    let mut response = json!({"id": "r", "model": "m", "status": status, "output": []});
    for (name, value) in more.as_object().into_iter().flatten() {
        response[name] = value.clone();
    }
    json!({"type": format!("response.{status}"), "response": response})
}

fn announced(id: &str, name: &str) -> Value {
    let item = json!({"id": id, "type": "function_call", "call_id": id, "name": name, "arguments": ""});
    json!({"type": "response.output_item.added", "output_index": 0, "item": item})
}

fn arguments(kind: &str, member: &str, id: &str, text: &str) -> Value {
    json!({"type": format!("response.function_call_arguments.{kind}"), "output_index": 0, "item_id": id, member: text})
}

#[test]
fn calls_of_one_id_stay_apart() {
    let call =
        |name: &str| json!({"id": "x", "type": "function", "function": {"name": name, "arguments": "{}"}});
    let message = json!({"role": "assistant", "tool_calls": [call("f"), call("g")]});
    let body =
        json!({"id": "c", "model": "m", "choices": [{"message": message, "finish_reason": "tool_calls"}]});
    let blocks = whole(Chat, Messages, &body)["content"].clone();
    assert_eq!((&blocks[0]["name"], &blocks[1]["name"]), (&json!("f"), &json!("g")));
    assert_eq!((&blocks[0]["input"], &blocks[1]["input"]), (&json!({}), &json!({})));
    assert_ne!(blocks[0]["id"], blocks[1]["id"]);

    let item = |name: &str| json!({"id": "i", "type": "function_call", "name": name, "arguments": "{}"});
    let body = json!({"id": "r", "status": "completed", "output": [item("f"), item("g")]});
    let calls = whole(Responses, Chat, &body)["choices"][0]["message"]["tool_calls"].clone();
    assert_eq!((&calls[0]["function"]["name"], &calls[1]["function"]["name"]), (&json!("f"), &json!("g")));
    assert!(calls[0]["id"] != "" && calls[0]["id"] != calls[1]["id"], "{calls}");

    let block = |name: &str| json!({"type": "tool_use", "id": "x", "name": name, "input": {}});
    let body =
        json!({"type": "message", "id": "m", "content": [block("f"), block("g")], "stop_reason": "tool_use"});
    let calls = whole(Messages, Responses, &body)["output"].clone();
    assert_ne!(calls[0]["call_id"], calls[1]["call_id"]);

    let entry = |index: u32, name: &str| json!({"index": index, "id": "x", "function": {"name": name, "arguments": "{}"}});
    let calls = json!({"tool_calls": [entry(0, "f"), entry(1, "g")]});
    let (out, _) = streamed(Chat, Responses, &[chat(&calls, None), chat(&json!({}), Some("tool_calls"))]);
    let mut ids = told(&out, "/item/call_id");
    ids.dedup();
    assert_eq!(ids.len(), 2, "{out}");
}

#[test]
fn half_a_call_is_not_shown_as_a_whole_one() {
    let why = "ended its answer in the middle of a call of a tool";
    for (arguments, finish) in
        [(r#"{"a":"1"#, "tool_calls"), (r#"{"a":"1"#, "stop"), (r#"{}{"a":1}"#, "tool_calls")]
    {
        let (out, fault) = streamed(Chat, Messages, &chat_call(arguments, finish));
        assert_eq!(fault, Some(StreamFault::Unfit(why.to_owned())), "{arguments}");
        assert!(!out.contains("content_block_stop") && !out.contains("message_delta"), "{out}");
    }
    let (out, fault) = streamed(Chat, Messages, &chat_call(r#"{"a":"1"#, "length"));
    assert_eq!((fault, told(&out, "/delta/stop_reason")), (None, vec!["max_tokens".to_owned()]));
    assert!(out.contains("content_block_stop"));
}

/// The same calls as each dialect tells them, with the reason that it gives for the end.
fn half_calls(is_cut: bool) -> Vec<(Dialect, Vec<Value>)> {
    let half = r#"{"a":"1"#;
    let block = json!({"type": "content_block_start", "index": 0, "content_block": {"type": "tool_use", "id": "x", "name": "f", "input": {}}});
    let delta = json!({"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": half}});
    let stop = if is_cut { "max_tokens" } else { "tool_use" };
    let end = json!({"type": "message_delta", "delta": {"stop_reason": stop}});
    let messages = vec![
        block,
        delta,
        json!({"type": "content_block_stop", "index": 0}),
        end,
        json!({"type": "message_stop"}),
    ];
    let done = json!({"id": "a", "type": "function_call", "call_id": "a", "name": "f", "arguments": half});
    let done = json!({"type": "response.output_item.done", "output_index": 0, "item": done});
    let end = if is_cut {
        response("incomplete", &json!({"incomplete_details": {"reason": "max_output_tokens"}}))
    } else {
        response("completed", &json!({}))
    };
    let responses = vec![announced("a", "f"), arguments("delta", "delta", "a", half), done, end];
    let chat = chat_call(half, if is_cut { "length" } else { "tool_calls" });
    vec![(Chat, chat.to_vec()), (Messages, messages), (Responses, responses)]
}

#[test]
fn half_a_call_is_a_whole_one_in_no_dialect() {
    let why = "ended its answer in the middle of a call of a tool";
    let ends =
        ["content_block_stop", "arguments.done", "output_item.done", "finish_reason\":\"", "completed"];
    for (from, events) in half_calls(false) {
        for to in [Chat, Messages, Responses] {
            let (out, fault) = streamed(from, to, &events);
            assert_eq!(fault, Some(StreamFault::Unfit(why.to_owned())), "{from:?} to {to:?}: {out}");
            assert!(ends.iter().all(|end| !out.contains(end)), "{from:?} to {to:?}: {out}");
        }
    }
    for (from, events) in half_calls(true) {
        for to in [Chat, Messages, Responses] {
            let (out, fault) = streamed(from, to, &events);
            assert_eq!(fault, None, "{from:?} to {to:?}: it says that it was cut: {out}");
        }
    }
}

#[test]
fn half_a_call_makes_no_whole_answer() {
    let call = json!({"id": "x", "type": "function", "function": {"name": "f", "arguments": r#"{"a":"1"#}});
    let chat = |finish| {
        json!({"id": "c", "choices": [{"message": {"tool_calls": [call]}, "finish_reason": finish}]})
            .to_string()
    };
    let item =
        json!({"id": "i", "type": "function_call", "call_id": "x", "name": "f", "arguments": r#"{"a":"1"#});
    let answers = [
        (Chat, chat("tool_calls"), false),
        (Chat, chat("length"), true),
        (Responses, json!({"id": "r", "status": "completed", "output": [item]}).to_string(), false),
    ];
    for (from, body, is_one) in answers {
        for to in [Chat, Messages, Responses] {
            let told = translate_reply(from, to, body.as_bytes(), back_map(), &Voice::default(), |_| {
                Usage::default()
            });
            assert_eq!(told.is_ok(), is_one, "{from:?} to {to:?}: {body}");
        }
    }
}

#[test]
fn arguments_that_are_no_object_are_wrapped_in_a_stream_too() {
    for (arguments, written) in [
        ("hello", r#"{"_raw":"hello"}"#),
        ("[1]", r#"{"_raw":"[1]"}"#),
        ("  ", "{}"),
        ("null", r#"{"_raw":"null"}"#),
    ] {
        let (out, fault) = streamed(Chat, Messages, &chat_call(arguments, "tool_calls"));
        assert_eq!((fault, told(&out, "/delta/partial_json").concat()), (None, written.to_owned()));
    }
}

#[test]
fn nothing_is_left_out_of_a_call_that_seemed_whole() {
    let fragment = |index: u32, name: &str, text: &str| {
        chat(&json!({"tool_calls": [{"index": index, "function": {"name": name, "arguments": text}}]}), None)
    };
    let late = [fragment(0, "f", "{}"), fragment(1, "g", "{}"), fragment(0, "", r#"{"a":1}"#)];
    let (_, fault) = streamed(Chat, Responses, &late);
    assert_eq!(fault, Some(StreamFault::Unfit("went on with a call that was whole".to_owned())));
}

#[test]
fn halves_of_a_character_meet() {
    let pieces = [
        chat(&json!({"content": "aHALF1"}), None),
        chat(&json!({"content": "HALF2b"}), None),
        chat(&json!({}), Some("stop")),
    ];
    let (out, _) = streamed(Chat, Messages, &pieces);
    assert_eq!(told(&out, "/delta/text").concat(), "a\u{1f600}b");
    let delta = |text: &str| json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}});
    let start =
        json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}});
    let end = json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}});
    let (out, _) = streamed(
        Messages,
        Chat,
        &[start, delta("aHALF1"), delta("HALF2b"), end, json!({"type": "message_stop"})],
    );
    assert_eq!(told(&out, "/choices/0/delta/content").concat(), "a\u{1f600}b");
}

#[test]
fn what_deltas_left_out_is_told_from_the_finished_item() {
    let begin = announced("a", "f");
    let half = arguments("delta", "delta", "a", r#"{"a""#);
    let done = |text: &str| arguments("done", "arguments", "a", text);
    let end = response("completed", &json!({}));
    let (out, fault) =
        streamed(Responses, Messages, &[begin.clone(), half.clone(), done(r#"{"a":1}"#), end.clone()]);
    assert_eq!((fault, told(&out, "/delta/partial_json").concat()), (None, r#"{"a":1}"#.to_owned()));
    let (_, fault) = streamed(Responses, Chat, &[begin, half, done(r#"{"b":1}"#), end]);
    assert!(matches!(fault, Some(StreamFault::Unfit(_))), "{fault:?}");

    let words = json!({"type": "response.output_text.delta", "item_id": "m", "output_index": 0, "content_index": 0, "delta": "x"});
    let message =
        json!({"id": "m", "type": "message", "content": [{"type": "output_text", "text": "x and more"}]});
    let (out, _) = streamed(Responses, Chat, &[words, response("completed", &json!({"output": [message]}))]);
    assert_eq!(told(&out, "/choices/0/delta/content").concat(), "x and more");
}

#[test]
fn items_that_share_a_place_are_all_told() {
    let item = |id: &str, name: &str| [announced(id, name), arguments("done", "arguments", id, "{}")];
    let events =
        [item("a", "f").to_vec(), item("b", "g").to_vec(), vec![response("completed", &json!({}))]].concat();
    let (out, _) = streamed(Responses, Messages, &events);
    assert_eq!(told(&out, "/content_block/name"), ["f", "g"]);
}

#[test]
fn an_incomplete_response_never_looks_whole() {
    let events =
        |reason: Value| [announced("a", "f"), response("incomplete", &json!({"incomplete_details": reason}))];
    for reason in [json!({"reason": "tired"}), json!(null)] {
        let (out, _) = streamed(Responses, Chat, &events(reason));
        assert_eq!(told(&out, "/choices/0/finish_reason"), ["length"]);
    }
}

#[test]
fn an_error_alone_is_no_part_of_an_answer() {
    let mut translation = StreamTranslation::new(Messages, Chat, back_map(), Voice::default());
    translation.feed(b"event: error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"Overloaded\"}}\n\n");
    assert_eq!(translation.parts(), 0);
    assert!(matches!(translation.fault(), Some(StreamFault::Told(_))));
}

#[test]
fn what_an_answer_loses_is_told() {
    let call = json!({"id": "x", "type": "function", "function": {"name": "f", "arguments": "[1]"}});
    for (message, finish, to, code) in [
        (json!({"content": "x"}), "tired", Messages, "finish_reason_unknown"),
        (json!({"tool_calls": [call]}), "tool_calls", Messages, "tool_arguments_wrapped"),
    ] {
        let body = json!({"id": "c", "choices": [{"message": message, "finish_reason": finish}]}).to_string();
        let told =
            translate_reply(Chat, to, body.as_bytes(), back_map(), &Voice::default(), |_| Usage::default());
        let codes: Vec<_> = told.unwrap().losses.into_iter().map(|feature| feature.code()).collect();
        assert_eq!(codes, [code]);
    }
    let mut translation = StreamTranslation::new(Chat, Messages, back_map(), Voice::default());
    for event in chat_call("hello", "tool_calls") {
        translation.feed(format!("data: {event}\n\n").as_bytes());
    }
    translation.end(|_| Usage::default());
    assert_eq!(translation.losses().first().map(|feature| feature.code()), Some("tool_arguments_wrapped"));
}

/// Each piece leaves before the next comes, whatever becomes of the thought around it.
#[test]
fn an_unclosed_thought_holds_back_no_text() {
    let pieces = [
        json!({"role": "assistant", "content": "<think>\nalpha"}),
        json!({"content": "bravo"}),
        json!({"reasoning_content": "charlie"}),
        json!({"content": "delta"}),
        json!({"reasoning_content": "echo"}),
        json!({"content": "foxtrot"}),
    ];
    let words = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot"];
    for to in [Messages, Responses] {
        let mut translation = StreamTranslation::new(Chat, to, back_map(), Voice::default());
        for (piece, word) in pieces.iter().zip(words) {
            let out = translation.feed(format!("data: {}\n\n", chat(piece, None)).as_bytes());
            assert!(out.contains(word), "{to:?} keeps {word}: {out}");
        }
        translation.feed(format!("data: {}\n\n", chat(&json!({}), Some("stop"))).as_bytes());
        translation.end(|_| Usage::default());
        assert!(translation.is_whole(), "{to:?}");
    }
}

#[test]
fn a_finish_is_all_that_is_said_whatever_mark_is_missing() {
    let finishes = [
        (Chat, format!("data: {}\n\n", chat(&json!({}), Some("stop")))),
        (
            Messages,
            r#"data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}"#
                .to_owned() + "\n\n",
        ),
    ];
    for (from, finish) in finishes {
        let mut translation = StreamTranslation::new(from, Responses, back_map(), Voice::default());
        if from == Messages {
            translation
                .feed(b"data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"m\"}}\n\n");
        }
        assert!(!translation.has_said_all(), "{from:?}");
        translation.feed(finish.as_bytes());
        assert!(translation.has_said_all() && !translation.is_done(), "{from:?}");
        assert!(translation.end(|_| Usage::default()).contains("response.completed"), "{from:?}");
    }
}
