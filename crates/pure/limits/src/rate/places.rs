//! How many may run at the same time, and how many do.

use std::sync::atomic::{AtomicU32, Ordering};

/// Those that run.
#[derive(Debug, Default)]
pub(super) struct Places {
    active: AtomicU32,
    peak: AtomicU32,
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
