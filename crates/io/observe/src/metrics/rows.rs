//! How many rows of requests were written and lost.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Rows written and rows lost.
#[derive(Debug, Default)]
pub struct RowCounts {
    written: AtomicU64,
    dropped: AtomicU64,
}

impl RowCounts {
    /// Rows that the database took.
    pub fn written(&self) -> u64 {
        self.written.load(Relaxed)
    }

    /// Rows lost: the database could not keep up, or failed.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    /// The database took so many more.
    pub fn add_written(&self, rows: u64) {
        self.written.fetch_add(rows, Relaxed);
    }

    /// So many more were lost.
    pub fn add_dropped(&self, rows: u64) {
        self.dropped.fetch_add(rows, Relaxed);
    }
}
