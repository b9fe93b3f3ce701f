//! How much is kept, and for how long.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Longest answer that is kept, its headers beside it.
pub const ANSWER_BYTES_MAX: usize = 4 << 20;
/// Files are ended at this part of all there may be: what is dropped is dropped by the file.
const PARTS: u64 = 16;
const RECORDS_MIN: u64 = 64;
const MS_PER_HOUR: i64 = 3_600_000;

/// How much may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShelfSizes {
    /// How long.
    pub hours: u32,
    /// On the disk.
    pub bytes_max: u64,
    /// Keys that are known.
    pub keys_max: u64,
}

/// The same, which may change while calls run.
#[derive(Debug)]
pub(super) struct Sizes {
    keep_ms: AtomicI64,
    bytes_max: AtomicU64,
    keys_max: AtomicU64,
}

impl Sizes {
    pub(super) fn new(sizes: ShelfSizes) -> Self {
        let made =
            Self { keep_ms: AtomicI64::new(0), bytes_max: AtomicU64::new(0), keys_max: AtomicU64::new(0) };
        made.set(sizes);
        made
    }

    pub(super) fn set(&self, sizes: ShelfSizes) {
        self.keep_ms.store(i64::from(sizes.hours) * MS_PER_HOUR, Ordering::Relaxed);
        self.bytes_max.store(sizes.bytes_max, Ordering::Relaxed);
        self.keys_max.store(sizes.keys_max, Ordering::Relaxed);
    }

    pub(super) fn keep_ms(&self) -> i64 {
        self.keep_ms.load(Ordering::Relaxed)
    }

    pub(super) fn bytes_max(&self) -> u64 {
        self.bytes_max.load(Ordering::Relaxed)
    }

    pub(super) fn keys_max(&self) -> u64 {
        self.keys_max.load(Ordering::Relaxed)
    }

    /// Whether a file of that many bytes and records is long enough.
    pub(super) fn is_full(&self, bytes: u64, records: u64) -> bool {
        bytes >= self.bytes_max() / PARTS || records >= (self.keys_max() / PARTS).max(RECORDS_MIN)
    }
}
