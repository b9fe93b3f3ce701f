//! What is written for providers, and what is told of losses.

use serde_json::{Value, json};

use super::write_prompt;
use crate::Dialect;
use crate::canonical::{
    Abilities, CacheMark, Call, CallForce, Effort, Extra, Flaw, Foreign, Losses, Outcome, OutputFormat, Part,
    Prompt, SchemaSupport, Seal, SealForm, Settings, Speaker, Text, Thinking, ThinkingForm, ThinkingWish,
    Thought, Tool, ToolChoice, ToolKind,
};
use crate::translator::{Target, Written};

fn write_for(prompt: &Prompt, abilities: &Abilities, losses: &mut Losses) -> Result<Written, Flaw> {
    let target = Target { model: "m", abilities, output_tokens_default: 100 };
    write_prompt(prompt, &target, losses)
}

/// The body, and what was lost.
fn written(prompt: &Prompt, abilities: &Abilities) -> (Value, Vec<&'static str>) {
    let mut losses = Losses::new(false);
    let written = write_for(prompt, abilities, &mut losses).unwrap();
    (serde_json::from_str(&written.body).unwrap(), losses.warnings())
}

fn text(text: &str) -> Part {
    Part::Text(Text::plain(text))
}

fn function(name: &str) -> Tool {
    let kind = ToolKind::Function { schema: String::new() };
    let (name, path) = (name.to_owned(), "tools[0]".to_owned());
    Tool { name, description: None, kind, is_strict: None, mark: None, path }
}

fn call(id: &str, name: &str, arguments: &str) -> Part {
    let (id, name, arguments) = (id.to_owned(), name.to_owned(), arguments.to_owned());
    Part::Call(Call { id, name, arguments, is_custom: false, mark: None })
}

fn outcome(id: &str, parts: Vec<Part>) -> Part {
    Part::Outcome(Outcome { call_id: id.to_owned(), parts, ..Outcome::default() })
}

fn asked(parts: impl IntoIterator<Item = Part>) -> Prompt {
    let mut prompt = Prompt::default();
    prompt.say(Speaker::User, None, parts);
    prompt
}

