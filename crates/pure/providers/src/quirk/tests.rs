//! What each quirk does to a request, and that nothing else of it changes.

use dialects::canonical::{Effort, Losses, SchemaSupport};

use super::{Quirk, Quirks, ReasoningForm, Replay, SpeakerNames, ToolChoices, apply};

/// A body becomes another, or stays, with these warnings and silent losses.
#[track_caller]
fn check(quirks: impl IntoIterator<Item = Quirk>, body: &str, expected: Option<&str>, told: &[&str]) {
    let mut losses = Losses::new(false);
    let edited = apply(body.as_bytes(), &Quirks::new(quirks), &mut losses).unwrap();
    let edited = edited.map(|body| String::from_utf8(body).unwrap());
    assert_eq!(edited.as_deref(), expected, "{body}");
    let codes: Vec<_> = losses.told().iter().map(|loss| loss.feature.code()).collect();
    assert_eq!(codes, told, "{body}");
}

#[track_caller]
fn refuses(quirks: impl IntoIterator<Item = Quirk>, body: &str, param: &str) {
    let flaw = apply(body.as_bytes(), &Quirks::new(quirks), &mut Losses::new(false)).unwrap_err();
    assert_eq!((flaw.param.as_deref(), flaw.is_of_target), (Some(param), true), "{body}: {}", flaw.message);
}

#[test]
fn nothing_is_copied_where_nothing_applies() {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"n":1}"#;
    assert_eq!(apply(b"no JSON at all", &Quirks::default(), &mut Losses::new(false)), Ok(None));
    let all = [
        Quirk::CapField("max_tokens".into()),
        Quirk::Drop("logprobs".into()),
        Quirk::Rename("seed".into(), "random_seed".into()),
        Quirk::TemperatureMax("1".into()),
        Quirk::TemperatureZero("1e-8".into()),
        Quirk::NoDeveloper,
        Quirk::ToolChoices(ToolChoices { none: false, required: false, named: false }),
        Quirk::Answers(SchemaSupport::None),
        Quirk::NineAlphanumerics,
        Quirk::SpeakerNames(SpeakerNames::Nowhere),
        Quirk::NoStrict,
        Quirk::SchemaDrop("$schema".into()),
        Quirk::JoinedText,
        Quirk::NoEmptyContent,
        Quirk::NoNullMembers,
        Quirk::Reasoning(ReasoningForm::EnableThinking),
        Quirk::Replay(Replay::RequiredWithCalls),
        Quirk::Alternation,
    ];
    check(all, body, None, &[]);
}

#[test]
fn what_is_not_touched_keeps_its_text_and_its_place() {
    check(
        [Quirk::Drop("seed".into()), Quirk::NoDeveloper],
        r#"{ "z" : 1e-7 , "seed":7,"big":18446744073709551616,"messages":[{"role":"developer","content":"\u00e9"}, { "role" : "user","content":null }],"tools":[{"b":1,"a":[ 2 ]}]}"#,
        Some(
            r#"{"z":1e-7,"big":18446744073709551616,"messages":[{"role":"system","content":"\u00e9"},{"role":"user","content":null}],"tools":[{"b":1,"a":[ 2 ]}]}"#,
        ),
        &["seed_dropped"],
    );
}

