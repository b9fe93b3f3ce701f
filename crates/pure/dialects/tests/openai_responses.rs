//! Every case under `fixtures/openai_responses/`, read and written again; and what must hold for every writer: a caller who
//! follows the events ends with the object that the last one holds.
#![cfg(test)]

use std::path::{Path, PathBuf};

use dialects::canonical::{Abilities, Event, Losses, Part, Reply};
use dialects::framing::sse::SseParser;
use dialects::watch::{StreamFault, StreamWatch};
use dialects::{Dialect, Target, Translator, Voice};
use serde_json::{Map, Value, json};

fn responses() -> &'static dyn Translator {
    Dialect::OpenAiResponses.translator()
}

fn cases(file: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/openai_responses");
    let entries = std::fs::read_dir(root).expect("the fixtures are beside this test");
    let folders = entries.map(|entry| entry.expect("a readable folder").path());
    let mut cases: Vec<PathBuf> = folders.filter(|path| path.join(file).exists()).collect();
    cases.sort();
    assert!(cases.len() >= 3, "the cases with {file} are where this test looks for them");
    cases
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn events(pieces: &[&[u8]]) -> Vec<Event> {
    let (mut parser, mut reader, mut events) =
        (SseParser::with_limit(1 << 20), responses().stream_reader(), Vec::new());
    for piece in pieces {
        parser.feed(piece, |event| {
            if !event.data.is_empty() {
                reader.read(event, &mut events).unwrap();
            }
        });
    }
    reader.finish(&mut events);
    events
}

fn told(reply: &Reply) -> Value {
    let part = |part: &Part| match part {
        Part::Text(text) => {
            let mut told = json!({ "text": text.text });
            let cited = text.citations.iter().map(|citation| {
                let (start, end) = citation.span.unwrap();
                json!([citation.url, citation.title, start, end])
            });
            let cited: Vec<Value> = cited.collect();
            if !cited.is_empty() {
                told["citations"] = cited.into();
            }
            told
        }
        Part::Refusal(text) => json!({ "refusal": text }),
        Part::Thought(thought) => {
            let mut told =
                json!({ "thought": thought.text, "id": thought.id, "is_summary": thought.is_summary });
            if let Some(seal) = &thought.seal {
                told["seal"] = seal.blob.clone().into();
            }
            told
        }
        Part::Call(call) => {
            json!({ "call": call.name, "id": call.id, "arguments": call.arguments, "is_custom": call.is_custom })
        }
        other => panic!("{other:?} in an answer"),
    };
    let mut told = json!({ "parts": reply.parts.iter().map(part).collect::<Vec<_>>() });
    if let Some(finish) = &reply.finish {
        told["finish"] = format!("{finish:?}").into();
    }
    if let Some(usage) = reply.usage {
        let parts = [usage.input, usage.cached_input, usage.cache_write, usage.output, usage.reasoning];
        told["usage"] = parts.to_vec().into();
    }
    if let Some(fault) = &reply.fault {
        told["fault"] = serde_json::from_str(fault).unwrap();
    }
    told
}

#[test]
fn streams_tell_the_same_wherever_they_are_cut() {
    for case in cases("answer.sse") {
        let stream = std::fs::read(case.join("answer.sse")).unwrap();
        let whole = events(&[&stream]);
        assert_eq!(told(&Reply::of(whole.clone())), json_of(&case.join("told.json")), "{}", case.display());
        // Every byte is somewhere the last of a piece.
        for size in 1..=16 {
            let pieces: Vec<&[u8]> = stream.chunks(size).collect();
            assert_eq!(events(&pieces), whole, "{} by {size}", case.display());
        }
        let opened = whole.iter().filter(|event| matches!(event, Event::Open { .. })).count();
        let closed = whole.iter().filter(|event| matches!(event, Event::Close { .. })).count();
        assert_eq!(opened, closed, "{}: what is opened is closed, once", case.display());
    }
}

#[test]
fn who_only_watches_sees_usage_end_and_error() {
    for case in cases("answer.sse") {
        let stream = std::fs::read(case.join("answer.sse")).unwrap();
        let reply = Reply::of(events(&[&stream]));
        let mut watch = StreamWatch::of_dialect(Dialect::OpenAiResponses);
        stream.chunks(7).for_each(|piece| watch.feed(piece));
        assert_eq!(watch.usage(), reply.usage, "{}", case.display());
        assert_eq!(watch.is_done(), reply.finish.is_some(), "{}", case.display());
        assert_eq!(watch.is_error(), reply.fault.is_some(), "{}", case.display());
    }
}

/// A failed response repeats the request beside its error, however long that is.
#[test]
fn who_only_watches_hears_why_a_response_failed() {
    let instructions = "x".repeat(100_000);
    for told in [
        format!(
            r#"{{"type":"response.failed","response":{{"id":"resp_1","status":"failed","instructions":"{instructions}","error":{{"code":"rate_limit_exceeded","message":"slow down"}},"output":[]}}}}"#
        ),
        r#"{"type":"error","code":"rate_limit_exceeded","message":"slow down","param":null}"#.to_owned(),
        r#"{"type":"error","error":{"code":"rate_limit_exceeded","message":"slow down"}}"#.to_owned(),
    ] {
        let created = "data: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\"}}\n\n";
        let mut watch = StreamWatch::of_dialect(Dialect::OpenAiResponses);
        let stream = format!("{created}data: {told}\n\n");
        stream.as_bytes().chunks(4093).for_each(|piece| watch.feed(piece));
        let Some(StreamFault::Told(Some(words))) = watch.fault() else { panic!("{:?}", watch.fault()) };
        let words: Value = serde_json::from_slice(words).unwrap();
        let found = (&words["error"]["code"], &words["error"]["message"]);
        assert_eq!(found, (&Value::from("rate_limit_exceeded"), &Value::from("slow down")));
        assert!(!words.to_string().contains("xxx"));
    }
}

#[test]
fn whole_answers_tell_the_same_as_their_streams() {
    for case in cases("answer.json") {
        let body = std::fs::read(case.join("answer.json")).unwrap();
        let reply = Reply::of(responses().read_reply(&body).unwrap());
        assert_eq!(told(&reply), json_of(&case.join("told.json")), "{}", case.display());
    }
}

fn voice() -> Voice {
    Voice { id: "b7".to_owned(), created: 1_795_696_474, model: "m".to_owned(), ..Voice::default() }
}

fn written(events: &[Event]) -> String {
    let (mut writer, mut out) = (responses().stream_writer(voice()), String::new());
    events.iter().for_each(|event| writer.write(event, &mut out));
    writer.finish(&mut out);
    out
}

/// What has no counterpart on the way back: the empty text of a call without arguments.
fn same(mut told: Value) -> Value {
    for part in told["parts"].as_array_mut().unwrap() {
        if part["arguments"] == "" {
            part["arguments"] = "{}".into();
        }
        // Thoughts that had no id have been given one.
        if let Some(part) = part.as_object_mut().filter(|part| part.contains_key("thought")) {
            part.remove("id");
        }
    }
    told
}

#[test]
fn what_is_written_reads_back_streamed_and_whole() {
    for case in cases("answer.sse") {
        let read = events(&[&std::fs::read(case.join("answer.sse")).unwrap()]);
        let reply = Reply::of(read.clone());
        if reply.finish.is_none() {
            continue;
        }
        let stream = written(&read);
        let again = Reply::of(events(&[stream.as_bytes()]));
        assert_eq!(same(told(&again)), same(told(&reply)), "{}", case.display());
        let last = Follower::follow(&stream);
        let whole: Value = serde_json::from_str(&responses().write_reply(&reply, &voice())).unwrap();
        assert_eq!(last, whole, "{}", case.display());
        let again = Reply::of(responses().read_reply(whole.to_string().as_bytes()).unwrap());
        assert_eq!(same(told(&again)), same(told(&reply)), "{}", case.display());
    }
}

/// Puts an answer together from its events, as clients do, and checks each against what came before it.
#[derive(Default)]
struct Follower {
    items: Vec<Value>,
    open: Option<usize>,
}

impl Follower {
    fn follow(stream: &str) -> Value {
        let mut follower = Self::default();
        let (mut parser, mut next, mut last) = (SseParser::with_limit(1 << 20), 0_u64, Value::Null);
        parser.feed(stream.as_bytes(), |event| {
            let data: Value = serde_json::from_slice(event.data).unwrap();
            assert_eq!(data["type"], std::str::from_utf8(event.name).unwrap());
            assert_eq!(data["sequence_number"], next);
            let kind = data["type"].as_str().unwrap();
            match next {
                0 => assert_eq!(kind, "response.created"),
                1 => assert_eq!(kind, "response.in_progress"),
                _ => follower.read(kind.strip_prefix("response.").unwrap(), &data),
            }
            next += 1;
            last = data["response"].clone();
        });
        assert!(follower.open.is_none());
        assert_eq!(last["output"], Value::from(follower.items), "the last event holds all of it");
        last
    }

    fn read(&mut self, kind: &str, data: &Value) {
        if kind == "output_item.added" {
            assert_eq!(self.open, None, "one item after the other");
            assert_eq!(data["output_index"], self.items.len());
            self.open = Some(self.items.len());
            return self.items.push(data["item"].clone());
        }
        if ["completed", "incomplete", "failed"].contains(&kind) {
            return;
        }
        let place = self.open.expect("an item is open");
        assert_eq!(data["output_index"], place, "{kind}");
        let item = &mut self.items[place];
        if kind == "output_item.done" {
            self.open = None;
            // What was put together is what is told at the end; status and seal come only there.
            let strip = |item: &Value| {
                let mut item: Map<String, Value> = item.as_object().unwrap().clone();
                item.remove("status");
                item.remove("encrypted_content");
                item
            };
            assert_eq!(strip(item), strip(&data["item"]));
            *item = data["item"].clone();
            return;
        }
        assert_eq!(data["item_id"], item["id"], "{kind}");
        let (list, index) = match &data["summary_index"] {
            Value::Null => ("content", data["content_index"].as_u64().unwrap_or(0) as usize),
            index => ("summary", index.as_u64().unwrap() as usize),
        };
        let mut text = |name: &str, index: Option<usize>| {
            let place = match index {
                Some(index) => &mut item[list][index][name],
                None => &mut item[name],
            };
            let text = place.as_str().unwrap().to_owned();
            match kind.ends_with(".done") {
                true => assert_eq!(text, data[name.to_owned()].as_str().unwrap_or(&text)),
                false => *place = format!("{text}{}", data["delta"].as_str().unwrap()).into(),
            }
        };
        match kind {
            "content_part.added" | "reasoning_summary_part.added" => {
                let parts = item.as_object_mut().unwrap().entry(list).or_insert_with(|| json!([]));
                assert_eq!(parts.as_array().unwrap().len(), index);
                parts.as_array_mut().unwrap().push(data["part"].clone());
            }
            "content_part.done" | "reasoning_summary_part.done" => {
                assert_eq!(item[list][index], data["part"]);
            }
            "output_text.annotation.added" => {
                let annotations = item[list][index]["annotations"].as_array_mut().unwrap();
                assert_eq!(data["annotation_index"], annotations.len());
                annotations.push(data["annotation"].clone());
            }
            "output_text.delta" | "output_text.done" => text("text", Some(index)),
            "reasoning_summary_text.delta" | "reasoning_summary_text.done" => text("text", Some(index)),
            "reasoning_text.delta" | "reasoning_text.done" => text("text", Some(index)),
            "refusal.delta" | "refusal.done" => text("refusal", Some(index)),
            "function_call_arguments.delta" | "function_call_arguments.done" => text("arguments", None),
            "custom_tool_call_input.delta" | "custom_tool_call_input.done" => text("input", None),
            other => panic!("nobody knows {other}"),
        }
    }
}

fn rewritten(body: &[u8]) -> String {
    let prompt = responses().read_prompt(body).unwrap();
    let abilities = Abilities::default();
    let target = Target { model: &prompt.model, abilities: &abilities, output_tokens_default: 1 };
    let mut losses = Losses::default();
    responses().write_prompt(&prompt, &target, &mut losses).unwrap().body
}

#[test]
fn requests_are_written_as_they_came() {
    for case in cases("request.json") {
        let request = case.join("request.json");
        let body = std::fs::read(&request).unwrap();
        let once = rewritten(&body);
        let written = case.join("written.json");
        let found: Value = serde_json::from_str(&once).unwrap();
        if written.exists() && std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::write(&written, format!("{found:#}\n")).unwrap();
        }
        let expected = json_of(if written.exists() { &written } else { &request });
        assert_eq!(found, expected, "{}: {found:#}", case.display());
        assert_eq!(rewritten(once.as_bytes()), once, "{}: nothing changes any more", case.display());
    }
}
