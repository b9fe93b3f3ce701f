//! Corners of writing conversations: turns, blocks, pairs, media.

use dialects::Dialect;
use dialects::canonical::{
    Abilities, Call, Citation, Foreign, Media, MediaKind, Outcome, Part, Prompt, Seal, SealForm, Source,
    Speaker, Text, Thought,
};
use serde_json::{Value, json};

use super::speech::{refusal, send};

const PNG: &str = "iVBORw0KGgo=";

fn conversation(turns: Vec<(Speaker, Vec<Part>)>) -> Prompt {
    let mut prompt = Prompt { model: "m".to_owned(), ..Prompt::default() };
    turns.into_iter().for_each(|(speaker, parts)| prompt.say(speaker, None, parts));
    prompt
}

fn text(text: &str) -> Part {
    Part::Text(Text::plain(text))
}

fn call(id: &str, arguments: &str) -> Part {
    let (id, arguments) = (id.to_owned(), arguments.to_owned());
    Part::Call(Call { id, name: "f".to_owned(), arguments, ..Call::default() })
}

fn outcome(call_id: &str, parts: Vec<Part>) -> Part {
    Part::Outcome(Outcome { call_id: call_id.to_owned(), parts, ..Outcome::default() })
}

fn media(kind: MediaKind, source: Source) -> Part {
    let path = "messages[0].content[0]".to_owned();
    Part::Media(Media { kind, source, name: None, detail: None, mark: None, path })
}

fn inline(media_type: &str, data: &str) -> Source {
    Source::Inline { media_type: media_type.to_owned(), data: data.to_owned() }
}

