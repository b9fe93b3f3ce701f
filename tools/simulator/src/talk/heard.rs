//! What a request says to the model, free of the dialect it came in. Reading it is the dialects' work.

use serde_json::Value;

/// What was heard.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    pub(crate) model: String,
    /// The text that a person said last.
    pub(crate) message: String,
    /// All texts of persons, for markers.
    pub(crate) user_text: String,
    /// Texts of the tool results that nothing was said to yet.
    pub(crate) results: Vec<String>,
    /// How often the model has spoken.
    pub(crate) turns: usize,
    pub(crate) tools: Vec<Offered>,
    pub(crate) choice: Choice,
    pub(crate) calls_one_only: bool,
    /// What the model has begun to say, by the caller's word.
    pub(crate) beginning: Option<String>,
    /// Whether thinking was asked for.
    pub(crate) thinks: bool,
    /// Whether a scenario's thinking may be said.
    pub(crate) may_think: bool,
    pub(crate) tokens_max: Option<usize>,
    pub(crate) stops: Vec<String>,
    pub(crate) prompt_tokens: usize,
}

/// A tool that the caller offers.
#[derive(Clone, Debug)]
pub(crate) struct Offered {
    pub(crate) name: String,
    pub(crate) kind: ToolKind,
    pub(crate) schema: Value,
    /// The group it stands in, in the dialect that has such.
    pub(crate) namespace: Option<String>,
}

/// What a tool takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ToolKind {
    /// A JSON object.
    Function,
    /// Any text.
    Custom,
}

/// Which tools must be called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Choice {
    #[default]
    Auto,
    Never,
    Any,
    Named(String),
}

impl Heard {
    /// Whether the caller brings results of calls and nothing else.
    pub(crate) fn brings_results(&self) -> bool {
        !self.results.is_empty()
    }

    pub(crate) fn tool(&self, name: &str) -> Option<&Offered> {
        self.tools.iter().find(|tool| tool.name == name)
    }
}