#[test]
fn nothing_is_kept_at_the_provider_unless_it_was_asked_for() {
    let (body, warnings) = written(&asked([text("Hi")]), &Abilities::default());
    let input =
        json!([{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]);
    assert_eq!(body, json!({"model": "m", "input": input, "store": false}));
    assert!(warnings.is_empty());
}

#[test]
fn empty_texts_beside_calls_leave_no_message() {
    let mut prompt = asked([text("x")]);
    prompt.say(Speaker::Model, None, [text(""), call("a.b", "f", "")]);
    prompt.say(Speaker::User, None, [outcome("a.b", Vec::new())]);
    let (body, _) = written(&prompt, &Abilities::default());
    let items = body["input"].as_array().unwrap();
    assert_eq!(items.len(), 3);
    assert_eq!(items[1]["arguments"], "{}");
    assert_eq!(items[1]["call_id"], items[2]["call_id"]);
    assert_ne!(items[1]["call_id"], "a.b");
    assert_eq!(items[2]["output"], "");
}

#[test]
fn a_call_without_an_answer_gets_one() {
    let mut prompt = asked([text("x")]);
    prompt.say(Speaker::Model, None, [call("a", "f", "{}")]);
    let (body, warnings) = written(&prompt, &Abilities::default());
    assert_eq!(body["input"][2]["type"], "function_call_output");
    assert_eq!(warnings, ["tool_result_missing"]);
}

#[test]
fn strictness_is_always_said_and_odd_names_are_made_legal() {
    let tools = vec![function("a.b")];
    let choice = Some(ToolChoice::Named("a.b".to_owned()));
    let prompt = Prompt { tools, tool_choice: choice, ..asked([text("x")]) };
    let result = write_for(&prompt, &Abilities::default(), &mut Losses::default()).unwrap();
    let body: Value = serde_json::from_str(&result.body).unwrap();
    assert_eq!(body["tools"][0]["strict"], false);
    assert_eq!(body["tools"][0]["parameters"]["type"], "object");
    assert_eq!(body["tools"][0]["name"], body["tool_choice"]["name"]);
    let sent = body["tools"][0]["name"].as_str().unwrap().to_owned();
    assert_eq!(result.renamed_tools, [(sent, "a.b".to_owned())]);
}

#[test]
fn thoughts_go_back_with_their_seals_or_not_at_all() {
    let thought = |seal: Option<(SealForm, &str)>| {
        let seal = seal.map(|(form, blob)| Seal { form, blob: blob.to_owned() });
        Part::Thought(Thought { text: "Hm.\n\nYes.".to_owned(), is_summary: true, id: None, seal })
    };
    let mut prompt = asked([text("x")]);
    let parts =
        [thought(None), thought(Some((SealForm::Signature, "s"))), thought(Some((SealForm::Encrypted, "e")))];
    prompt.say(Speaker::Model, None, parts.into_iter().chain([text("y")]));
    // A caller whose dialect knows neither ids nor kinds gives it back like this.
    let seal = Some(Seal { form: SealForm::Encrypted, blob: "f".to_owned() });
    let forgotten = Thought { text: "Hm.".to_owned(), is_summary: false, id: None, seal };
    prompt.say(Speaker::Model, None, [Part::Thought(forgotten)]);
    let (body, _) = written(&prompt, &Abilities::default());
    let items = body["input"].as_array().unwrap();
    assert_eq!(items.len(), 4, "{items:?}");
    assert_eq!(items[3]["summary"], json!([{"type": "summary_text", "text": "Hm."}]));
    assert!(items[3].get("content").is_none());
    let summary = json!([{"type": "summary_text", "text": "Hm."}, {"type": "summary_text", "text": "Yes."}]);
    assert_eq!(items[1], json!({"type": "reasoning", "summary": summary, "encrypted_content": "e"}));
    assert_eq!(body["include"], json!(["reasoning.encrypted_content"]));
}

#[test]
fn what_has_no_field_is_told_or_refused() {
    let settings = |change: &dyn Fn(&mut Settings)| {
        let mut prompt = asked([text("x")]);
        change(&mut prompt.settings);
        prompt
    };
    let one = || Some("1".to_owned());
    let lost = |change: &dyn Fn(&mut Settings)| written(&settings(change), &Abilities::default()).1;
    assert_eq!(lost(&|settings| settings.seed = one()), ["seed_dropped"]);
    assert_eq!(lost(&|settings| settings.presence_penalty = one()), ["penalties_dropped"]);
    assert_eq!(lost(&|settings| settings.logit_bias = one()), ["logit_bias_dropped"]);
    assert_eq!(lost(&|settings| settings.top_k = Some(3)), ["top_k_dropped"]);
    assert_eq!(lost(&|settings| settings.user = Some("u".repeat(65))), ["user_dropped"]);
    assert_eq!(
        lost(&|settings| settings.service_tier = Some("standard_only".to_owned())),
        ["service_tier_dropped"]
    );
    for prompt in [
        settings(&|settings| settings.choices = Some(2)),
        settings(&|settings| settings.logprobs = Some(true)),
        Prompt { continues_last: true, ..asked([text("x")]) },
    ] {
        let flaw = write_for(&prompt, &Abilities::default(), &mut Losses::default()).unwrap_err();
        assert!(flaw.is_of_target);
    }
}

#[test]
fn stop_texts_are_left_to_the_gateway() {
    let mut prompt = asked([text("x")]);
    prompt.settings.stop = vec!["END".to_owned()];
    let mut losses = Losses::new(true);
    let result = write_for(&prompt, &Abilities::default(), &mut losses).unwrap();
    assert_eq!(result.stop_texts, ["END"]);
    assert!(!result.body.contains("END"));
    assert_eq!(losses.warnings(), ["stop_emulated"]);
}

#[test]
fn knobs_are_brought_into_the_models_range() {
    let mut prompt = asked([text("x")]);
    prompt.settings.temperature = Some("1.9".to_owned());
    prompt.settings.top_p = Some("1e-1".to_owned());
    prompt.settings.output_tokens_max = Some(1);
    let narrow = Abilities { temperature_max_milli: 1500, ..Abilities::default() };
    let (body, warnings) = written(&prompt, &narrow);
    assert_eq!((&body["temperature"], &body["max_output_tokens"]), (&json!(1.5), &json!(16)));
    assert_eq!(warnings, ["temperature_clamped", "max_tokens_clamped"]);
    let fixed = Abilities { has_sampling: false, output_tokens_max: Some(20), ..Abilities::default() };
    prompt.settings.output_tokens_max = Some(100);
    let (body, warnings) = written(&prompt, &fixed);
    assert!(body.get("temperature").is_none() && body.get("top_p").is_none());
    assert_eq!(body["max_output_tokens"], 20);
    assert_eq!(warnings, ["sampling_dropped", "max_tokens_clamped"]);
}

#[test]
fn thinking_is_asked_for_as_the_model_takes_it() {
    let check = |thinking: Thinking, form: ThinkingForm, effort: Option<&str>, code: &[&str]| {
        let prompt = Prompt { thinking, ..asked([text("x")]) };
        let abilities = Abilities { thinking: form, can_stop_thinking: false, ..Abilities::default() };
        let (body, warnings) = written(&prompt, &abilities);
        let found = body.get("reasoning").map(|reasoning| reasoning["effort"].as_str().unwrap());
        assert_eq!((found, warnings.as_slice()), (effort, code), "{prompt:?}");
    };
    let wish = |wish| Thinking { wish: Some(wish), ..Thinking::default() };
    let effort = |effort| Thinking { effort: Some(effort), ..Thinking::default() };
    check(effort(Effort::XHigh), ThinkingForm::Unknown, Some("xhigh"), &[]);
    check(wish(ThinkingWish::Budget(5000)), ThinkingForm::Effort, Some("medium"), &[]);
    check(wish(ThinkingWish::Adaptive), ThinkingForm::Effort, None, &[]);
    check(wish(ThinkingWish::Off), ThinkingForm::Unknown, None, &[]);
    check(wish(ThinkingWish::Off), ThinkingForm::None, None, &[]);
    check(wish(ThinkingWish::Off), ThinkingForm::Effort, Some("minimal"), &["thinking_unsupported"]);
    check(effort(Effort::High), ThinkingForm::None, None, &["thinking_unsupported"]);
}

#[test]
fn a_form_that_the_model_does_not_know_is_asked_for_in_words() {
    let schema = r#"{"type":"object"}"#.to_owned();
    let format = OutputFormat::JsonSchema { name: None, description: None, schema, is_strict: None };
    let prompt = Prompt { format, ..asked([text("x")]) };
    let (body, warnings) = written(&prompt, &Abilities::default());
    assert_eq!(body["text"]["format"]["name"], "answer");
    assert!(warnings.is_empty());
    let weak = Abilities { schema_support: SchemaSupport::ObjectOnly, ..Abilities::default() };
    let (body, warnings) = written(&prompt, &weak);
    assert_eq!(body["text"]["format"], json!({"type": "json_object"}));
    assert_eq!(body["input"][0]["role"], "system");
    assert_eq!(warnings, ["json_schema_emulated"]);
}

#[test]
fn what_must_not_be_lost_is_refused() {
    let foreign = |dialect| {
        let (kind, json, path) = ("odd".to_owned(), r#"{"type":"odd"}"#.to_owned(), "input[1]".to_owned());
        Part::Foreign(Foreign { dialect, kind, json, path })
    };
    let refused = |prompt: &Prompt, abilities: &Abilities| {
        write_for(prompt, abilities, &mut Losses::default()).unwrap_err().message
    };
    let message = refused(&asked([foreign(Dialect::AnthropicMessages)]), &Abilities::default());
    assert!(message.contains("content_part_unsupported"), "{message}");
    let call = Call {
        id: "a".to_owned(),
        name: "f".to_owned(),
        arguments: "{}".to_owned(),
        is_custom: false,
        mark: None,
    };
    let parts = vec![foreign(Dialect::AnthropicMessages)];
    let outcome = Outcome { call_id: "a".to_owned(), parts, is_error: false, is_custom: false, mark: None };
    let mut answered = asked([text("x")]);
    answered.say(Speaker::Model, None, [Part::Call(call)]);
    answered.say(Speaker::User, None, [Part::Outcome(outcome)]);
    let message = refused(&answered, &Abilities::default());
    assert!(message.contains("content_part_unsupported"), "{message}");
    let (body, _) = written(&asked([foreign(Dialect::OpenAiResponses)]), &Abilities::default());
    assert_eq!(body["input"], json!([{"type": "odd"}]));
    let prompt = Prompt { tools: vec![function("f")], ..asked([text("x")]) };
    let message = refused(&prompt, &Abilities { calls_tools: false, ..Abilities::default() });
    assert!(message.contains("tools_unsupported"), "{message}");
}

#[test]
fn a_choice_that_cannot_be_forced_is_free() {
    let choice = Some(ToolChoice::Named("f".to_owned()));
    let prompt = Prompt { tools: vec![function("f")], tool_choice: choice, ..asked([text("x")]) };
    for (call_force, expected) in [(CallForce::RequiredOnly, "required"), (CallForce::None, "auto")] {
        let (body, warnings) = written(&prompt, &Abilities { call_force, ..Abilities::default() });
        assert_eq!(body["tool_choice"], expected);
        assert_eq!(warnings, ["tool_choice_degraded"]);
    }
}

#[test]
fn fields_of_other_dialects_are_told() {
    let extra = |dialect, name: &str| Extra { dialect, name: name.to_owned(), json: "1".to_owned() };
    let extras = vec![extra(Dialect::OpenAiChat, "prediction"), extra(Dialect::OpenAiResponses, "newer")];
    let (body, warnings) = written(&Prompt { extras, ..asked([text("x")]) }, &Abilities::default());
    assert_eq!(body["newer"], 1);
    assert!(body.get("prediction").is_none());
    assert_eq!(warnings, ["field_dropped"]);
}

/// Ten rounds with thoughts, calls in parallel, late instructions and marks that move.
#[test]
fn turns_added_at_the_end_change_nothing_before_them() {
    let mut prompt = Prompt { tools: vec![function("a.b"), function("f")], ..Prompt::default() };
    prompt.say(Speaker::Instructions, None, [text("Be brief.")]);
    let mut before = String::new();
    for round in 0..10 {
        let mark = (round % 2 == 0).then(CacheMark::default);
        let said = Text { mark, ..Text::plain(format!("question {round}")) };
        prompt.say(Speaker::User, None, [Part::Text(said)]);
        let input = input_of(&prompt);
        assert!(input.starts_with(&before), "round {round}: {input} does not begin with {before}");
        before = input;
        let seal = Some(Seal { form: SealForm::Encrypted, blob: format!("seal {round}") });
        let thought = Part::Thought(Thought { seal, id: Some(format!("rs_{round}")), ..Thought::default() });
        let ids = [format!("call.{round}"), format!("call_{round}")];
        let calls = [call(&ids[0], "a.b", "{ \"n\" : 1e-7 }"), call(&ids[1], "f", "")];
        prompt.say(Speaker::Model, None, [thought, text("I look.")].into_iter().chain(calls));
        prompt.say(Speaker::User, None, ids.iter().map(|id| outcome(id, vec![text("seen")])));
        if round == 5 {
            prompt.say(Speaker::Instructions, None, [text("In German.")]);
        }
        let input = input_of(&prompt);
        assert!(input.starts_with(&before), "round {round}: {input} does not begin with {before}");
        before = input;
        prompt.say(Speaker::Model, None, [text("So it is.")]);
    }
}

/// Everything before the end of the last item.
fn input_of(prompt: &Prompt) -> String {
    let body = write_for(prompt, &Abilities::default(), &mut Losses::default()).unwrap().body;
    let (input, _) = body.split_once(",\"tools\":").unwrap();
    input.strip_suffix(']').unwrap().to_owned()
}
