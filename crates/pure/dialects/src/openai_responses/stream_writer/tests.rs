//! What callers are told, in which order.

use domain::{Failure, Kind};
use serde_json::Value;

use super::ResponsesWriter;
use crate::canonical::{Citation, Event, Finish, Opening, Seal, SealForm};
use crate::openai_chat::ErrorCodes;
use crate::translator::{StreamWriter, Voice};

fn open(part: u32, opening: Opening) -> Event {
    Event::Open { part, opening }
}

fn call(part: u32) -> Event {
    let (id, name) = (format!("call_{part}"), format!("f{part}"));
    open(part, Opening::Call { id, name, is_custom: false })
}

fn thought(part: u32) -> Event {
    open(part, Opening::Thought { id: None, is_summary: true })
}

fn delta(part: u32, text: &str) -> Event {
    Event::Delta { part, text: text.to_owned() }
}

fn seal(part: u32, blob: &str) -> Event {
    Event::Sealed { part, seal: Seal { form: SealForm::Encrypted, blob: blob.to_owned() } }
}

fn close(part: u32) -> Event {
    Event::Close { part }
}

fn voice() -> Voice {
    Voice { id: "v".to_owned(), model: "m".to_owned(), ..Voice::default() }
}

/// What is written, event by event.
fn events(out: &str) -> Vec<Value> {
    let data = out.split("\n\n").filter_map(|event| event.split_once("\ndata: "));
    data.map(|(_, data)| serde_json::from_str(data).unwrap()).collect()
}

fn written(events_in: &[Event]) -> Vec<Value> {
    let (mut writer, mut out) = (ResponsesWriter::new(voice()), String::new());
    events_in.iter().for_each(|event| writer.write(event, &mut out));
    writer.finish(&mut out);
    events(&out)
}

/// The items of the last event: kind, and text or arguments.
fn items(events: &[Value]) -> Vec<(String, String)> {
    let item = |item: &Value| {
        let kind = item["type"].as_str().unwrap().to_owned();
        let text = match kind.as_str() {
            "message" => {
                let contents = item["content"].as_array().unwrap().iter();
                contents.map(|content| content["text"].as_str().unwrap()).collect::<Vec<_>>().join("|")
            }
            "reasoning" => format!("{}{}", item["summary"][0]["text"], item["encrypted_content"]),
            _ => item["arguments"].as_str().unwrap().to_owned(),
        };
        (kind, text)
    };
    events.last().unwrap()["response"]["output"].as_array().unwrap().iter().map(item).collect()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    let kind = |event| Value::as_str(event)?.strip_prefix("response.");
    events.iter().filter_map(|event| kind(&event["type"])).collect()
}

fn check(events_in: &[Event], expected: &[(&str, &str)]) {
    let events = written(events_in);
    let found = items(&events);
    let found: Vec<(&str, &str)> = found.iter().map(|(kind, text)| (kind.as_str(), text.as_str())).collect();
    assert_eq!(found, expected);
    let done = events.iter().filter(|event| event["type"] == "response.output_item.done").count();
    assert_eq!(done, expected.len(), "each item is done once");
}

#[test]
fn calls_told_in_turns_come_one_after_the_other() {
    let interleaved = [
        call(0),
        call(1),
        delta(1, "{\"b\""),
        delta(0, "{\"a\""),
        delta(1, ":2}"),
        delta(0, ":1}"),
        close(1),
        close(0),
        Event::Finish(Finish::Calls),
    ];
    check(&interleaved, &[("function_call", "{\"a\":1}"), ("function_call", "{\"b\":2}")]);
    // Nobody closes them before the end.
    let left_open = [call(0), call(1), delta(0, "{}"), delta(1, "[]"), Event::Finish(Finish::Calls)];
    check(&left_open, &[("function_call", "{}"), ("function_call", "[]")]);
}

#[test]
fn a_thought_that_is_interrupted_is_whole_and_its_late_seal_an_item_of_its_own() {
    check(
        &[
            thought(0),
            delta(0, "Hm."),
            open(1, Opening::Text),
            delta(1, "a"),
            seal(0, "s"),
            delta(1, "b"),
            close(0),
            close(1),
            Event::Finish(Finish::Stop),
        ],
        &[("reasoning", "\"Hm.\"null"), ("message", "a"), ("reasoning", "null\"s\""), ("message", "b")],
    );
}

#[test]
fn text_that_returns_behind_a_call_waits_for_it() {
    check(
        &[
            open(0, Opening::Text),
            delta(0, "a"),
            call(1),
            delta(1, "{"),
            delta(0, "b"),
            delta(1, "}"),
            delta(0, "c"),
            close(0),
            close(1),
            Event::Finish(Finish::Calls),
        ],
        &[("message", "a"), ("function_call", "{}"), ("message", "bc")],
    );
}

#[test]
fn texts_behind_each_other_are_one_message() {
    check(
        &[
            open(0, Opening::Text),
            delta(0, "a"),
            close(0),
            open(1, Opening::Text),
            delta(1, "b"),
            close(1),
            Event::Finish(Finish::Stop),
        ],
        &[("message", "a|b")],
    );
}

#[test]
fn a_call_without_arguments_has_an_empty_object() {
    let events = written(&[call(0), close(0), Event::Finish(Finish::Calls)]);
    assert_eq!(
        kinds(&events),
        [
            "created",
            "in_progress",
            "output_item.added",
            "function_call_arguments.delta",
            "function_call_arguments.done",
            "output_item.done",
            "completed"
        ]
    );
    assert_eq!(items(&events), [("function_call".to_owned(), "{}".to_owned())]);
}

