//! How long the caller is made to wait for an answer to begin: by kind and size of the call, and never longer than his
//! own SDK waits, which would give up, ask again and pay twice.

use std::time::Duration;

use config::Timeouts;
use dialects::surface::Operation;

use crate::pipeline::understand::Prompt;
use crate::pipeline::wishes::Wishes;
use crate::serving::Serving;

/// Our answer must reach the caller before his own limit.
const BEFORE_CALLER: Duration = Duration::from_millis(500);
/// However little a caller says he waits, this much is tried.
const LIMIT_MIN: Duration = Duration::from_millis(100);

/// The limit for the first token of a stream, or for a whole answer of this size.
pub(super) fn patience(serving: &Serving, prompt: &Prompt, wishes: &Wishes<'_>) -> Duration {
    let (operation, is_streaming) = (prompt.surface.operation, prompt.deciding.is_streaming);
    within_callers(usual_patience(&serving.timeouts, operation, is_streaming, || prompt.tokens()), wishes)
}

/// A limit, or what the caller's SDK says that it waits if that is less.
pub(crate) fn within_callers(limit: Duration, wishes: &Wishes<'_>) -> Duration {
    match wishes.sdk_limit {
        Some(callers) => limit.min(callers.saturating_sub(BEFORE_CALLER).max(LIMIT_MIN)),
        None => limit,
    }
}

/// The same for a caller of whose own patience nothing is known.
pub(crate) fn usual_patience(
    timeouts: &Timeouts,
    operation: Operation,
    is_streaming: bool,
    tokens: impl FnOnce() -> u64,
) -> Duration {
    if is_made_slowly(operation) {
        // Also as a stream: some models stream none and answer whole, and who they are stands only in their documents.
        timeouts.answer_xlarge.max(timeouts.first_byte)
    } else if is_streaming {
        timeouts.first_byte
    } else {
        timeouts.answer_for(tokens())
    }
}

/// Pictures and sound take long, however few bytes ask for them.
fn is_made_slowly(operation: Operation) -> bool {
    matches!(operation, Operation::Images | Operation::Speech | Operation::Transcription)
}
