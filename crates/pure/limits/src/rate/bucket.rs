//! A rate, as the generic cell rate algorithm has it: one number says when all that was taken will have been earned again.
//! Whoever takes moves it on, whoever gives back moves it back; it is changed as one, so no interleaving loses anything.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::tick::Tick;

/// So much of a rate may come at once unless more is said: in a minute of any demand it lets in less than a percent more than the rate.
pub const BURST_MS_DEFAULT: u64 = 500;
/// So much of that, and half at most, is kept for those who ask for little, where calls wait.
const KEPT_MS: u64 = 250;
/// So many of what is counted may come at once in any case.
pub const BURST_UNITS_MIN: u64 = 3;

/// How fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    amount: u64,
    window_ns: u64,
    burst_ns: u64,
}

/// When all that was taken will have been earned again.
#[derive(Debug, Default)]
pub(super) struct Bucket(AtomicU64);

impl Pace {
    pub(super) fn new(amount: u64, window_ns: u64, burst_seconds: Option<u64>) -> Self {
        let mut pace = Self { amount: amount.max(1), window_ns, burst_ns: 0 };
        let (burst_ms, units) = match burst_seconds {
            Some(seconds) => (seconds * 1_000, 1),
            // Never more than there is: three at once of one in each minute would be three minutes' worth.
            None => (BURST_MS_DEFAULT, BURST_UNITS_MIN.min(amount)),
        };
        pace.burst_ns = (burst_ms * 1_000_000).max(pace.nanos(units));
        pace
    }

    /// How long it takes to earn so much. Rounded up: a rate is not passed by roundings.
    fn nanos(self, cost: u64) -> u64 {
        if cost == 0 {
            return 0;
        }
        let nanos = match cost.checked_mul(self.window_ns) {
            Some(product) => product.div_ceil(self.amount),
            None => {
                let nanos = (u128::from(cost) * u128::from(self.window_ns)).div_ceil(self.amount.into());
                u64::try_from(nanos).unwrap_or(u64::MAX)
            }
        };
        // A century; so nothing overflows.
        nanos.min(1 << 61)
    }
}

impl Bucket {
    /// Takes so much, or nothing: then it says when to come back. What is more than may come at once is let in where nothing is
    /// owed, and is owed then: else it would never be let in.
    pub(super) fn take(&self, cost: u64, pace: Pace, now: Tick) -> Result<(), Duration> {
        if cost == 0 {
            // Whatever is owed: such a call owes nothing of it.
            return Ok(());
        }
        let cost_ns = pace.nanos(cost);
        let room_wanted = cost_ns.min(pace.burst_ns);
        let latest = now.0 + pace.burst_ns;
        let one_more = |earned: u64| {
            let from = earned.max(now.0);
            (from + room_wanted <= latest).then(|| from + cost_ns)
        };
        match self.0.try_update(Ordering::AcqRel, Ordering::Acquire, one_more) {
            Ok(_) => Ok(()),
            Err(earned) => Err(Duration::from_nanos(earned.max(now.0) + room_wanted - latest)),
        }
    }

    /// Takes so much in any case, to be earned before others take.
    pub(super) fn owe(&self, cost: u64, pace: Pace, now: Tick) {
        let cost_ns = pace.nanos(cost);
        let more = |earned: u64| Some(earned.max(now.0).saturating_add(cost_ns).min(1 << 62));
        // It always gives a number.
        let _ = self.0.try_update(Ordering::AcqRel, Ordering::Acquire, more);
    }

    /// Gives so much back of what was taken.
    pub(super) fn give_back(&self, cost: u64, pace: Pace) {
        let cost_ns = pace.nanos(cost);
        let _ = self
            .0
            .try_update(Ordering::AcqRel, Ordering::Acquire, |earned| Some(earned.saturating_sub(cost_ns)));
    }

    /// What could be taken at once, and after how long all could be.
    pub(super) fn room(&self, pace: Pace, now: Tick) -> (u64, Duration) {
        let owed = self.0.load(Ordering::Acquire).saturating_sub(now.0);
        let room_ns = u128::from(pace.burst_ns.saturating_sub(owed));
        let units = room_ns * u128::from(pace.amount) / u128::from(pace.window_ns.max(1));
        (u64::try_from(units).unwrap_or(u64::MAX).min(pace.amount), Duration::from_nanos(owed))
    }

    /// How long until so much would be let in.
    pub(super) fn wait(&self, cost: u64, pace: Pace, now: Tick) -> Duration {
        if cost == 0 {
            return Duration::ZERO;
        }
        let wanted = self.0.load(Ordering::Acquire).max(now.0) + pace.nanos(cost).min(pace.burst_ns);
        Duration::from_nanos(wanted.saturating_sub(now.0 + pace.burst_ns))
    }

    /// How long until so much would be let in, and what is kept for others were left.
    pub(super) fn wait_sparing(&self, cost: u64, pace: Pace, now: Tick) -> Duration {
        let kept = (KEPT_MS * 1_000_000).min(pace.burst_ns / 2);
        let room_wanted = (pace.nanos(cost) + kept).min(pace.burst_ns);
        let wanted = self.0.load(Ordering::Acquire).max(now.0) + room_wanted;
        Duration::from_nanos(wanted.saturating_sub(now.0 + pace.burst_ns))
    }

    /// How long it takes until so much has been earned beyond what is owed.
    pub(super) fn outlook(&self, cost: u64, pace: Pace, now: Tick) -> Duration {
        let owed = self.0.load(Ordering::Acquire).max(now.0).saturating_add(pace.nanos(cost));
        Duration::from_nanos(owed.saturating_sub(now.0 + pace.burst_ns))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Bucket, Pace};
    use crate::tick::Tick;

