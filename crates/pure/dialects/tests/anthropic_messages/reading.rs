//! Corners of reading requests.

use dialects::Dialect;
use dialects::canonical::{
    CacheMark, Effort, MediaKind, OutputFormat, Part, Source, Speaker, Text, ThinkingWish, ToolChoice,
    ToolKind,
};
use serde_json::{Value, json};

use super::speech::{flaw, read};

fn asked(content: Value) -> Value {
    let mut body = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user"}]});
    body["messages"][0]["content"] = content;
    body
}

fn parts(content: Value) -> Vec<Part> {
    read(&asked(content)).turns.into_iter().flat_map(|turn| turn.parts).collect()
}

#[test]
fn texts_and_blocks_are_the_same_and_neighbours_are_one_turn() {
    let prompt = read(&json!({"model": "m", "system": "S", "messages": [
        {"role": "user", "content": "a"},
        {"role": "user", "content": [{"type": "text", "text": "b"}, {"type": "text", "text": ""}]},
        {"role": "assistant", "content": ""},
        {"role": "system", "content": "late"},
        {"role": "user", "content": "c"},
    ]}));
    let said: Vec<(Speaker, usize)> =
        prompt.turns.iter().map(|turn| (turn.speaker, turn.parts.len())).collect();
    assert_eq!(
        said,
        [(Speaker::Instructions, 1), (Speaker::User, 2), (Speaker::Instructions, 1), (Speaker::User, 1)]
    );
    assert!(!prompt.continues_last && prompt.settings.output_tokens_max.is_none());
}

#[test]
fn what_ends_with_the_model_is_gone_on_from() {
    let last = |content: Value| {
        let turns = json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": content}]);
        read(&json!({"model": "m", "messages": turns})).continues_last
    };
    assert!(last(json!("{")));
    assert!(!last(json!("")));
    assert!(!last(json!([{"type": "tool_use", "id": "t", "name": "n", "input": {}}])));
}

#[test]
fn a_mark_of_the_whole_stands_on_the_last_block() {
    let mut body = asked(json!("a"));
    body["cache_control"] = json!({"type": "ephemeral", "ttl": "1h"});
    let mark = Some(CacheMark { ttl: Some("1h".to_owned()) });
    assert_eq!(read(&body).turns[0].parts, [Part::Text(Text { mark, ..Text::plain("a") })]);
}

