//! The tools a model may ask for.

use super::part::CacheMark;
use crate::Dialect;

/// The schema of a function that takes nothing.
pub const NO_PARAMETERS: &str = r#"{"type":"object","properties":{}}"#;

/// A tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// What the model calls it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it takes.
    pub kind: ToolKind,
    /// Arguments must fit the schema; `None` leaves it to the dialect's default.
    pub is_strict: Option<bool>,
    /// Everything up to here is worth caching.
    pub mark: Option<CacheMark>,
    /// Where in the request it stands, for error messages.
    pub path: String,
}

/// What a tool takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolKind {
    /// Arguments: their JSON schema, an object, as text. Empty where none was given.
    Function {
        /// The schema.
        schema: String,
    },
    /// Plain text, perhaps of a grammar.
    Custom {
        /// The grammar, as JSON text.
        format: Option<String>,
    },
    /// A tool that the provider runs itself: its definition, which only its dialect knows.
    BuiltIn {
        /// Whose it is.
        dialect: Dialect,
        /// What it calls itself.
        kind: String,
        /// Its JSON text.
        json: String,
    },
}

/// Whether the model must ask for a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolChoice {
    /// As it likes.
    Auto,
    /// It must not.
    None,
    /// It must, for any.
    Required,
    /// It must, for this one.
    Named(String),
    /// It may, or must, but only for one of these.
    Allowed {
        /// It must.
        is_required: bool,
        /// Their names.
        names: Vec<String>,
    },
}