fn said(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

#[test]
fn instructions_go_to_the_top_and_late_ones_stay_in_their_place() {
    let prompt = conversation(vec![
        (Speaker::Instructions, vec![text("A"), text("B"), text(" ")]),
        (Speaker::User, vec![text("hello")]),
        (Speaker::Model, vec![text("hi")]),
        (Speaker::Instructions, vec![text("late")]),
        (Speaker::User, vec![text("go")]),
    ]);
    let sent = send(&prompt, &Abilities::default());
    assert_eq!(sent.body["system"], json!([said("A"), said("B")]));
    let late = json!({"role": "user", "content": [said("<system>\nlate\n</system>"), said("go")]});
    assert_eq!(sent.body["messages"][2], late);
    assert_eq!(sent.warnings, ["system_moved"]);
    let takes = Abilities { takes_late_instructions: true, ..Abilities::default() };
    let sent = send(&prompt, &takes);
    assert_eq!(sent.body["messages"][2], json!({"role": "system", "content": [said("late")]}));
    assert_eq!(sent.warnings, [""; 0]);
}

#[test]
fn instructions_never_come_between_a_call_and_its_outcome() {
    let prompt = conversation(vec![
        (Speaker::User, vec![text("go")]),
        (Speaker::Model, vec![call("c1", "")]),
        (Speaker::Instructions, vec![text("late")]),
        (Speaker::User, vec![outcome("c1", vec![text("done")])]),
    ]);
    let content = send(&prompt, &Abilities::default()).body["messages"][2]["content"].clone();
    assert_eq!(content[0]["type"], "tool_result");
    assert_eq!(content[1], said("<system>\nlate\n</system>"));
}

#[test]
fn a_user_speaks_first_and_last() {
    let dot = json!({"role": "user", "content": [said(".")]});
    let sent = send(&conversation(vec![(Speaker::Instructions, vec![text("S")])]), &Abilities::default());
    assert_eq!((&sent.body["messages"], sent.warnings), (&json!([dot]), vec!["user_turn_added"]));
    let model = json!({"role": "assistant", "content": [said("hi")]});
    let sent = send(&conversation(vec![(Speaker::Model, vec![text("hi")])]), &Abilities::default());
    assert_eq!(sent.body["messages"], json!([dot, model, dot]));
}

#[test]
fn the_beginning_of_an_answer_has_no_white_at_its_end() {
    let turns = vec![(Speaker::User, vec![text("go")]), (Speaker::Model, vec![text("{ \n")])];
    let prompt = Prompt { continues_last: true, ..conversation(turns) };
    let sent = send(&prompt, &Abilities::default());
    assert_eq!(sent.body["messages"][1], json!({"role": "assistant", "content": [said("{")]}));
    let stubborn = Abilities { continues_answers: false, ..Abilities::default() };
    assert!(refusal(&prompt, &stubborn).message.contains("prefill_unsupported"));
}

#[test]
fn pairs_are_kept_together_and_made_whole() {
    let prompt = conversation(vec![
        (Speaker::User, vec![text("go")]),
        (Speaker::Model, vec![call("c:1", "{\"a\":1e-7}"), call("c2", ""), call("c3", "{\"a\":")]),
        (Speaker::User, vec![text("and?"), outcome("c2", vec![]), outcome("c:1", vec![text("1")])]),
        (Speaker::Model, vec![text("ok")]),
        (Speaker::User, vec![outcome("lost", vec![text("found")])]),
    ]);
    let sent = send(&prompt, &Abilities::default());
    let (calls, outcomes) = (&sent.body["messages"][1]["content"], &sent.body["messages"][2]["content"]);
    assert_eq!(calls[0]["id"], outcomes[0]["tool_use_id"]);
    assert!(!calls[0]["id"].as_str().unwrap().contains(':'));
    assert_eq!(calls[1]["input"], json!({}));
    assert_eq!(outcomes[1], json!({"type": "tool_result", "tool_use_id": "c2"}));
    assert_eq!(calls[2]["input"], json!({"_raw": "{\"a\":"}));
    assert_eq!((&outcomes[2]["tool_use_id"], &outcomes[2]["is_error"]), (&json!("c3"), &json!(true)));
    assert_eq!(outcomes[3], said("and?"));
    assert_eq!(sent.body["messages"][4]["content"][1], said("found"));
    assert_eq!(sent.warnings, ["tool_result_missing", "tool_result_orphan", "tool_arguments_wrapped"]);
    assert!(sent.written.body.contains(r#""input":{"a":1e-7}"#));
    // What was called must be declared, though nobody may call it again.
    assert_eq!(
        sent.body["tools"],
        json!([{"name": "f", "input_schema": {"type": "object", "properties": {}}}])
    );
    assert_eq!(sent.body["tool_choice"], json!({"type": "none"}));
}

#[test]
fn a_tool_that_failed_says_so() {
    let failed = Part::Outcome(Outcome { call_id: "c".to_owned(), is_error: true, ..Outcome::default() });
    let prompt = conversation(vec![
        (Speaker::User, vec![text("go")]),
        (Speaker::Model, vec![call("c", "{}")]),
        (Speaker::User, vec![failed]),
    ]);
    let outcome = send(&prompt, &Abilities::default()).body["messages"][2]["content"][0].clone();
    let expected = json!({"type": "tool_result", "tool_use_id": "c", "content": [said("The tool failed.")], "is_error": true});
    assert_eq!(outcome, expected);
}

#[test]
fn thoughts_go_back_sealed_or_not_at_all() {
    let thought = |text: &str, form: Option<SealForm>| {
        let seal = form.map(|form| Seal { form, blob: "b".to_owned() });
        Part::Thought(Thought { text: text.to_owned(), seal, ..Thought::default() })
    };
    let prompt = conversation(vec![
        (Speaker::User, vec![text("go")]),
        (
            Speaker::Model,
            vec![
                thought("", Some(SealForm::Signature)),
                thought("hm", None),
                thought("", Some(SealForm::Redacted)),
                thought("hm", Some(SealForm::Encrypted)),
                text(""),
                text("ok"),
            ],
        ),
        (Speaker::User, vec![text("on")]),
    ]);
    let sent = send(&prompt, &Abilities::default());
    let expected = json!([
        {"type": "thinking", "thinking": "", "signature": "b"}, {"type": "redacted_thinking", "data": "b"}, said("ok"),
    ]);
    assert_eq!(sent.body["messages"][1]["content"], expected);
    assert_eq!(sent.codes, ["reasoning_dropped", "signed_reasoning_dropped"]);
}

#[test]
fn refusals_and_citations_become_plain_words() {
    let cited = Part::Text(Text { citations: vec![Citation::default()], ..Text::plain("so") });
    let prompt = conversation(vec![
        (Speaker::User, vec![text("go")]),
        (Speaker::Model, vec![Part::Refusal("no".to_owned()), cited]),
        (Speaker::User, vec![text("on")]),
    ]);
    let sent = send(&prompt, &Abilities::default());
    assert_eq!(sent.body["messages"][1]["content"], json!([said("no"), said("so")]));
    assert_eq!(sent.codes, ["refusal_as_text", "citations_dropped"]);
}

#[test]
fn media_are_declared_as_what_they_are() {
    let source = |part: Part| {
        let sent = send(&conversation(vec![(Speaker::User, vec![part])]), &Abilities::default());
        sent.body["messages"][0]["content"][0]["source"].clone()
    };
    let png = json!({"type": "base64", "media_type": "image/png", "data": PNG});
    assert_eq!(source(media(MediaKind::Image, inline("image/jpeg", PNG))), png);
    let pdf = json!({"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"});
    assert_eq!(source(media(MediaKind::Document, inline("application/octet-stream", "JVBERi0x"))), pdf);
    let words = json!({"type": "text", "media_type": "text/plain", "data": "abc"});
    assert_eq!(source(media(MediaKind::Document, inline("text/csv", "YWJj"))), words);
}

#[test]
fn media_that_cannot_be_carried_are_refused_by_their_place() {
    let blind = Abilities { takes_images: false, ..Abilities::default() };
    let lazy = Abilities { fetches_urls: false, ..Abilities::default() };
    let plain = Abilities::default();
    let url = || Source::Url("https://a.example/a".to_owned());
    for (part, abilities, code) in [
        (media(MediaKind::Image, inline("image/png", PNG)), &blind, "image_unsupported"),
        (media(MediaKind::Image, inline("image/tiff", "AAAA")), &plain, "image_unsupported"),
        (media(MediaKind::Image, url()), &lazy, "image_unsupported"),
        (media(MediaKind::Audio, inline("audio/wav", "AAAA")), &plain, "audio_unsupported"),
        (media(MediaKind::Video, url()), &plain, "video_unsupported"),
        (media(MediaKind::Document, inline("application/msword", "AAAA")), &plain, "document_unsupported"),
        (media(MediaKind::Document, Source::File("file-1".to_owned())), &plain, "file_id_unsupported"),
    ] {
        let flaw = refusal(&conversation(vec![(Speaker::User, vec![part])]), abilities);
        assert!(flaw.message.contains(code) && flaw.is_of_target, "{code}: {}", flaw.message);
        assert_eq!(flaw.param.as_deref(), Some("messages[0].content[0]"));
    }
}

#[test]
fn parts_of_another_dialect_are_refused_by_their_place() {
    for (kind, code) in [("computer_call", "content_part_unsupported"), ("item_reference", "stored_state")] {
        let foreign = Part::Foreign(Foreign {
            dialect: Dialect::OpenAiResponses,
            kind: kind.to_owned(),
            json: "{}".to_owned(),
            path: "input[3]".to_owned(),
        });
        let flaw = refusal(&conversation(vec![(Speaker::User, vec![foreign])]), &Abilities::default());
        assert!(flaw.message.contains(code), "{}", flaw.message);
        assert_eq!(flaw.param.as_deref(), Some("input[3]"));
    }
}
