//! Money that comes and goes otherwise than by calls: each entry once, and told only when it is on the disk.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{Money, Timestamp};
use ledger::{Entry, EntryKey, EntryKind, Lsn, Movement};

use super::applier::key_is_used;
use super::cells::Cell;
use super::journal::{AppendError, Journal, Level};
use super::refunds;
use super::reserve::{Ground, PostError, Reserved};

/// Most entries that wait to be in the database, beside calls: new ones are refused beyond that.
pub const POSTED_MAX: usize = 10_000;

/// Entries that the database may not have yet.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    /// What is given by records that are not on the disk yet.
    giving: Mutex<Vec<(Lsn, Arc<Cell>, Money)>>,
    /// Without a place where it is only begun.
    posted: Mutex<BTreeMap<EntryKey, Option<Lsn>>>,
    /// Refunds are decided one after the other: each must see the ones before it.
    refunds: tokio::sync::Mutex<()>,
}

/// A key that is taken; left again where nothing came of it, also where whoever asked has gone.
pub(super) struct Begun<'a> {
    postings: &'a Postings,
    key: EntryKey,
    is_recorded: bool,
}

impl Postings {
    /// With what a former start has recorded and the database has not.
    pub(crate) fn with(known: impl IntoIterator<Item = (EntryKey, Lsn)>) -> Self {
        let posted = known.into_iter().map(|(key, lsn)| (key, Some(lsn))).collect();
        Self { posted: Mutex::new(posted), ..Self::default() }
    }

    /// Posts an entry, once, and returns when it is on the disk.
    pub(crate) async fn post(
        &self,
        ground: &Ground<'_>,
        entry: Entry,
        now: Timestamp,
    ) -> Result<Lsn, PostError> {
        let mut begun = self.begin(&entry.key)?;
        if key_is_used(ground.database, &entry.key).await? {
            return Err(PostError::Repeated(entry.key));
        }
        // Held until it is recorded.
        let (_decided, reserved) = if entry.kind == EntryKind::RefundAsked {
            let (decided, reserved) = refunds::decide(&self.refunds, ground, &entry).await?;
            (Some(decided), reserved)
        } else {
            (None, Reserved::of(ground.cells, &entry)?)
        };
        let lsn = self.record(ground.journal, entry, reserved, now)?;
        begun.recorded(lsn);
        // Whoever goes from here on leaves the giving to others.
        ground.journal.wait(lsn, Level::Durable).await?;
        self.give(ground.journal.durable());
        Ok(lsn)
    }

    /// Lets go of what the database has by now, and gives what is on the disk.
    pub(crate) fn applied(&self, applied: Lsn, durable: Lsn) {
        self.posted().retain(|_, lsn| lsn.is_none_or(|lsn| lsn > applied));
        self.give(durable);
    }

    pub(super) fn begin(&self, key: &EntryKey) -> Result<Begun<'_>, PostError> {
        let mut posted = self.posted();
        if posted.contains_key(key) {
            return Err(PostError::Repeated(key.clone()));
        }
        if posted.len() >= POSTED_MAX {
            return Err(PostError::Behind);
        }
        posted.insert(key.clone(), None);
        Ok(Begun { postings: self, key: key.clone(), is_recorded: false })
    }

    /// What it takes was taken before, what it gives is given when it is on the disk.
    fn record(
        &self,
        journal: &Journal,
        entry: Entry,
        mut reserved: Reserved,
        now: Timestamp,
    ) -> Result<Lsn, AppendError> {
        let lsn = journal.append(now, &Movement::Post(entry))?;
        reserved.taken.clear();
        let given = std::mem::take(&mut reserved.given);
        self.giving().extend(given.into_iter().map(|(cell, money)| (lsn, cell, money)));
        Ok(lsn)
    }

    fn give(&self, durable: Lsn) {
        self.giving().retain(|(lsn, cell, money)| {
            let is_safe = *lsn <= durable;
            if is_safe {
                cell.give(*money);
            }
            !is_safe
        });
    }

    fn giving(&self) -> MutexGuard<'_, Vec<(Lsn, Arc<Cell>, Money)>> {
        self.giving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn posted(&self) -> MutexGuard<'_, BTreeMap<EntryKey, Option<Lsn>>> {
        self.posted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Begun<'_> {
    /// It stands in the journal: the key is taken until the database has it.
    pub(super) fn recorded(&mut self, lsn: Lsn) {
        self.is_recorded = true;
        self.postings.posted().insert(self.key.clone(), Some(lsn));
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if !self.is_recorded {
            self.postings.posted().remove(&self.key);
        }
    }
}
