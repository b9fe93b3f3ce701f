//! Somebody who can be asked for a model.

use std::sync::Arc;
use std::time::Duration;

use crate::capability::Capabilities;
use crate::condition::Condition;

/// What a weight is where none is configured.
pub const WEIGHT_DEFAULT: u32 = 1;

/// One model at one provider by one line and credential. The numbers are places in the snapshot's lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Place of the provider in the snapshot.
    pub provider: u16,
    /// Place of the way within the provider: every line with the first credential, then with the second, and so on.
    pub line: u16,
    /// The provider's own name for the model; `None` sends the name that was asked for.
    pub model: Option<Arc<str>>,
    /// How long it may take, where that is less than the call may take.
    pub limits: Option<Arc<TargetLimits>>,
    /// Its part, where parts are fixed.
    pub weight: u32,
    /// Tokens of prompt and answer that its model holds, if known.
    pub context_tokens: Option<u64>,
    /// What its model is known not to be able to do.
    pub lacks: Capabilities,
    /// What its model costs beside others, in any unit; `None` where nobody knows.
    pub price: Option<u64>,
    /// Whom it is for; everybody if `None`.
    pub condition: Option<Arc<Condition>>,
}

/// How long a target may take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetLimits {
    /// Until a stream begins, or a whole answer is there.
    pub attempt: Option<Duration>,
    /// Until a stream begins.
    pub first_token: Option<Duration>,
    /// Between two pieces of an answer that has begun.
    pub idle: Option<Duration>,
    /// Until the end of an answer, streamed or not.
    pub total: Option<Duration>,
}

/// What is known of a model, as far as choosing it needs to know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// Tokens of prompt and answer that it holds.
    pub context_tokens: Option<u64>,
    /// What it is known not to be able to do.
    pub lacks: Capabilities,
    /// What it costs beside others, in any unit.
    pub price: Option<u64>,
}

impl Target {
    /// By one way, with nothing special about it.
    pub const fn by(provider: u16, line: u16, model: Option<Arc<str>>) -> Self {
        Self {
            provider,
            line,
            model,
            limits: None,
            weight: WEIGHT_DEFAULT,
            context_tokens: None,
            lacks: Capabilities::NONE,
            price: None,
            condition: None,
        }
    }

    /// The same of a model of which this is known.
    #[must_use]
    pub fn with(self, traits: Traits) -> Self {
        let Traits { context_tokens, lacks, price } = traits;
        Self { context_tokens, lacks, price, ..self }
    }

    /// How long it may take to begin a stream, or to give a whole answer.
    pub fn attempt_limit(&self, is_streaming: bool) -> Option<Duration> {
        let limits = self.limits.as_ref()?;
        let own = if is_streaming { limits.first_token } else { limits.total };
        let limit = own.or(limits.attempt);
        limit.into_iter().chain(limits.total).min()
    }

    /// How long it may be silent within an answer, where it has a limit of its own.
    pub fn idle_limit(&self) -> Option<Duration> {
        self.limits.as_ref()?.idle
    }

    /// How long its answer may take in all, where it has a limit of its own.
    pub fn total_limit(&self) -> Option<Duration> {
        self.limits.as_ref()?.total
    }
}

impl TargetLimits {
    /// These, and what they leave out as `below` says.
    #[must_use]
    pub fn over(&self, below: &Self) -> Self {
        Self {
            attempt: self.attempt.or(below.attempt),
            first_token: self.first_token.or(below.first_token),
            idle: self.idle.or(below.idle),
            total: self.total.or(below.total),
        }
    }

    /// Shared, if there is any.
    pub fn shared(self) -> Option<Arc<Self>> {
        (self != Self::default()).then(|| Arc::new(self))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Target, TargetLimits};

    #[test]
    fn a_stream_and_a_whole_answer_have_their_own_limits() {
        let seconds = |count| Some(Duration::from_secs(count));
        let check = |limits: TargetLimits, stream, whole| {
            let target = Target { limits: limits.shared(), ..Target::by(0, 0, None) };
            assert_eq!((target.attempt_limit(true), target.attempt_limit(false)), (stream, whole));
        };
        let none = TargetLimits::default;
        check(none(), None, None);
        check(TargetLimits { attempt: seconds(5), ..none() }, seconds(5), seconds(5));
        check(
            TargetLimits { attempt: seconds(5), first_token: seconds(2), ..none() },
            seconds(2),
            seconds(5),
        );
        check(TargetLimits { first_token: seconds(2), total: seconds(9), ..none() }, seconds(2), seconds(9));
        check(TargetLimits { total: seconds(9), ..none() }, seconds(9), seconds(9));
    }
}
