//! Corners of writing everything but the conversation: settings, tools, the form of the answer, thinking.

use dialects::Dialect;
use dialects::canonical::{
    Abilities, CallForce, Effort, Extra, OutputFormat, Prompt, SchemaSupport, Settings, Thinking,
    ThinkingForm, ThinkingWish, Tool, ToolChoice, ToolKind,
};
use serde_json::{Value, json};

use super::speech::{Sent, read, refusal, send};

const SCHEMA: &str = r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}"#;

fn prompt() -> Prompt {
    read(&json!({"model": "m", "messages": [{"role": "user", "content": "go"}]}))
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn tool(name: &str, kind: ToolKind) -> Tool {
    let path = format!("tools[{name}]");
    Tool { name: name.to_owned(), description: None, kind, is_strict: None, mark: None, path }
}

fn function(name: &str, schema: &str) -> Tool {
    tool(name, ToolKind::Function { schema: schema.to_owned() })
}

fn with_settings(settings: Settings, abilities: &Abilities) -> Sent {
    send(&Prompt { settings, ..prompt() }, abilities)
}

#[test]
fn a_cap_is_always_told() {
    let cap = |asked: Option<u64>, most: Option<u64>| {
        let settings = Settings { output_tokens_max: asked, ..Settings::default() };
        let sent = with_settings(settings, &Abilities { output_tokens_max: most, ..Abilities::default() });
        (sent.body["max_tokens"].as_u64().unwrap(), sent.warnings)
    };
    assert_eq!(cap(None, None), (8192, vec![]));
    assert_eq!(cap(None, Some(4096)), (4096, vec![]));
    assert_eq!(cap(Some(9), Some(4096)), (9, vec![]));
    assert_eq!(cap(Some(9000), Some(4096)), (4096, vec!["max_tokens_clamped"]));
}

#[test]
fn sampling_is_brought_to_what_the_model_takes() {
    let sampling = |temperature: &str, top_p: &str, abilities: &Abilities| {
        let settings = Settings {
            temperature: (!temperature.is_empty()).then(|| temperature.to_owned()),
            top_p: (!top_p.is_empty()).then(|| top_p.to_owned()),
            ..Settings::default()
        };
        let sent = with_settings(settings, abilities);
        (sent.body["temperature"].clone(), sent.body["top_p"].clone(), sent.warnings)
    };
    let plain = Abilities::default();
    assert_eq!(sampling("0.3", "0.9", &plain), (json!(0.3), json!(0.9), vec![]));
    assert_eq!(sampling("1.7", "", &plain), (json!(1), Value::Null, vec!["temperature_clamped"]));
    let one = Abilities { takes_temperature_with_top_p: false, ..Abilities::default() };
    assert_eq!(sampling("0.3", "0.9", &one), (json!(0.3), Value::Null, vec!["sampling_dropped"]));
    assert_eq!(sampling("0.3", "1", &one), (json!(0.3), Value::Null, vec![]));
    let none = Abilities { has_sampling: false, ..Abilities::default() };
    assert_eq!(sampling("0.3", "0.9", &none), (Value::Null, Value::Null, vec!["sampling_dropped"]));
    assert_eq!(sampling("1", "1.0", &none), (Value::Null, Value::Null, vec![]));
}

#[test]
fn beside_thinking_nothing_is_sampled_otherwise() {
    let settings =
        Settings { temperature: some("0.2"), top_p: some("0.5"), top_k: Some(3), ..Settings::default() };
    let thinking = Thinking { wish: Some(ThinkingWish::Adaptive), ..Thinking::default() };
    let sent = send(&Prompt { settings, thinking, ..prompt() }, &Abilities::default());
    assert!(["temperature", "top_p", "top_k"].iter().all(|name| sent.body[name].is_null()), "{}", sent.body);
    assert_eq!(sent.warnings, ["sampling_dropped", "top_k_dropped"]);
}

#[test]
fn stop_texts_that_are_not_taken_are_watched_for() {
    let stop = ["\n\n", "A", "", "B", "C"].map(str::to_owned).to_vec();
    let abilities = Abilities { stop_texts_max: 2, ..Abilities::default() };
    let sent = with_settings(Settings { stop, ..Settings::default() }, &abilities);
    assert_eq!(sent.body["stop_sequences"], json!(["A", "B"]));
    assert_eq!(sent.written.stop_texts, ["\n\n", "C"]);
    assert_eq!(sent.warnings, ["stop_emulated"]);
}

#[test]
fn what_has_no_place_is_told() {
    let settings = Settings {
        seed: some("7"),
        presence_penalty: some("0.5"),
        frequency_penalty: some("0"),
        logit_bias: some("{\"1\":2}"),
        metadata: some("{\"a\":\"b\"}"),
        verbosity: some("low"),
        user: some("ada@mail.example"),
        service_tier: some("flex"),
        is_stored: Some(false),
        ..Settings::default()
    };
    let sent = with_settings(settings, &Abilities::default());
    let expected = [
        "seed_dropped",
        "penalties_dropped",
        "logit_bias_dropped",
        "user_dropped",
        "metadata_dropped",
        "service_tier_dropped",
        "verbosity_dropped",
    ];
    assert_eq!(sent.warnings, expected);
    let keys: Vec<&String> = sent.body.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["max_tokens", "messages", "model"]);
    let settings = Settings { user: some("u1"), service_tier: some("default"), ..Settings::default() };
    let body = with_settings(settings, &Abilities::default()).body;
    assert_eq!(
        (&body["metadata"], &body["service_tier"]),
        (&json!({"user_id": "u1"}), &json!("standard_only"))
    );
}

