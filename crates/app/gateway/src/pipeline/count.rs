//! Counting tokens here, where no provider does. An estimate, and marked as one.

use dialects::canonical::{Part, Prompt as Canonical, ToolKind};
use domain::{Failure, Usage};

use crate::pipeline::understand::Prompt;

/// Bytes of plain text that make a token, by and large.
const BYTES_PER_TOKEN: u64 = 4;
/// What an image costs, by and large.
const TOKENS_PER_IMAGE: u64 = 800;
/// What a turn costs besides its words.
const TOKENS_PER_TURN: u64 = 4;

/// The answer of `count_tokens`, from our own count.
pub(super) fn count(prompt: &Prompt) -> Result<Vec<u8>, Box<Failure>> {
    let tokens = tokens_of(prompt.canonical()?);
    Ok(format!("{{\"input_tokens\":{tokens}}}").into_bytes())
}

/// The tokens of a prompt that is being sent.
pub(super) fn estimate_prompt(prompt: &Prompt) -> u64 {
    prompt.canonical().map_or(prompt.length as u64 / BYTES_PER_TOKEN, tokens_of)
}

/// The usage of an answer whose provider tells none.
pub(super) fn estimate_said(input_tokens: u64, said: &str) -> Usage {
    Usage { input: input_tokens, output: tokens_in(said), is_estimated: true, ..Usage::default() }
}

fn tokens_in(text: &str) -> u64 {
    (text.len() as u64).div_ceil(BYTES_PER_TOKEN)
}

fn tokens_of(prompt: &Canonical) -> u64 {
    let turns =
        prompt.turns.iter().map(|turn| TOKENS_PER_TURN + turn.parts.iter().map(tokens_of_part).sum::<u64>());
    let tools = prompt.tools.iter().map(|tool| {
        let taken = match &tool.kind {
            ToolKind::Function { schema } => schema.len(),
            ToolKind::Custom { format } => format.as_ref().map_or(0, String::len),
            ToolKind::BuiltIn { json, .. } => json.len(),
        };
        let words = tool.name.len() + tool.description.as_ref().map_or(0, String::len) + taken;
        (words as u64).div_ceil(BYTES_PER_TOKEN)
    });
    turns.sum::<u64>() + tools.sum::<u64>()
}

fn tokens_of_part(part: &Part) -> u64 {
    match part {
        Part::Text(text) => tokens_in(&text.text),
        Part::Refusal(text) => tokens_in(text),
        Part::Thought(thought) => tokens_in(&thought.text),
        Part::Call(call) => tokens_in(&call.name) + tokens_in(&call.arguments),
        Part::Outcome(outcome) => outcome.parts.iter().map(tokens_of_part).sum(),
        Part::Media(_) => TOKENS_PER_IMAGE,
        Part::Foreign(foreign) => tokens_in(&foreign.json),
    }
}
