//! Money on a call's way: taken from a cell, recorded, and told only when it is safe. No call waits for a database.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::{CallId, Money, Timestamp};
use ledger::{AmountError, Entry, Hold, Lsn, Movement, Purse, SlotCost};
use tokio::sync::watch;
use tokio::time::timeout;

use super::applier::Applied;
use super::cells::{Cell, Cells};
use super::journal::{AppendError, Journal, Level};
use super::posting::Postings;
use super::remote_waits::Remote;
use super::reserve::{Ground, PostError};
use super::slots::{Slot, SlotError, Slots};
use crate::database::Database;

/// Slots, and the records that they wait for.
type Leaving = VecDeque<(Lsn, Slot)>;

/// The ledger of a running gateway.
#[derive(Debug)]
pub struct Ledger {
    pub(crate) journal: Journal,
    pub(crate) slots: Slots,
    pub(crate) cells: Cells,
    /// Slots whose calls are settled by a record that is not written yet.
    leaving: Mutex<Leaving>,
    pub(super) postings: Postings,
    pub(super) applied: watch::Sender<Lsn>,
    pub(super) remote: Remote,
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

impl Ledger {
    pub(crate) fn new(
        journal: Journal,
        slots: Slots,
        cells: Cells,
        postings: Postings,
        applied: Lsn,
    ) -> Self {
        let (remote, applied) = (Remote::new(applied), watch::Sender::new(applied));
        Self { journal, slots, cells, leaving: Mutex::default(), postings, applied, remote }
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
        if let Err(available) = cell.put_aside(amount) {
            // Nothing was taken, so nothing is to be recorded.
            let _ = hold.void();
            return Err(HoldError::OutOfCredit { asked: amount, available });
        }
        match self.journal.append(now, &movement) {
            // Nothing is written into the slot yet: after a crash a record without one is void, a slot without a record is
            // settled.
            Ok(_) => Ok(Held { hold, cell, slot: self.slots.take(), price_version }),
            Err(error) => {
                let _ = hold.void();
                cell.let_go(amount, amount, Money::ZERO);
                Err(error.into())
            }
        }
    }

    /// Puts more aside for a call that goes on.
    pub fn extend(&self, held: &mut Held, amount: Money, now: Timestamp) -> Result<(), HoldError> {
        held.cell
            .put_aside(amount)
            .map_err(|available| HoldError::OutOfCredit { asked: amount, available })?;
        let recorded = match held.hold.extend(amount) {
            Ok(movement) => self.journal.append(now, &movement).map(|_| ()).map_err(HoldError::from),
            Err(error) => {
                held.cell.let_go(amount, amount, Money::ZERO);
                return Err(error.into());
            }
        };
        if recorded.is_err() {
            held.cell.let_go(amount, amount, Money::ZERO);
            held.hold.take_back(amount);
        }
        recorded
    }

    /// Writes down what a call has come to, where it survives this process.
    pub fn record(&self, held: &mut Held, tokens: (u64, u64), cost: Money) -> Result<(), SlotError> {
        let told = held.told(cost);
        held.slot.as_mut().map_or(Ok(()), |slot| self.slots.record(slot, tokens, &told))
    }