#[test]
fn a_cut_answer_says_where() {
    let end = Event::Finish(Finish::Length);
    let events = written(&[open(0, Opening::Text), delta(0, "a"), end, delta(0, "not this")]);
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.incomplete");
    assert_eq!(last["response"]["incomplete_details"]["reason"], "max_output_tokens");
    assert_eq!(last["response"]["output"][0]["status"], "incomplete");
    assert_eq!(events[events.len() - 2]["item"]["status"], "incomplete");
    assert_eq!(items(&events), [("message".to_owned(), "a".to_owned())]);
}

#[test]
fn every_end_has_its_word() {
    for (finish, kind, reason) in [
        (Finish::Stop, "response.completed", None),
        (Finish::StopText(Some("x".to_owned())), "response.completed", None),
        (Finish::Other("odd".to_owned()), "response.completed", None),
        (Finish::ContextFull, "response.incomplete", Some("max_output_tokens")),
        (Finish::Filtered(None), "response.incomplete", Some("content_filter")),
        (Finish::BadCall, "response.failed", None),
    ] {
        let events = written(&[Event::Finish(finish.clone())]);
        let last = events.last().unwrap();
        assert_eq!(last["type"], kind, "{finish:?}");
        assert_eq!(last["response"]["incomplete_details"]["reason"].as_str(), reason);
    }
}

#[test]
fn an_answer_that_cannot_go_on_ends_no_call() {
    let (mut writer, mut out) = (ResponsesWriter::new(voice()), String::new());
    let begun = [open(0, Opening::Text), delta(0, "a"), close(0), call(1), delta(1, "{\"rm\"")];
    begun.iter().for_each(|event| writer.write(event, &mut out));
    writer.fail(&Failure::new(Kind::StreamBroken, "acme broke off"), "r-1", ErrorCodes::Text, &mut out);
    let events = events(&out);
    let last = events.last().unwrap();
    assert_eq!(last["type"], "response.failed");
    assert_eq!(last["sequence_number"], events.len() - 1);
    assert_eq!(last["response"]["error"]["code"], "server_error");
    assert_eq!(last["response"]["error"]["message"], "acme broke off (request r-1)");
    assert_eq!(last["response"]["output"][1]["status"], "incomplete");
    let done = events.iter().filter(|event| event["type"] == "response.output_item.done");
    assert_eq!(done.map(|event| &event["item"]["type"]).collect::<Vec<_>>(), ["message"]);
}

#[test]
fn a_failure_before_anything_was_said_is_a_whole_stream() {
    let (mut writer, mut out) = (ResponsesWriter::new(voice()), String::new());
    writer.ping(&mut out);
    assert!(out.starts_with(':') && out.ends_with("\n\n"));
    writer.fail(&Failure::new(Kind::ContextTooLong, "too long"), "r", ErrorCodes::Text, &mut out);
    let events = events(&out);
    assert_eq!(kinds(&events), ["created", "in_progress", "failed"]);
    assert_eq!(events[2]["response"]["error"]["code"], "context_length_exceeded");
}

#[test]
fn who_asks_for_summaries_gets_thoughts_as_such() {
    let raw = open(0, Opening::Thought { id: None, is_summary: false });
    let told = |voice: Voice| {
        let (mut writer, mut out) = (ResponsesWriter::new(voice), String::new());
        let events = [raw.clone(), delta(0, "Hm."), Event::Finish(Finish::Stop)];
        events.iter().for_each(|event| writer.write(event, &mut out));
        writer.finish(&mut out);
        out
    };
    let echo = vec![("reasoning".to_owned(), r#"{"summary":"auto"}"#.to_owned())];
    assert!(told(voice()).contains("response.reasoning_text.delta"));
    assert!(told(Voice { echo, ..voice() }).contains("response.reasoning_summary_text.delta"));
}

#[test]
fn sources_are_told_while_their_text_is_open() {
    let citation = Citation { url: Some("https://example.org".to_owned()), ..Citation::default() };
    let cited = Event::Cited { part: 0, citation };
    let events = written(&[open(0, Opening::Text), delta(0, "äb"), cited, Event::Finish(Finish::Stop)]);
    let annotation = &events.iter().find(|event| event["annotation_index"] == 0).unwrap()["annotation"];
    assert_eq!((&annotation["url"], &annotation["end_index"]), (&"https://example.org".into(), &2.into()));
    assert_eq!(events.last().unwrap()["response"]["output"][0]["content"][0]["annotations"][0], *annotation);
}

#[test]
fn grouped_tools_are_called_with_their_group_and_the_request_is_repeated() {
    let echo = vec![("temperature".to_owned(), "1e-1".to_owned())];
    let mut writer = ResponsesWriter::new(Voice { echo, ..voice() });
    let mut out = String::new();
    let name = "agents\u{1f}spawn".to_owned();
    let opening = Opening::Call { id: "c".to_owned(), name, is_custom: true };
    let events_in = [open(0, opening), delta(0, "x"), close(0), Event::Finish(Finish::Calls)];
    events_in.iter().for_each(|event| writer.write(event, &mut out));
    writer.finish(&mut out);
    assert!(out.contains(r#""namespace":"agents","name":"spawn""#), "{out}");
    assert!(out.contains(r#""temperature":1e-1"#) && out.contains(r#""input":"x""#));
}
