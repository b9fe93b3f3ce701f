//! What all calls together may spend on second attempts: a part of the calls there are, and a little that is always there.
//! So retries never make an outage larger.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::moment::Moment;

/// One attempt, in the budget's small coin.
const ATTEMPT: u64 = 1000;
/// Unused credit lasts as long as the floor needs to give it.
const FLOOR_SECONDS_KEPT: u64 = 10;
/// What calls have paid in is kept up to so many attempts.
const PAID_IN_MAX: u64 = 1000 * ATTEMPT;
const MICROS_PER_SECOND: u64 = 1_000_000;

/// Shared by all workers.
#[derive(Debug)]
pub struct RetryBudget {
    /// What each call pays in: thousandths of an attempt.
    per_call: u64,
    /// Attempts a second that are always there.
    floor: u64,
    paid_in: AtomicU64,
    /// Until when the floor's credit is used up, in microseconds: it lies at most `FLOOR_SECONDS_KEPT` back.
    floor_used_until: AtomicU64,
}

impl RetryBudget {
    /// `percent` of the calls, and `floor` a second in any case.
    pub const fn new(percent: u32, floor: u32) -> Self {
        Self {
            per_call: percent as u64 * ATTEMPT / 100,
            floor: floor as u64,
            paid_in: AtomicU64::new(0),
            floor_used_until: AtomicU64::new(0),
        }
    }

    /// Whether it gives as much as another.
    pub const fn is_like(&self, other: &Self) -> bool {
        self.per_call == other.per_call && self.floor == other.floor
    }

    /// A call has come.
    pub fn call(&self) {
        let more = |credit: u64| (credit < PAID_IN_MAX).then(|| (credit + self.per_call).min(PAID_IN_MAX));
        let _ = self.paid_in.try_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    /// Takes one attempt; false if there is none left.
    pub fn take(&self, now: Moment) -> bool {
        let less = |credit: u64| credit.checked_sub(ATTEMPT);
        self.paid_in.try_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok() || self.take_of_floor(now)
    }

    fn take_of_floor(&self, now: Moment) -> bool {
        let Some(span) = MICROS_PER_SECOND.checked_div(self.floor) else { return false };
        // The clock begins at zero: what the floor has saved up before it is there from the start.
        let now = now.micros() + FLOOR_SECONDS_KEPT * MICROS_PER_SECOND;
        let oldest = now - FLOOR_SECONDS_KEPT * MICROS_PER_SECOND;
        let used = |until: u64| Some(until.max(oldest) + span).filter(|until| *until <= now);
        self.floor_used_until.try_update(Ordering::Relaxed, Ordering::Relaxed, used).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::RetryBudget;
    use crate::moment::Moment;

    fn at(seconds: f64) -> Moment {
        Moment::after_start(Duration::from_secs_f64(seconds))
    }

    fn taken(budget: &RetryBudget, now: Moment) -> usize {
        (0..100_000).take_while(|_| budget.take(now)).count()
    }

    #[test]
    fn a_fifth_of_the_calls_and_a_floor() {
        let budget = RetryBudget::new(20, 10);
        assert_eq!(taken(&budget, at(0.0)), 100, "ten seconds of the floor are there from the start");
        (0..1000).for_each(|_| budget.call());
        assert_eq!(taken(&budget, at(0.0)), 200);
        assert_eq!(taken(&budget, at(0.5)), 5);
        assert_eq!(taken(&budget, at(100.0)), 100, "and no more is saved up");
    }

    #[test]
    fn there_may_be_no_floor_and_no_part() {
        assert_eq!(taken(&RetryBudget::new(20, 0), at(50.0)), 0);
        let budget = RetryBudget::new(0, 1);
        (0..1000).for_each(|_| budget.call());
        assert_eq!(taken(&budget, at(50.0)), 10);
    }
}
