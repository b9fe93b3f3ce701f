//! Memory for request bodies, counted over the whole process so that many large prompts cannot end it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Bodies are counted in units of this size: a page, so that thousands of small ones that are kept for long take what they are.
const UNIT_BYTES: usize = 4 * 1024;
/// A body up to this size may use the last of the budget: large ones leave a part of it alone, so that many of them keep
/// no small request out.
const SMALL_UNITS: usize = (1 << 20) / UNIT_BYTES;
const KEPT_FOR_SMALL: usize = 8;
/// What can lie elsewhere leaves as much alone: it is never in the way of what cannot.
const KEPT_FOR_OTHERS: usize = 2;
/// The budget unless configured: this, or a quarter of the memory limit if that is less.
const BUDGET_BYTES_DEFAULT: usize = 128 << 20;

/// The budget of the process.
#[derive(Debug)]
pub(crate) struct BodyBudget {
    units_free: AtomicUsize,
    units_all: usize,
    /// One body at a time may go beyond the budget. Where all wait for each other, that one comes to its end, and what
    /// it held lets the next one go on.
    is_overdrawn: AtomicBool,
}

/// What one body holds of the budget; given back when dropped.
#[derive(Debug)]
pub(crate) struct BodyLease {
    budget: Arc<BodyBudget>,
    units: usize,
    is_beyond: bool,
}

impl BodyBudget {
    /// `configured`, else the default for this machine.
    pub(crate) fn new(configured: Option<usize>) -> Arc<Self> {
        let bytes = configured.unwrap_or_else(|| {
            memory_limit_bytes().map_or(BUDGET_BYTES_DEFAULT, |limit| BUDGET_BYTES_DEFAULT.min(limit / 4))
        });
        let units_all = bytes.div_ceil(UNIT_BYTES).max(1);
        Arc::new(Self {
            units_free: AtomicUsize::new(units_all),
            units_all,
            is_overdrawn: AtomicBool::new(false),
        })
    }

    /// An empty lease.
    pub(crate) fn lease(self: &Arc<Self>) -> BodyLease {
        BodyLease { budget: self.clone(), units: 0, is_beyond: false }
    }

    /// How much is taken right now.
    pub(crate) fn bytes_taken(&self) -> usize {
        (self.units_all - self.units_free.load(Ordering::Relaxed).min(self.units_all)) * UNIT_BYTES
    }

    /// Takes so many units if at least `kept` stay.
    fn take(&self, units: usize, kept: usize) -> bool {
        let taken = self.units_free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |free| {
            free.checked_sub(units).filter(|left| *left >= kept)
        });
        taken.is_ok()
    }
}

impl BodyLease {
    /// Grows to `bytes` in all; false if the budget has no more.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> bool {
        let is_large = bytes.div_ceil(UNIT_BYTES) > SMALL_UNITS;
        self.grow(bytes, if is_large { self.budget.units_all / KEPT_FOR_SMALL } else { 0 })
    }

    /// The same for a body that can lie in a file instead.
    pub(crate) fn grow_if_much_is_free(&mut self, bytes: usize) -> bool {
        self.grow(bytes, self.budget.units_all / KEPT_FOR_OTHERS)
    }

    fn grow(&mut self, bytes: usize, kept: usize) -> bool {
        let wanted = bytes.div_ceil(UNIT_BYTES);
        if wanted <= self.units || self.is_beyond {
            return true;
        }
        let has_grown = self.budget.take(wanted - self.units, kept);
        if has_grown {
            self.units = wanted;
        }
        has_grown
    }

    /// Goes beyond the budget from here on, if nobody else does.
    pub(crate) fn overdraw(&mut self) -> bool {
        self.is_beyond = self.is_beyond || !self.budget.is_overdrawn.swap(true, Ordering::Relaxed);
        self.is_beyond
    }
}

impl Drop for BodyLease {
    fn drop(&mut self) {
        if self.is_beyond {
            self.budget.is_overdrawn.store(false, Ordering::Relaxed);
        }
        if self.units > 0 {
            self.budget.units_free.fetch_add(self.units, Ordering::Relaxed);
        }
    }
}

/// The memory limit of our control group, if it has one. Linux, version 2 or 1.
pub(crate) fn memory_limit_bytes() -> Option<usize> {
    ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::{BodyBudget, SMALL_UNITS, UNIT_BYTES};

    #[test]
    fn large_bodies_leave_room_for_small_ones() {
        let budget = BodyBudget::new(Some(8 * SMALL_UNITS * UNIT_BYTES));
        let mut large = budget.lease();
        assert!(!large.grow_to(8 * SMALL_UNITS * UNIT_BYTES));
        assert!(large.grow_to(7 * SMALL_UNITS * UNIT_BYTES));
        let mut small = budget.lease();
        assert!(small.grow_to(SMALL_UNITS * UNIT_BYTES) && !small.grow_to(SMALL_UNITS * UNIT_BYTES + 1));
    }

    #[test]
    fn ten_thousand_small_bodies_and_answers_fit_into_the_usual_budget() {
        let budget = BodyBudget::new(Some(super::BUDGET_BYTES_DEFAULT));
        let mut leases: Vec<_> = (0..20_000).map(|_| budget.lease()).collect();
        assert!(leases.iter_mut().all(|lease| lease.grow_to(1_000)));
    }

    #[test]
    fn what_can_lie_elsewhere_leaves_half() {
        let budget = BodyBudget::new(Some(4 * UNIT_BYTES));
        let (mut first, mut second) = (budget.lease(), budget.lease());
        assert!(
            first.grow_if_much_is_free(2 * UNIT_BYTES) && !first.grow_if_much_is_free(2 * UNIT_BYTES + 1)
        );
        assert!(!second.grow_if_much_is_free(1) && second.grow_to(2 * UNIT_BYTES));
    }

    #[test]
    fn one_at_a_time_goes_beyond_the_budget() {
        let budget = BodyBudget::new(Some(2 * UNIT_BYTES));
        let (mut first, mut second) = (budget.lease(), budget.lease());
        assert!(first.grow_to(UNIT_BYTES) && second.grow_to(UNIT_BYTES));
        assert!(!first.grow_to(3 * UNIT_BYTES) && first.overdraw() && first.grow_to(3 * UNIT_BYTES));
        assert!(!second.grow_to(3 * UNIT_BYTES) && !second.overdraw());
        drop(first);
        assert_eq!(budget.bytes_taken(), UNIT_BYTES);
        assert!(second.grow_to(2 * UNIT_BYTES) && second.overdraw());
    }

    #[test]
    fn leases_never_exceed_the_budget_and_come_back() {
        let budget = BodyBudget::new(Some(3 * UNIT_BYTES));
        let mut first = budget.lease();
        assert!(first.grow_to(1) && first.grow_to(2 * UNIT_BYTES) && first.grow_to(UNIT_BYTES));
        assert_eq!(budget.bytes_taken(), 2 * UNIT_BYTES);
        let mut second = budget.lease();
        assert!(!second.grow_to(UNIT_BYTES + 1));
        assert!(second.grow_to(UNIT_BYTES));
        assert!(!first.grow_to(2 * UNIT_BYTES + 1));
        drop(first);
        assert_eq!(budget.bytes_taken(), UNIT_BYTES);
    }
}
