//! The chat dialect against golden texts: what is read is written again, however it is cut; what was written for earlier turns
//! stays when later ones come.
#![cfg(test)]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use dialects::canonical::{
    Abilities, CallForce, Continuing, Event, Finish, Losses, Part, Prompt, Reply, SchemaSupport, ThinkingForm,
};
use dialects::framing::sse::SseParser;
use dialects::{Dialect, Target, Translator, Voice};
use serde_json::Value;

fn chat() -> &'static dyn Translator {
    Dialect::OpenAiChat.translator()
}

fn cases(kind: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/openai_chat").join(kind);
    let entries = std::fs::read_dir(root).expect("the fixtures are beside this test");
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() > 4, "the cases are where this test looks for them");
    cases
}

fn text(case: &Path, name: &str) -> Option<String> {
    std::fs::read_to_string(case.join(name)).ok()
}

fn written(prompt: &Prompt, losses: &mut Losses) -> String {
    let abilities = Abilities::default();
    let target = Target { model: &prompt.model, abilities: &abilities, output_tokens_default: 4096 };
    chat().write_prompt(prompt, &target, losses).unwrap().body
}

#[test]
fn prompts_are_read_and_written_again() {
    for case in cases("prompts") {
        let name = case.display();
        let request = text(&case, "request.json").unwrap();
        let prompt = chat().read_prompt(request.as_bytes()).unwrap();
        let mut losses = Losses::new(false);
        let body: Value = serde_json::from_str(&written(&prompt, &mut losses)).unwrap();
        let expected = text(&case, "written.json").unwrap_or(request);
        let expected = expected.replace("LEGAL", &dialects::canonical::legal_id("functions.f:0"));
        let renamed = body.pointer("/messages/1/tool_calls/0/function/name").and_then(Value::as_str);
        let expected = expected.replace("NAME", renamed.unwrap_or_default());
        let expected: Value = serde_json::from_str(&expected).unwrap();
        assert_eq!(body, expected, "{name}:\n{body}");
        let mut told = String::new();
        for loss in losses.told() {
            writeln!(told, "{} {}", loss.feature.code(), loss.path).unwrap();
        }
        assert_eq!(told, text(&case, "losses.txt").unwrap_or_default(), "{name}");
    }
}

#[test]
fn tools_that_a_vendor_runs_itself_are_left_out_of_what_an_agent_offers() {
    let asked = include_bytes!("../fixtures/openai_responses/request-agent/request.json");
    let prompt = Dialect::OpenAiResponses.translator().read_prompt(asked).unwrap();
    let mut losses = Losses::new(false);
    let body: Value = serde_json::from_str(&written(&prompt, &mut losses)).unwrap();
    let tools = body["tools"].as_array().unwrap();
    assert!(tools.len() > 1 && tools.iter().all(|tool| tool["type"] == "function"), "{tools:?}");
    assert!(losses.warnings().contains(&"built_in_tool_dropped"), "{:?}", losses.warnings());
}

fn streamed(pieces: &[&[u8]]) -> Vec<Event> {
    let (mut parser, mut reader) = (SseParser::default(), chat().stream_reader());
    let mut events = Vec::new();
    for piece in pieces {
        parser.feed(piece, |event| reader.read(event, &mut events).unwrap());
    }
    reader.finish(&mut events);
    events
}

fn lines(events: &[Event]) -> String {
    events.iter().fold(String::new(), |mut lines, event| {
        writeln!(lines, "{event:?}").unwrap();
        lines
    })
}

fn check_events(case: &Path, events: &[Event]) {
    let found = lines(events);
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(case.join("events.txt"), &found).unwrap();
    }
    assert_eq!(found, text(case, "events.txt").unwrap_or_default(), "{}", case.display());
}

/// What a caller can get again: seals come back in another form, a full context is a length.
fn plain(mut reply: Reply) -> Reply {
    (reply.id, reply.model) = (None, None);
    for part in &mut reply.parts {
        if let Part::Thought(thought) = part {
            thought.seal = None;
        }
    }
    if reply.finish == Some(Finish::ContextFull) {
        reply.finish = Some(Finish::Length);
    }
    reply
}