#[test]
fn the_cap_has_one_name_and_the_newer_one_counts() {
    let older = || [Quirk::CapField("max_tokens".into())];
    let newer = || [Quirk::CapField("max_completion_tokens".into())];
    check(older(), r#"{"max_completion_tokens":5,"a":1}"#, Some(r#"{"max_tokens":5,"a":1}"#), &[]);
    check(older(), r#"{"max_tokens":9,"max_completion_tokens":5}"#, Some(r#"{"max_tokens":5}"#), &[]);
    check(older(), r#"{"max_tokens":9,"max_completion_tokens":null}"#, Some(r#"{"max_tokens":9}"#), &[]);
    check(
        newer(),
        r#"{"max_tokens":9,"max_completion_tokens":5}"#,
        Some(r#"{"max_completion_tokens":5}"#),
        &[],
    );
    check(newer(), r#"{"max_tokens":9}"#, Some(r#"{"max_completion_tokens":9}"#), &[]);
    check(newer(), r#"{"max_completion_tokens":9}"#, None, &[]);
}

#[test]
fn dropped_fields_are_told_unless_they_say_nothing() {
    let drop = |field: &'static str| [Quirk::Drop(field.into())];
    check(drop("store"), r#"{"store":true}"#, Some("{}"), &["store_dropped"]);
    check(drop("store"), r#"{"store":false}"#, Some("{}"), &[]);
    check(drop("frequency_penalty"), r#"{"frequency_penalty":0}"#, Some("{}"), &[]);
    check(drop("frequency_penalty"), r#"{"frequency_penalty":0.1}"#, Some("{}"), &["penalties_dropped"]);
    check(drop("parallel_tool_calls"), r#"{"parallel_tool_calls":true}"#, Some("{}"), &[]);
    check(
        drop("parallel_tool_calls"),
        r#"{"parallel_tool_calls":false}"#,
        Some("{}"),
        &["parallel_switch_dropped"],
    );
    check(drop("stream_options"), r#"{"stream_options":{"include_usage":true}}"#, Some("{}"), &[]);
    check(drop("novel"), r#"{"novel":1}"#, Some("{}"), &["field_dropped"]);
    check(drop("novel"), r#"{"novel":null}"#, Some("{}"), &[]);
    check(drop("n"), r#"{"n":1}"#, Some("{}"), &[]);
    refuses(drop("n"), r#"{"n":2}"#, "n");
    refuses(drop("logprobs"), r#"{"logprobs":true}"#, "logprobs");
    refuses(drop("tools"), r#"{"tools":[{"type":"function"}]}"#, "tools");
    check(drop("tools"), r#"{"tools":[]}"#, Some("{}"), &[]);
}

#[test]
fn a_field_is_renamed_in_its_place() {
    let rename = || [Quirk::Rename("seed".into(), "random_seed".into())];
    check(rename(), r#"{"seed":1,"a":2}"#, Some(r#"{"random_seed":1,"a":2}"#), &[]);
    check(rename(), r#"{"seed":1,"random_seed":3}"#, Some(r#"{"random_seed":3}"#), &[]);
}

#[test]
fn temperatures_come_into_range_by_value_and_stay_text() {
    let max = || [Quirk::TemperatureMax("1".into()), Quirk::TemperatureZero("1e-8".into())];
    check(max(), r#"{"temperature":1.5}"#, Some(r#"{"temperature":1}"#), &["temperature_clamped"]);
    check(max(), r#"{"temperature":1.0}"#, None, &[]);
    check(max(), r#"{"temperature":0.0}"#, Some(r#"{"temperature":1e-8}"#), &[]);
    check(max(), r#"{"temperature":"hot"}"#, None, &[]);
}

#[test]
fn a_choice_the_host_cannot_take_is_asked_for_in_words() {
    let taken = |none, required, named| [Quirk::ToolChoices(ToolChoices { none, required, named })];
    let body = |choice: &str| {
        format!(
            r#"{{"messages":[{{"role":"user","content":"q"}}],"tools":[{{"type":"function","function":{{"name":"f"}}}},{{"type":"function","function":{{"name":"g"}}}}],"tool_choice":{choice}}}"#
        )
    };
    let tools = r#""tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}]"#;
    check(
        taken(true, false, false),
        &body("\"required\""),
        Some(&format!(
            r#"{{"messages":[{{"role":"user","content":"q"}},{{"role":"user","content":"Answer with a call of one of the functions."}}],{tools}}}"#
        )),
        &["tool_choice_degraded"],
    );
    check(
        taken(true, true, false),
        &body(r#"{"type":"function","function":{"name":"f"}}"#),
        Some(&format!(
            r#"{{"messages":[{{"role":"user","content":"q"}},{{"role":"user","content":"Answer with a call of the function f."}}],{tools}}}"#
        )),
        &["tool_choice_degraded"],
    );
    check(taken(true, true, false), &body("\"required\""), None, &[]);
    check(taken(false, true, true), &body("\"auto\""), None, &[]);
    check(
        taken(false, true, true),
        &body("\"none\""),
        Some(r#"{"messages":[{"role":"user","content":"q"}]}"#),
        &[],
    );
    check(
        taken(true, true, true),
        &body(
            r#"{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"g"}}]}}"#,
        ),
        Some(
            r#"{"messages":[{"role":"user","content":"q"}],"tools":[{"type":"function","function":{"name":"g"}}],"tool_choice":"required"}"#,
        ),
        &["allowed_tools_filtered"],
    );
}

#[test]
fn the_form_of_an_answer_is_asked_for_in_words() {
    let schema = r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"q"}],"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type" : "object"}}}}"#;
    let words = r#"{"role":"system","content":"Answer with one JSON object that fits this JSON schema, and nothing else:\n{\"type\" : \"object\"}"}"#;
    check(
        [Quirk::Answers(SchemaSupport::ObjectOnly)],
        schema,
        Some(&format!(
            r#"{{"messages":[{{"role":"system","content":"s"}},{words},{{"role":"user","content":"q"}}],"response_format":{{"type":"json_object"}}}}"#
        )),
        &["json_schema_emulated"],
    );
    check(
        [Quirk::Answers(SchemaSupport::None)],
        schema,
        Some(&format!(
            r#"{{"messages":[{{"role":"system","content":"s"}},{words},{{"role":"user","content":"q"}}]}}"#
        )),
        &["json_schema_emulated"],
    );
    let object = r#"{"messages":[],"response_format":{"type":"json_object"}}"#;
    check([Quirk::Answers(SchemaSupport::ObjectOnly)], object, None, &[]);
    check(
        [Quirk::Answers(SchemaSupport::None)],
        object,
        Some(r#"{"messages":[{"role":"system","content":"Answer with one JSON object and nothing else."}]}"#),
        &["json_object_emulated"],
    );
}

#[test]
fn ids_of_calls_are_shortened_alike_wherever_they_stand() {
    let body = |id: &str| {
        format!(
            r#"{{"messages":[{{"role":"assistant","tool_calls":[{{"id":"{id}","type":"function","function":{{"name":"f","arguments":"{{\"a\": 1e-7}}"}}}}]}},{{"role":"tool","tool_call_id":"{id}","content":"1"}}]}}"#
        )
    };
    check([Quirk::NineAlphanumerics], &body("abcdefgh9"), None, &[]);
    let long = "call_abcdef";
    let short = dialects::canonical::short_id(long, 9).into_owned();
    check([Quirk::NineAlphanumerics], &body(long), Some(&body(&short)), &[]);
}

#[test]
fn names_and_nulls_in_messages_go_where_a_host_refuses_them() {
    let body = r#"{"messages":[{"role":"user","name":"ann","content":"q"},{"role":"assistant","content":null,"function_call":null,"tool_calls":[]},{"role":"tool","name":"f","content":"1"}]}"#;
    check(
        [Quirk::SpeakerNames(SpeakerNames::OfToolsOnly)],
        body,
        Some(&body.replace(r#""name":"ann","#, "")),
        &["name_dropped"],
    );
    check(
        [Quirk::SpeakerNames(SpeakerNames::Nowhere), Quirk::NoNullMembers],
        body,
        Some(
            &body
                .replace(r#""name":"ann","#, "")
                .replace(r#""name":"f","#, "")
                .replace(r#""function_call":null,"#, ""),
        ),
        &["name_dropped"],
    );
    check(
        [Quirk::NoEmptyContent],
        r#"{"messages":[{"role":"assistant","content":"","tool_calls":[{}]},{"role":"user","content":""}]}"#,
        Some(r#"{"messages":[{"role":"assistant","tool_calls":[{}]},{"role":"user","content":""}]}"#),
        &[],
    );
}

#[test]
fn schemas_lose_annotations_and_nothing_that_is_called_like_one() {
    let body = r#"{"tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"$schema":"x","type":"object","properties":{"$id":{"type":"string","$id":"y"},"l":{"items":[{"$id":"z"}],"const":{"$id":1}}}}}}]}"#;
    check(
        [Quirk::SchemaDrop("$schema".into()), Quirk::SchemaDrop("$id".into()), Quirk::NoStrict],
        body,
        Some(
            r#"{"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"$id":{"type":"string"},"l":{"items":[{}],"const":{"$id":1}}}}}}]}"#,
        ),
        &["strict_dropped"],
    );
    check([Quirk::SchemaDrop("$comment".into())], body, None, &[]);
}

#[test]
fn texts_are_joined_and_anything_else_is_left_alone() {
    let body = |content: &str| format!(r#"{{"messages":[{{"role":"user","content":{content}}}]}}"#);
    check(
        [Quirk::JoinedText],
        &body(r#"[{"type":"text","text":"a\n"},{"type":"text","text":"b"}]"#),
        Some(&body(r#""a\n\n\nb""#)),
        &[],
    );
    check(
        [Quirk::JoinedText],
        &body(r#"[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"u"}}]"#),
        None,
        &[],
    );
}

#[test]
fn effort_is_told_in_the_hosts_own_form() {
    let form = |form| [Quirk::Reasoning(form)];
    let high = r#"{"reasoning_effort":"high"}"#;
    let none = r#"{"reasoning_effort":"none"}"#;
    let mapped = &["thinking_mapped"];
    check(form(ReasoningForm::ThinkingType), high, Some(r#"{"thinking":{"type":"enabled"}}"#), mapped);
    check(form(ReasoningForm::ThinkingType), none, Some(r#"{"thinking":{"type":"disabled"}}"#), mapped);
    check(form(ReasoningForm::ThinkingAdaptive), high, Some(r#"{"thinking":{"type":"adaptive"}}"#), mapped);
    check(
        form(ReasoningForm::ThinkingTypeAndEffort),
        high,
        Some(r#"{"reasoning_effort":"high","thinking":{"type":"enabled"}}"#),
        mapped,
    );
    check(
        form(ReasoningForm::EnableThinking),
        high,
        Some(r#"{"enable_thinking":true,"thinking_budget":16384}"#),
        mapped,
    );
    check(form(ReasoningForm::EnableThinking), none, Some(r#"{"enable_thinking":false}"#), mapped);
    check(form(ReasoningForm::ReasoningObject), high, Some(r#"{"reasoning":{"effort":"high"}}"#), mapped);
    check(form(ReasoningForm::None), high, Some("{}"), &["thinking_unsupported"]);
    check(
        form(ReasoningForm::ThinkingType),
        r#"{"thinking":{"type":"disabled"},"reasoning_effort":"high"}"#,
        Some(r#"{"thinking":{"type":"disabled"}}"#),
        mapped,
    );
    let few = || [Quirk::Efforts(vec![Effort::High, Effort::Max].into())];
    check(few(), r#"{"reasoning_effort":"low"}"#, Some(high), mapped);
    check(few(), high, None, &[]);
    check(few(), none, None, &[]);
}

#[test]
fn thoughts_go_back_under_the_hosts_own_name() {
    let message = |member: &str| {
        format!(r#"{{"messages":[{{"role":"assistant","content":"a"{member},"tool_calls":[{{}}]}}]}}"#)
    };
    let (content, reasoning) = (message(r#","reasoning_content":"t""#), message(r#","reasoning":"t""#));
    check([Quirk::Replay(Replay::ReasoningContent)], &reasoning, Some(&content), &[]);
    check([Quirk::Replay(Replay::ReasoningContent)], &content, None, &[]);
    check([Quirk::Replay(Replay::Reasoning)], &content, Some(&reasoning), &[]);
    check([Quirk::Replay(Replay::None)], &content, Some(&message("")), &["reasoning_dropped"]);
    let detailed =
        message(r#","reasoning_details":[{"type":"reasoning.text","text":"t"}],"thinking_blocks":[]"#);
    check(
        [Quirk::Replay(Replay::None)],
        &detailed,
        Some(&message("")),
        &["reasoning_dropped", "reasoning_dropped"],
    );
    // What is said of thoughts, or asked for, is none: such a body is not even read.
    for body in
        [r#"{"reasoning_effort":"low","messages":[{"role":"user","content":"my reasoning_content"}]"#, ""]
    {
        check([Quirk::Replay(Replay::None)], body, None, &[]);
    }
    let needed = || [Quirk::Replay(Replay::RequiredWithCalls)];
    check(
        needed(),
        &message(""),
        Some(
            r#"{"messages":[{"role":"assistant","content":"a","tool_calls":[{}],"reasoning_content":" "}]}"#,
        ),
        &["reasoning_dropped"],
    );
    let off = message("").replace(r#"{"messages""#, r#"{"thinking":{"type":"disabled"},"messages""#);
    check(needed(), &off, None, &[]);
}

#[test]
fn user_and_model_take_turns() {
    check(
        [Quirk::Alternation],
        r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"a"},{"role":"user","content":"b"},{"role":"assistant","content":"c"},{"role":"user","content":[{"type":"text","text":"d"}]},{"role":"user","content":"e"}]}"#,
        Some(
            r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"a\n\nb"},{"role":"assistant","content":"c"},{"role":"user","content":[{"type":"text","text":"d"},{"type":"text","text":"e"}]}]}"#,
        ),
        &[],
    );
    check(
        [Quirk::Alternation],
        r#"{"messages":[{"role":"system","content":"s"},{"role":"assistant","content":"c"}]}"#,
        Some(
            r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"."},{"role":"assistant","content":"c"}]}"#,
        ),
        &["user_turn_added"],
    );
}

/// Turns added at the end change nothing of what was sent before: caches and signed thoughts depend on it.
#[test]
fn earlier_turns_stay_the_same_when_later_ones_come() {
    let quirks = Quirks::new([
        Quirk::NineAlphanumerics,
        Quirk::NoDeveloper,
        Quirk::JoinedText,
        Quirk::SpeakerNames(SpeakerNames::Nowhere),
        Quirk::Answers(SchemaSupport::ObjectOnly),
        Quirk::Replay(Replay::RequiredWithCalls),
    ]);
    let turns = [
        r#"{"role":"developer","content":"s"}"#,
        r#"{"role":"user","name":"n","content":[{"type":"text","text":"a"}]}"#,
        r#"{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{}"}}]}"#,
        r#"{"role":"tool","tool_call_id":"call_1","content":"1"}"#,
        r#"{"role":"assistant","content":"done"}"#,
        r#"{"role":"user","content":"more"}"#,
    ];
    let mut before = String::new();
    for count in 2..=turns.len() {
        let body = format!(
            r#"{{"response_format":{{"type":"json_schema","json_schema":{{"schema":{{}}}}}},"messages":[{}]}}"#,
            turns[..count].join(",")
        );
        let sent = apply(body.as_bytes(), &quirks, &mut Losses::new(false)).unwrap().unwrap();
        let sent = String::from_utf8(sent).unwrap();
        assert!(sent.starts_with(before.trim_end_matches("]}")), "{before}\n{sent}");
        before = sent;
    }
}

#[test]
fn what_is_no_request_is_said_to_be_none() {
    let quirks = Quirks::new([Quirk::NoDeveloper]);
    for (body, param) in
        [("[]", None), (r#"{"messages":{}}"#, Some("messages")), (r#"{"messages":[1]}"#, Some("messages[0]"))]
    {
        let flaw = apply(body.as_bytes(), &quirks, &mut Losses::new(false)).unwrap_err();
        assert_eq!((flaw.param.as_deref(), flaw.is_of_target), (param, false), "{body}");
    }
}

#[test]
fn an_operators_quirks_replace_those_of_their_kind() {
    let of_kind =
        Quirks::new([Quirk::CapField("max_tokens".into()), Quirk::Drop("seed".into()), Quirk::NoStrict]);
    let by =
        [Quirk::CapField("max_completion_tokens".into()), Quirk::Rename("seed".into(), "random_seed".into())];
    let result: Vec<_> = of_kind.overridden(by.clone()).iter().cloned().collect();
    assert_eq!(result, [by[0].clone(), Quirk::NoStrict, by[1].clone()]);
}
