//! `POST /moderations`: whatever has the marker in it is flagged as violence.

use serde_json::{Map, Value, json};

use crate::ask::{Ask, invalid};
use crate::reply::Reply;

/// In a text: it is flagged.
pub const FLAG_MARKER: &str = "[flag]";

/// The category of what is flagged.
const FLAGGED_CATEGORY: &str = "violence";
const CATEGORIES: &[&str] = &[
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    FLAGGED_CATEGORY,
    "violence/graphic",
];
const MODEL_DEFAULT: &str = "omni-moderation-latest";

/// Judges one text, several, or the parts of one message.
pub(super) fn answer(body: &Value, ask: &mut Ask<'_>) -> Result<Reply, Reply> {
    let model = if body["model"].is_null() { MODEL_DEFAULT } else { ask.model(body)? };
    let results: Vec<Value> = match &body["input"] {
        Value::String(text) => vec![result(text, false)],
        Value::Array(list) if !list.is_empty() && list.iter().all(Value::is_string) => {
            list.iter().filter_map(Value::as_str).map(|text| result(text, false)).collect()
        }
        Value::Array(parts) if !parts.is_empty() && parts.iter().all(is_part) => {
            let texts: Vec<&str> = parts.iter().filter_map(|part| part["text"].as_str()).collect();
            let has_image = parts.iter().any(|part| part["type"] == "image_url");
            vec![result(&texts.join(" "), has_image)]
        }
        _ => return Err(invalid("input", "must be a text, a list of texts, or a list of parts")),
    };
    Ok(Reply::json(200, json!({ "id": ask.id("modr-"), "model": model, "results": results })))
}

fn is_part(part: &Value) -> bool {
    part["type"] == "text" && part["text"].is_string()
        || part["type"] == "image_url" && part["image_url"]["url"].is_string()
}

fn result(text: &str, has_image: bool) -> Value {
    let is_flagged = text.contains(FLAG_MARKER);
    let each = |value: &dyn Fn(bool) -> Value| -> Map<String, Value> {
        let is_hit = |name: &str| is_flagged && name == FLAGGED_CATEGORY;
        CATEGORIES.iter().map(|name| ((*name).to_owned(), value(is_hit(name)))).collect()
    };
    let seen = if has_image { json!(["text", "image"]) } else { json!(["text"]) };
    json!({
        "flagged": is_flagged,
        "categories": each(&|is_hit| is_hit.into()),
        "category_scores": each(&|is_hit| if is_hit { 0.98.into() } else { 0.0001.into() }),
        "category_applied_input_types": each(&|_| seen.clone()),
    })
}