    /// Puts what a call has come to into the journal, where it survives the machine once that is on the disk.
    pub fn progress(
        &self,
        held: &mut Held,
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
    pub fn settle(
        &self,
        mut held: Held,
        tokens: (u64, u64),
        cost: Money,
        now: Timestamp,
    ) -> Result<(Lsn, Level), Box<Unsettled>> {
        let slot_knows = self.record(&mut held, tokens, cost).is_ok() && held.slot.is_some();
        let Held { hold, cell, slot, price_version } = held;
        let held = hold.amount();
        let settlement = hold.settle(cost, price_version);
        let ending = Ending { settlement, held, cell, slot, is_in_slot: slot_knows };
        let lsn = self.end(ending, now)?;
        Ok((lsn, if slot_knows { Level::Slot } else { Level::Written }))
    }

    /// Tries again what could not be recorded.
    pub fn settle_again(&self, unsettled: Unsettled, now: Timestamp) -> Result<Lsn, Box<Unsettled>> {
        self.end(unsettled.ending, now)
    }

    fn end(&self, ending: Ending, now: Timestamp) -> Result<Lsn, Box<Unsettled>> {
        let lsn = match self.journal.append(now, &ending.settlement.movement) {
            Ok(lsn) => lsn,
            Err(error) => return Err(Box::new(Unsettled { ending, error })),
        };
        let Ending { settlement, held, cell, slot, is_in_slot: _ } = ending;
        cell.let_go(held, settlement.rest, settlement.overage);
        if let Some(slot) = slot {
            let mut leaving = self.lock_leaving();
            leaving.push_back((lsn, slot));
            self.clear_left(leaving);
        }
        Ok(lsn)
    }

    /// Posts an entry, once, and returns when it is on the disk: money that comes or goes is told no sooner. A refund that is
    /// asked for waits until the database has all that was decided before, and is of what is left of its payment.
    pub async fn post(&self, database: &Database, entry: Entry, now: Timestamp) -> Result<Lsn, PostError> {
        let (journal, cells, applied) = (&self.journal, &self.cells, self.applied.subscribe());
        self.postings.post(&Ground { journal, cells, database, applied }, entry, now).await
    }

    /// Lets a purse owe another amount, and returns when that is on the disk.
    pub async fn set_credit(&self, purse: Purse, credit: Money, now: Timestamp) -> Result<Lsn, PostError> {
        let cell = self.cells.cell(purse);
        let more = cell.replace_credit(credit);
        // Whoever takes does so before his record, whoever gives behind it.
        cell.overdraw(Money::from_nano((-more).max(0)));
        let lsn = match self.journal.append(now, &Movement::Terms { purse, credit }) {
            Ok(lsn) => lsn,
            Err(error) => {
                cell.give(Money::from_nano((-more).max(0)));
                let _ = cell.replace_credit(Money::from_nano(credit.nano() - more));
                return Err(error.into());
            }
        };
        self.journal.wait(lsn, Level::Durable).await?;
        cell.give(Money::from_nano(more.max(0)));
        Ok(lsn)
    }

    /// Lets go of what the database has by now, and gives back what a step of the applier found was taken too much.
    pub fn applied(&self, applied: &Applied) {
        for (purse, amount) in &applied.given_back {
            self.cells.cell(*purse).give(*amount);
        }
        self.applied
            .send_if_modified(|known| std::mem::replace(known, applied.lsn.max(*known)) < applied.lsn);
        self.clear_left(self.lock_leaving());
        // In vain where the file cannot be written: calls that are known to be settled are passed over at the next start.
        let _ = self.slots.clear_stale();
        self.postings.applied(applied.lsn, self.journal.durable());
    }

    /// How far the database has come.
    pub fn applied_to(&self) -> Lsn {
        *self.applied.borrow()
    }

    /// Waits until the database has all that the journal has now, for so long at most.
    pub(crate) async fn followed(&self, limit: Duration) {
        let needed = self.journal.appended();
        let mut applied = self.applied.subscribe();
        // In vain where the database is away, or where nobody moves it on any more: then it has what it has.
        let _ = timeout(limit, applied.wait_for(|applied| *applied >= needed)).await;
    }

    /// Frees the slots of calls whose settlements are written: until then they are what a crash would leave.
    fn clear_left(&self, mut leaving: MutexGuard<'_, Leaving>) {
        let written = self.journal.written();
        let may_go = leaving.iter().take_while(|(lsn, _)| *lsn <= written).count();
        if may_go > 0 {
            self.slots.give_back(leaving.drain(..may_go).map(|(_, slot)| slot));
        }
    }

    fn lock_leaving(&self) -> MutexGuard<'_, Leaving> {
        self.leaving.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a call ends.
#[derive(Debug)]
struct Ending {
    settlement: ledger::Settlement,
    /// All that was put aside, with its extensions.
    held: Money,
    cell: Arc<Cell>,
    slot: Option<Slot>,
    /// Its slot says what it cost.
    is_in_slot: bool,
}

/// An end that could not be recorded now; its slot, if it has one, says it to the next start.
#[must_use = "an end that is not recorded has not happened"]
#[derive(Debug)]
pub struct Unsettled {
    ending: Ending,
    /// Why not.
    pub error: AppendError,
}

impl Unsettled {
    /// Whether its slot says to the next start what it cost.
    pub const fn is_in_slot(&self) -> bool {
        self.ending.is_in_slot
    }
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

    /// Whether a slot tells of it, or will.
    pub const fn has_slot(&self) -> bool {
        self.slot.is_some()
    }

    fn told(&self, cost: Money) -> SlotCost {
        let (call, purse, held) = (self.hold.call(), self.hold.purse(), self.hold.amount());
        SlotCost { call, purse, held, cost, price_version: self.price_version }
    }
}
