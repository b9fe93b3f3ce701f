//! Requests: read in one dialect, written in another, read there.

use std::collections::HashSet;

use dialects::canonical::{Abilities, Feature, Losses};
use dialects::json::writer::compact;
use dialects::{Dialect, Target};
use proptest::prelude::*;

use crate::facts::{Fact, expected, found};
use crate::talk::{Talk, talk};
use crate::{config, pairs, wire};

fn wire_text(talk: &Talk, dialect: Dialect) -> String {
    match dialect {
        Dialect::OpenAiChat => wire::chat::prompt(talk),
        Dialect::OpenAiResponses => wire::responses::prompt(talk),
        Dialect::AnthropicMessages => wire::messages::prompt(talk),
    }
}

/// The conversation as a dialect can tell it at all.
fn told_in(talk: &Talk, dialect: Dialect) -> Talk {
    let mut talk = talk.clone();
    if dialect == Dialect::AnthropicMessages {
        for call in talk.rounds.iter_mut().flat_map(|round| &mut round.calls) {
            if let Some(json) = call.arguments.strip_prefix("*** ") {
                call.arguments = json.to_owned();
            }
        }
        talk.tools.iter_mut().for_each(|tool| tool.is_custom = false);
    }
    talk
}

fn check(talk: &Talk, from: Dialect, to: Dialect) {
    let talk = told_in(talk, from);
    let body = wire_text(&talk, from);
    let prompt = from.translator().read_prompt(body.as_bytes()).unwrap();
    let abilities = Abilities::default();
    let target = Target { model: "m", abilities: &abilities, output_tokens_default: 4096 };
    let mut losses = Losses::new(false);
    let written = to.translator().write_prompt(&prompt, &target, &mut losses).unwrap();
    let again = to.translator().write_prompt(&prompt, &target, &mut Losses::new(false)).unwrap();
    assert_eq!(written, again, "the same prompt is written in two ways");
    let read = to.translator().read_prompt(written.body.as_bytes()).unwrap();
    let (mut expected, mut found) = (expected(&talk), found(&read, &written));
    let lost: HashSet<Feature> = losses.told().iter().map(|loss| loss.feature).collect();
    // Thoughts go where they can be given back; elsewhere their loss is told.
    if lost.contains(&Feature::SealedThought) || lost.contains(&Feature::UnsealedThought) {
        let told: Vec<Fact> =
            found.said.iter().filter(|fact| matches!(fact, Fact::Thought(_))).cloned().collect();
        expected.said.retain(|fact| !matches!(fact, Fact::Thought(_)) || told.contains(fact));
    }
    if lost.contains(&Feature::JsonSchema) {
        // It is told in words, or as a tool, which takes its arguments.
        let words = |fact: &Fact| matches!(fact, Fact::System(text) if text.contains("JSON of this schema"));
        assert!(found.said.iter().any(words) || written.answer_tool.is_some());
        found.said.retain(|fact| !words(fact));
        expected.schema = None;
    }
    expected.schema = expected.schema.map(|schema| compact(&schema));
    assert_eq!(found, expected, "{from:?} to {to:?}\n{body}\n{}", written.body);
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn nothing_of_a_conversation_is_lost_or_altered(talk in talk()) {
        for (from, to) in pairs() {
            check(&talk, from, to);
        }
    }
}
