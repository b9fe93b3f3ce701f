//! How a host that speaks OpenAI's chat dialect differs from it in what it takes, as data, and the one function that edits
//! a request accordingly. What differs in its answers is told by the readers of answers, not here, but for what no answer shows.

mod apply;
mod deviations;
mod draft;
mod messages;
mod object;
mod quirks;
mod reasoning;
mod settings;
#[cfg(test)]
mod tests;
mod tools;

use std::borrow::Cow;

use dialects::canonical::{Continuing, Effort, SchemaSupport};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use apply::apply;
pub use deviations::Deviations;
pub use quirks::Quirks;

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
    /// It counts what was thought in the total of tokens, and names it nowhere.
    HiddenThoughts,
    /// How it is told to go on from the beginning of an answer.
    Continues(Continuing),
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