#[test]
fn several_answers_and_likelihoods_are_refused() {
    for (settings, code) in [
        (Settings { choices: Some(2), ..Settings::default() }, "n_unsupported"),
        (Settings { logprobs: Some(true), ..Settings::default() }, "logprobs_unsupported"),
        (Settings { top_logprobs: Some(3), ..Settings::default() }, "logprobs_unsupported"),
    ] {
        let flaw = refusal(&Prompt { settings, ..prompt() }, &Abilities::default());
        assert!(flaw.message.contains(code), "{}", flaw.message);
    }
    with_settings(
        Settings { choices: Some(1), logprobs: Some(false), ..Settings::default() },
        &Abilities::default(),
    );
}

#[test]
fn fields_of_another_dialect_are_told_or_refused() {
    let with = |name: &str, json: &str| {
        let extra = Extra { dialect: Dialect::OpenAiResponses, name: name.to_owned(), json: json.to_owned() };
        Prompt { extras: vec![extra], ..prompt() }
    };
    let plain = Abilities::default();
    assert_eq!(send(&with("truncation", "\"auto\""), &plain).warnings, ["field_dropped"]);
    assert_eq!(send(&with("background", "false"), &plain).warnings, [""; 0]);
    assert!(refusal(&with("background", "true"), &plain).message.contains("background_unsupported"));
    assert!(refusal(&with("previous_response_id", "\"r\""), &plain).message.contains("stored_state"));
}

