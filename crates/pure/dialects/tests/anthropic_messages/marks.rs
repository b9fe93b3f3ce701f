//! Cache marks on their way through: which of them, and for how long.

use dialects::canonical::{Abilities, CacheMark, Losses, Part, Prompt, Speaker, Text};
use dialects::{Dialect, Target};
use serde_json::{Value, json};

use super::speech::send;

fn marked(words: &str, ttl: &str) -> Part {
    let mark = Some(CacheMark { ttl: Some(ttl.to_owned()) });
    Part::Text(Text { mark, ..Text::plain(words) })
}

fn said(parts: Vec<Part>) -> Prompt {
    let mut prompt = Prompt { model: "m".to_owned(), ..Prompt::default() };
    prompt.say(Speaker::User, None, parts);
    prompt
}

/// Reads a request of one dialect, writes it for another; its marks in order, as their lifetimes, and what was lost.
fn through(from: Dialect, to: Dialect, body: &Value) -> (Value, Vec<&'static str>) {
    let prompt = from.translator().read_prompt(body.to_string().as_bytes()).unwrap();
    let abilities = Abilities::default();
    let target = Target { model: "m", abilities: &abilities, output_tokens_default: 4096 };
    let mut losses = Losses::new(false);
    let written = to.translator().write_prompt(&prompt, &target, &mut losses).unwrap();
    let codes = losses.told().iter().map(|loss| loss.feature.code()).collect();
    (serde_json::from_str(&written.body).unwrap(), codes)
}

#[test]
fn of_many_marks_the_last_four_count() {
    let parts = ["a", "b", "c", "d", "e", "f"].map(|words| marked(words, "30m")).to_vec();
    let sent = send(&said(parts), &Abilities::default());
    let content = &sent.body["messages"][0]["content"];
    assert!(content[0]["cache_control"].is_null() && content[1]["cache_control"].is_null());
    assert_eq!(content[2]["cache_control"], json!({"type": "ephemeral", "ttl": "1h"}));
    assert_eq!(sent.written.body.matches("cache_control").count(), 4);
    assert_eq!(sent.warnings, ["cache_marks_reduced"]);
}

#[test]
fn a_longer_mark_behind_a_shorter_one_lasts_as_short() {
    let check = |ttls: &[&str], sent_ttls: &[&str], warnings: &[&str]| {
        let parts = ttls.iter().map(|ttl| marked("a", ttl)).collect();
        let sent = send(&said(parts), &Abilities::default());
        let content = sent.body["messages"][0]["content"].as_array().unwrap().clone();
        let found: Vec<_> =
            content.iter().filter_map(|block| block["cache_control"]["ttl"].as_str()).collect();
        assert_eq!((found.as_slice(), sent.warnings.as_slice()), (sent_ttls, warnings));
    };
    check(&["1h", "5m"], &["1h", "5m"], &[]);
    check(&["5m", "1h"], &["5m", "5m"], &["cache_marks_reduced"]);
    // The short one is not sent.
    check(&["5m", "1h", "1h", "1h", "1h"], &["1h", "1h", "1h", "1h"], &["cache_marks_reduced"]);
}

fn with_marked_calls() -> Value {
    let mark = json!({"type": "ephemeral"});
    json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [
            {"type": "tool_use", "id": "a", "name": "f", "input": {}, "cache_control": mark}]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "a", "content": "1", "cache_control": mark},
            {"type": "text", "text": "and?"}]},
    ], "tools": [{"name": "f", "input_schema": {"type": "object"}, "cache_control": mark}]})
}

#[test]
fn marks_of_calls_and_results_go_on_where_they_are_known() {
    let messages = Dialect::AnthropicMessages;
    let (body, lost) = through(messages, messages, &with_marked_calls());
    let mark = json!({"type": "ephemeral"});
    assert_eq!(body["messages"][1]["content"][0]["cache_control"], mark);
    assert_eq!(body["messages"][2]["content"][0]["cache_control"], mark);
    assert_eq!((&body["tools"][0]["cache_control"], lost), (&mark, vec![]));
    for other in [Dialect::OpenAiChat, Dialect::OpenAiResponses] {
        let (body, lost) = through(messages, other, &with_marked_calls());
        assert!(!body.to_string().contains("cache"), "{body}");
        assert!(lost.contains(&"cache_marks_dropped"), "{lost:?}");
        let mut only_on_the_call = with_marked_calls();
        only_on_the_call["tools"][0]["cache_control"].take();
        only_on_the_call["messages"][2]["content"][0]["cache_control"].take();
        assert!(through(messages, other, &only_on_the_call).1.contains(&"cache_marks_dropped"));
    }
}

/// What goes back as it came keeps its mark, and takes a place.
#[test]
fn marks_of_built_in_tools_and_foreign_blocks_are_counted() {
    let mark = json!({"type": "ephemeral"});
    let text = json!({"type": "text", "text": "a", "cache_control": mark});
    let found =
        json!({"type": "search_result", "source": "s", "title": "t", "content": [], "cache_control": mark});
    let body = json!({"model": "m", "max_tokens": 9,
        "messages": [{"role": "user", "content": [text, text, text, found]}],
        "tools": [{"type": "web_search_20250305", "name": "web_search", "cache_control": mark}]});
    let (body, lost) = through(Dialect::AnthropicMessages, Dialect::AnthropicMessages, &body);
    assert_eq!(body.to_string().matches("cache_control").count(), 4, "{body}");
    assert_eq!(lost, ["cache_marks_reduced"]);
}
