//! All checks in their order, and those of a chat's settings.

use serde_json::Value;

use crate::chat::check::messages::check_messages;
use crate::chat::check::refuse::{Checked, demand, demand_as};
use crate::chat::check::tools::check_tools;

const STOPS_MAX: usize = 4;
/// How names of models begin that take no sampling.
const REASONING_MODELS: &[&str] = &["o1", "o3", "o4", "gpt-5"];

/// What a chat may have.
const FIELDS: &[&str] = &[
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "model",
    "moderation",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

/// Checks a chat.
pub(in crate::chat) fn check(body: &Value, messages: &[Value]) -> Checked {
    for (name, _) in body.as_object().into_iter().flatten() {
        demand_as(FIELDS.contains(&name.as_str()), name, "unknown_parameter", || {
            format!("Unrecognized request argument supplied: {name}")
        })?;
    }
    for (name, least, most) in [
        ("temperature", 0.0, 2.0),
        ("top_p", 0.0, 1.0),
        ("frequency_penalty", -2.0, 2.0),
        ("presence_penalty", -2.0, 2.0),
    ] {
        let value = &body[name];
        let is_right = value.is_null() || value.as_f64().is_some_and(|value| (least..=most).contains(&value));
        demand(is_right, name, || format!("Invalid '{name}': must be from {least} to {most}."))?;
    }
    let is_both = !body["max_tokens"].is_null() && !body["max_completion_tokens"].is_null();
    demand(!is_both, "max_tokens", || {
        "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.".to_owned()
    })?;
    check_model(body)?;
    check_stop(&body["stop"])?;
    check_words(body)?;
    demand(body["stream_options"].is_null() || body["stream"] == true, "stream_options", || {
        "The 'stream_options' parameter is only allowed when 'stream' is enabled.".to_owned()
    })?;
    demand(body["top_logprobs"].is_null() || body["logprobs"] == true, "top_logprobs", || {
        "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.".to_owned()
    })?;
    check_messages(messages)?;
    check_tools(body)?;
    check_format(&body["response_format"], messages)
}

/// What models that reason do not take.
fn check_model(body: &Value) -> Checked {
    let model = body["model"].as_str().unwrap_or_default();
    if !REASONING_MODELS.iter().any(|begin| model.starts_with(begin)) {
        return Ok(());
    }
    demand_as(body["max_tokens"].is_null(), "max_tokens", "unsupported_parameter", || {
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
            .to_owned()
    })?;
    for (name, usual) in
        [("temperature", 1.0), ("top_p", 1.0), ("presence_penalty", 0.0), ("frequency_penalty", 0.0)]
    {
        let is_usual = body[name].as_f64().is_none_or(|value| (value - usual).abs() < f64::EPSILON);
        demand_as(is_usual, name, "unsupported_value", || {
            format!("Unsupported value: '{name}' does not support {} with this model.", body[name])
        })?;
    }
    Ok(())
}

fn check_stop(stop: &Value) -> Checked {
    let is_right = match stop {
        Value::Null | Value::String(_) => true,
        Value::Array(stops) => (1..=STOPS_MAX).contains(&stops.len()) && stops.iter().all(Value::is_string),
        _ => false,
    };
    demand(is_right, "stop", || format!("Invalid 'stop': expected a text or 1 to {STOPS_MAX} of them."))
}

/// Settings that take one of some words.
fn check_words(body: &Value) -> Checked {
    let settings: [(&str, &[&str]); 3] = [
        ("reasoning_effort", &["none", "minimal", "low", "medium", "high", "xhigh", "max"]),
        ("service_tier", &["auto", "default", "flex", "scale", "priority", "fast"]),
        ("verbosity", &["low", "medium", "high"]),
    ];
    for (name, words) in settings {
        let is_right = body[name].is_null() || body[name].as_str().is_some_and(|word| words.contains(&word));
        demand(is_right, name, || {
            format!("Invalid value: {}. Supported values are: {}.", body[name], words.join(", "))
        })?;
    }
    Ok(())
}

fn check_format(format: &Value, messages: &[Value]) -> Checked {
    let schema = &format["json_schema"];
    match format["type"].as_str() {
        None => demand(format.is_null(), "response_format.type", || {
            "Missing required parameter: 'type'.".to_owned()
        }),
        Some("text") => Ok(()),
        Some("json_object") => {
            let says_json =
                messages.iter().any(|message| message["content"].to_string().to_lowercase().contains("json"));
            demand(says_json, "messages", || {
                "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
                    .to_owned()
            })
        }
        Some("json_schema") => demand(
            schema["name"].is_string() && schema["schema"].is_object(),
            "response_format.json_schema",
            || "Missing required parameter of 'response_format.json_schema'.".to_owned(),
        ),
        Some(other) => demand(false, "response_format.type", || format!("Invalid value: '{other}'.")),
    }
}
