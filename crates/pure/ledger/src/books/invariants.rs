//! What must hold of the books at all times, as functions that name what does not.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use domain::{CallId, Timestamp};

use super::account::Purse;
use super::entry::Entry;
use super::fold::Books;
use super::movement::{Lsn, Movement, Recorded};

/// Ends of holds that are remembered.
const ENDED_MAX: usize = 1_000_000;

/// Something that must always hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// I1: every entry balances in each currency.
    EntriesBalance,
    /// I2: balances, and what is kept of calls by hour and by when they were received, are what the entries come to.
    BalancesAreEntries,
    /// I3: nobody owes more than he may, but by an entry that may overdraw.
    FloorsHold,
    /// I4: every hold ends at most once, and none is older than it may be.
    HoldsEndOnce,
    /// I5: what is put aside is what the open holds come to.
    PendingIsHolds,
    /// I6: refunds of a payment never exceed it, and no payment of a processor is credited twice.
    PaymentsCountOnce,
    /// I7: what the journal comes to is what the database has.
    JournalIsDatabase,
    /// I8: the journal has no gap, and each batch carries what the one before came to.
    JournalIsWhole,
    /// I9: what a call was charged is what the prices of its version give.
    PricesGiveAgain,
}

/// One thing that does not hold, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which invariant.
    pub invariant: Invariant,
    /// Where, and by how much.
    pub what: String,
}

impl Invariant {
    /// Those that are checked here, with their numbers and what they say.
    pub const ALL: &[(Self, &str, &str)] = &[
        (Self::EntriesBalance, "I1", "every entry balances in each currency"),
        (
            Self::BalancesAreEntries,
            "I2",
            "balances, and sums of calls by hour and by when they were received, are what the entries come to",
        ),
        (Self::FloorsHold, "I3", "nobody owes more than he may, but by an entry that may overdraw"),
        (Self::HoldsEndOnce, "I4", "every hold ends at most once, and none is too old"),
        (Self::PendingIsHolds, "I5", "what is put aside is what the open holds come to"),
        (
            Self::PaymentsCountOnce,
            "I6",
            "refunds never exceed their payment, and no payment is credited twice",
        ),
        (
            Self::JournalIsDatabase,
            "I7",
            "what the journal comes to from its beginning is what the database has",
        ),
        (Self::JournalIsWhole, "I8", "the journal has no gap, and its chain of batches is whole"),
        (Self::PricesGiveAgain, "I9", "what calls were charged is what the prices of their versions give"),
    ];

    /// Its number, such as `I5`.
    pub fn number(self) -> &'static str {
        self.row().1
    }

    /// What it says.
    pub fn words(self) -> &'static str {
        self.row().2
    }

    fn row(self) -> &'static (Self, &'static str, &'static str) {
        Self::ALL.iter().find(|(invariant, ..)| *invariant == self).expect("every invariant is in the list")
    }

    /// That it does not hold.
    pub const fn violated(self, what: String) -> Violation {
        Violation { invariant: self, what }
    }
}

/// I1 of one entry: the debits and credits of each currency are equal, and all accounts are real.
pub fn entry_balances(entry: &Entry) -> Result<(), Violation> {
    let mut sums = BTreeMap::new();
    for transfer in &entry.transfers {
        let amount = i128::from(transfer.amount.nano());
        if amount <= 0 {
            let what = format!("entry {} moves {} from {}", entry.key, transfer.amount, transfer.debit);
            return Err(Invariant::EntriesBalance.violated(what));
        }
        for (account, sign) in [(transfer.debited(), -1), (transfer.credited(), 1)] {
            *sums.entry(account.currency).or_insert(0_i128) += sign * amount;
        }
    }
    match sums.into_iter().find(|(_, sum)| *sum != 0) {
        None => Ok(()),
        Some((currency, sum)) => {
            let what = format!("entry {} is out of balance by {sum} nano-units of {currency}", entry.key);
            Err(Invariant::EntriesBalance.violated(what))
        }
    }
}

