//! How many lines the log wrote and lost.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Lines written and lines lost.
#[derive(Debug, Default)]
pub struct LogCounts {
    written: AtomicU64,
    dropped: AtomicU64,
}

impl LogCounts {
    /// Lines the sink took.
    pub fn written(&self) -> u64 {
        self.written.load(Relaxed)
    }

    /// Lines lost: the queue was full, or the sink failed.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    pub(crate) fn add_written(&self, lines: u64) {
        self.written.fetch_add(lines, Relaxed);
    }

    pub(crate) fn add_dropped(&self, lines: u64) {
        self.dropped.fetch_add(lines, Relaxed);
    }
}
