//! Answers requests: checks, reads, composes, writes.

use serde_json::{Value, json};

use crate::ask::{Ask, is_streaming};
use crate::dialect::Dialect;
use crate::messages::block::{Turn, prefix, turns};
use crate::messages::check::{check, check_counted};
use crate::messages::read::{prompt_tokens, read};
use crate::messages::refuse::invalid;
use crate::messages::usage::Input;
use crate::messages::write::{Frame, events, whole};
use crate::reply::Reply;
use crate::talk::compose;

/// When every model came out, they say.
const CREATED_AT: &str = "2025-10-09T08:53:20Z";
/// What every model takes and gives.
const INPUT_TOKENS_MAX: u64 = 200_000;
const OUTPUT_TOKENS_MAX: u64 = 64_000;

/// Answers `POST /messages`.
pub(crate) fn answer(body: &Value, ask: &mut Ask<'_>) -> Result<Reply, Reply> {
    let turns = turns(body["messages"].as_array().map_or(&[][..], Vec::as_slice));
    check(body, &turns, ask)?;
    let model = model(body, ask)?;
    let heard = read(body, &turns);
    let said = compose(&heard, "toolu_", ask).map_err(|problem| invalid(&problem))?;
    let frame = Frame {
        id: ask.id("msg_"),
        model,
        input: Input::count(body, &turns, heard.prompt_tokens, ask),
        prefix: issued_prefix(body, &turns, ask),
        hides_thinking: body["thinking"]["display"] == "omitted",
    };
    if is_streaming(body) {
        Ok(Reply::named_events(events(&said, &frame, ask)))
    } else {
        Ok(Reply::json(200, whole(&said, &frame, ask)))
    }
}

/// Answers `POST /messages/count_tokens`.
pub(crate) fn count(body: &Value, ask: &Ask<'_>) -> Result<Reply, Reply> {
    let turns = turns(body["messages"].as_array().map_or(&[][..], Vec::as_slice));
    check_counted(body, &turns, ask)?;
    model(body, ask)?;
    Ok(Reply::json(200, json!({ "input_tokens": prompt_tokens(body, &turns) })))
}

/// Answers `GET /models`.
pub(crate) fn models(names: &[String]) -> Reply {
    let list: Vec<Value> = names
        .iter()
        .map(|name| {
            json!({
                "type": "model", "id": name, "display_name": name, "created_at": CREATED_AT,
                "max_input_tokens": INPUT_TOKENS_MAX, "max_tokens": OUTPUT_TOKENS_MAX,
            })
        })
        .collect();
    Reply::json(
        200,
        json!({ "data": list, "has_more": false, "first_id": names.first(), "last_id": names.last() }),
    )
}

fn model<'b>(body: &'b Value, ask: &Ask<'_>) -> Result<&'b str, Reply> {
    let name = body["model"].as_str().unwrap_or_default();
    ask.model(body).map_err(|_| Dialect::Messages.refuse(404, "", &format!("model: {name}")))
}

/// What the thinking of an answer is bound to.
fn issued_prefix(body: &Value, turns: &[Turn], ask: &Ask<'_>) -> u64 {
    if ask.behaviour.binds_thinking { prefix(body, turns) } else { 0 }
}
