//! Time runs faster in a drill: what takes a minute in the house takes a second here.

use std::sync::Arc;
use std::time::Duration;

use config::{Health, Retries, Snapshot, Timeouts};
use routing::{Backoff, RetryRules, TargetLimits};

/// What the longest wait of a caller becomes.
const LONGEST: Duration = Duration::from_millis(900);
/// No limit becomes shorter than this: a busy machine must not look like a silent provider.
const LIMIT_MIN: Duration = Duration::from_millis(120);
/// A fault that is late is so many times later than anybody waits.
const LATE_TIMES: u32 = 3;

/// How much faster.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Every time is divided by this.
    pub(super) times: f64,
}

impl Pace {
    /// So that a caller who waits for `longest` does not take long. Nothing is made slower.
    pub(super) fn of(longest: Duration) -> Self {
        Self { times: (longest.as_secs_f64() / LONGEST.as_secs_f64()).max(1.0) }
    }

    /// That of a whole configuration.
    pub(super) fn for_house(snapshot: &Snapshot) -> Self {
        Self::of(snapshot.timeouts.first_byte.max(snapshot.timeouts.answer))
    }

    /// Later than any caller waits.
    pub(super) fn late(&self) -> Duration {
        LONGEST * LATE_TIMES
    }

    /// A wait between two things.
    fn wait(&self, time: Duration) -> Duration {
        time.div_f64(self.times).max(Duration::from_millis(1)).min(time)
    }

    /// A limit.
    pub(super) fn limit(&self, time: Duration) -> Duration {
        self.wait(time).max(LIMIT_MIN.min(time))
    }

    /// What a time of the drill is in the house.
    pub(super) fn in_house(&self, time: Duration) -> Duration {
        time.mul_f64(self.times)
    }

    /// The configuration with all the times that a call may meet.
    pub(super) fn hurry(&self, snapshot: &Snapshot) -> Snapshot {
        let timeouts = &*snapshot.timeouts;
        let timeouts = Timeouts {
            first_byte: self.limit(timeouts.first_byte),
            answer: self.limit(timeouts.answer),
            answer_large: self.limit(timeouts.answer_large),
            answer_xlarge: self.limit(timeouts.answer_xlarge),
            idle: self.limit(timeouts.idle),
            drain: Duration::ZERO,
            ..timeouts.clone()
        };
        let rules = &snapshot.retries.rules;
        let rules = RetryRules {
            backoff: Backoff {
                base: self.wait(rules.backoff.base),
                max: self.wait(rules.backoff.max),
                ..rules.backoff
            },
            worth_min: self.wait(rules.worth_min),
            ..rules.clone()
        };
        let limit = |limit: Option<Duration>| limit.map(|limit| self.limit(limit));
        let limits = |limits: &TargetLimits| TargetLimits {
            attempt: limit(limits.attempt),
            first_token: limit(limits.first_token),
            idle: limit(limits.idle),
            total: limit(limits.total),
        };
        Snapshot {
            timeouts: Arc::new(timeouts),
            retries: Arc::new(Retries { rules, ..(*snapshot.retries).clone() }),
            health: Arc::new(Health {
                silence_min: self.limit(snapshot.health.silence_min),
                ..(*snapshot.health).clone()
            }),
            routes: Arc::new(snapshot.routes.with_limits(limits)),
            ..snapshot.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{LIMIT_MIN, Pace};

    #[test]
    fn long_limits_become_short_and_short_ones_stay() {
        let pace = Pace::of(Duration::from_secs(90));
        assert_eq!(pace.limit(Duration::from_secs(90)), Duration::from_millis(900));
        assert_eq!(pace.limit(Duration::from_secs(45)), Duration::from_millis(450));
        assert_eq!(pace.limit(Duration::from_secs(1)), LIMIT_MIN);
        assert_eq!(pace.limit(Duration::from_millis(7)), Duration::from_millis(7));
        assert_eq!(pace.wait(Duration::from_secs(1)), Duration::from_millis(10));
        assert_eq!(pace.in_house(Duration::from_millis(450)), Duration::from_secs(45));
        let unhurried = Pace::of(Duration::from_millis(300));
        assert_eq!(unhurried.limit(Duration::from_millis(300)), Duration::from_millis(300));
    }
}
