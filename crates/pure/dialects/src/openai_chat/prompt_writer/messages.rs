//! The messages, in the order of the turns. What is written for a turn depends on nothing behind it.

use super::parts::{self, WrittenPart};
use crate::canonical::{
    Abilities, Call, Continuing, Feature, Flaw, Losses, Outcome, Part, Prompt, Seal, SealForm, Speaker,
    Thought, ToolNames, Turn, legal_id, short_id,
};
use crate::json::Item;
use crate::json::writer::{ObjectWriter, object};
use crate::openai_chat::details;
use crate::translator::CUSTOM_TOOL_ARGUMENT;

/// OpenAI takes no longer ids of calls.
const ID_BYTES_MAX: usize = 40;
const ID_DIGEST_CHARS: usize = 24;
/// Between thoughts that become one.
const BETWEEN_THOUGHTS: &str = "\n\n";
/// Said for a tool that failed without a word.
const FAILED: &str = "The tool failed.";

/// Writes messages.
pub(super) struct Messages<'a> {
    abilities: &'a Abilities,
    names: &'a ToolNames,
    losses: &'a mut Losses,
    written: Vec<String>,
}

impl<'a> Messages<'a> {
    pub(super) fn new(abilities: &'a Abilities, names: &'a ToolNames, losses: &'a mut Losses) -> Self {
        Self { abilities, names, losses, written: Vec::new() }
    }

    /// Writes a conversation. `words` are told behind the instructions at its beginning; the last turn may be the beginning
    /// of the answer.
    pub(super) fn write(
        &mut self,
        prompt: &Prompt,
        words: Option<&str>,
        continuing: Option<Continuing>,
    ) -> Result<(), Flaw> {
        let flag = match continuing {
            Some(Continuing::Flag(flag)) => Some(flag),
            Some(Continuing::Bare | Continuing::FinalMessage) | None => None,
        };
        let leading = prompt.leading_instructions();
        for (place, turn) in prompt.turns.iter().enumerate() {
            if place == leading {
                self.instruct(words);
            }
            match turn.speaker {
                Speaker::Instructions => self.said("system", turn)?,
                Speaker::User => self.user(turn)?,
                Speaker::Model => self.model(turn, flag.filter(|_| place + 1 == prompt.turns.len()))?,
            }
        }
        if prompt.turns.len() == leading {
            self.instruct(words);
        }
        Ok(())
    }

    fn instruct(&mut self, words: Option<&str>) {
        if let Some(words) = words {
            self.written.push(message(
                "system",
                None,
                &parts::content(&[WrittenPart::Text(words.to_owned())]),
            ));
        }
    }

    /// Asks for something behind the conversation.
    pub(super) fn ask(&mut self, words: &str) {
        self.written.push(message("user", None, &parts::content(&[WrittenPart::Text(words.to_owned())])));
    }

    pub(super) fn finish(self) -> Vec<String> {
        self.written
    }

    fn said(&mut self, role: &str, turn: &Turn) -> Result<(), Flaw> {
        let mut said = Vec::new();
        for part in &turn.parts {
            said.extend(parts::said(part, self.abilities, self.losses)?);
        }
        if !said.is_empty() {
            self.written.push(message(role, turn.name.as_deref(), &parts::content(&said)));
        }
        Ok(())
    }

    /// What tools answered comes first, and nothing may stand between; media among it follow in a message of their own.
    fn user(&mut self, turn: &Turn) -> Result<(), Flaw> {
        let mut moved = Vec::new();
        for part in &turn.parts {
            if let Part::Outcome(outcome) = part {
                self.outcome(outcome, &mut moved)?;
            }
        }
        if !moved.is_empty() {
            self.written.push(message("user", None, &parts::content(&moved)));
        }
        self.said("user", turn)
    }

    fn outcome(&mut self, outcome: &Outcome, moved: &mut Vec<WrittenPart>) -> Result<(), Flaw> {
        if outcome.mark.is_some() {
            self.losses.lose(Feature::CacheMarks, "")?;
        }
        let id = sent_id(&outcome.call_id);
        let mut texts = Vec::new();
        for part in &outcome.parts {
            match parts::said(part, self.abilities, self.losses)? {
                Some(WrittenPart::Json(json)) => {
                    let path = if let Part::Media(media) = part { media.path.as_str() } else { "" };
                    self.losses.lose(Feature::OutcomeMedia, path)?;
                    moved.push(WrittenPart::Text(format!("Returned by the tool call {id}:")));
                    moved.push(WrittenPart::Json(json));
                }
                Some(text) => texts.push(text),
                None => {}
            }
        }
        if outcome.is_error {
            self.losses.lose(Feature::OutcomeError, "")?;
            if texts.is_empty() {
                texts.push(WrittenPart::Text(FAILED.to_owned()));
            }
        }
        self.written.push(object(|o| {
            o.text("role", "tool");
            o.text("tool_call_id", &id);
            o.raw("content", &parts::content(&texts));
        }));
        Ok(())
    }

