//! Money on a call's way: taken from a cell, recorded, and told only when it is safe. No call waits for a database.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use domain::{CallId, Money, Timestamp};
use ledger::{AmountError, Entry, EntryKey, Hold, Lsn, Purse, SlotCost};

use super::applier::{Applied, key_is_used};
use super::cells::{Cell, Cells};
use super::journal::{AppendError, Journal, Level, WaitError};
use super::slots::{Slot, SlotError, Slots};
use crate::database::Database;
use crate::error::StoreError;

/// Most entries that wait to be in the database, beside calls: new ones are refused beyond that.
pub const POSTED_MAX: usize = 10_000;

/// The ledger of a running gateway.
#[derive(Debug)]
pub struct Ledger {
    pub(crate) journal: Journal,
    pub(crate) slots: Slots,
    pub(crate) cells: Cells,
    /// Slots whose calls are settled by a record that is not written yet.
    leaving: Mutex<VecDeque<(Lsn, Slot)>>,
    /// What is given by records that are not on the disk yet.
    giving: Mutex<Vec<(Lsn, Arc<Cell>, Money)>>,
    /// Keys of entries that the database may not have yet.
    posted: Mutex<BTreeMap<EntryKey, Option<Lsn>>>,
    applied: AtomicU64,
}

/// Money that is put aside for a call, and the slot that tells of it.
#[must_use = "money that is held must be settled or void"]
#[derive(Debug)]
pub struct Held {
    hold: Hold,
    cell: Arc<Cell>,
    slot: Option<Slot>,
    price_version: u32,
}

