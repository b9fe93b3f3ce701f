//! The bounded way of rows from the workers to the one task that writes them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use config::{Reports, Requests};
use store::{RowBatch, RowsKept};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Batches that may wait for the database.
const BATCHES_WAITING_MAX: usize = 64;

/// Where workers hand batches over. Clones are the same way.
#[derive(Clone, Debug)]
pub struct RowInlet {
    batches: Sender<RowBatch>,
    rules: Arc<Rules>,
}

/// Where they come out.
#[derive(Debug)]
pub struct RowOutlet {
    pub(super) batches: Receiver<RowBatch>,
    pub(super) rules: Arc<Rules>,
}

/// What the configuration says of rows; it may change while calls run.
#[derive(Debug)]
pub(super) struct Rules {
    has_rows: AtomicBool,
    has_sums: AtomicBool,
    keep_days: AtomicU32,
    keep_hours_days: AtomicU32,
}

/// A way for rows.
pub fn row_queue() -> (RowInlet, RowOutlet) {
    let (sender, batches) = channel(BATCHES_WAITING_MAX);
    let rules = Arc::new(Rules {
        has_rows: AtomicBool::new(true),
        has_sums: AtomicBool::new(true),
        keep_days: AtomicU32::new(u32::MAX),
        keep_hours_days: AtomicU32::new(u32::MAX),
    });
    (RowInlet { batches: sender, rules: rules.clone() }, RowOutlet { batches, rules })
}

impl RowInlet {
    /// Heeds the configuration from now on.
    pub(crate) fn heed(&self, requests: &Requests, reports: &Reports) {
        self.rules.has_rows.store(requests.has_rows, Ordering::Relaxed);
        self.rules.has_sums.store(reports.has_sums, Ordering::Relaxed);
        self.rules.keep_hours_days.store(reports.keep_hours_days, Ordering::Relaxed);
        self.rules.keep_days.store(requests.keep_days, Ordering::Relaxed);
    }

    /// Whether rows are wanted, or what they come to.
    pub(crate) fn is_on(&self) -> bool {
        let RowsKept { rows, sums } = self.rules.kept();
        rows || sums
    }

    /// Hands a batch over; what a full queue does not take comes back. What comes after the end is as good as dropped.
    pub(super) fn send(&self, batch: RowBatch) -> Result<(), RowBatch> {
        self.batches.try_send(batch).map_err(|error| match error {
            TrySendError::Full(batch) | TrySendError::Closed(batch) => batch,
        })
    }
}

impl Rules {
    pub(super) fn kept(&self) -> RowsKept {
        RowsKept { rows: self.has_rows.load(Ordering::Relaxed), sums: self.has_sums.load(Ordering::Relaxed) }
    }

    pub(super) fn keep_hours_days(&self) -> u32 {
        self.keep_hours_days.load(Ordering::Relaxed)
    }

    pub(super) fn keep_days(&self) -> u32 {
        self.keep_days.load(Ordering::Relaxed)
    }
}
