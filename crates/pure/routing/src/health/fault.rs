//! What went wrong with one attempt, as far as health and the next step depend on it.

use std::time::Duration;

/// Why somebody who was asked gave no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No connection came about: nothing was sent, nothing can have been done twice.
    Unreachable,
    /// The connection broke before the answer began.
    Broken,
    /// The answer broke off after it had begun: for whom it was, nobody else can be asked.
    BrokeOff,
    /// An answer that says it failed, or that is none.
    Failed,
    /// He asks for patience, and perhaps says how much.
    Busy {
        /// As he said.
        wait: Option<Duration>,
    },
    /// Nothing came in time.
    Silent,
    /// He does not take our key.
    Refused,
    /// What was asked is too long for him.
    TooLong,
    /// He refuses it on grounds of his policy.
    Declined,
}

impl Fault {
    /// As told to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Broken => "broken",
            Self::BrokeOff => "broke_off",
            Self::Failed => "failed",
            Self::Busy { .. } => "busy",
            Self::Silent => "silent",
            Self::Refused => "refused",
            Self::TooLong => "too_long",
            Self::Declined => "declined",
        }
    }
}