    fn model(&mut self, turn: &Turn, flag: Option<&str>) -> Result<(), Flaw> {
        let mut said = Vec::new();
        let mut refusal = String::new();
        let mut thoughts = Vec::new();
        let mut calls = Vec::new();
        for part in &turn.parts {
            match part {
                Part::Text(text) => said.extend(parts::text(text, self.losses)?),
                Part::Refusal(words) => refusal.push_str(words),
                Part::Thought(thought) => thoughts.push(thought),
                Part::Call(call) => {
                    if call.mark.is_some() {
                        self.losses.lose(Feature::CacheMarks, "")?;
                    }
                    calls.push(call);
                }
                Part::Media(media) => self.losses.lose(Feature::UnknownPart, &media.path)?,
                Part::Foreign(found) => said.push(parts::foreign(found, self.losses)?),
                Part::Outcome(_) => {}
            }
        }
        if said.is_empty() && refusal.is_empty() && calls.is_empty() && thoughts.is_empty() {
            return Ok(());
        }
        let thoughts = self.thoughts(&thoughts)?;
        let message = object(|o| {
            o.text("role", "assistant");
            if let Some(name) = &turn.name {
                o.text("name", name);
            }
            let is_said_elsewhere = said.is_empty() && !(refusal.is_empty() && calls.is_empty());
            o.raw("content", &if is_said_elsewhere { "null".to_owned() } else { parts::content(&said) });
            if !refusal.is_empty() {
                o.text("refusal", &refusal);
            }
            thoughts.write(o);
            if let Some(flag) = flag {
                o.boolean(flag, true);
            }
            if !calls.is_empty() {
                o.list("tool_calls", |l| {
                    calls.iter().for_each(|call| l.object(|o| self.call(call, &thoughts, o)));
                });
            }
        });
        self.written.push(message);
        Ok(())
    }

    fn call(&self, call: &Call, thoughts: &Thoughts, o: &mut ObjectWriter<'_>) {
        let id = sent_id(&call.id);
        o.text("id", &id);
        o.text("type", "function");
        o.object("function", |o| {
            o.text("name", self.names.sent(&call.name));
            let wrapped = call.is_custom.then(|| object(|o| o.text(CUSTOM_TOOL_ARGUMENT, &call.arguments)));
            let arguments = wrapped.as_deref().unwrap_or(&call.arguments);
            o.text("arguments", if arguments.is_empty() { "{}" } else { arguments });
        });
        if let Some((_, extra)) = thoughts.on_calls.iter().find(|(known, _)| *known == id) {
            o.raw("extra_content", extra);
        }
    }

    /// The thoughts of a turn; seals of another dialect are lost.
    fn thoughts(&mut self, given: &[&Thought]) -> Result<Thoughts, Flaw> {
        let words = given.iter().map(|thought| thought.text.as_str()).filter(|text| !text.is_empty());
        let joined = words.collect::<Vec<_>>().join(BETWEEN_THOUGHTS);
        let mut thoughts = Thoughts { joined, ..Thoughts::default() };
        for thought in given {
            let Some(seal) = &thought.seal else { continue };
            if let Some(entries) = details::restored(seal, &thought.text) {
                thoughts.details.extend(entries);
            } else if let Some(on_call) = on_call(seal) {
                thoughts.on_calls.push(on_call);
            } else {
                self.losses.lose(Feature::SealedThought, "")?;
            }
        }
        Ok(thoughts)
    }
}

/// The thoughts of a message.
#[derive(Default)]
struct Thoughts {
    joined: String,
    details: Vec<String>,
    /// Id of a call, as sent, and what stands on it.
    on_calls: Vec<(String, String)>,
}

impl Thoughts {
    fn write(&self, o: &mut ObjectWriter<'_>) {
        if !self.joined.is_empty() {
            o.text("reasoning_content", &self.joined);
        }
        if !self.details.is_empty() {
            o.list("reasoning_details", |l| self.details.iter().for_each(|entry| l.raw(entry)));
        }
    }
}

/// The seal of a call: its id, and what the host wants back on it.
fn on_call(seal: &Seal) -> Option<(String, String)> {
    if seal.form != SealForm::Detail {
        return None;
    }
    let mut fields = Item::of_body(seal.blob.as_bytes()).ok()?.fields().ok()?;
    let id = fields.string("call_id").ok()??;
    let extra = fields.take("extra_content")?.text().to_owned();
    Some((sent_id(&id), extra))
}

fn message(role: &str, name: Option<&str>, content: &str) -> String {
    object(|o| {
        o.text("role", role);
        if let Some(name) = name {
            o.text("name", name);
        }
        o.raw("content", content);
    })
}

/// An id as it is sent: the same for a call and its outcome, on every turn.
fn sent_id(id: &str) -> String {
    let id = legal_id(id);
    if id.len() <= ID_BYTES_MAX {
        id.into_owned()
    } else {
        format!("call_{}", short_id(&id, ID_DIGEST_CHARS))
    }
}
