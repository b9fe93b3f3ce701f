//! The conversation as items.

use super::parts;
use super::writing::Writing;
use crate::Dialect;
use crate::canonical::{
    Abilities, Call, Feature, Flaw, Foreign, Losses, Outcome, Part, Prompt, Speaker, Thought, ToolNames,
    Turn, legal_id,
};
use crate::json::writer::{ListWriter, write_list};
use crate::openai_responses::{PARAGRAPH, names};

/// Writes `input`. `instruction` is said before everything else.
pub(super) fn write_input(
    prompt: &Prompt,
    tool_names: &ToolNames,
    instruction: Option<&str>,
    abilities: &Abilities,
    losses: &mut Losses,
) -> Result<String, Flaw> {
    let mut writing = Writing { tool_names, abilities, losses };
    let mut input = String::new();
    let mut result = Ok(());
    write_list(&mut input, |list| {
        if let Some(instruction) = instruction {
            write_message(list, "system", &[parts::text_part("input_text", instruction)]);
        }
        result = prompt.turns.iter().try_for_each(|turn| writing.turn(list, turn));
    });
    result.map(|()| input)
}

impl Writing<'_> {
    fn turn(&mut self, list: &mut ListWriter<'_>, turn: &Turn) -> Result<(), Flaw> {
        if turn.name.is_some() {
            self.losses.lose(Feature::SpeakerName, "messages")?;
        }
        let role = match turn.speaker {
            Speaker::Instructions => "system",
            Speaker::User => "user",
            Speaker::Model => "assistant",
        };
        let mut said = Vec::new();
        for part in &turn.parts {
            match self.content(turn.speaker, part)? {
                Some(content) => said.extend(content),
                None => {
                    write_message(list, role, &std::mem::take(&mut said));
                    self.item(list, part)?;
                }
            }
        }
        write_message(list, role, &said);
        Ok(())
    }

    /// What a part adds to a message; `None` if it is an item of its own.
    fn content(&mut self, speaker: Speaker, part: &Part) -> Result<Option<Option<String>>, Flaw> {
        let is_own = match part {
            Part::Thought(_) | Part::Call(_) | Part::Outcome(_) => true,
            Part::Foreign(foreign) => self.is_item(foreign)?,
            Part::Text(_) | Part::Refusal(_) | Part::Media(_) => false,
        };
        if is_own { Ok(None) } else { self.part(speaker, part).map(Some) }
    }

    fn item(&mut self, list: &mut ListWriter<'_>, part: &Part) -> Result<(), Flaw> {
        match part {
            Part::Thought(thought) => self.thought(list, thought),
            Part::Call(call) => {
                if call.mark.is_some() {
                    self.losses.lose(Feature::CacheMarks, "")?;
                }
                self.call(list, call);
                Ok(())
            }
            Part::Outcome(outcome) => self.outcome(list, outcome),
            Part::Foreign(foreign) => {
                list.raw(&foreign.json);
                Ok(())
            }
            Part::Text(_) | Part::Refusal(_) | Part::Media(_) => Ok(()),
        }
    }

    /// Whether it is an item and no part of a message: those stand one level deeper.
    fn is_item(&mut self, foreign: &Foreign) -> Result<bool, Flaw> {
        self.refuse_strange(foreign)?;
        Ok(!foreign.path.contains('.'))
    }

    /// What only another dialect knows is refused.
    pub(super) fn refuse_strange(&mut self, foreign: &Foreign) -> Result<(), Flaw> {
        if foreign.dialect != Dialect::OpenAiResponses {
            let what = format!("'{}'", foreign.kind);
            self.losses.lose_saying(Feature::UnknownPart, &foreign.path, &what)?;
        }
        Ok(())
    }

    /// A thought goes back with its seal, or not at all: without one nobody there knows it again.
    fn thought(&mut self, list: &mut ListWriter<'_>, thought: &Thought) -> Result<(), Flaw> {
        let Some(seal) = thought.seal.as_ref().filter(|seal| seal.form.dialect() == Dialect::OpenAiResponses)
        else {
            return self.losses.lose(Feature::UnsealedThought, "");
        };
        list.object(|o| {
            o.text("type", "reasoning");
            if let Some(id) = &thought.id {
                o.text("id", id);
            }
            let is_told = !thought.text.is_empty();
            // Dialects that keep no id forget what kind of words it had. Sealed thoughts are told in summaries, and words in
            // full are refused beside a seal.
            let is_summary = thought.is_summary || thought.id.is_none();
            o.list("summary", |list| {
                for text in thought.text.split(PARAGRAPH).filter(|_| is_told && is_summary) {
                    list.raw(&parts::text_part("summary_text", text));
                }
            });
            if is_told && !is_summary {
                o.list("content", |list| list.raw(&parts::text_part("reasoning_text", &thought.text)));
            }
            o.text("encrypted_content", &seal.blob);
        });
        Ok(())
    }

    fn call(&mut self, list: &mut ListWriter<'_>, call: &Call) {
        list.object(|o| {
            o.text("type", if call.is_custom { "custom_tool_call" } else { "function_call" });
            o.text("call_id", &legal_id(&call.id));
            match names::split(&call.name) {
                (Some(group), name) => {
                    o.text("namespace", group);
                    o.text("name", name);
                }
                (None, name) => o.text("name", self.tool_names.sent(name)),
            }
            match &*call.arguments {
                arguments if call.is_custom => o.text("input", arguments),
                // Whoever takes no arguments gets an object nevertheless.
                "" => o.text("arguments", "{}"),
                arguments => o.text("arguments", arguments),
            }
        });
    }

    fn outcome(&mut self, list: &mut ListWriter<'_>, outcome: &Outcome) -> Result<(), Flaw> {
        if outcome.is_error {
            self.losses.lose(Feature::OutcomeError, "")?;
        }
        if outcome.mark.is_some() {
            self.losses.lose(Feature::CacheMarks, "")?;
        }
        let text = match outcome.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text.text.as_str()),
            _ => None,
        };
        let mut said = Vec::new();
        for part in outcome.parts.iter().filter(|_| text.is_none()) {
            said.extend(self.part(Speaker::User, part)?);
        }
        list.object(|o| {
            o.text(
                "type",
                if outcome.is_custom { "custom_tool_call_output" } else { "function_call_output" },
            );
            o.text("call_id", &legal_id(&outcome.call_id));
            match text {
                Some(text) => o.text("output", text),
                None => o.list("output", |list| said.iter().for_each(|part| list.raw(part))),
            }
        });
        Ok(())
    }
}

fn write_message(list: &mut ListWriter<'_>, role: &str, said: &[String]) {
    if said.is_empty() {
        return;
    }
    list.object(|o| {
        o.text("type", "message");
        o.text("role", role);
        o.list("content", |list| said.iter().for_each(|part| list.raw(part)));
    });
}
