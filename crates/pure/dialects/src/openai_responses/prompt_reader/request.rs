//! A request as a whole.

use super::extras::keep;
use super::{items, options, tools};
use crate::canonical::{Flaw, Part, Prompt, Speaker, Text};
use crate::json::{Fields, Item};

/// What only makes sense where answers are kept: nothing here can look them up.
const STATE_FIELDS: &[&str] = &["previous_response_id", "conversation", "prompt"];

/// Reads a request.
pub(in crate::openai_responses) fn read_prompt(body: &[u8]) -> Result<Prompt, Flaw> {
    let mut fields = Item::of_body(body)?.fields()?;
    refuse_state(&mut fields)?;
    let mut prompt = Prompt {
        model: fields.need("model")?.string()?.into_owned(),
        is_streaming: fields.boolean("stream")?.unwrap_or(false),
        // A stream of this dialect always tells its usage.
        wants_stream_usage: true,
        may_call_in_parallel: fields.boolean("parallel_tool_calls")?,
        ..Prompt::default()
    };
    if let Some(instructions) = fields.take("instructions") {
        read_instructions(&instructions, &mut prompt)?;
    }
    if let Some(list) = fields.list("tools")? {
        tools::read_tools(&list, None, &mut prompt.tools)?;
    }
    prompt.tool_choice = fields.take("tool_choice").map(|item| tools::read_choice(&item)).transpose()?;
    items::read_input(&fields.need("input")?, &mut prompt)?;
    prompt.refuse_choice_of_nothing()?;
    options::read_options(&mut fields, &mut prompt)?;
    for (name, item) in fields.rest() {
        keep(&mut prompt, &name, item.text());
    }
    Ok(prompt)
}

fn read_instructions(item: &Item<'_>, prompt: &mut Prompt) -> Result<(), Flaw> {
    if item.is_text() {
        let text = item.string()?;
        if !text.is_empty() {
            prompt.say(Speaker::Instructions, None, [Part::Text(Text::plain(text))]);
        }
        return Ok(());
    }
    items::read_list(item, prompt)
}

fn refuse_state(fields: &mut Fields<'_>) -> Result<(), Flaw> {
    for name in STATE_FIELDS {
        if let Some(item) = fields.take(name) {
            return Err(item.flaw(
                "needs an answer kept by the provider, which the provider of this model does not offer here: \
                 send the whole conversation as 'input'",
            ));
        }
    }
    match fields.take("background") {
        Some(item) if item.boolean()? => Err(item.flaw(
            "cannot be true here: the provider of this model answers while the caller waits; leave it out, and \
             send the whole conversation as 'input'",
        )),
        _ => Ok(()),
    }
}
