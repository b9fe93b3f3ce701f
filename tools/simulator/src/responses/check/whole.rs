//! All checks in their order, and those of a request's settings.

use serde_json::Value;

use crate::ask::Ask;
use crate::responses::check::items::check_items;
use crate::responses::check::pairing::check_pairs;
use crate::responses::check::reasoning::check_reasoning;
use crate::responses::check::tools::check_tools;
use crate::responses::refuse::{Checked, demand, invalid};

const OUTPUT_TOKENS_MIN: u64 = 16;
const METADATA_MAX: usize = 16;

/// What a request may have. `client_metadata` stands in no reference, but OpenAI's own agent sends it.
const FIELDS: &[&str] = &[
    "access_programs",
    "background",
    "client_metadata",
    "context_management",
    "conversation",
    "image",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "moderation",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];
/// What may be asked for besides.
const INCLUDES: &[&str] = &[
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
];

/// Checks a request with the whole conversation it stands in.
pub(in crate::responses) fn check(body: &Value, conversation: &[Value], ask: &Ask<'_>) -> Checked {
    check_settings(body)?;
    check_counted(body, conversation, ask)
}

/// Checks a request for a count.
pub(in crate::responses) fn check_counted(body: &Value, conversation: &[Value], ask: &Ask<'_>) -> Checked {
    let fields = body.as_object().into_iter().flatten();
    if let Some((name, _)) = fields.into_iter().find(|(name, _)| !FIELDS.contains(&name.as_str())) {
        return Err(invalid(name, Some("unknown_parameter"), &format!("Unknown parameter: '{name}'.")));
    }
    let input = &body["input"];
    let has_input = input.is_string() || input.is_array() || !body["previous_response_id"].is_null();
    demand(has_input, "input", || "Missing required parameter: 'input'.".to_owned())?;
    for name in ["background", "conversation", "prompt"] {
        let is_unused = body[name].is_null() || body[name] == false;
        demand(is_unused, name, || format!("'{name}' is not simulated."))?;
    }
    check_items(input.as_array().map_or(&[][..], Vec::as_slice))?;
    check_tools(body, ask.behaviour.is_strict)?;
    check_pairs(conversation)?;
    check_reasoning(body, conversation, ask)
}

fn check_settings(body: &Value) -> Checked {
    check_range(body, "temperature", 2.0)?;
    check_range(body, "top_p", 1.0)?;
    let max = &body["max_output_tokens"];
    if !max.is_null() && max.as_u64().is_none_or(|max| max < OUTPUT_TOKENS_MIN) {
        let problem = format!(
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= {OUTPUT_TOKENS_MIN}, but got \
             {max} instead."
        );
        return Err(invalid("max_output_tokens", Some("integer_below_min_value"), &problem));
    }
    for name in ["stream", "store", "parallel_tool_calls"] {
        demand(body[name].is_null() || body[name].is_boolean(), name, || {
            format!("'{name}' must be true or false.")
        })?;
    }
    let effort = &body["reasoning"]["effort"];
    let efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
    let is_known = effort.is_null() || effort.as_str().is_some_and(|effort| efforts.contains(&effort));
    demand(is_known, "reasoning.effort", || format!("Invalid value: {effort}."))?;
    let summary = &body["reasoning"]["summary"];
    let is_known = summary.is_null() || matches!(summary.as_str(), Some("auto" | "concise" | "detailed"));
    demand(is_known, "reasoning.summary", || format!("Invalid value: {summary}."))?;
    for one in body["include"].as_array().into_iter().flatten() {
        let is_known = one.as_str().is_some_and(|one| INCLUDES.contains(&one));
        demand(is_known, "include", || format!("Invalid value: {one}."))?;
    }
    check_format(&body["text"]["format"])?;
    let metadata = &body["metadata"];
    let is_right = metadata.is_null()
        || metadata
            .as_object()
            .is_some_and(|pairs| pairs.len() <= METADATA_MAX && pairs.values().all(Value::is_string));
    demand(is_right, "metadata", || format!("'metadata' must be at most {METADATA_MAX} texts."))
}

fn check_format(format: &Value) -> Checked {
    let has = |name: &str| format[name].is_string();
    let is_right = match format["type"].as_str() {
        None => format.is_null(),
        Some("text" | "json_object") => true,
        Some("json_schema") => has("name") && format["schema"].is_object(),
        Some("grammar" | "python") => true,
        Some(_) => false,
    };
    demand(is_right, "text.format", || {
        "Invalid 'text.format': it needs a type, and a json_schema its name and schema.".to_owned()
    })
}

fn check_range(body: &Value, name: &str, most: f64) -> Checked {
    let is_right =
        body[name].is_null() || body[name].as_f64().is_some_and(|value| (0.0..=most).contains(&value));
    demand(is_right, name, || format!("Invalid '{name}': must be from 0 to {most}."))
}
