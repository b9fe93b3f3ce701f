//! Corners of streams and of whole answers, read and written.

use dialects::Dialect;
use dialects::Voice;
use dialects::canonical::{Event, Finish, Opening, Part, Reply, Seal, SealForm, Thought};
use dialects::openai_chat::ErrorCodes;
use dialects::watch::{ReplyWatch, StreamWatch};
use domain::{Failure, Kind, ModelUsage, Usage};
use serde_json::{Value, json};

use super::speech::{events, messages, stream, usage};

fn sse(events: &[Value]) -> String {
    events
        .iter()
        .map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap()))
        .collect()
}

fn read(list: &[Value]) -> Vec<Event> {
    events(&[sse(list).as_bytes()]).unwrap()
}

fn start() -> Value {
    let usage = json!({"input_tokens": 9, "cache_read_input_tokens": 5, "output_tokens": 1});
    json!({"type": "message_start", "message": {"id": "msg_1", "model": "m", "content": [], "usage": usage}})
}

fn block(index: u64, block: &Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: u64, delta: &Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn text(part: u32, text: &str) -> Event {
    Event::Delta { part, text: text.to_owned() }
}

fn open_call(part: u32, id: &str) -> Event {
    let (id, name) = (id.to_owned(), "f".to_owned());
    Event::Open { part, opening: Opening::Call { id, name, is_custom: false } }
}

fn open_text(part: u32) -> Event {
    Event::Open { part, opening: Opening::Text }
}

/// What a caller reads, event by event, without the beginning and the end.
fn written(list: &[Event]) -> Vec<Value> {
    let text = stream(&Voice::default(), list);
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let all: Vec<Value> = data.map(|data| serde_json::from_str(data).unwrap()).collect();
    assert_eq!(all.first().unwrap()["type"], "message_start");
    assert_eq!(all.last().unwrap()["type"], "message_stop");
    all[1..all.len() - 2].to_vec()
}

/// The whole answer that a caller reads out of a stream.
fn heard(list: &[Event]) -> Reply {
    Reply::of(events(&[stream(&Voice::default(), list).as_bytes()]).unwrap())
}

/// An advisor's tokens stand in no count but their own.
#[test]
fn what_another_model_used_is_told_by_its_name_streamed_and_whole() {
    let rounds = json!([
        {"type": "message", "input_tokens": 9, "output_tokens": 7},
        {"type": "advisor_message", "model": "wise", "input_tokens": 20, "output_tokens": 30},
    ]);
    let end = json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"},
        "usage": {"output_tokens": 7, "iterations": rounds}});
    let wise = ModelUsage { model: Some("wise".into()), usage: usage(20, 30) };
    let own = |usage| ModelUsage { model: None, usage };
    let cached = Usage { cached_input: 5, ..usage(9, 7) };
    let mut watch = StreamWatch::of_dialect(Dialect::AnthropicMessages);
    watch.feed(sse(&[start(), end.clone(), json!({"type": "message_stop"})]).as_bytes());
    assert_eq!(watch.usage_by_model(), [own(cached), wise.clone()]);
    assert_eq!(watch.usage(), Some(cached.plus(wise.usage)));
    assert!(read(&[start(), end]).contains(&Event::UsageByModel(vec![own(cached), wise.clone()])));
    let mut watch = ReplyWatch::of(Dialect::AnthropicMessages, &["content"]);
    let told = json!({"input_tokens": 9, "output_tokens": 7, "iterations": rounds});
    watch.feed(json!({"type": "message", "content": [], "usage": told}).to_string().as_bytes());
    assert_eq!(watch.usage_by_model(), [own(usage(9, 7)), wise.clone()]);
    assert_eq!(watch.usage(), Some(usage(9, 7).plus(wise.usage)));
}

#[test]
fn usage_is_told_early_and_in_full_at_the_end() {
    let end =
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}});
    let list = read(&[start(), end, json!({"type": "message_stop"})]);
    let early = Usage { cached_input: 5, ..usage(9, 1) };
    let full = Usage { cached_input: 5, ..usage(9, 7) };
    let begin = Event::Begin { id: Some("msg_1".to_owned()), model: Some("m".to_owned()) };
    assert_eq!(
        list,
        [begin, Event::Usage(early), Event::Usage(full), Event::Finish(Finish::Stop), Event::End]
    );
}

