//! What callers send, and what of it is refused.

use super::read_prompt;
use crate::canonical::{
    Effort, Flaw, MediaKind, OutputFormat, Part, Prompt, Source, Speaker, Text, ToolChoice, ToolKind,
};

fn read(more: &str) -> Result<Prompt, Flaw> {
    read_prompt(format!("{{\"model\":\"m\",{more}}}").as_bytes())
}

fn speakers(prompt: &Prompt) -> Vec<(Speaker, usize)> {
    prompt.turns.iter().map(|turn| (turn.speaker, turn.parts.len())).collect()
}

#[test]
fn a_text_is_what_the_user_says() {
    let prompt = read(r#""input":"Hi","instructions":"Be brief.""#).unwrap();
    assert_eq!(speakers(&prompt), [(Speaker::Instructions, 1), (Speaker::User, 1)]);
    assert_eq!(prompt.turns[1].parts, [Part::Text(Text::plain("Hi"))]);
    assert!(!prompt.is_streaming && prompt.wants_stream_usage && prompt.extras.is_empty());
}

#[test]
fn messages_need_no_type_and_their_content_may_be_text() {
    let prompt = read(
        r#""input":[{"role":"developer","content":"a"},{"role":"system","content":"b"},{"role":"user","content":"c"},
            {"role":"assistant","content":"d"},{"role":"user","content":[{"type":"input_text","text":"e"}]}]"#,
    );
    let (instructions, user, model) = (Speaker::Instructions, Speaker::User, Speaker::Model);
    assert_eq!(speakers(&prompt.unwrap()), [(instructions, 2), (user, 1), (model, 1), (user, 1)]);
}

