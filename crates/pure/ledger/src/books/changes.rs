//! What a run of movements has changed: what a database must take over, no more.

use std::collections::BTreeSet;

use domain::{CallId, Money, Timestamp};

use super::account::{Account, GrantNumber, Purse};
use super::entry::{Entry, EntryKey};
use super::movement::Lsn;

/// An entry where it stands in the books.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostedEntry {
    /// The record that it came from.
    pub lsn: Lsn,
    /// When.
    pub at: Timestamp,
    /// What moved.
    pub entry: Entry,
    /// The version of the prices that a call was settled by.
    pub price_version: u32,
    /// Whether a start after a crash settled the call.
    pub is_after_crash: bool,
}

/// What came of one movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the books.
    Applied,
    /// It was there already; nothing changed.
    Repeated,
    /// It is about a call that holds nothing; nothing changed.
    Unheld,
}

/// What has changed since this was empty.
#[derive(Debug, Default)]
pub struct Changes {
    /// New entries, in their order.
    pub entries: Vec<PostedEntry>,
    /// Accounts whose balances are others now.
    pub accounts: BTreeSet<Account>,
    /// Purses that are others now.
    pub purses: BTreeSet<Purse>,
    /// Holds that were opened, changed or have ended.
    pub holds: BTreeSet<CallId>,
    /// Gifts that began, with their terms.
    pub grants: Vec<(Purse, GrantNumber, Option<Timestamp>)>,
    /// What was taken out of purses for what came to less: gifts that had less left, and what had happened before;
    /// negative where it was given.
    pub given_back: Vec<(Purse, Money)>,
    /// Movements that changed nothing.
    pub repeated: u64,
    /// The keys of those whose money had moved before.
    pub repeated_keys: Vec<EntryKey>,
    /// Ends of calls that held nothing.
    pub unheld: u64,
}

impl Changes {
    /// Forgets everything, and keeps the room.
    pub fn clear(&mut self) {
        let mut entries = std::mem::take(&mut self.entries);
        entries.clear();
        *self = Self { entries, ..Self::default() };
    }
}
