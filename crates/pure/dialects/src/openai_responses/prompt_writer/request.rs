//! A request as a whole.

use super::{items, options, tools};
use crate::Dialect;
use crate::canonical::{Feature, Flaw, Losses, Prompt, ToolNames};
use crate::json::writer::object;
use crate::openai_responses::names;
use crate::translator::{Target, Written};

/// Longest name of a tool.
const TOOL_NAME_BYTES_MAX: usize = 64;

/// Writes a request. Instructions stand among the items, as whoever sent them had them: there are hosts that take no
/// `instructions`, and only so do turns added at the end change nothing before them.
pub(in crate::openai_responses) fn write_prompt(
    prompt: &Prompt,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Written, Flaw> {
    if prompt.continues_last {
        losses.lose_saying(Feature::ContinueLast, "", "the beginning of an answer")?;
    }
    let offered = prompt.without_foreign_tools(Dialect::OpenAiResponses, losses)?;
    let paired = offered.paired(losses)?;
    let prompt = paired.as_ref();
    let tool_names = ToolNames::of(prompt, TOOL_NAME_BYTES_MAX);
    let format = options::format(prompt, target.abilities, losses)?;
    let input =
        items::write_input(prompt, &tool_names, format.instruction.as_deref(), target.abilities, losses)?;
    let tools = tools::write_tools(prompt, &tool_names, target.abilities, losses)?;
    let options = options::write_options(prompt, target, losses)?;
    let text = options::write_text(prompt, &format);
    let body = object(|o| {
        o.text("model", target.model);
        o.raw("input", &input);
        for (name, json) in tools.into_iter().chain(text).chain(options) {
            o.raw(&name, &json);
        }
        // Nothing is kept where nobody asked for it: conversations come whole.
        o.boolean("store", prompt.settings.is_stored.unwrap_or(false));
        if prompt.is_streaming {
            o.boolean("stream", true);
        }
    });
    let renamed_tools = tool_names.renamed();
    for (sent, known) in &renamed_tools {
        if names::split(known).0.is_none() {
            losses.lose(Feature::ToolName, sent)?;
        }
    }
    let stop_texts = prompt.settings.stop.clone();
    if !stop_texts.is_empty() {
        losses.lose(Feature::Stop, "stop")?;
    }
    Ok(Written { body, renamed_tools, stop_texts, ..Written::default() })
}