/// Why a call is not paid for.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// There is less than that.
    #[error("{asked} is needed, and the balance has {available}")]
    OutOfCredit {
        /// What was asked.
        asked: Money,
        /// What there is.
        available: Money,
    },
    /// No amount.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// It could not be recorded.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// Its slot could not be written.
    #[error(transparent)]
    Slot(#[from] SlotError),
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

impl Ledger {
    pub(crate) fn new(journal: Journal, slots: Slots, cells: Cells, applied: Lsn) -> Self {
        let applied = AtomicU64::new(applied.0);
        Self {
            journal,
            slots,
            cells,
            leaving: Mutex::default(),
            giving: Mutex::default(),
            posted: Mutex::default(),
            applied,
        }
    }

    /// The journal, for its levels and its end.
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// What is left of each purse.
    pub const fn cells(&self) -> &Cells {
        &self.cells
    }

    /// The table of running calls.
    pub const fn slots(&self) -> &Slots {
        &self.slots
    }

    /// Puts money aside for a call. `price_version` is what it will be settled by, should a crash cut it off.
    pub fn hold(
        &self,
        call: CallId,
        purse: Purse,
        amount: Money,
        price_version: u32,
        now: Timestamp,
    ) -> Result<Held, HoldError> {
        let (hold, movement) = Hold::open(call, purse, amount)?;
        let cell = self.cells.cell(purse);
        if let Err(available) = cell.take(amount) {
            // Nothing was taken, so nothing is to be recorded.
            let _ = hold.void();
            return Err(HoldError::OutOfCredit { asked: amount, available });
        }
        let slot = SlotCost { call, purse, held: amount, cost: Money::ZERO, price_version };
        // The slot first: a record without one is void after a crash, a slot without a record is settled.
        let taken = self.slots.claim(&slot).map_err(HoldError::from);
        let recorded = taken.and_then(|slot| match self.journal.append(now, &movement) {
            Ok(_) => Ok(slot),
            Err(error) => {
                self.free(slot);
                Err(error.into())
            }
        });
        match recorded {
            Ok(slot) => Ok(Held { hold, cell, slot, price_version }),
            Err(error) => {
                let _ = hold.void();
                cell.give(amount);
                Err(error)
            }
        }
    }

    /// Puts more aside for a call that goes on.
    pub fn extend(&self, held: &mut Held, amount: Money, now: Timestamp) -> Result<(), HoldError> {
        held.cell.take(amount).map_err(|available| HoldError::OutOfCredit { asked: amount, available })?;
        let recorded = match held.hold.extend(amount) {
            Ok(movement) => self.journal.append(now, &movement).map(|_| ()).map_err(HoldError::from),
            Err(error) => {
                held.cell.give(amount);
                return Err(error.into());
            }
        };
        if recorded.is_err() {
            held.cell.give(amount);
            held.hold.take_back(amount);
        }
        recorded
    }

    /// Writes down what a call has come to, where it survives this process.
    pub fn record(&self, held: &Held, tokens: (u64, u64), cost: Money) -> Result<(), SlotError> {
        held.slot.as_ref().map_or(Ok(()), |slot| self.slots.record(slot, tokens.0, tokens.1, cost))
    }

    /// Puts what a call has come to into the journal, where it survives the machine once that is on the disk.
    pub fn progress(
        &self,
        held: &Held,
        tokens: (u64, u64),
        cost: Money,
        now: Timestamp,
    ) -> Result<Lsn, HoldError> {
        // The slot is believed before the journal, so it must never be behind.
        self.record(held, tokens, cost)?;
        Ok(self.journal.append(now, &held.hold.progress(cost))?)
    }

    /// Ends a call at what it came to. The record is to be waited for at the level in force; where the call has no slot
    /// that is `written` at least, which is what is given back.
    #[expect(clippy::result_large_err, reason = "who could not settle gets back what he would have settled")]
    pub fn settle(
        &self,
        held: Held,
        tokens: (u64, u64),
        cost: Money,
        now: Timestamp,
    ) -> Result<(Lsn, Level), (Unsettled, AppendError)> {
        let slot_knows = self.record(&held, tokens, cost).is_ok() && held.slot.is_some();
        let Held { hold, cell, slot, price_version } = held;
        let unsettled = Unsettled { settlement: hold.settle(cost, price_version), cell, slot };
        let lsn = self.settle_again(unsettled, now)?;
        Ok((lsn, if slot_knows { Level::Slot } else { Level::Written }))
    }

    /// Tries again what could not be recorded.
    #[expect(clippy::result_large_err, reason = "who could not settle gets back what he would have settled")]
    pub fn settle_again(
        &self,
        unsettled: Unsettled,
        now: Timestamp,
    ) -> Result<Lsn, (Unsettled, AppendError)> {
        let lsn = match self.journal.append(now, &unsettled.settlement.movement) {
            Ok(lsn) => lsn,
            Err(error) => return Err((unsettled, error)),
        };
        let Unsettled { settlement, cell, slot } = unsettled;
        cell.give(settlement.rest);
        cell.overdraw(settlement.overage);
        if let Some(slot) = slot {
            self.lock_leaving().push_back((lsn, slot));
            self.clear_left();
        }
        Ok(lsn)
    }

    /// Posts an entry, once, and returns when it is on the disk: money that comes or goes is told no sooner.
    pub async fn post(&self, database: &Database, entry: Entry, now: Timestamp) -> Result<Lsn, PostError> {
        let key = entry.key.clone();
        self.begin(&key)?;
        match self.post_begun(database, entry, now).await {
            Ok(lsn) => {
                // Dropped from here on, somebody else gives what is to be given.
                self.journal.wait(lsn, Level::Durable).await?;
                self.give_safe();
                Ok(lsn)
            }
            Err(error) => {
                self.lock_posted().remove(&key);
                Err(error)
            }
        }
    }

    /// Lets go of what the database has by now, and gives back what a step of the applier found was taken too much.
    pub fn applied(&self, applied: &Applied) {
        for (purse, amount) in &applied.given_back {
            self.cells.cell(*purse).give(*amount);
        }
        self.applied.fetch_max(applied.lsn.0, Ordering::Relaxed);
        let keeps = |lsn: &Option<Lsn>| lsn.is_none_or(|lsn| lsn > applied.lsn);
        self.lock_posted().retain(|_, lsn| keeps(lsn));
        self.clear_left();
        self.give_safe();
    }

    /// How far the database has come.
    pub fn applied_to(&self) -> Lsn {
        Lsn(self.applied.load(Ordering::Relaxed))
    }

    fn begin(&self, key: &EntryKey) -> Result<(), PostError> {
        let mut posted = self.lock_posted();
        if posted.contains_key(key) {
            return Err(PostError::Repeated(key.clone()));
        }
        if posted.len() >= POSTED_MAX {
            return Err(PostError::Behind);
        }
        posted.insert(key.clone(), None);
        Ok(())
    }

    async fn post_begun(&self, database: &Database, entry: Entry, now: Timestamp) -> Result<Lsn, PostError> {
        let key = entry.key.clone();
        if key_is_used(database, &entry.key).await? {
            return Err(PostError::Repeated(entry.key));
        }
        let (mut taken, mut given) = (Vec::new(), Vec::new());
        for (purse, amount) in entry.taken() {
            let money = Money::from_nano(amount.unsigned_abs() as i64);
            let side = if amount > 0 { &mut taken } else { &mut given };
            side.push((self.cells.cell(purse), money));
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
        let lsn = match self.journal.append(now, &ledger::Movement::Post(entry)) {
            Ok(lsn) => lsn,
            Err(error) => {
                taken.iter().for_each(|(cell, money)| cell.give(*money));
                return Err(error.into());
            }
        };
        self.lock_giving().extend(given.into_iter().map(|(cell, money)| (lsn, cell, money)));
        self.lock_posted().insert(key, Some(lsn));
        Ok(lsn)
    }

    /// Gives what is on the disk.
    fn give_safe(&self) {
        let durable = self.journal.durable();
        let mut giving = self.lock_giving();
        giving.retain(|(lsn, cell, money)| {
            let is_safe = *lsn <= durable;
            if is_safe {
                cell.give(*money);
            }
            !is_safe
        });
    }

    /// Frees the slots of calls whose settlements are written: until then they are what a crash would leave.
    fn clear_left(&self) {
        let written = self.journal.written();
        loop {
            let mut leaving = self.lock_leaving();
            let Some((_, slot)) = leaving.pop_front_if(|(lsn, _)| *lsn <= written) else { return };
            drop(leaving);
            self.free(Some(slot));
        }
    }

    fn free(&self, slot: Option<Slot>) {
        // One that cannot be cleared tells of a call that is known to be settled, and is passed over at the next start.
        let _ = slot.map(|slot| self.slots.clear(slot));
    }

    fn lock_giving(&self) -> std::sync::MutexGuard<'_, Vec<(Lsn, Arc<Cell>, Money)>> {
        self.giving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_leaving(&self) -> std::sync::MutexGuard<'_, VecDeque<(Lsn, Slot)>> {
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_posted(&self) -> std::sync::MutexGuard<'_, BTreeMap<EntryKey, Option<Lsn>>> {
        self.posted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An end that could not be recorded now; its slot, if it has one, says it to the next start.
#[must_use = "an end that is not recorded has not happened"]
#[derive(Debug)]
pub struct Unsettled {
    settlement: ledger::Settlement,
    cell: Arc<Cell>,
    slot: Option<Slot>,
}

impl Held {
    /// What is put aside, with its extensions.
    pub const fn amount(&self) -> Money {
        self.hold.amount()
    }

    /// For which call.
    pub const fn call(&self) -> CallId {
        self.hold.call()
    }

    /// Whether a slot tells of it.
    pub const fn has_slot(&self) -> bool {
        self.slot.is_some()
    }
}
