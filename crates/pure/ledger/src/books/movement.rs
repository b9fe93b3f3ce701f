//! What the journal keeps: one decision about money each, already made.

use domain::{CallId, Money, Timestamp};

use super::account::{GrantNumber, Purse};
use super::entry::{Entry, EntryKey};

/// The place of a record in the journal: without gaps, over all starts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(pub u64);

impl Lsn {
    /// The next.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Who found out what a call came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// The call itself.
    ByCall,
    /// The start after a crash that cut it off.
    AfterCrash,
}

/// A decision about money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Movement {
    /// Money of a purse is put aside for a call.
    Hold {
        /// For which.
        call: CallId,
        /// Out of which.
        purse: Purse,
        /// How much.
        amount: Money,
    },
    /// More is put aside for a call that goes on.
    Extend {
        /// For which.
        call: CallId,
        /// Which extension it is, from one.
        slice: u32,
        /// How much more.
        amount: Money,
    },
    /// What a running call has come to so far.
    Progress {
        /// Which.
        call: CallId,
        /// How much.
        cost: Money,
    },
    /// A call has ended and is paid; what was put aside beyond that returns.
    Settle {
        /// Which.
        call: CallId,
        /// What it came to.
        cost: Money,
        /// By which version of the prices; 0 where none was asked.
        price_version: u32,
        /// Who says so.
        resolved: Resolved,
    },
    /// A call has ended for nothing; all returns.
    Void {
        /// Which.
        call: CallId,
        /// Who says so.
        resolved: Resolved,
    },
    /// Money moves by an entry of its own.
    Post(Entry),
    /// A gift lapses; how much is left of it is known where this stands in the journal.
    Expire {
        /// What it happens once for.
        key: EntryKey,
        /// Whose.
        purse: Purse,
        /// Which gift.
        grant: GrantNumber,
        /// What was taken out of the purse for it; what the gift does not come to returns.
        at_most: Money,
    },
    /// How much a purse may owe.
    Terms {
        /// Which.
        purse: Purse,
        /// How much: nothing where it is paid ahead.
        credit: Money,
    },
}

/// A movement where it stands in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its place.
    pub lsn: Lsn,
    /// When, by the clock of who decided.
    pub at: Timestamp,
    /// What.
    pub movement: Movement,
}

impl Movement {
    /// The call that it is about.
    pub const fn call(&self) -> Option<CallId> {
        match self {
            Self::Hold { call, .. }
            | Self::Extend { call, .. }
            | Self::Progress { call, .. }
            | Self::Settle { call, .. }
            | Self::Void { call, .. } => Some(*call),
            Self::Post(_) | Self::Expire { .. } | Self::Terms { .. } => None,
        }
    }

    /// The key that it happens once for, where that is its own.
    pub const fn key(&self) -> Option<&EntryKey> {
        match self {
            Self::Post(entry) => Some(&entry.key),
            Self::Expire { key, .. } => Some(key),
            _ => None,
        }
    }
}
