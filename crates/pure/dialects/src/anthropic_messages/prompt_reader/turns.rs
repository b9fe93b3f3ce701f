//! The turns: who says what.

use super::blocks;
use crate::canonical::{Flaw, Part, Prompt, Speaker};
use crate::json::Item;

/// Reads the messages into a prompt. What ends with the model's words is the beginning of its answer.
pub(super) fn read(items: Vec<Item<'_>>, prompt: &mut Prompt) -> Result<(), Flaw> {
    for item in items {
        let mut fields = item.fields()?;
        let role = fields.need("role")?;
        let speaker = match role.string()?.as_ref() {
            "user" => Speaker::User,
            "assistant" => Speaker::Model,
            "system" => Speaker::Instructions,
            other => return Err(role.flaw(format!("is '{other}', not one of user, assistant, system"))),
        };
        let parts = blocks::read(&fields.need("content")?)?;
        prompt.continues_last = speaker == Speaker::Model && !parts.is_empty();
        if !parts.is_empty() {
            prompt.say(speaker, None, parts);
        }
    }
    let last = prompt.turns.last().and_then(|turn| turn.parts.last());
    prompt.continues_last &= !matches!(last, Some(Part::Call(_)));
    Ok(())
}
