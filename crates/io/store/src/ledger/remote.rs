//! The level `remote`: an end is told when the database has its charge, on another machine. Where the database does not have one
//! in time, nobody waits for it until it has caught up: ends are told at `durable` meanwhile, and whoever tells them knows.

use std::sync::atomic::Ordering;
use std::time::Duration;

use ledger::Lsn;
use tokio::sync::watch;
use tokio::time::timeout;

use super::journal::{Level, WaitError};
use super::live::Ledger;

/// What may be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// It is as safe as was wanted.
    Safe,
    /// The disk has it, the database not in time.
    Missed {
        /// The database had kept up until then.
        is_first: bool,
    },
}

impl Ledger {
    /// Whether a record is that safe by now.
    pub fn is_safe(&self, lsn: Lsn, level: Level) -> bool {
        match level {
            Level::Remote => self.applied_to() >= lsn,
            Level::Slot => true,
            others => self.journal.is_safe(lsn, others),
        }
    }

    /// Waits until a record is that safe; for the database no longer than `remote_wait`.
    pub async fn wait(&self, lsn: Lsn, level: Level, remote_wait: Duration) -> Result<Told, WaitError> {
        if level != Level::Remote {
            return self.journal.wait(lsn, level).await.map(|()| Told::Safe);
        }
        // Said first: whoever follows the journal sets out as soon as the disk has it.
        self.remote.wanted.send_if_modified(|wanted| {
            let is_more = *wanted < lsn;
            *wanted = lsn.max(*wanted);
            is_more
        });
        self.journal.wait(lsn, Level::Durable).await?;
        let mut applied = self.applied.subscribe();
        if *applied.borrow() >= lsn {
            return Ok(Told::Safe);
        }
        if self.remote.missed.load(Ordering::Relaxed) > 0 {
            return Ok(Told::Missed { is_first: false });
        }
        match timeout(remote_wait, applied.wait_for(|applied| *applied >= lsn)).await {
            Ok(Ok(_)) => Ok(Told::Safe),
            Ok(Err(_)) => Err(WaitError::Closed),
            Err(_) => {
                let before = self.remote.missed.fetch_max(lsn.0, Ordering::Relaxed);
                if self.applied_to() >= lsn {
                    // It came in this moment, before anybody knew that it was missed.
                    let _ = self.remote_is_back();
                    return Ok(Told::Safe);
                }
                Ok(Told::Missed { is_first: before == 0 })
            }
        }
    }

    /// The last record that somebody waits for the database to have, for whoever brings it there.
    pub fn remote_wanted(&self) -> watch::Receiver<Lsn> {
        self.remote.wanted.subscribe()
    }

    /// Whether the database has caught up since it was waited for in vain: said once.
    pub fn remote_is_back(&self) -> bool {
        let missed = self.remote.missed.load(Ordering::Relaxed);
        // Another that is missed meanwhile is waited for, too.
        missed > 0
            && self.applied_to().0 >= missed
            && self.remote.missed.compare_exchange(missed, 0, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}
