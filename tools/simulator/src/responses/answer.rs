//! Answers `POST /responses`: completes the conversation, checks, reads, composes, writes, and keeps.

use serde_json::Value;

use crate::ask::{Ask, is_streaming};
use crate::memory::Stored;
use crate::reply::Reply;
use crate::responses::check::{check, check_counted};
use crate::responses::conversation::{continued, own_items, prefix, resolved};
use crate::responses::items::{Reasoning, items};
use crate::responses::read::{prompt_tokens, read};
use crate::responses::refuse::invalid;
use crate::responses::response::{begun, response, usage};
use crate::responses::stream::events;
use crate::talk::compose;

/// Answers a request.
pub(super) fn create(body: &Value, ask: &mut Ask<'_>) -> Result<Reply, Reply> {
    let conversation = conversation(body, ask)?;
    check(body, &conversation, ask)?;
    ask.model(body)?;
    let heard = read(body, &conversation);
    let said = compose(&heard, "call_", ask)
        .map_err(|problem| invalid("model", Some("unknown_scenario"), &problem))?;

    let includes = body["include"].as_array().into_iter().flatten();
    let reasoning = Reasoning {
        is_encrypted: includes.into_iter().any(|one| one == "reasoning.encrypted_content"),
        is_summarized: body["reasoning"]["summary"].is_string(),
        prefix: if ask.behaviour.binds_thinking { prefix(body, &conversation) } else { 0 },
    };
    let id = ask.id("resp_");
    let output = items(&said, &reasoning, ask);
    let whole = response(body, &id, output, &said, usage(heard.prompt_tokens, &said, ask));
    if body["store"] != false {
        ask.memory.store(Stored {
            id: id.clone(),
            response: whole.clone(),
            input: with_ids(conversation, ask),
        });
    }
    if is_streaming(body) {
        return Ok(Reply::named_events(events(&begun(body, &id), &whole, ask)));
    }
    Ok(Reply::json(200, whole))
}

/// Answers `POST /responses/input_tokens`.
pub(super) fn count(body: &Value, ask: &Ask<'_>) -> Result<Reply, Reply> {
    let conversation = conversation(body, ask)?;
    check_counted(body, &conversation, ask)?;
    let tokens = prompt_tokens(body, &conversation);
    Ok(Reply::json(200, serde_json::json!({ "object": "response.input_tokens", "input_tokens": tokens })))
}

/// All items that the answer is said to.
fn conversation(body: &Value, ask: &Ask<'_>) -> Result<Vec<Value>, Reply> {
    let mut items = continued(body, ask.memory)?;
    items.extend(own_items(&body["input"]));
    resolved(items, ask.memory)
}

/// Kept items can be referred to.
fn with_ids(items: Vec<Value>, ask: &mut Ask<'_>) -> Vec<Value> {
    let one = |mut item: Value| {
        if item["id"].is_null() {
            item["id"] = ask.id("msg_").into();
        }
        item
    };
    items.into_iter().map(one).collect()
}
