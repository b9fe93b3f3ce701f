//! The conversation, in the order of the turns. What is written for a turn depends on nothing behind it.

use super::blocks::{Blocks, plain};
use crate::canonical::{Feature, Flaw, Part, Prompt, Speaker, Text, Turn};
use crate::json::writer::ObjectWriter;

/// Said for a user who said nothing, where he must.
const NOTHING: &str = ".";
const USER: &str = "user";
const MODEL: &str = "assistant";
const APPLICATION: &str = "system";

/// Writes turns.
pub(super) struct Turns<'a> {
    blocks: Blocks<'a>,
    messages: Vec<Message>,
}

struct Message {
    role: &'static str,
    blocks: Vec<String>,
}

/// A conversation, written.
pub(super) struct Conversation {
    system: Vec<String>,
    messages: Vec<Message>,
}

impl Conversation {
    pub(super) fn write(&self, o: &mut ObjectWriter<'_>) {
        if !self.system.is_empty() {
            o.list("system", |l| self.system.iter().for_each(|block| l.raw(block)));
        }
        o.list("messages", |l| {
            for message in &self.messages {
                l.object(|o| {
                    o.text("role", message.role);
                    o.list("content", |l| message.blocks.iter().for_each(|block| l.raw(block)));
                });
            }
        });
    }
}

impl<'a> Turns<'a> {
    pub(super) fn new(blocks: Blocks<'a>) -> Self {
        Self { blocks, messages: Vec::new() }
    }

    /// Writes a conversation. `words` are told behind the instructions at its beginning.
    pub(super) fn write(
        mut self,
        prompt: &Prompt,
        words: impl Iterator<Item = String>,
    ) -> Result<Conversation, Flaw> {
        let (leading, turns) = prompt.turns.split_at(prompt.leading_instructions());
        let mut system = Vec::new();
        for turn in leading {
            system.extend(self.said(turn)?);
        }
        system.extend(words.filter_map(|words| plain(&words)));
        let goes_on = prompt.continues_last && self.can_go_on()?;
        for (place, turn) in turns.iter().enumerate() {
            let is_beginning = goes_on && place + 1 == turns.len();
            match turn.speaker {
                Speaker::User => {
                    let blocks = self.said(turn)?;
                    self.say(USER, blocks);
                }
                Speaker::Model if is_beginning => self.model(&begun(turn))?,
                Speaker::Model => self.model(turn)?,
                Speaker::Instructions => self.instruct(turn)?,
            }
        }
        self.let_user_speak(goes_on)?;
        Ok(Conversation { system, messages: self.messages })
    }

    fn can_go_on(&mut self) -> Result<bool, Flaw> {
        let can = self.blocks.abilities.continues_answers;
        if !can {
            self.blocks.losses.lose(Feature::ContinueLast, "messages")?;
        }
        Ok(can)
    }

    /// A user speaks first, and last, too, unless the model goes on.
    fn let_user_speak(&mut self, goes_on: bool) -> Result<(), Flaw> {
        let nothing = || plain(NOTHING).into_iter().collect();
        if self.messages.first().is_none_or(|first| first.role != USER) {
            self.blocks.losses.lose(Feature::NoUser, "messages")?;
            self.messages.insert(0, Message { role: USER, blocks: nothing() });
        }
        if !goes_on && self.messages.last().is_some_and(|last| last.role == MODEL) {
            self.blocks.losses.lose(Feature::NoUser, "messages")?;
            self.say(USER, nothing());
        }
        Ok(())
    }

    fn say(&mut self, role: &'static str, blocks: Vec<String>) {
        match self.messages.last_mut() {
            _ if blocks.is_empty() => {}
            Some(last) if last.role == role => last.blocks.extend(blocks),
            _ => self.messages.push(Message { role, blocks }),
        }
    }

    fn said(&mut self, turn: &Turn) -> Result<Vec<String>, Flaw> {
        if turn.name.is_some() {
            self.blocks.losses.lose(Feature::SpeakerName, "messages")?;
        }
        let mut blocks = Vec::with_capacity(turn.parts.len());
        for part in &turn.parts {
            blocks.extend(self.blocks.write(part)?);
        }
        Ok(blocks)
    }

    fn model(&mut self, turn: &Turn) -> Result<(), Flaw> {
        for part in &turn.parts {
            if let Part::Media(media) = part {
                self.blocks.losses.lose(Feature::UnknownPart, &media.path)?;
            }
        }
        let blocks = self.said(turn)?;
        self.say(MODEL, blocks);
        Ok(())
    }

    /// Instructions between the turns stay where they are: moved to the top they would change everything behind.
    fn instruct(&mut self, turn: &Turn) -> Result<(), Flaw> {
        if self.blocks.abilities.takes_late_instructions {
            let blocks = self.said(turn)?;
            self.say(APPLICATION, blocks);
            return Ok(());
        }
        self.blocks.losses.lose(Feature::LateInstructions, "messages")?;
        let parts = turn.parts.iter().map(marked).collect();
        let blocks = self.said(&Turn { parts, ..turn.clone() })?;
        self.say(USER, blocks);
        Ok(())
    }
}

/// Words that the user did not say.
fn marked(part: &Part) -> Part {
    match part {
        Part::Text(text) if !text.text.trim().is_empty() => {
            Part::Text(Text { text: format!("<system>\n{}\n</system>", text.text), ..text.clone() })
        }
        other => other.clone(),
    }
}

/// A turn that is gone on from: white at its end is refused.
fn begun(turn: &Turn) -> Turn {
    let mut turn = turn.clone();
    if let Some(Part::Text(text)) = turn.parts.last_mut() {
        text.text.truncate(text.text.trim_end().len());
    }
    turn
}
