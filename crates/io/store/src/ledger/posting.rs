//! Money that comes and goes otherwise than by calls: each entry once, and told only when it is on the disk.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{Money, Timestamp};
use ledger::{Entry, EntryKey, Lsn, Movement};

use super::applier::key_is_used;
use super::cells::{Cell, Cells};
use super::journal::{AppendError, Journal, Level, WaitError};
use crate::database::Database;
use crate::error::StoreError;

/// Most entries that wait to be in the database, beside calls: new ones are refused beyond that.
pub const POSTED_MAX: usize = 10_000;

/// Entries that the database may not have yet.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    /// What is given by records that are not on the disk yet.
    giving: Mutex<Vec<(Lsn, Arc<Cell>, Money)>>,
    /// Without a place where it is only begun.
    posted: Mutex<BTreeMap<EntryKey, Option<Lsn>>>,
}

/// Why an entry was not posted. Nothing has changed, except where the journal failed meanwhile.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// It happened before, or is happening now.
    #[error("{0} has happened before")]
    Repeated(EntryKey),
    /// There is less than that.
    #[error("{asked} is to be taken, and the balance has {available}")]
    NotCovered {
        /// What was asked.
        asked: Money,
        /// What there is.
        available: Money,
    },
    /// Too much altogether.
    #[error("a balance may be at most 4000000000; this would make it more")]
    TooMuch,
    /// Too many entries wait for the database.
    #[error("the database is behind; try again")]
    Behind,
    /// Whether it happened before cannot be known.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It could not be recorded.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// It was recorded, and whether that lasts cannot be known.
    #[error(transparent)]
    Wait(#[from] WaitError),
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
        Self { posted: Mutex::new(posted), giving: Mutex::default() }
    }

    /// Posts an entry, once, and returns when it is on the disk.
    pub(crate) async fn post(
        &self,
        (journal, cells): (&Journal, &Cells),
        database: &Database,
        entry: Entry,
        now: Timestamp,
    ) -> Result<Lsn, PostError> {
        let mut begun = self.begin(&entry.key)?;
        if key_is_used(database, &entry.key).await? {
            return Err(PostError::Repeated(entry.key));
        }
        let lsn = self.record((journal, cells), entry, now)?;
        begun.recorded(lsn);
        // Whoever goes from here on leaves the giving to others.
        journal.wait(lsn, Level::Durable).await?;
        self.give(journal.durable());
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

    /// What it takes is taken before it is recorded, what it gives is given when that is on the disk.
    fn record(
        &self,
        (journal, cells): (&Journal, &Cells),
        entry: Entry,
        now: Timestamp,
    ) -> Result<Lsn, PostError> {
        let (mut taken, mut given) = (Vec::new(), Vec::new());
        for (purse, amount) in entry.taken() {
            let money = Money::from_nano(amount.unsigned_abs() as i64);
            let side = if amount > 0 { &mut taken } else { &mut given };
            side.push((cells.cell(purse), money));
        }
        if given.iter().any(|(cell, money)| !cell.has_room_for(*money)) {
            return Err(PostError::TooMuch);
        }
        for at in 0..taken.len() {
            let (cell, money) = &taken[at];
            if entry.may_overdraw {
                cell.overdraw(*money);
            } else if let Err(available) = cell.take(*money) {
                taken[..at].iter().for_each(|(cell, money)| cell.give(*money));
                return Err(PostError::NotCovered { asked: *money, available });
            }
        }
        let recorded = journal.append(now, &Movement::Post(entry));
        if recorded.is_err() {
            taken.iter().for_each(|(cell, money)| cell.give(*money));
        }
        let lsn = recorded?;
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