    const SECOND: u64 = 1_000_000_000;

    fn at(ms: u64) -> Tick {
        Tick(ms * 1_000_000)
    }

    #[test]
    fn some_come_at_once_and_the_rest_as_they_are_earned() {
        let (bucket, pace) = (Bucket::default(), Pace::new(60, 60 * SECOND, None));
        for _ in 0..3 {
            bucket.take(1, pace, at(0)).unwrap();
        }
        assert_eq!(bucket.take(1, pace, at(0)), Err(Duration::from_secs(1)));
        assert_eq!(bucket.take(1, pace, at(400)), Err(Duration::from_millis(600)));
        bucket.take(1, pace, at(1_000)).unwrap();
        assert_eq!(bucket.room(pace, at(1_000)), (0, Duration::from_secs(3)));
        assert_eq!(bucket.room(pace, at(2_500)), (1, Duration::from_millis(1_500)));
    }

    #[test]
    fn a_burst_is_as_large_as_is_said() {
        let admitted = |pace: Pace| {
            let bucket = Bucket::default();
            (0..1_000).take_while(|_| bucket.take(1, pace, at(7)).is_ok()).count()
        };
        assert_eq!(admitted(Pace::new(600, 60 * SECOND, Some(60))), 600);
        assert_eq!(admitted(Pace::new(600, 60 * SECOND, Some(1))), 10);
        assert_eq!(admitted(Pace::new(1, 60 * SECOND, Some(1))), 1);
        assert_eq!(admitted(Pace::new(1, 60 * SECOND, None)), 1);
        assert_eq!(admitted(Pace::new(100, SECOND, None)), 50);
        assert_eq!(admitted(Pace::new(600, 60 * SECOND, None)), 5);
    }

    #[test]
    fn ten_times_the_rate_for_a_minute_lets_in_the_rate_within_a_hundredth() {
        for (amount, window_ns) in [(300, 60), (600, 60), (6_000, 60), (10, 1), (100, 1), (1_000, 1)] {
            let pace = Pace::new(amount, window_ns * SECOND, None);
            let (bucket, expected) = (Bucket::default(), amount * 60 / window_ns);
            let step = 60 * SECOND / (expected * 10);
            let admitted = (0..expected * 10).filter(|nth| bucket.take(1, pace, Tick(nth * step)).is_ok());
            let admitted = admitted.count() as u64;
            assert!(
                admitted * 100 >= expected * 99 && admitted * 100 <= expected * 101,
                "{admitted} of {expected}"
            );
        }
    }

    #[test]
    fn what_is_larger_than_a_burst_is_let_in_and_owed() {
        let (bucket, pace) = (Bucket::default(), Pace::new(60_000, 60 * SECOND, None));
        bucket.take(10_000, pace, at(0)).unwrap();
        assert_eq!(bucket.take(10_000, pace, at(0)), Err(Duration::from_secs(10)));
        assert_eq!(bucket.take(1, pace, at(0)), Err(Duration::from_millis(9_501)));
        bucket.give_back(9_000, pace);
        assert_eq!(bucket.take(10_000, pace, at(0)), Err(Duration::from_secs(1)));
        bucket.owe(5_000, pace, at(0));
        assert_eq!(bucket.take(10_000, pace, at(0)), Err(Duration::from_secs(6)));
        bucket.take(10_000, pace, at(6_000)).unwrap();
        bucket.take(1, pace, at(6_000)).unwrap_err();
        bucket.take(0, pace, at(6_000)).expect("who needs nothing owes nothing");
        assert_eq!(bucket.wait(0, pace, at(6_000)), Duration::ZERO);
    }

    #[test]
    fn what_is_given_back_late_is_worth_no_more_than_a_full_bucket() {
        let (bucket, pace) = (Bucket::default(), Pace::new(60, 60 * SECOND, None));
        bucket.take(3, pace, at(0)).unwrap();
        bucket.give_back(3, pace);
        bucket.give_back(1_000, pace);
        assert_eq!(bucket.room(pace, at(60_000)), (3, Duration::ZERO));
        for _ in 0..3 {
            bucket.take(1, pace, at(60_000)).unwrap();
        }
        bucket.take(1, pace, at(60_000)).unwrap_err();
    }

    #[test]
    fn a_part_of_a_burst_is_kept_for_those_who_ask_for_little() {
        let (bucket, pace) = (Bucket::default(), Pace::new(100, SECOND, None));
        // Fifty may come at once, and half of that is kept.
        for _ in 0..25 {
            assert_eq!(bucket.wait_sparing(1, pace, at(0)), Duration::ZERO);
            bucket.take(1, pace, at(0)).unwrap();
        }
        assert_eq!(bucket.wait_sparing(1, pace, at(0)), Duration::from_millis(10));
        assert_eq!(bucket.wait(1, pace, at(0)), Duration::ZERO);
        assert_eq!(bucket.wait_sparing(1, pace, at(10)), Duration::ZERO);
        assert_eq!(
            bucket.wait_sparing(90, pace, at(0)),
            bucket.wait(90, pace, at(0)),
            "never more than there is"
        );
    }

    #[test]
    fn absurd_costs_overflow_nothing() {
        let (bucket, pace) = (Bucket::default(), Pace::new(1, 60 * SECOND, Some(60)));
        bucket.owe(u64::MAX, pace, at(1));
        bucket.owe(u64::MAX, pace, at(1));
        bucket.take(u64::MAX, pace, at(1)).unwrap_err();
        assert_eq!(bucket.room(pace, at(1)).0, 0);
    }
}
