//! The request as a whole, in an order that never changes.

use super::messages::Messages;
use super::{format, settings, tools};
use crate::Dialect;
use crate::canonical::{Abilities, AnswerShape, Continuing, Feature, Flaw, Losses, Prompt, ToolNames};
use crate::json::writer::object;
use crate::translator::{Target, Written};

/// Longest name of a tool.
const NAME_BYTES_MAX: usize = 64;

/// Writes a request.
pub(in crate::openai_chat) fn write(
    prompt: &Prompt,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Written, Flaw> {
    let continuing = continuing(prompt, target.abilities);
    if prompt.continues_last && continuing.is_none() {
        losses.lose(Feature::ContinueLast, "messages")?;
    }
    let offered = prompt.without_foreign_tools(Dialect::OpenAiChat, losses)?;
    let prompt = offered.as_ref();
    let paired = prompt.paired(losses)?;
    let names = ToolNames::of(prompt, NAME_BYTES_MAX);
    let mut written = Written { renamed_tools: names.renamed(), ..Written::default() };
    if !written.renamed_tools.is_empty() {
        losses.lose(Feature::ToolName, "tools")?;
    }
    let shape = format::shape(prompt, target.abilities, losses)?;
    let choice = tools::choice(prompt, &names, target.abilities, losses)?;
    let tools = tools::write(prompt, &names, &shape, target.abilities, &mut written, losses)?;
    let knobs = settings::settle(prompt, target.abilities, &mut written, losses)?;
    let mut messages = Messages::new(target.abilities, &names, losses);
    messages.write(&paired, shape.words(), continuing)?;
    if let Some(words) = &choice.words {
        messages.ask(words);
    }
    let messages = messages.finish();
    let extras = prompt.extras_of(Dialect::OpenAiChat, losses)?;
    written.answer_tool = shape.tool().map(str::to_owned);
    written.body = object(|o| {
        o.text("model", target.model);
        o.list("messages", |l| messages.iter().for_each(|message| l.raw(message)));
        if !tools.is_empty() {
            o.list("tools", |l| tools.iter().for_each(|tool| l.raw(tool)));
            let forced = shape.tool().map(tools::named);
            if let Some(choice) = forced.as_ref().or(choice.json.as_ref()) {
                o.raw("tool_choice", choice);
            }
            let may_call_in_parallel = if forced.is_some() { None } else { choice.may_call_in_parallel };
            if let Some(may) = may_call_in_parallel {
                o.boolean("parallel_tool_calls", may);
            }
        }
        if let AnswerShape::Native(json) = &shape {
            o.raw("response_format", json);
        }
        knobs.iter().for_each(|(name, json)| o.raw(name, json));
        if continuing == Some(Continuing::FinalMessage) {
            o.boolean("continue_final_message", true);
            o.boolean("add_generation_prompt", false);
        }
        if prompt.is_streaming {
            o.boolean("stream", true);
            // Who pays by tokens must hear of them; whether the caller does is seen when the answer is written.
            o.object("stream_options", |o| o.boolean("include_usage", true));
        }
        extras.iter().for_each(|extra| o.raw(&extra.name, &extra.json));
    });
    Ok(written)
}

/// How the target is told to go on from the last message, where it is to and can.
fn continuing(prompt: &Prompt, abilities: &Abilities) -> Option<Continuing> {
    abilities.continuing.filter(|_| prompt.continues_last && abilities.continues_answers)
}