#[test]
fn a_call_without_arguments_has_an_empty_object() {
    let call = json!({"type": "tool_use", "id": "t", "name": "f", "input": {}});
    let list = read(&[start(), block(0, &call), json!({"type": "content_block_stop", "index": 0})]);
    assert_eq!(list[2..], [open_call(0, "t"), text(0, "{}"), Event::Close { part: 0 }]);
    let whole = json!({"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}});
    let list = read(&[start(), block(0, &whole), json!({"type": "content_block_stop", "index": 0})]);
    assert_eq!(list[3], text(0, r#"{"a":1}"#));
}

#[test]
fn blocks_are_known_by_their_index_and_what_nobody_closes_is_closed() {
    let call = |id: &str| json!({"type": "tool_use", "id": id, "name": "f", "input": {}});
    let piece = |json: &str| json!({"type": "input_json_delta", "partial_json": json});
    let list = read(&[
        start(),
        block(0, &call("a")),
        block(1, &call("b")),
        delta(0, &piece("{\"x\"")),
        delta(1, &piece("{}")),
        delta(0, &piece(":1}")),
    ]);
    let closes = [Event::Close { part: 0 }, Event::Close { part: 1 }];
    let deltas = [text(0, "{\"x\""), text(1, "{}"), text(0, ":1}")];
    assert_eq!(list[2..], [&[open_call(0, "a"), open_call(1, "b")], &deltas[..], &closes[..]].concat());
    assert!(!list.iter().any(|event| matches!(event, Event::Finish(_) | Event::End)), "no finish is made up");
}

#[test]
fn hosts_that_number_carelessly_are_understood() {
    let call = |id: &str| json!({"type": "tool_use", "id": id, "name": "f", "input": {}});
    let piece = json!({"type": "input_json_delta", "partial_json": "{}"});
    let list =
        read(&[start(), block(0, &call("a")), delta(0, &piece), block(0, &call("b")), delta(0, &piece)]);
    let calls = Reply::of(list).parts;
    assert!(
        matches!(&calls[..], [Part::Call(a), Part::Call(b)] if a.id == "a" && b.id == "b" && b.arguments == "{}")
    );
    let words = json!({"type": "text_delta", "text": "hi"});
    assert_eq!(
        read(&[start(), delta(4, &words)])[2..],
        [open_text(0), text(0, "hi"), Event::Close { part: 0 }]
    );
}

#[test]
fn garbage_ends_a_stream() {
    let piece = json!({"type": "input_json_delta", "partial_json": "{}"});
    for bad in [
        sse(&[start(), delta(0, &piece)]),
        "data: {\"type\":\n\n".to_owned(),
        "data: 7\n\n".to_owned(),
        sse(&[json!({"type": "message_start"})]),
        sse(&[block(0, &json!({"type": "tool_use", "name": "f"}))]),
    ] {
        assert!(events(&[bad.as_bytes()]).is_err(), "{bad}");
    }
    let unknown = sse(&[json!({"type": "novelty", "x": 1}), json!({"type": "ping"})]);
    assert_eq!(events(&[unknown.as_bytes()]).unwrap(), []);
}

#[test]
fn errors_are_told_in_streams_and_in_answers() {
    let error = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    let fault = Event::Fault { json: error.to_string() };
    assert_eq!(messages().read_reply(error.to_string().as_bytes()).unwrap(), std::slice::from_ref(&fault));
    assert_eq!(read(&[start(), error])[2..], [fault]);
    assert!(messages().read_reply(b"{}").is_err() && messages().read_reply(b"<html>").is_err());
}

#[test]
fn only_deltas_are_mere_deltas() {
    let reader = messages().stream_reader();
    assert!(reader.is_mere_delta(b"content_block_delta"));
    for name in [&b"message_delta"[..], b"content_block_start", b"error", b""] {
        assert!(!reader.is_mere_delta(name));
    }
}

#[test]
fn a_stream_for_a_caller_is_as_documented() {
    let voice = Voice { id: "1".to_owned(), model: "m".to_owned(), input_tokens: 11, ..Voice::default() };
    let list = [
        Event::Begin { id: None, model: None },
        open_text(0),
        text(0, "hi"),
        Event::Close { part: 0 },
        Event::Finish(Finish::Stop),
        Event::Usage(Usage { cached_input: 3, reasoning: 2, ..usage(8, 1) }),
    ];
    let counts = |input: u64, cached: u64, output: u64, thinking: u64| {
        format!(
            "{{\"input_tokens\":{input},\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":{cached},\
             \"cache_creation\":{{\"ephemeral_5m_input_tokens\":0,\"ephemeral_1h_input_tokens\":0}},\
             \"output_tokens\":{output},\"output_tokens_details\":{{\"thinking_tokens\":{thinking}}}}}"
        )
    };
    let expected = [
        format!(
            "event: message_start\ndata: {{\"type\":\"message_start\",\"message\":{{\"id\":\"msg_1\",\"type\":\"message\",\
             \"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{}}}}}\n\n",
            counts(11, 0, 0, 0)
        ),
        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n".to_owned(),
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hi\"}}\n\n".to_owned(),
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n".to_owned(),
        format!(
            "event: message_delta\ndata: {{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"end_turn\",\"stop_sequence\":null}},\"usage\":{}}}\n\n",
            counts(8, 3, 3, 2)
        ),
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n".to_owned(),
    ];
    assert_eq!(stream(&voice, &list), expected.concat());
}

#[test]
fn blocks_never_interleave() {
    let list = [
        open_text(0),
        text(0, "one"),
        open_call(1, "a"),
        open_call(2, "b"),
        text(2, "{\"b\""),
        text(1, "{\"a\":1}"),
        text(2, ":2}"),
        Event::Close { part: 2 },
        text(0, " two"),
        Event::Close { part: 1 },
        Event::Close { part: 0 },
        Event::Finish(Finish::Calls),
    ];
    let events = written(&list);
    let mut open = None;
    for event in &events {
        let index = event["index"].as_u64();
        match event["type"].as_str().unwrap() {
            "content_block_start" => assert_eq!(open.replace(index), None, "{event}"),
            "content_block_stop" => assert_eq!(open.take(), Some(index)),
            _ => assert_eq!(open, Some(index), "{event}"),
        }
    }
    let starts = events.iter().filter(|event| event["type"] == "content_block_start");
    let starts: Vec<(u64, &str)> = starts
        .map(|event| (event["index"].as_u64().unwrap(), event["content_block"]["type"].as_str().unwrap()))
        .collect();
    assert_eq!(starts, [(0, "text"), (1, "tool_use"), (2, "tool_use"), (3, "text")]);
    let parts = heard(&list).parts;
    let said: Vec<String> = parts
        .iter()
        .map(|part| match part {
            Part::Text(text) => text.text.clone(),
            Part::Call(call) => format!("{}{}", call.id, call.arguments),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(said, ["one", "a{\"a\":1}", "b{\"b\":2}", " two"]);
}

#[test]
fn what_is_open_leaves_at_once_and_what_waits_is_kept() {
    let (mut writer, mut out) = (messages().stream_writer(Voice::default()), String::new());
    let mut said = |event: Event| {
        out.clear();
        writer.write(&event, &mut out);
        out.matches("event: ").count()
    };
    assert_eq!(said(open_call(0, "a")), 2);
    assert_eq!(said(text(0, "{")), 1);
    assert_eq!(said(open_call(1, "b")), 0);
    assert_eq!(said(text(1, "{}")), 0);
    assert_eq!(said(text(0, "}")), 1);
    assert_eq!(said(Event::Close { part: 0 }), 3);
    assert_eq!(said(Event::Finish(Finish::Calls)), 1);
    assert_eq!(said(text(1, "late")), 0);
}

#[test]
fn nothing_is_written_for_what_says_nothing() {
    let thought = Opening::Thought { id: None, is_summary: false };
    let list = [
        open_text(0),
        text(0, ""),
        Event::Close { part: 0 },
        Event::Open { part: 1, opening: thought },
        Event::Close { part: 1 },
        Event::Finish(Finish::Length),
    ];
    assert_eq!(written(&list), [Value::Null; 0]);
}

#[test]
fn seals_come_whole_and_last() {
    let thought = |part: u32, said: &str, form: SealForm| {
        let opening = Opening::Thought { id: None, is_summary: true };
        let seal = Seal { form, blob: format!("gw1.{part}") };
        [Event::Open { part, opening }, Event::Sealed { part, seal }, text(part, said), Event::Close { part }]
    };
    let mut list = Vec::new();
    list.extend(thought(0, "hm", SealForm::Encrypted));
    list.extend(thought(1, "", SealForm::Signature));
    list.extend(thought(2, "", SealForm::Redacted));
    list.push(Event::Finish(Finish::Stop));
    let seal = |form: SealForm, part: u32| Some(Seal { form, blob: format!("gw1.{part}") });
    let part = |text: &str, seal: Option<Seal>| {
        Part::Thought(Thought { text: text.to_owned(), seal, ..Thought::default() })
    };
    let expected = [
        part("hm", seal(SealForm::Signature, 0)),
        part("", seal(SealForm::Signature, 1)),
        part("", seal(SealForm::Redacted, 2)),
    ];
    assert_eq!(heard(&list).parts, expected);
    let whole = messages().write_reply(&Reply::of(list.clone()), &Voice::default());
    let whole = Reply::of(messages().read_reply(whole.as_bytes()).unwrap());
    assert_eq!(whole.parts, expected);
    let kinds: Vec<Value> = written(&list).iter().map(|event| event["delta"]["type"].clone()).collect();
    let signature = json!("signature_delta");
    assert_eq!(kinds.iter().position(|kind| *kind == signature), Some(2), "behind the words: {kinds:?}");
}

#[test]
fn plain_text_of_a_custom_tool_is_wrapped() {
    let (id, name) = ("a".to_owned(), "patch".to_owned());
    let list = [
        Event::Open { part: 0, opening: Opening::Call { id, name, is_custom: true } },
        text(0, "*** \""),
        text(0, "x\""),
        Event::Close { part: 0 },
        Event::Finish(Finish::Calls),
    ];
    let Part::Call(call) = &heard(&list).parts[0] else { panic!("a call") };
    assert_eq!(call.arguments, r#"{"input":"*** \"x\""}"#);
}

#[test]
fn words_for_not_answering_are_a_refusal() {
    let list = [
        Event::Open { part: 0, opening: Opening::Refusal },
        text(0, "No."),
        Event::Close { part: 0 },
        Event::Finish(Finish::Stop),
    ];
    let check = |reply: Reply| {
        assert_eq!(reply.finish, Some(Finish::Filtered(None)));
        assert!(matches!(&reply.parts[0], Part::Text(text) if text.text == "No."));
    };
    check(heard(&list));
    let whole = messages().write_reply(&Reply::of(list), &Voice::default());
    check(Reply::of(messages().read_reply(whole.as_bytes()).unwrap()));
}

#[test]
fn a_stream_that_breaks_closes_nothing() {
    let (mut writer, mut out) = (messages().stream_writer(Voice::default()), String::new());
    [open_call(0, "a"), text(0, "{\"a\"")].iter().for_each(|event| writer.write(event, &mut out));
    writer.ping(&mut out);
    writer.fail(&Failure::new(Kind::StreamBroken, "acme broke off"), "r-1", ErrorCodes::Text, &mut out);
    assert!(!out.contains("content_block_stop") && !out.contains("message_stop"), "{out}");
    assert!(out.contains("event: ping\ndata: {\"type\":\"ping\"}\n\n"), "{out}");
    let end = "\nevent: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"acme broke off\"";
    assert!(out.contains(end), "{out}");
    let told = events(&[out.as_bytes()]).unwrap();
    assert!(told.iter().any(|event| matches!(event, Event::Fault { .. })));
}

#[test]
fn illegal_ids_are_legal_for_the_caller_and_stay_the_same() {
    let list = |id: &str| [open_call(0, id), Event::Close { part: 0 }, Event::Finish(Finish::Calls)];
    let id = |id: &str| match &heard(&list(id)).parts[0] {
        Part::Call(call) => call.id.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(id("call_1"), "call_1");
    assert_eq!(id("functions.f:0"), id("functions.f:0"));
    assert!(!id("functions.f:0").contains(['.', ':']));
}
