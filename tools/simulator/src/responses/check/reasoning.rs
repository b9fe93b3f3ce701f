//! Checks that reasoning which comes back is what was once issued, and stands before what it led to.

use serde_json::Value;

use crate::ask::Ask;
use crate::responses::conversation::{goes, is_of_model, not_found, prefix};
use crate::responses::items::check_encrypted;
use crate::responses::refuse::{Checked, invalid};

/// Checks a whole conversation.
pub(super) fn check_reasoning(body: &Value, items: &[Value], ask: &Ask<'_>) -> Checked {
    let goes = goes(items);
    for (index, item) in items.iter().enumerate().filter(|(_, item)| item["type"] == "reasoning") {
        let id = item["id"].as_str().unwrap_or_default();
        if !items.get(index + 1).is_some_and(is_of_model) {
            let problem =
                format!("Item '{id}' of type 'reasoning' was provided without its required following item.");
            return Err(invalid("input", None, &problem));
        }
        let Some(content) = item["encrypted_content"].as_str() else {
            if ask.memory.item(id).is_none() {
                return Err(not_found(id));
            }
            continue;
        };
        let begin = goes[index].unwrap_or(index);
        let prefix = if ask.behaviour.binds_thinking { prefix(body, &items[..begin]) } else { 0 };
        if check_encrypted(content, ask.account(), prefix).is_err() {
            let problem = format!("The encrypted content for item {id} could not be verified.");
            return Err(invalid("input", Some("invalid_encrypted_content"), &problem));
        }
    }
    Ok(())
}
