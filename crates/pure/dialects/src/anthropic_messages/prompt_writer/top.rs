//! The request as a whole, in an order that never changes. The conversation comes last: a longer one begins with the same
//! bytes.

use super::blocks::Blocks;
use super::thinking::{self, Chosen};
use super::turns::Turns;
use super::{choice, format, settings, tools};
use crate::Dialect;
use crate::anthropic_messages::marks::Marks;
use crate::canonical::{AnswerShape, Extra, Feature, Flaw, Losses, Prompt, ToolNames};
use crate::json::writer::{ObjectWriter, object};
use crate::translator::{Target, Written};

/// Longest name of a tool.
const NAME_BYTES_MAX: usize = 128;
const OUTPUT: &str = "output_config";

/// Writes a request.
pub(in crate::anthropic_messages) fn write(
    prompt: &Prompt,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Written, Flaw> {
    let abilities = target.abilities;
    let prompt = &*prompt.without_foreign_tools(Dialect::AnthropicMessages, losses)?;
    let paired = prompt.paired(losses)?;
    let names = ToolNames::of(prompt, NAME_BYTES_MAX);
    let mut written = Written { renamed_tools: names.renamed(), ..Written::default() };
    if !written.renamed_tools.is_empty() {
        losses.lose(Feature::ToolName, "tools")?;
    }
    let cap = settings::cap(&prompt.settings, target, losses)?;
    let thinking = thinking::settle(&paired, abilities, cap, losses)?;
    let shape = format::shape(prompt, abilities, thinking.is_on, losses)?;
    let choice = choice::choose(prompt, &names, abilities, thinking.is_on, losses)?;
    let knobs = settings::settle(&prompt.settings, abilities, thinking.is_on, &mut written, losses)?;
    let extras = prompt.extras_of(Dialect::AnthropicMessages, losses)?;
    let mut marks = Marks::of(&paired);
    if marks.are_reduced() {
        losses.lose(Feature::CacheMarkCount, "")?;
    }
    let tools = tools::write(&paired, &names, &shape, (abilities, &mut marks), &mut written, losses)?;
    let words = [choice.words, shape.words().map(str::to_owned)];
    let turns = Turns::new(Blocks::new(abilities, &names, marks, losses));
    let conversation = turns.write(&paired, words.into_iter().flatten())?;
    written.answer_tool = shape.tool().map(str::to_owned);
    let forced = shape.tool().map(|tool| choice::forced(tool, true));
    written.body = object(|o| {
        o.text("model", target.model);
        o.whole("max_tokens", cap);
        if prompt.is_streaming {
            o.boolean("stream", true);
        }
        knobs.write(o);
        write_output(&thinking, &shape, &extras, o);
        let at_top = extras.iter().filter(|extra| output_member(extra).is_none());
        at_top.for_each(|extra| o.raw(&extra.name, &extra.json));
        if !tools.is_empty() {
            if let Some(choice) = forced.as_ref().or(choice.json.as_ref()) {
                o.raw("tool_choice", choice);
            }
            o.list("tools", |l| tools.iter().for_each(|tool| l.raw(tool)));
        }
        conversation.write(o);
    });
    Ok(written)
}

fn write_output(thinking: &Chosen, shape: &AnswerShape, extras: &[&Extra], o: &mut ObjectWriter<'_>) {
    if let Some(json) = &thinking.json {
        o.raw("thinking", json);
    }
    let effort = thinking.effort;
    let within: Vec<_> =
        extras.iter().filter_map(|extra| Some((output_member(extra)?, extra.json.as_str()))).collect();
    if effort.is_none() && !matches!(shape, AnswerShape::Native(_)) && within.is_empty() {
        return;
    }
    o.object(OUTPUT, |o| {
        if let Some(effort) = effort {
            o.text("effort", effort.name());
        }
        if let AnswerShape::Native(schema) = shape {
            o.object("format", |o| {
                o.text("type", "json_schema");
                o.raw("schema", schema);
            });
        }
        within.iter().for_each(|(name, json)| o.raw(name, json));
    });
}

/// The name of a member of `output_config` that has no place in the canonical form.
fn output_member(extra: &Extra) -> Option<&str> {
    extra.name.strip_prefix(OUTPUT)?.strip_prefix('.')
}
