//! What a request needs of a model. It is looked for only where targets differ in it, or one of them is for such requests
//! alone: nobody else pays for looking.

use std::sync::LazyLock;

use dialects::canonical::{MediaKind, OutputFormat, Part, Prompt as Conversation};
use dialects::surface::Operation;
use memchr::memmem::Finder;
use routing::{Capabilities, Capability};

use crate::pipeline::understand::Prompt;

/// A word for each: what does not hold it anywhere does not need it. Finding it says nothing yet, for people say such words.
static WORDS: LazyLock<Vec<(Capability, Finder<'static>)>> = LazyLock::new(|| {
    let words = [
        (Capability::Tools, "\"tools\""),
        (Capability::Tools, "\"functions\""),
        (Capability::Images, "image"),
        (Capability::Audio, "audio"),
        (Capability::Documents, "file"),
        (Capability::Documents, "document"),
        (Capability::Schema, "schema"),
    ];
    words.into_iter().map(|(capability, word)| (capability, Finder::new(word))).collect()
});

/// Which of the wanted ones a request needs.
pub(super) fn needed(prompt: &Prompt, wanted: Capabilities) -> Capabilities {
    if prompt.surface.operation != Operation::Conversation {
        return Capabilities::NONE;
    }
    let is_worth_reading =
        WORDS.iter().any(|(capability, word)| wanted.has(*capability) && prompt.may_say(word));
    if !is_worth_reading {
        return Capabilities::NONE;
    }
    // What cannot be read is told to the caller by whoever is asked.
    prompt.canonical().map(needs_of).unwrap_or_default().and(wanted)
}

fn needs_of(conversation: &Conversation) -> Capabilities {
    let parts = conversation.turns.iter().flat_map(|turn| &turn.parts);
    let all = parts.flat_map(|part| match part {
        Part::Outcome(outcome) => outcome.parts.as_slice(),
        part => std::slice::from_ref(part),
    });
    let of_media = all.filter_map(|part| match part {
        Part::Media(media) => capability_for(media.kind),
        _ => None,
    });
    let tools = (!conversation.tools.is_empty()).then_some(Capability::Tools);
    let schema = matches!(conversation.format, OutputFormat::JsonSchema { .. }).then_some(Capability::Schema);
    of_media.chain(tools).chain(schema).collect()
}

const fn capability_for(kind: MediaKind) -> Option<Capability> {
    match kind {
        MediaKind::Image => Some(Capability::Images),
        MediaKind::Audio => Some(Capability::Audio),
        MediaKind::Document => Some(Capability::Documents),
        MediaKind::Video => None,
    }
}
