//! How somebody stands in one word, with the reason and how long it will last. For people: plans read the standing itself.

use std::time::Duration;

use super::breaker::Standing;
use super::role::Cause;

/// The word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Nobody has answered or failed yet.
    Unknown,
    /// Asked as usual.
    Healthy,
    /// Asked, but less.
    Degraded,
    /// Left alone: asked only if nobody else is left.
    Ejected,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Healthy, Self::Degraded, Self::Ejected];

    /// As told to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Ejected => "ejected",
        }
    }

    /// Of several that do the same: what is left alone is one thing, what is left another.
    pub fn of_all(states: impl IntoIterator<Item = Self>) -> Self {
        let (mut best, mut worst, mut is_any_unknown) = (Self::Ejected, Self::Unknown, false);
        for state in states {
            is_any_unknown |= state == Self::Unknown;
            if state != Self::Unknown {
                (best, worst) = (best.min(state), worst.max(state));
            }
        }
        match (best, worst) {
            (_, Self::Unknown) => Self::Unknown,
            (Self::Ejected, _) if !is_any_unknown => Self::Ejected,
            (Self::Healthy, Self::Healthy) => Self::Healthy,
            _ => Self::Degraded,
        }
    }
}

/// Why it is not healthy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// He fails now and then.
    InTrouble,
    /// He was left alone, and his part grows back.
    SlowStart,
    /// One at a time tries him.
    OnTrial,
    /// He failed so often in a row.
    FailuresInARow,
    /// He failed so large a part.
    FailureRate,
    /// So many of his answers in a row broke off.
    AnswersBrokeOff,
    /// He failed the one who tried him.
    TrialFailed,
    /// He asks for patience.
    Busy,
    /// Probes find somebody there who says that he has failed.
    ProbesFail,
    /// Probes find nobody there.
    Unreachable,
    /// The network carries nothing to him: his host acknowledges no byte.
    PathDead,
    /// His key was refused, or told to wait.
    KeyRests,
    /// Nothing is left of a rate limit, by his own word.
    LimitUsedUp,
    /// He does not know the model, by his own word.
    UnknownModel,
}

impl Why {
    /// As told to people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InTrouble => "in_trouble",
            Self::SlowStart => "slow_start",
            Self::OnTrial => "on_trial",
            Self::FailuresInARow => "failures_in_a_row",
            Self::FailureRate => "failure_rate",
            Self::AnswersBrokeOff => "answers_broke_off",
            Self::TrialFailed => "trial_failed",
            Self::Busy => "busy",
            Self::ProbesFail => "probes_fail",
            Self::Unreachable => "unreachable",
            Self::PathDead => "path_dead",
            Self::KeyRests => "key_rests",
            Self::LimitUsedUp => "limit_used_up",
            Self::UnknownModel => "unknown_model",
        }
    }
}

/// The word, the reason, and when it will be better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The word.
    pub state: State,
    /// `None` where it is well, or nobody knows.
    pub why: Option<Why>,
    /// How long until he is asked as usual, or tried; `None` where nobody can say, or he is well.
    pub recovers_in: Option<Duration>,
}

impl Verdict {
    pub(super) const fn well(state: State) -> Self {
        Self { state, why: None, recovers_in: None }
    }

    pub(super) const fn unwell(state: State, why: Why, recovers_in: Option<Duration>) -> Self {
        Self { state, why: Some(why), recovers_in }
    }

    /// This, or `other` if that is worse.
    #[must_use]
    pub fn or_worse(self, other: Self) -> Self {
        if other.state > self.state { other } else { self }
    }

    /// Of one whose breaker stands so.
    pub(super) fn by_standing(
        standing: Standing,
        cause: Cause,
        has_samples: bool,
        recovers_in: Option<Duration>,
    ) -> Self {
        match standing {
            Standing::Closed { .. } if !has_samples => Self::well(State::Unknown),
            Standing::Closed { share } if share < 1.0 => {
                Self::unwell(State::Degraded, Why::SlowStart, recovers_in)
            }
            Standing::Closed { .. } => Self::well(State::Healthy),
            Standing::Troubled => Self::unwell(State::Degraded, Why::InTrouble, recovers_in),
            Standing::Trial | Standing::OnTrial { .. } => {
                Self::unwell(State::Degraded, Why::OnTrial, recovers_in)
            }
            Standing::Open { is_busy: true, .. } => Self::unwell(State::Ejected, Why::Busy, recovers_in),
            Standing::Open { is_busy: false, .. } => Self::unwell(State::Ejected, cause.why(), recovers_in),
        }
    }
}

impl Cause {
    const fn why(self) -> Why {
        match self {
            Self::Run => Why::FailuresInARow,
            Self::Rate => Why::FailureRate,
            Self::Breaks => Why::AnswersBrokeOff,
            Self::Trial => Why::TrialFailed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::State;

    #[test]
    fn several_are_as_well_as_what_is_left_of_them() {
        use State::{Degraded, Ejected, Healthy, Unknown};
        let check = |states: &[State], expected| {
            assert_eq!(State::of_all(states.iter().copied()), expected, "{states:?}");
        };
        check(&[], Unknown);
        check(&[Unknown, Unknown], Unknown);
        check(&[Unknown, Healthy], Healthy);
        check(&[Healthy, Degraded], Degraded);
        check(&[Healthy, Ejected], Degraded);
        check(&[Degraded], Degraded);
        check(&[Ejected, Ejected], Ejected);
        check(&[Ejected, Unknown], Degraded);
    }
}
