//! What may be asked twice and be wanted once, because nothing of it stays but the bill.

use std::sync::LazyLock;

use dialects::Dialect;
use dialects::surface::Operation;
use memchr::memmem::Finder;

use crate::pipeline::understand::Prompt;

/// Whether what is asked can be asked twice and be wanted once: nothing but the bill tells the two apart.
pub(crate) const fn has_no_side_effects(operation: Operation) -> bool {
    matches!(operation, Operation::Conversation | Operation::Embeddings)
}

/// The same of one request. What goes on from an answer that its provider keeps, or is kept there beyond the call, is asked once.
pub(super) fn may_be_asked_twice(prompt: &Prompt) -> bool {
    static KEPT: LazyLock<[Finder<'static>; 2]> =
        LazyLock::new(|| [Finder::new("\"conversation\""), Finder::new("\"background\"")]);
    let is_kept = || {
        prompt.deciding.previous_response.is_some()
            || prompt.surface.dialect == Dialect::OpenAiResponses && KEPT.iter().any(|it| prompt.may_say(it))
    };
    has_no_side_effects(prompt.surface.operation) && prompt.file.is_none() && !is_kept()
}
