//! Which path is answered by what.

use serde_json::{Value, json};

use crate::ask::Ask;
use crate::reply::Reply;
use crate::responses::answer::{count, create};
use crate::responses::refuse::{invalid, refuse};

/// Answers a request for a path of responses.
pub(crate) fn answer(method: &str, path: &str, body: &Value, ask: &mut Ask<'_>) -> Result<Reply, Reply> {
    let parts: Vec<&str> = path.split('/').skip_while(|part| *part != "responses").skip(1).collect();
    if method == "POST" && !body.is_object() && !parts.contains(&"cancel") {
        return Err(invalid("", Some("invalid_json"), "the request body is no JSON object"));
    }
    match (method, parts.as_slice()) {
        ("POST", []) => create(body, ask),
        ("POST", ["input_tokens"]) => count(body, ask),
        ("GET", [id]) => stored(id, ask).map(|stored| Reply::json(200, stored.response)),
        ("DELETE", [id]) if ask.memory.forget(id) => {
            Ok(Reply::json(200, json!({ "id": id, "object": "response", "deleted": true })))
        }
        ("DELETE", [id]) => Err(not_found(id)),
        ("GET", [id, "input_items"]) => stored(id, ask).map(|stored| listed(stored.input)),
        ("POST", [id, "cancel"]) => {
            stored(id, ask)?;
            Err(invalid("", None, "Cannot cancel a synchronous response."))
        }
        _ => Err(refuse(404, "", Some("unknown_url"), &format!("nothing answers to {method} {path} here"))),
    }
}

fn stored(id: &str, ask: &Ask<'_>) -> Result<crate::memory::Stored, Reply> {
    ask.memory.response(id).ok_or_else(|| not_found(id))
}

fn not_found(id: &str) -> Reply {
    refuse(404, "", None, &format!("Response with id '{id}' not found."))
}

/// The items that led to a response, newest first.
fn listed(mut items: Vec<Value>) -> Reply {
    items.reverse();
    let end = |item: Option<&Value>| item.map_or(Value::Null, |item| item["id"].clone());
    let (first, last) = (end(items.first()), end(items.last()));
    Reply::json(
        200,
        json!({ "object": "list", "data": items, "has_more": false, "first_id": first, "last_id": last }),
    )
}