#[test]
fn whole_answers_are_read_and_written_again() {
    for case in cases("replies") {
        let events = chat().read_reply(text(&case, "answer.json").unwrap().as_bytes()).unwrap();
        check_events(&case, &events);
        let reply = Reply::of(events);
        if reply.fault.is_some() {
            continue;
        }
        let again = chat().write_reply(&reply, &Voice::default());
        let again = Reply::of(chat().read_reply(again.as_bytes()).unwrap());
        assert_eq!(plain(again), plain(reply), "{}", case.display());
    }
}

#[test]
fn streams_are_read_the_same_wherever_they_are_cut() {
    for case in cases("streams") {
        let stream = text(&case, "answer.sse").unwrap();
        let events = streamed(&[stream.as_bytes()]);
        check_events(&case, &events);
        for cut in 0..stream.len() {
            let (left, right) = stream.as_bytes().split_at(cut);
            assert_eq!(streamed(&[left, right]), events, "{} cut at {cut}", case.display());
        }
        let bytes: Vec<&[u8]> = stream.as_bytes().chunks(1).collect();
        assert_eq!(streamed(&bytes), events, "{} byte by byte", case.display());
    }
}

#[test]
fn what_is_streamed_says_the_same_when_it_is_read_again() {
    for case in cases("streams") {
        let stream = text(&case, "answer.sse").unwrap();
        let events = streamed(&[stream.as_bytes()]);
        let reply = Reply::of(events.clone());
        if reply.finish.is_none() {
            continue;
        }
        for wants_usage in [false, true] {
            let voice = Voice { wants_usage, id: "1".to_owned(), ..Voice::default() };
            let (mut writer, mut out) = (chat().stream_writer(voice), String::new());
            events.iter().for_each(|event| writer.write(event, &mut out));
            writer.finish(&mut out);
            let again = Reply::of(streamed(&[out.as_bytes()]));
            let usage = reply.usage.filter(|_| wants_usage);
            let expected = Reply { usage, ..reply.clone() };
            assert_eq!(plain(again), plain(expected), "{}:\n{out}", case.display());
            assert!(out.ends_with("data: [DONE]\n\n"));
        }
    }
}

