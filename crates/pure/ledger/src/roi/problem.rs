//! What is wrong with a question.

/// The field, by its name in the text, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct RoiProblem {
    /// The field: `tokens`, `from.price`.
    pub field: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

impl RoiProblem {
    pub(super) fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}
