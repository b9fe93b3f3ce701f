//! What an entry needs to be posted on, what it takes before it is recorded, and why it may not be.

use std::sync::Arc;

use domain::Money;
use ledger::{Entry, EntryKey, Lsn};
use tokio::sync::watch;

use super::cells::{Cell, Cells};
use super::journal::{AppendError, Journal, WaitError};
use crate::database::Database;
use crate::error::StoreError;

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

/// What an entry takes, taken, and what it will give; given back where nothing comes of it.
#[derive(Debug)]
pub(super) struct Reserved {
    pub(super) taken: Vec<(Arc<Cell>, Money)>,
    pub(super) given: Vec<(Arc<Cell>, Money)>,
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
