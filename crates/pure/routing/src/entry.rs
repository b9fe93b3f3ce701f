//! The entries of an order: who is in it, and why somebody is not.

use std::time::Duration;

/// One entry of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The place of the target in the route.
    pub place: usize,
    /// The step of the chain it belongs to.
    pub step: u16,
    /// He is not well, and asked only because nobody else is left.
    pub is_last_resort: bool,
}

/// A target that is not in the order, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    /// The place of the target in the route.
    pub place: usize,
    /// Why not.
    pub reason: Reason,
}

/// Why a target was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Enough others stand before it.
    BeyondAttemptsMax,
    /// Its provider does not offer what is asked for.
    NotOffered,
    /// Its model cannot do this.
    Unable(&'static str),
    /// It is for other requests.
    Condition,
    /// What is asked does not fit into its model.
    ContextTooSmall {
        /// What its model holds.
        tokens_max: u64,
    },
    /// It asked for patience.
    Busy {
        /// For so long yet.
        wait: Duration,
    },
    /// It has as many requests as it may have at once.
    Full,
    /// It has failed too often.
    Ejected {
        /// It is tried again in so long.
        wait: Duration,
    },
    /// Somebody is trying it right now.
    OnTrial,
    /// Probes find nobody there, or its path is dead.
    Unreachable,
    /// Its key was refused.
    KeyRests,
    /// Its provider has said that nothing is left of a rate limit.
    LimitUsedUp {
        /// For so long yet.
        wait: Duration,
    },
    /// Its provider has said that it does not know the model.
    UnknownModel {
        /// Its word counts for so long yet.
        wait: Duration,
    },
    /// An operator has switched it off.
    SwitchedOff,
    /// An operator lets it run out.
    Draining,
    /// The caller has a chain of his own.
    FallbackOff,
    /// The caller's key is not for its provider, or not for its region.
    KeyScope,
    /// It has no price, and the prices say that such calls are refused.
    NoPrice,
}

impl Reason {
    /// As told to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BeyondAttemptsMax => "beyond_attempts_max",
            Self::NotOffered => "not_offered",
            Self::Unable(_) => "unable",
            Self::Condition => "condition",
            Self::ContextTooSmall { .. } => "context_too_small",
            Self::Busy { .. } => "busy",
            Self::Full => "full",
            Self::Ejected { .. } => "ejected",
            Self::OnTrial => "on_trial",
            Self::Unreachable => "unreachable",
            Self::KeyRests => "key_rests",
            Self::LimitUsedUp { .. } => "limit_used_up",
            Self::UnknownModel { .. } => "unknown_model",
            Self::SwitchedOff => "switched_off",
            Self::Draining => "draining",
            Self::FallbackOff => "fallback_off",
            Self::KeyScope => "key_scope",
            Self::NoPrice => "no_price",
        }
    }
}
