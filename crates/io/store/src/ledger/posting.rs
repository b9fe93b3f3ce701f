//! Money that comes and goes otherwise than by calls: each entry once, and told only when it is on the disk.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{Money, Timestamp};
use ledger::{Entry, EntryKey, EntryKind, Lsn, Movement};
use tokio::sync::watch;

use super::applier::key_is_used;
use super::cells::{Cell, Cells};
use super::journal::{AppendError, Journal, Level, WaitError};
use super::refunds;
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
    /// Refunds are decided one after the other: each must see the ones before it.
    pub(super) refunds: tokio::sync::Mutex<()>,
}

/// What entries are posted on.
#[derive(Debug)]
pub(crate) struct Ground<'a> {
    pub(crate) journal: &'a Journal,
    pub(crate) cells: &'a Cells,
    pub(crate) database: &'a Database,
    /// How far the database has come.
    pub(crate) applied: watch::Receiver<Lsn>,
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
    /// More is to be refunded than can be.
    #[error(
        "{asked} is to be refunded of {payment}, of which {limit} can be: what was paid, less what went back, and no more than is unspent"
    )]
    BeyondPayment {
        /// The payment.
        payment: EntryKey,
        /// What was asked.
        asked: Money,
        /// What can be.
        limit: Money,
    },
    /// It is no refund of a payment into that purse.
    #[error("nothing can be refunded of {payment}: {why}")]
    NotRefundable {
        /// What it was to be of.
        payment: String,
        /// Why not.
        why: &'static str,
    },
    /// What can be refunded is in the journal, and the database has not come so far in time.
    #[error("the database does not follow the journal: after {waited_s} seconds it has record {applied}, and what can be refunded is only known at record {needed}; nothing was changed, try again", applied = applied.0, needed = needed.0)]
    NotFollowed {
        /// How long it was waited for.
        waited_s: u64,
        /// How far it had come.
        applied: Lsn,
        /// How far it must come.
        needed: Lsn,
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

/// What an entry takes, taken, and what it will give; given back where nothing comes of it.
#[derive(Debug)]
pub(super) struct Reserved {
    taken: Vec<(Arc<Cell>, Money)>,
    given: Vec<(Arc<Cell>, Money)>,
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
            let (decided, reserved) = refunds::decide(self, ground, &entry).await?;
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

impl Reserved {
    /// Takes what an entry takes, or nothing.
    pub(super) fn of(cells: &Cells, entry: &Entry) -> Result<Self, PostError> {
        let mut reserved = Self { taken: Vec::new(), given: Vec::new() };
        for (purse, amount) in entry.taken() {
            let (cell, money) = (cells.cell(purse), Money::from_nano(amount.unsigned_abs() as i64));
            if amount < 0 {
                if !cell.has_room_for(money) {
                    return Err(PostError::TooMuch);
                }
                reserved.given.push((cell, money));
            } else {
                if entry.may_overdraw {
                    cell.overdraw(money);
                } else if let Err(available) = cell.take(money) {
                    return Err(PostError::NotCovered { asked: money, available });
                }
                reserved.taken.push((cell, money));
            }
        }
        Ok(reserved)
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.taken.iter().for_each(|(cell, money)| cell.give(*money));
    }
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if !self.is_recorded {
            self.postings.posted().remove(&self.key);
        }
    }
}
