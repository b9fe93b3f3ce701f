//! A request to go on with an answer that broke off: how a target is asked, and what that adds to the conversation.

use dialects::canonical::{Part, Prompt as Conversation, Speaker, Text, Thinking, ThinkingWish};
use dialects::translation::Repeats;
use routing::Resume;

use crate::tokens::tokens_in;

/// What a model is told that does not take the beginning of its answer.
const GO_ON: &str = "Your last message was cut off on its way, so I have only its beginning. Continue it from exactly where it \
                     stops, in the middle of a word if need be. Repeat nothing of it, and add no introduction.";

/// What the caller has of an answer that broke off.
#[derive(Debug)]
pub(crate) struct GoingOn {
    /// Its text, as far as he has it; empty where he has nothing that binds us.
    pub(crate) told: String,
    pub(crate) resume: Resume,
}

/// How a target is asked to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Approach {
    /// It is given what was told as the beginning of its own answer.
    Beginning,
    /// It is asked in words.
    Words,
    /// It answers from the start.
    Anew,
}

impl GoingOn {
    /// How somebody is asked who takes the beginning of an answer, or does not.
    pub(crate) fn approach(&self, takes_beginnings: bool) -> Approach {
        match self.resume {
            _ if self.told.is_empty() => Approach::Anew,
            Resume::Continue | Resume::Ask if takes_beginnings => Approach::Beginning,
            Resume::Ask => Approach::Words,
            Resume::Off | Resume::Hidden | Resume::Continue | Resume::Visible => Approach::Anew,
        }
    }

    /// Adds what was told to the conversation, and what is asked.
    pub(crate) fn add_to(&self, conversation: &mut Conversation, approach: Approach) {
        if approach == Approach::Anew {
            return;
        }
        self.begin_answer(conversation);
        if let Some(cap) = &mut conversation.settings.output_tokens_max {
            *cap = cap.saturating_sub(tokens_in(&self.told)).max(1);
        }
        conversation.continues_last = approach == Approach::Beginning;
        if approach == Approach::Words {
            conversation.say(Speaker::User, None, [text(GO_ON)]);
        } else if conversation.thinking.wish.is_some() || conversation.thinking.effort.is_some() {
            // It was thought before the text began, and no host takes a beginning and thinks.
            conversation.thinking = Thinking { wish: Some(ThinkingWish::Off), ..Thinking::default() };
        }
    }

    /// Behind what the caller himself has begun, if he has.
    fn begin_answer(&self, conversation: &mut Conversation) {
        let last = conversation.turns.last_mut().filter(|last| last.speaker == Speaker::Model);
        match last.and_then(|last| last.parts.last_mut()) {
            Some(Part::Text(begun)) => begun.text.push_str(&self.told),
            _ => conversation.say(Speaker::Model, None, [text(&self.told)]),
        }
    }
}

impl Approach {
    /// What of what was told is expected to come again.
    pub(crate) const fn repeats(self) -> Repeats {
        match self {
            Self::Beginning => Repeats::Nothing,
            Self::Words => Repeats::Unknown,
            Self::Anew => Repeats::Anew,
        }
    }
}

fn text(text: &str) -> Part {
    Part::Text(Text::plain(text))
}
