//! What the model says, free of the dialect it is written in.

use crate::talk::heard::ToolKind;
use crate::text::tokens_in;

/// One turn of the model.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) parts: Vec<Part>,
    pub(crate) finish: Finish,
}

/// One thing said.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    Text(String),
    Thinking(String),
    /// Thinking that is never shown.
    Redacted(String),
    Call(Call),
}

/// A call of one of the caller's tools.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The arguments as JSON text, or the plain text that a custom tool takes.
    pub(crate) input: String,
    pub(crate) kind: ToolKind,
    pub(crate) namespace: Option<String>,
}

/// Why the model stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    Stop,
    /// At one of the caller's stop texts.
    StopText(String),
    Length,
    Calls,
    Filtered,
    Failed,
}

impl Said {
    /// All tokens, thinking among them.
    pub(crate) fn tokens(&self) -> usize {
        self.parts.iter().map(Part::tokens).sum()
    }

    pub(crate) fn thinking_tokens(&self) -> usize {
        self.parts.iter().filter(|part| part.is_thinking()).map(Part::tokens).sum()
    }

    pub(crate) fn calls(&self) -> impl Iterator<Item = &Call> {
        self.parts.iter().filter_map(|part| match part {
            Part::Call(call) => Some(call),
            _ => None,
        })
    }

    /// All text but thinking.
    pub(crate) fn text(&self) -> String {
        self.parts
            .iter()
            .filter_map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    /// All thinking that may be shown.
    pub(crate) fn thinking(&self) -> String {
        self.parts
            .iter()
            .filter_map(|part| match part {
                Part::Thinking(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }
}

impl Part {
    pub(crate) const fn is_thinking(&self) -> bool {
        matches!(self, Self::Thinking(_) | Self::Redacted(_))
    }

    fn tokens(&self) -> usize {
        match self {
            Self::Text(text) | Self::Thinking(text) | Self::Redacted(text) => tokens_in(text),
            Self::Call(call) => tokens_in(&call.name) + tokens_in(&call.input),
        }
    }
}