#[test]
fn what_needs_a_kept_answer_is_refused_with_advice() {
    for (body, param) in [
        (r#""input":"x","previous_response_id":"resp_1""#, "previous_response_id"),
        (r#""input":"x","conversation":{"id":"conv_1"}"#, "conversation"),
        (r#""input":"x","background":true"#, "background"),
        (r#""input":"x","prompt":{"id":"pmpt_1"}"#, "prompt"),
        (r#""input":[{"type":"item_reference","id":"msg_1"}]"#, "input[0]"),
    ] {
        let flaw = read(body).unwrap_err();
        assert_eq!(flaw.param.as_deref(), Some(param));
        assert!(flaw.message.contains("send the"), "{}", flaw.message);
    }
    let flaw = read(r#""input":[{"type":"item_reference","id":"msg_1"}]"#).unwrap_err();
    assert!(
        flaw.message.contains("'store: false'"),
        "the remedy in SDKs that send references: {}",
        flaw.message
    );
    let prompt = read(r#""input":"x","previous_response_id":null,"background":false"#).unwrap();
    assert!(prompt.extras.is_empty());
}

#[test]
fn misfits_name_their_place() {
    for (body, param) in [
        (r#""input":7"#, "input"),
        (r#""stream":true"#, "input"),
        (r#""input":[{"role":"robot","content":"x"}]"#, "input[0].role"),
        (r#""input":[{"role":"user","content":[{"type":"input_image"}]}]"#, "input[0].content[0]"),
        (r#""input":[{"type":"function_call","call_id":"a","arguments":"{}"}]"#, "input[0].name"),
        (r#""input":[{"type":"function_call_output","output":"x"}]"#, "input[0].call_id"),
        (r#""input":"x","tools":[{"type":"function"}]"#, "tools[0].name"),
        (
            r#""input":[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,!!"}]}]"#,
            "input[0].content[0]",
        ),
        (
            r#""input":[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png,x"}]}]"#,
            "input[0].content[0]",
        ),
        (
            r#""input":[{"role":"user","content":[{"type":"input_file","file_data":"no Base64"}]}]"#,
            "input[0].content[0]",
        ),
        (r#""input":"x","tools":[{"type":"function","name":"f","parameters":"{}"}]"#, "tools[0].parameters"),
        (
            r#""input":[{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"!!","format":"wav"}}]}]"#,
            "input[0].content[0]",
        ),
        (
            r#""input":[{"role":"user","content":[{"type":"input_image","image_url":"data:text/plain;base64,AAAA"}]}]"#,
            "input[0].content[0]",
        ),
        (
            r#""input":"x","text":{"format":{"type":"json_schema","name":"a","schema":5}}"#,
            "text.format.schema",
        ),
        (r#""input":"x","tool_choice":"required""#, "tool_choice"),
        (r#""input":"x","tool_choice":"any""#, "tool_choice"),
        (r#""input":"x","text":{"format":{"type":"xml"}}"#, "text.format.type"),
        (r#""input":"x","reasoning":{"effort":"huge"}"#, "reasoning.effort"),
    ] {
        assert_eq!(read(body).unwrap_err().param.as_deref(), Some(param), "{body}");
    }
}

#[test]
fn media_are_found_wherever_they_are() {
    let prompt = read(
        r#""input":[{"role":"user","content":[
            {"type":"input_image","image_url":"data:image/png;base64,AAAA","detail":"high"},
            {"type":"input_image","image_url":"https://example.org/a.png","detail":"auto"},
            {"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,BBBB"},
            {"type":"input_file","file_data":"CCCC"},
            {"type":"input_file","file_id":"file_1"}]}]"#,
    );
    let prompt = prompt.unwrap();
    let media = prompt.turns[0].parts.iter().map(|part| match part {
        Part::Media(media) => (media.kind, media.source.clone(), media.detail.as_deref()),
        other => panic!("{other:?}"),
    });
    let media: Vec<_> = media.collect();
    let inline = |media_type: &str, data: &str| Source::Inline {
        media_type: media_type.to_owned(),
        data: data.to_owned(),
    };
    let (image, document) = (MediaKind::Image, MediaKind::Document);
    assert_eq!(
        media,
        [
            (image, inline("image/png", "AAAA"), Some("high")),
            (image, Source::Url("https://example.org/a.png".to_owned()), None),
            (document, inline("application/pdf", "BBBB"), None),
            (document, inline("application/pdf", "CCCC"), None),
            (document, Source::File("file_1".to_owned()), None),
        ]
    );
}

#[test]
fn calls_and_what_tools_answered_keep_their_words() {
    let prompt = read(
        r#""input":[{"type":"function_call","call_id":"a","name":"f","namespace":"g","arguments":"{\"n\": 1e-7}"},
            {"type":"custom_tool_call","call_id":"b","name":"p","input":"{not json"},
            {"type":"function_call_output","call_id":"a","output":[{"type":"input_text","text":"x"},
                {"type":"input_image","image_url":"https://example.org/a.png"}]},
            {"type":"custom_tool_call_output","call_id":"b","output":"y"}]"#,
    );
    let prompt = prompt.unwrap();
    assert_eq!(speakers(&prompt), [(Speaker::Model, 2), (Speaker::User, 2)]);
    let [Part::Call(first), Part::Call(second)] = prompt.turns[0].parts.as_slice() else { panic!() };
    assert_eq!((first.name.as_str(), first.arguments.as_str()), ("g\u{1f}f", "{\"n\": 1e-7}"));
    assert_eq!((second.is_custom, second.arguments.as_str()), (true, "{not json"));
    let [Part::Outcome(first), Part::Outcome(second)] = prompt.turns[1].parts.as_slice() else { panic!() };
    assert_eq!((first.call_id.as_str(), first.parts.len(), first.is_custom), ("a", 2, false));
    assert_eq!((second.call_id.as_str(), second.parts.len(), second.is_custom), ("b", 1, true));
}

#[test]
fn items_of_tools_that_the_provider_runs_are_kept_for_it() {
    let prompt = read(
        r#""input":[{"role":"user","content":"x"},{"type":"local_shell_call","id":"l","call_id":"c"},
            {"type":"local_shell_call_output","call_id":"c","output":"y"}]"#,
    );
    let prompt = prompt.unwrap();
    assert_eq!(speakers(&prompt), [(Speaker::User, 1), (Speaker::Model, 1), (Speaker::User, 1)]);
    let Part::Foreign(foreign) = &prompt.turns[1].parts[0] else { panic!() };
    assert_eq!((foreign.kind.as_str(), foreign.path.as_str()), ("local_shell_call", "input[1]"));
}

#[test]
fn tools_in_groups_and_among_the_items_are_tools() {
    let prompt = read(
        r#""input":[{"type":"additional_tools","role":"developer","tools":[{"type":"custom","name":"exec","format":{"type":"text"}}]},
            {"role":"user","content":"x"}],
          "tools":[{"type":"namespace","name":"g","description":"","tools":[{"type":"function","name":"f","parameters":{}}]},
            {"type":"web_search","external_web_access":true}],
          "tool_choice":{"type":"function","namespace":"g","name":"f"}"#,
    );
    let prompt = prompt.unwrap();
    let names: Vec<&str> = prompt.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["g\u{1f}f", "web_search", "exec"]);
    assert!(matches!(&prompt.tools[1].kind, ToolKind::BuiltIn { kind, .. } if kind == "web_search"));
    assert_eq!(prompt.tools[2].kind, ToolKind::Custom { format: None });
    assert_eq!(prompt.tool_choice, Some(ToolChoice::Named("g\u{1f}f".to_owned())));
}

#[test]
fn knobs_are_read_and_what_is_new_is_kept() {
    let prompt = read(
        r#""input":"x","temperature":1e-1,"reasoning":{"effort":"minimal","summary":"auto","mode":"x"},
          "text":{"format":{"type":"json_object"},"verbosity":"low"},"safety_identifier":"u","store":false,
          "include":["reasoning.encrypted_content"],"stream_options":{"include_obfuscation":false},
          "client_metadata":{"a":"b"},"newer":[1]"#,
    );
    let prompt = prompt.unwrap();
    assert_eq!(prompt.settings.temperature.as_deref(), Some("1e-1"));
    assert_eq!(prompt.thinking.effort, Some(Effort::Minimal));
    assert_eq!(prompt.format, OutputFormat::JsonObject);
    assert_eq!((prompt.settings.user.as_deref(), prompt.settings.is_stored), (Some("u"), Some(false)));
    let extras: Vec<&str> = prompt.extras.iter().map(|extra| extra.name.as_str()).collect();
    assert_eq!(extras, ["reasoning.mode", "client_metadata", "newer"]);
}
