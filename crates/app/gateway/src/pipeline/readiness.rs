//! Whether a stream is made ready to outlive its source: by its route, the caller's word, and what an answer to it may hold.

use dialects::canonical::{OutputFormat, ToolKind};
use dialects::surface::Operation;
use dialects::translation::Rescue;
use routing::{Plan, Resume};

use crate::pipeline::understand::Prompt;
use crate::pipeline::wishes::Wishes;

/// What is held back at first, where something is; of more nobody waits for the end of that time.
const HOLD_BYTES_MAX: usize = 64 << 10;
/// Fields of a request whose answers hold more than an answer in no dialect can carry.
const UNCARRIED: &[&str] = &["modalities", "audio"];

/// How it is made ready, if it is.
pub(super) fn readiness(plan: &Plan, prompt: &Prompt, wishes: &Wishes<'_>) -> Option<Rescue> {
    let manner = &plan.route.manner;
    let is_wanted = manner.resume != Resume::Off
        && prompt.deciding.is_streaming
        && prompt.surface.operation == Operation::Conversation
        && !wishes.is_without_resume;
    if !is_wanted {
        return None;
    }
    let asked = prompt.canonical().ok()?;
    let settings = &asked.settings;
    let holds_more = settings.choices.is_some_and(|choices| choices > 1)
        || settings.logprobs == Some(true)
        || settings.top_logprobs.is_some_and(|count| count > 0)
        || asked.extras.iter().any(|extra| UNCARRIED.contains(&extra.name.as_str()))
        || asked.tools.iter().any(|tool| matches!(tool.kind, ToolKind::BuiltIn { .. }));
    let hold_bytes = if manner.resume_hold.is_zero() { 0 } else { HOLD_BYTES_MAX };
    (!holds_more).then(|| Rescue { holds_text: asked.format != OutputFormat::Text, hold_bytes })
}
