//! Charges that could not be recorded when their calls ended, because the journal took nothing: they are tried again.

use std::sync::{Arc, Mutex, PoisonError};

use domain::Timestamp;
use store::{Ledger, Unsettled};

/// What is still to be charged. Its length is bounded by the calls that ran when the journal stopped taking holds.
#[derive(Debug, Default)]
pub struct Uncharged {
    waiting: Mutex<Vec<(Arc<Ledger>, Unsettled)>>,
}

impl Uncharged {
    pub(crate) fn add(&self, uncharged: (Arc<Ledger>, Unsettled)) {
        self.lock().push(uncharged);
    }

    /// Tries all of them again; gives how many are left.
    pub fn charge(&self, now: Timestamp) -> usize {
        let waiting = std::mem::take(&mut *self.lock());
        for (ledger, unsettled) in waiting {
            if let Err(again) = ledger.settle_again(unsettled, now) {
                self.add((ledger, *again));
            }
        }
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(Arc<Ledger>, Unsettled)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
