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
    /// The network did not carry what was sent to him: his host has acknowledged nothing.
    Unheard,
    /// He does not take our key.
    Refused,
    /// What was asked is too long for him.
    TooLong,
    /// He refuses it on grounds of his policy.
    Declined,
    /// He knows no model of that name.
    UnknownModel,
}

/// How many kinds there are.
pub(super) const FAULTS: usize = NAMES.len();

/// In the order of the kinds. Those behind `unheard` are not held against anybody: they are about the key or the request.
const NAMES: [&str; 11] = [
    "unreachable",
    "broken",
    "broke_off",
    "failed",
    "busy",
    "silent",
    "unheard",
    "refused",
    "too_long",
    "declined",
    "unknown_model",
];
/// Those before this place are held against whoever was asked.
pub(super) const HELD_AGAINST: usize = 7;

impl Fault {
    /// As told to people.
    pub const fn name(self) -> &'static str {
        NAMES[self.place()]
    }

    pub(super) const fn name_at(place: usize) -> &'static str {
        NAMES[place]
    }

    pub(super) const fn place(self) -> usize {
        match self {
            Self::Unreachable => 0,
            Self::Broken => 1,
            Self::BrokeOff => 2,
            Self::Failed => 3,
            Self::Busy { .. } => 4,
            Self::Silent => 5,
            Self::Unheard => 6,
            Self::Refused => 7,
            Self::TooLong => 8,
            Self::Declined => 9,
            Self::UnknownModel => 10,
        }
    }
}
