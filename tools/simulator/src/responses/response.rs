//! The response object around the items.

use serde_json::{Value, json};

use crate::ask::{Ask, CREATED_UNIX_S};
use crate::responses::check::is_strict_form;
use crate::talk::{Finish, Said};

/// The whole response.
pub(super) fn response(body: &Value, id: &str, items: Vec<Value>, said: &Said, usage: Value) -> Value {
    let mut response = begun(body, id);
    let (status, reason) = match said.finish {
        Finish::Stop | Finish::StopText(_) | Finish::Calls => ("completed", None),
        Finish::Length => ("incomplete", Some("max_output_tokens")),
        Finish::Filtered => ("incomplete", Some("content_filter")),
        Finish::Failed => ("failed", None),
    };
    response["status"] = status.into();
    response["output"] = items.into();
    response["usage"] = usage;
    match status {
        "completed" => response["completed_at"] = CREATED_UNIX_S.into(),
        "failed" => {
            response["error"] = json!({ "code": "server_error", "message": "the simulated model failed" });
        }
        _ => response["incomplete_details"] = json!({ "reason": reason }),
    }
    response
}

/// The response before anything was said.
pub(super) fn begun(body: &Value, id: &str) -> Value {
    let or = |name: &str, usual: Value| if body[name].is_null() { usual } else { body[name].clone() };
    json!({
        "id": id, "object": "response", "created_at": CREATED_UNIX_S, "status": "in_progress",
        "background": false, "completed_at": null, "error": null, "incomplete_details": null,
        "instructions": body["instructions"], "max_output_tokens": body["max_output_tokens"],
        "max_tool_calls": body["max_tool_calls"], "model": body["model"], "output": [],
        "parallel_tool_calls": or("parallel_tool_calls", json!(true)),
        "previous_response_id": body["previous_response_id"],
        "prompt_cache_key": body["prompt_cache_key"],
        "reasoning": or("reasoning", json!({ "effort": null, "summary": null })),
        "safety_identifier": body["safety_identifier"], "service_tier": "default",
        "store": or("store", json!(true)), "temperature": or("temperature", json!(1.0)),
        "text": text(&body["text"]), "tool_choice": or("tool_choice", json!("auto")),
        "tools": tools(&body["tools"]), "top_logprobs": 0, "top_p": or("top_p", json!(1.0)),
        "truncation": or("truncation", json!("disabled")), "usage": null, "user": body["user"],
        "metadata": or("metadata", json!({})),
    })
}

/// The usage of a response.
pub(super) fn usage(prompt_tokens: usize, said: &Said, ask: &Ask<'_>) -> Value {
    json!({
        "input_tokens": prompt_tokens,
        "input_tokens_details": { "cached_tokens": ask.cached(prompt_tokens), "cache_write_tokens": 0 },
        "output_tokens": said.tokens(),
        "output_tokens_details": { "reasoning_tokens": said.thinking_tokens() },
        "total_tokens": prompt_tokens + said.tokens(),
    })
}

fn text(asked: &Value) -> Value {
    let mut text = if asked.is_object() { asked.clone() } else { json!({}) };
    if text["format"].is_null() {
        text["format"] = json!({ "type": "text" });
    }
    if text["verbosity"].is_null() {
        text["verbosity"] = json!("medium");
    }
    text
}

/// The tools as they were understood: a function that does not say whether it is strict is, and is made to fit.
fn tools(tools: &Value) -> Value {
    let tools = tools.as_array().into_iter().flatten().cloned().map(|mut tool| {
        if tool["type"] == "function" && tool["strict"].is_null() {
            tool["strict"] = true.into();
            make_strict(&mut tool["parameters"]);
            debug_assert!(is_strict_form(&tool["parameters"]));
        }
        tool
    });
    tools.collect()
}

fn make_strict(schema: &mut Value) {
    if !schema.is_object() {
        *schema = json!({ "type": "object", "properties": {} });
    }
    let properties = schema["properties"].as_object_mut();
    let mut names: Vec<Value> = Vec::new();
    for (name, property) in properties.into_iter().flatten() {
        names.push(name.as_str().into());
        if property["properties"].is_object() {
            make_strict(property);
        }
    }
    schema["required"] = names.into();
    schema["additionalProperties"] = false.into();
}
