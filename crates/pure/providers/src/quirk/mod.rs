//! How a host that speaks OpenAI's chat dialect differs from it in what it takes, as data, and the one function that edits
//! a request accordingly. What differs in its answers is told by the readers of answers, not here.

mod apply;
mod deviations;
mod draft;
mod messages;
mod object;
mod reasoning;
mod settings;
#[cfg(test)]
mod tests;
mod tools;

use std::borrow::Cow;

use dialects::canonical::{Effort, SchemaSupport};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use apply::apply;
pub use deviations::Deviations;

/// A field's name, a number's text.
pub type Word = Cow<'static, str>;

/// One way in which a host's requests differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Quirk {
    /// The cap on output goes by this name: `max_tokens` or `max_completion_tokens`.
    CapField(Word),
    /// It refuses or ignores this field.
    Drop(Word),
    /// It calls the first field by the second name.
    Rename(Word, Word),
    /// Its highest temperature, as decimal text.
    TemperatureMax(Word),
    /// It takes no temperature of zero: this stands for it, as decimal text.
    TemperatureZero(Word),
    /// It knows no role `developer`.
    NoDeveloper,
    /// The kinds of `tool_choice` it takes.
    ToolChoices(ToolChoices),
    /// How far it can fix the form of an answer.
    Answers(SchemaSupport),
    /// Ids of calls are exactly nine letters and digits.
    NineAlphanumerics,
    /// Where it takes `name` in messages.
    SpeakerNames(SpeakerNames),
    /// It refuses `strict` of tools.
    NoStrict,
    /// It refuses this annotation in schemas of tools, such as `$schema`.
    SchemaDrop(Word),
    /// Text in several parts must be one text.
    JoinedText,
    /// It refuses messages of the model that are empty beside their calls.
    NoEmptyContent,
    /// It refuses members of messages that are null.
    NoNullMembers,
    /// How it is told how hard to think.
    Reasoning(ReasoningForm),
    /// The efforts it knows, from the least; others become the nearest one.
    Efforts(Cow<'static, [Effort]>),
    /// How it takes thoughts back.
    Replay(Replay),
    /// The user and the model must take turns, the user first.
    Alternation,
}

/// Which kinds of `tool_choice` a host takes. `auto` is what it does without any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToolChoices {
    /// `none`.
    pub none: bool,
    /// `required`.
    pub required: bool,
    /// One function by its name.
    pub named: bool,
}

/// Where a host takes `name` in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpeakerNames {
    /// In what tools answer.
    #[serde(rename = "of_tools")]
    OfToolsOnly,
    /// Nowhere.
    Nowhere,
}

/// How a host is told how hard to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReasoningForm {
    /// `thinking: {type: enabled | disabled}`.
    #[serde(rename = "thinking")]
    ThinkingType,
    /// `thinking: {type: enabled | disabled}` and the effort beside it.
    #[serde(rename = "thinking_and_effort")]
    ThinkingTypeAndEffort,
    /// `thinking: {type: adaptive | disabled}`.
    ThinkingAdaptive,
    /// `enable_thinking` and `thinking_budget`.
    EnableThinking,
    /// `reasoning: {effort}`.
    ReasoningObject,
    /// Not at all.
    None,
}

/// How a host takes thoughts back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Replay {
    /// As `reasoning_content`.
    ReasoningContent,
    /// As `reasoning`.
    Reasoning,
    /// As `reasoning_content`, and messages with calls must have it while it thinks.
    RequiredWithCalls,
    /// Not at all.
    None,
}

/// All the ways in which a host's requests differ; none for most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quirks(Vec<Quirk>);

impl Quirks {
    /// A host that takes what the dialect says.
    pub const NONE: Self = Self(Vec::new());

    /// The quirks in the order in which they are put to work, which is that of [`Quirk`]'s kinds.
    pub fn new(quirks: impl IntoIterator<Item = Quirk>) -> Self {
        let mut quirks: Vec<Quirk> = quirks.into_iter().collect();
        quirks.sort_by_key(Quirk::turn);
        Self(quirks)
    }

    /// Whether requests stay as they are, whatever stands in them.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Quirk> {
        self.0.iter()
    }

    /// These, changed by those of an operator: of a kind that can stand once, his replaces the other.
    #[must_use]
    pub fn overridden(&self, by: impl IntoIterator<Item = Quirk>) -> Self {
        let by: Vec<Quirk> = by.into_iter().collect();
        let stays = |known: &&Quirk| by.iter().all(|new| !new.replaces(known));
        Self::new(self.0.iter().filter(stays).cloned().chain(by.iter().cloned()))
    }
}

impl Quirk {
    /// What is told by effort is told before fields are dropped; a field is renamed and messages are joined last.
    fn turn(&self) -> u8 {
        match self {
            Self::Efforts(_) => 0,
            Self::Reasoning(_) => 1,
            Self::CapField(_) | Self::Drop(_) => 2,
            Self::Rename(..) => 4,
            Self::Alternation => 5,
            _ => 3,
        }
    }

    fn replaces(&self, known: &Self) -> bool {
        match (self, known) {
            (Self::Drop(field), Self::Drop(other)) | (Self::SchemaDrop(field), Self::SchemaDrop(other)) => {
                field == other
            }
            (Self::Rename(from, _), Self::Rename(other, _)) => from == other,
            (Self::Drop(field), Self::Rename(from, _)) | (Self::Rename(from, _), Self::Drop(field)) => {
                field == from
            }
            _ => std::mem::discriminant(self) == std::mem::discriminant(known),
        }
    }
}
