//! What is known of who waits for the database. What follows from it is in `remote.rs`.

use std::sync::atomic::AtomicU64;

use ledger::Lsn;
use tokio::sync::watch;

/// Who waits for the database.
#[derive(Debug)]
pub(super) struct Remote {
    /// The last record that somebody waits for.
    pub(super) wanted: watch::Sender<Lsn>,
    /// The last record that was waited for in vain; 0 where the database keeps up.
    pub(super) missed: AtomicU64,
}

impl Remote {
    pub(super) fn new(applied: Lsn) -> Self {
        Self { wanted: watch::Sender::new(applied), missed: AtomicU64::new(0) }
    }
}
