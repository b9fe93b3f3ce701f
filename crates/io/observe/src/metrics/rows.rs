//! How many rows of requests were written and lost, and how many sums of them could not be read.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Rows written and rows lost, and damaged sums.
#[derive(Debug, Default)]
pub struct RowCounts {
    written: AtomicU64,
    dropped: AtomicU64,
    damaged_sums: AtomicU64,
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

    /// Sums of calls that nobody could read, and that were set aside.
    pub fn damaged_sums(&self) -> u64 {
        self.damaged_sums.load(Relaxed)
    }

    /// So many more were set aside.
    pub fn add_damaged_sums(&self, parts: u64) {
        self.damaged_sums.fetch_add(parts, Relaxed);
    }
}