/// I1, I3, I4 (age) and I5 of books as they stand. A hold may be open since `opened_min` at the earliest.
pub fn check_books(books: &Books, opened_min: Timestamp) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut by_currency = BTreeMap::new();
    for (account, balance) in books.accounts() {
        *by_currency.entry(account.currency).or_insert(0_i128) += balance;
        let is_promo = matches!(account.place, super::account::Place::Promo(..));
        if is_promo && balance < 0 {
            let what = format!("{account} is {balance} nano-units");
            found.push(Invariant::FloorsHold.violated(what));
        }
    }
    for (currency, sum) in by_currency.into_iter().filter(|(_, sum)| *sum != 0) {
        let what = format!("all accounts in {currency} together are {sum} nano-units, not nothing");
        found.push(Invariant::EntriesBalance.violated(what));
    }
    let mut open: BTreeMap<Purse, i128> = BTreeMap::new();
    for hold in books.holds() {
        *open.entry(hold.purse).or_default() += i128::from(hold.amount.nano());
        if hold.opened_at < opened_min {
            let what = format!("call {} holds money since {}", hold.call, hold.opened_at.rfc3339());
            found.push(Invariant::HoldsEndOnce.violated(what));
        }
    }
    for (purse, state) in books.purses() {
        let held = open.remove(&purse).unwrap_or(0);
        if state.pending != held {
            let what = format!("{purse}: {} nano-units are put aside, its holds are {held}", state.pending);
            found.push(Invariant::PendingIsHolds.violated(what));
        }
        let available = books.available(purse);
        if available + state.overdrawn < 0 {
            let what = format!(
                "{purse} has given {} nano-units more than it had, {} of them by entries that may overdraw",
                -available, state.overdrawn
            );
            found.push(Invariant::FloorsHold.violated(what));
        }
    }
    for (purse, held) in open {
        let what = format!("{purse}: nothing is put aside, its holds are {held} nano-units");
        found.push(Invariant::PendingIsHolds.violated(what));
    }
    found
}

/// I4 over a stretch of the journal, record by record: no hold is opened or ended twice. A hold may have been opened
/// before the stretch; an end is remembered for the next million of them.
#[derive(Debug, Default)]
pub struct HoldWatch {
    open: BTreeSet<CallId>,
    ended: BTreeSet<CallId>,
    in_order: VecDeque<CallId>,
}

impl HoldWatch {
    /// The next record.
    pub fn see(&mut self, recorded: &Recorded) -> Result<(), Violation> {
        let again = |call: &CallId, what: &str| {
            let what = format!("the hold of call {call} is {what} again by record {}", recorded.lsn.0);
            Err(Invariant::HoldsEndOnce.violated(what))
        };
        match &recorded.movement {
            Movement::Hold { call, .. } if self.ended.contains(call) || !self.open.insert(*call) => {
                again(call, "opened")
            }
            Movement::Settle { call, .. } | Movement::Void { call, .. } => {
                self.open.remove(call);
                if !self.ended.insert(*call) {
                    return again(call, "ended");
                }
                self.in_order.push_back(*call);
                if self.in_order.len() > ENDED_MAX
                    && let Some(oldest) = self.in_order.pop_front()
                {
                    self.ended.remove(&oldest);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// I4 of a whole list.
pub fn holds_resolve_once<'a>(records: impl IntoIterator<Item = &'a Recorded>) -> Vec<Violation> {
    let mut watch = HoldWatch::default();
    records.into_iter().filter_map(|recorded| watch.see(recorded).err()).collect()
}

/// I8, as far as numbers tell: every record follows the one before.
pub fn lsns_are_contiguous(lsns: impl IntoIterator<Item = Lsn>) -> Result<(), Violation> {
    let mut expected: Option<Lsn> = None;
    for lsn in lsns {
        if let Some(expected) = expected.filter(|expected| *expected != lsn) {
            let what = format!("record {} stands where record {} should", lsn.0, expected.0);
            return Err(Invariant::JournalIsWhole.violated(what));
        }
        expected = Some(lsn.next());
    }
    Ok(())
}
