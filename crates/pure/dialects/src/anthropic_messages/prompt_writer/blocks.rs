//! The blocks of a turn.

use super::media;
use crate::Dialect;
use crate::anthropic_messages::arguments;
use crate::anthropic_messages::marks::Marks;
use crate::canonical::{
    Abilities, Call, Feature, Flaw, Foreign, Losses, Outcome, Part, SealForm, Text, Thought, ToolNames,
    legal_id,
};
use crate::json::writer::object;
use crate::translator::CUSTOM_TOOL_ARGUMENT;

/// Said for a tool that failed without a word.
const FAILED: &str = "The tool failed.";

/// Writes blocks.
pub(super) struct Blocks<'a> {
    pub(super) abilities: &'a Abilities,
    pub(super) losses: &'a mut Losses,
    names: &'a ToolNames,
    marks: Marks,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(
        abilities: &'a Abilities,
        names: &'a ToolNames,
        marks: Marks,
        losses: &'a mut Losses,
    ) -> Self {
        Self { abilities, losses, names, marks }
    }

    /// Writes a part. `None` for what says nothing, or has no place.
    pub(super) fn write(&mut self, part: &Part) -> Result<Option<String>, Flaw> {
        match part {
            Part::Text(text) => self.text(text),
            Part::Refusal(words) => {
                self.losses.lose(Feature::Refusal, "")?;
                Ok(plain(words))
            }
            Part::Media(found) => media::write(found, self.abilities, &mut self.marks, self.losses),
            Part::Thought(found) => self.thought(found),
            Part::Call(found) => self.call(found).map(Some),
            Part::Outcome(found) => self.outcome(found).map(Some),
            Part::Foreign(found) => self.foreign(found),
        }
    }

    fn text(&mut self, text: &Text) -> Result<Option<String>, Flaw> {
        if !text.citations.is_empty() {
            self.losses.lose(Feature::Citations, "")?;
        }
        // A block of nothing but white is refused.
        if text.text.trim().is_empty() {
            return Ok(None);
        }
        Ok(Some(object(|o| {
            o.text("type", "text");
            o.text("text", &text.text);
            self.marks.write(text.mark.as_ref(), o);
        })))
    }

    /// A thought goes back whole, with its seal, or not at all.
    fn thought(&mut self, thought: &Thought) -> Result<Option<String>, Flaw> {
        let Some(seal) = &thought.seal else {
            self.losses.lose(Feature::UnsealedThought, "")?;
            return Ok(None);
        };
        Ok(match seal.form {
            SealForm::Signature => Some(object(|o| {
                o.text("type", "thinking");
                o.text("thinking", &thought.text);
                o.text("signature", &seal.blob);
            })),
            SealForm::Redacted => Some(object(|o| {
                o.text("type", "redacted_thinking");
                o.text("data", &seal.blob);
            })),
            SealForm::Encrypted | SealForm::Detail => {
                self.losses.lose(Feature::SealedThought, "")?;
                None
            }
        })
    }

    fn call(&mut self, call: &Call) -> Result<String, Flaw> {
        let input = if call.is_custom {
            object(|o| o.text(CUSTOM_TOOL_ARGUMENT, &call.arguments))
        } else {
            let input = arguments::write(&call.arguments);
            if input.is_wrapped {
                self.losses.lose(Feature::BadArguments, "")?;
            }
            input.json
        };
        Ok(object(|o| {
            o.text("type", "tool_use");
            o.text("id", &legal_id(&call.id));
            o.text("name", self.names.sent(&call.name));
            o.raw("input", &input);
            self.marks.write(call.mark.as_ref(), o);
        }))
    }

    fn outcome(&mut self, outcome: &Outcome) -> Result<String, Flaw> {
        let mut content = Vec::with_capacity(outcome.parts.len());
        for part in &outcome.parts {
            content.extend(self.write(part)?);
        }
        if content.is_empty() && outcome.is_error {
            content.extend(plain(FAILED));
        }
        Ok(object(|o| {
            o.text("type", "tool_result");
            o.text("tool_use_id", &legal_id(&outcome.call_id));
            if !content.is_empty() {
                o.list("content", |l| content.iter().for_each(|block| l.raw(block)));
            }
            if outcome.is_error {
                o.boolean("is_error", true);
            }
            self.marks.write(outcome.mark.as_ref(), o);
        }))
    }

    fn foreign(&mut self, found: &Foreign) -> Result<Option<String>, Flaw> {
        if found.dialect == Dialect::AnthropicMessages {
            return Ok(Some(found.json.clone()));
        }
        let is_kept_there = found.kind == "item_reference";
        self.losses.lose(if is_kept_there { Feature::State } else { Feature::UnknownPart }, &found.path)?;
        Ok(None)
    }
}

/// A block of words, if there are any.
pub(super) fn plain(words: &str) -> Option<String> {
    let block = || {
        object(|o| {
            o.text("type", "text");
            o.text("text", words);
        })
    };
    (!words.trim().is_empty()).then(block)
}
