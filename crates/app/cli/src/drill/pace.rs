//! Time runs faster in a drill: what takes a minute in the house takes a second here.

use std::sync::Arc;
use std::time::Duration;

use config::{Health, Retries, Snapshot, Timeouts};
use routing::{Backoff, Manner, Resume, RetryRules, TargetLimits};

/// What the longest wait of a caller becomes …
const LONGEST: Duration = Duration::from_millis(900);
/// … or more, up to this, where there are limits that are much shorter than it.
const LONGEST_MAX: Duration = Duration::from_secs(3);
/// No limit becomes shorter than this: a busy machine must not look like a silent provider.
const LIMIT_MIN: Duration = Duration::from_millis(120);
/// A fault that is late is so many times later than anybody waits.
const LATE_TIMES: u32 = 2;

/// What did not come is asked for again so many times slower.
const SLOWER_TIMES: f64 = 2.5;

/// A configuration, and how much faster time runs in it.
#[derive(Debug)]
pub(super) struct Hurried {
    pub(super) snapshot: Snapshot,
    pub(super) pace: Pace,
}

impl Hurried {
    pub(super) fn by(pace: Pace, snapshot: &Snapshot) -> Self {
        Self { snapshot: pace.hurry(snapshot), pace }
    }
}

/// How much faster.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Every time is divided by this.
    pub(super) times: f64,
    /// What the longest wait of a caller becomes.
    longest: Duration,
}

impl Pace {
    /// So that a caller who waits for `longest` does not take long, and a limit of `shortest` keeps its part of that, as far as
    /// both can be had. Nothing is made slower.
    pub(super) fn of(longest: Duration, shortest: Duration) -> Self {
        let times = |whole: Duration, part: Duration| whole.as_secs_f64() / part.as_secs_f64();
        let kept = times(shortest, LIMIT_MIN).max(times(longest, LONGEST_MAX));
        let times = times(longest, LONGEST).min(kept).max(1.0);
        Self { times, longest: longest.div_f64(times) }
    }

    /// That of a whole configuration.
    pub(super) fn for_house(snapshot: &Snapshot) -> Self {
        let limits = snapshot.models.iter().flat_map(|model| {
            let of_targets = model.targets.iter().map(|target| &target.limits);
            of_targets.chain(model.fallbacks.iter().map(|fallback| &fallback.limits))
        });
        let limits =
            limits.flat_map(|limits| [limits.attempt, limits.first_token, limits.idle, limits.total]);
        let timeouts = &snapshot.timeouts;
        let shortest = limits.flatten().fold(timeouts.idle, Duration::min);
        Self::of(timeouts.first_byte.max(timeouts.answer), shortest)
    }

    /// The same with more time for everything, as far as the house itself takes it.
    pub(super) fn slower(&self) -> Self {
        let times = (self.times / SLOWER_TIMES).max(1.0);
        Self { times, longest: self.longest.mul_f64(self.times / times) }
    }

    /// Later than any caller waits.
    pub(super) fn late(&self) -> Duration {
        self.longest * LATE_TIMES
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
    fn hurry(&self, snapshot: &Snapshot) -> Snapshot {
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
            routes: Arc::new(snapshot.routes.with_limits(limits).with_manner(played)),
            ..snapshot.clone()
        }
    }
}

/// The simulator's nodes understand no words: who would be asked in words is asked for all of it, and says the same again.
fn played(manner: Manner) -> Manner {
    let resume = if manner.resume == Resume::Ask { Resume::Continue } else { manner.resume };
    Manner { resume, ..manner }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{LIMIT_MIN, Pace};

    #[test]
    fn long_limits_become_short_and_short_ones_stay() {
        let seconds = Duration::from_secs;
        let pace = Pace::of(seconds(90), seconds(30));
        assert_eq!(pace.limit(Duration::from_secs(90)), Duration::from_millis(900));
        assert_eq!(pace.limit(Duration::from_secs(45)), Duration::from_millis(450));
        assert_eq!(pace.limit(Duration::from_secs(1)), LIMIT_MIN);
        assert_eq!(pace.limit(Duration::from_millis(7)), Duration::from_millis(7));
        assert_eq!(pace.wait(Duration::from_secs(1)), Duration::from_millis(10));
        assert_eq!(pace.in_house(Duration::from_millis(450)), Duration::from_secs(45));
        let unhurried = Pace::of(Duration::from_millis(300), Duration::from_millis(100));
        assert_eq!(unhurried.limit(Duration::from_millis(300)), Duration::from_millis(300));
    }

    #[test]
    fn a_short_limit_keeps_its_part_as_far_as_that_can_be_had() {
        let seconds = Duration::from_secs;
        let part = |shortest| {
            let pace = Pace::of(seconds(60), shortest);
            (pace.limit(seconds(60)).as_millis(), pace.limit(shortest).as_millis())
        };
        assert_eq!(part(seconds(20)), (900, 300));
        assert_eq!(part(seconds(4)), (1800, 120));
        assert_eq!(part(seconds(1)), (3000, 120));
        let slower = Pace::of(seconds(90), seconds(30)).slower();
        assert_eq!(
            (slower.limit(seconds(90)), slower.late()),
            (Duration::from_millis(2250), Duration::from_millis(4500))
        );
    }
}
