//! What calls may still put aside of each purse and what they have put aside, as two numbers in memory that are changed
//! without a lock.
//!
//! Whoever takes does so before his record is appended, whoever gives after: so the journal never shows more taken than
//! there was.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use domain::Money;
use ledger::{BALANCE_NANO_MAX, Books, Purse, PurseState};

/// What is left of one purse, and what of it calls hold: both together are its balance, with what it may owe.
#[derive(Debug, Default)]
pub struct Cell {
    available: AtomicI64,
    /// For who looks at it; nothing is decided by it, so it may be a moment behind.
    held: AtomicI64,
    /// How much may be owed.
    credit: AtomicI64,
}

/// Every purse that anybody has asked for.
#[derive(Debug, Default)]
pub struct Cells {
    cells: RwLock<BTreeMap<Purse, Arc<Cell>>>,
}

impl Cell {
    /// What is left; negative where more is owed than may be.
    pub fn available(&self) -> Money {
        Money::from_nano(self.available.load(Ordering::Acquire))
    }

    /// What running calls have put aside.
    pub fn held(&self) -> Money {
        Money::from_nano(self.held.load(Ordering::Relaxed))
    }

    /// How much may be owed.
    pub fn credit(&self) -> Money {
        Money::from_nano(self.credit.load(Ordering::Relaxed))
    }

    /// What its owner has, or owes where it is negative: what is put aside is still his.
    pub fn balance(&self) -> Money {
        let available = self.available.load(Ordering::Acquire);
        let sum = available.saturating_add(self.held.load(Ordering::Relaxed));
        Money::from_nano(sum.saturating_sub(self.credit.load(Ordering::Relaxed)))
    }

    /// Another amount may be owed; gives by how much more.
    pub(crate) fn replace_credit(&self, credit: Money) -> i64 {
        credit.nano() - self.credit.swap(credit.nano(), Ordering::Relaxed)
    }

    /// Puts that much aside for a call, or nothing and says what there is.
    pub fn put_aside(&self, amount: Money) -> Result<(), Money> {
        self.take(amount)?;
        self.held.fetch_add(amount.nano(), Ordering::Relaxed);
        Ok(())
    }

    /// Lets go of what a call has put aside: `rest` of it returns, and `overage` is taken beyond it.
    pub fn let_go(&self, held: Money, rest: Money, overage: Money) {
        self.held.fetch_sub(held.nano(), Ordering::Relaxed);
        self.give(rest);
        self.overdraw(overage);
    }

    /// Takes that much, or nothing and says what there is.
    pub fn take(&self, amount: Money) -> Result<(), Money> {
        let taken = self.available.fetch_update(Ordering::AcqRel, Ordering::Acquire, |available| {
            (available >= amount.nano()).then(|| available - amount.nano())
        });
        taken.map(|_| ()).map_err(Money::from_nano)
    }

    /// Takes that much also where it is not there.
    pub fn overdraw(&self, amount: Money) {
        let _ = self.available.fetch_update(Ordering::AcqRel, Ordering::Acquire, |available| {
            Some(available.saturating_sub(amount.nano()))
        });
    }

    /// Gives back, or gives.
    pub fn give(&self, amount: Money) {
        let _ = self.available.fetch_update(Ordering::AcqRel, Ordering::Acquire, |available| {
            Some(available.saturating_add(amount.nano()))
        });
    }

    /// Whether it may be given that much more.
    pub fn has_room_for(&self, amount: Money) -> bool {
        self.available().nano().saturating_add(amount.nano()) <= BALANCE_NANO_MAX
    }
}

impl Cells {
    /// What books come to.
    pub fn of(books: &Books) -> Self {
        let within =
            |nano: i128| AtomicI64::new(nano.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64);
        let cell = |purse: Purse, state: &PurseState| {
            let (available, held) = (within(books.available(purse)), within(state.pending));
            Arc::new(Cell { available, held, credit: AtomicI64::new(state.credit.nano()) })
        };
        let cells = books.purses().map(|(purse, state)| (purse, cell(purse, state))).collect();
        Self { cells: RwLock::new(cells) }
    }

    /// The cell of a purse; nothing is in one that nobody has given to.
    pub fn cell(&self, purse: Purse) -> Arc<Cell> {
        let found = self.cells.read().unwrap_or_else(PoisonError::into_inner).get(&purse).map(Arc::clone);
        found.unwrap_or_else(|| {
            Arc::clone(self.cells.write().unwrap_or_else(PoisonError::into_inner).entry(purse).or_default())
        })
    }

    /// Every purse with what is left of it.
    pub fn all(&self) -> Vec<(Purse, Money)> {
        let cells = self.cells.read().unwrap_or_else(PoisonError::into_inner);
        cells.iter().map(|(purse, cell)| (*purse, cell.available())).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{Currency, Money};
    use ledger::{Customer, Purse};

    use super::Cells;

    const PURSE: Purse = Purse { customer: Customer(1), currency: Currency::USD };

    #[test]
    fn no_more_is_taken_than_there_is_by_many_at_once() {
        let cells = Cells::default();
        cells.cell(PURSE).give(Money::from_nano(1_000));
        let taken: i64 = std::thread::scope(|scope| {
            let take = || {
                let cell = cells.cell(PURSE);
                (0..1_000).filter(|_| cell.take(Money::from_nano(3)).is_ok()).count() as i64
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(take)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(taken, 333);
        assert_eq!(cells.all(), [(PURSE, Money::from_nano(1))]);
    }

    #[test]
    fn what_calls_hold_is_told_apart_from_what_is_left() {
        let cell = Cells::default().cell(PURSE);
        let money = Money::from_nano;
        let told = || (cell.available().nano(), cell.held().nano());
        cell.give(money(100));
        assert_eq!(told(), (100, 0), "an entry holds nothing");
        cell.put_aside(money(60)).unwrap();
        assert_eq!(cell.put_aside(money(50)), Err(money(40)));
        cell.take(money(10)).unwrap();
        assert_eq!(told(), (30, 60));
        cell.put_aside(money(5)).unwrap();
        cell.let_go(money(60), money(20), Money::ZERO);
        assert_eq!(told(), (45, 5));
        cell.let_go(money(5), Money::ZERO, money(50));
        assert_eq!(told(), (-5, 0));
    }

    #[test]
    fn what_is_overdrawn_is_owed() {
        let cell = Arc::clone(&Cells::default().cell(PURSE));
        cell.overdraw(Money::from_nano(5));
        assert_eq!(cell.take(Money::from_nano(1)), Err(Money::from_nano(-5)));
        cell.give(Money::from_nano(6));
        assert_eq!(cell.take(Money::from_nano(1)), Ok(()));
        assert!(!cell.has_room_for(Money::from_nano(i64::MAX)));
    }
}
