//! How many may run at the same time, how many do, and for how long they did lately.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

/// Each that ends counts for one part in so many of what is usual.
const USUAL_PARTS: u64 = 8;

/// Those that run.
#[derive(Debug, Default)]
pub(super) struct Places {
    active: AtomicU32,
    peak: AtomicU32,
    /// Nanoseconds that they ran lately; 0 where nobody knows. Of two who leave at once one may not count.
    ran_ns: AtomicU64,
}

impl Places {
    /// One more, if `max` do not run already.
    pub(super) fn enter(&self, max: u64) -> bool {
        let one_more = |active: u32| (u64::from(active) < max).then(|| active + 1);
        let entered = self.active.try_update(Ordering::AcqRel, Ordering::Acquire, one_more);
        entered.inspect(|before| self.note(before + 1)).is_ok()
    }

    /// One more in any case; whether there are no more than `max` with it.
    pub(super) fn enter_anyway(&self, max: u64) -> bool {
        let active = self.active.fetch_add(1, Ordering::AcqRel) + 1;
        self.note(active);
        u64::from(active) <= max
    }

    pub(super) fn leave(&self) {
        let one_less = |active: u32| active.checked_sub(1);
        let _ = self.active.try_update(Ordering::AcqRel, Ordering::Acquire, one_less);
    }

    /// One that has left had run for so long.
    pub(super) fn note_ran(&self, ran: Duration) {
        let ran = u64::try_from(ran.as_nanos()).unwrap_or(u64::MAX);
        if ran == 0 {
            return;
        }
        let usual = match self.ran_ns.load(Ordering::Relaxed) {
            0 => ran,
            usual => usual - usual / USUAL_PARTS + ran / USUAL_PARTS,
        };
        self.ran_ns.store(usual.max(1), Ordering::Relaxed);
    }

    /// How long it takes until so many of `max` have left, as it went lately; nothing where nobody knows.
    pub(super) fn time_for(&self, count: u64, max: u64) -> Duration {
        let usual = u128::from(self.ran_ns.load(Ordering::Relaxed));
        let nanos = usual * u128::from(count) / u128::from(max.max(1));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    pub(super) fn active(&self) -> u32 {
        self.active.load(Ordering::Acquire)
    }

    /// The most there ever were.
    pub(super) fn peak(&self) -> u32 {
        self.peak.load(Ordering::Relaxed)
    }

    fn note(&self, active: u32) {
        if active > self.peak.load(Ordering::Relaxed) {
            self.peak.fetch_max(active, Ordering::Relaxed);
        }
    }
}