#[test]
fn tools_are_told_as_they_can_be() {
    let mut strict =
        function("strict", r#"{"type":"object","properties":{"a":{"type":"string","maxLength":9}}}"#);
    strict.is_strict = Some(true);
    let mut open = function("open", r#"{"type":"object","additionalProperties":{"type":"string"}}"#);
    open.is_strict = Some(true);
    let custom = tool("patch", ToolKind::Custom { format: some(r#"{"type":"grammar"}"#) });
    let tools = vec![strict, open, function("empty", ""), custom];
    let sent = send(&Prompt { tools, ..prompt() }, &Abilities::default());
    let expected = json!([
        {"name": "strict", "strict": true, "input_schema": {
            "type": "object", "properties": {"a": {"type": "string", "description": "{maxLength: 9}"}}, "additionalProperties": false}},
        {"name": "open", "input_schema": {"type": "object", "additionalProperties": {"type": "string"}}},
        {"name": "empty", "input_schema": {"type": "object", "properties": {}}},
        {"name": "patch", "description": "`input` is text of this format: {\"type\":\"grammar\"}", "input_schema": {
            "type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}},
    ]);
    assert_eq!(sent.body["tools"], expected);
    assert_eq!(sent.written.wrapped_tools, ["patch"]);
    assert_eq!(sent.warnings, ["strict_dropped", "custom_tool_wrapped", "tool_schema_reduced"]);
}

#[test]
fn tools_that_cannot_be_told_are_refused() {
    let deaf = Abilities { calls_tools: false, ..Abilities::default() };
    for (tool, abilities, words, is_of_target) in [
        (function("f", "{}"), &deaf, "tools_unsupported", true),
        (function("f", "[]"), &Abilities::default(), "no JSON schema of an object", false),
        (function("f", "{\"type\":\"string\"}"), &Abilities::default(), "no JSON schema of an object", false),
    ] {
        let flaw = refusal(&Prompt { tools: vec![tool], ..prompt() }, abilities);
        assert!(flaw.message.contains(words), "{}", flaw.message);
        assert_eq!(flaw.is_of_target, is_of_target);
    }
}

#[test]
fn tools_of_another_provider_are_left_out_or_refused() {
    let (dialect, kind, json) = (Dialect::OpenAiResponses, "web_search".to_owned(), "{}".to_owned());
    let built_in = tool("web_search", ToolKind::BuiltIn { dialect, kind, json });
    let offered = Prompt { tools: vec![built_in], ..prompt() };
    let sent = send(&offered, &Abilities::default());
    assert_eq!((&sent.body["tools"], sent.warnings), (&Value::Null, vec!["built_in_tool_dropped"]));
    let tool_choice = Some(ToolChoice::Named("web_search".to_owned()));
    let flaw = refusal(&Prompt { tool_choice, ..offered }, &Abilities::default());
    assert!(flaw.message.contains("built_in_tool_unsupported"), "{}", flaw.message);
}

#[test]
fn names_are_made_legal_and_told() {
    let tools = vec![function("files.read", "{}"), function(&"n".repeat(129), "{}"), function("ok", "{}")];
    let tool_choice = Some(ToolChoice::Named("files.read".to_owned()));
    let sent = send(&Prompt { tools, tool_choice, ..prompt() }, &Abilities::default());
    assert_eq!(sent.written.renamed_tools.len(), 2);
    assert_eq!(sent.body["tool_choice"]["name"], sent.body["tools"][0]["name"]);
    assert_eq!((sent.body["tools"][2]["name"].as_str(), sent.warnings), (Some("ok"), vec![]));
    let names = sent.written.renamed_tools.iter().map(|(name, _)| name);
    assert!(names.into_iter().all(|name| name.len() <= 128 && !name.contains('.')));
}

#[test]
fn a_choice_is_forced_only_where_that_is_taken() {
    let choice = |tool_choice: ToolChoice, call_force: CallForce| {
        let tools = vec![function("f", "{}"), function("g", "{}")];
        let abilities = Abilities { call_force, ..Abilities::default() };
        let sent = send(&Prompt { tools, tool_choice: Some(tool_choice), ..prompt() }, &abilities);
        (sent.body["tool_choice"].clone(), sent.body["system"][0]["text"].clone(), sent.warnings)
    };
    let named = || ToolChoice::Named("f".to_owned());
    let json_of = |kind: &str| json!({"type": kind});
    assert_eq!(choice(ToolChoice::Auto, CallForce::None), (json_of("auto"), Value::Null, vec![]));
    assert_eq!(choice(ToolChoice::None, CallForce::None), (json_of("none"), Value::Null, vec![]));
    assert_eq!(choice(ToolChoice::Required, CallForce::RequiredOnly), (json_of("any"), Value::Null, vec![]));
    assert_eq!(choice(named(), CallForce::Full), (json!({"type": "tool", "name": "f"}), Value::Null, vec![]));
    let degraded = vec!["tool_choice_degraded"];
    let words = json!("Answer by calling one of the tools.");
    assert_eq!(choice(ToolChoice::Required, CallForce::None), (json_of("auto"), words, degraded.clone()));
    let words = json!("Answer by calling the tool `f`.");
    assert_eq!(choice(named(), CallForce::RequiredOnly), (json_of("any"), words.clone(), degraded.clone()));
    assert_eq!(choice(named(), CallForce::None), (json_of("auto"), words, degraded));
}

#[test]
fn a_model_that_thinks_is_not_forced() {
    let thinking = Thinking { effort: Some(Effort::High), ..Thinking::default() };
    let (tools, tool_choice) = (vec![function("f", "{}")], Some(ToolChoice::Required));
    let sent = send(&Prompt { thinking, tools, tool_choice, ..prompt() }, &Abilities::default());
    assert_eq!(sent.body["tool_choice"], json!({"type": "auto"}));
    assert_eq!(sent.warnings, ["tool_choice_degraded"]);
}

#[test]
fn a_choice_among_some_leaves_the_others_out() {
    let tools = vec![function("f", "{}"), function("g", "{}")];
    let tool_choice = Some(ToolChoice::Allowed { is_required: true, names: vec!["g".to_owned()] });
    let sent = send(&Prompt { tools, tool_choice, ..prompt() }, &Abilities::default());
    assert_eq!(sent.body["tools"], json!([{"name": "g", "input_schema": {"type": "object"}}]));
    assert_eq!(
        (&sent.body["tool_choice"], sent.warnings),
        (&json!({"type": "any"}), vec!["allowed_tools_filtered"])
    );
}

#[test]
fn calls_one_at_a_time_need_a_choice() {
    let choice = |may_call_in_parallel: Option<bool>, has_parallel_switch: bool| {
        let tools = vec![function("f", "{}")];
        let abilities = Abilities { has_parallel_switch, ..Abilities::default() };
        let sent = send(&Prompt { tools, may_call_in_parallel, ..prompt() }, &abilities);
        (sent.body["tool_choice"].clone(), sent.warnings)
    };
    let single = json!({"type": "auto", "disable_parallel_tool_use": true});
    assert_eq!(choice(Some(false), true), (single, vec![]));
    assert_eq!(choice(Some(true), true), (Value::Null, vec![]));
    assert_eq!(choice(Some(false), false), (Value::Null, vec!["parallel_switch_dropped"]));
}

fn structured(schema: &str, abilities: &Abilities, tools: Vec<Tool>, thinking: Thinking) -> Sent {
    let (name, description) = (some("n"), None);
    let format =
        OutputFormat::JsonSchema { name, description, schema: schema.to_owned(), is_strict: Some(true) };
    send(&Prompt { format, tools, thinking, ..prompt() }, abilities)
}

#[test]
fn the_form_of_the_answer_is_native_where_it_can_be() {
    let sent = structured(SCHEMA, &Abilities::default(), vec![], Thinking::default());
    let schema = &sent.body["output_config"]["format"]["schema"];
    assert_eq!((&schema["required"], &schema["additionalProperties"]), (&json!(["a"]), &json!(false)));
    assert_eq!((sent.written.answer_tool, sent.warnings), (None, vec![]));
    let sent =
        structured(r#"{"type":"array","maxItems":3}"#, &Abilities::default(), vec![], Thinking::default());
    let told = json!({"type": "array", "description": "{maxItems: 3}"});
    assert_eq!(sent.body["output_config"]["format"]["schema"], told);
    assert_eq!(sent.warnings, ["json_schema_emulated"]);
}

#[test]
fn else_it_is_a_tool_that_must_be_called() {
    let weak = Abilities { schema_support: SchemaSupport::None, ..Abilities::default() };
    let open = r#"{"type":"object","additionalProperties":true}"#;
    for (schema, abilities) in [(SCHEMA, &weak), (open, &Abilities::default())] {
        let sent = structured(schema, abilities, vec![], Thinking::default());
        let schema: Value = serde_json::from_str(schema).unwrap();
        let forced = json!({"type": "tool", "name": "json", "disable_parallel_tool_use": true});
        assert_eq!((&sent.body["tools"][0]["input_schema"], &sent.body["tool_choice"]), (&schema, &forced));
        assert_eq!(sent.written.answer_tool.as_deref(), Some("json"));
        assert_eq!(sent.warnings, ["json_schema_emulated"]);
    }
}

#[test]
fn else_it_is_told_in_words() {
    let weak = Abilities { schema_support: SchemaSupport::ObjectOnly, ..Abilities::default() };
    let free = Abilities { call_force: CallForce::None, ..weak };
    let thinking = Thinking { wish: Some(ThinkingWish::Adaptive), ..Thinking::default() };
    for (abilities, tools, thinking) in [
        (&free, vec![], Thinking::default()),
        (&weak, vec![function("f", "{}")], Thinking::default()),
        (&weak, vec![], thinking),
    ] {
        let sent = structured(SCHEMA, abilities, tools, thinking);
        assert!(sent.body["system"][0]["text"].as_str().unwrap().contains(SCHEMA), "{}", sent.body);
        assert_eq!((sent.written.answer_tool, sent.warnings), (None, vec!["json_schema_emulated"]));
    }
    let sent = send(&Prompt { format: OutputFormat::JsonObject, ..prompt() }, &Abilities::default());
    assert!(sent.body["system"][0]["text"].as_str().unwrap().contains("JSON object"));
    assert_eq!(sent.warnings, ["json_object_emulated"]);
}

#[test]
fn thinking_takes_the_form_of_the_model() {
    use Effort::{High, Low, Minimal};
    use ThinkingForm::{Adaptive, Budget, Effort as Word, None as Never, Unknown};
    let check = |wish: Option<ThinkingWish>,
                 effort: Option<Effort>,
                 form: ThinkingForm,
                 expected: Value,
                 effort_word: Value| {
        let thinking = Thinking { wish, effort, summary: None };
        let abilities = Abilities { thinking: form, ..Abilities::default() };
        let sent = send(&Prompt { thinking, ..prompt() }, &abilities);
        let found = (sent.body["thinking"].clone(), sent.body["output_config"]["effort"].clone());
        assert_eq!(found, (expected, effort_word), "{wish:?} {effort:?} {form:?}");
    };
    let adaptive = || json!({"type": "adaptive", "display": "summarized"});
    let enabled = |tokens: u64| json!({"type": "enabled", "budget_tokens": tokens});
    let off = || json!({"type": "disabled"});
    check(None, None, Adaptive, Value::Null, Value::Null);
    check(None, Some(High), Adaptive, adaptive(), json!("high"));
    check(None, Some(Minimal), Adaptive, adaptive(), json!("low"));
    check(None, Some(High), Unknown, adaptive(), json!("high"));
    check(Some(ThinkingWish::Budget(3000)), None, Adaptive, adaptive(), json!("medium"));
    check(Some(ThinkingWish::Budget(3000)), None, Unknown, enabled(3000), Value::Null);
    check(Some(ThinkingWish::Budget(3000)), Some(Low), Unknown, enabled(3000), json!("low"));
    check(Some(ThinkingWish::Budget(100)), None, Budget, enabled(1024), Value::Null);
    check(None, Some(High), Budget, enabled(7168), Value::Null);
    check(Some(ThinkingWish::Adaptive), None, Budget, enabled(7168), Value::Null);
    check(None, Some(High), Word, Value::Null, json!("high"));
    check(None, Some(High), Never, Value::Null, Value::Null);
    check(Some(ThinkingWish::Off), None, Adaptive, off(), Value::Null);
    check(None, Some(Effort::None), Unknown, off(), Value::Null);
    check(Some(ThinkingWish::Off), Some(Effort::Max), Adaptive, off(), json!("high"));
    check(Some(ThinkingWish::Off), None, Never, Value::Null, Value::Null);
}

#[test]
fn what_always_thinks_is_asked_to_tell_of_it() {
    let (thinking, can_stop_thinking) = (ThinkingForm::Adaptive, false);
    let abilities = Abilities { thinking, can_stop_thinking, ..Abilities::default() };
    let sent = send(&prompt(), &abilities);
    assert_eq!(sent.body["thinking"], json!({"type": "adaptive", "display": "summarized"}));
    let off = Thinking { wish: Some(ThinkingWish::Off), ..Thinking::default() };
    let sent = send(&Prompt { thinking: off, ..prompt() }, &abilities);
    assert_eq!((&sent.body["thinking"], sent.warnings), (&Value::Null, vec!["thinking_unsupported"]));
}

#[test]
fn a_budget_fits_under_the_cap_or_there_is_none() {
    let thought = |cap: u64| {
        let thinking = Thinking { wish: Some(ThinkingWish::Budget(5000)), ..Thinking::default() };
        let settings = Settings { output_tokens_max: Some(cap), ..Settings::default() };
        let sent = send(&Prompt { thinking, settings, ..prompt() }, &Abilities::default());
        (sent.body["thinking"]["budget_tokens"].as_u64(), sent.warnings)
    };
    assert_eq!(thought(9000), (Some(5000), vec![]));
    assert_eq!(thought(4000), (Some(2976), vec![]));
    assert_eq!(thought(1500), (Some(1024), vec![]));
    assert_eq!(thought(1024), (None, vec!["thinking_unsupported"]));
}

#[test]
fn amid_calls_without_thoughts_a_budget_is_not_taken() {
    let answered = |first: Value| {
        let call = json!({"type": "tool_use", "id": "c", "name": "f", "input": {}});
        let prompt = read(&json!({
            "model": "m", "max_tokens": 9000, "thinking": {"type": "enabled", "budget_tokens": 2000},
            "messages": [
                {"role": "user", "content": "go"},
                {"role": "assistant", "content": [first, call]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "x"}]},
            ],
        }));
        let sent = send(&prompt, &Abilities::default());
        (sent.body["thinking"].is_null(), sent.warnings)
    };
    let sealed = json!({"type": "thinking", "thinking": "", "signature": "s"});
    assert_eq!(answered(sealed), (false, vec![]));
    let unsealed = json!({"type": "thinking", "thinking": "hm", "signature": ""});
    assert_eq!(answered(unsealed), (true, vec!["thinking_unsupported"]));
    assert_eq!(answered(json!({"type": "text", "text": "hm"})), (true, vec!["thinking_unsupported"]));
}
