//! What calls and the thread that writes have in common.

use std::sync::atomic::{AtomicU64, Ordering};

use super::index::Index;
use super::segments::Segments;
use super::sizes::Sizes;

/// How every key stands, and the files.
#[derive(Debug)]
pub(super) struct Shelved {
    pub(super) index: Index,
    pub(super) segments: Segments,
    pub(super) sizes: Sizes,
    pub(super) counts: Counts,
}

/// What went wrong, and what had to go.
#[derive(Debug, Default)]
pub(super) struct Counts {
    failures: AtomicU64,
    files_dropped_for_room: AtomicU64,
}

impl Counts {
    pub(super) fn failed(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// A file was deleted; only what goes before its time is counted.
    pub(super) fn dropped(&self, is_for_room: bool) {
        self.files_dropped_for_room.fetch_add(u64::from(is_for_room), Ordering::Relaxed);
    }

    pub(super) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    pub(super) fn files_dropped_for_room(&self) -> u64 {
        self.files_dropped_for_room.load(Ordering::Relaxed)
    }
}
