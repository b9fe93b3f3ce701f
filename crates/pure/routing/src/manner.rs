//! How calls for a name are served, beside who serves them.

use std::time::Duration;

use crate::caching::Caching;
use crate::hedge::Hedge;

/// How calls for a name are served, beside who serves them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// When a provider refuses on grounds of its policy, the next is asked.
    pub goes_on_after_refusal: bool,
    /// What answers say in their field `model`.
    pub model_field: ModelField,
    /// When a second one is asked beside the first; never if `None`.
    pub hedge: Option<Hedge>,
    /// What follows when a stream breaks after it has begun.
    pub resume: Resume,
    /// The beginning of a stream is held back for so long: a break within that time is seen by nobody.
    pub resume_hold: Duration,
    /// Whether answers are kept for whoever asks the same.
    pub caching: Caching,
}

/// What follows when a stream breaks after it has begun. Whatever it is, a stream of which the caller has nothing yet that
/// binds us begins anew with the next target, unseen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resume {
    /// The caller is told, also where he has seen nothing.
    #[default]
    Off,
    /// Where he has seen something, the caller is told.
    Hidden,
    /// Who takes the beginning of an answer goes on from what the caller has; who does not answers anew, which must begin
    /// with the same.
    Continue,
    /// The same, but who does not take the beginning of an answer is asked in words to go on.
    Ask,
    /// An event tells the caller that the answer begins anew, and it does.
    Visible,
}

impl Resume {
    /// All of them, the least first.
    pub const ALL: [Self; 5] = [Self::Off, Self::Hidden, Self::Continue, Self::Ask, Self::Visible];

    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Hidden => "hidden",
            Self::Continue => "continue",
            Self::Ask => "ask",
            Self::Visible => "visible",
        }
    }
}

/// What answers say in their field `model`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModelField {
    /// What the provider says there.
    #[default]
    Upstream,
    /// The name that the provider was asked for.
    Served,
    /// The name that the caller asked for.
    Requested,
}

impl ModelField {
    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Served => "served",
            Self::Requested => "requested",
        }
    }
}
