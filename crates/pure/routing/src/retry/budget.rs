//! What all calls together may spend on second attempts: a part of the calls there are, and a little that is always there.
//! So retries never make an outage larger, and hedges never a bill.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::moment::Moment;

/// One attempt, in the budget's small coin.
const ATTEMPT: u64 = 1000;
/// Unused credit lasts as long as the floor needs to give it.
const FLOOR_MICROS_KEPT: u64 = 10 * MICROS_PER_SECOND;
/// What calls have paid in is kept up to so many attempts.
const PAID_IN_MAX: u64 = 1000 * ATTEMPT;
/// Hedges are for what is rare: those that were not needed for long are not saved up for a day on which all is slow.
const PAID_IN_MAX_HEDGES: u64 = 30 * ATTEMPT;
/// How often the floor gives a hedge: where there are few calls, a part of them is nothing for hours.
const HEDGE_EVERY_MICROS: u64 = 10 * MICROS_PER_SECOND;
const MICROS_PER_SECOND: u64 = 1_000_000;

/// Shared by all workers.
#[derive(Debug)]
pub struct RetryBudget {
    /// What each call pays in: thousandths of an attempt.
    per_call: u64,
    /// What is kept of that.
    paid_in_max: u64,
    /// How often an attempt is there in any case; `None` for never.
    floor_every: Option<u64>,
    paid_in: AtomicU64,
    /// Until when the floor's credit is used up, in microseconds: it lies at most `FLOOR_MICROS_KEPT` back.
    floor_used_until: AtomicU64,
}

impl RetryBudget {
    /// `percent` of the calls, and `floor` a second in any case.
    pub const fn new(percent: u32, floor: u32) -> Self {
        Self::with(percent, MICROS_PER_SECOND.checked_div(floor as u64), PAID_IN_MAX)
    }

    /// For asking a second one beside the first: `percent` of the calls for which that may be done, and one every ten seconds
    /// in any case; none at all for 0 percent.
    pub fn of_hedges(percent: u32) -> Self {
        Self::with(percent, (percent > 0).then_some(HEDGE_EVERY_MICROS), PAID_IN_MAX_HEDGES)
    }

    const fn with(percent: u32, floor_every: Option<u64>, paid_in_max: u64) -> Self {
        Self {
            per_call: percent as u64 * ATTEMPT / 100,
            paid_in_max,
            floor_every,
            paid_in: AtomicU64::new(0),
            floor_used_until: AtomicU64::new(0),
        }
    }

    /// Whether it gives as much as another.
    pub fn is_like(&self, other: &Self) -> bool {
        (self.per_call, self.paid_in_max, self.floor_every)
            == (other.per_call, other.paid_in_max, other.floor_every)
    }

    /// A call has come.
    pub fn call(&self) {
        self.pay_in(self.per_call);
    }

    /// An attempt that was taken came to nothing: nobody was asked.
    pub fn put_back(&self) {
        self.pay_in(ATTEMPT);
    }

    fn pay_in(&self, paid: u64) {
        let most = self.paid_in_max;
        let more = |credit: u64| (credit < most).then(|| (credit + paid).min(most));
        let _ = self.paid_in.try_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    /// Takes one attempt; false if there is none left.
    pub fn take(&self, now: Moment) -> bool {
        let less = |credit: u64| credit.checked_sub(ATTEMPT);
        self.paid_in.try_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok() || self.take_of_floor(now)
    }

    fn take_of_floor(&self, now: Moment) -> bool {
        let Some(span) = self.floor_every else { return false };
        // The clock begins at zero: what the floor has saved up before it is there from the start.
        let now = now.micros() + FLOOR_MICROS_KEPT;
        let oldest = now - FLOOR_MICROS_KEPT;
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
    fn hedges_are_a_small_part_and_are_not_saved_up() {
        let budget = RetryBudget::of_hedges(3);
        assert_eq!(taken(&budget, at(0.0)), 1, "the floor's");
        (0..100).for_each(|_| budget.call());
        assert_eq!(taken(&budget, at(0.0)), 3);
        assert_eq!(taken(&budget, at(9.9)), 0);
        assert_eq!(taken(&budget, at(10.0)), 1);
        (0..100_000).for_each(|_| budget.call());
        assert_eq!(taken(&budget, at(10.0)), 30);
        budget.put_back();
        assert_eq!(taken(&budget, at(10.0)), 1);
        assert_eq!(taken(&RetryBudget::of_hedges(0), at(100.0)), 0, "none at all");
    }

    #[test]
    fn there_may_be_no_floor_and_no_part() {
        assert_eq!(taken(&RetryBudget::new(20, 0), at(50.0)), 0);
        let budget = RetryBudget::new(0, 1);
        (0..1000).for_each(|_| budget.call());
        assert_eq!(taken(&budget, at(50.0)), 10);
    }
}
