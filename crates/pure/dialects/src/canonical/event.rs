//! What is answered, piece by piece. A whole answer is the fold of its events, so there is one path for both.

use domain::{ModelUsage, Usage};

use super::loss::Feature;
use super::part::{Citation, Seal};

/// One step of an answer. Parts are numbered by their decoder in the order in which they open, and may be filled in turns:
/// a part stays open until it is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The answer begins.
    Begin {
        /// The provider's id of it.
        id: Option<String>,
        /// The model that answers, in the provider's words.
        model: Option<String>,
    },
    /// A part begins.
    Open {
        /// Its number.
        part: u32,
        /// What it is.
        opening: Opening,
    },
    /// More of a part: of its text, or of a call's arguments.
    Delta {
        /// Its number.
        part: u32,
        /// What is added.
        text: String,
    },
    /// The seal of a thought.
    Sealed {
        /// The thought's number.
        part: u32,
        /// The seal.
        seal: Seal,
    },
    /// Where the text of a part comes from.
    Cited {
        /// The text's number.
        part: u32,
        /// The source.
        citation: Citation,
    },
    /// A part is whole.
    Close {
        /// Its number.
        part: u32,
    },
    /// Tokens used, all told so far: the last one counts.
    Usage(Usage),
    /// The same tokens by the models that used them, where there were several: the last one counts.
    UsageByModel(Vec<ModelUsage>),
    /// Why the answer ends. Comes once.
    Finish(Finish),
    /// The provider says that it cannot go on: its own words, for the operator and, cleaned, for the caller.
    Fault {
        /// The error as the provider wrote it, JSON text.
        json: String,
    },
    /// The dialect's own end mark.
    End,
}

/// What a part is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Words.
    Text,
    /// Words for not answering.
    Refusal,
    /// Thoughts.
    Thought {
        /// The provider's own id of it.
        id: Option<String>,
        /// The words are a summary.
        is_summary: bool,
    },
    /// A call.
    Call {
        /// Ties it to its outcome.
        id: String,
        /// The tool.
        name: String,
        /// The tool takes plain text: what follows is no JSON.
        is_custom: bool,
    },
}

/// Why an answer ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finish {
    /// All is said.
    Stop,
    /// A stop text came: which, where that is told.
    StopText(Option<String>),
    /// The cap on output is reached.
    Length,
    /// The context is full.
    ContextFull,
    /// Tools are to be called.
    Calls,
    /// The provider's policy cut it; why, in its word.
    Filtered(Option<String>),
    /// The provider paused and can go on.
    Pause,
    /// The model's call cannot be read.
    BadCall,
    /// A reason that nobody knows.
    Other(String),
}

impl Finish {
    /// The same, where calls were made: what calls itself the end is then the wait for them. Never hides a cut.
    #[must_use]
    pub fn given_calls(self, has_calls: bool) -> Self {
        match self {
            Self::Stop | Self::Other(_) if has_calls => Self::Calls,
            other => other,
        }
    }

    /// What callers of another dialect are not told of it.
    pub fn loss(&self) -> Option<Feature> {
        match self {
            Self::Pause => Some(Feature::Pause),
            Self::Other(_) => Some(Feature::UnknownFinish),
            _ => None,
        }
    }

    /// Whether the answer says of itself that it is not all that was to be said.
    pub fn is_cut(&self) -> bool {
        matches!(self, Self::Length | Self::ContextFull | Self::Filtered(_) | Self::Pause)
    }
}
