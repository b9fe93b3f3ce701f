//! A gate: how many are inside, how many there ever were, and who waits. A lock is taken only where somebody waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::queue::{Bell, Queue};
use crate::moment::Moment;

/// As many as like.
pub const UNLIMITED: u32 = u32::MAX;

/// Counts those inside. On a cache line of its own: workers that pass another gate do not disturb it.
#[derive(Debug, Default)]
#[repr(align(64))]
pub struct Gate {
    active: AtomicU32,
    peak: AtomicU32,
    /// Those who wait, also those who were called and have not gone in yet: nobody passes them.
    waiting: AtomicU32,
    queue: Queue,
}

impl Gate {
    /// How many are inside.
    pub fn active(&self) -> u32 {
        self.active.load(Ordering::Relaxed)
    }

    /// The most there ever were.
    pub fn peak(&self) -> u32 {
        self.peak.load(Ordering::Relaxed)
    }

    /// How many wait.
    pub fn waiting(&self) -> u32 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Goes in if fewer than `max` are inside, and nobody waits; whoever waits himself (`is_waiting`) goes before those who
    /// come anew. Whoever went in must leave.
    pub fn enter(&self, max: u32, is_waiting: bool) -> bool {
        if max == UNLIMITED {
            self.note_peak(self.active.fetch_add(1, Ordering::Relaxed) + 1);
            return true;
        }
        if !is_waiting && self.waiting() > 0 {
            return false;
        }
        let one_more = |active: u32| (active < max).then(|| active + 1);
        let entered = self.active.try_update(Ordering::SeqCst, Ordering::SeqCst, one_more);
        entered.is_ok_and(|before| {
            self.note_peak(before + 1);
            true
        })
    }

    /// Whether one who comes anew would have to wait.
    pub fn is_full(&self, max: u32) -> bool {
        max != UNLIMITED && (self.active() >= max || self.waiting() > 0)
    }

    /// Leaves, and calls the next.
    pub fn leave(&self) {
        self.active.fetch_sub(1, Ordering::SeqCst);
        if self.waiting.load(Ordering::SeqCst) > 0 {
            self.call_next();
        }
    }

    /// Calls the next, if somebody waits and there is room.
    pub fn call_if_room(&self, max: u32) {
        if self.waiting() > 0 && self.active() < max {
            self.call_next();
        }
    }

    /// How long one who came now would wait, as far as can be told from how fast it has been going.
    pub fn outlook_for_next(&self, now: Moment) -> Duration {
        self.queue.outlook(u64::MAX, now)
    }

    pub(super) fn is_first(&self, ticket: u64) -> bool {
        self.queue.is_first(ticket, self.waiting())
    }

    /// Calls the one who has waited longest.
    pub(crate) fn call_next(&self) {
        self.queue.call_next();
    }

    pub(super) fn join(&self, ticket: u64, bell: &Arc<Bell>, now: Moment) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        self.queue.insert(ticket, bell, now);
    }

    pub(super) fn stand_again(&self, ticket: u64, bell: &Arc<Bell>, now: Moment) {
        self.queue.insert(ticket, bell, now);
    }

    /// Ends waiting; `went_in` where it has led to something.
    pub(super) fn quit(&self, ticket: u64, went_in: Option<Moment>) {
        let is_last = self.waiting.fetch_sub(1, Ordering::SeqCst) == 1;
        self.queue.remove(ticket, went_in, is_last);
    }

    /// How long one with this ticket will wait yet, as far as can be told from how fast it has been going.
    pub(super) fn outlook(&self, ticket: u64, now: Moment) -> Duration {
        self.queue.outlook(ticket, now)
    }

    fn note_peak(&self, active: u32) {
        if active > self.peak() {
            self.peak.fetch_max(active, Ordering::Relaxed);
        }
    }
}