/// Ten turns with tools, thoughts and images: what is sent for the first of them does not change.
#[test]
fn earlier_turns_are_written_the_same_when_later_ones_come() {
    let mut messages = vec![r#"{"role":"system","content":"s"}"#.to_owned()];
    let mut ends = Vec::new();
    for turn in 0..10 {
        messages.push(format!(r#"{{"role":"user","content":"q{turn}"}}"#));
        ends.push(messages.len());
        messages.push(format!(
            r#"{{"role":"assistant","content":null,"reasoning_content":"t{turn}","tool_calls":[
            {{"id":"odd:{turn}","type":"function","function":{{"name":"a.b","arguments":"{{}}"}}}},
            {{"id":"c","type":"function","function":{{"name":"g","arguments":"{{\"n\":{turn}}}"}}}}]}}"#
        ));
        messages.push(format!(
            r#"{{"role":"tool","tool_call_id":"c","content":[{{"type":"image_url","image_url":{{"url":"https://example.com/{turn}"}}}}]}}"#
        ));
        messages.push(format!(r#"{{"role":"tool","tool_call_id":"odd:{turn}","content":"r"}}"#));
        ends.push(messages.len());
        messages.push(format!(r#"{{"role":"assistant","content":"a{turn}"}}"#));
    }
    let written_until = |end: usize| {
        let tools = r#"[{"type":"function","function":{"name":"a.b"}}]"#;
        let body = format!(r#"{{"model":"m","messages":[{}],"tools":{tools}}}"#, messages[..end].join(","));
        let prompt = chat().read_prompt(body.as_bytes()).unwrap();
        let body = written(&prompt, &mut Losses::new(false));
        body.split_once("],\"tools\":[").unwrap().0.to_owned()
    };
    for pair in ends.windows(2) {
        let (earlier, later) = (written_until(pair[0]), written_until(pair[1]));
        assert!(later.starts_with(&earlier), "{earlier}\n{later}");
    }
}

#[test]
fn a_flaw_of_a_request_names_its_place() {
    let check = |body: &str, param: &str| {
        let flaw = chat().read_prompt(body.as_bytes()).unwrap_err();
        assert_eq!(flaw.param.as_deref(), Some(param), "{body}: {flaw:?}");
        assert!(!flaw.is_of_target);
    };
    check(r#"{"messages":[]}"#, "model");
    check(r#"{"model":"m"}"#, "messages");
    check(r#"{"model":"m","messages":[{"role":"robot"}]}"#, "messages[0].role");
    check(r#"{"model":"m","messages":[{"role":"tool","content":"x"}]}"#, "messages[0].tool_call_id");
    check(r#"{"model":"m","messages":[{"role":"user","content":7}]}"#, "messages[0].content");
    check(
        r#"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png,x"}}]}]}"#,
        "messages[0].content[0].image_url.url",
    );
    check(
        r#"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,???"}}]}]}"#,
        "messages[0].content[0].image_url.url",
    );
    check(
        r#"{"model":"m","messages":[],"tools":[{"type":"function","function":{"name":"f","parameters":[]}}]}"#,
        "tools[0].function.parameters",
    );
    check(r#"{"model":"m","messages":[],"tool_choice":"maybe"}"#, "tool_choice");
    check(r#"{"model":"m","messages":[],"tool_choice":"required"}"#, "tool_choice");
    check(
        r#"{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:text/plain;base64,AAAA"}}]}]}"#,
        "messages[0].content[0].image_url.url",
    );
    check(
        r#"{"model":"m","messages":[],"response_format":{"type":"json_schema","json_schema":{"name":"a","schema":[]}}}"#,
        "response_format.json_schema.schema",
    );
    check(r#"{"model":"m","messages":[],"response_format":{"type":"xml"}}"#, "response_format.type");
    check(r#"{"model":"m","messages":[],"reasoning_effort":"very"}"#, "reasoning_effort");
}

#[test]
fn what_must_not_be_lost_is_refused() {
    let check = |fields: &str, code: &str| {
        let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"x"}}],{fields}}}"#);
        let prompt = chat().read_prompt(body.as_bytes()).unwrap();
        let abilities = Abilities { calls_tools: false, takes_images: false, ..Abilities::default() };
        let target = Target { model: "m", abilities: &abilities, output_tokens_default: 1 };
        let flaw = chat().write_prompt(&prompt, &target, &mut Losses::new(false)).unwrap_err();
        assert!(flaw.is_of_target && flaw.message.contains(code), "{flaw:?}");
    };
    check(r#""n":2"#, "n_unsupported");
    check(r#""logprobs":true"#, "logprobs_unsupported");
    check(r#""tools":[{"type":"function","function":{"name":"f"}}]"#, "tools_unsupported");
    check(
        r#""messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://example.com/i"}}]}]"#,
        "image_unsupported",
    );
    check(
        r#""messages":[{"role":"user","content":"x"},{"role":"assistant","content":"{","prefix":true}]"#,
        "prefill_unsupported",
    );
    check(
        r#""messages":[{"role":"user","content":[{"type":"video_url","video_url":{"url":"https://example.com/v"}}]}]"#,
        "video_unsupported",
    );
    check(
        r#""messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]}]"#,
        "file_id_unsupported",
    );
}

/// The beginning of an answer is handed on in the host's own way.
#[test]
fn a_beginning_is_told_as_the_host_takes_it() {
    let body = br#"{"model":"m","messages":[{"role":"user","content":"x"},{"role":"assistant","content":"The","partial":true}]}"#;
    let prompt = chat().read_prompt(body).unwrap();
    let written = |continuing| {
        let abilities = Abilities { continuing, ..Abilities::default() };
        let target = Target { model: "m", abilities: &abilities, output_tokens_default: 1 };
        chat().write_prompt(&prompt, &target, &mut Losses::new(false)).map(|written| written.body)
    };
    let last = r#"{"role":"assistant","content":"The"}]"#;
    assert!(written(Some(Continuing::Bare)).unwrap().contains(last));
    assert!(
        written(Some(Continuing::Flag("prefix"))).unwrap().contains(r#""content":"The","prefix":true}]"#)
    );
    let beside = written(Some(Continuing::FinalMessage)).unwrap();
    assert!(
        beside.contains(last)
            && beside.contains(r#""continue_final_message":true,"add_generation_prompt":false"#)
    );
    assert!(written(None).unwrap_err().message.contains("prefill_unsupported"));
}

/// What a model cannot do is done in another way, and told.
#[test]
fn what_a_model_cannot_do_is_asked_for_otherwise() {
    let check = |fields: &str, abilities: Abilities, wanted: &[&str], unwanted: &str, warnings: &[&str]| {
        let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"x"}}],{fields}}}"#);
        let prompt = chat().read_prompt(body.as_bytes()).unwrap();
        let target = Target { model: "m", abilities: &abilities, output_tokens_default: 1 };
        let mut losses = Losses::new(false);
        let written = chat().write_prompt(&prompt, &target, &mut losses).unwrap();
        for wanted in wanted {
            assert!(written.body.contains(wanted), "{wanted} in {}", written.body);
        }
        assert!(unwanted.is_empty() || !written.body.contains(unwanted), "{unwanted} in {}", written.body);
        assert_eq!(losses.warnings(), warnings, "{fields}");
        written
    };
    let able = Abilities::default;
    let tool = r#""tools":[{"type":"function","function":{"name":"f"}}]"#;
    let schema = r#""response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"a":1}}}"#;

    let unforced = Abilities { call_force: CallForce::None, has_parallel_switch: false, ..able() };
    let choice = format!(r#"{tool},"tool_choice":"required","parallel_tool_calls":false"#);
    let words = r#"{"role":"user","content":"Answer with a call of one of the functions."}]"#;
    let warnings = ["tool_choice_degraded", "parallel_switch_dropped"];
    check(&choice, unforced, &[words], "tool_choice", &warnings);

    let no_schema = || Abilities { schema_support: SchemaSupport::None, ..able() };
    let by_tool =
        [r#""parameters":{"a":1}"#, r#""tool_choice":{"type":"function","function":{"name":"json"}}"#];
    let written = check(schema, no_schema(), &by_tool, "response_format", &["json_schema_emulated"]);
    assert_eq!(written.answer_tool.as_deref(), Some("json"));
    let beside_tools = format!("{schema},{tool}");
    let words =
        [r#"[{"role":"system","content":"Answer with JSON of this schema and nothing else: {\"a\":1}"}"#];
    check(&beside_tools, no_schema(), &words, "response_format", &["json_schema_emulated"]);

    let written =
        check(r#""stop":["a","b","c","d","e"]"#, able(), &[r#"["a","b","c","d"]"#], "", &["stop_emulated"]);
    assert_eq!(written.stop_texts, ["e"]);
    let unmoved = Abilities { has_sampling: false, ..able() };
    check(r#""temperature":1,"top_p":1"#, unmoved, &[], "top_p", &["sampling_dropped"]);
    let small = Abilities { output_tokens_max: Some(8), ..able() };
    check(r#""max_tokens":9"#, small, &[r#""max_completion_tokens":8"#], "", &["max_tokens_clamped"]);

    let thoughtless = Abilities { thinking: ThinkingForm::None, ..able() };
    check(r#""reasoning_effort":"low""#, thoughtless, &[], "reasoning", &["thinking_unsupported"]);
    let off = r#""thinking":{"type":"disabled"}"#;
    check(off, able(), &[], "reasoning", &["thinking_unsupported"]);
    let thoughtful = Abilities { thinking: ThinkingForm::Effort, ..able() };
    check(off, thoughtful, &[r#""reasoning_effort":"none""#], "", &[]);
    check(r#""reasoning":{"max_tokens":1500}"#, able(), &[r#""reasoning_effort":"low""#], "", &[]);
}
