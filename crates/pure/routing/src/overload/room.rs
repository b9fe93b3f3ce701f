//! All who wait, at whatever gate: how many there may be, and who came first.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Where callers wait.
#[derive(Debug, Default)]
pub struct Room {
    waiting: AtomicU32,
    peak: AtomicU32,
    tickets: AtomicU64,
}

impl Room {
    /// How many wait.
    pub fn waiting(&self) -> u32 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// The most there ever were.
    pub fn peak(&self) -> u32 {
        self.peak.load(Ordering::Relaxed)
    }

    /// A ticket for one more who waits; `None` where `max` do.
    pub(super) fn enter(&self, max: u32) -> Option<u64> {
        let one_more = |waiting: u32| (waiting < max).then(|| waiting + 1);
        let before = self.waiting.try_update(Ordering::Relaxed, Ordering::Relaxed, one_more).ok()?;
        self.peak.fetch_max(before + 1, Ordering::Relaxed);
        Some(self.tickets.fetch_add(1, Ordering::Relaxed))
    }

    pub(super) fn leave(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
