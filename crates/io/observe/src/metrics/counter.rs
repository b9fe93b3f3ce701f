//! Numbers with one writer and any number of readers. Two writers would lose counts; nothing here prevents it.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    /// A load and a store are enough with one writer, and a tenth of the price of a locked add.
    #[inline]
    pub(crate) fn add(&self, count: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(count), Relaxed);
    }

    pub(crate) fn read(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A number that grows and shrinks.
#[derive(Debug, Default)]
pub(crate) struct UpDown(AtomicI64);

impl UpDown {
    #[inline]
    pub(crate) fn add(&self, delta: i64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(delta), Relaxed);
    }

    pub(crate) fn read(&self) -> i64 {
        self.0.load(Relaxed)
    }
}