#[test]
fn media_are_what_their_bytes_show() {
    let image = json!([{"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "iVBORw0KGgo="}}]);
    let Part::Media(media) = &parts(image)[0] else { panic!("an image") };
    let data = "iVBORw0KGgo=".to_owned();
    assert_eq!(media.source, Source::Inline { media_type: "image/png".to_owned(), data });
    let bad = json!([{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "not base64"}}]);
    let flaw = flaw(&asked(bad));
    assert_eq!(flaw.param.as_deref(), Some("messages[0].content[0].source"));
    assert!(flaw.message.contains("Base64"), "{}", flaw.message);
}

#[test]
fn what_is_no_image_is_not_taken_for_one() {
    let text =
        json!([{"type": "image", "source": {"type": "base64", "media_type": "text/plain", "data": "AAAA"}}]);
    let flaw = flaw(&asked(text));
    assert_eq!(flaw.param.as_deref(), Some("messages[0].content[0].source"));
    assert!(flaw.message.contains("is no image: it is called text/plain"), "{}", flaw.message);
}

#[test]
fn a_call_of_nothing_is_refused() {
    for choice in [json!({"type": "any"}), json!({"type": "tool", "name": "f"})] {
        let mut body = asked(json!("a"));
        body["tool_choice"] = choice;
        assert_eq!(flaw(&body).param.as_deref(), Some("tool_choice"));
    }
    let mut body = asked(json!("a"));
    body["tool_choice"] = json!({"type": "auto"});
    read(&body);
}

#[test]
fn documents_keep_their_words() {
    let found = parts(json!([
        {"type": "document", "context": "From 1999.", "source": {"type": "text", "media_type": "text/plain", "data": "w"}, "title": "T"},
        {"type": "document", "source": {"type": "content", "content": "plain"}},
        {"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "x"}]}},
        {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
    ]));
    assert_eq!(found[0], Part::Text(Text::plain("From 1999.")));
    let source = |place: usize| match &found[place] {
        Part::Media(media) if media.kind == MediaKind::Document => media.source.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(source(1), Source::Plain("w".to_owned()));
    assert_eq!(source(2), Source::Plain("plain".to_owned()));
    assert!(matches!(&found[3], Part::Foreign(part) if part.kind == "document"));
    assert_eq!(source(4), Source::File("file_1".to_owned()));
}

#[test]
fn what_only_this_dialect_knows_keeps_its_place() {
    let found = parts(json!([
        {"type": "search_result", "source": "s", "title": "t", "content": []},
        {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "tool_reference", "tool_name": "n"}]},
    ]));
    let Part::Foreign(search) = &found[0] else { panic!("{found:?}") };
    assert_eq!((search.dialect, search.kind.as_str()), (Dialect::AnthropicMessages, "search_result"));
    assert_eq!(search.path, "messages[0].content[0]");
    let Part::Outcome(outcome) = &found[1] else { panic!("{found:?}") };
    let Part::Foreign(reference) = &outcome.parts[0] else { panic!("{outcome:?}") };
    assert_eq!(reference.path, "messages[0].content[1].content[0]");
}

#[test]
fn thinking_is_read_in_all_its_ways() {
    let wish = |thinking: Value| {
        let mut body = asked(json!("a"));
        body["thinking"] = thinking;
        read(&body).thinking
    };
    assert_eq!(
        wish(json!({"type": "enabled", "budget_tokens": 2000})).wish,
        Some(ThinkingWish::Budget(2000))
    );
    let adaptive = wish(json!({"type": "adaptive", "display": "omitted"}));
    assert_eq!((adaptive.wish, adaptive.summary.as_deref()), (Some(ThinkingWish::Adaptive), Some("omitted")));
    assert_eq!(wish(json!({"type": "disabled"})).wish, Some(ThinkingWish::Off));
    assert_eq!(wish(json!({"type": "between_tools"})).wish, Some(ThinkingWish::Off));
    let mut body = asked(json!("a"));
    body["thinking"] = json!({"type": "telepathy"});
    body["output_config"] = json!({"effort": "max", "novelty": 1});
    body["speed"] = json!("fast");
    let prompt = read(&body);
    assert_eq!(prompt.thinking.effort, Some(Effort::Max));
    let extras: Vec<&str> = prompt.extras.iter().map(|extra| extra.name.as_str()).collect();
    assert_eq!(extras, ["thinking", "output_config.novelty", "speed"]);
}

#[test]
fn tools_choices_and_forms_are_read() {
    let mut body = asked(json!("a"));
    body["tools"] = json!([
        {"type": "custom", "name": "f", "input_schema": {"type": "object"}, "strict": true},
        {"type": "bash_20250124", "name": "bash"},
        {"type": "mcp_toolset", "mcp_server_name": "s"},
    ]);
    body["tool_choice"] = json!({"type": "any", "disable_parallel_tool_use": true});
    body["output_format"] = json!({"type": "json_schema", "schema": {"type": "object"}});
    let prompt = read(&body);
    assert!(
        matches!(&prompt.tools[0].kind, ToolKind::Function { schema } if schema == r#"{"type":"object"}"#)
    );
    let built_in = |place: usize| match &prompt.tools[place].kind {
        ToolKind::BuiltIn { kind, .. } => (prompt.tools[place].name.clone(), kind.clone()),
        other => panic!("{other:?}"),
    };
    assert_eq!(built_in(1), ("bash".to_owned(), "bash_20250124".to_owned()));
    assert_eq!(built_in(2), ("mcp_toolset".to_owned(), "mcp_toolset".to_owned()));
    assert_eq!((prompt.tool_choice, prompt.may_call_in_parallel), (Some(ToolChoice::Required), Some(false)));
    assert!(matches!(prompt.format, OutputFormat::JsonSchema { .. }));
}

#[test]
fn what_is_malformed_names_its_place() {
    let check = |body: Value, param: &str, words: &str| {
        let flaw = flaw(&body);
        assert_eq!(flaw.param.as_deref(), Some(param), "{}", flaw.message);
        assert!(flaw.message.contains(words), "{}", flaw.message);
    };
    check(json!({"messages": []}), "model", "required");
    check(json!({"model": "m"}), "messages", "required");
    check(json!({"model": "m", "messages": {}}), "messages", "array");
    check(
        json!({"model": "m", "messages": [{"role": "tool", "content": "a"}]}),
        "messages[0].role",
        "'tool'",
    );
    check(asked(json!([{"text": "a"}])), "messages[0].content[0].type", "required");
    check(asked(json!([{"type": "text", "text": 7}])), "messages[0].content[0].text", "string");
    check(
        asked(json!([{"type": "tool_use", "id": "t", "name": "n", "input": "{}"}])),
        "messages[0].content[0].input",
        "object",
    );
    let mut body = asked(json!("a"));
    body["tools"] = json!([{"name": "n", "input_schema": "none"}]);
    check(body.clone(), "tools[0].input_schema", "object");
    body["tools"] = json!([]);
    body["tool_choice"] = json!({"type": "some"});
    check(body, "tool_choice.type", "'some'");
}
