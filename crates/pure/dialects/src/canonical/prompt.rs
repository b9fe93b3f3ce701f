//! What is asked.

use super::flaw::Flaw;
use super::part::Part;
use super::settings::{OutputFormat, Settings, Thinking};
use super::tool::{Tool, ToolChoice};
use crate::Dialect;

/// A request for an answer, in no dialect.
///
/// Decoders leave it in normal form: neighbouring turns of one speaker are one turn; every outcome stands in the user's
/// turn behind the call; instructions keep their place among the turns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// The model's name as the caller wrote it.
    pub model: String,
    /// The conversation so far.
    pub turns: Vec<Turn>,
    /// The tools the model may ask for.
    pub tools: Vec<Tool>,
    /// Whether it must, and which.
    pub tool_choice: Option<ToolChoice>,
    /// Whether it may ask for several at once; `None` leaves it to the provider.
    pub may_call_in_parallel: Option<bool>,
    /// What the answer must look like.
    pub format: OutputFormat,
    /// How much thought it is worth.
    pub thinking: Thinking,
    /// Everything that tunes the answer.
    pub settings: Settings,
    /// The answer is to be streamed.
    pub is_streaming: bool,
    /// The caller asked for usage in the stream (in dialects where he must).
    pub wants_stream_usage: bool,
    /// The last turn is the beginning of the model's own answer.
    pub continues_last: bool,
    /// Fields that only the caller's dialect knows, in order.
    pub extras: Vec<Extra>,
}

/// What one speaker says until another does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Who speaks.
    pub speaker: Speaker,
    /// What is said.
    pub parts: Vec<Part>,
    /// The speaker's own name, in dialects that have one.
    pub name: Option<String>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The application: `system`, `developer`, `instructions`.
    Instructions,
    /// The user, and his tools.
    User,
    /// The model.
    Model,
}

/// A field that has no place here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extra {
    /// The dialect it belongs to.
    pub dialect: Dialect,
    /// Its name at the top of the request.
    pub name: String,
    /// Its value as JSON text.
    pub json: String,
}

impl Prompt {
    /// Adds what somebody says, to the last turn if it is his and bears the same name.
    pub fn say(&mut self, speaker: Speaker, name: Option<String>, parts: impl IntoIterator<Item = Part>) {
        match self.turns.last_mut() {
            Some(last) if last.speaker == speaker && last.name == name => last.parts.extend(parts),
            _ => self.turns.push(Turn { speaker, parts: parts.into_iter().collect(), name }),
        }
    }

    /// How many turns at the start are instructions.
    pub fn leading_instructions(&self) -> usize {
        self.turns.iter().take_while(|turn| turn.speaker == Speaker::Instructions).count()
    }

    /// That a call must be made although no tool is named: nobody could make it, and left out it would be lost in silence.
    pub(crate) fn refuse_choice_of_nothing(&self) -> Result<(), Flaw> {
        let insists = match &self.tool_choice {
            Some(ToolChoice::Required | ToolChoice::Named(_)) => true,
            Some(ToolChoice::Allowed { is_required, .. }) => *is_required,
            Some(ToolChoice::Auto | ToolChoice::None) | None => false,
        };
        if insists && self.tools.is_empty() {
            return Err(Flaw::new("tool_choice", "'tool_choice' asks for a call, and 'tools' names no tool"));
        }
        Ok(())
    }

    /// Whether a call or an outcome stands anywhere in the conversation.
    pub fn has_calls(&self) -> bool {
        let mut parts = self.turns.iter().flat_map(|turn| &turn.parts);
        parts.any(|part| matches!(part, Part::Call(_) | Part::Outcome(_)))
    }
}
