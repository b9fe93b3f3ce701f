//! The request as a whole.

use std::borrow::Cow;

use super::extras::own;
use super::{blocks, settings, tools, turns};
use crate::anthropic_messages::marks;
use crate::canonical::{CacheMark, Flaw, Part, Prompt, Speaker};
use crate::json::Item;

/// Reads a request for an answer, or for a count of its tokens.
pub(in crate::anthropic_messages) fn read(body: &[u8]) -> Result<Prompt, Flaw> {
    let mut fields = Item::of_body(body)?.fields()?;
    let mut prompt = Prompt {
        model: fields.need("model")?.string()?.into_owned(),
        is_streaming: fields.boolean("stream")?.unwrap_or(false),
        // Nobody has to ask for it.
        wants_stream_usage: true,
        settings: settings::read(&mut fields)?,
        ..Prompt::default()
    };
    settings::read_thinking(&mut fields, &mut prompt)?;
    settings::read_output(&mut fields, &mut prompt)?;
    if let Some(system) = fields.take("system") {
        let parts = blocks::read(&system)?;
        if !parts.is_empty() {
            prompt.say(Speaker::Instructions, None, parts);
        }
    }
    turns::read(fields.need("messages")?.list()?, &mut prompt)?;
    tools::read(&mut fields, &mut prompt)?;
    prompt.refuse_choice_of_nothing()?;
    if let Some(mark) = marks::take(&mut fields)? {
        mark_last(&mut prompt, mark);
    }
    let extra = |(name, item): (Cow<'_, str>, Item<'_>)| own(&name, item.text());
    prompt.extras.extend(fields.rest().map(extra));
    Ok(prompt)
}

/// A mark of the request as a whole stands for one on its last block.
fn mark_last(prompt: &mut Prompt, mark: CacheMark) {
    let place = match prompt.turns.last_mut().and_then(|turn| turn.parts.last_mut()) {
        Some(Part::Text(text)) => &mut text.mark,
        Some(Part::Media(media)) => &mut media.mark,
        Some(Part::Call(call)) => &mut call.mark,
        Some(Part::Outcome(outcome)) => &mut outcome.mark,
        _ => return,
    };
    place.get_or_insert(mark);
}
