//! What a conversation comes to in tokens, by our own count.

use dialects::canonical::{Part, Prompt as Canonical, ToolKind};
use domain::Failure;

use crate::call::Call;
use crate::limiting::{Costs, limit};
use crate::pipeline::for_whom::for_whom;
use crate::pipeline::understand::Prompt;
use crate::pipeline::wishes::Wishes;
use crate::serving::Serving;
use crate::tokens::{BYTES_PER_TOKEN, tokens_in, tokens_in_all};

/// What an image costs, by and large.
const TOKENS_PER_IMAGE: u64 = 800;
/// What a turn costs besides its words.
const TOKENS_PER_TURN: u64 = 4;

/// The answer of `count_tokens`, from our own count.
pub(super) async fn count(
    call: &mut Call,
    serving: &Serving,
    (prompt, wishes): (&Prompt, &Wishes<'_>),
) -> Result<Vec<u8>, Box<Failure>> {
    // It costs no tokens, but a request.
    limit(call, serving, Costs::default(), for_whom(prompt, wishes)).await?;
    call.count_as_running();
    let tokens = counted(prompt).await?;
    Ok(format!("{{\"input_tokens\":{tokens}}}").into_bytes())
}

/// The tokens of a conversation, to the last word.
pub(super) async fn counted(prompt: &Prompt) -> Result<u64, Box<Failure>> {
    let Pieces { texts, besides } = pieces(prompt.canonical()?);
    Ok(tokens_in_all(texts).await + besides)
}

/// The tokens of a prompt that is being sent, without waiting.
pub(super) fn estimate_prompt(prompt: &Prompt) -> u64 {
    match prompt.canonical() {
        Ok(canonical) => {
            let Pieces { texts, besides } = pieces(canonical);
            tokens_in(&texts.concat()) + besides
        }
        Err(_) => guess_prompt(prompt),
    }
}

/// The same by nothing but its size.
pub(super) fn guess_prompt(prompt: &Prompt) -> u64 {
    prompt.length as u64 / BYTES_PER_TOKEN
}

/// What a conversation is made of.
#[derive(Default)]
struct Pieces {
    texts: Vec<String>,
    /// Tokens of what is no text.
    besides: u64,
}

fn pieces(prompt: &Canonical) -> Pieces {
    let mut pieces = Pieces::default();
    for turn in &prompt.turns {
        pieces.besides += TOKENS_PER_TURN;
        turn.parts.iter().for_each(|part| pieces.add(part));
    }
    for tool in &prompt.tools {
        pieces.texts.push(tool.name.clone());
        pieces.texts.extend(tool.description.clone());
        pieces.texts.extend(match &tool.kind {
            ToolKind::Function { schema } => Some(schema.clone()),
            ToolKind::Custom { format } => format.clone(),
            ToolKind::BuiltIn { json, .. } => Some(json.clone()),
        });
    }
    pieces
}

impl Pieces {
    fn add(&mut self, part: &Part) {
        match part {
            Part::Text(text) => self.texts.push(text.text.clone()),
            Part::Refusal(text) => self.texts.push(text.clone()),
            Part::Thought(thought) => self.texts.push(thought.text.clone()),
            Part::Call(call) => self.texts.extend([call.name.clone(), call.arguments.clone()]),
            Part::Outcome(outcome) => outcome.parts.iter().for_each(|part| self.add(part)),
            Part::Media(_) => self.besides += TOKENS_PER_IMAGE,
            Part::Foreign(foreign) => self.texts.push(foreign.json.clone()),
        }
    }
}
